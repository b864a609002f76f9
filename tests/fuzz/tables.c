// SPDX-License-Identifier: Apache-2.0
/* MBR and GPT in all sector sizes, and the choice between them. */
#include "mapper/scan/sector_size.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct exh_tables tables;
	struct fuzz_media m;

	if (!exh_tables_read(fuzz_open(&m, bytes, n), 0, 512, &tables))
		exh_tables_clear(&tables);
	return 0;
}
