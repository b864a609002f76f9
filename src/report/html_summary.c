// SPDX-License-Identifier: Apache-2.0
/* The first page: what came out, in words and in four numbers. */
#include <stdio.h>
#include <string.h>

#include "base/facts.h"
#include "chapters.h"
#include "model.h"

#define COVER_LIMIT   110 /* characters of a value on the first page */
#define RUNNING_LIMIT 40
#define NOTED	      4

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
	exh_html(h, "<div><dt>%s</dt><dd class=\"%s\">", exh_say(h->language, label),
		 value ? "" : "absent");
	exh_html_short(h, value ? value : exh_say(h->language, EXH_T_NOT_SUPPLIED), COVER_LIMIT);
	exh_html(h, "</dd></div>\n");
}

/* What stands above each page of the PDF. */
static void running(struct exh_html *h)
{
	const char *number = exh_supplied(h, "case_number"),
		   *exhibit = exh_supplied(h, "exhibit_number");

	exh_html(h, "<p class=\"running\" aria-hidden=\"true\">%s",
		 exh_say(h->language, EXH_T_TITLE));
	if (number) {
		exh_html(h, " \xc2\xb7 %s ", exh_say(h->language, EXH_T_CASE_NUMBER));
		exh_html_short(h, number, RUNNING_LIMIT);
	}
	if (exhibit) {
		exh_html(h, " \xc2\xb7 %s ", exh_say(h->language, EXH_T_EXHIBIT_NUMBER));
		exh_html_short(h, exhibit, RUNNING_LIMIT);
	}
	exh_html(h, "</p>\n");
}

