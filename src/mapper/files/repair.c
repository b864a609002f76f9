// SPDX-License-Identifier: Apache-2.0
/*
 * Sources of the facts: Microsoft, "FAT: General Overview of On-Disk Format" (reserved sectors, FAT
 * copies, backup boot sector of FAT32), "exFAT file system specification" (backup boot region);
 * linux/Documentation/filesystems/ext4 (superblock and group descriptors in group 1). NTFS: the
 * last sector repeats the first one; $MFTMirr repeats the first records of $MFT; records and index
 * buffers carry an update sequence number in each sector, so zeros in one are noticed.
 */
#include "repair.h"

#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"

#define SECTOR		512U
#define EXT_SUPERBLOCK	1024U
#define EXT_MAGIC	0xef53
#define FAT32_BACKUP	6U
#define EXFAT_REGION	12U
#define MIRRORED	4U
#define MFT_RECORD_MOST 4096U
#define ISO_SECTOR	2048U
#define ISO_FIRST	16U
#define UFS_SUPERBLOCK	8192U
#define UFS_MAGIC_AT	1372U
#define UFS1_MAGIC	0x00011954U
#define UFS2_MAGIC	0x19540119U

/* FreeBSD, sys/ufs/ffs/fs.h: SBLOCK_UFS2, SBLOCK_UFS1, SBLOCK_PIGGY. */
static const uint64_t ufs_places[] = {65536, 8192, 262144};

static bool read_at(struct exh_source *s, void *buf, size_t n, uint64_t at)
{
	struct exh_ctx ctx = {.helper = -1};

	return exh_range_inside(at, n, s->size) && !exh_source_read(&ctx, s, buf, n, at);
}

bool exh_repair_read(const struct exh_repair *r, void *buf, size_t n, uint64_t at)
{
	if (read_at(r->source, buf, n, at))
		return true;
	for (size_t i = 0; i < r->nr_twins; i++) {
		const struct exh_twin *t = &r->twins[i];

		if (at >= t->start && exh_range_inside(at - t->start, n, t->length) &&
		    read_at(r->source, buf, n, t->copy + (at - t->start)))
			return true;
	}
	return false;
}

static void add_twin(struct exh_repair *r, uint64_t start, uint64_t length, uint64_t copy)
{
	if (r->nr_twins < sizeof(r->twins) / sizeof(r->twins[0]) && length &&
	    exh_range_inside(start, length, r->source->size) &&
	    exh_range_inside(copy, length, r->source->size))
		r->twins[r->nr_twins++] = (struct exh_twin){start, length, copy};
}

/*
 * The second sector of a record of NTFS that ends in its first one holds nothing but two bytes, the
 * update sequence number, and those the first one has too.
 */
static bool is_unused_half(const struct exh_repair *r, uint64_t offset, uint64_t *number)
{
	uint8_t first[SECTOR];
	unsigned array;

	if (r->kind != EXH_LAYOUT_NTFS || offset < SECTOR || offset % (2 * SECTOR) == 0 ||
	    !read_at(r->source, first, sizeof(first), offset - SECTOR) ||
	    memcmp(first, "FILE", 4) != 0 || exh_le32(first + 28) != 2 * SECTOR ||
	    exh_le32(first + 24) > SECTOR - 2)
		return false;
	array = exh_le16(first + 4);
	if (exh_le16(first + 6) != 3 || array + 6 > SECTOR - 2 ||
	    exh_le16(first + SECTOR - 2) != exh_le16(first + array))
		return false;
	*number = exh_le16(first + array);
	return true;
}

/* 0xff7, 0xfff7, 0x0ffffff7, 0xfffffff7; those of 12 bits take three bytes in pairs. */
static uint64_t bad_clusters(const struct exh_repair *r, uint64_t offset)
{
	static const uint32_t pairs[] = {0xff7ff7, 0xf7ff7f, 0x7ff7ff};

	switch (r->fat.bits) {
	case 12:
		return exh_tsk_repeated(3, pairs[(offset - r->fat.start) % 3]);
	case 16:
		return exh_tsk_repeated(2, 0xfff7);
	}
	return exh_tsk_repeated(4, r->kind == EXH_LAYOUT_EXFAT ? 0xfffffff7 : 0x0ffffff7);
}

