// SPDX-License-Identifier: Apache-2.0
#include "view.h"

#include <exhibit.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define WIDTH	    80
#define LEAST_SHARE 12

void *view_must(void *p)
{
	if (p)
		return p;
	fputs("exhibit: out of memory\n", stderr);
	exit(CLI_EXIT_FAILED);
}

char *view_visible(const char *text)
{
	return view_must(exh_visible(text));
}

char *view_format(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	return view_must(text);
}

const char *view_human(char buf[VIEW_SIZE_TEXT], uint64_t bytes)
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	unsigned unit = 0;
	uint64_t scale = 1;

	while (bytes / scale >= 1024) {
		scale *= 1024;
		unit++;
	}
	if (bytes % scale)
		snprintf(buf, VIEW_SIZE_TEXT, "%.1f %s", (double)bytes / (double)scale,
			 units[unit]);
	else
		snprintf(buf, VIEW_SIZE_TEXT, "%llu %s", (unsigned long long)(bytes / scale),
			 units[unit]);
	return buf;
}

const char *view_size(char buf[VIEW_SIZE_TEXT], uint64_t bytes)
{
	char human[VIEW_SIZE_TEXT];

	if (bytes < 1024)
		return view_human(buf, bytes);
	snprintf(buf, VIEW_SIZE_TEXT, "%s (%llu bytes)", view_human(human, bytes),
		 (unsigned long long)bytes);
	return buf;
}

static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && terminal && strcmp(terminal, "dumb") != 0;
}

void view_coloured(enum view_colour colour, const char *text)
{
	static const char *const codes[] = {"0", "32", "33", "31"};

	if (colour == VIEW_PLAIN || !wants_colour())
		fputs(text, stdout);
	else
		printf("\033[1;%sm%s\033[0m", codes[colour], text);
}

