/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts as text for people. Whatever goes through a cell, a field or a paragraph is made visible by
 * exh_visible() on the way: no text from evidence reaches the terminal by another road.
 */
#ifndef EXH_CLI_VIEW_H
#define EXH_CLI_VIEW_H

#include <jansson.h>
#include <libsmartcols/libsmartcols.h>
#include <stdbool.h>
#include <stdint.h>

#define VIEW_SIZE_TEXT	  64
#define VIEW_MOST_COLUMNS 8
#define VIEW_JSON	  (JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(9))

/* ---- primitives ---- */

enum view_colour { VIEW_PLAIN, VIEW_GOOD, VIEW_CAREFUL, VIEW_BAD };

/** view_must - p, or the end of the program where memory is out. */
void *view_must(void *p);

/** view_visible - exh_visible() that does not fail; the caller frees it. */
char *view_visible(const char *text);

/** view_format - asprintf() that does not fail; the caller frees it. */
char *view_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** view_human - "100 MiB", one decimal where it is not exact. */
const char *view_human(char buf[VIEW_SIZE_TEXT], uint64_t bytes);

/** view_size - "100 MiB (104857600 bytes)". */
const char *view_size(char buf[VIEW_SIZE_TEXT], uint64_t bytes);

/** view_coloured - print text in a colour, where standard output is a terminal that wants colours.
 */
void view_coloured(enum view_colour colour, const char *text);

/** view_paragraph - text wrapped at 80 columns, further lines indented; first_used columns of the
 * first line are taken. */
void view_paragraph(const char *text, unsigned first_used, unsigned indent);

/** view_title - an empty line and a heading. */
void view_title(const char *title);

struct view_column {
	const char *name;
	int flags; /* SCOLS_FL_* */
};

/** view_table - an empty table of n columns, at most VIEW_MOST_COLUMNS; view_print() releases it.
 */
struct libscols_table *view_table(const struct view_column *columns, size_t n);

/** view_row - add a line; one string for each column, NULL for an empty cell. */
void view_row(struct libscols_table *table, ...);

/** view_cell - set one cell of a line; nothing where text is NULL. */
void view_cell(struct libscols_line *line, size_t column, const char *text);

/** view_print - print the table below title (NULL: none) unless it has no lines, and release it. */
void view_print(struct libscols_table *table, const char *title);

/** view_fields - a table of "label  value" lines. */
struct libscols_table *view_fields(void);

/** view_field - add a line; nothing where value is NULL. */
void view_field(struct libscols_table *fields, const char *label, const char *value);

/** view_field_size - add a line with facts[key] as a size; nothing where it is absent. */
void view_field_size(struct libscols_table *fields, const char *label, const json_t *facts,
		     const char *key);

/* ---- reading facts ---- */

const char *view_str(const json_t *object, const char *key);

/** view_supplied - the same, or "(not supplied)". */
const char *view_supplied(const json_t *object, const char *key);
bool view_u64(const json_t *object, const char *key, uint64_t *ret);

/** view_decimal - object[key] in decimal in buf, or NULL where it is absent. */
const char *view_decimal(const json_t *object, const char *key, char buf[VIEW_SIZE_TEXT]);

/* ---- parts that several commands share (view_facts.c); each prints nothing where its facts are
 * absent ---- */

/** view_image - what the container is and what was read of it, in a few lines. */
void view_image(const json_t *facts);
void view_partitions(const json_t *facts);
void view_digests(const json_t *facts);
void view_references(const json_t *facts);
void view_damage(const json_t *facts);
void view_attachments(const json_t *facts);
void view_devices(const json_t *attachment);

/** view_undone - the attachments that are gone now; the text nothing (may be NULL) where there were
 * none. */
void view_undone(const json_t *facts, const char *nothing);

/** view_verdict - facts["verdict"] as a word and a sentence. */
void view_verdict(const json_t *facts);

/** view_plain - everything but envelope and verdict, for facts without a view of their own
 * (view_plain.c). */
void view_plain(const json_t *facts);

/** view_problems - all problems, errors first. */
void view_problems(const json_t *facts);

/* ---- cmd_custody.c ---- */

/** show_exhibits, show_timeline - of case show. */
void show_exhibits(const json_t *facts);
void show_timeline(const json_t *facts);

#endif
