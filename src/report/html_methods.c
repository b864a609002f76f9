// SPDX-License-Identifier: Apache-2.0
/* How it was done: the steps, the programs, the machine; and how it is known that they work. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "chapters.h"
#include "model.h"

#define MAX_STEPS 100

/* What a step does, and the technique of the SOLVE-IT catalogue that it belongs to. */
static const struct {
	const char *step, *technique;
	enum exh_text what;
} steps[] = {
	{"info", "DFT-1193", EXH_T_S_INFO},
	{"verify", "DFT-1042", EXH_T_S_VERIFY},
	{"verify-before", "DFT-1042", EXH_T_S_VERIFY},
	{"verify-after", "DFT-1042", EXH_T_S_VERIFY},
	{"scan", "DFT-1043", EXH_T_S_SCAN},
	{"attach", "DFT-1013", EXH_T_S_ATTACH},
	{"files", "DFT-1043", EXH_T_S_FILES},
	{"rescue", "DFT-1043", EXH_T_S_RESCUE},
	{"command", NULL, EXH_T_S_COMMAND},
	{"examine", "DFT-1092", EXH_T_S_EXAMINE},
};

static void method_cells(struct exh_html *h, const char *step)
{
	for (size_t i = 0; step && i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (strcmp(steps[i].step, step))
			continue;
		exh_cell(h, "", exh_say(h->language, steps[i].what));
		exh_cell(h, "nb", steps[i].technique);
		return;
	}
	exh_cell(h, "", NULL);
	exh_cell(h, "", NULL);
}

static void step_rows(struct exh_html *h, const json_t *list)
{
	size_t n = json_array_size(list);

	for (size_t i = n > MAX_STEPS ? n - MAX_STEPS : 0; i < n; i++) {
		const json_t *step = json_array_get(list, i);
		const char *begun = exh_json_str(step, "begun"), *time = exh_json_str(step, "time");

		exh_html(h, "<tr>");
		exh_cell(h, exh_short(exh_json_str(step, "step")), exh_json_str(step, "step"));
		method_cells(h, exh_json_str(step, "step"));
		exh_cell(h, "time", begun ? exh_utc(begun).text : NULL);
		exh_cell(h, "time", time ? exh_utc(time).text : NULL);
		exh_html(h, "</tr>\n");
	}
}

static void step_table(struct exh_html *h)
{
	static const struct exh_column columns[] = {
		{EXH_T_STEP, "nb w14"},	   {EXH_T_METHOD, ""},	      {EXH_T_TECHNIQUE, "nb w12"},
		{EXH_T_BEGUN, "time w21"}, {EXH_T_ENDED, "time w21"}, {EXH_T_NONE, NULL},
	};
	const json_t *list = exh_list(h->model, "steps");
	size_t n = json_array_size(list);

	if (!n) {
		exh_paragraph(h, EXH_T_NO_STEPS);
		return;
	}
	exh_table(h, EXH_T_CAP_METHODS, "methods", columns);
	if (n > MAX_STEPS)
		exh_table_rest(h, 5, EXH_T_REST,
			       (const char *const[]){exh_grouped(h, n - MAX_STEPS).text,
						     exh_grouped(h, n).text, "ledger.jsonl", NULL});
	step_rows(h, list);
	exh_table_end(h);
	exh_remark(h, EXH_T_METHODS_REMARK);
}

static void times(struct exh_html *h)
{
	const char *started = exh_json_str(exh_examination(h), "started"),
		   *finished = exh_json_str(exh_examination(h), "finished");

	exh_facts_begin(h, EXH_T_CAP_TIMES);
	exh_fact(h, EXH_T_STARTED, started ? exh_utc(started).text : NULL, EXH_T_NOT_RECORDED);
	exh_fact(h, EXH_T_FINISHED, finished ? exh_utc(finished).text : NULL, EXH_T_NOT_RECORDED);
	exh_fact(h, EXH_T_REPORT_BY, exh_json_str(exh_object(h->model, "made"), "version"),
		 EXH_T_NOT_RECORDED);
	exh_facts_end(h);
}

