// SPDX-License-Identifier: Apache-2.0
#include "fs_state.h"

#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "hfs_state.h"
#include "ntfs_state.h"
#include "xfs_log.h"

/* The partition that is looked at. */
struct place {
	const struct exh_reader *r;
	uint64_t start, length;
};

static bool get(const struct place *p, void *buf, size_t n, uint64_t at)
{
	return exh_range_inside(at, n, p->length) && !exh_reader_read(p->r, buf, n, p->start + at);
}

static enum exh_fs_state dirty_if(bool dirty)
{
	return dirty ? EXH_FS_DIRTY : EXH_FS_CLEAN;
}

/* Kernel documentation, filesystems/ext4/super.rst: s_state at 0x3a, s_feature_incompat at 0x60
 * (0x4: needs recovery), the first of the orphans, which a mount would delete, at 0xe8. */
static enum exh_fs_state ext_state(const struct place *p)
{
	uint8_t sb[256];
	uint16_t state;

	if (!get(p, sb, sizeof(sb), 1024))
		return EXH_FS_UNKNOWN;
	state = exh_le16(sb + 0x3a);
	return dirty_if((exh_le32(sb + 0x60) & 0x4) || !(state & 1) || (state & 2) ||
			exh_le32(sb + 0xe8));
}

/* btrfs on-disk format: the superblock at 64 KiB has the root of the log tree at 0x60; it is 0 when
 * there is nothing to replay. */
static enum exh_fs_state btrfs_state(const struct place *p)
{
	uint8_t sb[256];

	return get(p, sb, sizeof(sb), 65536) ? dirty_if(exh_le64(sb + 0x60)) : EXH_FS_UNKNOWN;
}

/* Microsoft FAT specification (fatgen103), section FAT data structure: high bits of the second
 * entry; bit 0 of BS_Reserved1. */
static enum exh_fs_state fat_state(const struct place *p, size_t reserved1, unsigned entry_bytes)
{
	uint8_t boot[512], fat[8];
	bool dirty;

	if (!get(p, boot, sizeof(boot), 0))
		return EXH_FS_UNKNOWN;
	/* the byte means something only before an extended boot signature */
	dirty = (boot[reserved1 + 1] == 0x29 || boot[reserved1 + 1] == 0x28) &&
		(boot[reserved1] & 1);
	if (!entry_bytes)
		return dirty_if(dirty);
	if (!get(p, fat, sizeof(fat), (uint64_t)exh_le16(boot + 14) * exh_le16(boot + 11)))
		return EXH_FS_UNKNOWN;
	if (entry_bytes == 4)
		dirty |= !(exh_le32(fat + 4) & 0x08000000);
	else
		dirty |= !(exh_le16(fat + 2) & 0x8000);
	return dirty_if(dirty);
}

static enum exh_fs_state fat12_state(const struct place *p)
{
	return fat_state(p, 37, 0);
}

static enum exh_fs_state fat16_state(const struct place *p)
{
	return fat_state(p, 37, 2);
}

static enum exh_fs_state fat32_state(const struct place *p)
{
	return fat_state(p, 65, 4);
}

/* Microsoft exFAT specification, 3.1.13: bit 1 of VolumeFlags. */
static enum exh_fs_state exfat_state(const struct place *p)
{
	uint8_t boot[512];

	return get(p, boot, sizeof(boot), 0) ? dirty_if(exh_le16(boot + 106) & 2) : EXH_FS_UNKNOWN;
}

/* jfs_superblock.h: s_state at 40 of the superblock at 32 KiB; 0 is clean. */
static enum exh_fs_state jfs_state(const struct place *p)
{
	uint8_t sb[64];

	return get(p, sb, sizeof(sb), 32768) ? dirty_if(exh_le32(sb + 40)) : EXH_FS_UNKNOWN;
}

/* reiserfs_fs.h: s_umount_state at 50 of the superblock at 64 KiB; 1 is clean. */
static enum exh_fs_state reiserfs_state(const struct place *p)
{
	uint8_t sb[64];

	return get(p, sb, sizeof(sb), 65536) ? dirty_if(exh_le16(sb + 50) != 1) : EXH_FS_UNKNOWN;
}

/* nilfs2_ondisk.h: s_state at 116 of the superblock at 1 KiB; bit 0: clean, bit 1: errors. */
static enum exh_fs_state nilfs2_state(const struct place *p)
{
	uint8_t sb[128];

	return get(p, sb, sizeof(sb), 1024) ? dirty_if((exh_le16(sb + 116) & 3) != 1)
					    : EXH_FS_UNKNOWN;
}

