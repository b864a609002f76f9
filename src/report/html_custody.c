// SPDX-License-Identifier: Apache-2.0
/* Who had the exhibit, and what was done with it: every handling that is on record. */
#include <stdio.h>
#include <string.h>

#include "base/facts.h"
#include "chapters.h"
#include "model.h"

#define MAX_ROWS   200
#define MAX_LISTED 8 /* files or seals of one entry */

/* Of an entry: what every entry has, what has a column of its own, and the digests, which stand in
 * the chapter on the record. */
static bool is_told_elsewhere(const char *key)
{
	static const char *const keys[] = {"seq", "prev",   "time",   "clock",	 "event",
					   "v",	  "step",   "number", "begin",	 "tool",
					   "key", "public", "root",   "manifest"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(keys[i], key))
			return true;
	return false;
}

static void detail(struct exh_html *h, const char *key, const json_t *value, bool *any)
{
	const char *text = json_string_value(value);

	if (!text || !*text)
		return;
	exh_html(h, *any ? "<br><small>%s</small> " : "<small>%s</small> ", exh_label(h, key).text);
	if (exh_is_digest(key, value))
		exh_html_hex(h, text);
	else
		exh_html(h, "<bdi>%s</bdi>", exh_is_time(text) ? exh_utc(text).text : text);
	*any = true;
}

static void details_of(struct exh_html *h, const json_t *entry, bool *any);

static void details_of_list(struct exh_html *h, const char *key, const json_t *list, bool *any)
{
	const json_t *value;
	size_t i;

	json_array_foreach (list, i, value) {
		if (i == MAX_LISTED)
			break;
		if (json_is_object(value))
			details_of(h, value, any);
		else
			detail(h, key, value, any);
	}
}

static void details_of(struct exh_html *h, const json_t *entry, bool *any)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)entry, key, value) {
		if (is_told_elsewhere(key))
			continue;
		if (json_is_object(value))
			details_of(h, value, any);
		else if (json_is_array(value))
			details_of_list(h, key, value, any);
		else
			detail(h, key, value, any);
	}
}

static void details_cell(struct exh_html *h, const json_t *entry)
{
	bool any = false;

	exh_html(h, "<td class=\"name\">");
	details_of(h, entry, &any);
	exh_html(h, any ? "</td>" : "\xe2\x80\x93</td>");
}

static void row(struct exh_html *h, const json_t *entry)
{
	const char *time = exh_json_str(entry, "time"), *event = exh_json_str(entry, "event");
	const char *step = exh_json_str(entry, "step");

	exh_html(h, "<tr>");
	exh_cell_number(h, entry, "seq");
	exh_cell(h, "time", time ? exh_utc(time).text : NULL);
	exh_html(h, "<td>%s", exh_word(h, EXH_W_EVENT, event));
	if (step)
		exh_html(h, " <small>%s</small>", step);
	exh_html(h, "</td>");
	details_cell(h, entry);
	exh_html(h, "</tr>\n");
}

static void handlings(struct exh_html *h, const json_t *list)
{
	static const struct exh_column columns[] = {
		{EXH_T_SEQ, "n w5"},	 {EXH_T_TIME, "time w21"}, {EXH_T_HANDLING, "w17"},
		{EXH_T_DETAILS, "name"}, {EXH_T_NONE, NULL},
	};
	size_t n = json_array_size(list);

	exh_table(h, EXH_T_CAP_CUSTODY, "custody", columns);
	if (n > MAX_ROWS)
		exh_table_rest(h, 4, EXH_T_REST,
			       (const char *const[]){exh_grouped(h, n - MAX_ROWS).text,
						     exh_grouped(h, n).text, "ledger.jsonl", NULL});
	for (size_t i = n > MAX_ROWS ? n - MAX_ROWS : 0; i < n; i++)
		row(h, json_array_get(list, i));
	exh_table_end(h);
}

static void line_to_sign(struct exh_html *h, const char *seq, const char *released,
			 const char *received)
{
	exh_html(h, *seq ? "<tr><th scope=\"row\">%s</th>" : "<tr><td>%s</td>", seq);
	exh_cell(h, "", released);
	exh_html(h, "<td></td>");
	exh_cell(h, "", received);
	exh_html(h, "<td></td></tr>\n");
}

/* On paper, those who hand over and take over sign; two empty lines for what comes after. */
static void to_sign(struct exh_html *h, const json_t *list)
{
	static const struct exh_column columns[] = {
		{EXH_T_SEQ, "seq w6"},	 {EXH_T_RELEASED_BY, ""}, {EXH_T_SIGNATURE, ""},
		{EXH_T_RECEIVED_BY, ""}, {EXH_T_SIGNATURE, ""},	  {EXH_T_NONE, NULL},
	};
	const json_t *entry;
	size_t i, shown = 0;

	exh_table(h, EXH_T_CAP_TRANSFERS, "sign transfers", columns);
	json_array_foreach (list, i, entry) {
		const char *event = exh_json_str(entry, "event");

		if (!event || strcmp(event, "transfer") || shown++ == MAX_ROWS)
			continue;
		line_to_sign(h, exh_plain(exh_json_u64(entry, "seq", 0)).text,
			     exh_json_str(entry, "released_by"),
			     exh_json_str(entry, "received_by"));
	}
	for (i = 0; i < 2; i++)
		line_to_sign(h, "", "", "");
	exh_table_end(h);
}

void exh_chapter_custody(struct exh_html *h)
{
	const json_t *list = exh_list(h->model, "custody");

	exh_paragraph(h, EXH_T_CUSTODY_INTRO);
	if (json_array_size(list))
		handlings(h, list);
	else
		exh_paragraph(h, EXH_T_NO_CUSTODY);
	to_sign(h, list);
	exh_remark(h, EXH_T_CUSTODY_REMARK);
}
