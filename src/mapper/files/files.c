// SPDX-License-Identifier: Apache-2.0
/* The owner's side of a list of files: a worker for each partition, and nothing of what they say is
 * taken on trust. */
#include "files.h"

#include <string.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "mapper/source/image.h"

#define MAX_COLLECTED 1000000 /* rows in memory; who wants more takes them as they come */
#define MAX_PROBLEMS  1000    /* of one partition */

struct listing {
	struct exh_ctx *ctx;
	struct exh_image *image;
	const struct exh_files_options *options; /* may be NULL */
	json_t *facts;
	uint64_t partition, start, length; /* the one at hand */
	size_t collected, problems;
	bool stopped, cut;
};

static void problem(struct listing *l, json_t *p)
{
	exh_problems_add(l->facts, p);
}

/* ---- what a worker says ---- */

static void copy_number(json_t *to, const json_t *from, const char *key)
{
	uint64_t value = exh_json_u64(from, key, UINT64_MAX);

	if (value <= INT64_MAX)
		json_object_set_new(to, key, json_integer((json_int_t)value));
}

static void copy_string(json_t *to, const json_t *from, const char *key)
{
	json_t *value = json_object_get(from, key);

	if (json_is_string(value))
		json_object_set(to, key, value);
}

static json_t *checked_times(const json_t *times)
{
	static const char *const keys[] = {"modified", "accessed", "changed", "created"};
	json_t *checked = json_object();

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		copy_string(checked, times, keys[i]);
	return checked;
}

static json_t *checked_row(const struct listing *l, const json_t *row)
{
	json_t *checked, *allocated = json_object_get(row, "allocated");

	if (!exh_json_str(row, "path") || !exh_json_str(row, "kind") || !json_is_boolean(allocated))
		return NULL;
	checked = json_pack("{s:I, s:O}", "partition", (json_int_t)l->partition, "allocated",
			    allocated);
	if (!checked)
		return NULL;
	copy_string(checked, row, "path");
	copy_string(checked, row, "kind");
	copy_string(checked, row, "volume");
	copy_string(checked, row, "filesystem");
	copy_number(checked, row, "inode");
	copy_number(checked, row, "size");
	if (json_is_true(json_object_get(row, "reallocated")))
		json_object_set_new(checked, "reallocated", json_true());
	json_object_set_new(checked, "times", checked_times(json_object_get(row, "times")));
	return checked;
}

static int deliver(struct listing *l, const json_t *row)
{
	if (l->options && l->options->on_row) {
		l->stopped = l->options->on_row(row, l->options->opaque) != 0;
		return 0;
	}
	if (l->collected++ >= MAX_COLLECTED) {
		l->cut = true;
		return 0;
	}
	return json_array_append(json_object_get(l->facts, "files"), (json_t *)row);
}

static int take_row(struct listing *l, const json_t *row)
{
	_cleanup_json_ json_t *checked = checked_row(l, row);

	if (!checked || deliver(l, checked) < 0)
		return exh_fail(l->ctx, EXH_E_WORKER, "a worker sent what is no file");
	return 0;
}

static int take_file_system(struct listing *l, const json_t *row)
{
	json_t *checked = json_pack("{s:I}", "partition", (json_int_t)l->partition);

	if (!exh_json_str(row, "type") || !checked) {
		json_decref(checked);
		return exh_fail(l->ctx, EXH_E_WORKER, "a worker sent what is no file system");
	}
	copy_string(checked, row, "type");
	copy_string(checked, row, "volume");
	copy_string(checked, row, "clock");
	copy_number(checked, row, "allocated");
	copy_number(checked, row, "deleted");
	return json_array_append_new(json_object_get(l->facts, "filesystems"), checked);
}

