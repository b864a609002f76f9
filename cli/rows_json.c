// SPDX-License-Identifier: Apache-2.0
/* Rows as one JSON object, and as an object in each line. */
#include <exhibit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rows.h"

static void put_line(const json_t *row)
{
	json_dumpf(row, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	putchar('\n');
}

/* What belongs behind the rows is known only when the last one has come, so the object stays open
 * until then. */
static void head(const struct cli *cli)
{
	(void)cli;
	printf("{\n  \"schema\": \"exhibit/1\",\n  \"command\": \"files\",\n  \"version\": "
	       "\"%s\",\n"
	       "  \"files\": [",
	       exh_version());
}

static void put_element(const json_t *row)
{
	fputs("\n    ", stdout);
	json_dumpf(row, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
}

static void tail(const json_t *facts)
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

const struct cli_row_format cli_rows_json = {.name = "json",
					     .head = head,
					     .row = put_element,
					     .between = ",",
					     .tail = tail,
					     .tells_problems = true};
const struct cli_row_format cli_rows_json_lines = {.name = "jsonl", .row = put_line};