static bool is_in_table(const struct exh_repair *r, uint64_t offset)
{
	for (unsigned i = 0; i < r->nr_tables; i++)
		if (offset < r->tables[i].start + r->tables[i].length &&
		    offset + SECTOR > r->tables[i].start)
			return true;
	return false;
}

/* Where libtsk looks for a superblock of UFS when it is known to be at a place before: any error
 * there would end the search. */
static bool is_elsewhere(const struct exh_repair *r, uint64_t offset)
{
	if (r->kind != EXH_LAYOUT_UFS)
		return false;
	for (size_t i = 0; i < sizeof(ufs_places) / sizeof(ufs_places[0]); i++)
		if (ufs_places[i] != r->ufs_superblock && offset >= ufs_places[i] &&
		    offset - ufs_places[i] < UFS_SUPERBLOCK)
			return true;
	return false;
}

static enum exh_tsk_stand_in ask(const void *opaque, uint64_t offset, uint64_t *copy)
{
	const struct exh_repair *r = opaque;
	uint8_t sector[SECTOR];

	for (size_t i = 0; i < r->nr_twins; i++) {
		const struct exh_twin *t = &r->twins[i];

		if (offset < t->start || offset - t->start >= t->length)
			continue;
		*copy = t->copy + (offset - t->start);
		if (read_at(r->source, sector, sizeof(sector), *copy))
			return EXH_TSK_COPY;
	}
	if (offset >= r->fat.start && offset < r->fat.end) {
		*copy = bad_clusters(r, offset);
		return EXH_TSK_REPEATED;
	}
	if (is_elsewhere(r, offset))
		return EXH_TSK_ZEROS;
	if (r->kind == EXH_LAYOUT_OTHER || r->kind == EXH_LAYOUT_EXT || r->kind == EXH_LAYOUT_UFS ||
	    (offset >= r->errors_from && offset < r->errors_to) || is_in_table(r, offset))
		return EXH_TSK_ERROR;
	if (is_unused_half(r, offset, copy))
		return EXH_TSK_SIGNED;
	return EXH_TSK_ZEROS;
}

/* ---- NTFS ---- */

static bool is_ntfs(const uint8_t *boot)
{
	return !memcmp(boot + 3, "NTFS    ", 8);
}

static void plan_ntfs(struct exh_repair *r, const uint8_t *boot)
{
	uint64_t sector = exh_le16(boot + 11), cluster = sector * boot[13];
	int8_t per_record = (int8_t)boot[64];
	uint64_t record = per_record > 0 ? cluster * (uint64_t)per_record
					 : 1ULL << (per_record > -13 ? -per_record : 12);
	uint64_t mft, mirror, last;

	r->kind = EXH_LAYOUT_NTFS;
	r->errors_to = SECTOR;
	if (!exh_mul_overflows(exh_le64(boot + 40), sector, &last))
		add_twin(r, 0, SECTOR, last);
	add_twin(r, 0, SECTOR, r->source->size - SECTOR);
	if (exh_mul_overflows(exh_le64(boot + 48), cluster, &mft) ||
	    exh_mul_overflows(exh_le64(boot + 56), cluster, &mirror) || record > MFT_RECORD_MOST)
		return;
	add_twin(r, mft, MIRRORED * record, mirror);
}

/* ---- FAT and exFAT ---- */

static bool is_fat(const uint8_t *boot)
{
	unsigned sector = exh_le16(boot + 11);

	return exh_le16(boot + 510) == 0xaa55 && (boot[0] == 0xeb || boot[0] == 0xe9) &&
	       (sector == 512 || sector == 1024 || sector == 2048 || sector == 4096) && boot[13] &&
	       exh_le16(boot + 14) && (boot[16] == 1 || boot[16] == 2) &&
	       (exh_le16(boot + 22) || exh_le32(boot + 36));
}

