// SPDX-License-Identifier: Apache-2.0
#include "lost.h"

#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "fs_size.h"
#include "fs_state.h"

#define FEWEST_BYTES (32U << 10) /* of a file system worth the name */

/* What a sign leads to; sb is the sector with it. */
struct candidate {
	const struct exh_reader *r;
	uint64_t start;
	const uint8_t *sb;
};

static bool get(const struct candidate *c, void *buf, size_t n, uint64_t at)
{
	uint64_t place;

	return !exh_add_overflows(c->start, at, &place) &&
	       exh_range_inside(place, n, c->r->source->size) &&
	       !exh_reader_read(c->r, buf, n, place);
}

static bool has(const struct candidate *c, uint64_t at, const char *bytes, size_t n)
{
	uint8_t there[16];

	return n <= sizeof(there) && get(c, there, n, at) && !memcmp(there, bytes, n);
}

/* Copies of the superblock have the number of their group. */
static bool is_ext(const struct candidate *c)
{
	return !exh_le16(c->sb + 0x5a) && exh_le32(c->sb + 0x18) <= 6 && exh_le32(c->sb + 4) &&
	       exh_le32(c->sb + 0x20);
}

/* The copy of the boot sector at the end is as far from the MFT as the volume is long. */
static bool is_ntfs(const struct candidate *c)
{
	uint64_t records = exh_fs_far_place(c->sb);

	return records && has(c, records, "FILE", 4);
}

/* The table of allocations begins with the media byte: not behind the copy of the boot sector. */
static bool is_fat(const struct candidate *c)
{
	uint64_t table = (uint64_t)exh_le16(c->sb + 14) * exh_le16(c->sb + 11);
	uint8_t head[3];

	return exh_le16(c->sb + 510) == 0xaa55 && table && get(c, head, sizeof(head), table) &&
	       head[0] == c->sb[21] && head[1] == 0xff && head[2] == 0xff;
}

static bool is_exfat(const struct candidate *c)
{
	uint64_t table = c->sb[108] >= 9 && c->sb[108] <= 12
				 ? (uint64_t)exh_le32(c->sb + 80) << c->sb[108]
				 : 0;

	return table && has(c, table, "\xf8\xff\xff\xff\xff\xff\xff\xff", 8);
}

/* Every allocation group begins with a superblock; the header of its free space tells which one it
 * is. */
static bool is_xfs(const struct candidate *c)
{
	uint64_t sector = exh_be16(c->sb + 102);
	uint8_t agf[12];

	return sector >= 512 && sector <= 32768 && get(c, agf, sizeof(agf), sector) &&
	       !memcmp(agf, "XAGF", 4) && !exh_be32(agf + 8);
}

static bool is_btrfs(const struct candidate *c)
{
	return exh_le64(c->sb + 0x30) == 65536;
}

/* The first block of the allocation file has the bit of the volume's own header set. */
static bool is_hfsplus(const struct candidate *c)
{
	uint64_t block = exh_be32(c->sb + 40), first = exh_be32(c->sb + 112 + 16);
	uint8_t bits;

	return exh_be16(c->sb + 2) >= 4 && exh_be16(c->sb + 2) <= 5 && block >= 512 && first &&
	       get(c, &bits, 1, block * first) && (bits & 0x80);
}

/* A copy in the area of checkpoints does not lead to that area. */
static bool is_apfs(const struct candidate *c)
{
	uint64_t area, block = exh_le32(c->sb + 36);
	uint8_t head[40];

	return !exh_mul_overflows(exh_le64(c->sb + 112), block, &area) && area &&
	       get(c, head, sizeof(head), area) &&
	       (!memcmp(head + 32, "NXSB", 4) || exh_le16(head + 24) == 0x0c);
}

/* The second copy stands a block behind the first one. */
static bool is_f2fs(const struct candidate *c)
{
	uint8_t before[4];

	return c->start < 4096 || exh_reader_read(c->r, before, 4, c->start - 4096 + 1024) < 0 ||
	       exh_le32(before) != 0xf2f52010;
}

static bool is_luks(const struct candidate *c)
{
	return exh_be16(c->sb + 6) == 1 || exh_be16(c->sb + 6) == 2;
}

static bool is_lvm(const struct candidate *c)
{
	return exh_le64(c->sb + 8) == 1 && !memcmp(c->sb + 24, "LVM2 001", 8);
}

static bool is_swap(const struct candidate *c)
{
	return has(c, 1024, "\1\0\0\0", 4);
}

static bool is_bitlocker(const struct candidate *c)
{
	return exh_le16(c->sb + 510) == 0xaa55;
}

static bool is_iso9660(const struct candidate *c)
{
	return c->sb[0] == 1 && c->sb[6] == 1;
}

static const struct {
	const char *type;
	uint32_t sector; /* from the beginning, a multiple of EXH_LOST_STEP */
	uint16_t offset;
	uint8_t n;
	const char *bytes;
	bool (*bears_out)(const struct candidate *c);
} signs[] = {
	{"ext2", 1024, 56, 2, "\x53\xef", is_ext},
	{"ntfs", 0, 3, 8, "NTFS    ", is_ntfs},
	{"fat12", 0, 54, 5, "FAT12", is_fat},
	{"fat16", 0, 54, 5, "FAT16", is_fat},
	{"fat32", 0, 82, 5, "FAT32", is_fat},
	{"exfat", 0, 3, 8, "EXFAT   ", is_exfat},
	{"BitLocker", 0, 3, 8, "-FVE-FS-", is_bitlocker},
	{"xfs", 0, 0, 4, "XFSB", is_xfs},
	{"btrfs", 65536, 64, 8, "_BHRfS_M", is_btrfs},
	{"hfsplus", 1024, 0, 2, "H+", is_hfsplus},
	{"hfsplus", 1024, 0, 2, "HX", is_hfsplus},
	{"apfs", 0, 32, 4, "NXSB", is_apfs},
	{"f2fs", 1024, 0, 4, "\x10\x20\xf5\xf2", is_f2fs},
	{"crypto_LUKS", 0, 0, 6, "LUKS\xba\xbe", is_luks},
	{"LVM2_member", 512, 0, 8, "LABELONE", is_lvm},
	{"swap", 3584, 502, 10, "SWAPSPACE2", is_swap},
	{"iso9660", 32768, 1, 5, "CD001", is_iso9660},
};

void exh_lost_in_sector(const struct exh_reader *r, const uint8_t *sector, uint64_t at,
			void (*found)(const struct exh_lost *, void *opaque), void *opaque)
{
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		struct candidate c = {.r = r, .sb = sector};
		struct exh_lost lost = {.type = signs[i].type};

		if (at < signs[i].sector ||
		    memcmp(sector + signs[i].offset, signs[i].bytes, signs[i].n))
			continue;
		c.start = lost.start = at - signs[i].sector;
		if (!signs[i].bears_out(&c))
			continue;
		lost.size = exh_fs_size(r, lost.type, lost.start, r->source->size - lost.start);
		if (!lost.size || lost.size >= FEWEST_BYTES)
			found(&lost, opaque);
	}
}
