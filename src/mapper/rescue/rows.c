// SPDX-License-Identifier: Apache-2.0
/* What the worker of one partition says: taken as untrusted, and put into facts. */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "base/worker.h"
#include "rescue.h"

#define MAX_ROWS     1000000
#define MAX_PROBLEMS 1000

static int fail_answer(struct exh_rescue *r)
{
	return exh_fail(r->ctx, EXH_E_WORKER, "a worker sent what is no answer");
}

static void copy_number(json_t *to, const json_t *from, const char *key)
{
	uint64_t value = exh_json_u64(from, key, UINT64_MAX);

	if (value <= INT64_MAX)
		json_object_set_new(to, key, json_integer((json_int_t)value));
}

static void copy_string(json_t *to, const json_t *from, const char *key)
{
	if (exh_json_str(from, key))
		json_object_set(to, key, json_object_get(from, key));
}

static void copy_flag(json_t *to, const json_t *from, const char *key)
{
	if (json_is_boolean(json_object_get(from, key)))
		json_object_set(to, key, json_object_get(from, key));
}

/* "A B;" in hexadecimal; NULL at what is none. */
static const char *two_numbers(const char *p, uint64_t *a, uint64_t *b)
{
	char *end;

	*a = strtoull(p, &end, 16);
	if (end == p || *end != ' ')
		return NULL;
	p = end + 1;
	*b = strtoull(p, &end, 16);
	return end != p && *end == ';' && *a <= INT64_MAX && *b <= INT64_MAX ? end + 1 : NULL;
}

/* Appends the ranges of a text to a list, each moved by shift; all must lie inside [0, limit). */
static int take_ranges(struct exh_rescue *r, json_t *list, const char *text,
		       const char *const keys[2], uint64_t shift, uint64_t limit)
{
	while (text && *text) {
		uint64_t start, length;

		text = two_numbers(text, &start, &length);
		if (!text || !exh_range_inside(start, length, limit))
			return fail_answer(r);
		json_array_append_new(list,
				      json_pack("{s:I, s:I}", keys[0], (json_int_t)(start + shift),
						keys[1], (json_int_t)length));
	}
	return 0;
}

static const char *const range_keys[] = {"start", "length"};
static const char *const item_keys[] = {"first", "count"};

static int take_list_row(struct exh_rescue *r, const char *list, const json_t *said, json_t *row,
			 uint64_t shift, uint64_t limit)
{
	json_t *rows = json_object_get(r->facts, list), *ranges = json_array();

	if (json_is_true(json_object_get(said, "continues")) && r->last_row) {
		json_decref(row);
		json_decref(ranges);
		return take_ranges(r, json_object_get(r->last_row, "ranges"),
				   exh_json_str(said, "ranges"), range_keys, shift, limit);
	}
	json_object_set_new(row, "ranges", ranges);
	if (json_array_size(rows) >= MAX_ROWS) {
		json_decref(row);
		return exh_fail(r->ctx, EXH_E_RANGE, "more than %d rows", MAX_ROWS);
	}
	json_array_append_new(rows, row);
	r->last_row = row;
	return take_ranges(r, ranges, exh_json_str(said, "ranges"), range_keys, shift, limit);
}

static json_t *row_with(const struct exh_rescue *r, const json_t *said, const char *const *strings,
			const char *const *numbers, const char *const *flags)
{
	json_t *row = json_pack("{s:I}", "partition", (json_int_t)r->partition);

	for (; *strings; strings++)
		copy_string(row, said, *strings);
	for (; *numbers; numbers++)
		copy_number(row, said, *numbers);
	for (; *flags; flags++)
		copy_flag(row, said, *flags);
	return row;
}

