// SPDX-License-Identifier: Apache-2.0
/* Chains of clusters (Microsoft, "FAT: General Overview of On-Disk Format"; "exFAT file system
 * specification", sections 3.1 and 4). Behind a link that is lost nobody knows how a file goes on.
 */
#include "partial.h"

#include "base/bytes.h"
#include "base/checked.h"

#define SECTOR	      512U
#define DIRECTORY     32U /* bytes of an entry */
#define FIRST_CLUSTER 2
#define MASK_32	      0x0fffffff

struct chain {
	const struct exh_repair *repair;
	TSK_FS_TYPE_ENUM type;
	uint64_t fat, heap, cluster; /* bytes */
};

static bool take_boot(struct chain *c)
{
	uint8_t b[SECTOR];
	uint64_t sector;

	if (!c->repair || !exh_repair_read(c->repair, b, sizeof(b), 0))
		return false;
	if (c->repair->kind == EXH_LAYOUT_EXFAT) {
		if (b[108] < 9 || b[108] > 12 || b[109] > 25 - b[108])
			return false;
		c->fat = (uint64_t)exh_le32(b + 80) << b[108];
		c->heap = (uint64_t)exh_le32(b + 88) << b[108];
		c->cluster = 1ULL << (b[108] + b[109]);
		return c->heap < c->repair->source->size;
	}
	sector = exh_le16(b + 11);
	c->fat = sector * exh_le16(b + 14);
	c->heap =
		c->fat + b[16] * sector * (exh_le16(b + 22) ? exh_le16(b + 22) : exh_le32(b + 36));
	if (sector)
		c->heap += (exh_le16(b + 17) * DIRECTORY + sector - 1) / sector * sector;
	c->cluster = sector * b[13];
	return c->cluster && c->heap < c->repair->source->size;
}

bool exh_fat_heap(const struct exh_repair *repair, uint64_t *heap, uint64_t *cluster)
{
	struct chain c = {.repair = repair};

	if (!take_boot(&c))
		return false;
	*heap = c.heap;
	*cluster = c.cluster;
	return true;
}

/* The link of a cluster; 0 where it cannot be read. */
static uint32_t link_of(const struct chain *c, uint64_t cluster)
{
	uint8_t b[4];

	switch ((int)c->type) {
	case TSK_FS_TYPE_FAT12:
		if (!exh_repair_read(c->repair, b, 2, c->fat + cluster * 3 / 2))
			return 0;
		return cluster & 1 ? exh_le16(b) >> 4 : exh_le16(b) & 0xfff;
	case TSK_FS_TYPE_FAT16:
		return exh_repair_read(c->repair, b, 2, c->fat + cluster * 2) ? exh_le16(b) : 0;
	case TSK_FS_TYPE_FAT32:
		return exh_repair_read(c->repair, b, 4, c->fat + cluster * 4)
			       ? exh_le32(b) & MASK_32
			       : 0;
	}
	return exh_repair_read(c->repair, b, 4, c->fat + cluster * 4) ? exh_le32(b) : 0;
}

/* As many steps as the file has clusters: a chain that is a loop ends too. */
int exh_partial_chain(struct exh_partial *p)
{
	struct chain c = {.repair = p->walk->repair, .type = p->walk->fs->ftype};
	uint64_t cluster = ((const TSK_DADDR_T *)p->file->meta->content_ptr)[0];
	int r = 0;

	if (p->file->meta->content_len < sizeof(TSK_DADDR_T) || !take_boot(&c))
		return 1;
	while (!r && p->done < p->content->size && cluster >= FIRST_CLUSTER &&
	       cluster - FIRST_CLUSTER < (p->walk->slice->size - c.heap) / c.cluster) {
		r = exh_partial_put(p, EXH_PIECE_DATA,
				    c.heap + (cluster - FIRST_CLUSTER) * c.cluster,
				    p->done + c.cluster);
		cluster = link_of(&c, cluster);
	}
	return r ? r : exh_partial_put(p, EXH_PIECE_UNKNOWN, 0, p->content->size);
}
