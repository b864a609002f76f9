// SPDX-License-Identifier: Apache-2.0
#include "describe.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "fs_options.h"
#include "ldm.h"
#include "rows.h"

#define ROUNDING (64U << 10)

static const char *known_kind(const json_t *contents)
{
	static const char *const kinds[] = {"filesystem", "encryption", "raid",	 "lvm",
					    "swap",	  "container",	"empty", "unknown"};
	const char *kind = exh_json_str(contents, "kind");

	for (size_t i = 0; kind && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i], kind))
			return kinds[i];
	return "unknown";
}

/* A fresh object with the keys of the contract that have their shape. */
static json_t *take_contents(const json_t *untrusted)
{
	static const char *const texts[] = {"type",    "label",	      "uuid",
					    "version", "description", "volume_group"};
	static const char *const lists[] = {"looked_at", "also"};
	json_t *contents = json_pack("{s:s}", "kind", known_kind(untrusted));

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (exh_json_str(untrusted, texts[i]))
			json_object_set(contents, texts[i], json_object_get(untrusted, texts[i]));
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (json_is_array(json_object_get(untrusted, lists[i])))
			json_object_set(contents, lists[i], json_object_get(untrusted, lists[i]));
	if (exh_json_u64(untrusted, "size", 0))
		json_object_set(contents, "size", json_object_get(untrusted, "size"));
	if (json_is_boolean(json_object_get(untrusted, "dirty")))
		json_object_set(contents, "dirty", json_object_get(untrusted, "dirty"));
	return contents;
}

/* Rows come in order, but places of no length are left out; *from is where the last one was. */
static const json_t *said_of(const json_t *answer, size_t index, size_t *from)
{
	const json_t *list = json_object_get(answer, "contents");

	for (size_t i = *from; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);

		if (exh_json_u64(row, "index", UINT64_MAX) != index)
			continue;
		*from = i + 1;
		return row;
	}
	return NULL;
}

static void name_place(const json_t *partition, char text[64])
{
	uint64_t number = exh_json_u64(partition, "number", 0);

	if (number)
		snprintf(text, 64, "partition %llu", (unsigned long long)number);
	else
		snprintf(text, 64, "the disk (without a table)");
}

/* The types of what else claims the place and would be mounted: "ext3, ntfs". */
static size_t name_rivals(const json_t *also, char *text, size_t n)
{
	size_t used = 0, count = 0, i;
	const json_t *c;

	*text = 0;
	json_array_foreach (also, i, c) {
		const char *type = exh_json_str(c, "type");

		if (!type ||
		    !(exh_row_has(c, "kind", "filesystem") || exh_row_has(c, "kind", "swap") ||
		      exh_row_has(c, "kind", "encryption")))
			continue;
		count++;
		if (used + strlen(type) + 3 < n)
			used += (size_t)snprintf(text + used, n - used, "%s%s", used ? ", " : "",
						 type);
	}
	return count;
}

static void tell_rivals(json_t *facts, const json_t *row, const json_t *contents, const char *place)
{
	const char *type = exh_json_str(contents, "type");
	char rivals[160];

	/* a VMFS has the mark of its volume before its own */
	if (type && !strcmp(type, "VMFS_volume_member"))
		return;
	if (!name_rivals(json_object_get(contents, "also"), rivals, sizeof(rivals)))
		return;
	exh_problems_add(facts, exh_problem_at(EXH_P_SEVERAL_FILESYSTEMS, exh_row_start(row),
					       exh_row_length(row), "%s holds %s, and %s as well",
					       place, type ? type : "something", rivals));
}

/* A file system that neither a kernel nor this program opens. */
static bool is_closed(const json_t *contents)
{
	const char *type = exh_json_str(contents, "type");

	return exh_row_has(contents, "kind", "filesystem") && type && !exh_fs_options(type) &&
	       strcmp(type, "apfs") != 0;
}

