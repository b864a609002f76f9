// SPDX-License-Identifier: Apache-2.0
#include "gpt.h"

#include <libdeflate.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/problem.h"

#define HEADER_BYTES	92
#define MIN_ENTRY_BYTES 128
#define NAME_OFFSET	56
#define NAME_UNITS	36

void exh_guid_text(const uint8_t g[16], char out[37])
{
	snprintf(out, 37, "%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X", exh_le32(g),
		 exh_le16(g + 4), exh_le16(g + 6), g[8], g[9], g[10], g[11], g[12], g[13], g[14],
		 g[15]);
}

static bool is_zero(const uint8_t *p, size_t n)
{
	while (n--)
		if (*p++)
			return false;
	return true;
}

__attribute__((format(printf, 2, 3))) static bool wrong(struct exh_gpt_copy *copy, const char *fmt,
							...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(copy->why, sizeof(copy->why), fmt, ap);
	va_end(ap);
	return false;
}

static bool check_header(struct exh_gpt_copy *copy, uint8_t *sector, uint32_t sector_size)
{
	uint32_t size = exh_le32(sector + 12), stored = exh_le32(sector + 16), counted;

	if (size < HEADER_BYTES || size > sector_size)
		return wrong(copy, "its header claims %u bytes", size);
	memset(sector + 16, 0, 4);
	counted = libdeflate_crc32(0, sector, size);
	if (counted != stored)
		return wrong(copy, "its header has the checksum %08x, not %08x as it says", counted,
			     stored);
	if (copy->my_lba != copy->offset / sector_size)
		return wrong(copy, "its header says that it stands in sector %llu",
			     (unsigned long long)copy->my_lba);
	if (copy->entry_size < MIN_ENTRY_BYTES || copy->entry_size % 8)
		return wrong(copy, "its entries have %u bytes each", copy->entry_size);
	if (!copy->nr_entries || (uint64_t)copy->entry_size * copy->nr_entries > EXH_GPT_MAX_BYTES)
		return wrong(copy, "it claims %u entries of %u bytes", copy->nr_entries,
			     copy->entry_size);
	return true;
}

/* Can the array be where the header says, whatever its checksum says of itself? */
static bool has_sane_array(const struct exh_gpt_copy *copy)
{
	return copy->nr_entries && copy->entry_size >= MIN_ENTRY_BYTES && !(copy->entry_size % 8) &&
	       (uint64_t)copy->entry_size * copy->nr_entries <= EXH_GPT_MAX_BYTES;
}

static bool check_entries(const struct exh_reader *r, struct exh_gpt_copy *copy,
			  uint32_t sector_size, uint32_t stored)
{
	size_t n = (size_t)copy->entry_size * copy->nr_entries;
	uint64_t offset;
	uint32_t counted;

	copy->entries = malloc(n ? n : 1);
	if (!copy->entries)
		return wrong(copy, "there is no memory for its entries");
	if (exh_mul_overflows(copy->entries_lba, sector_size, &offset) ||
	    exh_reader_read(r, copy->entries, n, offset) < 0) {
		free(copy->entries);
		copy->entries = NULL;
		return wrong(copy, "its entries in sector %llu cannot be read",
			     (unsigned long long)copy->entries_lba);
	}
	counted = libdeflate_crc32(0, copy->entries, n);
	if (counted != stored)
		return wrong(copy,
			     "its entries have the checksum %08x, not %08x as its header says",
			     counted, stored);
	return true;
}

/* A header that does not hold may still lead to an array that does: it has a checksum of its own.
 */
static void rescue_entries(const struct exh_reader *r, struct exh_gpt_copy *copy,
			   uint32_t sector_size, uint32_t stored)
{
	char why[sizeof(copy->why)];

	memcpy(why, copy->why, sizeof(why));
	copy->entries_ok = has_sane_array(copy) && check_entries(r, copy, sector_size, stored);
	memcpy(copy->why, why, sizeof(why));
}

static void read_copy(const struct exh_reader *r, uint32_t sector_size, uint64_t offset,
		      struct exh_gpt_copy *copy)
{
	uint8_t sector[4096];
	uint32_t entries_crc;