/* FreeBSD, ufs/ffs/fs.h: fs_clean at 209; Sun's FSBAD is 0xff. */
static enum exh_fs_state ufs_state(const struct place *p, uint64_t superblock)
{
	uint8_t sb[256];

	return get(p, sb, sizeof(sb), superblock) ? dirty_if(!sb[209] || sb[209] == 0xff)
						  : EXH_FS_UNKNOWN;
}

static enum exh_fs_state ufs1_state(const struct place *p)
{
	return ufs_state(p, 8192);
}

static enum exh_fs_state ufs2_state(const struct place *p)
{
	return ufs_state(p, 65536);
}

static enum exh_fs_state xfs_state(const struct place *p)
{
	return exh_xfs_log_state(p->r, p->start, p->length);
}

static enum exh_fs_state ntfs_state(const struct place *p)
{
	return exh_ntfs_state(p->r, p->start, p->length);
}

static enum exh_fs_state hfs_state(const struct place *p)
{
	return exh_hfs_state(p->r, p->start, p->length);
}

static enum exh_fs_state hfsplus_state(const struct place *p)
{
	return exh_hfsplus_state(p->r, p->start, p->length);
}

/* f2fs_fs.h: two checkpoints, the one with the higher version counts; ckpt_flags at 132, bit 0:
 * written by an unmount. */
static enum exh_fs_state f2fs_state(const struct place *p)
{
	uint8_t sb[128], first[256], second[256];
	unsigned block, segment;
	uint64_t at;

	if (!get(p, sb, sizeof(sb), 1024))
		return EXH_FS_UNKNOWN;
	block = exh_le32(sb + 16);
	segment = exh_le32(sb + 20);
	if (block < 9 || block > 16 || segment > 12)
		return EXH_FS_UNKNOWN;
	at = (uint64_t)exh_le32(sb + 76) << block;
	if (!get(p, first, sizeof(first), at) ||
	    !get(p, second, sizeof(second), at + (1ULL << (block + segment))))
		return EXH_FS_UNKNOWN;
	return dirty_if(
		!(exh_le32((exh_le64(second) > exh_le64(first) ? second : first) + 132) & 1));
}

/* Where the data of FAT32 begins, and its root directory in it. fatgen103, section Determination of
 * FAT type. */
static uint64_t fat32_root(const uint8_t *boot)
{
	uint64_t sector = exh_le16(boot + 11), cluster = sector * boot[13];
	uint64_t data = (exh_le16(boot + 14) + (uint64_t)boot[16] * exh_le32(boot + 36)) * sector;
	uint32_t root = exh_le32(boot + 44);

	return root < 2 ? 0 : data + (root - 2) * cluster;
}

/* Microsoft exFAT specification, 3.1: offsets in sectors of 1 << byte 108, clusters of 1 << byte
 * 109 sectors. */
static uint64_t exfat_root(const uint8_t *boot)
{
	uint32_t root = exh_le32(boot + 96);

	if (boot[108] < 9 || boot[108] > 12 || boot[109] > 16 || root < 2)
		return 0;
	return ((uint64_t)exh_le32(boot + 88) + ((uint64_t)(root - 2) << boot[109])) << boot[108];
}

uint64_t exh_fs_far_place(const uint8_t boot[512])
{
	uint64_t cluster;
	size_t size;

	if (!memcmp(boot + 3, "NTFS    ", 8))
		return exh_ntfs_records(boot, &size, &cluster);
	if (!memcmp(boot + 3, "EXFAT   ", 8))
		return exfat_root(boot);
	return !memcmp(boot + 82, "FAT32", 5) ? fat32_root(boot) : 0;
}

static const struct {
	const char *type;
	enum exh_fs_state (*state)(const struct place *p);
} readers[] = {
	{"ext2", ext_state},	    {"ext3", ext_state},    {"ext4", ext_state},
	{"btrfs", btrfs_state},	    {"fat12", fat12_state}, {"fat16", fat16_state},
	{"fat32", fat32_state},	    {"exfat", exfat_state}, {"ntfs", ntfs_state},
	{"hfsplus", hfsplus_state}, {"jfs", jfs_state},	    {"xfs", xfs_state},
	{"f2fs", f2fs_state},	    {"hfs", hfs_state},	    {"reiserfs", reiserfs_state},
	{"nilfs2", nilfs2_state},   {"ufs1", ufs1_state},   {"ufs2", ufs2_state},
};

enum exh_fs_state exh_fs_state(const struct exh_reader *r, const char *type, uint64_t start,
			       uint64_t length)
{
	const struct place p = {r, start, length};

	for (size_t i = 0; type && i < sizeof(readers) / sizeof(readers[0]); i++)
		if (!strcmp(type, readers[i].type))
			return readers[i].state(&p);
	return EXH_FS_UNKNOWN;
}
