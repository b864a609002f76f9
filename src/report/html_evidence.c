// SPDX-License-Identifier: Apache-2.0
/* Request, image and integrity. */
#include <stdio.h>
#include <string.h>

#include "base/facts.h"
#include "chapters.h"
#include "model.h"

#define MAX_FILES      200
#define MAX_REFERENCES 60

static void container(struct exh_html *h, const json_t *image)
{
	const json_t *complete = json_object_get(image, "complete");

	exh_facts_begin(h, EXH_T_CAP_CONTAINER);
	exh_fact(h, EXH_T_IMAGE_FILE, exh_json_str(image, "path"), EXH_T_NOT_RECORDED);
	exh_fact(h, EXH_T_FORMAT, exh_json_str(image, "format"), EXH_T_NOT_RECORDED);
	if (exh_json_str(image, "variant"))
		exh_fact(h, EXH_T_VARIANT, exh_json_str(image, "variant"), EXH_T_NOT_RECORDED);
	exh_fact_size(h, EXH_T_MEDIA_SIZE, image, "media_size", EXH_T_NOT_RECORDED);
	exh_fact_size(h, EXH_T_SECTOR_SIZE, image, "sector_size", EXH_T_NOT_RECORDED);
	if (json_object_get(image, "chunk_size"))
		exh_fact_size(h, EXH_T_CHUNK_SIZE, image, "chunk_size", EXH_T_NOT_RECORDED);
	exh_fact(h, EXH_T_COMPLETE,
		 complete ? exh_say(h->language,
				    json_is_true(complete) ? EXH_T_YES : EXH_T_SET_INCOMPLETE)
			  : NULL,
		 EXH_T_NOT_RECORDED);
	exh_facts_end(h);
}

static void acquisition(struct exh_html *h, const json_t *image)
{
	static const struct {
		const char *key;
		enum exh_text label;
	} fields[] = {
		{"case_number", EXH_T_CASE_NUMBER},
		{"evidence_number", EXH_T_EVIDENCE_NUMBER},
		{"examiner", EXH_T_EXAMINER},
		{"description", EXH_T_DESCRIPTION},
		{"notes", EXH_T_NOTES},
		{"acquired", EXH_T_ACQUIRED},
		{"system_date", EXH_T_SYSTEM_DATE},
		{"operating_system", EXH_T_OPERATING_SYSTEM},
		{"software", EXH_T_SOFTWARE},
		{"model", EXH_T_DEVICE_MODEL},
		{"serial_number", EXH_T_SERIAL_NUMBER},
	};
	const json_t *header = exh_object(image, "header");

	if (!json_object_size(header)) {
		exh_paragraph(h, EXH_T_NO_HEADER);
		return;
	}
	exh_facts_begin(h, EXH_T_CAP_ACQUISITION);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		exh_fact(h, fields[i].label, exh_json_str(header, fields[i].key), EXH_T_NOT_STATED);
	exh_facts_end(h);
	exh_remark(h, EXH_T_HEADER_REMARK);
}

static void container_files(struct exh_html *h)
{
	static const struct exh_column columns[] = {
		{EXH_T_FILE, "name w22"}, {EXH_T_SIZE_BYTES, "n w13"}, {EXH_T_SHA256_BEFORE, ""},
		{EXH_T_SHA256_AFTER, ""}, {EXH_T_VERDICT, "w12"},      {EXH_T_NONE, NULL},
	};
	const json_t *rows = exh_list(h->model, "container"), *row;
	size_t i, n = json_array_size(rows);

	if (!n)
		return;
	exh_table(h, EXH_T_CAP_FILES, "hashes", columns);
	json_array_foreach (rows, i, row) {
		if (i == MAX_FILES)
			break;
		exh_html(h, "<tr>");
		exh_cell(h, "name", exh_json_str(row, "path"));
		exh_cell_number(h, row, "size");
		exh_cell_hex(h, exh_json_str(row, "before"));
		exh_cell_hex(h, exh_json_str(row, "after"));
		exh_cell_verdict(h, exh_json_str(row, "verdict"));
		exh_html(h, "</tr>\n");
	}
	if (n > MAX_FILES)
		exh_table_rest(h, 5, EXH_T_REST,
			       (const char *const[]){exh_grouped(h, n - MAX_FILES).text,
						     exh_grouped(h, n).text, exh_full_list_path(h),
						     NULL});
	exh_table_end(h);
}

