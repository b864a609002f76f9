// SPDX-License-Identifier: Apache-2.0
/* examine: the one place that drives all rooms. */
#include "examine.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "base/version.h"
#include "list.h"
#include "mapper/attach/attach.h"
#include "mapper/attach/doctor.h"
#include "mapper/source/image.h"

static void cleanup_examination(struct exh_examination *x)
{
	exh_case_close(x->kase);
	json_decref(x->scan);
	json_decref(x->mounts);
}

/* Problems of a step become problems of the examination, each once. */
static void take_problems(struct exh_examination *x, const json_t *step)
{
	const json_t *p;
	size_t i;

	json_array_foreach (json_object_get(step, "problems"), i, p) {
		const json_t *known;
		size_t j;
		bool seen = false;

		json_array_foreach (json_object_get(x->facts, "problems"), j, known)
			seen = seen || json_equal(known, p);
		if (!seen)
			exh_problems_add(x->facts, json_incref((json_t *)p));
	}
}

/* An error of a step is a problem of the examination: what was done so far is recorded all the
 * same. */
static void take_error(struct exh_examination *x, const char *step)
{
	if (exh_interrupted(x->ctx)) {
		exh_add_interrupted(x->facts);
		return;
	}
	exh_problems_add(x->facts, exh_problem(EXH_P_STEP_FAILED, "%s: %s", step, x->ctx->text));
}

static int begin(struct exh_examination *x, const char *step)
{
	exh_note(x->ctx, "%s", step);
	return exh_case_begin(x->ctx, x->kase, step);
}

/* Records the facts of a step, also those that a failed step left. */
static int end(struct exh_examination *x, const char *step, const json_t *facts, int result)
{
	_cleanup_json_ json_t *none = NULL;
	int r;

	if (result < 0)
		take_error(x, step);
	if (!facts) {
		none = exh_facts_new(step);
		exh_problems_add(none, exh_problem(EXH_P_STEP_FAILED, "%s", x->ctx->text));
		facts = none;
	}
	take_problems(x, facts);
	r = exh_case_end(x->ctx, x->kase, step, facts, NULL);
	return r < 0 ? r : result;
}

static int verify(struct exh_examination *x, const char *step, const char *key)
{
	struct exh_verify_options options = {.size = sizeof(options),
					     .algorithms = x->options->algorithms,
					     .expect = x->options->expect,
					     .threads = x->options->threads,
					     .window = x->options->window};
	_cleanup_json_ json_t *facts = NULL, *baseline = NULL;
	bool after = !strcmp(key, "after");
	int r = begin(x, step);

	if (r < 0)
		return r;
	options.from_medium = after;
	if (after && json_object_get(json_object_get(x->facts, "before"), "windows"))
		options.baseline = json_object_get(x->facts, "before");
	else if (!after && !exh_case_baseline(x->ctx, exh_case_dir(x->kase), x->image, &baseline))
		options.baseline = baseline;
	if (!options.window && !json_object_get(options.baseline, "windows"))
		options.window = EXH_DEFAULT_WINDOW;
	r = exh_verify(x->ctx, x->image, &options, &facts);
	if (facts)
		json_object_set(x->facts, key, facts);
	return end(x, step, facts, r);
}

static int scan(struct exh_examination *x)
{
	struct exh_scan_options options = {.size = sizeof(options),
					   .sector_size = x->image->sector_size};
	int r = begin(x, "scan");

	if (r < 0)
		return r;
	r = exh_scan(x->ctx, x->image, &options, &x->scan);
	if (x->scan)
		json_object_set(x->facts, "scan", x->scan);
	return end(x, "scan", x->scan, r);
}

static int attach(struct exh_examination *x)
{
	struct exh_attach_options options = {.size = sizeof(options),
					     .method = x->options->method,
					     .case_dir = exh_case_dir(x->kase),
					     .ends_with_caller = true};
	_cleanup_json_ json_t *facts = NULL;
	int r = begin(x, "attach");

	if (r < 0)
		return r;
	r = exh_attach_with(x->ctx, x->image, x->scan, &options, &facts);
	if (facts)
		json_object_set(x->facts, "attachments", json_object_get(facts, "attachments"));
	x->attachment = json_array_get(json_object_get(x->facts, "attachments"), 0);
	return end(x, "attach", facts, r);
}

