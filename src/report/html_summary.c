// SPDX-License-Identifier: Apache-2.0
/* The first page: what came out, in words and in four numbers. */
#include <stdio.h>
#include <string.h>

#include "base/facts.h"
#include "chapters.h"
#include "model.h"

struct outcome {
	const char *name, *css;
	enum exh_text word, words;
};

static const struct outcome outcomes[] = {
	{"unchanged", "yes", EXH_T_O_UNCHANGED, EXH_T_O_UNCHANGED_WORDS},
	{"unchanged-differs", "no", EXH_T_O_DIFFERS, EXH_T_O_DIFFERS_WORDS},
	{"changed", "no", EXH_T_O_CHANGED, EXH_T_O_CHANGED_WORDS},
	{"undecided", "open", EXH_T_O_UNDECIDED, EXH_T_O_UNDECIDED_WORDS},
	{"verified-match", "yes", EXH_T_O_VERIFIED, EXH_T_O_VERIFIED_WORDS},
	{"verified-mismatch", "no", EXH_T_O_MISMATCH, EXH_T_O_MISMATCH_WORDS},
	{"verified-alone", "open", EXH_T_O_ALONE, EXH_T_O_ALONE_WORDS},
	{"record-broken", "no", EXH_T_O_BROKEN, EXH_T_O_BROKEN_WORDS},
	{"nothing-done", "open", EXH_T_O_NOTHING, EXH_T_O_NOTHING_WORDS},
};

