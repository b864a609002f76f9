// SPDX-License-Identifier: Apache-2.0
#include "fs_size.h"

#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"

#define SUPERBLOCK 512

/* count << shift, or 0 where it does not fit. */
static uint64_t shifted(uint64_t count, unsigned shift)
{
	return shift < 32 && count <= (uint64_t)INT64_MAX >> shift ? count << shift : 0;
}

static uint64_t times(uint64_t count, uint64_t unit)
{
	uint64_t bytes;

	return exh_mul_overflows(count, unit, &bytes) ? 0 : bytes;
}

/* filesystems/ext4/super.rst: s_blocks_count, its high half where s_feature_incompat has 64bit. */
static uint64_t ext_size(const uint8_t *sb)
{
	uint64_t blocks = exh_le32(sb + 4);

	if (exh_le32(sb + 0x60) & 0x80)
		blocks |= (uint64_t)exh_le32(sb + 0x150) << 32;
	return shifted(blocks, 10 + (exh_le32(sb + 0x18) & 0xff));
}

/* The boot sector counts all sectors but the last, which holds its copy. */
static uint64_t ntfs_size(const uint8_t *sb)
{
	uint64_t sectors = exh_le64(sb + 40);

	return sectors < INT64_MAX ? times(sectors + 1, exh_le16(sb + 11)) : 0;
}

/* fatgen103: BPB_TotSec16, else BPB_TotSec32. */
static uint64_t fat_size(const uint8_t *sb)
{
	uint64_t sectors = exh_le16(sb + 19);

	return times(sectors ? sectors : exh_le32(sb + 32), exh_le16(sb + 11));
}

/* exFAT specification, 3.1.5: VolumeLength in sectors of 1 << BytesPerSectorShift. */
static uint64_t exfat_size(const uint8_t *sb)
{
	return shifted(exh_le64(sb + 72), sb[108]);
}

/* xfs_format.h: sb_blocksize, sb_dblocks. */
static uint64_t xfs_size(const uint8_t *sb)
{
	return times(exh_be64(sb + 8), exh_be32(sb + 4));
}

/* btrfs on-disk format: dev_item at 0xc9 of the superblock, total_bytes 8 bytes into it. */
static uint64_t btrfs_size(const uint8_t *sb)
{
	uint64_t bytes = exh_le64(sb + 0xc9 + 8);

	return bytes <= INT64_MAX ? bytes : 0;
}

/* TN1150, volume header: blockSize at 40, totalBlocks at 44. */
static uint64_t hfsplus_size(const uint8_t *sb)
{
	return times(exh_be32(sb + 44), exh_be32(sb + 40));
}

/* Apple File System Reference, nx_superblock_t: block size at 36, block count at 40. */
static uint64_t apfs_size(const uint8_t *sb)
{
	return times(exh_le64(sb + 40), exh_le32(sb + 36));
}

/* f2fs_fs.h: log_blocksize at 16, block_count at 36. */
static uint64_t f2fs_size(const uint8_t *sb)
{
	return shifted(exh_le64(sb + 36), exh_le32(sb + 16) & 0xff);
}

/* ECMA-119, 8.4.8 and 8.4.12: Volume Space Size, Logical Block Size. */
static uint64_t iso9660_size(const uint8_t *sb)
{
	return times(exh_le32(sb + 80), exh_le16(sb + 128));
}

/* reiserfs.h: s_block_count, s_blocksize. */
static uint64_t reiserfs_size(const uint8_t *sb)
{
	return times(exh_le32(sb), exh_le16(sb + 44));
}

/* include/linux/swap.h: version 1, last_page; the page is that of the machine, and nearly always
 * this one. Where it is not, the magic that the type comes from stands elsewhere. */
static uint64_t swap_size(const uint8_t *sb)
{
	return exh_le32(sb) == 1 ? times(exh_le32(sb + 4) + 1ULL, 4096) : 0;
}

static const struct {
	const char *type;
	uint32_t superblock;
	uint64_t (*size)(const uint8_t *sb);
} readers[] = {
	{"ext2", 1024, ext_size},
	{"ext3", 1024, ext_size},
	{"ext4", 1024, ext_size},
	{"ntfs", 0, ntfs_size},
	{"fat12", 0, fat_size},
	{"fat16", 0, fat_size},
	{"fat32", 0, fat_size},
	{"exfat", 0, exfat_size},
	{"xfs", 0, xfs_size},
	{"btrfs", 65536, btrfs_size},
	{"hfsplus", 1024, hfsplus_size},
	{"apfs", 0, apfs_size},
	{"f2fs", 1024, f2fs_size},
	{"iso9660", 32768, iso9660_size},
	{"reiserfs", 65536, reiserfs_size},
	{"swap", 1024, swap_size},
};

uint64_t exh_fs_size(const struct exh_reader *r, const char *type, uint64_t start, uint64_t length)
{
	uint8_t sb[SUPERBLOCK];

	for (size_t i = 0; type && i < sizeof(readers) / sizeof(readers[0]); i++) {
		if (strcmp(type, readers[i].type))
			continue;
		if (!exh_range_inside(readers[i].superblock, SUPERBLOCK, length) ||
		    exh_reader_read(r, sb, SUPERBLOCK, start + readers[i].superblock) < 0)
			return 0;
		/* an HFS wrapper around HFS+ states the size of the wrapper elsewhere */
		if (readers[i].size == hfsplus_size && memcmp(sb, "H+", 2) && memcmp(sb, "HX", 2))
			return 0;
		return readers[i].size(sb);
	}
	return 0;
}
