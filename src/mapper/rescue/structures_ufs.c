// SPDX-License-Identifier: Apache-2.0
/* What lies at the places of cylinder groups (FreeBSD, sys/ufs/ffs/fs.h: struct fs, cgbase(),
 * cgstart() and what counts from there).
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "hits.h"

#define SUPERBLOCK 8192U
#define MAGIC_UFS1 0x00011954
#define MAGIC_UFS2 0x19540119
#define MOST	   (1U << 24) /* groups */

struct ufs {
	struct exh_hits *h;
	uint32_t (*u32)(const uint8_t *p);
	uint64_t fragment, per_group, groups, superblock, descriptor, inodes, data;
	uint64_t offset, mask, inodes_per_group, inode_size;
};

static uint32_t le32(const uint8_t *p)
{
	return exh_le32(p);
}

static uint32_t be32(const uint8_t *p)
{
	return exh_be32(p);
}

static bool take(struct ufs *u, const uint8_t *s, uint32_t magic)
{
	if (exh_le32(s + 1372) == magic)
		u->u32 = le32;
	else if (exh_be32(s + 1372) == magic)
		u->u32 = be32;
	else
		return false;
	u->superblock = u->u32(s + 8);
	u->descriptor = u->u32(s + 12);
	u->inodes = u->u32(s + 16);
	u->data = u->u32(s + 20);
	u->offset = magic == MAGIC_UFS1 ? u->u32(s + 24) : 0;
	u->mask = u->u32(s + 28);
	u->groups = u->u32(s + 44);
	u->fragment = u->u32(s + 52);
	u->inodes_per_group = u->u32(s + 184);
	u->per_group = u->u32(s + 188);
	u->inode_size = magic == MAGIC_UFS1 ? 128 : 256;
	return u->groups && u->groups <= MOST && u->fragment >= 512 && u->fragment <= 65536 &&
	       u->superblock < u->descriptor && u->descriptor < u->inodes && u->inodes < u->data;
}

static bool take_superblock(struct ufs *u)
{
	static const struct {
		uint64_t at;
		uint32_t magic;
	} places[] = {{65536, MAGIC_UFS2}, {8192, MAGIC_UFS1}, {262144, MAGIC_UFS2}};
	uint8_t s[SUPERBLOCK];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (exh_repair_read(u->h->repair, s, 1376, places[i].at) &&
		    take(u, s, places[i].magic))
			return true;
	return false;
}

static int claim(struct ufs *u, const char *kind, const char *what, uint64_t group, uint64_t from,
		 uint64_t to, uint64_t unit)
{
	uint64_t first = group * u->per_group + u->offset * (group & ~u->mask & UINT32_MAX);
	char name[96];

	snprintf(name, sizeof(name), "%s of cylinder group %" PRIu64, what, group);
	return exh_hits_structure(u->h,
				  &(struct exh_structure){.kind = kind,
							  .name = name,
							  .start = (first + from) * u->fragment,
							  .length = (to - from) * u->fragment,
							  .unit = unit,
							  .first = group * u->inodes_per_group});
}

static int group(struct ufs *u, uint64_t g)
{
	int r = claim(u, "superblock", "copy of the superblock", g, u->superblock, u->descriptor,
		      0);

	if (!r)
		r = claim(u, "group-descriptors", "descriptor and bitmaps", g, u->descriptor,
			  u->inodes, 0);
	return r ? r : claim(u, "inode-table", "inode table", g, u->inodes, u->data, u->inode_size);
}

int exh_hits_ufs(struct exh_hits *h)
{
	struct ufs u = {.h = h};
	uint64_t at = h->walk->fs->ftype == TSK_FS_TYPE_FFS2 ? 65536 : 8192;
	int r = exh_hits_structure(h, &(struct exh_structure){.kind = "boot-sector",
							      .name = "boot blocks",
							      .length = at});

	if (!r)
		r = exh_hits_structure(h, &(struct exh_structure){.kind = "superblock",
								  .name = "superblock",
								  .start = at,
								  .length = SUPERBLOCK});
	if (r || !take_superblock(&u))
		return r;
	for (uint64_t g = 0; !r && g < u.groups; g++)
		r = group(&u, g);
	return r;
}
