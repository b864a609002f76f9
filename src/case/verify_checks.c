// SPDX-License-Identifier: Apache-2.0
/* Rows of the list of checks. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "verify.h"

/* Beyond this many findings of a kind the rows are counted, not listed: the first ones tell what
 * happened. */
#define FINDINGS_LISTED 200

static const char *const results[] = {
	[EXH_INTACT] = "holds",	       [EXH_UNSEALED] = "unsealed", [EXH_UNREADABLE] = "unreadable",
	[EXH_TRUNCATED] = "truncated", [EXH_ALTERED] = "altered",
};

static void add_number(json_t *row, const char *key, uint64_t value)
{
	if (value != EXH_NOWHERE)
		json_object_set_new(row, key, json_integer((json_int_t)value));
}

static void add_row(struct exh_verification *v, const char *what, const char *result,
		    const struct exh_place_found *where, const char *text)
{
	json_t *row = json_pack("{s:s, s:s, s:o}", "what", what, "result", result, "text",
				exh_json_text(text, strlen(text)));

	if (where) {
		add_number(row, "entry", where->entry);
		add_number(row, "offset", where->start);
		add_number(row, "length", where->length);
		if (where->path)
			json_object_set_new(row, "path",
					    exh_json_text(where->path, strlen(where->path)));
	}
	json_array_append_new(v->checks, row);
}

void exh_check_holds(struct exh_verification *v, const char *what, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	add_row(v, what, results[EXH_INTACT], NULL, text);
}

void exh_check_fails(struct exh_verification *v, const char *what, enum exh_record_verdict verdict,
		     const struct exh_place_found *where, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (verdict > v->verdict)
		v->verdict = verdict;
	if (v->nr_findings++ >= FINDINGS_LISTED)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	add_row(v, what, results[verdict], where, text);
	exh_problems_add(v->facts, exh_problem(EXH_P_LEDGER_BROKEN, "%s", text));
}

void exh_check_warns(struct exh_verification *v, const char *what, enum exh_problem code,
		     const struct exh_place_found *where, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (v->nr_findings++ >= FINDINGS_LISTED)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	add_row(v, what, exh_problem_code(code), where, text);
	exh_problems_add(v->facts, exh_problem(code, "%s", text));
}
