// SPDX-License-Identifier: Apache-2.0
/* What an ISO 9660 volume has beside directories and files (ECMA-119, 8 and 9.4): every volume
 * descriptor has its own path tables. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "hits.h"

#define SECTOR	      2048U
#define FIRST	      16U
#define MOST	      64U
#define PRIMARY	      1
#define SUPPLEMENTARY 2
#define TERMINATOR    255

static int path_tables(struct exh_hits *h, const uint8_t *d)
{
	const uint64_t places[] = {exh_le32(d + 140), exh_le32(d + 144), exh_be32(d + 148),
				   exh_be32(d + 152)};
	uint64_t block = exh_le16(d + 128), size = exh_le32(d + 132);
	int r = 0;

	for (size_t i = 0; !r && i < 4; i++) {
		char name[64];

		if (!places[i])
			continue;
		snprintf(name, sizeof(name), "%s path table at sector %llu",
			 d[0] == PRIMARY ? "primary" : "supplementary",
			 (unsigned long long)places[i]);
		r = exh_hits_structure(h, &(struct exh_structure){.kind = "path-table",
								  .name = name,
								  .start = places[i] * block,
								  .length = size});
	}
	return r;
}

/* ---- directories of all trees ---- */

/* A directory begins with a record of itself; where that cannot be read, it has at least a sector.
 */
static int directory(struct exh_hits *h, uint64_t start, bool is_primary)
{
	uint8_t record[34];
	uint64_t length = SECTOR;
	char name[96];

	if (exh_repair_read(h->repair, record, sizeof(record), start) && record[0] >= 34)
		length = exh_le32(record + 10);
	if (exh_claims_has(&h->claims, start, length, EXH_LOST_METADATA))
		return 0;
	snprintf(name, sizeof(name), "directory of the %s tree at sector %llu",
		 is_primary ? "primary" : "supplementary", (unsigned long long)(start / SECTOR));
	return exh_hits_structure(
		h, &(struct exh_structure){
			   .kind = "directory", .name = name, .start = start, .length = length});
}

/* ECMA-119, 9.4: the length of the name, that of extended attributes, where the directory is. */
static int tree(struct exh_hits *h, const uint8_t *d)
{
	uint64_t block = exh_le16(d + 128), table = exh_le32(d + 140) * block;
	uint32_t size = exh_le32(d + 132);
	uint8_t entry[8];
	int r = 0;

	for (uint32_t at = 0; !r && at + sizeof(entry) <= size;) {
		if (!exh_repair_read(h->repair, entry, sizeof(entry), table + at) || !entry[0])
			break;
		r = directory(h, exh_le32(entry + 2) * block, d[0] == PRIMARY);
		at += sizeof(entry) + entry[0] + (entry[0] & 1);
	}
	return r;
}

int exh_hits_iso_trees(struct exh_hits *h)
{
	uint8_t d[SECTOR];
	int r = 0;

	for (unsigned i = FIRST; !r && i < FIRST + MOST; i++) {
		if (!exh_repair_read(h->repair, d, sizeof(d), (uint64_t)i * SECTOR))
			continue;
		if (memcmp(d + 1, "CD001", 5) != 0 || d[0] == TERMINATOR)
			break;
		if (d[0] == PRIMARY || d[0] == SUPPLEMENTARY)
			r = tree(h, d);
	}
	return r;
}

int exh_hits_iso(struct exh_hits *h)
{
	int r = exh_hits_structure(h, &(struct exh_structure){.kind = "boot-sector",
							      .name = "system area",
							      .length = FIRST * SECTOR});

	for (unsigned i = FIRST; !r && i < FIRST + MOST; i++) {
		uint8_t d[SECTOR];
		bool is_there = exh_repair_read(h->repair, d, sizeof(d), (uint64_t)i * SECTOR);
		char name[64];

		if (is_there && memcmp(d + 1, "CD001", 5) != 0)
			break;
		snprintf(name, sizeof(name), "volume descriptor at sector %u", i);
		r = exh_hits_structure(h, &(struct exh_structure){.kind = "volume-descriptor",
								  .name = name,
								  .start = (uint64_t)i * SECTOR,
								  .length = SECTOR});
		if (!r && is_there && (d[0] == PRIMARY || d[0] == SUPPLEMENTARY))
			r = path_tables(h, d);
		if (is_there && d[0] == TERMINATOR)
			break;
	}
	return r;
}
