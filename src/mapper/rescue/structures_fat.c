// SPDX-License-Identifier: Apache-2.0
/*
 * What lies before the clusters of FAT and exFAT (Microsoft, "FAT: General Overview of On-Disk
 * Format"; "exFAT file system specification", section 2).
 */
#include <stdio.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "hits.h"

#define SECTOR	     512U
#define EXFAT_REGION 12U

static bool read_boot(struct exh_hits *h, uint8_t *boot)
{
	return exh_repair_read(h->repair, boot, SECTOR, 0);
}

static int fats(struct exh_hits *h, uint64_t start, uint64_t size, unsigned nr)
{
	int r = 0;

	for (unsigned i = 0; !r && i < nr; i++) {
		char name[16];

		snprintf(name, sizeof(name), "FAT %u", i + 1);
		r = exh_hits_structure(h, &(struct exh_structure){.kind = "fat",
								  .name = name,
								  .start = start + i * size,
								  .length = size});
	}
	return r;
}

static int exfat(struct exh_hits *h, const uint8_t *boot)
{
	unsigned shift = boot[108];
	uint64_t region = EXFAT_REGION << shift, fat = (uint64_t)exh_le32(boot + 80) << shift;
	int r = exh_hits_structure(h, &(struct exh_structure){.kind = "boot-sector",
							      .name = "main boot region",
							      .length = region});

	if (!r)
		r = exh_hits_structure(h, &(struct exh_structure){.kind = "boot-sector",
								  .name = "backup boot region",
								  .start = region,
								  .length = region});
	if (!r && fat > 2 * region)
		r = exh_hits_structure(h, &(struct exh_structure){.kind = "reserved-sectors",
								  .name = "reserved sectors",
								  .start = 2 * region,
								  .length = fat - 2 * region});
	return r ? r : fats(h, fat, (uint64_t)exh_le32(boot + 84) << shift, boot[110]);
}

static int fat(struct exh_hits *h, const uint8_t *boot)
{
	uint64_t sector = exh_le16(boot + 11), start = sector * exh_le16(boot + 14);
	uint64_t size = sector * (exh_le16(boot + 22) ? exh_le16(boot + 22) : exh_le32(boot + 36));
	int r = exh_hits_structure(h, &(struct exh_structure){.kind = "boot-sector",
							      .name = "boot sector",
							      .length = sector});

	if (!r && start > sector)
		r = exh_hits_structure(h, &(struct exh_structure){.kind = "reserved-sectors",
								  .name = "reserved sectors",
								  .start = sector,
								  .length = start - sector});
	return r ? r : fats(h, start, size, boot[16]);
}

int exh_hits_fat(struct exh_hits *h)
{
	uint8_t boot[SECTOR];

	if (!read_boot(h, boot))
		return 0;
	if (h->repair->kind == EXH_LAYOUT_EXFAT)
		return exfat(h, boot);
	return h->repair->kind == EXH_LAYOUT_FAT ? fat(h, boot) : 0;
}
