// SPDX-License-Identifier: Apache-2.0
/* Parts of a result that several commands print. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view.h"

#define MOST_RANGES	 24
#define REFERENCE_COLUMN 10

/* "2 segments, complete": how many files, and whether all of the evidence is in them. */
static void field_segments(struct libscols_table *fields, const json_t *image)
{
	size_t n = json_array_size(json_object_get(image, "segments"));
	char *text = view_format("%zu file%s, %s", n, n == 1 ? "" : "s",
				 json_is_true(json_object_get(image, "complete")) ? "complete"
										  : "NOT complete");

	view_field(fields, "Set", text);
	free(text);
}

static void field_format(struct libscols_table *fields, const json_t *image)
{
	const char *format = view_str(image, "format"), *variant = view_str(image, "variant");
	char *text;

	if (!format)
		return;
	text = variant ? view_format("%s (%s)", format, variant) : view_format("%s", format);
	view_field(fields, "Format", text);
	free(text);
}

static void field_reading(struct libscols_table *fields, const json_t *facts)
{
	const char *from = view_str(facts, "read_from");
	char size[VIEW_SIZE_TEXT], *text;
	uint64_t bytes;

	if (!view_u64(facts, "bytes", &bytes))
		return;
	text = view_format("%s%s%s", view_size(size, bytes), from ? ", from the " : "",
			   from ? from : "");
	view_field(fields, "Read", text);
	free(text);
}

void view_image(const json_t *facts)
{
	const json_t *image = json_object_get(facts, "image");
	struct libscols_table *fields;

	if (!image)
		return;
	fields = view_fields();
	view_field(fields, "Image", view_str(image, "path"));
	field_format(fields, image);
	view_field_size(fields, "Media", image, "media_size");
	view_field_size(fields, "Sector", image, "sector_size");
	field_segments(fields, image);
	field_reading(fields, facts);
	view_print(fields, NULL);
}

/* "ext4 “label”": what is in there, as far as somebody could tell. */
static char *contents_text(const json_t *holder)
{
	const json_t *contents = json_object_get(holder, "contents");
	const char *kind = view_str(contents, "kind"), *type = view_str(contents, "type");
	const char *label = view_str(contents, "label");
	const char *word = type ? type : kind ? kind : "";
	bool dirty = json_is_true(json_object_get(contents, "dirty"));

	return view_format("%s%s%s%s%s", word, label ? " \"" : "", label ? label : "",
			   label ? "\"" : "", dirty ? " (dirty)" : "");
}

static const char *human_of(const json_t *object, const char *key, char buf[VIEW_SIZE_TEXT])
{
	uint64_t bytes;

	return view_u64(object, key, &bytes) ? view_human(buf, bytes) : NULL;
}

static void partition_row(struct libscols_table *table, const json_t *p)
{
	char number[VIEW_SIZE_TEXT], start[VIEW_SIZE_TEXT], length[VIEW_SIZE_TEXT],
		human[VIEW_SIZE_TEXT];
	const char *type = view_str(p, "type"), *name = view_str(p, "name");
	char *contents = contents_text(p);
	char *label = view_format("%s%s%s%s", type ? type : "", name ? " \"" : "", name ? name : "",
				  name ? "\"" : "");

	view_row(table, view_decimal(p, "number", number), view_decimal(p, "start", start),
		 view_decimal(p, "length", length), human_of(p, "length", human), label, contents);
	free(label);
	free(contents);
}

void view_partitions(const json_t *facts)
{
	static const struct view_column columns[] = {
		{"NR", SCOLS_FL_RIGHT},	  {"START", SCOLS_FL_RIGHT}, {"LENGTH", SCOLS_FL_RIGHT},
		{"SIZE", SCOLS_FL_RIGHT}, {"TYPE", SCOLS_FL_WRAP},   {"CONTENTS", SCOLS_FL_WRAP}};
	struct libscols_table *table = view_table(columns, 6);
	const json_t *p;
	size_t i;

	json_array_foreach (json_object_get(facts, "partitions"), i, p)
		partition_row(table, p);
	view_print(table, "Partitions");
}

