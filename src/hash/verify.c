// SPDX-License-Identifier: Apache-2.0
/* exh_verify(): plans the digests, lets a worker read everything once, and compares. */
#include <errno.h>
#include <exhibit.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "answer.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "base/text.h"
#include "base/worker.h"
#include "medium.h"
#include "references.h"
#include "sidecars.h"
#include "verify.h"
#include "windows.h"

#define DEFAULT_ALGORITHMS "md5,sha1,sha256"

struct verify {
	struct exh_ctx *ctx;
	const struct exh_image *image;
	const struct exh_verify_options *options;
	json_t *facts;
	struct exh_digests media;  /* asked for, or needed by a reference */
	struct exh_digests files;  /* over each container file */
	struct exh_digests stored; /* over the whole sectors only, where they are not all */
	struct exh_references refs;
	bool files_are_media; /* one raw file: its bytes are the media */
	uint64_t whole_size;  /* of the whole sectors, where the container holds more, else 0 */
	uint64_t window;      /* 0: none */
	json_t *answer;
};

static void verify_clear(struct verify *v)
{
	exh_digests_clear(&v->media);
	exh_digests_clear(&v->files);
	exh_digests_clear(&v->stored);
	exh_references_clear(&v->refs);
	json_decref(v->answer);
	json_decref(v->facts);
}

static int collect_references(struct verify *v)
{
	const json_t *earlier = json_object_get(v->options->baseline, "digests");
	const char *const *expect = v->options->expect;
	int r = exh_references_add_stored(v->ctx, &v->refs, v->image->facts);

	if (!r)
		r = exh_sidecars_read(v->ctx, v->image, &v->refs, v->facts);
	if (!r && earlier)
		r = exh_references_add_baseline(v->ctx, &v->refs, earlier);
	for (; expect && *expect && !r; expect++)
		r = exh_references_add_expected(v->ctx, &v->refs, *expect);
	for (size_t i = 0; i < v->refs.nr && v->files_are_media; i++)
		v->refs.list[i].scope = EXH_SCOPE_MEDIA;
	return r;
}

/* Windows of one size can be compared, so those of the baseline decide where nobody asked. */
static int plan_windows(struct verify *v)
{
	const json_t *earlier = json_object_get(v->options->baseline, "windows");
	uint64_t size = exh_json_u64(earlier, "size", 0);

	if (v->options->baseline && !earlier && !json_object_get(v->options->baseline, "digests"))
		return exh_fail(v->ctx, EXH_E_STATE,
				"there is no whole verify of this image to compare with; "
				"'exhibit verify IMAGE --case DIR' records one");
	v->window = v->options->window ? v->options->window : size;
	if (earlier && v->window != size)
		exh_problems_add(v->facts, exh_problem(EXH_P_WINDOWS_NOT_COMPARED,
						       "the earlier verify has windows of %llu "
						       "bytes, this one of %llu",
						       (unsigned long long)size,
						       (unsigned long long)v->window));
	return v->window ? exh_windows_check(v->ctx, v->window, exh_image_media_size(v->image)) : 0;
}

static int plan(struct verify *v)
{
	const char *algorithms = v->options->algorithms;
	uint64_t whole = exh_json_u64(v->image->facts, "whole_sectors_size", 0);
	const char *format = exh_json_str(v->image->facts, "format");
	int r = exh_digests_add_list(v->ctx, &v->media,
				     algorithms ? algorithms : DEFAULT_ALGORITHMS);

	v->files_are_media = v->image->nr_files == 1 && format && !strcmp(format, "raw") &&
			     !exh_image_lost(v->image);
	v->whole_size = whole < exh_image_media_size(v->image) ? whole : 0;
	if (!r)
		r = plan_windows(v);
	if (!r)
		r = collect_references(v);
	if (!r)
		r = exh_digests_add(v->ctx, &v->files, "sha256");
	if (!r)
		r = exh_references_want(v->ctx, &v->refs, &v->media, &v->files);
	for (size_t i = 0; i < v->refs.nr && v->whole_size && !r; i++)
		if (v->refs.list[i].source == EXH_FROM_STORED)
			r = exh_digests_add(v->ctx, &v->stored, v->refs.list[i].algorithm);
	return r;
}

/* Members of set that are not in other, which may be NULL. */
static json_t *names_of(const struct exh_digests *set, const struct exh_digests *other)
{
	json_t *names = json_array();

	for (size_t i = 0; i < set->nr; i++)
		if (!other || !exh_digests_find(other, set->list[i].name))
			json_array_append_new(names, json_string(set->list[i].name));
	return names;
}

