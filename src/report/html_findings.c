// SPDX-License-Identifier: Apache-2.0
/* Problems, and what the result does and does not show. */
#include <string.h>

#include "base/facts.h"
#include "chapters.h"
#include "model.h"

#define MAX_GROUPS 120

static void worst_cell(struct exh_html *h, const json_t *group)
{
	const json_t *problem;
	uint64_t n = exh_json_u64(group, "count", 0);
	size_t i, shown = 0;

	exh_html(h, "<td class=\"name\"><ul>\n");
	json_array_foreach (exh_list(group, "worst"), i, problem) {
		const char *text = exh_json_str(problem, "text");
		uint64_t length = exh_json_u64(problem, "length", 0);

		exh_html(h, "<li>%s", text ? text : "");
		if (json_object_get(problem, "start"))
			exh_html_say(h, EXH_T_AT_RANGE,
				     exh_grouped(exh_json_u64(problem, "start", 0)).text,
				     exh_bytes(length).text);
		exh_html(h, "</li>\n");
		shown++;
	}
	exh_html(h, "</ul>");
	if (n > shown) {
		exh_html(h, "<p class=\"remark\">");
		exh_html_say(h, EXH_T_REST, exh_grouped(n - shown).text, exh_grouped(n).text,
			     exh_full_list_path(h));
		exh_html(h, "</p>");
	}
	exh_html(h, "</td>");
}

static bool has_severity(const json_t *group, const char *severity)
{
	const char *s = exh_json_str(group, "severity");

	return s && !strcmp(s, severity);
}

static void severity_table(struct exh_html *h, enum exh_text caption, const char *severity)
{
	static const struct exh_column columns[] = {
		{EXH_T_PROBLEM, ""}, {EXH_T_COUNT, "n"}, {EXH_T_INSTANCES, ""}, {EXH_T_NONE, NULL}};
	const json_t *group;
	size_t i, shown = 0;

	if (!exh_json_u64(exh_object(h->model, "problem_totals"), severity, 0))
		return;
	exh_table(h, caption, "problems", columns);
	json_array_foreach (exh_list(h->model, "problem_groups"), i, group) {
		const char *meaning = exh_json_str(group, "meaning");

		if (!has_severity(group, severity) || shown++ >= MAX_GROUPS)
			continue;
		exh_html(h, "<tr><th scope=\"row\"><code>%s</code> <span>%s</span></th>",
			 exh_json_str(group, "code"), meaning ? meaning : "");
		exh_cell_number(h, group, "count");
		worst_cell(h, group);
		exh_html(h, "</tr>\n");
	}
	exh_table_end(h);
}

void exh_chapter_problems(struct exh_html *h)
{
	const json_t *totals = exh_object(h->model, "problem_totals");

	exh_paragraph(h, EXH_T_PROBLEMS_INTRO, exh_grouped(exh_json_u64(totals, "error", 0)).text,
		      exh_grouped(exh_json_u64(totals, "warning", 0)).text,
		      exh_grouped(exh_json_u64(totals, "note", 0)).text);
	severity_table(h, EXH_T_CAP_ERRORS, "error");
	severity_table(h, EXH_T_CAP_WARNINGS, "warning");
	severity_table(h, EXH_T_CAP_NOTES, "note");
}

static void item(struct exh_html *h, enum exh_text id)
{
	exh_html(h, "<li>%s</li>\n", exh_say(h->language, id));
}

static bool read_from_medium(const struct exh_html *h)
{
	const char *from = exh_json_str(exh_object(exh_examination(h), "after"), "read_from");

	return from && !strcmp(from, "medium");
}

static bool outcome_is(const struct exh_html *h, const char *name)
{
	const char *outcome = exh_json_str(h->model, "outcome");

	return outcome && !strcmp(outcome, name);
}

static void shows(struct exh_html *h)
{
	bool reference =
		exh_json_u64(exh_object(h->model, "comparisons"), "from_outside_agree", 0) > 0;

	exh_heading(h, EXH_T_H_SHOWS);
	exh_html(h, "<ul>\n");
	if (outcome_is(h, "unchanged")) {
		item(h, EXH_T_SHOWS_UNCHANGED);
		item(h, reference ? EXH_T_SHOWS_REFERENCE : EXH_T_SHOWS_NO_REFERENCE);
		item(h, read_from_medium(h) ? EXH_T_SHOWS_MEDIUM : EXH_T_SHOWS_CACHE);
	} else if (outcome_is(h, "changed") || outcome_is(h, "unchanged-differs") ||
		   outcome_is(h, "verified-mismatch")) {
		item(h, EXH_T_SHOWS_DIFFERENCE);
	} else if (outcome_is(h, "verified-match")) {
		item(h, EXH_T_SHOWS_ONE_READING);
	} else {
		item(h, EXH_T_SHOWS_NOTHING);
	}
	item(h, EXH_T_SHOWS_RECORD);
	exh_html(h, "</ul>\n");
}

void exh_chapter_meaning(struct exh_html *h)
{
	static const enum exh_text not_shown[] = {
		EXH_T_NOT_SINCE_SEIZURE, EXH_T_NOT_THE_SOURCE,	EXH_T_NOT_BEFORE,
		EXH_T_NOT_REPLACED,	 EXH_T_NOT_PREVENTED,	EXH_T_NOT_UNRECORDED,
		EXH_T_NOT_THE_MACHINE,	 EXH_T_NOT_INTERPRETED,
	};
	static const enum exh_text limits[] = {EXH_T_LIMIT_ITEMS, EXH_T_LIMIT_COLLISIONS,
					       EXH_T_LIMIT_CLOCK, EXH_T_LIMIT_LEGAL,
					       EXH_T_LIMIT_WHOLE};

	shows(h);
	exh_heading(h, EXH_T_H_NOT_SHOWN);
	exh_html(h, "<ul>\n");
	for (size_t i = 0; i < sizeof(not_shown) / sizeof(not_shown[0]); i++)
		item(h, not_shown[i]);
	exh_html(h, "</ul>\n");
	exh_heading(h, EXH_T_H_LIMITS);
	exh_html(h, "<ul>\n");
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		item(h, limits[i]);
	exh_html(h, "</ul>\n");
	exh_heading(h, EXH_T_H_OPINION);
	exh_paragraph(h, EXH_T_NO_OPINION_WORDS);
}
