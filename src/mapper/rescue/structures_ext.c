// SPDX-License-Identifier: Apache-2.0
/* What lies at the places of block groups (linux/Documentation/filesystems/ext4: blockgroup.rst,
 * super.rst, group_descr.rst, bitmaps.rst, inodes.rst). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/cleanup.h"
#include "hits.h"

#define SUPERBLOCK	 1024U
#define MAX_TABLE	 (64U << 20)
#define COMPAT_SPARSE2	 0x200
#define INCOMPAT_META_BG 0x10
#define INCOMPAT_64BIT	 0x80
#define RO_COMPAT_SPARSE 0x1

struct ext {
	struct exh_hits *h;
	uint64_t block, blocks, first_block, per_group, groups, inodes_per_group, inode_size;
	uint64_t entry, table_blocks, reserved_blocks, first_meta_bg;
	uint32_t compat, incompat, ro_compat, backups[2];
	uint8_t *table; /* group descriptors, as far as they can be read */
};

static bool take_superblock(struct ext *e)
{
	uint8_t s[SUPERBLOCK];

	if (!exh_repair_read(e->h->repair, s, sizeof(s), SUPERBLOCK) || exh_le32(s + 24) > 6)
		return false;
	e->block = 1024ULL << exh_le32(s + 24);
	e->compat = exh_le32(s + 92);
	e->incompat = exh_le32(s + 96);
	e->ro_compat = exh_le32(s + 100);
	e->blocks = exh_le32(s + 4);
	if (e->incompat & INCOMPAT_64BIT)
		e->blocks |= (uint64_t)exh_le32(s + 336) << 32;
	e->first_block = exh_le32(s + 20);
	e->per_group = exh_le32(s + 32);
	e->inodes_per_group = exh_le32(s + 40);
	e->inode_size = exh_le32(s + 76) ? exh_le16(s + 88) : 128;
	e->entry = e->incompat & INCOMPAT_64BIT ? exh_le16(s + 254) : 32;
	e->reserved_blocks = exh_le16(s + 206);
	e->first_meta_bg = e->incompat & INCOMPAT_META_BG ? exh_le32(s + 260) : UINT64_MAX;
	e->backups[0] = exh_le32(s + 588);
	e->backups[1] = exh_le32(s + 592);
	if (!e->per_group || !e->inodes_per_group || e->inode_size < 128 || e->entry < 32 ||
	    e->entry > 1024 || e->blocks <= e->first_block)
		return false;
	e->groups = (e->blocks - e->first_block + e->per_group - 1) / e->per_group;
	e->table_blocks = (e->groups * e->entry + e->block - 1) / e->block;
	return e->groups <= MAX_TABLE / e->entry;
}

static bool is_power_of(uint64_t n, uint64_t base)
{
	while (n && n % base == 0)
		n /= base;
	return n == 1;
}

static bool has_superblock(const struct ext *e, uint64_t group)
{
	if (!group)
		return true;
	if (e->compat & COMPAT_SPARSE2)
		return group == e->backups[0] || group == e->backups[1];
	if (!(e->ro_compat & RO_COMPAT_SPARSE))
		return true;
	return group == 1 || is_power_of(group, 3) || is_power_of(group, 5) ||
	       is_power_of(group, 7);
}

static uint64_t group_start(const struct ext *e, uint64_t group)
{
	return e->first_block + group * e->per_group;
}

/* With meta_bg the descriptors of a block full of groups stand in the first, second and last of
 * them. */
static uint64_t descriptor_block(const struct ext *e, uint64_t index)
{
	uint64_t per_block = e->block / e->entry, group = index * per_block;

	if (index < e->first_meta_bg)
		return e->first_block + 1 + index;
	return group_start(e, group) + has_superblock(e, group);
}

static void read_table(struct ext *e)
{
	for (uint64_t i = 0; i < e->table_blocks; i++) {
		uint8_t *to = e->table + i * e->block;

		if (!exh_repair_read(e->h->repair, to, e->block, descriptor_block(e, i) * e->block))
			memset(to, 0, e->block);
	}
}

static int claim(struct ext *e, const char *kind, const char *what, uint64_t group, uint64_t block,
		 uint64_t nr_blocks, uint64_t unit, uint64_t first)
{
	char name[96];

	if (!block || block >= e->blocks || nr_blocks > e->blocks - block)
		return 0;
	snprintf(name, sizeof(name), "%s of group %" PRIu64, what, group);
	return exh_hits_structure(e->h, &(struct exh_structure){.kind = kind,
								.name = name,
								.start = block * e->block,
								.length = nr_blocks * e->block,
								.unit = unit,
								.first = first});
}

static uint64_t address(const struct ext *e, uint64_t group, size_t low, size_t high)
{
	const uint8_t *d = e->table + group * e->entry;
	uint64_t block = exh_le32(d + low);

	if (e->entry >= 64)
		block |= (uint64_t)exh_le32(d + high) << 32;
	return block;
}

static int superblock(struct ext *e, uint64_t group)
{
	const char *name = group ? "copy of the superblock" : "superblock";
	uint64_t start = group ? group_start(e, group) * e->block : SUPERBLOCK;
	char text[96];

	snprintf(text, sizeof(text), group ? "%s in group %" PRIu64 : "%s", name, group);
	return exh_hits_structure(e->h, &(struct exh_structure){.kind = "superblock",
								.name = text,
								.start = start,
								.length = SUPERBLOCK});
}

static int descriptors(struct ext *e, uint64_t group)
{
	uint64_t at = group_start(e, group) + 1, per_block = e->block / e->entry;
	uint64_t old = exh_min(e->table_blocks, e->first_meta_bg), in_meta = group % per_block;
	int r = 0;

	if (has_superblock(e, group) && old)
		r = claim(e, "group-descriptors",
			  group ? "copy of the group descriptors" : "group descriptors", group, at,
			  old + e->reserved_blocks, 0, 0);
	if (!r && group / per_block >= e->first_meta_bg &&
	    (in_meta < 2 || in_meta == per_block - 1))
		r = claim(e, "group-descriptors", "group descriptors", group,
			  group_start(e, group) + has_superblock(e, group), 1, 0, 0);
	return r;
}

static int group(struct ext *e, uint64_t g)
{
	uint64_t table_blocks = (e->inodes_per_group * e->inode_size + e->block - 1) / e->block;
	int r = has_superblock(e, g) ? superblock(e, g) : 0;

	if (!r)
		r = descriptors(e, g);
	if (!r)
		r = claim(e, "block-bitmap", "block bitmap", g, address(e, g, 0, 32), 1, 0, 0);
	if (!r)
		r = claim(e, "inode-bitmap", "inode bitmap", g, address(e, g, 4, 36), 1, 0, 0);
	if (!r)
		r = claim(e, "inode-table", "inode table", g, address(e, g, 8, 40), table_blocks,
			  e->inode_size, g * e->inodes_per_group + 1);
	return r;
}

int exh_hits_ext(struct exh_hits *h)
{
	struct ext e = {.h = h};
	int r;

	if (!take_superblock(&e))
		return 0;
	e.table = calloc(e.table_blocks + 1, e.block);
	if (!e.table)
		return exh_fail(h->w->ctx, EXH_E_NOMEM, "out of memory");
	read_table(&e);
	/* the boot block of other programs; ext leaves it alone */
	r = exh_hits_structure(h, &(struct exh_structure){.kind = "boot-sector",
							  .name = "boot block",
							  .length = SUPERBLOCK});
	for (uint64_t g = 0; !r && g < e.groups; g++)
		r = group(&e, g);
	free(e.table);
	return r;
}