static void tell_limits(json_t *facts, const json_t *row, const json_t *contents,
			const json_t *said, const char *place)
{
	const char *kind = exh_json_str(contents, "kind"), *type = exh_json_str(contents, "type");
	const char *about = exh_json_str(contents, "description");
	uint64_t start = exh_row_start(row), length = exh_row_length(row);

	if (exh_json_u64(said, "unread", 0))
		exh_problems_add(
			facts,
			exh_problem_at(
				EXH_P_NOT_SUPPORTED, start, length,
				"%s: %llu bytes where its contents would show cannot be read",
				place, (unsigned long long)exh_json_u64(said, "unread", 0)));
	else if (json_is_true(json_object_get(said, "never_acquired")) && !type)
		exh_problems_add(
			facts,
			exh_problem_at(
				EXH_P_NOT_SUPPORTED, start, length,
				"%s: bytes where its contents would show were never acquired",
				place));
	else if (!strcmp(kind, "unknown") && json_object_get(contents, "looked_at"))
		return; /* exh_describe_undecided() */
	else if (!strcmp(kind, "unknown"))
		exh_problems_add(
			facts,
			exh_problem_at(EXH_P_NOT_SUPPORTED, start, length,
				       "%s holds nothing that is known here; it is not empty%s%s%s",
				       place, about ? " (" : "", about ? about : "",
				       about ? ")" : ""));
	else if (is_closed(contents) || !strcmp(kind, "encryption") || !strcmp(kind, "raid") ||
		 !strcmp(kind, "lvm") || !strcmp(kind, "container"))
		exh_problems_add(facts, exh_problem_at(EXH_P_NOT_SUPPORTED, start, length,
						       "%s holds %s (%s), which is not looked into",
						       place, type ? type : "something", kind));
}

/* Rounding to clusters, tracks and allocation groups makes a file system a little smaller. */
static void tell_size(json_t *facts, const json_t *row, const json_t *contents, const char *place)
{
	uint64_t size = exh_json_u64(contents, "size", 0), length = exh_row_length(row);
	const char *type = exh_json_str(contents, "type");

	if (size > length)
		exh_problems_add(
			facts,
			exh_problem_at(EXH_P_FILESYSTEM_LARGER, exh_row_start(row), length,
				       "%s has %llu bytes, its %s has %llu: the last %llu are not "
				       "in it",
				       place, (unsigned long long)length, type,
				       (unsigned long long)size,
				       (unsigned long long)(size - length)));
	else if (size && length - size >= ROUNDING)
		exh_problems_add(facts,
				 exh_problem_at(EXH_P_FILESYSTEM_SMALLER, exh_row_start(row) + size,
						length - size,
						"%s: its %s ends %llu bytes before it does", place,
						type, (unsigned long long)(length - size)));
}

static bool is_dynamic(const json_t *facts)
{
	const json_t *t;
	size_t i;

	json_array_foreach (json_object_get(facts, "tables"), i, t) {
		if (exh_row_has(t, "scheme", "ldm"))
			return true;
	}
	return false;
}

/* The volumes of a dynamic disk are in its database; of a partition that covers some, nothing but
 * the very beginning was looked at. */
static void note_dynamic(const json_t *facts, const json_t *row, json_t *contents)
{
	static const char *const types[] = {"0x42", EXH_GPT_LDM_DATA, EXH_GPT_LDM_METADATA};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!exh_row_has(row, "type_id", types[i]) || exh_json_str(contents, "type") ||
		    !is_dynamic(facts))
			continue;
		json_object_set_new(contents, "kind", json_string("container"));
		json_object_set_new(contents, "type", json_string("ldm"));
		json_object_del(contents, "looked_at");
		json_object_del(contents, "description");
	}
}

static void describe_partition(json_t *facts, json_t *row, const json_t *said)
{
	json_t *contents = take_contents(json_object_get(said, "contents"));
	_cleanup_free_ char *advice = NULL;
	char place[64];

	note_dynamic(facts, row, contents);
	advice = exh_fs_advice(exh_json_str(contents, "type"));
	name_place(row, place);
	if (advice)
		json_object_set_new(contents, "advice", json_string(advice));
	json_object_set_new(row, "contents", contents);
	if (!said)
		return;
	tell_rivals(facts, row, contents, place);
	tell_size(facts, row, contents, place);
	tell_limits(facts, row, contents, said, place);
	/* zeros in the part that is here say nothing about the part that is not */
	if (exh_row_has(contents, "kind", "empty") && exh_json_u64(said, "cut_off", 0)) {
		json_object_set_new(contents, "kind", json_string("unknown"));
		json_object_del(contents, "looked_at");
	}
	if (json_is_true(json_object_get(contents, "dirty")))
		exh_problems_add(facts, exh_problem_at(EXH_P_DIRTY_FILESYSTEM, exh_row_start(row),
						       exh_row_length(row),
						       "%s: its %s was not cleanly unmounted",
						       place, exh_json_str(contents, "type")));
}

