// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "view.h"

#define MAP_COLUMNS 64
#define MAP_ROWS    8
#define MOST_SHOWN  40 /* rows of a table on the terminal; --json has all */

static int misuse(struct cli *cli, const char *text)
{
	cli->misused = cli_misuse(cli->command, "%s", text);
	return -1;
}

static int run(struct cli *cli)
{
	struct exh_rescue_options options = {.size = sizeof(options)};
	int r;

	if (cli->args.export_map)
		return exh_rescue_map(cli->ctx, cli->image, cli->args.partitions.list[0],
				      &cli->text);
	if (cli->args.export_domain)
		options.domain = &cli->text;
	r = exh_rescue(cli->ctx, cli->image, &options, &cli->facts);
	if (!r && cli->args.svg)
		r = exh_rescue_draw(cli->ctx, cli->facts, cli->args.svg);
	return r < 0 ? r : 0;
}

int cmd_rescue(struct cli *cli)
{
	int r;

	if (cli->args.export_map != (cli->args.partitions.n == 1) || cli->args.partitions.n > 1)
		return misuse(cli, "--export-map and one -p N go together");
	if (cli->args.export_map && cli->args.export_domain)
		return misuse(cli, "one export at a time");
	if (cli->args.operands.n > 1)
		cli->args.mapfile = cli->args.operands.list[1];
	r = cli_open_image(cli, cli->args.operands.list[0]);
	return r < 0 ? r : run(cli);
}

/* ---- the map ---- */

/* Share of a cell that is lost, in steps that keep a single sector visible. */
static int shade(uint64_t lost, uint64_t bytes)
{
	if (!lost)
		return 0;
	if (lost >= bytes)
		return 4;
	return lost * 2 >= bytes ? 3 : lost * 64 >= bytes ? 2 : 1;
}

static uint64_t sum_cells(const json_t *cells, size_t from, size_t to)
{
	uint64_t sum = 0;

	for (size_t i = from; i < to; i++)
		sum += (uint64_t)json_integer_value(json_array_get(cells, i));
	return sum;
}

static void show_map(const json_t *facts)
{
	static const char *const marks[] = {"·", "░", "▒", "▓", "█"};
	static const enum view_colour colours[] = {VIEW_GOOD, VIEW_CAREFUL, VIEW_CAREFUL, VIEW_BAD,
						   VIEW_BAD};
	const json_t *map = json_object_get(facts, "map"), *cells = json_object_get(map, "lost");
	size_t n = json_array_size(cells), squares = MAP_COLUMNS * MAP_ROWS;
	uint64_t cell, bytes;

	if (!n || !view_u64(map, "cell", &cell))
		return;
	squares = n < squares ? n : squares;
	view_title("The media, from left to right and down");
	for (size_t i = 0; i < squares; i++) {
		size_t from = i * n / squares, to = (i + 1) * n / squares;
		int s;

		bytes = (to - from) * cell;
		s = shade(sum_cells(cells, from, to), bytes);
		if (i % MAP_COLUMNS == 0)
			fputs("  ", stdout);
		view_coloured(colours[s], marks[s]);
		if ((i + 1) % MAP_COLUMNS == 0 || i + 1 == squares)
			putchar('\n');
	}
	puts("  · whole   ░ a little lost   ▒ a part   ▓ most   █ all lost");
}

/* ---- tables ---- */

static void show_totals(const json_t *facts)
{
	static const struct {
		const char *key, *label;
	} statuses[] = {{"rescued", "Rescued"},
			{"non_tried", "Never tried"},
			{"non_trimmed", "Not trimmed"},
			{"non_scraped", "Not scraped"},
			{"bad", "Bad"}};
	const json_t *totals = json_object_get(facts, "totals");
	struct libscols_table *fields = view_fields();

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		view_field_size(fields, statuses[i].label, totals, statuses[i].key);
	view_print(fields, "By the map");
}

static void show_history(const json_t *facts)
{
	static const struct {
		const char *key, *label;
	} words[] = {{"program", "Program"},
		     {"command_line", "Command"},
		     {"started", "Started"},
		     {"updated", "Last written"},
		     {"state", "State"}};
	const json_t *history = json_object_get(facts, "history");
	struct libscols_table *fields = view_fields();

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		view_field(fields, words[i].label, view_str(history, words[i].key));
	view_print(fields, "The rescue");
}

static void show_lost(const json_t *facts)
{
	static const struct {
		const char *key, *label;
	} classes[] = {{"file_content", "Content of files"},
		       {"file_system_metadata", "File system structures"},
		       {"slack", "Slack"},
		       {"unallocated", "Unallocated space"},
		       {"in_use_by_unknown", "In use, owner unknown"},
		       {"not_analysed", "Contents not readable"},
		       {"outside_partitions", "Outside partitions"},
		       {"past_end", "Past the image's end"}};
	const json_t *lost = json_object_get(facts, "lost");
	struct libscols_table *fields = view_fields();

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		view_field_size(fields, classes[i].label, lost, classes[i].key);
	view_print(fields, "Lost");
}