/* What the keeper and the driver saw while the image was attached goes with the attachment. */
static void take_detachment(struct exh_examination *x, const json_t *facts)
{
	static const char *const kept[] = {"devices", "events", "refused_writes"};
	const json_t *gone = json_array_get(json_object_get(facts, "attachments"), 0);

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		json_t *value = json_object_get(gone, kept[i]);

		if (value && x->attachment)
			json_object_set(x->attachment, kept[i], value);
		if (value && !strcmp(kept[i], "refused_writes"))
			json_object_set(x->facts, kept[i], value);
	}
}

static int detach(struct exh_examination *x)
{
	const char *id = exh_json_str(x->attachment, "id");
	const char *const ids[] = {id, NULL};
	_cleanup_json_ json_t *facts = NULL;
	int r;

	if (!id)
		return 0;
	r = begin(x, "detach");
	if (r < 0)
		exh_note(x->ctx, "the detaching cannot be recorded: %s", x->ctx->text);
	r = exh_detach(x->ctx, ids, &facts);
	take_detachment(x, facts);
	return end(x, "detach", facts, r);
}

/* The built-in analysis: every file of every file system that can be read. */
static int list_files(struct exh_examination *x)
{
	const struct exh_files_options options = {.size = sizeof(options),
						  .algorithms = x->options->algorithms,
						  .threads = x->options->threads};
	_cleanup_json_ json_t *facts = NULL;
	int r = begin(x, "files");

	if (r < 0)
		return r;
	r = exh_case_list(x->ctx, x->kase, x->image, &options, &facts);
	if (facts) {
		json_object_set_new(x->facts, "files", json_copy(facts));
		json_object_del(json_object_get(x->facts, "files"), "image");
		json_object_del(json_object_get(x->facts, "files"), "problems");
	}
	return end(x, "files", facts, r);
}

static int analyse(struct exh_examination *x)
{
	int r = x->options->mount ? exh_examine_mount(x) : 0;

	if (r < 0)
		return r;
	return x->options->command ? exh_examine_run_command(x) : list_files(x);
}

static bool same(const json_t *before, const json_t *after, const char *key)
{
	const json_t *a = json_object_get(before, key), *b = json_object_get(after, key);

	return a && b && json_equal(a, b);
}

static bool both(const json_t *before, const json_t *after, const char *key)
{
	return json_object_get(before, key) && json_object_get(after, key);
}

/* Changed beats undecided: evidence that differs has changed, whatever else could not be told. */
static const char *verdict_of(struct exh_examination *x)
{
	const json_t *before = json_object_get(x->facts, "before");
	const json_t *after = json_object_get(x->facts, "after");
	_cleanup_json_ json_t *found = json_object();
	bool changed = exh_image_check_unchanged(x->ctx, x->image, found);

	take_problems(x, found);
	if (changed)
		return "changed";
	if (!before || !after)
		return "undecided";
	if ((both(before, after, "digests") && !same(before, after, "digests")) ||
	    (both(before, after, "segments_digests") && !same(before, after, "segments_digests")))
		return "changed";
	if (!same(before, after, "digests") || !same(before, after, "segments_digests") ||
	    json_object_get(before, "fill"))
		return "undecided";
	return "unchanged";
}

/* Whatever happens between attaching and detaching, what was attached is detached. */
static int run_steps(struct exh_examination *x)
{
	int r = verify(x, "verify-before", "before"), undone;

	if (r >= 0)
		r = scan(x);
	if (r >= 0)
		r = attach(x);
	if (r >= 0)
		r = analyse(x);
	undone = detach(x);
	if (exh_interrupted(x->ctx))
		exh_add_interrupted(x->facts);
	else if (json_object_get(x->facts, "before"))
		undone = exh_first_error(undone, verify(x, "verify-after", "after"));
	return exh_first_error(r, undone);
}

static char *default_case_dir(const struct exh_image *image)
{
	_cleanup_free_ char *copy = strdup(image->path);
	time_t now = time(NULL);
	struct tm utc;
	char when[32], *dir = NULL;

	gmtime_r(&now, &utc);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &utc);
	if (!copy || asprintf(&dir, "./exhibit-%s-%s", basename(copy), when) < 0)
		return NULL;
	return dir;
}

