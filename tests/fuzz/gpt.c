// SPDX-License-Identifier: Apache-2.0
/* Both copies as they are, and what an entry of the one that is used says. */
#include "mapper/scan/gpt.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct exh_gpt_entry entry;
	struct fuzz_media m;
	struct exh_gpt gpt;

	exh_gpt_read(fuzz_open(&m, bytes, n), 512, n / 512, &gpt);
	for (unsigned i = 0; gpt.used && i < gpt.used->nr_entries; i++)
		exh_gpt_entry(&gpt, i, &entry);
	exh_gpt_clear(&gpt);
	return 0;
}
