// SPDX-License-Identifier: Apache-2.0
/* The rows of a list that can be too long for memory: written as they come, in the format that was
 * asked for. */
#include "rows.h"

#include <stdio.h>
#include <string.h>

#include "cli.h"

static const struct cli_row_format *const formats[] = {
	&cli_rows_text, &cli_rows_json, &cli_rows_json_lines,
	&cli_rows_csv,	&cli_rows_body, &cli_rows_dfxml,
};

const char *cli_row_text(const json_t *row, const char *key)
{
	const char *text = view_str(row, key);

	return text ? text : "";
}

const char *cli_row_decimal(const json_t *row, const char *key, char buf[VIEW_SIZE_TEXT])
{
	const char *text = view_decimal(row, key, buf);

	return text ? text : "";
}

void cli_rows_begin(struct cli *cli)
{
	const char *name = cli->args.json ? "json" : cli->args.format ? cli->args.format : "text";

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (!strcmp(name, formats[i]->name))
			cli->rows.format = formats[i];
}

bool cli_rows_want_runs(const struct cli *cli)
{
	return cli->rows.format && cli->rows.format->runs;
}

static void begin(struct cli *cli)
{
	cli_progress_clear();
	if (!cli->rows.begun && cli->rows.format->head)
		cli->rows.format->head(cli);
	cli->rows.begun = true;
}

void cli_row_volume(const json_t *volume, void *opaque)
{
	struct cli *cli = opaque;

	if (!cli->rows.format->volume)
		return;
	begin(cli);
	cli->rows.format->volume(volume);
}

int cli_row(const json_t *row, void *opaque)
{
	struct cli *cli = opaque;
	const struct cli_row_format *format = cli->rows.format;

	begin(cli);
	if (cli->rows.written && format->between)
		fputs(format->between, stdout);
	cli->rows.written = true;
	format->row(row);
	return ferror(stdout) || exh_is_interrupted();
}

/* Problems never stand between rows of a format without a place for them. */
static void complain_problems(const struct cli *cli)
{
	const json_t *p;
	size_t i;

	json_array_foreach (json_object_get(cli->facts, "problems"), i, p) {
		const char *code = view_str(p, "code");

		if (code && strcmp(code, "failed") != 0)
			cli_complain(cli, "%s: %s [%s]", view_str(p, "severity"),
				     view_str(p, "text"), code);
	}
}

void cli_rows_end(struct cli *cli)
{
	const struct cli_row_format *format = cli->rows.format;
	const json_t *row;
	size_t i;

	json_array_foreach (json_object_get(cli->facts, "files"), i, row)
		if (cli_row(row, cli))
			break;
	if (!cli->rows.begun && (!cli->failed || !format->headless))
		begin(cli);
	if (format->tail && (cli->rows.begun || format->headless))
		format->tail(cli->facts);
	if (!format->tail || !format->tells_problems)
		complain_problems(cli);
}