/* A gap is empty where every byte of it was looked at, and then "zero" says so. */
static void decide_gap(json_t *gap)
{
	json_t *contents = json_object_get(gap, "contents");

	if (!exh_row_has(contents, "kind", "empty") || json_is_true(json_object_get(gap, "zero")))
		return;
	json_object_set_new(contents, "kind", json_string("unknown"));
	json_object_set_new(contents, "description",
			    json_string(json_object_get(gap, "zero")
						? "zeros at its beginning, other bytes behind"
						: "zeros where it was looked at"));
}

void exh_describe_undecided(json_t *facts)
{
	const json_t *p;
	char place[64];
	json_t *gap;
	size_t i;

	json_array_foreach (json_object_get(facts, "partitions"), i, p) {
		const json_t *contents = json_object_get(p, "contents");
		const char *text = exh_json_str(contents, "description");

		if (!exh_row_has(contents, "kind", "unknown") ||
		    !json_object_get(contents, "looked_at") || !text)
			continue;
		name_place(p, place);
		exh_problems_add(facts, exh_problem_at(EXH_P_NOT_SUPPORTED, exh_row_start(p),
						       exh_row_length(p), "%s: %s", place, text));
	}
	json_array_foreach (json_object_get(facts, "gaps"), i, gap)
		decide_gap(gap);
}

json_t *exh_describe_contents(const json_t *answer, size_t index, size_t *from)
{
	return take_contents(json_object_get(said_of(answer, index, from), "contents"));
}

static void describe_gap(json_t *gap, const json_t *said)
{
	json_t *contents;

	if (!said)
		return;
	if (json_is_true(json_object_get(said, "all")))
		json_object_set(gap, "zero", json_object_get(said, "zero"));
	contents = take_contents(json_object_get(said, "contents"));
	json_object_del(contents, "dirty");
	if (!exh_row_has(contents, "kind", "unknown") || exh_json_str(contents, "description"))
		json_object_set(gap, "contents", contents);
	json_decref(contents);
}

static bool begins_at_zero(const json_t *partitions)
{
	const json_t *p;
	size_t i;

	json_array_foreach (partitions, i, p) {
		if (!exh_row_start(p))
			return true;
	}
	return false;
}

/* What has a copy of its superblock at its end shows at the end of the disk as well. */
static bool is_last_partition(const json_t *facts, const char *type)
{
	uint64_t size = exh_json_u64(json_object_get(facts, "image"), "media_size", 0);
	const json_t *p;
	size_t i;

	json_array_foreach (json_object_get(facts, "partitions"), i, p) {
		uint64_t end = exh_row_start(p) + exh_row_length(p);

		if (exh_row_has(json_object_get(p, "contents"), "type", type) &&
		    end + ROUNDING >= size)
			return true;
	}
	return false;
}

/* A file system over the whole disk, beside its table. */
static void describe_disk(json_t *facts, const json_t *said)
{
	const json_t *contents = json_object_get(said, "contents");
	const char *kind = exh_json_str(contents, "kind"), *type = exh_json_str(contents, "type");

	if (!kind || !type || strcmp(kind, "filesystem") || is_last_partition(facts, type) ||
	    begins_at_zero(json_object_get(facts, "partitions")))
		return;
	exh_problems_add(
		facts,
		exh_problem(EXH_P_SEVERAL_FILESYSTEMS,
			    "beside its partition table the whole disk has the marks of a file "
			    "system of its own (%s)",
			    type));
}

void exh_describe(json_t *facts, const json_t *answer)
{
	json_t *parts = json_object_get(facts, "partitions");
	json_t *gaps = json_object_get(facts, "gaps"), *row;
	const json_t *disk;
	size_t i, from = 0;

	disk = said_of(answer, 0, &from);
	json_array_foreach (parts, i, row)
		describe_partition(facts, row, said_of(answer, 1 + i, &from));
	describe_disk(facts, disk);
	json_array_foreach (gaps, i, row)
		describe_gap(row, said_of(answer, 1 + json_array_size(parts) + i, &from));
}
