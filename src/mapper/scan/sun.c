// SPDX-License-Identifier: Apache-2.0
/* Sun's disk label with its VTOC (sys/dklabel.h, sys/vtoc.h): the first sector, big-endian,
 * partitions begin on cylinders. */
#include "base/bytes.h"
#include "base/checked.h"
#include "label.h"

#define SECTOR	   512
#define NR_ENTRIES 8
#define MAGIC	   0xdabe
#define VTOC_SANE  0x600ddeeeU
#define WHOLE_DISK 5 /* the tag "backup" */

static const char *tag_name(unsigned tag)
{
	static const char *const names[] = {
		[0] = "unassigned",    [1] = "boot",
		[2] = "root",	       [3] = "swap",
		[4] = "usr",	       [5] = "whole disk",
		[6] = "stand",	       [7] = "var",
		[8] = "home",	       [9] = "alternates",
		[10] = "cachefs",      [11] = "reserved",
		[0x82] = "Linux swap", [0x83] = "Linux",
		[0x8e] = "Linux LVM",  [0xfd] = "Linux RAID autodetect",
	};

	return tag < sizeof(names) / sizeof(names[0]) ? names[tag] : NULL;
}

static bool checksum_holds(const uint8_t *sector)
{
	uint16_t sum = 0;

	for (size_t at = 0; at < SECTOR; at += 2)
		sum ^= exh_be16(sector + at);
	return !sum;
}

static void add_entry(struct exh_label *label, const uint8_t *sector, unsigned i, uint64_t cylinder)
{
	const uint8_t *p = sector + 444 + (size_t)i * 8;
	uint64_t start = exh_be32(p) * cylinder, length = (uint64_t)exh_be32(p + 4) * SECTOR;
	bool has_tags = exh_be32(sector + 188) == VTOC_SANE;
	unsigned tag = exh_be16(sector + 142 + (size_t)i * 4);
	json_t *row;

	if (!length)
		return;
	row = exh_label_add(label, i + 1, label->base + start, length);
	if (has_tags)
		exh_label_set_type(row, tag, tag_name(tag));
	/* without tags, the third one is the disk by convention */
	if (has_tags ? tag == WHOLE_DISK : i == 2 && !start)
		json_object_set_new(row, "role", json_string("whole disk"));
}

int exh_label_read_sun(const struct exh_reader *r, struct exh_label *label)
{
	uint8_t sector[SECTOR];
	uint64_t cylinder;

	if (label->room < SECTOR || exh_reader_read(r, sector, SECTOR, label->base) < 0 ||
	    exh_be16(sector + 508) != MAGIC)
		return 1;
	label->length = SECTOR;
	cylinder = (uint64_t)exh_be16(sector + 436) * exh_be16(sector + 438) * SECTOR;
	if (!checksum_holds(sector))
		exh_label_damaged(label, "its checksum does not hold");
	if (!cylinder)
		exh_label_damaged(label, "it has no geometry, so nobody can tell where its "
					 "partitions begin");
	for (unsigned i = 0; cylinder && i < NR_ENTRIES; i++)
		add_entry(label, sector, i, cylinder);
	return 0;
}