static json_t *args_of(const struct verify *v)
{
	json_t *args = json_pack("{s:o, s:o, s:i}", "algorithms", names_of(&v->media, NULL),
				 "file_algorithms",
				 names_of(&v->files, v->files_are_media ? &v->media : NULL),
				 "threads", (int)v->options->threads);

	if (v->window)
		json_object_set_new(args, "window", json_integer((json_int_t)v->window));
	if (v->whole_size)
		json_object_set_new(args, "whole",
				    json_pack("{s:I, s:o}", "length", (json_int_t)v->whole_size,
					      "algorithms", names_of(&v->stored, NULL)));
	return args;
}

/* Runs the worker with the image's descriptors and, where that can be done, as many that go past
 * the page cache. */
static int run_worker(struct verify *v)
{
	_cleanup_json_ json_t *args = args_of(v);
	_cleanup_free_ int *fds = NULL, *both = NULL;
	size_t nr = v->image->nr_files, own;
	struct exh_job_spec spec = {.task = "verify", .args = args};
	bool direct = v->options->from_medium;
	const char *why;
	int r = exh_image_spec(v->ctx, v->image, args, &fds, &spec.nr_fds);

	if (r < 0)
		return r;
	own = (size_t)spec.nr_fds;
	both = calloc(own + nr, sizeof(*both));
	if (!both)
		return exh_fail(v->ctx, EXH_E_NOMEM, "out of memory");
	memcpy(both, fds, own * sizeof(*both));
	spec.fds = both;
	if (direct && exh_medium_open(v->image, both + own, &why)) {
		exh_problems_add(v->facts, exh_problem(EXH_P_DIRECT_READ_REFUSED, "%s", why));
		direct = false;
	}
	if (direct) {
		json_object_set_new(args, "direct", json_true());
		spec.nr_fds += (int)nr;
	}
	r = exh_job_collect(v->ctx, &spec, v->answer, EXH_VERIFY_ANSWER_LIMIT);
	if (direct)
		exh_medium_close(v->image, both + own);
	return r;
}

static void take_read_from(struct verify *v)
{
	const char *from = exh_json_str(v->answer, "read_from");

	if (!from || (strcmp(from, "medium") && strcmp(from, "mixed")))
		from = "cache";
	json_object_set_new(v->facts, "read_from", json_string(from));
	if (v->options->from_medium && strcmp(from, "medium") &&
	    !exh_problems_has(v->facts, EXH_P_DIRECT_READ_REFUSED))
		exh_problems_add(v->facts, exh_problem(EXH_P_DIRECT_READ_REFUSED,
						       "%s of it came through the page cache",
						       strcmp(from, "mixed") ? "all" : "some"));
}

static json_t *segments_of(const struct verify *v, const json_t *files)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->image->nr_files; i++) {
		const char *path = v->image->files[i].path;
		json_t *row = json_pack("{s:o}", "path", exh_json_text(path, strlen(path)));

		json_object_update(row, json_array_get(files, i));
		json_array_append_new(list, row);
	}
	return list;
}

/* What stands in the digests for bytes that are lost; NULL where such digests were not asked for.
 */
static const char *fill_word(const struct verify *v)
{
	const struct exh_lost *lost = exh_image_lost(v->image);

	if (lost && lost->holes != EXH_HOLES_EIO)
		return exh_holes_name(lost->holes);
	return v->image->allow_incomplete ? "zero" : NULL;
}

static void put_digests(struct verify *v, json_t *digests, json_t *whole, bool lost)
{
	const char *fill = lost ? fill_word(v) : NULL;

	if (!lost || fill)
		json_object_set(v->facts, "digests", digests);
	if (fill)
		json_object_set_new(v->facts, "fill", json_string(fill));
	if (whole && !lost)
		json_object_set_new(v->facts, "whole_sectors",
				    json_pack("{s:I, s:O}", "size", (json_int_t)v->whole_size,
					      "digests", whole));
}

/* How many of the bytes that were hashed are those of the medium. */
static void put_coverage(struct verify *v, const json_t *damage, uint64_t size)
{
	uint64_t lost = 0;
	const json_t *row;
	size_t i;

	json_array_foreach (damage, i, row)
		lost += exh_json_u64(row, "length", 0);
	json_object_set_new(v->facts, "covers",
			    json_pack("{s:I, s:I}", "bytes", (json_int_t)(size - lost), "lost",
				      (json_int_t)lost));
}

/* The worker was not asked for what is the same twice. */
static void reuse_media_digests(const struct verify *v, json_t *digests, json_t *files)
{
	json_t *file = json_array_get(files, 0);

	for (size_t i = 0; i < v->files.nr; i++)
		json_object_set(file, v->files.list[i].name,
				json_object_get(digests, v->files.list[i].name));
}

