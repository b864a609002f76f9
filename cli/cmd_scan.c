// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "cli.h"
#include "view.h"

int cmd_scan(struct cli *cli)
{
	struct exh_scan_options options = {.size = sizeof(options),
					   .sector_size = cli->args.sector_size,
					   .deep = cli->args.deep};
	int r = cli_open_image(cli, cli->args.operands.list[0]);

	if (!r)
		r = exh_scan(cli->ctx, cli->image, &options, &cli->facts);
	if (r < 0)
		return r;
	if (cli->args.commands)
		cli_scan_commands(cli->facts);
	if (cli->args.svg)
		r = exh_scan_draw(cli->ctx, cli->facts, cli->args.svg);
	return r < 0 ? r : 0;
}

static void show_tables(const json_t *facts)
{
	static const struct view_column columns[] = {{"SCHEME", 0},
						     {"START", SCOLS_FL_RIGHT},
						     {"SECTOR", SCOLS_FL_RIGHT},
						     {"COPY", 0},
						     {"STATE", 0}};
	struct libscols_table *table = view_table(columns, 5);
	const json_t *t;
	size_t i;

	json_array_foreach (json_object_get(facts, "tables"), i, t) {
		char start[VIEW_SIZE_TEXT], sector[VIEW_SIZE_TEXT];

		view_row(table, view_str(t, "scheme"), view_decimal(t, "start", start),
			 view_decimal(t, "sector_size", sector), view_str(t, "copy"),
			 json_is_true(json_object_get(t, "valid")) ? "valid" : "DAMAGED");
	}
	view_print(table, "Partition tables");
}

static void show_other_entries(const json_t *facts)
{
	static const struct view_column columns[] = {{"ROLE", 0},
						     {"START", SCOLS_FL_RIGHT},
						     {"LENGTH", SCOLS_FL_RIGHT},
						     {"TYPE", SCOLS_FL_WRAP}};
	struct libscols_table *table = view_table(columns, 4);
	const json_t *e;
	size_t i;

	json_array_foreach (json_object_get(facts, "other_entries"), i, e) {
		char start[VIEW_SIZE_TEXT], length[VIEW_SIZE_TEXT];

		view_row(table, view_str(e, "role"), view_decimal(e, "start", start),
			 view_decimal(e, "length", length), view_str(e, "type"));
	}
	view_print(table, "Entries that are no partitions");
}

static void gap_row(struct libscols_table *table, const json_t *gap)
{
	const json_t *contents = json_object_get(gap, "contents"),
		     *zero = json_object_get(gap, "zero");
	char start[VIEW_SIZE_TEXT], length[VIEW_SIZE_TEXT], human[VIEW_SIZE_TEXT] = "";
	const char *type = view_str(contents, "type"), *kind = view_str(contents, "kind");
	uint64_t bytes;

	if (view_u64(gap, "length", &bytes))
		view_human(human, bytes);
	view_row(table, view_decimal(gap, "start", start), view_decimal(gap, "length", length),
		 human,
		 json_is_true(zero) ? "all zero"
		 : type		    ? type
				    : kind);
}

static void show_gaps(const json_t *facts)
{
	static const struct view_column columns[] = {{"START", SCOLS_FL_RIGHT},
						     {"LENGTH", SCOLS_FL_RIGHT},
						     {"SIZE", SCOLS_FL_RIGHT},
						     {"CONTENTS", SCOLS_FL_WRAP}};
	struct libscols_table *table = view_table(columns, 4);
	const json_t *gap;
	size_t i;

	json_array_foreach (json_object_get(facts, "gaps"), i, gap)
		gap_row(table, gap);
	view_print(table, "In no partition");
}

static void found_rows(struct libscols_table *table, const json_t *holders)
{
	const json_t *holder, *found;
	size_t i, k;

	json_array_foreach (holders, i, holder) {
		json_array_foreach (json_object_get(holder, "found"), k, found) {
			const json_t *contents = json_object_get(found, "contents");
			char start[VIEW_SIZE_TEXT], length[VIEW_SIZE_TEXT];

			view_row(table, view_decimal(found, "start", start),
				 view_decimal(found, "length", length), view_str(contents, "type"),
				 view_str(contents, "label"));
		}
	}
}

static void show_found(const json_t *facts)
{
	static const struct view_column columns[] = {{"START", SCOLS_FL_RIGHT},
						     {"LENGTH", SCOLS_FL_RIGHT},
						     {"CONTENTS", 0},
						     {"LABEL", SCOLS_FL_WRAP}};
	struct libscols_table *table = view_table(columns, 4);

	found_rows(table, json_object_get(facts, "partitions"));
	found_rows(table, json_object_get(facts, "gaps"));
	view_print(table, "Found where no table has a partition");
}

void show_scan(const json_t *facts)
{
	view_image(facts);
	show_tables(facts);
	view_partitions(facts);
	show_other_entries(facts);
	show_gaps(facts);
	show_found(facts);
	show_scan_commands(facts);
	view_problems(facts);
}
