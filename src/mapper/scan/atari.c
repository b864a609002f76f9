// SPDX-License-Identifier: Apache-2.0
/*
 * Atari's hard disks: the root sector of AHDI, as Atari's "AHDI 3.00 release notes" and the
 * kernel's block/partitions/atari.h describe it. It has no magic, so everything in it must fit.
 * Four entries of a flag, a name of three letters, a start and a count; an entry named XGM leads to
 * a chain of such sectors, whose data count from their own sector and whose links count from the
 * first of the chain.
 */
#include <ctype.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "label.h"

#define SECTOR	   512
#define DISK_SIZE  0x1c2
#define ENTRIES	   0x1c6
#define ENTRY	   12
#define NR_ENTRIES 4
#define MAX_LINKS  256

struct entry {
	bool used, extended;
	char name[4];
	uint64_t start, count; /* sectors */
};

static struct entry entry_at(const uint8_t *sector, unsigned i)
{
	const uint8_t *p = sector + ENTRIES + i * ENTRY;
	struct entry e = {.used = p[0] & 1, .start = exh_be32(p + 4), .count = exh_be32(p + 8)};

	memcpy(e.name, p + 1, 3);
	e.extended = !memcmp(e.name, "XGM", 3);
	return e;
}

static bool is_usual_name(const char *name)
{
	static const char names[][4] = {"GEM", "BGM", "XGM", "RAW", "LNX", "SWP",
					"UNX", "F32", "MIX", "MAC", "QWA"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!memcmp(name, names[i], 3))
			return true;
	return false;
}

/* Entries in use with names, inside the disk that the sector describes, which is inside this one.
 */
static bool is_root(const uint8_t *sector, uint64_t sectors)
{
	uint64_t size = exh_be32(sector + DISK_SIZE);
	unsigned used = 0;
	bool usual = false;

	if (!size || size > sectors)
		return false;
	for (unsigned i = 0; i < NR_ENTRIES; i++) {
		struct entry e = entry_at(sector, i);

		if (!e.used)
			continue;
		for (unsigned k = 0; k < 3; k++)
			if (!isalnum((unsigned char)e.name[k]))
				return false;
		if (!e.start || !e.count || e.start + e.count > size)
			return false;
		usual |= is_usual_name(e.name);
		used++;
	}
	return used && usual;
}

static void add(struct exh_label *label, const struct entry *e, uint64_t base, unsigned *number)
{
	json_t *row =
		exh_label_add(label, ++*number, (base + e->start) * SECTOR, e->count * SECTOR);

	json_object_set_new(row, "type", json_stringn(e->name, 3));
	if (e->extended)
		json_object_set_new(row, "role", json_string("extended"));
}

/* A link has no number of its own. */
static void add_link(struct exh_label *label, const struct entry *e, uint64_t base)
{
	unsigned number = 0;

	add(label, e, base, &number);
	json_object_del(json_array_get(label->entries, json_array_size(label->entries) - 1),
			"number");
}

/* Adds the data of one sector of a chain; returns where the next one is, or 0. */
static uint64_t take_link(struct exh_label *label, const uint8_t *sector, uint64_t at,
			  uint64_t first, unsigned *number)
{
	uint64_t next = 0;

	for (unsigned i = 0; i < NR_ENTRIES; i++) {
		struct entry e = entry_at(sector, i);

		if (e.used && e.extended && !next) {
			next = first + e.start;
			add_link(label, &e, first);
		} else if (e.used && e.count && !e.extended) {
			add(label, &e, at, number);
		}
	}
	return next;
}

/* A chain goes up, or it would not end. */
static void follow(const struct exh_reader *r, struct exh_label *label,
		   const struct entry *container, unsigned *number)
{
	uint64_t at = container->start, next, end = container->start + container->count;
	uint8_t sector[SECTOR];

	for (unsigned links = 0; at; links++, at = next) {
		if (links == MAX_LINKS || at >= end ||
		    !exh_range_inside(at * SECTOR, SECTOR, label->room) ||
		    exh_reader_read(r, sector, SECTOR, at * SECTOR) < 0) {
			exh_label_damaged(label, "its chain of extended partitions cannot be "
						 "followed to its end");
			return;
		}
		next = take_link(label, sector, at, container->start, number);
		if (next && next <= at) {
			exh_label_damaged(label, "its chain of extended partitions comes back");
			return;
		}
	}
}

int exh_label_read_atari(const struct exh_reader *r, struct exh_label *label)
{
	uint8_t sector[SECTOR];
	unsigned number = 0;

	if (label->room < SECTOR || exh_reader_read(r, sector, SECTOR, label->base) < 0 ||
	    !is_root(sector, label->room / SECTOR))
		return 1;
	label->length = SECTOR;
	for (unsigned i = 0; i < NR_ENTRIES; i++) {
		struct entry e = entry_at(sector, i);

		if (e.used && e.extended) {
			add_link(label, &e, 0);
			follow(r, label, &e, &number);
		} else if (e.used) {
			add(label, &e, 0, &number);
		}
	}
	return 0;
}