static void show_places(const json_t *facts, const char *key, const char *title)
{
	static const struct view_column columns[] = {{"NUMBER", SCOLS_FL_RIGHT},
						     {"TYPE", 0},
						     {"START", SCOLS_FL_RIGHT},
						     {"LENGTH", SCOLS_FL_RIGHT},
						     {"LOST", SCOLS_FL_RIGHT}};
	struct libscols_table *table = view_table(columns, 5);
	const json_t *p;
	size_t i;

	json_array_foreach (json_object_get(facts, key), i, p) {
		char number[VIEW_SIZE_TEXT], start[VIEW_SIZE_TEXT], length[VIEW_SIZE_TEXT],
			lost[VIEW_SIZE_TEXT];

		view_row(table, view_decimal(p, "number", number), view_str(p, "type"),
			 view_decimal(p, "start", start), view_decimal(p, "length", length),
			 view_decimal(p, "lost", lost));
	}
	view_print(table, title);
}

static void say_more(size_t n)
{
	if (n > MOST_SHOWN)
		printf("  and %zu more (--json has all)\n", n - MOST_SHOWN);
}

/* What is lost, and what nobody can locate. */
static const char *lost_of(const json_t *file, char text[2 * VIEW_SIZE_TEXT], bool *any_unknown)
{
	uint64_t lost = 0, unknown;

	view_u64(file, "lost", &lost);
	if (!view_u64(file, "not_located", &unknown))
		return view_decimal(file, "lost", text);
	*any_unknown = true;
	snprintf(text, (size_t)2 * VIEW_SIZE_TEXT, "%llu + %llu?", (unsigned long long)lost,
		 (unsigned long long)unknown);
	return text;
}

static void show_hit_files(const json_t *facts)
{
	static const struct view_column columns[] = {
		{"LOST", SCOLS_FL_RIGHT},  {"OF", SCOLS_FL_RIGHT}, {"PART", SCOLS_FL_RIGHT},
		{"INODE", SCOLS_FL_RIGHT}, {"STATE", 0},	   {"PATH", SCOLS_FL_WRAP}};
	const json_t *list = json_object_get(facts, "files"), *f;
	struct libscols_table *table = view_table(columns, 6);
	bool any_unknown = false;
	size_t i;

	json_array_foreach (list, i, f) {
		char lost[2 * VIEW_SIZE_TEXT], size[VIEW_SIZE_TEXT], part[VIEW_SIZE_TEXT],
			inode[VIEW_SIZE_TEXT];
		const char *path = view_str(f, "path");

		if (i == MOST_SHOWN)
			break;
		view_row(table, lost_of(f, lost, &any_unknown), view_decimal(f, "size", size),
			 view_decimal(f, "partition", part), view_decimal(f, "inode", inode),
			 json_is_false(json_object_get(f, "allocated")) ? "deleted" : "",
			 path ? path : "(no name leads to it)");
	}
	view_print(table, "Files that lost content, the worst first");
	if (any_unknown)
		puts("  ? what tells where these bytes are is lost; whether they are lost too is "
		     "not known");
	say_more(json_array_size(list));
}

static void show_metadata(const json_t *facts)
{
	static const struct view_column columns[] = {{"LOST", SCOLS_FL_RIGHT},
						     {"PART", SCOLS_FL_RIGHT},
						     {"KIND", 0},
						     {"WHICH", SCOLS_FL_WRAP},
						     {"WHAT THAT MEANS", SCOLS_FL_WRAP}};
	const json_t *list = json_object_get(facts, "metadata"), *m;
	struct libscols_table *table = view_table(columns, 5);
	size_t i;

	json_array_foreach (list, i, m) {
		char lost[VIEW_SIZE_TEXT], part[VIEW_SIZE_TEXT];

		if (i == MOST_SHOWN)
			break;
		view_row(table, view_decimal(m, "lost", lost), view_decimal(m, "partition", part),
			 view_str(m, "kind"), view_str(m, "name"), view_str(m, "effect"));
	}
	view_print(table, "File system structures that are hit");
	say_more(json_array_size(list));
}

static void show_unreachable(const json_t *facts)
{
	static const struct view_column columns[] = {{"PART", SCOLS_FL_RIGHT},
						     {"INODE", SCOLS_FL_RIGHT},
						     {"WHAT", 0},
						     {"PATH", SCOLS_FL_WRAP},
						     {"BECAUSE", SCOLS_FL_WRAP}};
	const json_t *list = json_object_get(facts, "unreachable"), *u;
	struct libscols_table *table = view_table(columns, 5);
	size_t i;

	json_array_foreach (list, i, u) {
		char part[VIEW_SIZE_TEXT], inode[VIEW_SIZE_TEXT];

		if (i == MOST_SHOWN)
			break;
		view_row(table, view_decimal(u, "partition", part), view_decimal(u, "inode", inode),
			 view_str(u, "what"), view_str(u, "path"), view_str(u, "because"));
	}
	view_print(table, "What cannot be reached because of that");
	say_more(json_array_size(list));
}

void show_rescue(const json_t *facts)
{
	view_image(facts);
	show_history(facts);
	show_totals(facts);
	show_map(facts);
	show_lost(facts);
	show_places(facts, "partitions", "Partitions");
	show_places(facts, "gaps", "In no partition");
	show_hit_files(facts);
	show_metadata(facts);
	show_unreachable(facts);
	view_problems(facts);
}
