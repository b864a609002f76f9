// SPDX-License-Identifier: Apache-2.0
/* Apple partition map: Inside Macintosh, Devices, chapter 3. Big-endian; entry i stands in block i,
 * and the first entry describes the map itself. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/problem.h"
#include "label.h"

#define MAX_ENTRIES 256
#define ENTRY_BYTES 136

static bool get_entry(const struct exh_reader *r, const struct exh_label *label, uint32_t block,
		      unsigned i, uint8_t *entry)
{
	uint64_t at = (uint64_t)(i + 1) * block;

	return exh_range_inside(at, ENTRY_BYTES, label->room) &&
	       !exh_reader_read(r, entry, ENTRY_BYTES, label->base + at) &&
	       !memcmp(entry, "PM", 2) && exh_be32(entry + 4) <= INT32_MAX;
}

/* How many entries of the map are there in blocks of this size; *stated is how many there should
 * be. */
static unsigned count_entries(const struct exh_reader *r, const struct exh_label *label,
			      uint32_t block, unsigned *stated)
{
	uint8_t entry[ENTRY_BYTES];
	unsigned n = 0;

	*stated = 0;
	while (n < MAX_ENTRIES && get_entry(r, label, block, n, entry)) {
		if (!n)
			*stated = exh_be32(entry + 4);
		if (++n == *stated)
			break;
	}
	return n;
}

static const char *role_of(const uint8_t *type)
{
	static const struct {
		const char *type, *role;
	} roles[] = {
		{"Apple_partition_map", "table"},
		{"Apple_Free", "free"},
		{"Apple_Void", "free"},
	};

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (!strncasecmp((const char *)type, roles[i].type, 32))
			return roles[i].role;
	return NULL;
}

static void add_entry(struct exh_label *label, const uint8_t *entry, unsigned number)
{
	uint64_t start = (uint64_t)exh_be32(entry + 8) * label->sector_size;
	uint64_t length = (uint64_t)exh_be32(entry + 12) * label->sector_size;
	const char *role = role_of(entry + 48);
	json_t *row;

	if (!length)
		return;
	row = exh_label_add(label, number, label->base + start, length);
	exh_label_set_text(row, "name", entry + 16, 32);
	exh_label_set_text(row, "type", entry + 48, 32);
	if (role)
		json_object_set_new(row, "role", json_string(role));
}

static void take(const struct exh_reader *r, struct exh_label *label, unsigned entries,
		 unsigned stated)
{
	uint8_t entry[ENTRY_BYTES];
	char text[96];

	label->length = (uint64_t)(entries + 1) * label->sector_size;
	snprintf(text, sizeof(text), "it states %u entries, and %u are there", stated, entries);
	if (entries != stated)
		exh_label_damaged(label, text);
	for (unsigned i = 0; i < entries; i++)
		if (get_entry(r, label, label->sector_size, i, entry))
			add_entry(label, entry, i + 1);
}

int exh_label_read_apm(const struct exh_reader *r, struct exh_label *label)
{
	static const uint32_t blocks[] = {512, 1024, 2048, 4096};
	unsigned best = 0, best_stated = 0;
	bool rival = false;

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		unsigned stated, n = count_entries(r, label, blocks[i], &stated);

		if (!n)
			continue;
		if (!best || (n == stated && best != best_stated)) {
			best = n;
			best_stated = stated;
			label->sector_size = blocks[i];
		} else if (n == stated) {
			rival = true;
		}
	}
	if (!best)
		return 1;
	take(r, label, best, best_stated);
	if (rival)
		json_array_append_new(
			label->problems,
			exh_problem(EXH_P_SECTOR_SIZE_UNSURE,
				    "there are Apple partition maps for blocks of several sizes; "
				    "that for %u bytes is shown",
				    label->sector_size));
	return 0;
}
