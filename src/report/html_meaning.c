// SPDX-License-Identifier: Apache-2.0
/* What the result does and does not show. */
#include <string.h>

#include "base/facts.h"
#include "chapters.h"
#include "model.h"

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

	shows(h);
	exh_heading(h, EXH_T_H_NOT_SHOWN);
	exh_html(h, "<ul>\n");
	for (size_t i = 0; i < sizeof(not_shown) / sizeof(not_shown[0]); i++)
		item(h, not_shown[i]);
	exh_html(h, "</ul>\n");
	exh_heading(h, EXH_T_H_OPINION);
	exh_paragraph(h, EXH_T_NO_OPINION_WORDS);
}
