// SPDX-License-Identifier: Apache-2.0
/* Our own readers of partition tables, as a worker. What they found goes out as rows; what it means
 * is decided in merge.c. */
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"
#include "label.h"
#include "ldm.h"
#include "sector_size.h"
#include "tasks.h"

#define MAX_TOLD   64 /* odd entries */
#define MAX_SLICES 64 /* that are searched for a label of their own */

static int emit_area(struct exh_worker *w, uint64_t start, uint64_t length)
{
	return exh_emit_row(
		w, "areas",
		json_pack("{s:I, s:I}", "start", (json_int_t)start, "length", (json_int_t)length));
}

static int emit_problems(struct exh_worker *w, const json_t *problems)
{
	json_t *p;
	size_t i;

	json_array_foreach (problems, i, p)
		exh_emit_problem(w, json_incref(p));
	return 0;
}

static json_t *row_new(const char *scheme, unsigned number, uint64_t start, uint64_t length)
{
	return json_pack("{s:s, s:i, s:I, s:I}", "scheme", scheme, "number", (int)number, "start",
			 (json_int_t)start, "length", (json_int_t)length);
}

static void set_text(json_t *row, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(row, key, json_string(text));
}

static const char *role_name(enum exh_mbr_role role)
{
	static const char *const names[] = {
		[EXH_MBR_EXTENDED] = "extended",
		[EXH_MBR_PROTECTS] = "protective",
		[EXH_MBR_UNUSED] = "unused",
		[EXH_MBR_BROKEN] = "broken",
	};

	return names[role];
}

static int emit_mbr_entry(struct exh_worker *w, const struct exh_mbr_entry *e)
{
	json_t *row = row_new("mbr", e->number, e->start, e->length);
	char id[8];

	snprintf(id, sizeof(id), "0x%02x", e->type);
	set_text(row, "type_id", id);
	set_text(row, "type", exh_mbr_type_name(e->type));
	json_object_set_new(row, "bootable", json_boolean(e->bootable));
	if (e->role != EXH_MBR_DATA)
		set_text(row, "role", role_name(e->role));
	return exh_emit_row(w, "entries", row);
}

static int emit_mbr(struct exh_worker *w, const struct exh_tables *t)
{
	const struct exh_mbr *mbr = &t->mbr;
	json_t *table;
	char id[16];

	if (mbr->kind != EXH_MBR_TABLE && mbr->kind != EXH_MBR_FICTITIOUS)
		return 0;
	table = json_pack("{s:s, s:i, s:i, s:b}", "scheme", "mbr", "start", 0, "sector_size",
			  (int)t->sector_size, "valid", mbr->kind == EXH_MBR_TABLE);
	if (mbr->signature) {
		snprintf(id, sizeof(id), "0x%08x", mbr->signature);
		set_text(table, "id", id);
	}
	if (mbr->nr_entries)
		set_text(table, "sector_size_because", t->evidence);
	emit_area(w, 0, t->sector_size);
	exh_emit_row(w, "tables", table);
	emit_problems(w, mbr->problems);
	if (mbr->kind == EXH_MBR_FICTITIOUS)
		return exh_emit_problem(
			w,
			exh_problem_at(EXH_P_FALSE_TABLE, 0, 512,
				       "the first sector is the boot block of a BSD disk; its MBR "
				       "entry of 50000 sectors is a dummy"));
	for (size_t i = 0; i < mbr->nr_entries; i++)
		emit_mbr_entry(w, &mbr->entries[i]);
	for (unsigned i = 0; i < mbr->links; i++)
		emit_area(w, mbr->tables[i], mbr->sector_size);
	return 0;
}

static void emit_gpt_copy(struct exh_worker *w, const struct exh_tables *t,
			  const struct exh_gpt_copy *copy, const char *name)
{
	json_t *table;
	char id[37];
	uint64_t array;

	if (!copy->present)
		return;
	table = json_pack("{s:s, s:I, s:i, s:s, s:b}", "scheme", "gpt", "start",
			  (json_int_t)copy->offset, "sector_size", (int)t->sector_size, "copy",
			  name, "valid", exh_gpt_is_whole(copy));
	exh_guid_text(copy->disk_guid, id);
	set_text(table, "id", id);
	set_text(table, "sector_size_because", t->evidence);
	json_object_set_new(table, "used", json_boolean(copy == t->gpt.used));
	exh_emit_row(w, "tables", table);
	emit_area(w, copy->offset, t->sector_size);
	if (copy->header_ok && !exh_mul_overflows(copy->entries_lba, t->sector_size, &array))
		emit_area(w, array, (uint64_t)copy->nr_entries * copy->entry_size);
}

/* UEFI 5.3.3, table 5.8; bits 60 to 63 as Microsoft uses them for basic data, which ChromeOS and
 * others use otherwise. */
