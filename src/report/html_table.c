// SPDX-License-Identifier: Apache-2.0
#include "html.h"

#include <stdio.h>
#include <string.h>

#include "base/facts.h"

/* In proceedings a table is referred to by its number. */
static void caption_of(struct exh_html *h, enum exh_text caption)
{
	exh_html(h, "<caption><span class=\"tno\">%s %u</span>%s</caption>",
		 exh_say(h->language, EXH_T_TABLE), ++h->tables, exh_say(h->language, caption));
}

void exh_table(struct exh_html *h, enum exh_text caption, const char *css,
	       const struct exh_column *columns)
{
	exh_html(h, "<table class=\"%s\">", css);
	caption_of(h, caption);
	exh_html(h, "<thead><tr>");
	for (; columns->heading != EXH_T_NONE; columns++)
		exh_html(h, "<th scope=\"col\" class=\"%s\">%s</th>", columns->css,
			 exh_say(h->language, columns->heading));
	exh_html(h, "</tr></thead><tbody>\n");
}

void exh_table_end(struct exh_html *h)
{
	exh_html(h, "</tbody></table>\n");
}

void exh_table_rest(struct exh_html *h, unsigned columns, enum exh_text id,
		    const char *const *values)
{
	exh_html(h, "<tr class=\"rest\"><td colspan=\"%u\">", columns);
	exh_html_fill(h, id, values);
	exh_html(h, "</td></tr>\n");
}

void exh_cell(struct exh_html *h, const char *css, const char *value)
{
	exh_html(h, "<td class=\"%s\">%s</td>", css, value ? value : "\xe2\x80\x93");
}

const char *exh_short(const char *text)
{
	return text && strlen(text) <= 16 ? "nb" : "";
}

void exh_cell_number(struct exh_html *h, const json_t *object, const char *key)
{
	uint64_t n = exh_json_u64(object, key, UINT64_MAX);

	exh_cell(h, "n", n == UINT64_MAX ? NULL : exh_grouped(h, n).text);
}

void exh_cell_hex(struct exh_html *h, const char *hex)
{
	exh_html(h, "<td>");
	if (hex)
		exh_html_hex(h, hex);
	else
		exh_html(h, "\xe2\x80\x93");
	exh_html(h, "</td>");
}

void exh_cell_verdict(struct exh_html *h, const char *verdict)
{
	static const char *const held[] = {"match", "unchanged", "intact"};
	static const char *const said_no[] = {"mismatch", "changed", "altered", "truncated",
					      "missing"};
	const char *css = "verdict";

	for (size_t i = 0; verdict && i < sizeof(held) / sizeof(held[0]); i++)
		if (!strcmp(held[i], verdict))
			css = "verdict yes";
	for (size_t i = 0; verdict && i < sizeof(said_no) / sizeof(said_no[0]); i++)
		if (!strcmp(said_no[i], verdict))
			css = "verdict no";
	exh_cell(h, css, verdict ? exh_word(h, EXH_W_VERDICT, verdict) : NULL);
}

void exh_facts_begin(struct exh_html *h, enum exh_text caption)
{
	exh_html(h, "<table class=\"facts\">");
	caption_of(h, caption);
	exh_html(h, "<tbody>\n");
}

void exh_facts_end(struct exh_html *h)
{
	exh_table_end(h);
}

static void label(struct exh_html *h, const char *text)
{
	exh_html(h, "<tr><th scope=\"row\">%s</th>", text);
}

void exh_fact(struct exh_html *h, enum exh_text id, const char *value, enum exh_text absent)
{
	label(h, exh_say(h->language, id));
	exh_html(h, "<td class=\"%s\">%s</td></tr>\n", value ? "" : "absent",
		 value ? value : exh_say(h->language, absent));
}

void exh_fact_words(struct exh_html *h, enum exh_text id, enum exh_text words)
{
	exh_fact(h, id, exh_say(h->language, words), EXH_T_NONE);
}

void exh_fact_hex(struct exh_html *h, enum exh_text id, const char *hex, enum exh_text absent)
{
	if (!hex) {
		exh_fact(h, id, NULL, absent);
		return;
	}
	label(h, exh_say(h->language, id));
	exh_cell_hex(h, hex);
	exh_html(h, "</tr>\n");
}

void exh_fact_size(struct exh_html *h, enum exh_text id, const json_t *object, const char *key,
		   enum exh_text absent)
{
	uint64_t n = exh_json_u64(object, key, UINT64_MAX);

	exh_fact(h, id, n == UINT64_MAX ? NULL : exh_bytes(h, n).text, absent);
}

bool exh_is_digest(const char *key, const json_t *value)
{
	const char *text = json_string_value(value);

	return text && (strstr(key, "sha256") ||
			(strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64));
}

static void member_value(struct exh_html *h, const char *key, const json_t *value)
{
	char number[32];

	if (exh_is_digest(key, value)) {
		exh_cell_hex(h, json_string_value(value));
	} else if (json_is_string(value)) {
		exh_cell(h, "",
			 exh_is_time(json_string_value(value))
				 ? exh_utc(json_string_value(value)).text
				 : json_string_value(value));
	} else if (json_is_integer(value)) {
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
		exh_cell(h, "", number);
	} else if (json_is_real(value)) {
		exh_cell(h, "", exh_decimal(h, json_real_value(value), 3).text);
	} else {
		exh_cell(h, "", exh_say(h->language, json_is_true(value) ? EXH_T_YES : EXH_T_NO));
	}
}

void exh_fact_members(struct exh_html *h, const json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)object, key, value) {
		if (json_is_object(value)) {
			exh_fact_members(h, value);
			continue;
		}
		if (json_is_array(value) || json_is_null(value))
			continue;
		label(h, exh_label(h, key).text);
		member_value(h, key, value);
		exh_html(h, "</tr>\n");
	}
}

void exh_paragraph_of(struct exh_html *h, const char *css, enum exh_text id,
		      const char *const *values)
{
	exh_html(h, "<p class=\"%s\">", css);
	exh_html_fill(h, id, values);
	exh_html(h, "</p>\n");
}

void exh_heading(struct exh_html *h, enum exh_text id)
{
	exh_html(h, "<h3>%s</h3>\n", exh_say(h->language, id));
}