void exh_chapter_image(struct exh_html *h)
{
	const json_t *image = exh_object(exh_examination(h), "image");

	if (!image) {
		exh_paragraph(h, EXH_T_NO_IMAGE);
		return;
	}
	container(h, image);
	container_files(h);
	acquisition(h, image);
}

static void digest_table(struct exh_html *h)
{
	static const struct exh_column columns[] = {
		{EXH_T_ALGORITHM, "nb w11"}, {EXH_T_STORED, ""},	{EXH_T_BEFORE, ""},
		{EXH_T_AFTER, ""},	     {EXH_T_VERDICT, "nb w12"}, {EXH_T_NONE, NULL},
	};
	const json_t *rows = exh_list(h->model, "comparison"), *row;
	size_t i;

	if (!json_array_size(rows)) {
		exh_paragraph(h, EXH_T_NO_DIGESTS);
		return;
	}
	exh_table(h, EXH_T_CAP_DIGESTS, "hashes digests", columns);
	json_array_foreach (rows, i, row) {
		exh_html(h, "<tr><th scope=\"row\">%s</th>",
			 exh_algorithm(exh_json_str(row, "algorithm")).text);
		exh_cell_hex(h, exh_json_str(row, "stored"));
		exh_cell_hex(h, exh_json_str(row, "before"));
		exh_cell_hex(h, exh_json_str(row, "after"));
		exh_cell_verdict(h, exh_json_str(row, "verdict"));
		exh_html(h, "</tr>\n");
	}
	exh_table_end(h);
	exh_remark(h, EXH_T_VERDICT_WORDS);
}

/* One row for both readings; value makes the text of a cell or returns NULL. */
static void reading_row(struct exh_html *h, enum exh_text label,
			const char *(*value)(struct exh_html *h, const json_t *reading,
					     char out[128]))
{
	const json_t *examination = exh_examination(h);
	const json_t *readings[] = {exh_object(examination, "before"),
				    exh_object(examination, "after")};

	exh_html(h, "<tr><th scope=\"row\">%s</th>", exh_say(h->language, label));
	for (size_t i = 0; i < 2; i++) {
		char text[128];
		const char *shown = readings[i] ? value(h, readings[i], text) : NULL;

		exh_cell(h, shown ? "" : "absent",
			 shown ? shown : exh_say(h->language, EXH_T_NOT_RECORDED));
	}
	exh_html(h, "</tr>\n");
}

static const char *bytes_read(struct exh_html *h, const json_t *reading, char out[128])
{
	(void)h;
	if (!json_object_get(reading, "bytes"))
		return NULL;
	snprintf(out, 128, "%s", exh_bytes(h, exh_json_u64(reading, "bytes", 0)).text);
	return out;
}

static const char *read_where(struct exh_html *h, const json_t *reading, char out[128])
{
	const char *word = exh_json_str(reading, "read_from");

	(void)out;
	return word ? exh_word(h, EXH_W_READ_FROM, word) : NULL;
}

static const char *time_of(const json_t *reading, const char *key, char out[128])
{
	const char *time = exh_json_str(reading, key);

	if (!time)
		return NULL;
	snprintf(out, 128, "%s", exh_utc(time).text);
	return out;
}

static const char *started(struct exh_html *h, const json_t *reading, char out[128])
{
	(void)h;
	return time_of(reading, "started", out);
}

static const char *finished(struct exh_html *h, const json_t *reading, char out[128])
{
	(void)h;
	return time_of(reading, "finished", out);
}

static const char *duration(struct exh_html *h, const json_t *reading, char out[128])
{
	const json_t *seconds = json_object_get(reading, "seconds");

	if (!json_is_number(seconds))
		return NULL;
	snprintf(out, 128, "%s %s", exh_decimal(h, json_number_value(seconds), 1).text,
		 exh_say(h->language, EXH_T_SECONDS));
	return out;
}

static const char *damage(struct exh_html *h, const json_t *reading, char out[128])
{
	(void)h;
	snprintf(out, 128, "%zu", json_array_size(exh_list(reading, "damage")));
	return out;
}

