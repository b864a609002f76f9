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
				     exh_grouped(h, exh_json_u64(problem, "start", 0)).text,
				     exh_bytes(h, length).text);
		exh_html(h, "</li>\n");
		shown++;
	}
	exh_html(h, "</ul>");
	if (n > shown) {
		exh_html(h, "<p class=\"remark\">");
		exh_html_say(h, EXH_T_REST, exh_grouped(h, n - shown).text, exh_grouped(h, n).text,
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
		{EXH_T_PROBLEM, "w30"},
		{EXH_T_COUNT, "n w8"},
		{EXH_T_INSTANCES, ""},
		{EXH_T_NONE, NULL},
	};
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

/* What an examiner must be able to explain: the procedure is another one without them. */
static bool is_deviation(const char *code)
{
	static const char *const codes[] = {
		"incomplete-allowed", "unconfined",	"interrupted",	     "step-interrupted",
		"key-missing",	      "found-unsealed", "lease-unavailable", "self-test-failed",
		"read-from-cache",    "attach-failed",	"scan-failed",	     "mount-failed"};

	for (size_t i = 0; code && i < sizeof(codes) / sizeof(codes[0]); i++)
		if (!strcmp(codes[i], code))
			return true;
	return false;
}

static void deviations(struct exh_html *h)
{
	const json_t *group;
	size_t i, shown = 0;

	exh_heading(h, EXH_T_H_DEVIATIONS);
	exh_html(h, "<ul>\n");
	json_array_foreach (exh_list(h->model, "problem_groups"), i, group) {
		const char *code = exh_json_str(group, "code");
		const char *meaning = exh_json_str(group, "meaning");

		if (!is_deviation(code))
			continue;
		exh_html(h, "<li>%s (<code>%s</code>, \xc3\x97 %s)</li>\n",
			 meaning ? meaning : code, code,
			 exh_grouped(h, exh_json_u64(group, "count", 0)).text);
		shown++;
	}
	if (!shown)
		exh_html(h, "<li>%s</li>\n", exh_say(h->language, EXH_T_NO_DEVIATIONS));
	exh_html(h, "</ul>\n");
}

static void limits(struct exh_html *h)
{
	static const enum exh_text texts[] = {EXH_T_LIMIT_ITEMS, EXH_T_LIMIT_COLLISIONS,
					      EXH_T_LIMIT_CLOCK, EXH_T_LIMIT_LEGAL,
					      EXH_T_LIMIT_WHOLE};

	exh_heading(h, EXH_T_H_LIMITS);
	exh_html(h, "<ul>\n");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		exh_html(h, "<li>%s</li>\n", exh_say(h->language, texts[i]));
	exh_html(h, "</ul>\n");
}

void exh_chapter_problems(struct exh_html *h)
{
	const json_t *totals = exh_object(h->model, "problem_totals");

	exh_paragraph(h, EXH_T_PROBLEMS_INTRO,
		      exh_grouped(h, exh_json_u64(totals, "error", 0)).text,
		      exh_grouped(h, exh_json_u64(totals, "warning", 0)).text,
		      exh_grouped(h, exh_json_u64(totals, "note", 0)).text);
	severity_table(h, EXH_T_CAP_ERRORS, "error");
	severity_table(h, EXH_T_CAP_WARNINGS, "warning");
	severity_table(h, EXH_T_CAP_NOTES, "note");
	deviations(h);
	limits(h);
}