	memset(copy, 0, sizeof(*copy));
	copy->offset = offset;
	if (!exh_range_inside(offset, sector_size, r->source->size)) {
		wrong(copy, "its place in sector %llu is behind the end of the image",
		      (unsigned long long)(offset / sector_size));
		return;
	}
	if (exh_reader_read(r, sector, sector_size, offset) < 0) {
		copy->unreadable = true;
		wrong(copy, "it cannot be read: %s", r->ctx->text);
		return;
	}
	if (memcmp(sector, "EFI PART", 8)) {
		wrong(copy, "there is none in sector %llu",
		      (unsigned long long)(offset / sector_size));
		return;
	}
	copy->present = true;
	copy->my_lba = exh_le64(sector + 24);
	copy->alternate_lba = exh_le64(sector + 32);
	copy->first_usable = exh_le64(sector + 40);
	copy->last_usable = exh_le64(sector + 48);
	memcpy(copy->disk_guid, sector + 56, 16);
	copy->entries_lba = exh_le64(sector + 72);
	copy->nr_entries = exh_le32(sector + 80);
	copy->entry_size = exh_le32(sector + 84);
	entries_crc = exh_le32(sector + 88);
	copy->header_ok = check_header(copy, sector, sector_size);
	if (copy->header_ok)
		copy->entries_ok = check_entries(r, copy, sector_size, entries_crc);
	else
		rescue_entries(r, copy, sector_size, entries_crc);
}

static void clear_copy(struct exh_gpt_copy *copy)
{
	free(copy->entries);
	memset(copy, 0, sizeof(*copy));
}

void exh_gpt_clear(struct exh_gpt *gpt)
{
	clear_copy(&gpt->primary);
	clear_copy(&gpt->backup);
	json_decref(gpt->problems);
	memset(gpt, 0, sizeof(*gpt));
}

/* Keeps the better of what is there and what stands at lba; says whether looking on is pointless.
 */
static bool try_backup(const struct exh_reader *r, struct exh_gpt *gpt, uint64_t lba)
{
	struct exh_gpt_copy copy;
	uint64_t offset;

	if (lba < 2 || exh_mul_overflows(lba, gpt->sector_size, &offset))
		return false;
	if (gpt->backup.offset == offset)
		return exh_gpt_is_whole(&gpt->backup);
	read_copy(r, gpt->sector_size, offset, &copy);
	if (gpt->backup.offset && (gpt->backup.header_ok || !copy.present) &&
	    !(exh_gpt_is_whole(&copy) && !exh_gpt_is_whole(&gpt->backup))) {
		clear_copy(&copy);
		return false;
	}
	clear_copy(&gpt->backup);
	gpt->backup = copy;
	return exh_gpt_is_whole(&gpt->backup);
}

static void find_backup(const struct exh_reader *r, struct exh_gpt *gpt, uint64_t protected_sectors)
{
	uint64_t sectors = r->source->size / gpt->sector_size;

	if (gpt->primary.header_ok && try_backup(r, gpt, gpt->primary.alternate_lba))
		return;
	if (protected_sectors && try_backup(r, gpt, protected_sectors - 1))
		return;
	if (sectors)
		try_backup(r, gpt, sectors - 1);
}

static void choose(struct exh_gpt *gpt)
{
	const struct exh_gpt_copy *order[] = {&gpt->primary, &gpt->backup};

	for (int i = 0; i < 2 && !gpt->used; i++)
		if (exh_gpt_is_whole(order[i]))
			gpt->used = order[i];
	for (int i = 0; i < 2 && !gpt->used; i++)
		if (order[i]->header_ok && order[i]->entries)
			gpt->used = order[i];
	for (int i = 0; i < 2 && !gpt->used; i++)
		if (order[i]->entries_ok)
			gpt->used = order[i];
}

static void problem(struct exh_gpt *gpt, enum exh_problem id, const struct exh_gpt_copy *copy,
		    const char *what)
{
	json_array_append_new(gpt->problems, exh_problem_at(id, copy->offset, gpt->sector_size,
							    "%s: %s", what, copy->why));
}

/* Names the slots in which two whole copies differ. */
static void compare_copies(struct exh_gpt *gpt)
{
	const struct exh_gpt_copy *a = &gpt->primary, *b = &gpt->backup;
	char slots[160] = "";
	size_t used = 0;
	unsigned differ = 0;

	if (a->nr_entries == b->nr_entries && a->entry_size == b->entry_size) {
		for (unsigned i = 0; i < a->nr_entries; i++) {
			size_t at = (size_t)i * a->entry_size;

			if (!memcmp(a->entries + at, b->entries + at, a->entry_size))
				continue;
			if (++differ <= 16)
				used += (size_t)snprintf(slots + used, sizeof(slots) - used, " %u",
							 i + 1);
		}
		if (!differ && !memcmp(a->disk_guid, b->disk_guid, 16) &&
		    a->first_usable == b->first_usable && a->last_usable == b->last_usable)
			return;
	}
	json_array_append_new(
		gpt->problems,
		exh_problem_at(
			EXH_P_GPT_COPIES_DIFFER, b->offset, gpt->sector_size,
			"both copies of the GPT are whole and differ%s%s%s; the first one is shown",
			differ ? " in entries" : " in their headers", slots,
			differ > 16 ? " and more" : ""));
}