void view_digests(const json_t *facts)
{
	struct libscols_table *fields = view_fields();
	const char *algorithm;
	const json_t *value;
	bool filled = view_str(facts, "fill") != NULL;

	json_object_foreach ((json_t *)json_object_get(facts, "digests"), algorithm, value)
		view_field(fields, algorithm, json_string_value(value));
	view_print(fields, filled ? "Digests of the media, with zeros for what could not be read"
				  : "Digests of the media");
}

/* "sidecar, sha256, /evidence/disk.E01.sha256" */
static char *reference_text(const json_t *reference)
{
	const char *source = view_str(reference, "source"),
		   *algorithm = view_str(reference, "algorithm");
	const char *path = view_str(reference, "path");

	return view_format("%s, %s%s%s", source ? source : "?", algorithm ? algorithm : "?",
			   path ? ", " : "", path ? path : "");
}

static void print_below(const char *text)
{
	if (!text)
		return;
	printf("%*s", REFERENCE_COLUMN, "");
	view_paragraph(text, REFERENCE_COLUMN, REFERENCE_COLUMN);
}

/* The value is worth its line only where the digests above do not show it already. */
static void print_reference(const json_t *reference, const json_t *next)
{
	const char *verdict = view_str(reference, "verdict");
	const char *note = view_str(reference, "note"), *next_note = view_str(next, "note");
	bool match = verdict && !strcmp(verdict, "match");
	char *text = reference_text(reference);

	view_coloured(match	? VIEW_GOOD
		      : verdict ? VIEW_BAD
				: VIEW_CAREFUL,
		      match	? "match   "
		      : verdict ? "MISMATCH"
				: "open    ");
	printf("  ");
	view_paragraph(text, REFERENCE_COLUMN, REFERENCE_COLUMN);
	if (!match)
		print_below(view_str(reference, "value"));
	if (!note || !next_note || strcmp(note, next_note) != 0)
		print_below(note);
	free(text);
}

void view_references(const json_t *facts)
{
	const json_t *list = json_object_get(facts, "references"), *reference;
	size_t i;

	if (json_array_size(list))
		view_title("References");
	json_array_foreach (list, i, reference)
		print_reference(reference, json_array_get(list, i + 1));
}

void view_damage(const json_t *facts)
{
	static const struct view_column columns[] = {
		{"START", SCOLS_FL_RIGHT}, {"LENGTH", SCOLS_FL_RIGHT}, {"REASON", SCOLS_FL_WRAP}};
	const json_t *list = json_object_get(facts, "damage"), *range;
	struct libscols_table *table = view_table(columns, 3);
	char start[VIEW_SIZE_TEXT], length[VIEW_SIZE_TEXT];
	size_t i;

	json_array_foreach (list, i, range) {
		if (i == MOST_RANGES)
			break;
		view_row(table, view_decimal(range, "start", start),
			 view_decimal(range, "length", length), view_str(range, "reason"));
	}
	view_print(table, "Could not be read (bytes)");
	if (json_array_size(list) > MOST_RANGES)
		printf("and %zu further ranges; --json lists all\n",
		       json_array_size(list) - MOST_RANGES);
}

static void device_row(struct libscols_table *table, const json_t *d)
{
	char number[VIEW_SIZE_TEXT], start[VIEW_SIZE_TEXT], human[VIEW_SIZE_TEXT],
		refused[VIEW_SIZE_TEXT];
	const char *partition = view_decimal(d, "partition", number),
		   *device = view_str(d, "device");
	const char *writes = view_decimal(d, "refused_writes", refused);

	view_row(table, partition ? partition : view_str(d, "scope"),
		 view_decimal(d, "start", start), human_of(d, "length", human),
		 json_is_true(json_object_get(d, "read_only")) ? "yes" : "NO",
		 writes ? writes : "not counted", device ? device : view_str(d, "file"));
}

