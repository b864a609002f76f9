// SPDX-License-Identifier: Apache-2.0
/*
 * An exhibit goes from one person to another: one entry, made when all of it is known, so that
 * there is no half of a transfer. The readings before and after are steps of their own.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "exhibits.h"
#include "mapper/source/image.h"

static void add_problems(json_t *facts, const json_t *of)
{
	const json_t *problem;
	size_t i;

	json_array_foreach (json_object_get(of, "problems"), i, problem)
		exh_problems_add(facts, json_incref((json_t *)problem));
}

/* {"step", "number", "facts", "digests", "verdict"}: what the entry says about a reading. */
static json_t *reading_of(const char *step, uint64_t number, const char *path, const json_t *facts)
{
	json_t *reading = json_pack("{s:s, s:I, s:s*}", "step", step, "number", (json_int_t)number,
				    "facts", path);

	if (json_object_size(json_object_get(facts, "digests")) && !json_object_get(facts, "fill"))
		json_object_set(reading, "digests", json_object_get(facts, "digests"));
	if (json_object_get(facts, "verdict"))
		json_object_set(reading, "verdict", json_object_get(facts, "verdict"));
	return reading;
}

static int read_image(struct exh_ctx *ctx, struct exh_case *c, const struct exh_transfer *transfer,
		      bool is_after, const json_t *before, json_t *facts, json_t **ret)
{
	struct exh_image *image =
		is_after && transfer->image_after ? transfer->image_after : transfer->image;
	struct exh_verify_options options = {.size = sizeof(options),
					     .algorithms = transfer->algorithms,
					     .threads = transfer->threads,
					     .from_medium = is_after};
	const char *step = is_after ? "verify-received" : "verify-released";
	_cleanup_json_ json_t *found = NULL, *baseline = NULL;
	_cleanup_free_ char *path = NULL;
	uint64_t number;
	int r = exh_case_begin(ctx, c, step), recorded;

	if (r < 0)
		return r;
	number = c->own->number;
	if (!is_after && !exh_case_baseline(ctx, c->dir, image, &baseline))
		options.baseline = baseline;
	else if (is_after && json_object_get(before, "digests"))
		options.baseline = before;
	r = exh_verify(ctx, image, &options, &found);
	if (!found) {
		found = exh_facts_new("verify");
		exh_problems_add(found, exh_problem(EXH_P_STEP_FAILED, "%s", ctx->text));
	}
	add_problems(facts, found);
	json_object_set(facts, is_after ? "after" : "before", found);
	recorded = exh_case_end(ctx, c, step, found, &path);
	*ret = reading_of(step, number, path, found);
	return recorded < 0 ? recorded : exh_interrupted(ctx) ? r : 0;
}

/* The same digests of both readings, all of them: match. One that differs: mismatch. */
static const char *compare(const json_t *before, const json_t *after)
{
	const json_t *a = json_object_get(before, "digests"),
		     *b = json_object_get(after, "digests");
	const char *algorithm;
	json_t *value;
	size_t equal = 0;

	json_object_foreach ((json_t *)a, algorithm, value) {
		const json_t *other = json_object_get(b, algorithm);

		if (other && !json_equal(value, other))
			return "mismatch";
		equal += other != NULL;
	}
	return equal && equal == json_object_size(a) ? "match" : "undecided";
}

/* A reading that differed from what was recorded earlier makes the transfer one of something else.
 */
static const char *verdict_of(const json_t *before, const json_t *after)
{
	const char *first = exh_json_str(before, "verdict");

	if (first && !strcmp(first, "mismatch"))
		return "mismatch";
	return compare(before, after);
}

static int read_both(struct exh_ctx *ctx, struct exh_case *c, const struct exh_transfer *transfer,
		     json_t *facts, json_t *entry)
{
	_cleanup_json_ json_t *before = NULL, *after = NULL;
	const char *verdict;
	int r = read_image(ctx, c, transfer, false, NULL, facts, &before);

	if (r >= 0)
		r = read_image(ctx, c, transfer, true, json_object_get(facts, "before"), facts,
			       &after);
	if (r < 0)
		return r;
	if (exh_interrupted(ctx))
		return exh_fail(ctx, EXH_E_INTERRUPTED, "interrupted: no transfer was recorded");
	verdict = verdict_of(before, after);
	json_object_set_new(
		entry, "verification",
		json_pack("{s:O, s:O, s:s}", "before", before, "after", after, "verdict", verdict));
	json_object_set_new(facts, "verdict", json_string(verdict));
	return 0;
}

