// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "view.h"

int cmd_info(struct cli *cli)
{
	int r = cli_open_image(cli, cli->args.operands.list[0]);

	return r < 0 ? r : exh_info(cli->ctx, cli->image, &cli->facts);
}

static void show_header(const json_t *header)
{
	static const struct {
		const char *key, *label;
	} rows[] = {{"case_number", "Case number"},
		    {"evidence_number", "Evidence number"},
		    {"examiner", "Examiner"},
		    {"description", "Description"},
		    {"notes", "Notes"},
		    {"acquired", "Acquired"},
		    {"system_date", "System date"},
		    {"operating_system", "Operating system"},
		    {"software", "Software"},
		    {"model", "Model"},
		    {"serial_number", "Serial number"}};
	struct libscols_table *fields = view_fields();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		view_field(fields, rows[i].label, view_str(header, rows[i].key));
	view_print(fields, "Written by the acquiring tool");
}

static void show_segments(const json_t *image)
{
	static const struct view_column columns[] = {{"BYTES", SCOLS_FL_RIGHT},
						     {"FILE", SCOLS_FL_WRAP}};
	struct libscols_table *table = view_table(columns, 2);
	const json_t *segment;
	size_t i;

	json_array_foreach (json_object_get(image, "segments"), i, segment) {
		char size[VIEW_SIZE_TEXT];

		view_row(table, view_decimal(segment, "size", size), view_str(segment, "path"));
	}
	view_print(table, "Files of the set");
}

static void show_stored_hashes(const json_t *image)
{
	struct libscols_table *fields = view_fields();
	const char *algorithm;
	const json_t *value;

	json_object_foreach ((json_t *)json_object_get(image, "stored_hashes"), algorithm, value)
		view_field(fields, algorithm, json_string_value(value));
	view_print(fields, "Stored hashes (not checked here: 'exhibit verify' does)");
}

static void show_acquisition_errors(const json_t *image)
{
	static const struct view_column columns[] = {{"START", SCOLS_FL_RIGHT},
						     {"LENGTH", SCOLS_FL_RIGHT}};
	struct libscols_table *table = view_table(columns, 2);
	const json_t *range;
	size_t i;

	json_array_foreach (json_object_get(image, "acquisition_errors"), i, range) {
		char start[VIEW_SIZE_TEXT], length[VIEW_SIZE_TEXT];

		view_row(table, view_decimal(range, "start", start),
			 view_decimal(range, "length", length));
	}
	view_print(table, "The acquiring tool could not read (bytes)");
}

void show_info(const json_t *facts)
{
	const json_t *image = json_object_get(facts, "image");

	view_image(facts);
	if (json_array_size(json_object_get(image, "segments")) > 1)
		show_segments(image);
	show_header(json_object_get(image, "header"));
	show_stored_hashes(image);
	show_acquisition_errors(image);
	view_problems(facts);
}
