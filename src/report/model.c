// SPDX-License-Identifier: Apache-2.0
#include "language.h"
#include "model.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "base/version.h"
#include "report.h"

#define CASE_LIMIT   ((size_t)16 << 20)
#define COMPOSE_FROM 100 /* of the newest steps */

static void read_case(struct exh_ctx *ctx, int casefd, json_t *model)
{
	json_t *c = NULL;

	if (exh_json_read_file(ctx, casefd, "case.json", CASE_LIMIT, &c) < 0)
		exh_problems_add(model, exh_problem(EXH_P_LEDGER_BROKEN, "%s", ctx->text));
	else if (json_is_object(c))
		json_object_set(model, "case", c);
	json_decref(c);
}

static int check_steps(struct exh_ctx *ctx, int casefd, json_t *model)
{
	json_t *step;
	size_t i;

	json_array_foreach (json_object_get(model, "steps"), i, step) {
		const char *path = exh_json_str(step, "path");
		int r = exh_record_facts(ctx, casefd, step, NULL);

		if (r < 0)
			return r;
		if (r > 0)
			exh_problems_add(
				model,
				exh_problem(EXH_P_LEDGER_BROKEN,
					    "%s: %s; its content is not used in this report", path,
					    strcmp(exh_json_str(step, "state"), "mismatch")
						    ? ctx->text
						    : "its SHA-256 is not the one in the ledger"));
	}
	return 0;
}

/* Unless the verification of the case said so already. */
static void tell_unfinished(json_t *model)
{
	const json_t *verification = exh_object(exh_object(model, "ledger"), "verification"),
		     *entry;
	size_t i;

	if (exh_problems_has(verification, EXH_P_STEP_INTERRUPTED))
		return;
	json_array_foreach (exh_list(model, "unfinished"), i, entry) {
		const char *step = exh_json_str(entry, "step"), *time = exh_json_str(entry, "time");

		exh_problems_add(model,
				 exh_problem(EXH_P_STEP_INTERRUPTED, "step %s of %s did not end",
					     step ? step : "?", time ? time : "?"));
	}
}

static bool is_step(const json_t *step, const char *name)
{
	const char *s = exh_json_str(step, "step");

	return s && !strcmp(s, name);
}

/* 1 where no examination of the case can be used. */
static int newest_examination(struct exh_ctx *ctx, int casefd, json_t *model)
{
	json_t *steps = json_object_get(model, "steps");

	for (size_t i = json_array_size(steps); i-- > 0;) {
		json_t *step = json_array_get(steps, i), *facts;

		if (!is_step(step, "examine") || exh_record_facts(ctx, casefd, step, &facts))
			continue;
		json_object_set_new(model, "examination", facts);
		json_object_set(model, "examination_path", json_object_get(step, "path"));
		return 0;
	}
	return 1;
}

/* What the lost areas affect is told by a step of its own. */
static void newest_rescue(struct exh_ctx *ctx, int casefd, json_t *model)
{
	json_t *steps = json_object_get(model, "steps"), *facts;

	for (size_t i = json_array_size(steps); i-- > 0;) {
		json_t *step = json_array_get(steps, i);

		if (!is_step(step, "rescue") || exh_record_facts(ctx, casefd, step, &facts))
			continue;
		json_object_set_new(model, "rescue", facts);
		return;
	}
}

static const char *image_path(const json_t *facts)
{
	return exh_json_str(exh_object(facts, "image"), "path");
}

/* Which reading a step is: an examination names them, single steps come one after the other. */
static const char *reading_of(const json_t *composed, const char *step)
{
	if (!strcmp(step, "verify-before"))
		return "before";
	if (!strcmp(step, "verify-after"))
		return "after";
	return json_object_get(composed, "before") ? "after" : "before";
}

static void merge_step(json_t *composed, const char *name, json_t *facts)
{
	static const char *const members[] = {"image", "attachments", "analysis", "files"};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (json_object_get(facts, members[i]))
			json_object_set(composed, members[i], json_object_get(facts, members[i]));
	if (!strncmp(name, "verify", 6))
		json_object_set(composed, reading_of(composed, name), facts);
	else if (!strcmp(name, "scan"))
		json_object_set(composed, "scan", facts);
	else
		exh_problems_move(composed, facts);
}

