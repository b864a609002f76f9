// SPDX-License-Identifier: Apache-2.0
#include "mapper/scan/label.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const struct exh_label_reader reader = {"atari", false, exh_label_read_atari};
	struct exh_label label;
	struct fuzz_media m;

	exh_label_read(fuzz_open(&m, bytes, n), &reader, 0, n, &label);
	exh_label_clear(&label);
	return 0;
}
