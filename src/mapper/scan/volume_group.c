// SPDX-License-Identifier: Apache-2.0
/*
 * LVM2's on-disk format (lib/format_text/layout.h, label.h of lvm2): a label in one of the first
 * four sectors, the header of the physical volume behind it with a list of data areas and one of
 * metadata areas, and in such an area the text of the metadata, which begins with the group's name.
 */
#include "volume_group.h"

#include <ctype.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/text.h"

#define SECTOR	  512
#define MAX_AREAS 16
#define NAME_MAX_ 127

struct place {
	const struct exh_reader *r;
	uint64_t start, length;
};

static bool get(const struct place *p, void *buf, size_t n, uint64_t at)
{
	return exh_range_inside(at, n, p->length) && !exh_reader_read(p->r, buf, n, p->start + at);
}

/* The offset of the first metadata area: behind the data areas, whose list ends with an offset of
 * 0. */
static uint64_t metadata_area(const uint8_t *sector)
{
	size_t at = exh_le32(sector + 20) + 40; /* the header's uuid and size */
	unsigned lists = 0;

	for (unsigned i = 0; i < MAX_AREAS && at + 16 <= SECTOR; i++, at += 16) {
		uint64_t offset = exh_le64(sector + at);

		if (!offset)
			lists++;
		else if (lists == 1)
			return offset;
		if (lists == 2)
			break;
	}
	return 0;
}

static json_t *name_at(const struct place *p, uint64_t at)
{
	char text[NAME_MAX_ + 1];
	size_t n = 0;

	if (!get(p, text, sizeof(text), at))
		return NULL;
	while (n < NAME_MAX_ && (isalnum((unsigned char)text[n]) || strchr("+_.-", text[n])) &&
	       text[n])
		n++;
	return n && !memcmp(text + n, " {", 2) ? exh_json_text(text, n) : NULL;
}

json_t *exh_volume_group(const struct exh_reader *r, uint64_t start, uint64_t length)
{
	const struct place p = {r, start, length};
	uint8_t sector[SECTOR], header[SECTOR];

	for (unsigned i = 0; i < 4; i++) {
		uint64_t area;

		if (!get(&p, sector, SECTOR, i * SECTOR) || memcmp(sector, "LABELONE", 8))
			continue;
		area = exh_le32(sector + 20) < SECTOR ? metadata_area(sector) : 0;
		if (!area || !get(&p, header, SECTOR, area) ||
		    memcmp(header + 4, " LVM2 x[5A%r0N*>", 16) || exh_le64(header + 40) > INT32_MAX)
			return NULL;
		return name_at(&p, area + exh_le64(header + 40));
	}
	return NULL;
}
