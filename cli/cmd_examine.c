// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "view.h"

int cmd_examine(struct cli *cli)
{
	struct exh_examine_options options = {.size = sizeof(options),
					      .case_dir = cli->args.case_dir,
					      .who = cli->args.who,
					      .algorithms = cli->args.algorithms,
					      .expect = cli->args.expect.list,
					      .threads = cli->args.threads,
					      .method = cli->args.method,
					      .command = cli->args.command,
					      .unconfined = cli->args.unconfined,
					      .mount = cli->args.mount,
					      .window = cli->args.window,
					      .report_formats = cli->args.report,
					      .report_language = cli->args.language};
	int r = cli_open_image(cli, cli->args.operands.list[0]);

	return r < 0 ? r : exh_examine(cli->ctx, cli->image, &options, &cli->facts);
}

/* One below the other, so that the eye can compare them. */
static void show_both_digests(const json_t *facts)
{
	static const struct view_column columns[] = {{"", 0}, {"", 0}, {"", 0}};
	const json_t *before = json_object_get(json_object_get(facts, "before"), "digests");
	const json_t *after = json_object_get(json_object_get(facts, "after"), "digests");
	struct libscols_table *table = view_table(columns, 3);
	const char *algorithm;
	const json_t *value;

	scols_table_enable_noheadings(table, 1);
	scols_table_set_column_separator(table, " ");
	json_object_foreach ((json_t *)before, algorithm, value) {
		view_row(table, algorithm, "before", json_string_value(value));
		view_row(table, "", "after", view_str(after, algorithm));
	}
	view_print(table, "Digests of the media, before and after the work");
}

static char *command_line(const json_t *argv)
{
	char *line = view_format("%s", "");
	const json_t *word;
	size_t i;

	json_array_foreach (argv, i, word) {
		char *longer = view_format("%s%s%s", line, i ? " " : "", json_string_value(word));

		free(line);
		line = longer;
	}
	return line;
}

static void show_analysis(const json_t *facts)
{
	const json_t *analysis = json_object_get(facts, "analysis");
	const json_t *confined = json_object_get(analysis, "confined");
	struct libscols_table *fields = view_fields();
	char *line = command_line(json_object_get(analysis, "argv")), status[VIEW_SIZE_TEXT];

	view_field(fields, "Command", *line ? line : NULL);
	view_field(fields, "Confined", confined ? json_is_true(confined) ? "yes" : "NO" : NULL);
	view_field(fields, "Exit status", view_decimal(analysis, "exit_status", status));
	view_field(fields, "Failure", view_str(analysis, "error"));
	view_field(fields, "Output", view_str(json_object_get(analysis, "stdout"), "path"));
	view_print(fields, "Analysis");
	free(line);
}

static void show_case(const json_t *facts)
{
	const json_t *reports = json_object_get(facts, "report"), *path;
	struct libscols_table *fields = view_fields();
	char refused[VIEW_SIZE_TEXT];
	size_t i;

	view_field(fields, "Directory", view_str(facts, "case"));
	json_array_foreach (reports, i, path)
		view_field(fields, "Report", json_string_value(path));
	view_field(fields, "Refused writes", view_decimal(facts, "refused_writes", refused));
	view_print(fields, "Case");
}

void show_examine(const json_t *facts)
{
	view_image(facts);
	view_references(json_object_get(facts, "before"));
	view_damage(json_object_get(facts, "before"));
	view_partitions(json_object_get(facts, "scan"));
	view_devices(json_array_get(json_object_get(facts, "attachments"), 0));
	show_analysis(facts);
	show_both_digests(facts);
	show_case(facts);
	view_problems(facts);
	view_verdict(facts);
}