static int take_file(struct exh_rescue *r, const json_t *said)
{
	static const char *const strings[] = {"path", "name", "kind", "volume", NULL};
	static const char *const numbers[] = {"inode", "size", "lost", "not_located", NULL};
	static const char *const flags[] = {"allocated", "compressed", NULL};
	json_t *row = row_with(r, said, strings, numbers, flags);
	const char *unknown = exh_json_str(said, "not_located_ranges");

	if (unknown) {
		json_t *ranges = json_array();

		json_object_set_new(row, "not_located_ranges", ranges);
		if (take_ranges(r, ranges, unknown, range_keys, 0, INT64_MAX) < 0) {
			json_decref(row);
			return fail_answer(r);
		}
	}
	return take_list_row(r, "files", said, row, 0, INT64_MAX);
}

/* What the loss of a structure means for what it is there for. */
static const struct {
	const char *kind, *effect;
} effects[] = {
	{"mft", "files whose records are lost cannot be described or located"},
	{"mft-mirror", "a copy of the first records of $MFT is lost; $MFT itself counts"},
	{"bitmap", "which clusters are in use is not known there"},
	{"block-bitmap", "which blocks are in use is not known there"},
	{"inode-bitmap", "which inodes are in use is not known there"},
	{"inode-table", "files whose inodes are lost cannot be described or located"},
	{"group-descriptors", "where bitmaps and inode tables lie is told by copies only"},
	{"superblock", "the file system is described by copies only"},
	{"boot-sector", "the file system is described by its other copy only"},
	{"volume-descriptor", "where the tree of names begins is not told by it"},
	{"volume-header", "the volume is described by its other copy only"},
	{"fat", "where files go on is told by the other copy only, or not at all"},
	{"journal", "what was written last may not be recoverable"},
	{"directory", "names in it are lost; their files may have no path any more"},
	{"extent-tree", "where the file's content lies is not known whole"},
	{"indirect-blocks", "where the file's content lies is not known whole"},
};

static int take_metadata(struct exh_rescue *r, const json_t *said)
{
	static const char *const strings[] = {"kind", "name", "volume", NULL};
	static const char *const numbers[] = {"inode", "lost", NULL};
	static const char *const flags[] = {"allocated", NULL};
	json_t *row = row_with(r, said, strings, numbers, flags), *items;
	const char *kind = exh_json_str(said, "kind"), *text = exh_json_str(said, "items");
	int result = 0;

	for (size_t i = 0; kind && i < sizeof(effects) / sizeof(effects[0]); i++)
		if (!strcmp(effects[i].kind, kind))
			json_object_set_new(row, "effect", json_string(effects[i].effect));
	if (text) {
		items = json_array();
		result = take_ranges(r, items, text, item_keys, 0, INT64_MAX);
		json_object_set_new(row, "items", items);
	}
	if (result < 0) {
		json_decref(row);
		return result;
	}
	return take_list_row(r, "metadata", said, row, r->start, r->length);
}

static int take_unreachable(struct exh_rescue *r, const json_t *said)
{
	static const char *const strings[] = {"path", "what", "because", "volume", NULL};
	static const char *const numbers[] = {"inode", NULL};
	static const char *const flags[] = {NULL};
	json_t *rows = json_object_get(r->facts, "unreachable");

	if (json_array_size(rows) >= MAX_ROWS)
		return exh_fail(r->ctx, EXH_E_RANGE, "more than %d rows", MAX_ROWS);
	return json_array_append_new(rows, row_with(r, said, strings, numbers, flags));
}

static int take_file_system(struct exh_rescue *r, const json_t *said)
{
	static const char *const strings[] = {"type", "volume", NULL};
	static const char *const numbers[] = {"names", NULL};
	static const char *const flags[] = {NULL};

	return json_array_append_new(json_object_get(r->facts, "filesystems"),
				     row_with(r, said, strings, numbers, flags));
}

