// SPDX-License-Identifier: Apache-2.0
/* SGI's volume header (sys/dvh.h of IRIX): the first sector, big-endian. */
#include <string.h>

#include "base/bytes.h"
#include "label.h"

#define SECTOR	      512
#define MAGIC	      0x0be5a941U
#define ENTRIES_AT    312
#define ENTRY	      12
#define NR_ENTRIES    16
#define VOLUME_HEADER 0
#define VOLUME	      6

static const char *type_name(unsigned type)
{
	static const char *const names[] = {
		[0] = "volume header",
		[1] = "tracks replaced",
		[2] = "sectors replaced",
		[3] = "raw",
		[4] = "4.2BSD",
		[5] = "System V",
		[6] = "volume",
		[7] = "EFS",
		[8] = "logical volume",
		[9] = "raw logical volume",
		[10] = "XFS",
		[11] = "XFS log",
		[12] = "XLV volume",
		[13] = "XVM",
		[0x82] = "Linux swap",
		[0x83] = "Linux",
		[0x8e] = "Linux LVM",
		[0xfd] = "Linux RAID autodetect",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static bool checksum_holds(const uint8_t *sector)
{
	uint32_t sum = 0;

	for (size_t at = 0; at < SECTOR; at += 4)
		sum += exh_be32(sector + at);
	return !sum;
}

static void add_entry(struct exh_label *label, const uint8_t *p, unsigned number)
{
	uint64_t length = (uint64_t)exh_be32(p) * SECTOR,
		 start = (uint64_t)exh_be32(p + 4) * SECTOR;
	uint32_t type = exh_be32(p + 8);
	json_t *row;

	if (!length)
		return;
	row = exh_label_add(label, number, label->base + start, length);
	exh_label_set_type(row, type, type_name(type));
	if (type == VOLUME_HEADER || type == VOLUME)
		json_object_set_new(row, "role",
				    json_string(type == VOLUME ? "whole disk" : "volume header"));
}

int exh_label_read_sgi(const struct exh_reader *r, struct exh_label *label)
{
	uint8_t sector[SECTOR];

	if (label->room < SECTOR || exh_reader_read(r, sector, SECTOR, label->base) < 0 ||
	    exh_be32(sector) != MAGIC)
		return 1;
	label->length = SECTOR;
	if (!checksum_holds(sector))
		exh_label_damaged(label, "its checksum does not hold");
	for (unsigned i = 0; i < NR_ENTRIES; i++)
		add_entry(label, sector + ENTRIES_AT + (size_t)i * ENTRY, i + 1);
	return 0;
}
