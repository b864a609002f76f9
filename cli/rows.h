/* SPDX-License-Identifier: Apache-2.0 */
/* How rows of files are written. To add a format: a file rows_NAME.c, and a row in rows.c. */
#ifndef EXH_CLI_ROWS_H
#define EXH_CLI_ROWS_H

#include "view.h"

struct cli;

struct cli_row_format {
	const char *name;
	/* Before the first row. Each of these may be NULL but row. */
	void (*head)(const struct cli *cli);
	/* A file system begins; all rows behind it are its own, until the next one. */
	void (*volume)(const json_t *volume);
	void (*row)(const json_t *row);
	const char *between; /* two rows */
	/* Behind the last row. */
	void (*tail)(const json_t *facts);
	bool headless;	     /* where there was a failure and no row, there is no head either */
	bool tells_problems; /* the tail does */
	bool runs;	     /* rows are to say where the bytes of the file are */
};

extern const struct cli_row_format cli_rows_text, cli_rows_json, cli_rows_json_lines, cli_rows_csv,
	cli_rows_body, cli_rows_dfxml;

/** cli_row_text - row[key], or "" where it is absent. */
const char *cli_row_text(const json_t *row, const char *key);

/** cli_row_decimal - row[key] in decimal in buf, or "". */
const char *cli_row_decimal(const json_t *row, const char *key, char buf[VIEW_SIZE_TEXT]);

#endif
