// SPDX-License-Identifier: Apache-2.0
/* The owner's side of a list of files: a worker for each partition, and nothing of what they say is
 * taken on trust. */
#include "files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "hash/digest.h"
#include "known.h"
#include "mapper/scan/scan.h"
#include "mapper/source/image.h"

#define MAX_COLLECTED 1000000 /* rows in memory; who wants more takes them as they come */
#define MAX_TYPES     4096
#define MAX_PROBLEMS  1000 /* of one partition */

struct listing {
	struct exh_ctx *ctx;
	struct exh_image *image;
	const struct exh_files_options *options; /* may be NULL */
	json_t *facts, *types;			 /* types: totals by mime */
	uint64_t partition, start, length;	 /* the one at hand */
	size_t collected, problems;
	struct exh_digests digests;
	struct exh_known *known; /* or NULL */
	bool stopped, cut;
};

static void problem(struct listing *l, json_t *p)
{
	exh_problems_add(l->facts, p);
}

/* ---- totals ---- */

static void add_to(json_t *total, const char *key, uint64_t n)
{
	uint64_t sum;

	if (!exh_add_overflows(exh_json_u64(total, key, 0), n, &sum))
		json_object_set_new(total, key, json_integer((json_int_t)sum));
}

static int compare_totals(const void *a, const void *b)
{
	const json_t *p = *(json_t *const *)a, *q = *(json_t *const *)b;
	uint64_t m = exh_json_u64(p, "files", 0), n = exh_json_u64(q, "files", 0);

	if (m != n)
		return m < n ? 1 : -1;
	return strcmp(exh_json_str(p, "mime"), exh_json_str(q, "mime"));
}

