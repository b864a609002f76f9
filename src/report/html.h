/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes HTML. Only literals of this program are markup; every value is escaped, and characters
 * that would act on a reader's screen are shown as \u{...}. Memory that runs out is remembered and
 * told once, by exh_html_finish().
 */
#ifndef EXH_REPORT_HTML_H
#define EXH_REPORT_HTML_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"
#include "language.h"

struct exh_html {
	const json_t *model;   /* borrowed */
	const json_t *annexes; /* borrowed: the files beside the report */
	const struct exh_language *language;
	char *data;
	size_t used, size;
	unsigned tables; /* numbered so far */
	bool failed;
};

/* A number ready to be printed; valid to the end of the full expression it is made in. */
struct exh_shown {
	char text[96];
};

/** exh_html - printf for markup; knows %s, %d, %u, %zu, %lu and %%. What %s inserts is escaped. */
void exh_html(struct exh_html *h, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** exh_html_text - a value. */
void exh_html_text(struct exh_html *h, const char *text);

/** exh_html_short - a value of which no more than so many characters are shown. */
void exh_html_short(struct exh_html *h, const char *text, size_t limit);

/** exh_html_escaped - n bytes of a text of the language. */
void exh_html_escaped(struct exh_html *h, const char *text, size_t n);

/** exh_html_bytes - n bytes of markup that this program made, as they are. */
void exh_html_bytes(struct exh_html *h, const char *markup, size_t n);

/** exh_html_fill - a text of the language with its values, isolated against each other; use
 * exh_html_say(). values ends with NULL. */
void exh_html_fill(struct exh_html *h, enum exh_text id, const char *const *values);
#define exh_html_say(h, id, ...)                                                                   \
	exh_html_fill(h, id, (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

/** exh_html_hex - a digest in groups of eight digits that a line may break between. */
void exh_html_hex(struct exh_html *h, const char *hex);

/** exh_html_finish - hand the document out, or fail with -EXH_E_NOMEM; h is empty afterwards. */
int exh_html_finish(struct exh_ctx *ctx, struct exh_html *h, char **text_ret, size_t *n_ret);

/** exh_grouped - 1,234,567 as the language writes it. exh_bytes - 1,234,567 bytes (1.2 MiB).
 * exh_size - 1.2 MiB. exh_plain - 1234567. */
struct exh_shown exh_grouped(const struct exh_html *h, uint64_t n);
struct exh_shown exh_bytes(const struct exh_html *h, uint64_t n);
struct exh_shown exh_size(const struct exh_html *h, uint64_t n);
struct exh_shown exh_plain(uint64_t n);

/** exh_decimal - a number with so many digits behind the point of the language. */
struct exh_shown exh_decimal(const struct exh_html *h, double value, int digits);

/** exh_algorithm - "sha256" as "SHA-256". */
struct exh_shown exh_algorithm(const char *name);

/** exh_label - the name of a member of the facts, in the language where it has one for it. */
struct exh_shown exh_label(const struct exh_html *h, const char *key);

/** exh_is_digest - would this member be printed as a digest? */
bool exh_is_digest(const char *key, const json_t *value);

/** exh_is_time - is this an RFC 3339 time in UTC? */
bool exh_is_time(const char *text);

/** exh_to_the_second - an RFC 3339 time in UTC without its fraction. */
struct exh_shown exh_to_the_second(const char *rfc3339);

/** exh_utc - an RFC 3339 time in UTC as "2026-01-31 12:00:00 UTC"; anything else as it is, cut to
 * fit. */
struct exh_shown exh_utc(const char *rfc3339);

/* ---- tables ---- */

struct exh_column {
	enum exh_text heading;
	const char *css; /* class of the heading and of its cells, "" for none */
};

/** exh_table - open a table with its caption and headings. EXH_T_NONE ends the columns. Close it
 * with exh_table_end(). */
void exh_table(struct exh_html *h, enum exh_text caption, const char *css,
	       const struct exh_column *columns);
void exh_table_end(struct exh_html *h);

/** exh_table_rest - a row across all columns, for what is not listed. */
void exh_table_rest(struct exh_html *h, unsigned columns, enum exh_text id,
		    const char *const *values);

/** exh_cell - a cell with a value; NULL is an empty dash. */
void exh_cell(struct exh_html *h, const char *css, const char *value);
/** exh_short - the class of a cell that stays on one line, if the text is short enough for that. */
const char *exh_short(const char *text);
void exh_cell_number(struct exh_html *h, const json_t *object, const char *key);
void exh_cell_hex(struct exh_html *h, const char *hex);
/** exh_cell_verdict - a verdict as a word that does not depend on colour. */
void exh_cell_verdict(struct exh_html *h, const char *verdict);

/** exh_facts_begin - open a list of label and value; exh_fact() adds one, with the words of absent
 * where value is NULL. */
void exh_facts_begin(struct exh_html *h, enum exh_text caption);
void exh_fact(struct exh_html *h, enum exh_text label, const char *value, enum exh_text absent);
void exh_fact_hex(struct exh_html *h, enum exh_text label, const char *hex, enum exh_text absent);
void exh_fact_size(struct exh_html *h, enum exh_text label, const json_t *object, const char *key,
		   enum exh_text absent);
void exh_fact_words(struct exh_html *h, enum exh_text label, enum exh_text words);
/** exh_fact_members - one row for each member of object that is a text, number or boolean, labelled
 * with its own name. */
void exh_fact_members(struct exh_html *h, const json_t *object);
void exh_facts_end(struct exh_html *h);

/** exh_paragraph_of - a paragraph of a text and its values; use exh_paragraph() and exh_remark().
 */
void exh_paragraph_of(struct exh_html *h, const char *css, enum exh_text id,
		      const char *const *values);
#define exh_paragraph(h, id, ...)                                                                  \
	exh_paragraph_of(h, "", id, (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})
#define exh_remark(h, id, ...)                                                                     \
	exh_paragraph_of(h, "remark", id, (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

/** exh_heading - a heading of the third level. */
void exh_heading(struct exh_html *h, enum exh_text id);

/* ---- words of the model, in the language ---- */

/** exh_word - the text for a word of a table, or the word itself where it is unknown; "" for NULL.
 * Borrowed. */
enum exh_word_list {
	EXH_W_VERDICT,
	EXH_W_READ_FROM,
	EXH_W_REASON,
	EXH_W_SOURCE,
	EXH_W_KIND,
	EXH_W_COPY,
	EXH_W_EVENT,
	EXH_W_ANNEX,
	EXH_W_LABEL,
	EXH_W_LOST_CLASS,
	EXH_NR_WORD_LISTS
};
const char *exh_word(const struct exh_html *h, enum exh_word_list list, const char *word);

#endif