static int take_pieces(struct exh_rescue *r, const char *text)
{
	int result = text ? 0 : fail_answer(r);

	while (!result && *text) {
		int what = exh_lost_class_of(*text);
		uint64_t start, length;

		text = what >= 0 && text[1] == ' ' ? two_numbers(text + 2, &start, &length) : NULL;
		if (!text || what > EXH_LOST_VOLUME_SLACK ||
		    !exh_range_inside(start, length, r->length))
			return fail_answer(r);
		result = exh_claims_add(r->ctx, &r->claims, r->start + start, length,
					(enum exh_lost_class)what);
	}
	return result;
}

static int take_problem(struct exh_rescue *r, const json_t *said)
{
	uint64_t start = exh_json_u64(said, "start", UINT64_MAX),
		 length = exh_json_u64(said, "length", 0);
	const char *code = exh_json_str(said, "code");
	json_t *p;

	if (!code || !exh_problem_meaning(code) || !exh_json_str(said, "text") ||
	    ++r->problems > MAX_PROBLEMS)
		return fail_answer(r);
	p = json_object();
	copy_string(p, said, "code");
	copy_string(p, said, "severity");
	copy_string(p, said, "text");
	if (start != UINT64_MAX && exh_range_inside(start, length, r->length)) {
		json_object_set_new(p, "start", json_integer((json_int_t)(r->start + start)));
		json_object_set_new(p, "length", json_integer((json_int_t)length));
	}
	return exh_problems_add(r->facts, p);
}

static int take_line(struct exh_rescue *r, const json_t *line)
{
	static const struct {
		const char *list;
		int (*take)(struct exh_rescue *r, const json_t *row);
	} lists[] = {
		{"files", take_file},
		{"metadata", take_metadata},
		{"unreachable", take_unreachable},
		{"filesystems", take_file_system},
	};
	const char *list = exh_json_str(line, "append");
	const json_t *row = json_object_get(line, "row");

	if (json_object_get(line, "problem"))
		return take_problem(r, json_object_get(line, "problem"));
	if (list && !strcmp(list, "pieces"))
		return take_pieces(r, json_string_value(row));
	for (size_t i = 0; list && i < sizeof(lists) / sizeof(lists[0]); i++)
		if (!strcmp(lists[i].list, list))
			return lists[i].take(r, row);
	return fail_answer(r);
}

static int run_worker(struct exh_rescue *r, const struct exh_job_spec *spec)
{
	_cleanup_job_ struct exh_job *job = NULL;
	int result = exh_job_start(r->ctx, spec, &job);

	r->last_row = NULL;
	while (!result) {
		_cleanup_json_ json_t *line = NULL;

		result = exh_job_next(r->ctx, job, &line);
		if (!result)
			result = take_line(r, line);
	}
	return result < 0 ? result : 0;
}

int exh_rescue_partition(struct exh_rescue *r, const json_t *partition)
{
	const char *type = exh_json_str(json_object_get(partition, "contents"), "type");
	_cleanup_json_ json_t *args = json_pack(
		"{s:{s:I, s:I, s:I}, s:s*}", "partition", "number", (json_int_t)r->partition,
		"start", (json_int_t)r->start, "length", (json_int_t)r->length, "contents", type);
	_cleanup_free_ int *fds = NULL;
	struct exh_job_spec spec = {.task = "rescue", .args = args};
	int result;

	r->problems = 0;
	if (!args)
		return exh_fail(r->ctx, EXH_E_NOMEM, "out of memory");
	result = exh_image_spec_lost(r->ctx, r->image, r->lost, args, &fds, &spec.nr_fds);
	spec.fds = fds;
	if (!result)
		result = run_worker(r, &spec);
	if (result >= 0 || result == -EXH_E_INTERRUPTED || result == -EXH_E_NOMEM)
		return result;
	exh_problems_add(r->facts,
			 exh_problem_at(EXH_P_PROBER_FAILED, r->start, r->length,
					"partition %llu: which files are hit is not known "
					"whole: %s",
					(unsigned long long)r->partition, exh_error_text(r->ctx)));
	return 0;
}
