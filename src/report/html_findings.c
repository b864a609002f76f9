// SPDX-License-Identifier: Apache-2.0
/* The findings, numbered: what, where, and the command that gives it again. */
#include <stdio.h>
#include <string.h>

#include "base/facts.h"
#include "chapters.h"
#include "model.h"

#define MAX_FINDINGS 120

/* What a pointer of exh_findings_number() points to; its parts have no '~' and no '/'. */
static const json_t *pointed_to(const json_t *model, const char *pointer)
{
	const json_t *at = model;
	char key[64];

	while (at && *pointer == '/') {
		size_t n = strcspn(++pointer, "/");

		if (n >= sizeof(key))
			return NULL;
		memcpy(key, pointer, n);
		key[n] = 0;
		at = json_is_array(at) ? json_array_get(at, strtoul(key, NULL, 10))
				       : json_object_get(at, key);
		pointer += n;
	}
	return at;
}

static const char *or_dash(const char *text)
{
	return text && *text ? text : "\xe2\x80\x93";
}

static void say_image(struct exh_html *h, const json_t *image)
{
	exh_html_say(h, EXH_T_F_IMAGE, or_dash(exh_json_str(image, "format")),
		     exh_grouped(h, json_array_size(exh_list(image, "segments"))).text,
		     exh_bytes(h, exh_json_u64(image, "media_size", 0)).text);
}

static void say_reading(struct exh_html *h, const json_t *reading)
{
	const char *started = exh_json_str(reading, "started");

	exh_html_say(h, EXH_T_F_READING, exh_utc(or_dash(started)).text,
		     exh_bytes(h, exh_json_u64(reading, "bytes", 0)).text);
	exh_html(h, " SHA-256 ");
	exh_html_hex(h, or_dash(exh_json_str(exh_object(reading, "digests"), "sha256")));
}

static void say_no_digest(struct exh_html *h, const json_t *reading)
{
	exh_html_say(h, EXH_T_F_NO_DIGEST, exh_utc(or_dash(exh_json_str(reading, "started"))).text,
		     exh_grouped(h, json_array_size(exh_list(reading, "damage"))).text);
}

static void say_reference(struct exh_html *h, const json_t *reference)
{
	exh_html_say(h, EXH_T_F_REFERENCE,
		     exh_algorithm(or_dash(exh_json_str(reference, "algorithm"))).text,
		     exh_word(h, EXH_W_SOURCE, exh_json_str(reference, "source")),
		     exh_word(h, EXH_W_VERDICT,
			      exh_json_str(reference, "verdict")
				      ? exh_json_str(reference, "verdict")
				      : "not-compared"));
}

static void say_table(struct exh_html *h, const json_t *table)
{
	const char *copy = exh_json_str(table, "copy");

	exh_html_say(h,
		     json_is_false(json_object_get(table, "valid")) ? EXH_T_F_TABLE_BROKEN
								    : EXH_T_F_TABLE,
		     or_dash(exh_json_str(table, "scheme")),
		     copy ? exh_word(h, EXH_W_COPY, copy) : "");
}

static void say_partition(struct exh_html *h, const json_t *partition)
{
	const json_t *contents = exh_object(partition, "contents");
	const char *type = exh_json_str(contents, "type"), *label = exh_json_str(contents, "label");

	exh_html_say(h, EXH_T_F_PARTITION, exh_plain(exh_json_u64(partition, "number", 0)).text,
		     exh_word(h, EXH_W_KIND, or_dash(exh_json_str(contents, "kind"))));
	if (type && *type)
		exh_html(h, " <bdi>%s</bdi>", type);
	if (label && *label)
		exh_html(h, ", \xe2\x80\x9c<bdi>%s</bdi>\xe2\x80\x9d", label);
}

static void say_gap(struct exh_html *h, const json_t *gap)
{
	exh_html_say(h, exh_object(gap, "contents") ? EXH_T_F_GAP_HOLDS : EXH_T_F_GAP_NOT_ZERO,
		     exh_word(h, EXH_W_KIND, exh_json_str(exh_object(gap, "contents"), "kind")));
}