/* A range that a worker names counts from the beginning of its partition. */
static int take_problem(struct listing *l, const json_t *said)
{
	uint64_t start = exh_json_u64(said, "start", UINT64_MAX),
		 length = exh_json_u64(said, "length", 0);
	const char *code = exh_json_str(said, "code");
	json_t *p;

	if (!code || !exh_problem_meaning(code) || !exh_json_str(said, "text") ||
	    ++l->problems > MAX_PROBLEMS)
		return exh_fail(l->ctx, EXH_E_WORKER, "a worker sent what is no problem");
	p = json_object();
	copy_string(p, said, "code");
	copy_string(p, said, "severity");
	copy_string(p, said, "text");
	if (start != UINT64_MAX && exh_range_inside(start, length, l->length)) {
		json_object_set_new(p, "start", json_integer((json_int_t)(l->start + start)));
		json_object_set_new(p, "length", json_integer((json_int_t)length));
	}
	problem(l, p);
	return 0;
}

static int take_line(struct listing *l, const json_t *line)
{
	const char *list = exh_json_str(line, "append");

	if (json_object_get(line, "problem"))
		return take_problem(l, json_object_get(line, "problem"));
	if (list && !strcmp(list, "files"))
		return take_row(l, json_object_get(line, "row"));
	if (list && !strcmp(list, "filesystems"))
		return take_file_system(l, json_object_get(line, "row"));
	return exh_fail(l->ctx, EXH_E_WORKER, "a worker sent what is no answer");
}

/* ---- one partition ---- */

static int run_worker(struct listing *l, const json_t *args, const int *fds, int nr_fds)
{
	struct exh_job_spec spec = {.task = "files", .args = args, .fds = fds, .nr_fds = nr_fds};
	_cleanup_job_ struct exh_job *job = NULL;
	int r = exh_job_start(l->ctx, &spec, &job);

	while (!r && !l->stopped) {
		_cleanup_json_ json_t *line = NULL;

		r = exh_job_next(l->ctx, job, &line);
		if (!r)
			r = take_line(l, line);
	}
	return r < 0 ? r : 0;
}

static int start_worker(struct listing *l, const json_t *contents)
{
	const char *type = exh_json_str(contents, "type");
	_cleanup_json_ json_t *args =
		json_pack("{s:{s:I, s:I, s:I}}", "partition", "number", (json_int_t)l->partition,
			  "start", (json_int_t)l->start, "length", (json_int_t)l->length);
	_cleanup_free_ int *fds = NULL;
	int nr_fds = 0, r;

	if (!args)
		return exh_fail(l->ctx, EXH_E_NOMEM, "out of memory");
	if (type)
		json_object_set_new(args, "contents", json_string(type));
	r = exh_image_spec(l->ctx, l->image, args, &fds, &nr_fds);
	return r < 0 ? r : run_worker(l, args, fds, nr_fds);
}

/* libtsk takes the reader volume of BitLocker To Go for all there is, so encryption is said before
 * it is asked. */
static void warn_of_contents(struct listing *l, const json_t *contents)
{
	const char *kind = exh_json_str(contents, "kind"), *type = exh_json_str(contents, "type");

	if (kind && !strcmp(kind, "encryption"))
		problem(l,
			exh_problem_at(EXH_P_NOT_SUPPORTED, l->start, l->length,
				       "partition %llu is encrypted (%s); files inside the "
				       "encryption are not listed",
				       (unsigned long long)l->partition, type ? type : "unknown"));
	else if (type && !strcmp(type, "udf"))
		problem(l, exh_problem_at(EXH_P_NOT_SUPPORTED, l->start, l->length,
					  "partition %llu holds UDF, which is not read; at most "
					  "its ISO 9660 side is listed",
					  (unsigned long long)l->partition));
}

static bool is_known_empty(const json_t *contents)
{
	const char *kind = exh_json_str(contents, "kind");

	return kind && !strcmp(kind, "empty");
}