static void masthead(struct exh_html *h)
{
	const json_t *made = exh_object(h->model, "made");
	const char *organisation = exh_supplied(h, "organisation");

	exh_html(h, "<header>\n<p class=\"lab %s\">", organisation ? "" : "absent");
	exh_html_short(h, organisation ? organisation : exh_say(h->language, EXH_T_NO_ORGANISATION),
		       COVER_LIMIT);
	exh_html(h,
		 "</p>\n<p class=\"id\">%s</p>\n<p class=\"kind\">%s</p>\n<h1>%s</h1>\n"
		 "<dl class=\"who\">\n",
		 exh_json_str(made, "id"), exh_say(h->language, EXH_T_KIND_OF_REPORT),
		 exh_say(h->language, EXH_T_TITLE));
	who(h, EXH_T_CASE_NUMBER, exh_supplied(h, "case_number"));
	who(h, EXH_T_EXHIBIT_NUMBER, exh_supplied(h, "exhibit_number"));
	who(h, EXH_T_EXAMINER, exh_supplied(h, "examiner"));
	who(h, EXH_T_REQUESTER, exh_supplied(h, "requester"));
	who(h, EXH_T_IMAGE_FILE, exh_file_name(exh_image_path(h)));
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

	exh_html(h, "<div class=\"outcome %s\">\n<h2 class=\"word\">%s</h2>\n<p>%s", o->css,
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

#define DASH "\xe2\x80\x93"

static void media_number(struct exh_html *h)
{
	uint64_t media = exh_json_u64(exh_image(h), "media_size", UINT64_MAX);
	char below[128];

	snprintf(below, sizeof(below), "%s %s", exh_grouped(h, media).text,
		 exh_say(h->language, EXH_T_BYTES));
	if (media == UINT64_MAX)
		number(h, EXH_T_N_MEDIA, DASH, exh_say(h->language, EXH_T_NOT_RECORDED));
	else
		number(h, EXH_T_N_MEDIA, exh_size(h, media).text, below);
}

static void lost_number(struct exh_html *h)
{
	const json_t *losses = exh_object(h->model, "losses");
	uint64_t ranges = exh_json_u64(losses, "ranges", 0);
	bool known =
		exh_object(exh_examination(h), "before") || exh_object(exh_examination(h), "after");
	char below[128];

	snprintf(below, sizeof(below), "%s %s", exh_grouped(h, ranges).text,
		 exh_say(h->language, ranges == 1 ? EXH_T_RANGE : EXH_T_RANGES));
	number(h, EXH_T_N_LOST, known ? exh_size(h, exh_json_u64(losses, "bytes", 0)).text : DASH,
	       known ? below : exh_say(h->language, EXH_T_NOT_RECORDED));
}

static void refused_number(struct exh_html *h)
{
	uint64_t n = exh_json_u64(h->model, "refused_writes", UINT64_MAX);

	if (n == UINT64_MAX)
		number(h, EXH_T_N_REFUSED, DASH, exh_say(h->language, EXH_T_NOT_COUNTED));
	else
		number(h, EXH_T_N_REFUSED, exh_grouped(h, n).text,
		       exh_say(h->language, EXH_T_N_REFUSED_BELOW));
}

static void numbers(struct exh_html *h)
{
	const json_t *comparisons = exh_object(h->model, "comparisons");
	const json_t *totals = exh_object(h->model, "problem_totals");
	uint64_t warnings = exh_json_u64(totals, "warning", 0);
	char agree[208], below[192];

	exh_html(h, "<dl class=\"numbers\">\n");
	media_number(h);
	snprintf(agree, sizeof(agree), "%s / %s",
		 exh_grouped(h, exh_json_u64(comparisons, "agree", 0)).text,
		 exh_grouped(h, exh_json_u64(comparisons, "made", 0)).text);
	number(h, EXH_T_N_COMPARISONS, agree, exh_say(h->language, EXH_T_N_COMPARISONS_BELOW));
	lost_number(h);
	refused_number(h);
	snprintf(below, sizeof(below), "%s %s", exh_grouped(h, warnings).text,
		 exh_say(h->language, warnings == 1 ? EXH_T_N_WARNING : EXH_T_N_WARNINGS));
	number(h, EXH_T_N_ERRORS, exh_grouped(h, exh_json_u64(totals, "error", 0)).text, below);
	exh_html(h, "</dl>\n");
}

/* The comparison that a reader asks for first: a digest older than this examination, the strongest
 * one there is. */
static const json_t *best_reference(const struct exh_html *h, const char **algorithm_ret)
{
	static const char *const order[] = {"sha512", "sha256", "sha1", "md5"};
	const json_t *list = exh_list(exh_object(exh_examination(h), "before"), "references"), *r;
	size_t i;

	for (size_t a = 0; a < sizeof(order) / sizeof(order[0]); a++)
		json_array_foreach (list, i, r) {
			const char *algorithm = exh_json_str(r, "algorithm");
			const char *source = exh_json_str(r, "source");

			if (!algorithm || strcmp(algorithm, order[a]) ||
			    !exh_json_str(r, "verdict") || !source || !strcmp(source, "case"))
				continue;
			*algorithm_ret = order[a];
			return r;
		}
	return NULL;
}

static void glance_row(struct exh_html *h, enum exh_text label, const char *algorithm,
		       const char *hex, const char *verdict)
{
	exh_html(h, "<tr><th scope=\"row\">%s</th>", exh_say(h->language, label));
	exh_cell(h, "nb", hex ? exh_algorithm(algorithm).text : NULL);
	exh_cell_hex(h, hex);
	exh_cell_verdict(h, verdict);
	exh_html(h, "</tr>\n");
}

static const char *media_verdict(const struct exh_html *h)
{
	const json_t *row;
	size_t i;

	json_array_foreach (exh_list(h->model, "comparison"), i, row)
		if (exh_json_str(row, "algorithm") &&
		    !strcmp(exh_json_str(row, "algorithm"), "sha256"))
			return exh_json_str(row, "readings");
	return NULL;
}

/* What one reader reads out to another. */
static void at_a_glance(struct exh_html *h)
{
	static const struct exh_column columns[] = {
		{EXH_T_WHAT, "g1 w21"}, {EXH_T_ALGORITHM, "g2 nb w9"},
		{EXH_T_VALUE, ""},	{EXH_T_VERDICT, "g4 nb w12"},
		{EXH_T_NONE, NULL},
	};
	const json_t *before = exh_object(exh_examination(h), "before"),
		     *after = exh_object(exh_examination(h), "after");
	const char *algorithm = NULL;
	const json_t *reference = best_reference(h, &algorithm);

	if (!before && !after)
		return;
	exh_table(h, EXH_T_CAP_GLANCE, "glance", columns);
	glance_row(h, EXH_T_G_ACQUISITION, algorithm, exh_json_str(reference, "value"),
		   reference ? exh_json_str(reference, "verdict") : "no-reference");
	glance_row(h, EXH_T_G_BEFORE, "sha256",
		   exh_json_str(exh_object(before, "digests"), "sha256"), NULL);
	glance_row(h, EXH_T_G_AFTER, "sha256", exh_json_str(exh_object(after, "digests"), "sha256"),
		   media_verdict(h));
	exh_table_end(h);
}

static void reading_line(struct exh_html *h, const char *key, enum exh_text done,
			 enum exh_text not_done)
{
	const json_t *reading = exh_object(exh_examination(h), key);

	exh_html(h, "<li>");
	if (reading)
		exh_html_say(h, done, exh_bytes(h, exh_json_u64(reading, "bytes", 0)).text,
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
			     exh_grouped(h, exh_json_u64(exh_object(exh_examination(h), "files"),
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

		if (shown == NOTED || !severity || !strcmp(severity, "note"))
			break;
		exh_html(h, "<li><b>%s</b> %s <span class=\"count\">\xc3\x97 %s</span></li>\n",
			 exh_say(h->language,
				 !strcmp(severity, "error") ? EXH_T_ERROR : EXH_T_WARNING),
			 meaning ? meaning : exh_json_str(group, "code"),
			 exh_grouped(h, exh_json_u64(group, "count", 0)).text);
		shown++;
	}
	if (!shown)
		exh_html(h, "<li>%s</li>\n", exh_say(h->language, EXH_T_NOTHING_TO_NOTE));
	exh_html(h, "</ul>\n");
}

static void not_proved(struct exh_html *h)
{
	exh_html(h, "<p class=\"remark\">%s <a href=\"#meaning\">%s</a></p>\n",
		 exh_say(h->language, EXH_T_NO_OPINION), exh_say(h->language, EXH_T_SEE_MEANING));
}

void exh_cover(struct exh_html *h)
{
	exh_html(h, "<section class=\"cover\" aria-label=\"%s\">\n",
		 exh_say(h->language, EXH_T_SUMMARY));
	running(h);
	masthead(h);
	verdict_box(h);
	numbers(h);
	at_a_glance(h);
	what_was_done(h);
	to_be_noted(h);
	not_proved(h);
	exh_html(h, "</section>\n");
}

static void identity(struct exh_html *h)
{
	const json_t *made = exh_object(h->model, "made"), *file;
	size_t i;

	exh_facts_begin(h, EXH_T_CAP_IDENTITY);
	exh_fact(h, EXH_T_REPORT_ID, exh_json_str(made, "id"), EXH_T_NOT_RECORDED);
	exh_fact(h, EXH_T_ISSUED, exh_utc(exh_json_str(made, "time")).text, EXH_T_NONE);
	exh_fact(h, EXH_T_CASE_ID, exh_json_str(exh_object(h->model, "case"), "case"),
		 EXH_T_NOT_RECORDED);
	json_array_foreach (h->annexes, i, file) {
		exh_html(h, "<tr><th scope=\"row\">");
		exh_html_say(h, EXH_T_SHA256_OF, exh_json_str(file, "path"));
		exh_html(h, "</th>");
		exh_cell_hex(h, exh_json_str(file, "sha256"));
		exh_html(h, "</tr>\n");
	}
	exh_facts_end(h);
	exh_remark(h, EXH_T_IDENTITY_REMARK);
}

void exh_contents(struct exh_html *h, const struct exh_chapter *chapters)
{
	unsigned number = 0;

	exh_html(h,
		 "<section class=\"contents\">\n<nav aria-labelledby=\"contents\">"
		 "<h2 id=\"contents\">%s</h2>\n<ol>\n",
		 exh_say(h->language, EXH_T_CONTENTS));
	for (; chapters->anchor; chapters++)
		exh_html(h, "<li><a href=\"#%s\"><span class=\"no\">%u</span> %s</a></li>\n",
			 chapters->anchor, ++number, exh_say(h->language, chapters->title));
	exh_html(h, "</ol></nav>\n<div class=\"identity\">\n");
	identity(h);
	exh_html(h, "</div>\n</section>\n");
}
