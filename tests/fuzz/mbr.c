// SPDX-License-Identifier: Apache-2.0
#include "mapper/scan/mbr.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct fuzz_media m;
	struct exh_mbr mbr;

	exh_mbr_read(fuzz_open(&m, bytes, n), 512, &mbr);
	exh_mbr_clear(&mbr);
	return 0;
}
