// SPDX-License-Identifier: Apache-2.0
/* BSD disklabels: disklabel(5) of 4.4BSD and its descendants; sys/disklabel.h of OpenBSD for
 * version 1 with its 48-bit numbers. */
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "label.h"

#define MAGIC	       0x82564557U
#define HEADER	       148
#define ENTRY	       16
#define MAX_ENTRIES    64
#define LABEL_BYTES    (HEADER + MAX_ENTRIES * ENTRY)
#define WHOLE_DISK     2 /* partition c */
#define NETBSD_DISK    3 /* partition d of NetBSD on i386 */
#define OPENBSD_NUMBER 1 /* d_version */

/* Either byte order occurs: that of the machine which wrote the label. */
struct label_bytes {
	uint8_t bytes[LABEL_BYTES];
	bool big;
};

static uint32_t get32(const struct label_bytes *l, size_t at)
{
	return l->big ? exh_be32(l->bytes + at) : exh_le32(l->bytes + at);
}

static uint16_t get16(const struct label_bytes *l, size_t at)
{
	return l->big ? exh_be16(l->bytes + at) : exh_le16(l->bytes + at);
}

static const char *type_name(unsigned type)
{
	static const char *const names[] = {
		[0] = "unused",		[1] = "swap",
		[2] = "Version 6",	[3] = "Version 7",
		[4] = "System V",	[5] = "4.1BSD",
		[6] = "Eighth Edition", [7] = "4.2BSD",
		[8] = "MS-DOS",		[9] = "4.4LFS",
		[10] = "unknown",	[11] = "HPFS",
		[12] = "ISO 9660",	[13] = "boot",
		[14] = "Vinum or ADOS", [15] = "RAID or HFS",
		[16] = "FileCore",	[17] = "ext2",
		[18] = "NTFS",		[19] = "CCD or RAIDframe",
		[20] = "CCD",		[21] = "JFS2",
		[22] = "HAMMER",	[23] = "HAMMER2",
		[24] = "UDF",		[26] = "EFS",
		[27] = "ZFS",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static bool checksum_holds(const struct label_bytes *l, unsigned entries)
{
	uint16_t sum = 0;

	for (size_t at = 0; at < HEADER + entries * ENTRY; at += 2)
		sum ^= get16(l, at);
	return !sum;
}

/* Numbers of 32 bits, or 48 in OpenBSD's version, times a sector of at most 64 KiB. */
static void add_entry(struct exh_label *label, const struct label_bytes *l, unsigned i)
{
	size_t at = HEADER + (size_t)i * ENTRY;
	bool wide = get16(l, 114) == OPENBSD_NUMBER;
	uint64_t count = get32(l, at), first = get32(l, at + 4), start, length;
	unsigned type = l->bytes[at + 12];
	json_t *row;

	if (wide) {
		first |= (uint64_t)get16(l, at + 8) << 32;
		count |= (uint64_t)get16(l, at + 10) << 32;
	}
	if (!count)
		return;
	if (exh_mul_overflows(first, label->sector_size, &start))
		start = UINT64_MAX;
	if (exh_mul_overflows(count, label->sector_size, &length))
		length = UINT64_MAX;
	row = exh_label_add(label, i + 1, start, length);
	exh_label_set_type(row, type, type_name(type));
	if (!type && (i == WHOLE_DISK || (i == NETBSD_DISK && !first)))
		json_object_set_new(row, "role", json_string("whole disk"));
}

/*
 * FreeBSD writes numbers that count from the slice, the others such that count from the disk.
 * Partition c tells: it covers the slice, and begins at 0 only where 0 is the slice's own sector.
 */
static bool counts_from_slice(const struct exh_label *label, const struct label_bytes *l)
{
	size_t at = HEADER + WHOLE_DISK * ENTRY;

	return label->base && get16(l, 114) != OPENBSD_NUMBER && get16(l, 138) > WHOLE_DISK &&
	       get32(l, at) && !get32(l, at + 4) &&
	       (uint64_t)get32(l, at) * label->sector_size <= label->room;
}

static void move_into_slice(struct exh_label *label)
{
	json_t *row;
	size_t i;

	json_array_foreach (label->entries, i, row) {
		uint64_t start = (uint64_t)json_integer_value(json_object_get(row, "start")), moved;

		if (!json_object_get(row, "broken") &&
		    !exh_add_overflows(start, label->base, &moved))
			json_object_set_new(row, "start", json_integer((json_int_t)moved));
	}
}

static bool has_magic(struct label_bytes *l)
{
	l->big = exh_be32(l->bytes) == MAGIC;
	return get32(l, 0) == MAGIC && get32(l, 132) == MAGIC;
}

static int take(struct exh_label *label, const struct label_bytes *l, uint64_t at)
{
	unsigned entries = get16(l, 138);
	uint32_t sector = get32(l, 40);

	label->start = at;
	label->length = HEADER + (uint64_t)exh_min(entries, MAX_ENTRIES) * ENTRY;
	if (sector >= 512 && sector <= 65536 && !(sector & (sector - 1)))
		label->sector_size = sector;
	if (!entries || entries > MAX_ENTRIES)
		exh_label_damaged(label, "it states an impossible number of partitions");
	else if (!checksum_holds(l, entries))
		exh_label_damaged(label, "its checksum does not hold");
	for (unsigned i = 0; i < entries && i < MAX_ENTRIES; i++)
		add_entry(label, l, i);
	if (counts_from_slice(label, l))
		move_into_slice(label);
	return 0;
}

int exh_label_read_bsd(const struct exh_reader *r, struct exh_label *label)
{
	/* LABELSECTOR and LABELOFFSET of the machines: i386, alpha and sparc64, m68k, and the
	 * second sector where it is a large one */
	static const unsigned places[] = {512, 64, 128, 0, 2048, 4096};
	struct label_bytes l;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		uint64_t at = label->base + places[i];

		if (!exh_range_inside(places[i], LABEL_BYTES, label->room) ||
		    exh_reader_read(r, l.bytes, LABEL_BYTES, at) < 0)
			continue;
		if (has_magic(&l))
			return take(label, &l, at);
	}
	return 1;
}
