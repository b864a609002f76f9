// SPDX-License-Identifier: Apache-2.0
/* MBR and GPT in all sector sizes, and the choice between them. */
#include "mapper/scan/ldm.h"
#include "mapper/scan/sector_size.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct exh_tables tables;
	struct fuzz_media m;
	struct exh_ldm ldm;
	const struct exh_reader *r = fuzz_open(&m, bytes, n);

	if (exh_tables_read(r, 0, 512, &tables))
		return 0;
	exh_ldm_read(r, &tables.mbr, &tables.gpt, tables.sector_size, &ldm);
	exh_tables_clear(&tables);
	return 0;
}