void view_devices(const json_t *attachment)
{
	static const struct view_column columns[] = {
		{"PARTITION", SCOLS_FL_RIGHT}, {"START", SCOLS_FL_RIGHT},
		{"SIZE", SCOLS_FL_RIGHT},      {"READ-ONLY", 0},
		{"REFUSED WRITES", 0},	       {"DEVICE", 0}};
	struct libscols_table *table = view_table(columns, 6);
	const json_t *device;
	size_t i;

	json_array_foreach (json_object_get(attachment, "devices"), i, device)
		device_row(table, device);
	view_print(table, "Devices");
}

static void show_mounts(const json_t *attachment)
{
	static const struct view_column columns[] = {
		{"PARTITION", SCOLS_FL_RIGHT}, {"MOUNTED ON", 0}, {"TYPE", 0}};
	struct libscols_table *table = view_table(columns, 3);
	const json_t *mount;
	char number[VIEW_SIZE_TEXT];
	size_t i;

	json_array_foreach (json_object_get(attachment, "mounts"), i, mount)
		view_row(table, view_decimal(mount, "partition", number), view_str(mount, "dir"),
			 view_str(mount, "type"));
	view_print(table, "Mounts");
}

/* "dd (process 12, user 0)", "kworker/0:1 (a thread of the kernel)" */
static const char *who_tried(const json_t *refusal, char *out, size_t size)
{
	const json_t *process = json_object_get(refusal, "process");
	const char *name = view_str(process, "name"), *thread = view_str(refusal, "thread");

	if (json_is_true(json_object_get(refusal, "by_kernel")))
		snprintf(out, size, "%s (a thread of the kernel)", thread ? thread : "?");
	else
		snprintf(out, size, "%s (process %lld, user %lld)", name ? name : "?",
			 (long long)json_integer_value(json_object_get(process, "pid")),
			 (long long)json_integer_value(json_object_get(process, "uid")));
	return out;
}

static void refusal_row(struct libscols_table *table, const json_t *device, const char *key)
{
	const json_t *refusal = json_object_get(device, key);
	char start[VIEW_SIZE_TEXT], length[VIEW_SIZE_TEXT], who[160];

	if (refusal)
		view_row(table, view_str(device, "device"), view_str(refusal, "time"),
			 view_str(refusal, "operation"), view_decimal(refusal, "start", start),
			 view_decimal(refusal, "length", length),
			 who_tried(refusal, who, sizeof(who)));
}

static void show_refusals(const json_t *attachment)
{
	static const struct view_column columns[] = {{"DEVICE", 0},
						     {"TIME", 0},
						     {"OPERATION", 0},
						     {"START", SCOLS_FL_RIGHT},
						     {"BYTES", SCOLS_FL_RIGHT},
						     {"BY", 0}};
	struct libscols_table *table = view_table(columns, 6);
	const json_t *device;
	size_t i;

	json_array_foreach (json_object_get(attachment, "devices"), i, device) {
		refusal_row(table, device, "first_refusal");
		if (!json_equal(json_object_get(device, "first_refusal"),
				json_object_get(device, "last_refusal")))
			refusal_row(table, device, "last_refusal");
	}
	view_print(table, "First and last that were refused");
}

static void print_attachment(const json_t *attachment)
{
	const json_t *mapfile = json_object_get(attachment, "mapfile");
	struct libscols_table *fields = view_fields();

	view_field(fields, "Attachment", view_str(attachment, "id"));
	view_field(fields, "Image", view_str(attachment, "image"));
	view_field(fields, "Method", view_str(attachment, "method"));
	view_field(fields, "Since", view_str(attachment, "since"));
	view_field(fields, "Case", view_str(attachment, "case"));
	if (mapfile) {
		view_field(fields, "Mapfile", view_str(mapfile, "path"));
		view_field_size(fields, "Not rescued", mapfile, "not_rescued");
		view_field(fields, "Reads as", view_str(mapfile, "holes"));
	}
	view_print(fields, NULL);
	view_devices(attachment);
	show_mounts(attachment);
	show_refusals(attachment);
}

void view_attachments(const json_t *facts)
{
	const json_t *attachment;
	size_t i;

	json_array_foreach (json_object_get(facts, "attachments"), i, attachment) {
		if (i)
			putchar('\n');
		print_attachment(attachment);
	}
}