static int check_fields(struct exh_ctx *ctx, const struct exh_transfer *t)
{
	if (!t->released_by || !t->received_by)
		return exh_fail(ctx, EXH_E_USAGE,
				"a transfer needs who released the exhibit and who received it "
				"(--released-by, --received-by)");
	return exh_check_occurred(ctx, t->occurred);
}

static int make_entry(struct exh_ctx *ctx, const struct exh_transfer *t, json_t **ret)
{
	_cleanup_json_ json_t *entry = json_object();
	int r = check_fields(ctx, t);

	if (r == 0)
		r = exh_by_set(ctx, entry, t->who);
	if (r < 0)
		return r;
	exh_text_set(entry, "exhibit", t->exhibit);
	exh_text_set(entry, "released_by", t->released_by);
	exh_text_set(entry, "received_by", t->received_by);
	exh_text_set(entry, "purpose", t->purpose);
	exh_text_set(entry, "place", t->place);
	exh_text_set(entry, "seal_state", t->seal_state);
	exh_texts_set(entry, "seals", t->seals);
	exh_text_set(entry, "occurred", t->occurred);
	*ret = steal(&entry);
	return 0;
}

/* Who received it last should be who releases it now. It may be otherwise; it is said. */
static void note_gap(json_t *facts, const json_t *entry, const char *holder)
{
	const char *from = exh_json_str(entry, "released_by");

	if (holder && from && strcmp(holder, from) != 0)
		exh_problems_add(facts, exh_problem(EXH_P_CUSTODY_GAP,
						    "exhibit %s was received by %s last, and is "
						    "released by %s",
						    exh_json_str(entry, "exhibit"), holder, from));
}

static int record(struct exh_ctx *ctx, struct exh_case *c, const struct exh_transfer *transfer,
		  json_t *facts, json_t *entry)
{
	_cleanup_free_ char *holder = NULL;
	_cleanup_json_ json_t *exhibit = NULL;
	int r = exh_exhibit_find(ctx, c, transfer->exhibit, &exhibit, &holder);

	if (r == 1)
		return exh_fail(ctx, EXH_E_STATE,
				"%s: there is no exhibit '%s'; 'exhibit case add' adds it", c->dir,
				transfer->exhibit);
	if (r < 0)
		return r;
	note_gap(facts, entry, holder);
	if (transfer->image)
		r = read_both(ctx, c, transfer, facts, entry);
	if (r >= 0)
		r = exh_case_event(ctx, c, "transfer", entry);
	if (r >= 0)
		json_object_set_new(facts, "entry", json_integer((json_int_t)c->chain.entries - 1));
	return r < 0 ? r : exh_case_seal(ctx, c);
}

int exh_case_transfer(struct exh_ctx *ctx, const char *dir, const struct exh_transfer *transfer,
		      json_t **facts)
{
	_cleanup_case_ struct exh_case *c = NULL;
	_cleanup_json_ json_t *entry = NULL;
	int r = make_entry(ctx, transfer, &entry);

	if (r == 0 && transfer->image)
		r = exh_image_require(ctx, transfer->image);
	if (r == 0 && transfer->image_after)
		r = exh_image_require(ctx, transfer->image_after);
	if (r == 0)
		r = exh_case_open_there(ctx, dir, &c);
	if (r < 0 || !c)
		return r;
	*facts = transfer->image ? exh_image_begin(transfer->image, "case transfer")
				 : exh_facts_new("case transfer");
	json_object_set_new(*facts, "path", json_string(c->dir));
	r = record(ctx, c, transfer, *facts, entry);
	if (r >= 0)
		json_object_set(*facts, "transfer", entry);
	return r;
}