static const char *own_verdict(struct exh_html *h, const json_t *reading, char out[128])
{
	const char *verdict = exh_json_str(reading, "verdict");

	(void)out;
	return verdict ? exh_word(h, EXH_W_VERDICT, verdict) : NULL;
}

static void readings(struct exh_html *h)
{
	static const struct exh_column columns[] = {
		{EXH_T_WHAT, "w32"},
		{EXH_T_BEFORE, ""},
		{EXH_T_AFTER, ""},
		{EXH_T_NONE, NULL},
	};

	exh_table(h, EXH_T_CAP_READINGS, "readings", columns);
	reading_row(h, EXH_T_BYTES_READ, bytes_read);
	reading_row(h, EXH_T_READ_FROM, read_where);
	reading_row(h, EXH_T_STARTED, started);
	reading_row(h, EXH_T_FINISHED, finished);
	reading_row(h, EXH_T_DURATION, duration);
	reading_row(h, EXH_T_DAMAGED_RANGES, damage);
	reading_row(h, EXH_T_AGAINST_REFERENCES, own_verdict);
	exh_table_end(h);
	exh_remark(h, EXH_T_READINGS_REMARK);
}

static bool same_member(const json_t *a, const json_t *b, const char *key)
{
	const char *x = exh_json_str(a, key), *y = exh_json_str(b, key);

	return x && y && !strcmp(x, y);
}

static const json_t *same_reference(const json_t *list, const json_t *reference)
{
	const json_t *other;
	size_t i;

	json_array_foreach (list, i, other)
		if (same_member(reference, other, "source") &&
		    same_member(reference, other, "algorithm") &&
		    same_member(reference, other, "value"))
			return other;
	return NULL;
}

static void source_cell(struct exh_html *h, const json_t *reference)
{
	const char *scope = exh_json_str(reference, "scope"),
		   *note = exh_json_str(reference, "note");

	exh_html(h, "<td class=\"name\">%s",
		 exh_word(h, EXH_W_SOURCE, exh_json_str(reference, "source")));
	if (scope && strcmp(scope, "media"))
		exh_html(h, " (%s)", scope);
	if (note)
		exh_html(h, "<br><small>%s</small>", note);
	exh_html(h, "</td>");
}

static void reference_row(struct exh_html *h, const json_t *reference, const json_t *before,
			  const json_t *after)
{
	const char *algorithm = exh_json_str(reference, "algorithm");
	struct exh_shown name = exh_algorithm(algorithm ? algorithm : "?");

	exh_html(h, "<tr>");
	source_cell(h, reference);
	exh_cell(h, exh_short(name.text), name.text);
	exh_cell_hex(h, exh_json_str(reference, "value"));
	exh_cell_verdict(h, exh_json_str(before, "verdict"));
	exh_cell_verdict(h, exh_json_str(after, "verdict"));
	exh_html(h, "</tr>\n");
}

static void references(struct exh_html *h)
{
	static const struct exh_column columns[] = {
		{EXH_T_REFERENCE, "name w23"}, {EXH_T_ALGORITHM, "nb w10"}, {EXH_T_VALUE, ""},
		{EXH_T_BEFORE, "w14"},	       {EXH_T_AFTER, "w14"},	    {EXH_T_NONE, NULL},
	};
	const json_t *before = exh_list(exh_object(exh_examination(h), "before"), "references");
	const json_t *after = exh_list(exh_object(exh_examination(h), "after"), "references");
	const json_t *reference;
	size_t i;

	if (!json_array_size(before) && !json_array_size(after)) {
		exh_paragraph(h, EXH_T_NO_REFERENCES);
		return;
	}
	exh_table(h, EXH_T_CAP_REFERENCES, "hashes", columns);
	json_array_foreach (before, i, reference)
		if (i < MAX_REFERENCES)
			reference_row(h, reference, reference, same_reference(after, reference));
	json_array_foreach (after, i, reference)
		if (i < MAX_REFERENCES && !same_reference(before, reference))
			reference_row(h, reference, NULL, reference);
	exh_table_end(h);
}

void exh_chapter_integrity(struct exh_html *h)
{
	if (!exh_examination(h)) {
		exh_paragraph(h, EXH_T_NO_DIGESTS);
		return;
	}
	exh_paragraph(h, EXH_T_INTEGRITY_INTRO);
	digest_table(h);
	readings(h);
	references(h);
}
