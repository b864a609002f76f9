// SPDX-License-Identifier: Apache-2.0
/* The rows of a list that can be too long for memory: written as they come, in the format that was
 * asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "view.h"

static const char *text_of(const json_t *row, const char *key)
{
	const char *text = view_str(row, key);

	return text ? text : "";
}

static const char *decimal_of(const json_t *row, const char *key, char buf[VIEW_SIZE_TEXT])
{
	const char *text = view_decimal(row, key, buf);

	return text ? text : "";
}

static void row_as_text(const json_t *row)
{
	char partition[VIEW_SIZE_TEXT], inode[VIEW_SIZE_TEXT], size[VIEW_SIZE_TEXT];
	char *path = view_visible(text_of(row, "path"));
	const json_t *allocated = json_object_get(row, "allocated");

	printf("%4s %-9s %10s %14s %-7s  %s\n", decimal_of(row, "partition", partition),
	       text_of(row, "kind"), decimal_of(row, "inode", inode), decimal_of(row, "size", size),
	       json_is_false(allocated) ? "deleted" : "", path);
	free(path);
}

static void row_as_json_line(const json_t *row)
{
	json_dumpf(row, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	putchar('\n');
}

static void csv_cell(const char *text, const char *end)
{
	char *visible = view_visible(text);

	putchar('"');
	for (const char *p = visible; *p; p++) {
		if (*p == '"')
			putchar('"');
		putchar(*p);
	}
	printf("\"%s", end);
	free(visible);
}

static void row_as_csv(const json_t *row)
{
	static const char *const times[] = {"modified", "accessed", "changed", "created"};
	static const char *const digests[] = {"md5", "sha1", "sha256"};
	const json_t *t = json_object_get(row, "times"), *d = json_object_get(row, "digests");
	const json_t *allocated = json_object_get(row, "allocated");
	char number[VIEW_SIZE_TEXT];

	csv_cell(decimal_of(row, "partition", number), ",");
	csv_cell(text_of(row, "path"), ",");
	csv_cell(decimal_of(row, "inode", number), ",");
	csv_cell(decimal_of(row, "size", number), ",");
	csv_cell(json_is_true(allocated) ? "yes" : json_is_false(allocated) ? "no" : "", ",");
	csv_cell(text_of(row, "kind"), ",");
	for (size_t i = 0; i < 4; i++)
		csv_cell(text_of(t, times[i]), ",");
	for (size_t i = 0; i < 3; i++)
		csv_cell(text_of(d, digests[i]), ",");
	csv_cell(text_of(row, "mime"), "\r\n");
}

/* What belongs behind the rows is known only when the last one has come, so the object stays open
 * until then. */
static void json_head(void)
{
	printf("{\n  \"schema\": \"exhibit/1\",\n  \"command\": \"files\",\n  \"version\": "
	       "\"%s\",\n"
	       "  \"files\": [",
	       exh_version());
}

static void row_as_json_element(const json_t *row)
{
	fputs("\n    ", stdout);
	json_dumpf(row, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
}

static void json_tail(const json_t *facts)
{
	static const char *const said[] = {"schema", "command", "version", "files"};
	json_t *rest = view_must(json_copy((json_t *)facts));
	char *text;

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		json_object_del(rest, said[i]);
	text = view_must(json_dumps(rest, VIEW_JSON));
	printf("\n  ],%s\n", text + strcspn(text, "\n"));
	free(text);
	json_decref(rest);
}

static void text_head(void)
{
	puts("PART KIND           INODE           SIZE STATE    PATH");
}

static void csv_head(void)
{
	fputs("partition,path,inode,size,allocated,kind,modified,accessed,changed,created,md5,sha1,"
	      "sha256,"
	      "mime\r\n",
	      stdout);
}

struct cli_row_format {
	const char *name;
	void (*head)(void);
	void (*row)(const json_t *row);
	const char *between;
	void (*tail)(const json_t *facts);
};

static const struct cli_row_format formats[] = {
	{"text", text_head, row_as_text, "", view_problems},
	{"json", json_head, row_as_json_element, ",", json_tail},
	{"jsonl", NULL, row_as_json_line, "", NULL},
	{"csv", csv_head, row_as_csv, "", NULL},
};

void cli_rows_begin(struct cli *cli)
{
	const char *name = cli->args.json ? "json" : cli->args.format ? cli->args.format : "text";

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (!strcmp(name, formats[i].name))
			cli->rows.format = &formats[i];
}

int cli_row(const json_t *row, void *opaque)
{
	struct cli *cli = opaque;
	const struct cli_row_format *format = cli->rows.format;

	cli_progress_clear();
	if (!cli->rows.written && format->head)
		format->head();
	if (cli->rows.written)
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
	if (!cli->rows.written && format->head && (!cli->failed || format->tail == json_tail))
		format->head();
	if (format->tail)
		format->tail(cli->facts);
	else
		complain_problems(cli);
}