/* Code points stand for columns: good enough to wrap by. */
static unsigned width_of(const char *text, size_t n)
{
	unsigned width = 0;

	for (size_t i = 0; i < n; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

void view_paragraph(const char *text, unsigned first_used, unsigned indent)
{
	char *visible = view_visible(text);
	unsigned column = first_used;
	bool at_start = true;

	for (const char *p = visible + strspn(visible, " "); *p;) {
		size_t n = strcspn(p, " ");
		unsigned width = width_of(p, n);

		if (!at_start && column + 1 + width > WIDTH) {
			printf("\n%*s", (int)indent, "");
			column = indent;
			at_start = true;
		}
		printf("%s%.*s", at_start ? "" : " ", (int)n, p);
		column += width + !at_start;
		at_start = false;
		p += n;
		p += strspn(p, " ");
	}
	putchar('\n');
	free(visible);
}

void view_title(const char *title)
{
	printf("\n%s\n", title);
}

struct libscols_table *view_table(const struct view_column *columns, size_t n)
{
	struct libscols_table *table = view_must(scols_new_table());

	scols_table_enable_noencoding(table, 1);
	scols_table_set_column_separator(table, "  ");
	for (size_t i = 0; i < n; i++) {
		struct libscols_column *column = view_must(
			scols_table_new_column(table, columns[i].name, 0, columns[i].flags));

		if (columns[i].flags & SCOLS_FL_WRAP)
			scols_column_set_wrapfunc(column, scols_wrapnl_chunksize,
						  scols_wrapnl_nextchunk, NULL);
	}
	return table;
}

void view_cell(struct libscols_line *line, size_t column, const char *text)
{
	if (text && scols_line_refer_data(line, column, view_visible(text)))
		view_must(NULL);
}

void view_row(struct libscols_table *table, ...)
{
	struct libscols_line *line = view_must(scols_table_new_line(table, NULL));
	va_list ap;

	va_start(ap, table);
	for (size_t i = 0; i < scols_table_get_ncols(table); i++)
		view_cell(line, i, va_arg(ap, const char *));
	va_end(ap);
}

static unsigned natural_width(struct libscols_table *table, size_t column)
{
	struct libscols_column *c = scols_table_get_column(table, column);
	const char *name = scols_cell_get_data(scols_column_get_header(c));
	unsigned widest = !name || scols_table_is_noheadings(table) ? 0 : (unsigned)strlen(name);

	for (size_t i = 0; i < scols_table_get_nlines(table); i++) {
		const char *text = scols_cell_get_data(
			scols_line_get_cell(scols_table_get_line(table, i), column));
		unsigned width = text ? width_of(text, strlen(text)) : 0;

		widest = width > widest ? width : widest;
	}
	return widest;
}

/* Breaks between words only: a digest or a path that does not fit stands out rather than being cut.
 */
static void wrap_cell(struct libscols_cell *cell, unsigned width)
{
	char *text = (char *)scols_cell_get_data(cell), *blank = NULL;
	unsigned column = 0;

	for (char *p = text; p && *p; p++) {
		if (*p == ' ')
			blank = p;
		column += ((unsigned char)*p & 0xc0) != 0x80;
		if (column > width && blank) {
			*blank = '\n';
			column = width_of(blank + 1, (size_t)(p - blank));
			blank = NULL;
		}
	}
}

static void wrap_column(struct libscols_table *table, size_t column, unsigned width)
{
	for (size_t i = 0; i < scols_table_get_nlines(table); i++)
		wrap_cell(scols_line_get_cell(scols_table_get_line(table, i), column), width);
}

/* On a terminal the columns that may wrap share what the others leave; in a pipe a row stays a
 * line. */
static void wrap_table(struct libscols_table *table)
{
	size_t n = scols_table_get_ncols(table), wrapping = 0;
	unsigned natural[VIEW_MOST_COLUMNS], used = 0, share;

	for (size_t i = 0; i < n; i++) {
		natural[i] = natural_width(table, i);
		used += i ? 2 : 0;
		if (scols_column_is_customwrap(scols_table_get_column(table, i)))
			wrapping++;
		else
			used += natural[i];
	}
	for (size_t i = 0; i < n; i++) {
		if (!scols_column_is_customwrap(scols_table_get_column(table, i)))
			continue;
		share = wrapping && used < WIDTH ? (WIDTH - used) / (unsigned)wrapping : 0;
		if (natural[i] > share)
			wrap_column(table, i, share > LEAST_SHARE ? share : LEAST_SHARE);
		used += natural[i] < share ? natural[i] : share;
		wrapping--;
	}
}

void view_print(struct libscols_table *table, const char *title)
{
	if (scols_table_get_nlines(table)) {
		if (title)
			view_title(title);
		if (isatty(STDOUT_FILENO))
			wrap_table(table);
		scols_print_table(table);
	}
	scols_unref_table(table);
}

struct libscols_table *view_fields(void)
{
	static const struct view_column columns[] = {{"LABEL", 0}, {"VALUE", SCOLS_FL_WRAP}};
	struct libscols_table *fields = view_table(columns, 2);

	scols_table_enable_noheadings(fields, 1);
	return fields;
}

void view_field(struct libscols_table *fields, const char *label, const char *value)
{
	if (value)
		view_row(fields, label, value);
}

void view_field_size(struct libscols_table *fields, const char *label, const json_t *facts,
		     const char *key)
{
	char buf[VIEW_SIZE_TEXT];
	uint64_t bytes;

	if (view_u64(facts, key, &bytes))
		view_field(fields, label, view_size(buf, bytes));
}

const char *view_str(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

bool view_u64(const json_t *object, const char *key, uint64_t *ret)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*ret = (uint64_t)json_integer_value(value);
	return true;
}

const char *view_decimal(const json_t *object, const char *key, char buf[VIEW_SIZE_TEXT])
{
	uint64_t number;

	if (!view_u64(object, key, &number))
		return NULL;
	snprintf(buf, VIEW_SIZE_TEXT, "%llu", (unsigned long long)number);
	return buf;
}