/* Single steps on one image, the newest one that any step was about. */
static void compose_examination(struct exh_ctx *ctx, int casefd, json_t *model)
{
	json_t *steps = json_object_get(model, "steps"), *step;
	_cleanup_json_ json_t *all = json_array();
	size_t n = json_array_size(steps), i;
	const char *image = NULL;
	json_t *composed;

	for (i = n > COMPOSE_FROM ? n - COMPOSE_FROM : 0; i < n; i++) {
		_cleanup_json_ json_t *facts = NULL;

		step = json_array_get(steps, i);
		if (!exh_json_str(step, "step") || exh_record_facts(ctx, casefd, step, &facts))
			continue;
		image = image_path(facts) ? image_path(facts) : image;
		json_array_append_new(all,
				      json_pack("{s:O, s:O}", "step", json_object_get(step, "step"),
						"facts", facts));
	}
	if (!image)
		return;
	composed = json_pack("{s:b, s:[]}", "composed", 1, "problems");
	json_array_foreach (all, i, step) {
		json_t *facts = json_object_get(step, "facts");
		const char *name = exh_json_str(step, "step");

		if (!image_path(facts) || !strcmp(image_path(facts), image))
			merge_step(composed, name, facts);
	}
	json_object_set_new(model, "examination", composed);
}

/* Wherever the image is described, the report finds it in one place. */
static void settle_image(json_t *examination)
{
	static const char *const parts[] = {"before", "scan", "after"};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const json_t *image = exh_object(exh_object(examination, parts[i]), "image");

		if (!exh_object(examination, "image") && image)
			json_object_set(examination, "image", (json_t *)image);
	}
}

static bool record_holds(const json_t *model)
{
	static const char *const broken[] = {"altered", "truncated", "unreadable"};
	const char *verdict =
		exh_json_str(exh_object(exh_object(model, "ledger"), "verification"), "verdict");
	const json_t *step;
	size_t i;

	for (i = 0; verdict && i < sizeof(broken) / sizeof(broken[0]); i++)
		if (!strcmp(verdict, broken[i]))
			return false;
	json_array_foreach (exh_list(model, "steps"), i, step) {
		const char *state = exh_json_str(step, "state");

		if (state && strcmp(state, "match"))
			return false;
	}
	return exh_object(model, "ledger") && exh_object(model, "case");
}

static bool reference_differs(const json_t *model)
{
	const json_t *comparisons = exh_object(model, "comparisons");

	return exh_json_u64(comparisons, "agree", 0) < exh_json_u64(comparisons, "made", 0);
}

/* One word for the cover. What the record cannot carry, no verdict in it can. */
static const char *outcome_of(const json_t *model)
{
	static const struct {
		const char *verdict, *outcome;
	} words[] = {
		{"unchanged", "unchanged"},	   {"changed", "changed"},
		{"undecided", "undecided"},	   {"match", "verified-match"},
		{"mismatch", "verified-mismatch"}, {"no-reference", "verified-alone"},
	};
	const json_t *examination = exh_object(model, "examination");
	bool composed = json_is_true(json_object_get(examination, "composed"));
	const json_t *newest = exh_object(examination, "after") ? exh_object(examination, "after")
								: exh_object(examination, "before");
	const char *verdict = exh_json_str(composed ? newest : examination, "verdict");

	if (!record_holds(model))
		return "record-broken";
	if (composed && json_array_size(exh_list(model, "unfinished")))
		return "undecided";
	if (verdict && !strcmp(verdict, "unchanged") && reference_differs(model))
		return "unchanged-differs";
	for (size_t i = 0; verdict && i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i].verdict, verdict))
			return words[i].outcome;
	return examination || json_array_size(exh_list(model, "unfinished")) ? "undecided"
									     : "nothing-done";
}

