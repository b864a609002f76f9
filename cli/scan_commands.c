// SPDX-License-Identifier: Apache-2.0
/* The command lines that reach each partition by hand, with the programs that everybody has. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "view.h"

/* How mmls and fls of the Sleuth Kit call the schemes and file systems that they read. */
static const char *tsk_name(const char *ours)
{
	static const struct {
		const char *ours, *theirs;
	} names[] = {
		{"mbr", "dos"},	    {"gpt", "gpt"},	    {"apm", "mac"},	{"bsd", "bsd"},
		{"sun", "sun"},	    {"ext2", "ext"},	    {"ext3", "ext"},	{"ext4", "ext"},
		{"ntfs", "ntfs"},   {"fat12", "fat12"},	    {"fat16", "fat16"}, {"fat32", "fat32"},
		{"exfat", "exfat"}, {"hfs", "hfs"},	    {"hfsplus", "hfs"}, {"ufs1", "ufs1"},
		{"ufs2", "ufs2"},   {"iso9660", "iso9660"},
	};

	for (size_t i = 0; ours && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i].ours, ours))
			return names[i].theirs;
	return NULL;
}

/* 'it'\''s here': a word of the shell, whatever is in it. */
static char *quoted(const char *text)
{
	char *out = malloc(4 * strlen(text) + 3), *p = out;

	if (!out)
		return NULL;
	*p++ = '\'';
	for (; *text; text++) {
		if (*text == '\'')
			p = stpcpy(p, "'\\''");
		else
			*p++ = *text;
	}
	strcpy(p, "'");
	return out;
}

/* All files of the set, in order, for the programs that take them. */
static char *evidence_words(const json_t *image)
{
	const json_t *segments = json_object_get(image, "segments"), *segment;
	const char *format = view_str(image, "format");
	bool all = format && !strcmp(format, "split-raw");
	char *words = view_format("%s", "");
	size_t i;

	json_array_foreach (segments, i, segment) {
		char *word = quoted(view_str(segment, "path") ? view_str(segment, "path") : "");
		char *longer = view_format("%s%s%s", words, i ? " " : "", word ? word : "");

		free(word);
		free(words);
		words = longer;
		if (!all)
			break;
	}
	return words;
}

/* Steals the line. */
static void add(json_t *lines, char *line)
{
	json_array_append_new(lines, json_string(line));
	free(line);
}

/* The file that losetup can take: raw evidence itself, or what ewfmount makes of it. */
static char *loop_file(json_t *lines, const json_t *image, const char *words)
{
	const char *format = view_str(image, "format");

	if (format && !strcmp(format, "raw"))
		return view_format("%s", words);
	if (!format || strncmp(format, "ewf", 3))
		return NULL;
	add(lines, view_format("mkdir -p /tmp/ewf && ewfmount %s /tmp/ewf", words));
	return view_format("/tmp/ewf/ewf1");
}

/* A label inside a slice is read from where the slice begins. */
static uint64_t slice_of(const json_t *facts, uint64_t table)
{
	const json_t *p;
	uint64_t start, slice = 0;
	size_t i;

	json_array_foreach (json_object_get(facts, "partitions"), i, p) {
		if (view_u64(p, "start", &start) && start <= table && table - start <= 4096 &&
		    !json_object_get(p, "parent"))
			slice = start;
	}
	return slice;
}

static void add_table(json_t *lines, const json_t *facts, const json_t *table, const char *words)
{
	const char *name = tsk_name(view_str(table, "scheme")), *copy = view_str(table, "copy");
	uint64_t sector = 512, start = 0, slice;

	if (!name || (copy && !strcmp(copy, "backup")))
		return;
	view_u64(table, "sector_size", &sector);
	view_u64(table, "start", &start);
	slice = slice_of(facts, start);
	if (slice)
		add(lines,
		    view_format("mmls -t %s -b %llu -o %llu %s", name, (unsigned long long)sector,
				(unsigned long long)(slice / sector), words));
	else
		add(lines,
		    view_format("mmls -t %s -b %llu %s", name, (unsigned long long)sector, words));
}

static void add_mount(json_t *lines, const json_t *contents)
{
	const char *advice = view_str(contents, "advice");
	const char *device = advice ? strstr(advice, "DEVICE") : NULL;

	if (device)
		add(lines, view_format("%.*s\"$device\"%s", (int)(device - advice), advice,
				       device + strlen("DEVICE")));
}

static void add_partition(json_t *lines, const json_t *partition, const char *words,
			  const char *file)
{
	const json_t *contents = json_object_get(partition, "contents");
	const char *fs = tsk_name(view_str(contents, "type"));
	uint64_t start = 0, length = 0;

	view_u64(partition, "start", &start);
	view_u64(partition, "length", &length);
	if (fs)
		add(lines, view_format("fls -r -p -f %s -b 512 -o %llu %s", fs,
				       (unsigned long long)start / 512, words));
	if (!file)
		return;
	add(lines, view_format("device=$(losetup --find --show --read-only --offset %llu "
			       "--sizelimit %llu %s)",
			       (unsigned long long)start, (unsigned long long)length, file));
	add_mount(lines, contents);
	add(lines, view_format("losetup --detach \"$device\""));
}

void cli_scan_commands(json_t *facts)
{
	const json_t *image = json_object_get(facts, "image"), *row;
	char *words = evidence_words(image), *file;
	json_t *list = json_array(), *lines = json_array();
	size_t i;

	json_array_foreach (json_object_get(facts, "tables"), i, row)
		add_table(lines, facts, row, words);
	file = loop_file(lines, image, words);
	json_array_append_new(list, json_pack("{s:o}", "lines", lines));
	json_array_foreach (json_object_get(facts, "partitions"), i, row) {
		lines = json_array();
		add_partition(lines, row, words, file);
		json_array_append_new(list,
				      json_pack("{s:O, s:o}", "partition",
						json_object_get(row, "number"), "lines", lines));
	}
	json_object_set_new(facts, "commands", list);
	free(words);
	free(file);
}

void show_scan_commands(const json_t *facts)
{
	const json_t *list = json_object_get(facts, "commands"), *entry, *line;
	char number[VIEW_SIZE_TEXT];
	size_t i, k;

	if (list)
		view_title("By hand");
	json_array_foreach (list, i, entry) {
		const char *partition = view_decimal(entry, "partition", number);

		printf("# %s%s\n", partition ? "partition " : "the disk",
		       partition ? partition : "");
		json_array_foreach (json_object_get(entry, "lines"), k, line) {
			char *visible = view_visible(json_string_value(line));

			puts(visible ? visible : "");
			free(visible);
		}
	}
}
