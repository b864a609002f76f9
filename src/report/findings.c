// SPDX-License-Identifier: Apache-2.0
/* Numbers what was found, so that it can be spoken about: each finding says where it stands in the
 * facts and with which command anybody gets it again. */
#include "model.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"

#define MAX_FINDINGS 5000

struct findings {
	json_t *list;
	char *image; /* quoted for a shell */
	const json_t *examination;
};

/* 'it'\''s': whatever stands in the name, a shell takes it as one word. */
static char *quoted(const char *text)
{
	size_t n = strlen(text), used = 0;
	char *out = malloc(n * 4 + 3);

	if (!out)
		return NULL;
	if (n && !text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789/._-+=:,{}")])
		return strcpy(out, text);
	out[used++] = '\'';
	for (; *text; text++) {
		if (*text == '\'')
			used += (size_t)sprintf(out + used, "'\\''");
		else
			out[used++] = *text;
	}
	out[used++] = '\'';
	out[used] = 0;
	return out;
}

static char *formatted(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static char *formatted(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	return text;
}

/* fact is a JSON pointer into report.json; place gives start and length; command is owned. */
static json_t *find(struct findings *f, const char *kind, const char *fact, const json_t *place,
		    char *command)
{
	_cleanup_free_ char *owned = command;
	json_t *finding;
	char id[16];

	if (json_array_size(f->list) >= MAX_FINDINGS)
		return NULL;
	snprintf(id, sizeof(id), "F-%03zu", json_array_size(f->list) + 1);
	finding = json_pack("{s:s, s:s, s:s}", "id", id, "kind", kind, "fact", fact);
	if (command)
		json_object_set_new(finding, "command", json_string(command));
	if (json_object_get(place, "start")) {
		json_object_set(finding, "start", json_object_get(place, "start"));
		if (json_object_get(place, "length"))
			json_object_set(finding, "length", json_object_get(place, "length"));
	}
	json_array_append_new(f->list, finding);
	return finding;
}

static void find_each(struct findings *f, const json_t *list, const char *kind, const char *base,
		      const char *command)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		_cleanup_free_ char *fact = formatted("%s/%zu", base, i);

		find(f, kind, fact ? fact : base, item, formatted("%s %s", command, f->image));
	}
}

static bool is_ewf(const json_t *image)
{
	const char *format = exh_json_str(image, "format");

	return format && !strncmp(format, "ewf", 3);
}

static void find_readings(struct findings *f, const json_t *image)
{
	static const char *const readings[] = {"before", "after"};

	for (size_t i = 0; i < 2; i++) {
		const json_t *reading = exh_object(f->examination, readings[i]);
		const char *kind = json_object_get(reading, "digests") ? "reading" : "no-digest";
		char fact[48];
		json_t *finding;

		if (!reading)
			continue;
		snprintf(fact, sizeof(fact), "/examination/%s", readings[i]);
		finding = find(f, kind, fact, NULL, formatted("exhibit verify %s", f->image));
		if (finding && is_ewf(image))
			json_object_set_new(finding, "other_tool",
					    json_sprintf("ewfverify -d sha256 %s", f->image));
		else if (finding && json_array_size(exh_list(image, "segments")) == 1)
			json_object_set_new(finding, "other_tool",
					    json_sprintf("sha256sum %s", f->image));
	}
	find_each(f, exh_list(exh_object(f->examination, "before"), "references"), "reference",
		  "/examination/before/references", "exhibit verify");
}

static void name_other_tool(json_t *finding, const json_t *partition, uint64_t sector,
			    const char *image)
{
	const char *kind = exh_json_str(exh_object(partition, "contents"), "kind");
	uint64_t start = exh_json_u64(partition, "start", UINT64_MAX);

	if (!finding || !kind || strcmp(kind, "filesystem") || !sector || start == UINT64_MAX ||
	    start % sector)
		return;
	json_object_set_new(finding, "other_tool",
			    json_sprintf("fsstat -b %llu -o %llu %s", (unsigned long long)sector,
					 (unsigned long long)(start / sector), image));
}

