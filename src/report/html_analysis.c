// SPDX-License-Identifier: Apache-2.0
/* How the evidence was protected while it was used, and what was run on it. */
#include <stdio.h>
#include <string.h>

#include "base/facts.h"
#include "chapters.h"
#include "model.h"

#define MAX_TYPES   40 /* that the table shows */
#define MAX_DEVICES 256

static void scope_cell(struct exh_html *h, const json_t *device)
{
	const char *scope = exh_json_str(device, "scope");
	char text[160] = "";

	if (scope && !strcmp(scope, "disk"))
		snprintf(text, sizeof(text), "%s", exh_say(h->language, EXH_T_WHOLE_DISK));
	else
		snprintf(text, sizeof(text), "%s %s", exh_say(h->language, EXH_T_PARTITION),
			 exh_plain(exh_json_u64(device, "partition", 0)).text);
	exh_cell(h, "", text);
}

static void read_only_cell(struct exh_html *h, const json_t *device)
{
	const json_t *read_only = json_object_get(device, "read_only");

	exh_cell(h, json_is_false(read_only) ? "verdict no" : "",
		 json_is_boolean(read_only)
			 ? exh_say(h->language,
				   json_is_true(read_only) ? EXH_T_READ_ONLY : EXH_T_WRITABLE)
			 : NULL);
}

static void device_table(struct exh_html *h, const json_t *devices)
{
	static const struct exh_column columns[] = {
		{EXH_T_SCOPE, "w14"},	 {EXH_T_DEVICE, "name"},     {EXH_T_START, "n w16"},
		{EXH_T_LENGTH, "n w16"}, {EXH_T_KERNEL_SAYS, "w13"}, {EXH_T_REFUSED, "n w12"},
		{EXH_T_NONE, NULL},
	};
	const json_t *device;
	size_t i;

	exh_table(h, EXH_T_CAP_DEVICES, "media", columns);
	json_array_foreach (devices, i, device) {
		const char *path = exh_json_str(device, "device");

		if (i == MAX_DEVICES)
			break;
		exh_html(h, "<tr>");
		scope_cell(h, device);
		exh_cell(h, "name", path ? path : exh_json_str(device, "file"));
		exh_cell_number(h, device, "start");
		exh_cell_number(h, device, "length");
		read_only_cell(h, device);
		exh_cell_number(h, device, "refused_writes");
		exh_html(h, "</tr>\n");
	}
	if (json_array_size(devices) > MAX_DEVICES)
		exh_table_rest(h, 6, EXH_T_REST,
			       (const char *const[]){
				       exh_grouped(h, json_array_size(devices) - MAX_DEVICES).text,
				       exh_grouped(h, json_array_size(devices)).text,
				       exh_full_list_path(h), NULL});
	exh_table_end(h);
}

static void attachments(struct exh_html *h)
{
	const json_t *list = exh_list(exh_examination(h), "attachments"), *attachment;
	size_t i;

	if (!json_array_size(list)) {
		exh_paragraph(h, EXH_T_NO_ATTACHMENT);
		return;
	}
	json_array_foreach (list, i, attachment) {
		exh_facts_begin(h, EXH_T_CAP_ATTACHMENT);
		exh_fact_members(h, attachment);
		exh_facts_end(h);
		device_table(h, exh_list(attachment, "devices"));
		exh_refusals(h, attachment);
	}
	exh_remark(h, EXH_T_DEVICES_REMARK);
}

/* What the scan of problems has to say about the watch over the evidence files. */
static void watch(struct exh_html *h)
{
	static const char *const codes[] = {
		"writes-refused",    "writes-detected-only", "lease-unavailable", "lease-broken",
		"udev-rule-missing", "evidence-changed",     "unconfined"};
	const json_t *group;
	size_t i, shown = 0;

	exh_heading(h, EXH_T_H_WATCH);
	exh_html(h, "<ul>\n");
	json_array_foreach (exh_list(h->model, "problem_groups"), i, group) {
		const char *code = exh_json_str(group, "code");
		const char *meaning = exh_json_str(group, "meaning");

		for (size_t k = 0; code && k < sizeof(codes) / sizeof(codes[0]); k++) {
			if (strcmp(codes[k], code))
				continue;
			exh_html(h, "<li>%s (<code>%s</code>, \xc3\x97 %s)</li>\n",
				 meaning ? meaning : code, code,
				 exh_grouped(h, exh_json_u64(group, "count", 0)).text);
			shown++;
		}
	}
	if (!shown)
		exh_html(h, "<li>%s</li>\n", exh_say(h->language, EXH_T_NOTHING_WATCHED));
	exh_html(h, "</ul>\n");
}

static void confinement(struct exh_html *h)
{
	const json_t *analysis = exh_analysis(h);
	const json_t *confined = json_object_get(analysis, "confined");
	const json_t *protection;
	size_t i;

	if (!analysis)
		return;
	exh_heading(h, EXH_T_H_CONFINEMENT);
	exh_paragraph(h, json_is_true(confined)	   ? EXH_T_CONFINED
			 : json_is_false(confined) ? EXH_T_UNCONFINED
						   : EXH_T_CONFINEMENT_UNKNOWN);
	if (!json_array_size(exh_list(analysis, "protections")))
		return;
	exh_html(h, "<ul>\n");
	json_array_foreach (exh_list(analysis, "protections"), i, protection)
		if (json_is_string(protection))
			exh_html(h, "<li>%s</li>\n", json_string_value(protection));
	exh_html(h, "</ul>\n");
}

