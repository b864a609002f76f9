// SPDX-License-Identifier: Apache-2.0
/*
 * Disks of IBM mainframes: z/OS DFSMSdfp Advanced Services, "VTOC";
 * arch/s390/include/uapi/asm/vtoc.h of Linux. The volume label stands in block 2. Compatible disks
 * (VOL1) have a VTOC whose extents count in cylinders and tracks; Linux disks (LNX1) have one
 * partition behind the label.
 *
 * An image does not say how many blocks a track has: the label of format 4, which describes the
 * device, has to confirm the number that led to it.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "label.h"

#define LABEL_BLOCK	2
#define FIRST_BLOCK	3 /* of the data of a Linux disk */
#define VTOC_LABEL	140
#define MAX_VTOC_LABELS 256
#define USUAL_HEADS	15

/* EBCDIC */
static const uint8_t vol1[] = {0xe5, 0xd6, 0xd3, 0xf1}, lnx1[] = {0xd3, 0xd5, 0xe7, 0xf1};

struct geometry {
	uint64_t block, per_track, heads;
};

struct extent {
	uint64_t first, last; /* tracks */
};

/* Cylinders have 28 bits: 12 of them stand above the 4 bits of the head. */
static uint64_t track_of(const uint8_t *cchh, uint64_t heads)
{
	uint64_t cylinder = exh_be16(cchh) | (uint64_t)(exh_be16(cchh + 2) & 0xfff0) << 12;

	return cylinder * heads + (exh_be16(cchh + 2) & 0xf);
}

static bool get(const struct exh_reader *r, const struct exh_label *label, uint64_t at,
		uint8_t *bytes, size_t n)
{
	return exh_range_inside(at, n, label->room) &&
	       !exh_reader_read(r, bytes, n, label->base + at);
}

/* The format 4 label at cchhb, in whichever geometry it confirms. */
static bool find_vtoc(const struct exh_reader *r, const struct exh_label *label,
		      const uint8_t *cchhb, struct geometry *g, uint64_t *vtoc)
{
	uint8_t f4[VTOC_LABEL];

	for (g->per_track = 1; g->per_track < 128; g->per_track++) {
		*vtoc = (track_of(cchhb, USUAL_HEADS) * g->per_track + cchhb[4] - 1) * g->block;
		if (!get(r, label, *vtoc, f4, sizeof(f4)) || f4[44] != 0xf4 ||
		    f4[74] != g->per_track)
			continue;
		g->heads = exh_be16(f4 + 64);
		if (g->heads)
			return true;
	}
	return false;
}

static char ascii(uint8_t ebcdic)
{
	if (ebcdic >= 0xc1 && ebcdic <= 0xc9)
		return (char)('A' + ebcdic - 0xc1);
	if (ebcdic >= 0xd1 && ebcdic <= 0xd9)
		return (char)('J' + ebcdic - 0xd1);
	if (ebcdic >= 0xe2 && ebcdic <= 0xe9)
		return (char)('S' + ebcdic - 0xe2);
	if (ebcdic >= 0xf0 && ebcdic <= 0xf9)
		return (char)('0' + ebcdic - 0xf0);
	return ebcdic == 0x4b ? '.' : ebcdic == 0x40 ? ' ' : '?';
}

/* The data set is named as "LINUX.VVOLSER.PART0001.NATIVE": what stands behind the last point is
 * its type. */
static void set_names(json_t *row, const uint8_t *dataset)
{
	char name[45];
	size_t n = 0;
	char *type;

	for (; n < 44 && ascii(dataset[n]) != ' '; n++)
		name[n] = ascii(dataset[n]);
	name[n] = 0;
	type = strrchr(name, '.');
	if (type) {
		*type++ = 0;
		json_object_set_new(row, "type", json_string(type));
	}
	if (*name)
		json_object_set_new(row, "name", json_string(name));
}

static void add_extent(struct exh_label *label, const struct geometry *g, const uint8_t *f1,
		       unsigned number)
{
	struct extent e = {track_of(f1 + 107, g->heads), track_of(f1 + 111, g->heads)};
	uint64_t track = g->per_track * g->block;
	json_t *row;

	if (e.last < e.first)
		row = exh_label_add(label, number, UINT64_MAX, 0);
	else
		row = exh_label_add(label, number, label->base + e.first * track,
				    (e.last - e.first + 1) * track);
	set_names(row, f1);
	if (f1[59] > 1)
		exh_label_damaged(label, "a data set has several extents, of which only the first "
					 "is shown");
}

static bool is_data_set(uint8_t format)
{
	return format == 0xf1 || format == 0xf8;
}

static bool is_other_label(uint8_t format)
{
	return format == 0xf4 || format == 0xf5 || format == 0xf7 || format == 0xf9;
}

static int read_compatible(const struct exh_reader *r, struct exh_label *label,
			   const uint8_t *volume, struct geometry *g)
{
	uint8_t f[VTOC_LABEL];
	unsigned number = 0;
	uint64_t at;

	if (!find_vtoc(r, label, volume + 15, g, &at)) {
		exh_label_damaged(label, "the table of contents that it points to is not there");
		return 0;
	}
	label->length = at + g->block;
	for (unsigned i = 0; i < MAX_VTOC_LABELS; i++, at += g->block) {
		if (!get(r, label, at, f, sizeof(f)) ||
		    (!is_data_set(f[44]) && !is_other_label(f[44])))
			break;
		label->length = at + g->block;
		if (is_data_set(f[44]))
			add_extent(label, g, f, ++number);
	}
	return 0;
}

static int read_linux(struct exh_label *label, const uint8_t *volume, const struct geometry *g)
{
	uint64_t first = FIRST_BLOCK * g->block, blocks = exh_be64(volume + 80), length;

	/* only newer labels, of version 2, state the size */
	if (volume[79] != 0xf2)
		length = label->room > first ? label->room - first : 0;
	else if (blocks < FIRST_BLOCK || exh_mul_overflows(blocks - FIRST_BLOCK, g->block, &length))
		length = UINT64_MAX;
	exh_label_add(label, 1, label->base + first, length);
	return 0;
}

int exh_label_read_dasd(const struct exh_reader *r, struct exh_label *label)
{
	static const uint32_t blocks[] = {4096, 2048, 1024, 512};
	uint8_t volume[VTOC_LABEL];

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		struct geometry g = {.block = blocks[i]};

		if (!get(r, label, LABEL_BLOCK * g.block, volume, sizeof(volume)))
			continue;
		label->length = FIRST_BLOCK * g.block;
		if (!memcmp(volume, vol1, 4) && !memcmp(volume + 4, vol1, 4))
			return read_compatible(r, label, volume, &g);
		if (!memcmp(volume, lnx1, 4))
			return read_linux(label, volume, &g);
	}
	return 1;
}