static void find_partitions(struct findings *f)
{
	const json_t *scan = exh_object(f->examination, "scan"), *partition;
	uint64_t sector = exh_json_u64(scan, "sector_size", 512);
	size_t i;

	find_each(f, exh_list(scan, "tables"), "table", "/examination/scan/tables", "exhibit scan");
	json_array_foreach (exh_list(scan, "partitions"), i, partition) {
		_cleanup_free_ char *fact = formatted("/examination/scan/partitions/%zu", i);

		name_other_tool(find(f, "partition", fact ? fact : "", partition,
				     formatted("exhibit scan %s", f->image)),
				partition, sector, f->image);
	}
}

static bool is_silent(const json_t *gap)
{
	return !exh_object(gap, "contents") && !json_is_false(json_object_get(gap, "zero"));
}

static void find_gaps(struct findings *f)
{
	const json_t *gap;
	size_t i;

	json_array_foreach (exh_list(exh_object(f->examination, "scan"), "gaps"), i, gap) {
		_cleanup_free_ char *fact = formatted("/examination/scan/gaps/%zu", i);

		if (!is_silent(gap))
			find(f, "gap", fact ? fact : "", gap,
			     formatted("exhibit scan --deep %s", f->image));
	}
}

static const char *placeholder_of(const json_t *attachments, const char *argument, char out[24])
{
	const json_t *attachment, *device;
	size_t i, k;

	json_array_foreach (attachments, i, attachment)
		json_array_foreach (exh_list(attachment, "devices"), k, device) {
			const char *path = exh_json_str(device, "device")
						   ? exh_json_str(device, "device")
						   : exh_json_str(device, "file");

			if (!path || strcmp(path, argument))
				continue;
			snprintf(out, 24, "{disk}");
			if (json_object_get(device, "partition"))
				snprintf(out, 24, "{p%llu}",
					 (unsigned long long)exh_json_u64(device, "partition", 0));
			return out;
		}
	return argument;
}

/* The command as it can be given again: devices have other names the next time. */
static char *analysis_command(const struct findings *f, const json_t *argv)
{
	char *command = formatted("exhibit examine %s --", f->image);
	const json_t *argument;
	size_t i;

	json_array_foreach (argv, i, argument) {
		char placeholder[24];
		_cleanup_free_ char *before = command;
		_cleanup_free_ char *word = quoted(placeholder_of(
			exh_list(f->examination, "attachments"),
			json_is_string(argument) ? json_string_value(argument) : "", placeholder));

		command = formatted("%s %s", before ? before : "", word ? word : "");
	}
	return command;
}

static void find_analysis(struct findings *f)
{
	const json_t *analysis = exh_object(f->examination, "analysis");

	if (analysis)
		find(f, "analysis", "/examination/analysis", NULL,
		     analysis_command(f, exh_list(analysis, "argv")));
	if (exh_object(f->examination, "files"))
		find(f, "files", "/examination/files", NULL,
		     formatted("exhibit files %s", f->image));
}

static void find_losses(struct findings *f, const json_t *model)
{
	const json_t *image = exh_object(f->examination, "image");

	if (exh_json_u64(exh_object(model, "losses"), "ranges", 0))
		find(f, "losses", "/losses", NULL, formatted("exhibit verify %s", f->image));
	if (json_array_size(exh_list(image, "acquisition_errors")))
		find(f, "acquisition-errors", "/examination/image/acquisition_errors", NULL,
		     formatted("exhibit info %s", f->image));
}

void exh_findings_number(json_t *model)
{
	const json_t *examination = exh_object(model, "examination");
	const json_t *image = exh_object(examination, "image");
	const char *path = exh_json_str(image, "path");
	_cleanup_free_ char *name = quoted(path ? path : "IMAGE");
	struct findings f = {.list = json_array(), .image = name, .examination = examination};

	if (examination && name) {
		if (image)
			find(&f, "image", "/examination/image", NULL,
			     formatted("exhibit info %s", f.image));
		find_readings(&f, image);
		find_partitions(&f);
		find_gaps(&f);
		find_analysis(&f);
		find_losses(&f, model);
		if (json_object_get(model, "refused_writes"))
			find(&f, "refused-writes", "/refused_writes", NULL, NULL);
	}
	json_object_set_new(model, "findings", f.list);
}