/* The same record gives the same id; "R-" and 12 hex digits of the SHA-256 of case and ledger. */
static int set_made(struct exh_ctx *ctx, json_t *model, const char *language)
{
	_cleanup_free_ char *seed = NULL;
	const char *ledger = exh_json_str(exh_object(model, "ledger"), "sha256");
	_cleanup_free_ char *about = exh_json_dump_line(json_object_get(model, "case"));
	char digest[65], id[24], now[32];
	int r;

	if (asprintf(&seed, "%s\n%s\n", about ? about : "", ledger ? ledger : "") < 0) {
		seed = NULL;
		return exh_fail(ctx, EXH_E_NOMEM, "report: out of memory");
	}
	r = exh_sha256_hex(ctx, seed, strlen(seed), digest);
	if (r < 0)
		return r;
	snprintf(id, sizeof(id), "R-%.4s-%.4s-%.4s", digest, digest + 4, digest + 8);
	exh_time_now(now);
	json_object_set_new(model, "made",
			    json_pack("{s:s, s:s, s:s, s:s}", "time", now, "version", EXH_VERSION,
				      "id", id, "language", language));
	return 0;
}

/* Of all devices that count; absent where none does. */
static void sum_refused_writes(json_t *model)
{
	const json_t *examination = exh_object(model, "examination"), *attachment, *device;
	json_int_t sum = 0;
	bool counted = false;
	size_t i, k;

	json_array_foreach (exh_list(examination, "attachments"), i, attachment)
		json_array_foreach (exh_list(attachment, "devices"), k, device) {
			const json_t *n = json_object_get(device, "refused_writes");

			counted |= json_is_integer(n);
			sum += json_integer_value(n);
		}
	if (!counted && json_is_integer(json_object_get(examination, "refused_writes")))
		json_object_set(model, "refused_writes",
				json_object_get(examination, "refused_writes"));
	else if (counted)
		json_object_set_new(model, "refused_writes", json_integer(sum));
}

static void add_result(json_t *results, const json_t *file)
{
	if (exh_json_str(file, "path"))
		json_array_append(results, (json_t *)file);
}

/* The files that the examination made and that lie in the case. */
static void list_results(json_t *model)
{
	const json_t *examination = exh_object(model, "examination");
	const json_t *analysis = exh_object(examination, "analysis"),
		     *files = exh_object(examination, "files");
	json_t *results = json_array();

	add_result(results, exh_object(analysis, "stdout"));
	add_result(results, exh_object(analysis, "stderr"));
	add_result(results, exh_object(files, "list") ? exh_object(files, "list") : files);
	json_object_set_new(model, "results", results);
}

static void derive(json_t *model)
{
	json_t *examination = json_object_get(model, "examination");

	if (examination)
		settle_image(examination);
	exh_compare(model);
	exh_losses_sum(model);
	exh_problems_group(model);
	sum_refused_writes(model);
	list_results(model);
	exh_findings_number(model);
	json_object_set_new(model, "outcome", json_string(outcome_of(model)));
}

/* Heads of the second version are no JSON: their members are those that the verification read. */
static void take_verification(json_t *ledger, const json_t *verification)
{
	const json_t *head = exh_object(verification, "head");

	json_object_set(ledger, "verification", (json_t *)verification);
	if (head && exh_json_str(exh_object(ledger, "head"), "text"))
		json_object_set(ledger, "head", (json_t *)head);
}

int exh_report_model(struct exh_ctx *ctx, int casefd, const json_t *verification,
		     const char *language, json_t **model_ret)
{
	_cleanup_json_ json_t *model = exh_facts_new("report");
	int r = exh_language_check(ctx, language);

	if (r < 0)
		return r;
	if (!model)
		return exh_fail(ctx, EXH_E_NOMEM, "report: out of memory");
	read_case(ctx, casefd, model);
	r = exh_record_read(ctx, casefd, model);
	if (r < 0)
		return r;
	if (verification && json_object_get(model, "ledger"))
		take_verification(json_object_get(model, "ledger"), verification);
	tell_unfinished(model);
	r = check_steps(ctx, casefd, model);
	if (r < 0)
		return r;
	if (newest_examination(ctx, casefd, model))
		compose_examination(ctx, casefd, model);
	newest_rescue(ctx, casefd, model);
	derive(model);
	r = set_made(ctx, model, language ? language : "en");
	if (r < 0)
		return r;
	*model_ret = steal(&model);
	return 0;
}