static const struct {
	const char *verdict;
	enum view_colour colour;
	const char *meaning;
} verdicts[] = {
	{"match", VIEW_GOOD, "every reference agrees with what was read"},
	{"mismatch", VIEW_BAD, "at least one reference differs from what was read"},
	{"no-reference", VIEW_CAREFUL, "there is nothing to compare with: nothing was verified"},
	{"undecided", VIEW_CAREFUL, "not every byte could be read, so nobody can tell"},
	{"unchanged", VIEW_GOOD, "the evidence is the same after the work as before it"},
	{"changed", VIEW_BAD, "the evidence is NOT the same after the work as before it"},
	{"intact", VIEW_GOOD, "the record holds: no entry was altered, removed or added"},
	{"altered", VIEW_BAD, "the record was altered after it was written"},
	{"truncated", VIEW_BAD, "the end of the record is gone"},
	{"unsealed", VIEW_CAREFUL, "the record has no valid seal over its last entries"},
	{"unreadable", VIEW_CAREFUL, "the record could not be read"},
};

void view_verdict(const json_t *facts)
{
	const char *verdict = view_str(facts, "verdict");

	if (!verdict)
		return;
	printf("\nVerdict: ");
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		if (strcmp(verdict, verdicts[i].verdict) != 0)
			continue;
		view_coloured(verdicts[i].colour, verdict);
		printf(" - %s\n", verdicts[i].meaning);
		return;
	}
	view_paragraph(verdict, 9, 9);
}

static void print_problem(const json_t *problem, const char *severity, enum view_colour colour)
{
	uint64_t start, length;
	char *text;

	if (view_u64(problem, "start", &start) && view_u64(problem, "length", &length))
		text = view_format("%s [%s, %llu bytes at %llu]", view_str(problem, "text"),
				   view_str(problem, "code"), (unsigned long long)length,
				   (unsigned long long)start);
	else
		text = view_format("%s [%s]", view_str(problem, "text"), view_str(problem, "code"));
	view_coloured(colour, severity);
	printf(": ");
	view_paragraph(text, (unsigned)strlen(severity) + 2, 4);
	free(text);
}

void view_undone(const json_t *facts, const char *nothing)
{
	const json_t *list = json_object_get(facts, "attachments"), *attachment;
	size_t i;

	if (nothing && !json_array_size(list) &&
	    !json_array_size(json_object_get(facts, "problems")))
		puts(nothing);
	json_array_foreach (list, i, attachment) {
		const char *id = view_str(attachment, "id"), *image = view_str(attachment, "image");
		char *text = view_format("Detached %s, of %s.", id ? id : "?", image ? image : "?");

		view_paragraph(text, 0, 2);
		free(text);
	}
}

/* What the command failed with: it is on standard error already. */
static const char *failure_of(const json_t *facts)
{
	const json_t *problem;
	size_t i;

	json_array_foreach (json_object_get(facts, "problems"), i, problem) {
		const char *code = view_str(problem, "code");

		if (code && !strcmp(code, "failed"))
			return view_str(problem, "text");
	}
	return NULL;
}

static bool is_listed(const json_t *problem, const char *severity, const char *failure)
{
	const char *text = view_str(problem, "text"), *s = view_str(problem, "severity");

	return s && !strcmp(s, severity) && !(text && failure && strstr(failure, text));
}

void view_problems(const json_t *facts)
{
	static const struct {
		const char *severity;
		enum view_colour colour;
	} severities[] = {{"error", VIEW_BAD}, {"warning", VIEW_CAREFUL}, {"note", VIEW_PLAIN}};
	const char *failure = failure_of(facts);
	const json_t *problem;
	bool titled = false;
	size_t i;

	for (size_t s = 0; s < sizeof(severities) / sizeof(severities[0]); s++) {
		json_array_foreach (json_object_get(facts, "problems"), i, problem) {
			if (!is_listed(problem, severities[s].severity, failure))
				continue;
			if (!titled)
				view_title("Problems");
			titled = true;
			print_problem(problem, severities[s].severity, severities[s].colour);
		}
	}
}