static json_t *attributes_json(uint64_t attributes)
{
	static const char *const names[64] = {
		[0] = "required",      [1] = "no-block-io",  [2] = "legacy-bios-bootable",
		[60] = "read-only",    [61] = "shadow-copy", [62] = "hidden",
		[63] = "no-automount",
	};
	json_t *list = json_array();

	for (unsigned bit = 0; bit < 64; bit++) {
		char number[16];

		if (!(attributes >> bit & 1))
			continue;
		snprintf(number, sizeof(number), "bit-%u", bit);
		json_array_append_new(list, json_string(names[bit] ? names[bit] : number));
	}
	return list;
}

/* What is wrong with an entry whose checksum holds. */
static bool tell_odd_entry(struct exh_worker *w, const struct exh_gpt_copy *copy,
			   const struct exh_gpt_entry *e)
{
	if (!e->length)
		exh_emit_problem(w,
				 exh_problem(EXH_P_ENTRY_BROKEN,
					     "entry %u of the GPT goes from sector %llu to %llu, "
					     "which is no range that a disk can have",
					     e->number, (unsigned long long)e->first,
					     (unsigned long long)e->last));
	else if (e->first < copy->first_usable || e->last > copy->last_usable)
		exh_emit_problem(
			w,
			exh_problem_at(EXH_P_OUTSIDE_USABLE, e->start, e->length,
				       "partition %u goes from sector %llu to %llu; its GPT leaves "
				       "%llu to %llu to partitions",
				       e->number, (unsigned long long)e->first,
				       (unsigned long long)e->last,
				       (unsigned long long)copy->first_usable,
				       (unsigned long long)copy->last_usable));
	else
		return false;
	return true;
}

static void emit_gpt_entry(struct exh_worker *w, const struct exh_gpt_entry *e)
{
	json_t *row = row_new("gpt", e->number, e->start, e->length);
	char guid[37];
	json_t *name = exh_json_utf16le(e->name, e->name_units);

	exh_guid_text(e->type, guid);
	set_text(row, "type_id", guid);
	set_text(row, "type", exh_gpt_type_name(guid));
	exh_guid_text(e->unique, guid);
	set_text(row, "guid", guid);
	if (json_string_length(name))
		json_object_set(row, "name", name);
	json_decref(name);
	if (e->attributes)
		json_object_set_new(row, "attributes", attributes_json(e->attributes));
	if (!e->length)
		json_object_set_new(row, "broken", json_true());
	exh_emit_row(w, "entries", row);
}

static void emit_device_size(struct exh_worker *w, const struct exh_tables *t)
{
	const struct exh_gpt_copy *copy = t->gpt.used;
	uint64_t lba = exh_max(copy->alternate_lba, copy->my_lba), bytes;

	if (copy->header_ok && lba < INT64_MAX &&
	    !exh_mul_overflows(lba + 1, t->sector_size, &bytes))
		exh_emit_as(w, "device_size", json_integer((json_int_t)bytes));
}

static int emit_gpt(struct exh_worker *w, const struct exh_tables *t)
{
	struct exh_gpt_entry entry;
	unsigned told = 0;

	if (t->gpt_found)
		return 0;
	emit_gpt_copy(w, t, &t->gpt.primary, "primary");
	emit_gpt_copy(w, t, &t->gpt.backup, "backup");
	emit_problems(w, t->gpt.problems);
	if (!t->gpt.used)
		return 0;
	emit_device_size(w, t);
	for (unsigned i = 0; i < t->gpt.used->nr_entries; i++)
		if (!exh_gpt_entry(&t->gpt, i, &entry)) {
			emit_gpt_entry(w, &entry);
			if (told < MAX_TOLD)
				told += tell_odd_entry(w, t->gpt.used, &entry);
		}
	return 0;
}

static void emit_label_table(struct exh_worker *w, const struct exh_label *label)
{
	json_t *table = json_pack("{s:s, s:I, s:i, s:b}", "scheme", label->scheme, "start",
				  (json_int_t)label->start, "sector_size", (int)label->sector_size,
				  "valid", label->valid);

	if (label->base)
		json_object_set_new(table, "nested", json_true());
	exh_emit_row(w, "tables", table);
	emit_area(w, label->start, label->length);
	emit_problems(w, label->problems);
}

/* A label inside a slice often lists the disk around it too, and its other slices. */
static void mark_outside(const struct exh_label *label, json_t *row)
{
	uint64_t start = exh_json_u64(row, "start", 0), length = exh_json_u64(row, "length", 0);

	if (!label->base || json_object_get(row, "role"))
		return;
	if (start == label->base && length == label->room)
		set_text(row, "role", "whole disk");
	else if (start < label->base || !exh_range_inside(start - label->base, length, label->room))
		set_text(row, "role", "outside");
}

static void emit_label(struct exh_worker *w, const struct exh_label *label)
{
	json_t *row;
	size_t i;

	emit_label_table(w, label);
	json_array_foreach (label->entries, i, row) {
		mark_outside(label, row);
		if (label->base)
			json_object_set_new(row, "parent_start",
					    json_integer((json_int_t)label->base));
		exh_emit_row(w, label->base ? "nested" : "entries", json_incref(row));
	}
}