/* By the number of clusters, and by nothing else. */
static unsigned fat_bits(const uint8_t *boot)
{
	uint64_t sector = exh_le16(boot + 11), fats = (uint64_t)exh_le16(boot + 22) * boot[16];
	uint64_t sectors = exh_le16(boot + 19) ? exh_le16(boot + 19) : exh_le32(boot + 32);
	uint64_t before =
		exh_le16(boot + 14) + fats + (exh_le16(boot + 17) * 32ULL + sector - 1) / sector;

	return sectors > before && (sectors - before) / boot[13] >= 4085 ? 16 : 12;
}

static void plan_fat(struct exh_repair *r, const uint8_t *boot)
{
	uint64_t sector = exh_le16(boot + 11), start = sector * exh_le16(boot + 14);
	bool is_32 = !exh_le16(boot + 22);
	uint64_t size = sector * (is_32 ? exh_le32(boot + 36) : exh_le16(boot + 22));

	r->kind = EXH_LAYOUT_FAT;
	r->errors_from = 0;
	r->errors_to = start + size * boot[16];
	r->fat = (struct exh_fat_entries){start, r->errors_to, is_32 ? 32 : fat_bits(boot)};
	if (boot[16] == 2)
		add_twin(r, start, size, start + size);
	if (is_32)
		add_twin(r, 0, 3 * sector, FAT32_BACKUP * sector);
}

static bool is_exfat(const uint8_t *boot)
{
	return !memcmp(boot + 3, "EXFAT   ", 8) && boot[108] >= 9 && boot[108] <= 12;
}

static void plan_exfat(struct exh_repair *r, const uint8_t *boot)
{
	unsigned shift = boot[108];
	uint64_t size = (uint64_t)exh_le32(boot + 84) << shift;

	r->kind = EXH_LAYOUT_EXFAT;
	r->errors_to = ((uint64_t)exh_le32(boot + 80) << shift) + size * boot[110];
	r->fat = (struct exh_fat_entries){r->errors_to - size * boot[110], r->errors_to, 32};
	add_twin(r, 0, EXFAT_REGION << shift, EXFAT_REGION << shift);
}

/* ---- ext ---- */

static bool is_ext(const uint8_t *superblock)
{
	return exh_le16(superblock + 56) == EXT_MAGIC && exh_le32(superblock + 24) <= 6 &&
	       exh_le32(superblock + 32);
}

/* Group 1 always has copies, with sparse_super too. */
static void plan_ext(struct exh_repair *r, const uint8_t *superblock)
{
	uint64_t block = 1024ULL << exh_le32(superblock + 24);
	uint64_t first = exh_le32(superblock + 20), per_group = exh_le32(superblock + 32);
	uint64_t blocks = exh_le32(superblock + 4), group1 = (first + per_group) * block;
	bool is_64 = exh_le32(superblock + 96) & 0x80, meta_bg = exh_le32(superblock + 96) & 0x10;
	uint64_t entry = is_64 ? exh_le16(superblock + 254) : 32;
	uint64_t table = (blocks / per_group + 1) * (entry ? entry : 32);

	r->kind = EXH_LAYOUT_EXT;
	add_twin(r, EXT_SUPERBLOCK, EXT_SUPERBLOCK, group1);
	if (!meta_bg)
		add_twin(r, (first + 1) * block, (table + block - 1) / block * block,
			 group1 + block);
}

/* ---- ISO 9660 ---- */

/*
 * A piece of a directory that is zeros has no entries (ECMA-119, 6.8.1.1). Volume descriptors, path
 * tables and the beginning of the root directory (8, 9.4, 8.4.18) are what libtsk begins with: it
 * takes another directory for the root where that one is empty.
 */
