// SPDX-License-Identifier: Apache-2.0
/* The media: partitions, gaps, and what could not be read. */
#include <stdio.h>
#include <string.h>

#include "base/facts.h"
#include "chapters.h"
#include "model.h"

#define MAX_PARTITIONS	256
#define MAX_GAPS	48
#define MAX_ACQUISITION 20

static void rest_row(struct exh_html *h, unsigned columns, size_t shown, size_t n)
{
	if (n > shown)
		exh_table_rest(h, columns, EXH_T_REST,
			       (const char *const[]){exh_grouped(h, n - shown).text,
						     exh_grouped(h, n).text, exh_full_list_path(h),
						     NULL});
}

/* The parts that are there, with a separator between them. */
static void joined_cell(struct exh_html *h, const char *css, const char *const *parts, size_t n)
{
	bool any = false;

	exh_html(h, "<td class=\"%s\">", css);
	for (size_t i = 0; i < n; i++) {
		if (!parts[i] || !*parts[i])
			continue;
		exh_html(h, any ? " \xc2\xb7 <bdi>%s</bdi>" : "<bdi>%s</bdi>", parts[i]);
		any = true;
	}
	exh_html(h, any ? "</td>" : "\xe2\x80\x93</td>");
}

static void type_cell(struct exh_html *h, const json_t *partition)
{
	const char *const parts[] = {exh_json_str(partition, "type"),
				     exh_json_str(partition, "type_id"),
				     exh_json_str(partition, "name")};

	joined_cell(h, "name", parts, 3);
}

static void contents_cell(struct exh_html *h, const json_t *owner)
{
	const json_t *contents = exh_object(owner, "contents");
	const char *kind = exh_word(h, EXH_W_KIND, exh_json_str(contents, "kind"));
	const char *type = exh_json_str(contents, "type");
	const char *const parts[] = {
		kind,
		type && strcmp(type, kind) ? type : NULL,
		exh_json_str(contents, "label"),
		exh_json_str(contents, "uuid"),
		json_is_true(json_object_get(contents, "dirty")) ? exh_say(h->language, EXH_T_DIRTY)
								 : NULL,
	};

	joined_cell(h, "name", parts, 5);
}

static void range_cells(struct exh_html *h, const json_t *range)
{
	exh_cell_number(h, range, "start");
	exh_cell_number(h, range, "length");
	exh_cell(h, "n", exh_size(h, exh_json_u64(range, "length", 0)).text);
}

static void partition_table(struct exh_html *h, const json_t *list)
{
	static const struct exh_column columns[] = {
		{EXH_T_NUMBER, "n w5"}, {EXH_T_START, "n w15"}, {EXH_T_LENGTH, "n w15"},
		{EXH_T_SIZE, "n w11"},	{EXH_T_TYPE, ""},	{EXH_T_HOLDS, "w26"},
		{EXH_T_NONE, NULL},
	};
	const json_t *partition;
	size_t i;

	exh_table(h, EXH_T_CAP_PARTITIONS, "media", columns);
	json_array_foreach (list, i, partition) {
		if (i == MAX_PARTITIONS)
			break;
		exh_html(h, "<tr>");
		exh_cell_number(h, partition, "number");
		range_cells(h, partition);
		type_cell(h, partition);
		contents_cell(h, partition);
		exh_html(h, "</tr>\n");
	}
	rest_row(h, 6, MAX_PARTITIONS, json_array_size(list));
	exh_table_end(h);
}

static void gap_table(struct exh_html *h, const json_t *list)
{
	static const struct exh_column columns[] = {
		{EXH_T_START, "n w17"}, {EXH_T_LENGTH, "n w17"}, {EXH_T_SIZE, "n w13"},
		{EXH_T_ZERO, "w22"},	{EXH_T_HOLDS, ""},	 {EXH_T_NONE, NULL},
	};
	const json_t *gap;
	size_t i;

	if (!json_array_size(list))
		return;
	exh_table(h, EXH_T_CAP_GAPS, "media", columns);
	json_array_foreach (list, i, gap) {
		const json_t *zero = json_object_get(gap, "zero");

		if (i == MAX_GAPS)
			break;
		exh_html(h, "<tr>");
		range_cells(h, gap);
		exh_cell(h, "",
			 exh_say(h->language, !zero		   ? EXH_T_NOT_LOOKED_AT
					      : json_is_true(zero) ? EXH_T_ALL_ZERO
								   : EXH_T_NOT_ALL_ZERO));
		contents_cell(h, gap);
		exh_html(h, "</tr>\n");
	}
	rest_row(h, 5, MAX_GAPS, json_array_size(list));
	exh_table_end(h);
}