static void tools(struct exh_html *h)
{
	_cleanup_json_ json_t *others =
		json_copy((json_t *)exh_object(exh_examination(h), "tools"));

	if (!others) {
		exh_paragraph(h, EXH_T_NO_TOOLS);
		return;
	}
	exh_facts_begin(h, EXH_T_CAP_TOOLS);
	exh_fact(h, EXH_T_L_PROGRAM, exh_json_str(others, "exhibit"), EXH_T_NOT_RECORDED);
	json_object_del(others, "exhibit"); /* elsewhere this word is the label of an exhibit */
	exh_fact_members(h, others);
	exh_facts_end(h);
}

static void machine(struct exh_html *h)
{
	const json_t *host = exh_object(exh_examination(h), "host");

	if (!host) {
		exh_paragraph(h, EXH_T_NO_HOST);
		return;
	}
	exh_facts_begin(h, EXH_T_CAP_HOST);
	exh_fact_members(h, host);
	exh_facts_end(h);
}

void exh_chapter_methods(struct exh_html *h)
{
	exh_paragraph(h, EXH_T_METHODS_INTRO);
	step_table(h);
	times(h);
	tools(h);
	machine(h);
	exh_remark(h, EXH_T_TOOLS_REMARK);
}

/* ---- validation ---- */

static const char *self_test_word(struct exh_html *h, const char *result)
{
	if (!strcmp(result, "passed"))
		return exh_say(h->language, EXH_T_TEST_PASSED);
	return !strcmp(result, "no-vector") ? exh_say(h->language, EXH_T_TEST_NO_VECTOR) : result;
}

static void self_tests(struct exh_html *h)
{
	static const struct exh_column columns[] = {
		{EXH_T_ALGORITHM, "nb w16"},
		{EXH_T_BEFORE, ""},
		{EXH_T_AFTER, ""},
		{EXH_T_NONE, NULL},
	};
	const json_t *before = exh_object(exh_object(exh_examination(h), "before"), "self_test");
	const json_t *after = exh_object(exh_object(exh_examination(h), "after"), "self_test");
	const char *algorithm;
	json_t *result;

	if (!before) {
		exh_paragraph(h, EXH_T_NO_SELF_TEST);
		return;
	}
	exh_table(h, EXH_T_CAP_SELF_TESTS, "short", columns);
	json_object_foreach ((json_t *)before, algorithm, result) {
		const char *again = exh_json_str(after, algorithm);

		exh_html(h, "<tr><th scope=\"row\">%s</th>", exh_algorithm(algorithm).text);
		exh_cell(h, "",
			 json_is_string(result) ? self_test_word(h, json_string_value(result))
						: NULL);
		exh_cell(h, "", again ? self_test_word(h, again) : NULL);
		exh_html(h, "</tr>\n");
	}
	exh_table_end(h);
}

void exh_chapter_validation(struct exh_html *h)
{
	static const enum exh_text tested[] = {EXH_T_TESTED_DIGESTS, EXH_T_TESTED_READERS,
					       EXH_T_TESTED_LOSSES,  EXH_T_TESTED_PROTECTION,
					       EXH_T_TESTED_RECORD,  EXH_T_TESTED_REPORT};
	const char *libcrypto = exh_json_str(exh_object(exh_examination(h), "before"), "libcrypto");

	exh_paragraph(h, EXH_T_VALIDATION_INTRO);
	self_tests(h);
	if (libcrypto)
		exh_remark(h, EXH_T_SELF_TEST_REMARK, libcrypto);
	exh_heading(h, EXH_T_H_TESTED);
	exh_paragraph(h, EXH_T_TESTED_INTRO, exh_json_str(exh_object(h->model, "made"), "version"));
	exh_html(h, "<ul>\n");
	for (size_t i = 0; i < sizeof(tested) / sizeof(tested[0]); i++)
		exh_html(h, "<li>%s</li>\n", exh_say(h->language, tested[i]));
	exh_html(h, "</ul>\n");
	exh_remark(h, EXH_T_TESTED_REMARK);
}
