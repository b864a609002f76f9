// SPDX-License-Identifier: Apache-2.0
#include "fs_size.h"

#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"

#define SUPERBLOCK 1536 /* the longest of which something is read */

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

/* jfs_superblock.h: s_size in blocks of s_pbsize, without the log and the space of fsck behind
 * them; both are a length of 24 bits and an address of 40, in blocks of s_bsize. */
static uint64_t jfs_size(const uint8_t *sb)
{
	uint64_t end = times(exh_le64(sb + 8), exh_le32(sb + 24));

	for (size_t at = 72; at <= 80; at += 8) {
		uint64_t first = (uint64_t)sb[at + 3] << 32 | exh_le32(sb + at + 4);

		end = exh_max(end,
			      times(first + (exh_le32(sb + at) & 0xffffff), exh_le32(sb + 16)));
	}
	return end;
}

/* nilfs2_ondisk.h: s_dev_size. */
static uint64_t nilfs2_size(const uint8_t *sb)
{
	return times(exh_le64(sb + 32), 1);
}

/* Inside Macintosh, master directory block: drNmAlBlks, drAlBlkSiz, drAlBlSt in sectors; behind
 * them the copy of the block and a reserved sector. */
static uint64_t hfs_size(const uint8_t *sb)
{
	return ((uint64_t)exh_be16(sb + 28) + 2) * 512 +
	       (uint64_t)exh_be16(sb + 18) * exh_be32(sb + 20);
}

/* FreeBSD, ufs/ffs/fs.h: fs_old_size at 36 and fs_size at 1080, in fragments of fs_fsize at 52; the
 * magic at 1372 tells the byte order. */
static uint64_t ufs1_size(const uint8_t *sb)
{
	return exh_le32(sb + 1372) == 0x011954 ? times(exh_le32(sb + 36), exh_le32(sb + 52))
					       : times(exh_be32(sb + 36), exh_be32(sb + 52));
}

static uint64_t ufs2_size(const uint8_t *sb)
{
	return exh_le32(sb + 1372) == 0x19540119 ? times(exh_le64(sb + 1080), exh_le32(sb + 52))
						 : times(exh_be64(sb + 1080), exh_be32(sb + 52));
}

/* lvm2, lib/format_text/layout.h: the size of the device in the header of the physical volume,
 * behind its label, which says where that is. */
static uint64_t lvm_size(const uint8_t *label)
{
	uint32_t header = exh_le32(label + 20);

	return header <= 512 - 40 ? times(exh_le64(label + header + 32), 1) : 0;
}

static const struct {
	const char *type;
	uint32_t superblock, bytes;
	uint64_t (*size)(const uint8_t *sb);
} readers[] = {
	{"ext2", 1024, 512, ext_size},
	{"ext3", 1024, 512, ext_size},
	{"ext4", 1024, 512, ext_size},
	{"ntfs", 0, 512, ntfs_size},
	{"fat12", 0, 512, fat_size},
	{"fat16", 0, 512, fat_size},
	{"fat32", 0, 512, fat_size},
	{"exfat", 0, 512, exfat_size},
	{"xfs", 0, 512, xfs_size},
	{"btrfs", 65536, 512, btrfs_size},
	{"hfsplus", 1024, 512, hfsplus_size},
	{"apfs", 0, 512, apfs_size},
	{"f2fs", 1024, 512, f2fs_size},
	{"iso9660", 32768, 512, iso9660_size},
	{"reiserfs", 65536, 512, reiserfs_size},
	{"jfs", 32768, 512, jfs_size},
	{"nilfs2", 1024, 512, nilfs2_size},
	{"hfs", 1024, 512, hfs_size},
	{"ufs1", 8192, 1536, ufs1_size},
	{"ufs2", 65536, 1536, ufs2_size},
	{"LVM2_member", 512, 512, lvm_size},
};

/* include/linux/swap.h: version 1, last_page. The magic ends the first page of the machine that
 * wrote it. */
static uint64_t swap_size(const struct exh_reader *r, uint64_t start, uint64_t length)
{
	uint8_t sb[8], magic[10];

	if (length < 65536 || exh_reader_read(r, sb, sizeof(sb), start + 1024) < 0 ||
	    exh_le32(sb) != 1)
		return 0;
	for (uint64_t page = 4096; page <= 65536; page *= 2)
		if (!exh_reader_read(r, magic, 10, start + page - 10) &&
		    !memcmp(magic, "SWAPSPACE2", 10))
			return times(exh_le32(sb + 4) + 1ULL, page);
	return 0;
}

/* An HFS wrapper around HFS+ states the size of the wrapper elsewhere. */
static bool is_wrapped(const char *type, const uint8_t *sb)
{
	return !strcmp(type, "hfsplus") && memcmp(sb, "H+", 2) && memcmp(sb, "HX", 2);
}

uint64_t exh_fs_size(const struct exh_reader *r, const char *type, uint64_t start, uint64_t length)
{
	uint8_t sb[SUPERBLOCK];

	if (type && !strcmp(type, "swap"))
		return swap_size(r, start, length);
	for (size_t i = 0; type && i < sizeof(readers) / sizeof(readers[0]); i++) {
		if (strcmp(type, readers[i].type))
			continue;
		if (!exh_range_inside(readers[i].superblock, readers[i].bytes, length) ||
		    exh_reader_read(r, sb, readers[i].bytes, start + readers[i].superblock) < 0 ||
		    is_wrapped(type, sb))
			return 0;
		return readers[i].size(sb);
	}
	return 0;
}