static void tables_found(struct exh_html *h, const json_t *list)
{
	static const struct exh_column columns[] = {
		{EXH_T_SCHEME, "w16"},	      {EXH_T_COPY, "w22"}, {EXH_T_START, "n w20"},
		{EXH_T_SECTOR_SIZE, "n w18"}, {EXH_T_VALID, ""},   {EXH_T_NONE, NULL},
	};
	const json_t *table;
	size_t i;

	if (!json_array_size(list))
		return;
	exh_table(h, EXH_T_CAP_TABLES, "media", columns);
	json_array_foreach (list, i, table) {
		const json_t *valid = json_object_get(table, "valid");

		if (i == MAX_GAPS)
			break;
		exh_html(h, "<tr>");
		exh_cell(h, "", exh_json_str(table, "scheme"));
		exh_cell(h, "", exh_json_str(table, "copy"));
		exh_cell_number(h, table, "start");
		exh_cell_number(h, table, "sector_size");
		exh_cell(h, "",
			 json_is_boolean(valid)
				 ? exh_say(h->language, json_is_true(valid) ? EXH_T_YES : EXH_T_NO)
				 : NULL);
		exh_html(h, "</tr>\n");
	}
	exh_table_end(h);
}

void exh_chapter_partitions(struct exh_html *h)
{
	const json_t *scan = exh_object(exh_examination(h), "scan");

	if (!scan) {
		exh_paragraph(h, EXH_T_NO_SCAN);
		return;
	}
	exh_partition_map(h);
	if (json_array_size(exh_list(scan, "partitions")))
		partition_table(h, exh_list(scan, "partitions"));
	else
		exh_paragraph(h, EXH_T_NO_PARTITIONS);
	tables_found(h, exh_list(scan, "tables"));
	gap_table(h, exh_list(scan, "gaps"));
}

static void reason_table(struct exh_html *h, const json_t *by_reason)
{
	static const struct exh_column columns[] = {
		{EXH_T_REASON, ""},
		{EXH_T_SIZE_BYTES, "n w20"},
		{EXH_T_SIZE, "n w16"},
		{EXH_T_NONE, NULL},
	};
	const char *reason;
	json_t *bytes;

	exh_table(h, EXH_T_CAP_REASONS, "media", columns);
	json_object_foreach ((json_t *)by_reason, reason, bytes) {
		exh_html(h, "<tr>");
		exh_cell(h, "", exh_word(h, EXH_W_REASON, reason));
		exh_cell_number(h, by_reason, reason);
		exh_cell(h, "n", exh_size(h, exh_json_u64(by_reason, reason, 0)).text);
		exh_html(h, "</tr>\n");
	}
	exh_table_end(h);
}

static void range_table(struct exh_html *h, enum exh_text caption, const json_t *list, size_t limit,
			uint64_t n)
{
	static const struct exh_column columns[] = {
		{EXH_T_START, "n w21"}, {EXH_T_LENGTH, "n w21"}, {EXH_T_SIZE, "n w16"},
		{EXH_T_REASON, ""},	{EXH_T_NONE, NULL},
	};
	const json_t *range;
	size_t i, shown = 0;

	exh_table(h, caption, "media", columns);
	json_array_foreach (list, i, range) {
		const char *reason = exh_json_str(range, "reason");

		if (i == limit)
			break;
		exh_html(h, "<tr>");
		range_cells(h, range);
		exh_cell(h, "", reason ? exh_word(h, EXH_W_REASON, reason) : NULL);
		exh_html(h, "</tr>\n");
		shown++;
	}
	rest_row(h, 4, shown, n);
	exh_table_end(h);
}

static void acquisition_errors(struct exh_html *h)
{
	const json_t *list =
		exh_list(exh_object(exh_examination(h), "image"), "acquisition_errors");

	if (!json_array_size(list))
		return;
	exh_heading(h, EXH_T_H_ACQUISITION_ERRORS);
	exh_paragraph(h, EXH_T_ACQUISITION_ERRORS_INTRO,
		      exh_grouped(h, json_array_size(list)).text);
	range_table(h, EXH_T_CAP_ACQUISITION_ERRORS, list, MAX_ACQUISITION, json_array_size(list));
}

void exh_chapter_losses(struct exh_html *h)
{
	const json_t *losses = exh_object(h->model, "losses");
	uint64_t ranges = exh_json_u64(losses, "ranges", 0);

	if (!exh_object(exh_examination(h), "before") && !exh_object(exh_examination(h), "after")) {
		exh_paragraph(h, EXH_T_NOTHING_READ);
	} else if (!ranges) {
		exh_paragraph(h, EXH_T_NO_LOSSES);
	} else {
		exh_paragraph(h, EXH_T_LOSSES_INTRO,
			      exh_bytes(h, exh_json_u64(losses, "bytes", 0)).text,
			      exh_grouped(h, ranges).text);
		reason_table(h, exh_object(losses, "by_reason"));
		range_table(h, EXH_T_CAP_LARGEST, exh_list(losses, "largest"), SIZE_MAX, ranges);
	}
	exh_losses_affect(h);
	acquisition_errors(h);
}