static void add_table(struct exh_repair *r, uint64_t block, uint64_t block_size, uint64_t size)
{
	if (block && r->nr_tables < EXH_MAX_TABLES)
		r->tables[r->nr_tables++] = (struct exh_range){block * block_size, size};
}

static void take_descriptor(struct exh_repair *r, const uint8_t *d)
{
	uint64_t block = exh_le16(d + 128), size = exh_le32(d + 132);

	add_table(r, exh_le32(d + 140), block, size);
	add_table(r, exh_le32(d + 144), block, size);
	add_table(r, exh_be32(d + 148), block, size);
	add_table(r, exh_be32(d + 152), block, size);
	add_table(r, exh_le32(d + 158), block, ISO_SECTOR);
}

static bool plan_iso(struct exh_repair *r)
{
	uint8_t d[ISO_SECTOR];

	for (unsigned i = ISO_FIRST; i < 2 * ISO_FIRST; i++) {
		r->errors_to = (i + 1ULL) * ISO_SECTOR;
		if (!read_at(r->source, d, sizeof(d), i * (uint64_t)ISO_SECTOR))
			continue;
		if (memcmp(d + 1, "CD001", 5) != 0 || d[0] == 255)
			break;
		r->kind = EXH_LAYOUT_ISO;
		if (d[0] == 1 || d[0] == 2)
			take_descriptor(r, d);
	}
	return r->kind == EXH_LAYOUT_ISO;
}

/* ---- */

static bool find_ext(struct exh_repair *r)
{
	static const uint64_t places[] = {EXT_SUPERBLOCK, 8193ULL * 1024, 16384ULL * 2048,
					  32768ULL * 4096};
	uint8_t superblock[EXT_SUPERBLOCK];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (!read_at(r->source, superblock, sizeof(superblock), places[i]))
			continue;
		if (is_ext(superblock))
			plan_ext(r, superblock);
		/* a copy counts only where the first one cannot be read */
		if (!i || r->kind)
			break;
	}
	return r->kind == EXH_LAYOUT_EXT;
}

static bool find_ufs(struct exh_repair *r)
{
	uint8_t magic[4];

	for (size_t i = 0; i < sizeof(ufs_places) / sizeof(ufs_places[0]); i++) {
		uint32_t expected = ufs_places[i] == 8192 ? UFS1_MAGIC : UFS2_MAGIC;

		if (!read_at(r->source, magic, sizeof(magic), ufs_places[i] + UFS_MAGIC_AT) ||
		    (exh_le32(magic) != expected && exh_be32(magic) != expected))
			continue;
		r->kind = EXH_LAYOUT_UFS;
		r->ufs_superblock = ufs_places[i];
		return true;
	}
	return false;
}

static bool take_boot(struct exh_repair *r, const uint8_t *boot)
{
	if (is_ntfs(boot))
		plan_ntfs(r, boot);
	else if (is_exfat(boot))
		plan_exfat(r, boot);
	else if (is_fat(boot))
		plan_fat(r, boot);
	return r->kind != EXH_LAYOUT_OTHER;
}

void exh_repair_plan(struct exh_repair *r, struct exh_source *source)
{
	uint64_t copies[] = {source->size - exh_min(source->size, SECTOR), FAT32_BACKUP * SECTOR,
			     EXFAT_REGION * SECTOR};
	uint8_t boot[SECTOR];

	*r = (struct exh_repair){.source = source};
	r->tsk = (struct exh_tsk_repair){ask, r};
	if (read_at(source, boot, sizeof(boot), 0)) {
		if (!take_boot(r, boot) && !find_ext(r) && !find_ufs(r))
			plan_iso(r);
		return;
	}
	for (size_t i = 0; i < 3; i++)
		if (read_at(source, boot, sizeof(boot), copies[i]) && take_boot(r, boot))
			return;
	if (!find_ext(r) && !find_ufs(r))
		plan_iso(r);
}