void exh_chapter_protection(struct exh_html *h)
{
	exh_paragraph(h, EXH_T_PROTECTION_INTRO);
	attachments(h);
	watch(h);
	confinement(h);
}

static void arguments(struct exh_html *h, const json_t *argv)
{
	const json_t *argument;
	size_t i;

	exh_html(h, "<p class=\"argv\">");
	json_array_foreach (argv, i, argument)
		if (json_is_string(argument))
			exh_html(h, "<code>%s</code> ", json_string_value(argument));
	exh_html(h, "</p>\n");
}

static const char *number_of(const struct exh_html *h, const json_t *object, const char *key,
			     char out[40])
{
	const json_t *v = json_object_get(object, key);

	if (json_is_string(v))
		return json_string_value(v);
	if (!json_is_number(v))
		return NULL;
	if (json_is_integer(v))
		snprintf(out, 40, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else
		snprintf(out, 40, "%.39s", exh_decimal(h, json_number_value(v), 2).text);
	return out;
}

static void output(struct exh_html *h, enum exh_text label, const json_t *file)
{
	exh_html(h, "<tr>");
	exh_cell(h, "", exh_say(h->language, label));
	exh_cell(h, "name", exh_json_str(file, "path"));
	exh_cell_number(h, file, json_object_get(file, "bytes") ? "bytes" : "rows");
	exh_cell_hex(h, exh_json_str(file, "sha256"));
	exh_html(h, "</tr>\n");
}

static void outputs(struct exh_html *h)
{
	static const struct exh_column columns[] = {
		{EXH_T_WHAT, "w15"}, {EXH_T_FILE, "name w26"}, {EXH_T_AMOUNT, "n w13"},
		{EXH_T_SHA256, ""},  {EXH_T_NONE, NULL},
	};
	const json_t *analysis = exh_analysis(h);
	const json_t *files = exh_object(exh_examination(h), "files");

	if (!exh_object(analysis, "stdout") && !exh_object(analysis, "stderr") && !files)
		return;
	exh_table(h, EXH_T_CAP_OUTPUTS, "hashes", columns);
	if (exh_object(analysis, "stdout"))
		output(h, EXH_T_STDOUT, exh_object(analysis, "stdout"));
	if (exh_object(analysis, "stderr"))
		output(h, EXH_T_STDERR, exh_object(analysis, "stderr"));
	if (files)
		output(h, EXH_T_FILE_LIST, exh_file_list(files));
	exh_table_end(h);
	exh_remark(h, EXH_T_OUTPUTS_REMARK);
}

/* What libmagic takes the contents of the files for. */
static void types(struct exh_html *h)
{
	static const struct exh_column columns[] = {{EXH_T_CONTENT_TYPE, "name"},
						    {EXH_T_FILES_OF_TYPE, "n w18"},
						    {EXH_T_BYTES_OF_TYPE, "n w22"},
						    {EXH_T_NONE, NULL}};
	const json_t *list = exh_list(exh_object(exh_examination(h), "files"), "types"), *type;
	size_t i;

	if (!json_array_size(list))
		return;
	exh_table(h, EXH_T_CAP_TYPES, "", columns);
	json_array_foreach (list, i, type) {
		if (i == MAX_TYPES)
			break;
		exh_html(h, "<tr>");
		exh_cell(h, "name", exh_json_str(type, "mime"));
		exh_cell_number(h, type, "files");
		exh_cell_number(h, type, "bytes");
		exh_html(h, "</tr>\n");
	}
	exh_table_end(h);
	exh_remark(h, EXH_T_TYPES_REMARK);
}

void exh_chapter_analysis(struct exh_html *h)
{
	const json_t *analysis = exh_analysis(h);
	char number[40];

	if (!analysis) {
		exh_paragraph(h, exh_object(exh_examination(h), "files") ? EXH_T_BUILT_IN
									 : EXH_T_NO_ANALYSIS);
	} else {
		exh_paragraph(h, EXH_T_ANALYSIS_INTRO);
		arguments(h, exh_list(analysis, "argv"));
		exh_facts_begin(h, EXH_T_CAP_COMMAND);
		if (json_object_get(analysis, "signal"))
			exh_fact(h, EXH_T_SIGNAL, number_of(h, analysis, "signal", number),
				 EXH_T_NOT_RECORDED);
		else
			exh_fact(h, EXH_T_EXIT_STATUS,
				 number_of(h, analysis, "exit_status", number), EXH_T_NOT_RECORDED);
		exh_fact(h, EXH_T_DURATION_SECONDS, number_of(h, analysis, "seconds", number),
			 EXH_T_NOT_RECORDED);
		exh_facts_end(h);
	}
	types(h);
	outputs(h);
}