/* The most frequent type first. */
static json_t *sorted_types(const json_t *types)
{
	size_t nr = json_object_size(types), n = 0;
	_cleanup_free_ json_t **list = calloc(nr + 1, sizeof(json_t *));
	json_t *sorted = json_array(), *total;
	const char *mime;

	if (!list)
		return sorted;
	json_object_foreach ((json_t *)types, mime, total)
		list[n++] = total;
	qsort(list, n, sizeof(json_t *), compare_totals);
	for (size_t i = 0; i < n; i++)
		json_array_append(sorted, list[i]);
	return sorted;
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

static void copy_flag(json_t *to, const json_t *from, const char *key)
{
	if (json_is_true(json_object_get(from, key)))
		json_object_set_new(to, key, json_true());
}

/* Values of the digests that were asked for, and no others. */
static json_t *checked_digests(const struct listing *l, const json_t *digests)
{
	json_t *checked = json_object();

	for (size_t i = 0; i < l->digests.nr; i++) {
		const struct exh_digest *d = &l->digests.list[i];
		const char *value = exh_json_str(digests, d->name);
		char hex[EXH_DIGEST_HEX];

		if (value && !exh_digest_hex(value, strlen(value), d->size, hex))
			json_object_set_new(checked, d->name, json_string(hex));
	}
	return checked;
}

/* Ranges inside a file, or runs: numbers only. */
static json_t *checked_ranges(const json_t *ranges)
{
	json_t *checked = json_array();
	const json_t *range;
	size_t i;

	json_array_foreach (ranges, i, range) {
		json_t *copy = json_object();

		copy_number(copy, range, "start");
		copy_number(copy, range, "length");
		json_array_append_new(checked, copy);
	}
	return checked;
}

/* A run counts from the beginning of its partition when a worker names it. */
static json_t *checked_runs(const struct listing *l, const json_t *runs)
{
	json_t *checked = json_array();
	const json_t *run;
	size_t i;

	json_array_foreach (runs, i, run) {
		const json_t *start = json_array_get(run, 1);
		json_t *copy = json_pack("{s:I, s:I}", "offset",
					 json_integer_value(json_array_get(run, 0)), "length",
					 json_integer_value(json_array_get(run, 2)));

		if (json_is_integer(start))
			json_object_set_new(
				copy, "start",
				json_integer((json_int_t)l->start + json_integer_value(start)));
		json_array_append_new(checked, copy);
	}
	return checked;
}

static void copy_content(const struct listing *l, json_t *to, const json_t *from)
{
	copy_string(to, from, "mime");
	copy_string(to, from, "error");
	copy_string(to, from, "unread");
	copy_number(to, from, "lost");
	copy_flag(to, from, "encrypted");
	copy_flag(to, from, "recovered");
	if (json_object_get(from, "ranges"))
		json_object_set_new(to, "ranges", checked_ranges(json_object_get(from, "ranges")));
	if (json_object_get(from, "digests"))
		json_object_set_new(to, "digests",
				    checked_digests(l, json_object_get(from, "digests")));
	if (json_object_get(from, "runs"))
		json_object_set_new(to, "runs", checked_runs(l, json_object_get(from, "runs")));
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
	copy_number(checked, row, "uid");
	copy_number(checked, row, "gid");
	copy_string(checked, row, "mode");
	copy_string(checked, row, "target");
	copy_flag(checked, row, "reallocated");
	json_object_set_new(checked, "times", checked_times(json_object_get(row, "times")));
	copy_content(l, checked, row);
	return checked;
}

/* How many files and bytes there are of each type; one more than there may be goes to "other". */
static void count_type(struct listing *l, const json_t *row)
{
	const char *mime = exh_json_str(row, "mime");
	json_t *total = mime ? json_object_get(l->types, mime) : NULL;

	if (!mime)
		return;
	if (!total && json_object_size(l->types) >= MAX_TYPES) {
		mime = "other";
		total = json_object_get(l->types, mime);
	}
	if (!total) {
		total = json_pack("{s:s, s:i, s:i}", "mime", mime, "files", 0, "bytes", 0);
		json_object_set_new(l->types, mime, total);
	}
	add_to(total, "files", 1);
	add_to(total, "bytes", exh_json_u64(row, "size", 0));
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

static void mark_known(const struct listing *l, json_t *row)
{
	json_t *sets = l->known ? exh_known_find(l->known, json_object_get(row, "digests")) : NULL;

	if (sets)
		json_object_set_new(row, "known", sets);
}

static int take_row(struct listing *l, const json_t *row)
{
	_cleanup_json_ json_t *checked = checked_row(l, row);

	if (!checked)
		return exh_fail(l->ctx, EXH_E_WORKER, "a worker sent what is no file");
	mark_known(l, checked);
	count_type(l, checked);
	return deliver(l, checked) < 0 ? exh_fail(l->ctx, EXH_E_NOMEM, "out of memory") : 0;
}

/* What is said of a file system before its rows and behind them. */
static json_t *checked_file_system(const struct listing *l, const json_t *row)
{
	json_t *checked =
		exh_json_str(row, "type")
			? json_pack("{s:I, s:I, s:I}", "partition", (json_int_t)l->partition,
				    "start", (json_int_t)l->start, "length", (json_int_t)l->length)
			: NULL;

	if (!checked)
		return NULL;
	copy_string(checked, row, "type");
	copy_string(checked, row, "volume");
	copy_string(checked, row, "clock");
	copy_number(checked, row, "block_size");
	copy_number(checked, row, "block_count");
	copy_number(checked, row, "allocated");
	copy_number(checked, row, "deleted");
	return checked;
}

static int take_file_system(struct listing *l, const json_t *row, bool begins)
{
	_cleanup_json_ json_t *checked = checked_file_system(l, row);

	if (!checked)
		return exh_fail(l->ctx, EXH_E_WORKER, "a worker sent what is no file system");
	if (!begins)
		json_array_append(json_object_get(l->facts, "filesystems"), checked);
	else if (l->options && l->options->on_volume)
		l->options->on_volume(checked, l->options->opaque);
	return 0;
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
	if (list && (!strcmp(list, "filesystems") || !strcmp(list, "volumes")))
		return take_file_system(l, json_object_get(line, "row"), *list == 'v');
	return exh_fail(l->ctx, EXH_E_WORKER, "a worker sent what is no answer");
}

/* ---- one partition ---- */

/* "md5,sha1", or NULL where there are none. */
static char *names_of(const struct exh_digests *digests)
{
	char *names = NULL;

	for (size_t i = 0; i < digests->nr; i++) {
		_cleanup_free_ char *before = names;

		if (asprintf(&names, "%s%s%s", before ? before : "", before ? "," : "",
			     digests->list[i].name) < 0)
			return NULL;
	}
	return names;
}

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

static void add_wishes(const struct listing *l, json_t *args)
{
	const struct exh_files_options *o = l->options;
	_cleanup_free_ char *names = names_of(&l->digests);
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (names)
		json_object_set_new(args, "digests", json_string(names));
	json_object_set_new(args, "type", json_boolean(!o || !o->no_type));
	json_object_set_new(args, "only_hit", json_boolean(o && o->only_hit));
	json_object_set_new(args, "runs", json_boolean(o && o->runs));
	json_object_set_new(args, "threads",
			    json_integer(o && o->threads ? o->threads : processors));
}

/* Whatever --holes asks for: a digest of a filling would be taken for one of evidence. */
static void never_fill(json_t *args)
{
	json_t *lost = json_object_get(json_object_get(args, "source"), "lost");

	if (lost)
		json_object_set_new(lost, "holes", json_string("eio"));
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
	add_wishes(l, args);
	r = exh_image_spec(l->ctx, l->image, args, &fds, &nr_fds);
	never_fill(args);
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
	struct listing l = {.ctx = ctx,
			    .image = image,
			    .options = options,
			    .facts = facts,
			    .types = json_object()};
	const json_t *partition;
	size_t i;
	int r = options && options->no_hash
			? 0
			: exh_digests_add_list(ctx, &l.digests,
					       options && options->algorithms ? options->algorithms
									      : "md5,sha1,sha256");

	if (r >= 0 && options && options->known)
		r = exh_known_load(ctx, options->known, &l.digests, facts, &l.known);
	if (!options || !options->on_row)
		json_object_set_new(facts, "files", json_array());
	json_object_set_new(facts, "filesystems", json_array());
	json_array_foreach (partitions, i, partition) {
		if (r < 0 || l.stopped)
			break;
		if (is_wanted(options, exh_json_u64(partition, "number", 0)))
			r = list_partition(&l, partition);
	}
	exh_known_free(l.known);
	exh_digests_clear(&l.digests);
	if (!options || !options->no_type)
		json_object_set_new(facts, "types", sorted_types(l.types));
	json_decref(l.types);
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
		exh_scan_assume_whole(scan);
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