/* 0, or the error that ends the whole list: every other is a problem of this partition. */
static int list_partition(struct listing *l, const json_t *partition)
{
	const json_t *contents = json_object_get(partition, "contents");
	uint64_t media = exh_image_media_size(l->image);
	int r;

	l->partition = exh_json_u64(partition, "number", 0);
	l->start = exh_json_u64(partition, "start", 0);
	l->length = exh_json_u64(partition, "length", 0);
	l->problems = 0;
	if (l->start >= media || !l->length) {
		problem(l, exh_problem(
				   EXH_P_LIST_INCOMPLETE,
				   "partition %llu lies outside the image; it has no files to list",
				   (unsigned long long)l->partition));
		return 0;
	}
	l->length = exh_min(l->length, media - l->start);
	if (is_known_empty(contents))
		return 0;
	warn_of_contents(l, contents);
	r = start_worker(l, contents);
	if (r >= 0 || r == -EXH_E_INTERRUPTED || r == -EXH_E_NOMEM)
		return r;
	problem(l, exh_problem_at(r == -EXH_E_WORKER ? EXH_P_PROBER_FAILED : EXH_P_LIST_INCOMPLETE,
				  l->start, l->length,
				  "partition %llu: the list of files ends early: %s",
				  (unsigned long long)l->partition, exh_error_text(l->ctx)));
	return 0;
}

static bool is_wanted(const struct exh_files_options *options, uint64_t number)
{
	if (!options || !options->partitions)
		return true;
	for (size_t i = 0; i < options->nr_partitions; i++)
		if (options->partitions[i] == number)
			return true;
	return false;
}

int exh_files_list(struct exh_ctx *ctx, struct exh_image *image, const json_t *partitions,
		   const struct exh_files_options *options, json_t *facts)
{
	struct listing l = {.ctx = ctx, .image = image, .options = options, .facts = facts};
	const json_t *partition;
	size_t i;
	int r = 0;

	if (!options || !options->on_row)
		json_object_set_new(facts, "files", json_array());
	json_object_set_new(facts, "filesystems", json_array());
	json_array_foreach (partitions, i, partition) {
		if (r < 0 || l.stopped)
			break;
		if (is_wanted(options, exh_json_u64(partition, "number", 0)))
			r = list_partition(&l, partition);
	}
	if (l.cut)
		problem(&l, exh_problem(EXH_P_LIST_INCOMPLETE,
					"the list ends after %d files; print it as rows (--format "
					"jsonl) to have all",
					MAX_COLLECTED));
	return r;
}

static int require_partitions(struct exh_ctx *ctx, const json_t *partitions,
			      const struct exh_files_options *options)
{
	for (size_t i = 0; options && options->partitions && i < options->nr_partitions; i++) {
		const json_t *partition;
		bool found = false;
		size_t k;

		json_array_foreach (partitions, k, partition)
			found |= exh_json_u64(partition, "number", UINT64_MAX) ==
				 options->partitions[i];
		if (!found)
			return exh_fail(ctx, EXH_E_USAGE, "there is no partition %llu",
					(unsigned long long)options->partitions[i]);
	}
	return 0;
}

/* The scan opened the same image, and has the problems of that already among its own. */
static int take_scan(struct exh_ctx *ctx, struct exh_image *image, json_t *facts,
		     json_t **partitions)
{
	_cleanup_json_ json_t *scan = NULL;
	int r = exh_scan(ctx, image, NULL, &scan);

	if (scan) {
		json_object_set(facts, "problems", json_object_get(scan, "problems"));
		*partitions = json_incref(json_object_get(scan, "partitions"));
	}
	return r;
}

int exh_files(struct exh_ctx *ctx, struct exh_image *image, const struct exh_files_options *options,
	      json_t **facts)
{
	_cleanup_json_ json_t *partitions = NULL;
	int r = exh_image_require(ctx, image);

	*facts = exh_image_begin(image, "files");
	if (!*facts)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	if (!r)
		r = take_scan(ctx, image, *facts, &partitions);
	if (!r)
		r = require_partitions(ctx, partitions, options);
	return r < 0 ? r : exh_files_list(ctx, image, partitions, options, *facts);
}