static void say_analysis(struct exh_html *h, const json_t *analysis)
{
	const json_t *out = exh_object(analysis, "stdout");
	const json_t *status = json_object_get(analysis, "exit_status");

	exh_html_say(h, json_is_integer(status) ? EXH_T_F_ANALYSIS : EXH_T_F_ANALYSIS_ENDED,
		     exh_plain((uint64_t)json_integer_value(status)).text,
		     or_dash(exh_json_str(out, "path")));
}

static void say_files(struct exh_html *h, const json_t *files)
{
	const json_t *list = exh_file_list(files);

	exh_html_say(h, EXH_T_F_FILES, exh_grouped(h, exh_json_u64(list, "rows", 0)).text,
		     or_dash(exh_json_str(list, "path")));
}

static void say_losses(struct exh_html *h, const json_t *losses)
{
	exh_html_say(h, EXH_T_F_LOSSES, exh_grouped(h, exh_json_u64(losses, "ranges", 0)).text,
		     exh_bytes(h, exh_json_u64(losses, "bytes", 0)).text);
}

static void say_acquisition_errors(struct exh_html *h, const json_t *list)
{
	exh_html_say(h, EXH_T_F_ACQUISITION_ERRORS, exh_grouped(h, json_array_size(list)).text);
}

static void say_refused(struct exh_html *h, const json_t *number)
{
	exh_html_say(h, EXH_T_F_REFUSED, exh_grouped(h, (uint64_t)json_integer_value(number)).text);
}

static const struct {
	const char *kind;
	void (*say)(struct exh_html *h, const json_t *fact);
} kinds[] = {
	{"image", say_image},
	{"reading", say_reading},
	{"no-digest", say_no_digest},
	{"reference", say_reference},
	{"table", say_table},
	{"partition", say_partition},
	{"gap", say_gap},
	{"analysis", say_analysis},
	{"files", say_files},
	{"losses", say_losses},
	{"acquisition-errors", say_acquisition_errors},
	{"refused-writes", say_refused},
};

static void statement(struct exh_html *h, const json_t *finding)
{
	const char *kind = exh_json_str(finding, "kind"), *fact = exh_json_str(finding, "fact");

	for (size_t i = 0; kind && fact && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].kind, kind))
			kinds[i].say(h, pointed_to(h->model, fact));
	exh_html(h, exh_json_str(finding, "command") ? "<code>%s</code>" : "",
		 exh_json_str(finding, "command"));
	if (exh_json_str(finding, "other_tool"))
		exh_html(h, "<code>%s</code>", exh_json_str(finding, "other_tool"));
}

static void place_cell(struct exh_html *h, const json_t *finding)
{
	if (!json_object_get(finding, "start")) {
		exh_cell(h, "at n", NULL);
		return;
	}
	exh_html(h, "<td class=\"at n\">%s",
		 exh_grouped(h, exh_json_u64(finding, "start", 0)).text);
	if (json_object_get(finding, "length"))
		exh_html(h, "<br><small>%s</small>",
			 exh_grouped(h, exh_json_u64(finding, "length", 0)).text);
	exh_html(h, "</td>");
}

void exh_chapter_findings(struct exh_html *h)
{
	static const struct exh_column columns[] = {
		{EXH_T_FINDING_NUMBER, "fno w8"},
		{EXH_T_FINDING, ""},
		{EXH_T_AT, "at n w19"},
		{EXH_T_NONE, NULL},
	};
	const json_t *list = exh_list(h->model, "findings"), *finding;
	size_t i, n = json_array_size(list);

	if (!n) {
		exh_paragraph(h, EXH_T_NO_FINDINGS);
		return;
	}
	exh_paragraph(h, EXH_T_FINDINGS_INTRO);
	exh_table(h, EXH_T_CAP_FINDINGS, "findings", columns);
	json_array_foreach (list, i, finding) {
		if (i == MAX_FINDINGS)
			break;
		exh_html(h, "<tr><td class=\"fno\">%s</td><td>", exh_json_str(finding, "id"));
		statement(h, finding);
		exh_html(h, "</td>");
		place_cell(h, finding);
		exh_html(h, "</tr>\n");
	}
	if (n > MAX_FINDINGS)
		exh_table_rest(h, 3, EXH_T_REST,
			       (const char *const[]){exh_grouped(h, n - MAX_FINDINGS).text,
						     exh_grouped(h, n).text, "report.json", NULL});
	exh_table_end(h);
}