/* Each copy says where the other one stands. */
static void check_links(struct exh_gpt *gpt)
{
	uint64_t at = gpt->backup.offset / gpt->sector_size;

	if (gpt->primary.alternate_lba != at)
		json_array_append_new(
			gpt->problems,
			exh_problem_at(EXH_P_GPT_BACKUP_MISPLACED, gpt->backup.offset,
				       gpt->sector_size,
				       "the first copy of the GPT says that the backup stands in "
				       "sector %llu; it was found in sector %llu",
				       (unsigned long long)gpt->primary.alternate_lba,
				       (unsigned long long)at));
	if (gpt->backup.alternate_lba != gpt->primary.my_lba)
		json_array_append_new(
			gpt->problems,
			exh_problem_at(EXH_P_GPT_COPIES_DIFFER, gpt->backup.offset,
				       gpt->sector_size,
				       "the backup of the GPT says that the first copy stands in "
				       "sector %llu; it was found in sector %llu",
				       (unsigned long long)gpt->backup.alternate_lba,
				       (unsigned long long)gpt->primary.my_lba));
}

static void check_place(const struct exh_reader *r, struct exh_gpt *gpt)
{
	uint64_t last = r->source->size / gpt->sector_size - 1;
	uint64_t at = gpt->backup.offset / gpt->sector_size;

	if (!exh_gpt_is_whole(&gpt->backup) || at == last)
		return;
	json_array_append_new(
		gpt->problems,
		exh_problem_at(EXH_P_GPT_BACKUP_MISPLACED, gpt->backup.offset, gpt->sector_size,
			       "the backup of the GPT stands in sector %llu, the last sector of "
			       "the image is %llu",
			       (unsigned long long)at, (unsigned long long)last));
}

static void judge(const struct exh_reader *r, struct exh_gpt *gpt)
{
	bool primary = exh_gpt_is_whole(&gpt->primary), backup = exh_gpt_is_whole(&gpt->backup);

	if (!primary && !backup) {
		problem(gpt, EXH_P_GPT_DAMAGED, &gpt->primary, "first copy of the GPT");
		problem(gpt, EXH_P_GPT_DAMAGED, &gpt->backup, "backup of the GPT");
	} else if (!primary) {
		problem(gpt, EXH_P_GPT_PRIMARY_DAMAGED, &gpt->primary, "first copy of the GPT");
	} else if (!backup) {
		problem(gpt, EXH_P_GPT_BACKUP_DAMAGED, &gpt->backup, "backup of the GPT");
	} else {
		compare_copies(gpt);
		check_links(gpt);
	}
	check_place(r, gpt);
}

int exh_gpt_read(const struct exh_reader *r, uint32_t sector_size, uint64_t protected_sectors,
		 struct exh_gpt *gpt)
{
	memset(gpt, 0, sizeof(*gpt));
	gpt->sector_size = sector_size;
	gpt->problems = json_array();
	if (r->source->size < 2ULL * sector_size)
		return 1;
	read_copy(r, sector_size, sector_size, &gpt->primary);
	find_backup(r, gpt, protected_sectors);
	if (!gpt->primary.present && !gpt->backup.present)
		return 1;
	choose(gpt);
	judge(r, gpt);
	return 0;
}

int exh_gpt_entry(const struct exh_gpt *gpt, unsigned i, struct exh_gpt_entry *entry)
{
	const struct exh_gpt_copy *copy = gpt->used;
	const uint8_t *p;
	uint64_t first, last;

	if (!copy || i >= copy->nr_entries)
		return 1;
	p = copy->entries + (size_t)i * copy->entry_size;
	if (is_zero(p, 16))
		return 1;
	memcpy(entry->type, p, 16);
	memcpy(entry->unique, p + 16, 16);
	first = exh_le64(p + 32);
	last = exh_le64(p + 40);
	entry->attributes = exh_le64(p + 48);
	entry->name = p + NAME_OFFSET;
	entry->name_units = NAME_UNITS;
	entry->number = i + 1;
	entry->first = first;
	entry->last = last;
	if (last < first || exh_mul_overflows(last, gpt->sector_size, &entry->length) ||
	    exh_mul_overflows(first, gpt->sector_size, &entry->start)) {
		entry->start = entry->length = 0;
		return 0;
	}
	entry->length = (last - first + 1) * gpt->sector_size;
	return 0;
}