static const struct outcome *outcome_of(const struct exh_html *h)
{
	const char *name = exh_json_str(h->model, "outcome");

	for (size_t i = 0; name && i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
		if (!strcmp(outcomes[i].name, name))
			return &outcomes[i];
	return &outcomes[2];
}

static void who(struct exh_html *h, enum exh_text label, const char *value)
{
	exh_html(h, "<div><dt>%s</dt><dd class=\"%s\">%s</dd></div>\n", exh_say(h->language, label),
		 value ? "" : "absent", value ? value : exh_say(h->language, EXH_T_NOT_SUPPLIED));
}

static void masthead(struct exh_html *h)
{
	const json_t *made = exh_object(h->model, "made");

	exh_html(h,
		 "<header>\n<p class=\"kind\">%s</p>\n<p class=\"id\">%s</p>\n<h1>%s</h1>\n<dl "
		 "class=\"who\">\n",
		 exh_say(h->language, EXH_T_KIND_OF_REPORT), exh_json_str(made, "id"),
		 exh_say(h->language, EXH_T_TITLE));
	who(h, EXH_T_CASE_NUMBER, exh_supplied(h, "case_number"));
	who(h, EXH_T_EXHIBIT_NUMBER, exh_supplied(h, "exhibit_number"));
	who(h, EXH_T_EXAMINER, exh_supplied(h, "examiner"));
	who(h, EXH_T_ORGANISATION, exh_supplied(h, "organisation"));
	who(h, EXH_T_IMAGE_FILE, exh_json_str(exh_object(exh_examination(h), "image"), "path"));
	who(h, EXH_T_ISSUED, exh_utc(exh_json_str(made, "time")).text);
	exh_html(h, "</dl>\n</header>\n");
}

static enum exh_text basis_of(const struct exh_html *h)
{
	return exh_json_u64(exh_object(h->model, "comparisons"), "from_outside_agree", 0)
		       ? EXH_T_O_EQUALS_REFERENCE
		       : EXH_T_O_NO_REFERENCE;
}

static void verdict_box(struct exh_html *h)
{
	const struct outcome *o = outcome_of(h);

	exh_html(h, "<div class=\"outcome %s\">\n<h2>%s</h2>\n<p>%s", o->css,
		 exh_say(h->language, o->word), exh_say(h->language, o->words));
	if (!strcmp(o->name, "unchanged"))
		exh_html(h, " %s", exh_say(h->language, basis_of(h)));
	exh_html(h, "</p>\n</div>\n");
}

static void number(struct exh_html *h, enum exh_text label, const char *value, const char *below)
{
	exh_html(h, "<div><dt>%s</dt><dd>%s<small>%s</small></dd></div>\n",
		 exh_say(h->language, label), value, below);
}

static void numbers(struct exh_html *h)
{
	const json_t *comparisons = exh_object(h->model, "comparisons");
	const json_t *losses = exh_object(h->model, "losses");
	const json_t *totals = exh_object(h->model, "problem_totals");
	uint64_t media =
		exh_json_u64(exh_object(exh_examination(h), "image"), "media_size", UINT64_MAX);
	uint64_t warnings = exh_json_u64(totals, "warning", 0);
	uint64_t lost = exh_json_u64(losses, "bytes", 0),
		 ranges = exh_json_u64(losses, "ranges", 0);
	bool known = exh_examination(h) != NULL;
	const char *dash = "\xe2\x80\x93";
	char agree[192], below[192];

	exh_html(h, "<dl class=\"numbers\">\n");
	snprintf(below, sizeof(below), "%s %s", exh_grouped(media).text,
		 exh_say(h->language, EXH_T_BYTES));
	if (media == UINT64_MAX)
		number(h, EXH_T_N_MEDIA, dash, exh_say(h->language, EXH_T_NOT_RECORDED));
	else
		number(h, EXH_T_N_MEDIA, exh_size(media).text, below);
	snprintf(agree, sizeof(agree), "%s / %s",
		 exh_grouped(exh_json_u64(comparisons, "agree", 0)).text,
		 exh_grouped(exh_json_u64(comparisons, "made", 0)).text);
	number(h, EXH_T_N_COMPARISONS, agree, exh_say(h->language, EXH_T_N_COMPARISONS_BELOW));
	snprintf(below, sizeof(below), "%s %s", exh_grouped(ranges).text,
		 exh_say(h->language, ranges == 1 ? EXH_T_RANGE : EXH_T_RANGES));
	number(h, EXH_T_N_LOST, known ? exh_size(lost).text : dash, known ? below : "");
	snprintf(below, sizeof(below), "%s %s", exh_grouped(warnings).text,
		 exh_say(h->language, warnings == 1 ? EXH_T_N_WARNING : EXH_T_N_WARNINGS));
	number(h, EXH_T_N_ERRORS, exh_grouped(exh_json_u64(totals, "error", 0)).text, below);
	exh_html(h, "</dl>\n");
}

static void identity_line(struct exh_html *h, enum exh_text label, const char *hex)
{
	exh_html(h, "<p class=\"identity\"><span>%s</span> ", exh_say(h->language, label));
	exh_html_hex(h, hex);
	exh_html(h, "</p>\n");
}

/* What one reader reads out to another: one line, or two where the readings differ. */
static void identity(struct exh_html *h)
{
	const char *before = exh_json_str(
		exh_object(exh_object(exh_examination(h), "before"), "digests"), "sha256");
	const char *after = exh_json_str(
		exh_object(exh_object(exh_examination(h), "after"), "digests"), "sha256");

	if (before && after && !strcmp(before, after)) {
		identity_line(h, EXH_T_MEDIA_SHA256, after);
		return;
	}
	if (before)
		identity_line(h, EXH_T_SHA256_BEFORE, before);
	if (after)
		identity_line(h, EXH_T_SHA256_AFTER, after);
}

static void reading_line(struct exh_html *h, const char *key, enum exh_text done,
			 enum exh_text not_done)
{
	const json_t *reading = exh_object(exh_examination(h), key);

	exh_html(h, "<li>");
	if (reading)
		exh_html_say(h, done, exh_bytes(exh_json_u64(reading, "bytes", 0)).text,
			     exh_word(h, EXH_W_READ_FROM, exh_json_str(reading, "read_from")),
			     exh_word(h, EXH_W_VERDICT, exh_json_str(reading, "verdict")));
	else
		exh_html_say(h, not_done);
	exh_html(h, "</li>\n");
}

static size_t devices_of(const json_t *attachments)
{
	const json_t *attachment;
	size_t i, n = 0;

	json_array_foreach (attachments, i, attachment)
		n += json_array_size(exh_list(attachment, "devices"));
	return n;
}

static void work_lines(struct exh_html *h)
{
	const json_t *scan = exh_object(exh_examination(h), "scan");
	size_t partitions = json_array_size(exh_list(scan, "partitions"));
	size_t devices = devices_of(exh_list(exh_examination(h), "attachments"));

	exh_html(h, "<li>");
	exh_html_say(h, scan ? EXH_T_D_SCANNED : EXH_T_D_NOT_SCANNED, exh_plain(partitions).text);
	exh_html(h, "</li>\n<li>");
	exh_html_say(h, devices ? EXH_T_D_ATTACHED : EXH_T_D_NOT_ATTACHED, exh_plain(devices).text);
	exh_html(h, "</li>\n");
}

static void analysis_line(struct exh_html *h)
{
	const json_t *analysis = exh_analysis(h);
	const json_t *status = json_object_get(analysis, "exit_status");
	const char *program = json_string_value(json_array_get(exh_list(analysis, "argv"), 0));
	char number_text[24] = "";

	if (json_is_integer(status))
		snprintf(number_text, sizeof(number_text), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(status));
	exh_html(h, "<li>");
	if (program)
		exh_html_say(h, *number_text ? EXH_T_D_ANALYSED : EXH_T_D_ANALYSIS_ENDED, program,
			     number_text);
	else if (exh_object(exh_examination(h), "files"))
		exh_html_say(h, EXH_T_D_LISTED,
			     exh_grouped(exh_json_u64(exh_object(exh_examination(h), "files"),
						      "rows", 0))
				     .text);
	else
		exh_html_say(h, EXH_T_D_NOT_ANALYSED);
	exh_html(h, "</li>\n");
}

static void what_was_done(struct exh_html *h)
{
	exh_html(h, "<h3>%s</h3>\n<ol class=\"done\">\n",
		 exh_say(h->language, EXH_T_WHAT_WAS_DONE));
	reading_line(h, "before", EXH_T_D_BEFORE, EXH_T_D_NO_BEFORE);
	work_lines(h);
	analysis_line(h);
	reading_line(h, "after", EXH_T_D_AFTER, EXH_T_D_NO_AFTER);
	exh_html(h, "</ol>\n");
}

static void to_be_noted(struct exh_html *h)
{
	const json_t *groups = exh_list(h->model, "problem_groups");
	const json_t *group;
	size_t i, shown = 0;

	exh_html(h, "<h3>%s</h3>\n<ul class=\"noted\">\n", exh_say(h->language, EXH_T_TO_BE_NOTED));
	json_array_foreach (groups, i, group) {
		const char *severity = exh_json_str(group, "severity");
		const char *meaning = exh_json_str(group, "meaning");

		if (shown == 5 || !severity || !strcmp(severity, "note"))
			break;
		exh_html(h, "<li><b>%s</b> %s <span class=\"count\">\xc3\x97 %s</span></li>\n",
			 exh_say(h->language,
				 !strcmp(severity, "error") ? EXH_T_ERROR : EXH_T_WARNING),
			 meaning ? meaning : exh_json_str(group, "code"),
			 exh_grouped(exh_json_u64(group, "count", 0)).text);
		shown++;
	}
	if (!shown)
		exh_html(h, "<li>%s</li>\n", exh_say(h->language, EXH_T_NOTHING_TO_NOTE));
	exh_html(h, "<li>%s <a href=\"#meaning\">%s</a></li>\n</ul>\n",
		 exh_say(h->language, EXH_T_NO_OPINION), exh_say(h->language, EXH_T_SEE_MEANING));
}

void exh_cover(struct exh_html *h, const struct exh_chapter *chapters)
{
	exh_html(h, "<section class=\"cover\">\n");
	masthead(h);
	verdict_box(h);
	numbers(h);
	identity(h);
	what_was_done(h);
	to_be_noted(h);
	exh_html(h, "<nav aria-label=\"%s\"><ol>\n", exh_say(h->language, EXH_T_CONTENTS));
	for (; chapters->anchor; chapters++)
		exh_html(h, "<li><a href=\"#%s\">%s</a></li>\n", chapters->anchor,
			 exh_say(h->language, chapters->title));
	exh_html(h, "</ol></nav>\n</section>\n");
}