/* A command that cannot be filled in is found before an hour is spent on hashing. */
static int check_early(struct exh_examination *x)
{
	struct exh_scan_options options = {.size = sizeof(options),
					   .sector_size = x->image->sector_size};
	_cleanup_json_ json_t *scan_facts = NULL;
	int r;

	if (!x->options->command)
		return 0;
	r = exh_examine_check_command(x, NULL);
	if (r <= 0)
		return r;
	r = exh_scan(x->ctx, x->image, &options, &scan_facts);
	return r < 0 ? r : exh_examine_check_command(x, scan_facts);
}

static int open_case(struct exh_examination *x)
{
	_cleanup_free_ char *made = NULL;
	const char *dir = x->options->case_dir;
	struct exh_case_making making = {0};

	if (!dir)
		dir = made = default_case_dir(x->image);
	if (!dir)
		return exh_fail(x->ctx, EXH_E_NOMEM, "out of memory");
	making.who = &x->options->who;
	making.evidence = x->facts;
	return exh_case_open(x->ctx, dir, &making, &x->kase);
}

/* What did the work, and where: flat, as the report prints it. */
static void take_machine(struct exh_examination *x)
{
	_cleanup_json_ json_t *machine = exh_machine_facts(x->ctx);
	json_t *tools = json_pack("{s:s}", "exhibit", EXH_VERSION), *host = json_object();
	const char *digest = exh_json_str(json_object_get(machine, "binary"), "sha256");

	json_object_update(tools, json_object_get(machine, "libraries"));
	if (digest)
		json_object_set_new(tools, "binary_sha256", json_string(digest));
	json_object_set(host, "kernel", json_object_get(machine, "kernel"));
	json_object_set(host, "clock_synchronised",
			json_object_get(json_object_get(machine, "clock"), "synchronised"));
	json_object_set_new(x->facts, "tools", tools);
	json_object_set_new(x->facts, "host", host);
}

static void finish_facts(struct exh_examination *x, const char *started, time_t began)
{
	char now[32];

	exh_time_now(now);
	json_object_set_new(x->facts, "started", json_string(started));
	json_object_set_new(x->facts, "finished", json_string(now));
	json_object_set_new(x->facts, "seconds", json_integer(time(NULL) - began));
	json_object_set_new(x->facts, "verdict", json_string(verdict_of(x)));
	take_machine(x);
	json_object_set_new(x->facts, "case", json_string(exh_case_dir(x->kase)));
}

static void report(struct exh_examination *x)
{
	struct exh_report_options options = {.size = sizeof(options),
					     .formats = x->options->report_formats,
					     .language = x->options->report_language};
	_cleanup_json_ json_t *written = NULL;
	json_t *paths = json_array();
	const json_t *file;
	size_t i;

	if (exh_case_write_report(x->ctx, x->kase, &options, &written) < 0)
		exh_problems_add(x->facts, exh_problem(EXH_P_REPORT_FAILED, "%s", x->ctx->text));
	json_array_foreach (written, i, file) {
		_cleanup_free_ char *path = NULL;

		if (asprintf(&path, "%s/%s", exh_case_dir(x->kase), exh_json_str(file, "path")) < 0)
			path = NULL;
		json_array_append_new(paths, json_string(path ? path : ""));
	}
	json_object_set_new(x->facts, "report", paths);
}

int exh_examine(struct exh_ctx *ctx, struct exh_image *image,
		const struct exh_examine_options *options, json_t **facts)
{
	_cleanup_(cleanup_examination) struct exh_examination x = {
		.ctx = ctx, .image = image, .options = options};
	time_t began = time(NULL);
	char started[32];
	int r, recorded;

	exh_time_now(started);
	x.facts = *facts = exh_image_begin(image, "examine");
	r = exh_image_require(ctx, image);
	if (r >= 0)
		r = check_early(&x);
	if (r >= 0)
		r = open_case(&x);
	if (r < 0)
		return r;
	r = begin(&x, "examine");
	if (r < 0)
		return r;
	r = run_steps(&x);
	finish_facts(&x, started, began);
	recorded = exh_case_end(ctx, x.kase, "examine", x.facts, NULL);
	if (recorded >= 0)
		recorded = exh_case_seal(ctx, x.kase);
	if (recorded < 0)
		exh_problems_add(x.facts,
				 exh_problem(recorded == -EXH_E_MISSING ? EXH_P_KEY_MISSING
									: EXH_P_LEDGER_BROKEN,
					     "%s", ctx->text));
	report(&x);
	/* the steps' errors are problems in the facts already; the exit status comes from there */
	(void)r;
	return recorded < 0 ? recorded : 0;
}