/* Adds what a comparison window by window says to the counts. */
static int take_windows(struct verify *v, const json_t *damage, size_t *compared, size_t *differing)
{
	const json_t *earlier = json_object_get(v->options->baseline, "windows");
	uint64_t size = exh_image_media_size(v->image);
	json_t *windows;
	size_t both = 0;

	if (!v->window)
		return 0;
	windows = exh_windows_take(json_object_get(v->answer, "windows"), v->window, size, damage);
	if (!windows)
		return exh_fail(v->ctx, EXH_E_WORKER,
				"worker verify gave a list of windows that is not whole");
	if (earlier)
		*differing += exh_windows_compare(windows, earlier, v->facts, &both);
	*compared += both;
	json_object_set_new(v->facts, "windows", windows);
	return 0;
}

/* Puts what the worker found into facts and compares. Its shape was wrong: an error, and no digest
 * of it is used. */
static int take_answer(struct verify *v, bool changed)
{
	uint64_t size = exh_image_media_size(v->image);
	_cleanup_json_ json_t *damage =
		exh_answer_damage(json_object_get(v->answer, "damage"), size);
	_cleanup_json_ json_t *digests =
		exh_answer_digests(json_object_get(v->answer, "digests"), &v->media);
	_cleanup_json_ json_t *whole =
		v->whole_size ? exh_answer_digests(json_object_get(v->answer, "whole_sectors"),
						   &v->stored)
			      : NULL;
	_cleanup_json_ json_t *files = exh_answer_files(json_object_get(v->answer, "files"),
							v->image->nr_files, &v->files);
	bool lost = json_array_size(damage) > 0;
	struct exh_results results = {lost ? NULL : digests, lost ? NULL : whole, size,
				      v->whole_size, files};
	size_t compared, differing;
	int r;

	if (!damage || !digests || exh_json_u64(v->answer, "bytes", UINT64_MAX) != size ||
	    exh_json_u64(v->answer, "losses", UINT64_MAX) != json_array_size(damage))
		return exh_fail(v->ctx, EXH_E_WORKER,
				"worker verify gave an answer that is not whole");
	if (v->files_are_media && !lost)
		reuse_media_digests(v, digests, files);
	json_object_set(v->facts, "damage", damage);
	json_object_set_new(v->facts, "bytes", json_integer((json_int_t)size));
	put_digests(v, digests, whole, lost);
	put_coverage(v, damage, size);
	json_object_set_new(v->facts, "segments_digests", segments_of(v, files));
	exh_damage_problems(damage, v->facts);
	differing = exh_references_judge(&v->refs, &results, v->image, v->facts, &compared);
	r = take_windows(v, damage, &compared, &differing);
	if (r < 0)
		return r;
	json_object_set_new(v->facts, "verdict",
			    json_string(exh_verdict(compared, differing, lost || changed)));
	return 0;
}

static int read_and_compare(struct verify *v)
{
	struct timespec start;
	bool changed;
	int r;

	exh_verify_begin(v->facts, &start);
	r = run_worker(v);
	exh_verify_end(v->facts, &start, v->options->threads);
	changed = exh_image_check_unchanged(v->ctx, v->image, v->facts) > 0;
	if (r < 0)
		return exh_verify_undecided(v->ctx, v->facts, r);
	exh_answer_problems(v->answer, v->facts);
	json_object_set_new(v->facts, "self_test",
			    exh_answer_self_test(json_object_get(v->answer, "self_test")));
	take_read_from(v);
	r = take_answer(v, changed);
	return r < 0 ? exh_verify_undecided(v->ctx, v->facts, r) : 0;
}

int exh_verify(struct exh_ctx *ctx, struct exh_image *image,
	       const struct exh_verify_options *options, json_t **facts)
{
	static const struct exh_verify_options defaults = {.size = sizeof(defaults)};
	_cleanup_(verify_clear) struct verify v = {
		.ctx = ctx,
		.image = image,
		.options = options ? options : &defaults,
		.facts = exh_image_begin(image, "verify"),
		.answer = json_object(),
	};
	int r = exh_image_require(ctx, image);

	*facts = NULL;
	if (r >= 0 && v.options->ranges)
		return exh_verify_ranges(ctx, image, v.options, facts);
	if (r < 0)
		json_object_set_new(v.facts, "verdict", json_string("undecided"));
	else
		r = plan(&v);
	if (r == -EXH_E_USAGE)
		return r;
	if (!r)
		r = read_and_compare(&v);
	*facts = steal(&v.facts);
	return r;
}
