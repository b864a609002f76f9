// SPDX-License-Identifier: Apache-2.0
/* Rows as RFC 4180 has them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rows.h"

static void head(const struct cli *cli)
{
	(void)cli;
	fputs("partition,path,inode,size,allocated,kind,modified,accessed,changed,created,md5,sha1,"
	      "sha256,mime,digests,known,lost,error,target,volume\r\n",
	      stdout);
}

/* A spreadsheet computes what begins like a formula; an apostrophe before it makes it a text. */
static bool is_formula(const char *text)
{
	return *text && strchr("=+-@", *text);
}

static void cell(const char *text, const char *end)
{
	char *visible = view_visible(text);

	putchar('"');
	if (is_formula(visible))
		putchar('\'');
	for (const char *p = visible; *p; p++) {
		if (*p == '"')
			putchar('"');
		putchar(*p);
	}
	printf("\"%s", end);
	free(visible);
}

/* Those without a column: "sha512=... sha3-256=..." */
static void other_digests(json_t *digests)
{
	const char *name;
	json_t *value;
	bool first = true;

	putchar('"');
	json_object_foreach (digests, name, value) {
		if (!strcmp(name, "md5") || !strcmp(name, "sha1") || !strcmp(name, "sha256"))
			continue;
		printf("%s%s=%s", first ? "" : " ", name, json_string_value(value));
		first = false;
	}
	fputs("\",", stdout);
}

static void known(const json_t *row)
{
	const json_t *set;
	char *all = NULL, *grown;
	size_t i;

	json_array_foreach (json_object_get(row, "known"), i, set) {
		grown = view_format("%s%s%s", all ? all : "", all ? " " : "",
				    json_string_value(set));
		free(all);
		all = grown;
	}
	cell(all ? all : "", ",");
	free(all);
}

static void put(const json_t *row)
{
	static const char *const times[] = {"modified", "accessed", "changed", "created"};
	static const char *const digests[] = {"md5", "sha1", "sha256"};
	const json_t *t = json_object_get(row, "times"), *d = json_object_get(row, "digests");
	const json_t *allocated = json_object_get(row, "allocated");
	char number[VIEW_SIZE_TEXT];

	cell(cli_row_decimal(row, "partition", number), ",");
	cell(cli_row_text(row, "path"), ",");
	cell(cli_row_decimal(row, "inode", number), ",");
	cell(cli_row_decimal(row, "size", number), ",");
	cell(json_is_true(allocated) ? "yes" : json_is_false(allocated) ? "no" : "", ",");
	cell(cli_row_text(row, "kind"), ",");
	for (size_t i = 0; i < 4; i++)
		cell(cli_row_text(t, times[i]), ",");
	for (size_t i = 0; i < 3; i++)
		cell(cli_row_text(d, digests[i]), ",");
	cell(cli_row_text(row, "mime"), ",");
	other_digests((json_t *)d);
	known(row);
	cell(cli_row_decimal(row, "lost", number), ",");
	cell(cli_row_text(row, "error"), ",");
	cell(cli_row_text(row, "target"), ",");
	cell(cli_row_text(row, "volume"), "\r\n");
}

const struct cli_row_format cli_rows_csv = {
	.name = "csv", .head = head, .row = put, .headless = true};
