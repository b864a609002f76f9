// SPDX-License-Identifier: Apache-2.0
#include "fs_state.h"

#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
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
 * (0x4: needs recovery). */
static enum exh_fs_state ext_state(const struct place *p)
{
	uint8_t sb[256];
	uint16_t state;

	if (!get(p, sb, sizeof(sb), 1024))
		return EXH_FS_UNKNOWN;
	state = exh_le16(sb + 0x3a);
	return dirty_if((exh_le32(sb + 0x60) & 0x4) || !(state & 1) || (state & 2));
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

/* Apple TN1150, volume header: attributes at 4, bit 8 set when cleanly unmounted, bit 11 when found
 * inconsistent. */
static enum exh_fs_state hfsplus_state(const struct place *p)
{
	uint8_t header[512];
	uint32_t attributes;

	if (!get(p, header, sizeof(header), 1024) ||
	    (memcmp(header, "H+", 2) && memcmp(header, "HX", 2)))
		return EXH_FS_UNKNOWN;
	attributes = exh_be32(header + 4);
	return dirty_if(!(attributes & 0x100) || (attributes & 0x800));
}

/* The offset of the MFT, and the size of a record; 0 where the boot sector makes no sense. */
static uint64_t ntfs_records(const uint8_t *boot, size_t *record_size)
{
	unsigned sector = exh_le16(boot + 11), per_cluster = boot[13];
	uint64_t cluster = (uint64_t)sector *
			   (per_cluster > 128 ? 1U << (256 - per_cluster) % 32 : per_cluster);
	int8_t clusters = (int8_t)boot[64];
	uint64_t mft;

	*record_size =
		clusters < 0 ? (clusters > -16 ? 1U << -clusters : 0) : (size_t)clusters * cluster;
	if (!cluster || *record_size < 512 || *record_size > 4096 ||
	    exh_mul_overflows(exh_le64(boot + 48), cluster, &mft))
		return 0;
	return mft;
}

/* $VOLUME_INFORMATION (type 0x70), flags at 10, bit 0: dirty. As ntfs3 and libfsntfs document it.
 */
static enum exh_fs_state ntfs_state(const struct place *p)
{
	uint8_t boot[512], record[4096];
	size_t size, at;
	uint64_t offset;

	if (!get(p, boot, sizeof(boot), 0))
		return EXH_FS_UNKNOWN;
	offset = ntfs_records(boot, &size);
	if (!offset || !get(p, record, size, offset + 3 * size) || memcmp(record, "FILE", 4))
		return EXH_FS_UNKNOWN;
	for (at = exh_le16(record + 20); at + 24 <= size;) {
		uint32_t type = exh_le32(record + at), length = exh_le32(record + at + 4);
		size_t content = at + exh_le16(record + at + 20);

		if (type == 0x70 && !record[at + 8] && content + 12 <= size)
			return dirty_if(exh_le16(record + content + 10) & 1);
		if (type == 0xffffffff || length < 24 || length > size)
			break;
		at += length;
	}
	return EXH_FS_UNKNOWN;
}

/* jfs_superblock.h: s_state at 40 of the superblock at 32 KiB; 0 is clean. */
static enum exh_fs_state jfs_state(const struct place *p)
{
	uint8_t sb[64];

	return get(p, sb, sizeof(sb), 32768) ? dirty_if(exh_le32(sb + 40)) : EXH_FS_UNKNOWN;
}

static enum exh_fs_state xfs_state(const struct place *p)
{
	return exh_xfs_log_state(p->r, p->start, p->length);
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
	size_t size;

	if (!memcmp(boot + 3, "NTFS    ", 8))
		return ntfs_records(boot, &size);
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
	{"f2fs", f2fs_state},
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
