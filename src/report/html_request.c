// SPDX-License-Identifier: Apache-2.0
/* What only people know: the request, its authority, and the exhibits. */
#include <stdio.h>
#include <string.h>

#include "base/facts.h"
#include "chapters.h"
#include "model.h"

#define MAX_EXHIBITS 50

struct field {
	const char *key;
	enum exh_text label;
};

static void fields_of(struct exh_html *h, const struct field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++)
		exh_fact(h, fields[i].label, exh_supplied(h, fields[i].key), EXH_T_NOT_SUPPLIED);
}

/* Always printed: a report without them would hide that nobody supplied them. */
static const struct field usual[] = {
	{"case_number", EXH_T_CASE_NUMBER},
	{"requester", EXH_T_REQUESTER},
	{"requested", EXH_T_REQUESTED},
	{"authority", EXH_T_AUTHORITY},
	{"authority_reference", EXH_T_AUTHORITY_REFERENCE},
	{"authority_date", EXH_T_AUTHORITY_DATE},
	{"purpose", EXH_T_PURPOSE},
	{"scope", EXH_T_SCOPE_OF_WORK},
	{"questions", EXH_T_QUESTIONS},
	{"organisation", EXH_T_ORGANISATION},
	{"address", EXH_T_ADDRESS},
	{"place", EXH_T_PLACE},
	{"examiner", EXH_T_EXAMINER},
	{"role", EXH_T_ROLE},
	{"qualifications", EXH_T_QUALIFICATIONS},
};

/* Printed where they were supplied. */
static const struct field further[] = {
	{"classification", EXH_T_CLASSIFICATION},
	{"time_zone", EXH_T_TIME_ZONE},
	{"notes", EXH_T_NOTES},
};

static void operator_file(struct exh_html *h)
{
	const json_t *file =
		exh_object(exh_object(exh_object(h->model, "case"), "operator"), "file");

	if (!file)
		return;
	exh_fact(h, EXH_T_OPERATOR_FILE, exh_json_str(file, "path"), EXH_T_NOT_RECORDED);
	exh_fact_hex(h, EXH_T_OPERATOR_FILE_SHA256, exh_json_str(file, "sha256"),
		     EXH_T_NOT_RECORDED);
}

void exh_chapter_request(struct exh_html *h)
{
	const json_t *c = exh_object(h->model, "case");

	exh_paragraph(h, EXH_T_REQUEST_INTRO);
	exh_facts_begin(h, EXH_T_CAP_REQUEST);
	fields_of(h, usual, sizeof(usual) / sizeof(usual[0]));
	for (size_t i = 0; i < sizeof(further) / sizeof(further[0]); i++)
		if (exh_supplied(h, further[i].key))
			fields_of(h, &further[i], 1);
	operator_file(h);
	exh_fact(h, EXH_T_CASE_ID, exh_json_str(c, "case"), EXH_T_NOT_RECORDED);
	exh_fact(h, EXH_T_CASE_OPENED,
		 exh_json_str(c, "created") ? exh_utc(exh_json_str(c, "created")).text : NULL,
		 EXH_T_NOT_RECORDED);
	exh_facts_end(h);
}

/* Nobody entered an exhibit: what the operator and the image say of the one that there is. */
static void one_exhibit(struct exh_html *h)
{
	const json_t *header = exh_object(exh_image(h), "header");

	exh_facts_begin(h, EXH_T_CAP_EXHIBIT);
	exh_fact(h, EXH_T_EXHIBIT_NUMBER, exh_supplied(h, "exhibit_number"), EXH_T_NOT_SUPPLIED);
	exh_fact(h, EXH_T_DEVICE_MODEL_STATED, exh_json_str(header, "model"), EXH_T_NOT_STATED);
	exh_fact(h, EXH_T_SERIAL_STATED, exh_json_str(header, "serial_number"), EXH_T_NOT_STATED);
	exh_fact(h, EXH_T_RECEIVED, exh_supplied(h, "received_from"), EXH_T_NOT_SUPPLIED);
	exh_fact(h, EXH_T_CONDITION, exh_supplied(h, "condition"), EXH_T_NOT_SUPPLIED);
	exh_fact(h, EXH_T_DISPOSITION, exh_supplied(h, "disposition"), EXH_T_NOT_SUPPLIED);
	exh_fact(h, EXH_T_IMAGE_FILE, exh_image_path(h), EXH_T_NOT_RECORDED);
	exh_facts_end(h);
}

static void seals(struct exh_html *h, const json_t *list)
{
	const json_t *seal;
	size_t i;

	exh_html(h, "<tr><th scope=\"row\">%s</th><td class=\"%s\">",
		 exh_say(h->language, EXH_T_L_SEAL), json_array_size(list) ? "" : "absent");
	json_array_foreach (list, i, seal)
		exh_html(h, i ? ", <bdi>%s</bdi>" : "<bdi>%s</bdi>",
			 json_is_string(seal) ? json_string_value(seal) : "?");
	exh_html(h, "%s</td></tr>\n",
		 json_array_size(list) ? "" : exh_say(h->language, EXH_T_NOT_SUPPLIED));
}

static void exhibit(struct exh_html *h, const json_t *entry)
{
	static const struct field fields[] = {
		{"condition", EXH_T_CONDITION},	   {"received_from", EXH_T_RECEIVED_FROM},
		{"place", EXH_T_PLACE_OF_RECEIPT}, {"occurred", EXH_T_OCCURRED},
		{"by", EXH_T_ENTERED_BY},
	};
	const json_t *source = exh_object(entry, "source");

	exh_facts_begin(h, EXH_T_CAP_EXHIBIT);
	exh_fact(h, EXH_T_EXHIBIT_NUMBER, exh_json_str(entry, "exhibit"), EXH_T_NOT_SUPPLIED);
	exh_fact(h, EXH_T_DESCRIPTION, exh_json_str(entry, "description"), EXH_T_NOT_SUPPLIED);
	exh_fact(h, EXH_T_MAKE, exh_json_str(source, "make"), EXH_T_NOT_SUPPLIED);
	exh_fact(h, EXH_T_DEVICE_MODEL, exh_json_str(source, "model"), EXH_T_NOT_SUPPLIED);
	exh_fact(h, EXH_T_SERIAL_NUMBER, exh_json_str(source, "serial"), EXH_T_NOT_SUPPLIED);
	seals(h, exh_list(entry, "seals"));
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		exh_fact(h, fields[i].label, exh_json_str(entry, fields[i].key),
			 EXH_T_NOT_SUPPLIED);
	exh_facts_end(h);
}

void exh_chapter_exhibits(struct exh_html *h)
{
	const json_t *list = exh_list(h->model, "exhibits"), *entry;
	size_t i, n = json_array_size(list);

	exh_paragraph(h, n ? EXH_T_EXHIBITS_INTRO : EXH_T_NO_EXHIBITS);
	if (!n)
		one_exhibit(h);
	json_array_foreach (list, i, entry)
		if (i < MAX_EXHIBITS)
			exhibit(h, entry);
	if (n > MAX_EXHIBITS)
		exh_remark(h, EXH_T_REST, exh_grouped(h, n - MAX_EXHIBITS).text,
			   exh_grouped(h, n).text, "report.json");
	exh_remark(h, EXH_T_EXHIBITS_REMARK);
}
