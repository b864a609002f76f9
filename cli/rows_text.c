// SPDX-License-Identifier: Apache-2.0
/* Rows for people. */
#include <stdio.h>
#include <stdlib.h>

#include "rows.h"

#define TYPES_SHOWN 25

static void head(const struct cli *cli)
{
	(void)cli;
	puts("PART KIND           INODE           SIZE STATE    TYPE                     PATH");
}

static const char *state_of(const json_t *row)
{
	if (json_object_get(row, "lost"))
		return "damaged";
	if (json_is_false(json_object_get(row, "allocated")))
		return "deleted";
	return json_object_get(row, "known") ? "known" : "";
}

static void put(const json_t *row)
{
	char partition[VIEW_SIZE_TEXT], inode[VIEW_SIZE_TEXT], size[VIEW_SIZE_TEXT];
	char *path = view_visible(cli_row_text(row, "path"));
	char *type = view_visible(cli_row_text(row, "mime"));
	char *target = view_visible(cli_row_text(row, "target"));

	printf("%4s %-9s %10s %14s %-8s %-24s %s%s%s\n",
	       cli_row_decimal(row, "partition", partition), cli_row_text(row, "kind"),
	       cli_row_decimal(row, "inode", inode), cli_row_decimal(row, "size", size),
	       state_of(row), type, path, *target ? " -> " : "", target);
	if (json_object_get(row, "error")) {
		char *error = view_visible(cli_row_text(row, "error"));

		printf("     %s\n", error);
		free(error);
	}
	free(path);
	free(type);
	free(target);
}

static void show_file_systems(const json_t *facts)
{
	static const struct view_column columns[] = {
		{"partition", SCOLS_FL_RIGHT}, {"file system", 0},	    {"volume", 0},
		{"allocated", SCOLS_FL_RIGHT}, {"deleted", SCOLS_FL_RIGHT}, {"times", 0}};
	struct libscols_table *table = view_table(columns, 6);
	const json_t *row;
	size_t i;

	json_array_foreach (json_object_get(facts, "filesystems"), i, row) {
		char partition[VIEW_SIZE_TEXT], allocated[VIEW_SIZE_TEXT], deleted[VIEW_SIZE_TEXT];

		view_row(table, view_decimal(row, "partition", partition), view_str(row, "type"),
			 view_str(row, "volume"), view_decimal(row, "allocated", allocated),
			 view_decimal(row, "deleted", deleted), view_str(row, "clock"));
	}
	view_print(table, "File systems");
}

static void show_types(const json_t *facts)
{
	static const struct view_column columns[] = {
		{"type", 0}, {"files", SCOLS_FL_RIGHT}, {"size", SCOLS_FL_RIGHT}};
	struct libscols_table *table = view_table(columns, 3);
	const json_t *types = json_object_get(facts, "types"), *row;
	size_t i;

	json_array_foreach (types, i, row) {
		char files[VIEW_SIZE_TEXT], size[VIEW_SIZE_TEXT];
		uint64_t bytes = 0;

		if (i == TYPES_SHOWN)
			break;
		view_u64(row, "bytes", &bytes);
		view_row(table, view_str(row, "mime"), view_decimal(row, "files", files),
			 view_human(size, bytes));
	}
	view_print(table, json_array_size(types) > TYPES_SHOWN ? "Most frequent types" : "Types");
}

static void tail(const json_t *facts)
{
	show_file_systems(facts);
	show_types(facts);
	view_problems(facts);
}

const struct cli_row_format cli_rows_text = {.name = "text",
					     .head = head,
					     .row = put,
					     .tail = tail,
					     .headless = true,
					     .tells_problems = true};