static void emit_labels(struct exh_worker *w, const struct exh_reader *r, uint64_t base,
			uint64_t room)
{
	for (const struct exh_label_reader *reader = exh_label_readers; reader->scheme; reader++) {
		struct exh_label label;

		if (base && !reader->nests)
			continue;
		if (!exh_label_read(r, reader, base, room, &label))
			emit_label(w, &label);
		exh_label_clear(&label);
	}
}

static void emit_slices(struct exh_worker *w, const struct exh_reader *r,
			const struct exh_tables *t)
{
	unsigned looked_into = 0;
	struct exh_gpt_entry entry;

	for (size_t i = 0; i < t->mbr.nr_entries && looked_into < MAX_SLICES; i++) {
		const struct exh_mbr_entry *e = &t->mbr.entries[i];

		if (e->role != EXH_MBR_DATA || !exh_mbr_may_nest(e->type))
			continue;
		emit_labels(w, r, e->start, e->length);
		looked_into++;
	}
	for (unsigned i = 0; !t->gpt_found && t->gpt.used && i < t->gpt.used->nr_entries; i++) {
		char guid[37];

		if (exh_gpt_entry(&t->gpt, i, &entry) || looked_into == MAX_SLICES)
			continue;
		exh_guid_text(entry.type, guid);
		if (!exh_gpt_may_nest(guid))
			continue;
		emit_labels(w, r, entry.start, entry.length);
		looked_into++;
	}
}

static void emit_ldm(struct exh_worker *w, const struct exh_reader *r, const struct exh_tables *t)
{
	struct exh_ldm ldm;
	json_t *table;

	if (exh_ldm_read(r, &t->mbr, &t->gpt, t->sector_size, &ldm))
		return;
	table = json_pack("{s:s, s:I, s:i, s:b}", "scheme", "ldm", "start", (json_int_t)ldm.offset,
			  "sector_size", (int)t->sector_size, "valid", 1);
	json_object_set_new(table, "id", exh_json_text(ldm.disk_id, strlen(ldm.disk_id)));
	if (*ldm.group_name)
		json_object_set_new(table, "name",
				    exh_json_text(ldm.group_name, strlen(ldm.group_name)));
	exh_emit_row(w, "tables", table);
	emit_area(w, ldm.offset, t->sector_size);
	if (ldm.database_length)
		emit_area(w, ldm.database, ldm.database_length);
}

static void emit_findings(struct exh_worker *w, const struct exh_tables *t)
{
	if (t->mbr_found < 0 && t->gpt_found)
		exh_emit_as(w, "unreadable", json_true());
	if (t->mbr_found < 0)
		exh_emit_problem(w, exh_problem_at(EXH_P_TABLE_UNREADABLE, 0, 512,
						   "the first sector cannot be read: %s",
						   t->mbr_error));
	if (t->gpt.primary.unreadable)
		exh_emit_problem(w, exh_problem_at(EXH_P_TABLE_UNREADABLE, t->gpt.primary.offset,
						   t->sector_size, "where a GPT would begin: %s",
						   t->gpt.primary.why));
	if (t->mbr.has_protective && t->gpt_found)
		exh_emit_problem(
			w, exh_problem(EXH_P_GPT_DAMAGED,
				       "the MBR protects a GPT, and no copy of one was found"));
	if (*t->rival)
		exh_emit_problem(w, exh_problem(EXH_P_SECTOR_SIZE_UNSURE,
						"read in sectors of %u bytes (%s), but %s",
						t->sector_size, t->evidence, t->rival));
}

int exh_task_scan_tables(struct exh_worker *w, const json_t *args)
{
	_cleanup_source_ struct exh_source *source = NULL;
	struct exh_reader r = {.ctx = w->ctx,
			       .never_acquired = json_object_get(args, "never_acquired")};
	struct exh_tables tables;
	int ret = exh_source_open(w, args, &source);

	if (ret < 0)
		return ret;
	r.source = source;
	ret = exh_tables_read(&r, (uint32_t)exh_json_u64(args, "forced_sector_size", 0),
			      (uint32_t)exh_json_u64(args, "sector_size", 512), &tables);
	if (ret < 0)
		return ret;
	exh_emit_as(w, "sector_size", json_integer(tables.sector_size));
	if (tables.mbr.boot_sector_of)
		exh_emit_as(w, "boot_sector_of", json_string(tables.mbr.boot_sector_of));
	if (tables.mbr.chain_cut)
		exh_emit_as(w, "chain_cut", json_true());
	emit_mbr(w, &tables);
	emit_gpt(w, &tables);
	emit_ldm(w, &r, &tables);
	emit_labels(w, &r, 0, source->size);
	emit_slices(w, &r, &tables);
	emit_findings(w, &tables);
	exh_tables_clear(&tables);
	return 0;
}
