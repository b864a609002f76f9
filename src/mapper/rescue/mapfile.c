// SPDX-License-Identifier: Apache-2.0
#include "mapfile.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define LINE_ROOM    128 /* ddrescue keeps 127 characters of a line and drops the rest */
#define MAX_COMMENTS 64
#define MAX_COMMENT  1024

struct reader {
	const char *name;
	const char *at, *end;
	size_t line; /* lines that have ended */
	struct exh_mapfile *map;
	char text[LINE_ROOM];
	size_t length;
};

static const struct {
	char status;
	const char *block, *state;
} words[] = {
	{EXH_MAP_RESCUED, "rescued", "finished"},
	{EXH_MAP_NON_TRIED, "non_tried", "copying"},
	{EXH_MAP_NON_TRIMMED, "non_trimmed", "trimming"},
	{EXH_MAP_NON_SCRAPED, "non_scraped", "scraping"},
	{EXH_MAP_BAD, "bad", "retrying"},
	{'F', NULL, "filling"},
	{'G', NULL, "generating"},
};

const char *exh_map_status_name(char status)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].status == status)
			return words[i].block;
	return NULL;
}

const char *exh_map_state_name(char status)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].status == status)
			return words[i].state;
	return NULL;
}

/* ---- lines ---- */

static bool is_space(int c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void keep_comment(struct reader *r, const char *text, size_t n)
{
	while (n && is_space(text[n - 1]))
		n--;
	while (n && (*text == '#' || is_space(*text))) {
		text++;
		n--;
	}
	if (n && !r->map->nr_blocks && json_array_size(r->map->comments) < MAX_COMMENTS)
		json_array_append_new(r->map->comments,
				      exh_json_text(text, n < MAX_COMMENT ? n : MAX_COMMENT));
}

/* The next character, or -1; a comment is read as the end of its line. */
static int next_char(struct reader *r)
{
	const char *newline, *stop;

	if (r->at == r->end)
		return -1;
	if (*r->at != '#')
		return (unsigned char)*r->at++;
	newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
	stop = newline ? newline : r->end;
	keep_comment(r, r->at, (size_t)(stop - r->at));
	r->at = newline ? newline + 1 : r->end;
	return newline ? '\n' : -1;
}

/* The next line that is neither empty nor a comment, in r->text; false at the end. */
static bool next_line(struct reader *r)
{
	int c;

	do {
		c = next_char(r);
		r->line += c == '\n';
	} while (is_space(c));
	r->length = 0;
	while (c >= 0 && c != '\n') {
		if (r->length < LINE_ROOM - 1)
			r->text[r->length++] = (char)c;
		c = next_char(r);
	}
	r->text[r->length] = '\0';
	r->line += r->length > 0;
	return r->length > 0;
}

static int fail_line(struct exh_ctx *ctx, const struct reader *r, const char *what)
{
	_cleanup_json_ json_t *text = exh_json_text(r->text, strlen(r->text));

	return exh_fail(ctx, EXH_E_FORMAT, "%s, line %zu: %s: \"%s\"", r->name, r->line, what,
			text ? json_string_value(text) : "");
}

/* ---- numbers ---- */

/* How nearly every program writes them: 0x and up to 15 digits. Anything else is left to sscanf(),
 * as ddrescue does. */
static const char *plain_number(const char *p, uint64_t *value)
{
	int digits = 0;

	if (p[0] != '0' || p[1] != 'x')
		return NULL;
	*value = 0;
	for (p += 2; digits < 16; digits++, p++) {
		int c = (unsigned char)*p;

		if (c >= '0' && c <= '9')
			c -= '0';
		else if (c >= 'A' && c <= 'F')
			c -= 'A' - 10;
		else if (c >= 'a' && c <= 'f')
			c -= 'a' - 10;
		else
			break;
		*value = *value << 4 | (uint64_t)c;
	}
	if (!digits || digits > 15 || (*p != ' ' && *p != '\t'))
		return NULL;
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

static bool plain_block(const char *text, struct exh_map_block *b)
{
	const char *p = plain_number(text, &b->start);

	if (p)
		p = plain_number(p, &b->length);
	if (!p || !*p)
		return false;
	b->status = *p;
	return true;
}

static bool scan_block(const char *text, struct exh_map_block *b)
{
	long long start, length;

	if (plain_block(text, b))
		return true;
	if (sscanf(text, "%lli %lli %c", &start, &length, &b->status) != 3 || start < 0 ||
	    length < 0)
		return false;
	b->start = (uint64_t)start;
	b->length = (uint64_t)length;
	return true;
}

/* ---- the two kinds of line ---- */

static int take_status(struct exh_ctx *ctx, struct reader *r)
{
	struct exh_mapfile *map = r->map;
	long long pos;
	int n, pass = 1;
	char status;

	n = sscanf(r->text, "%lli %c %d", &pos, &status, &pass);
	if (n < 2 || pos < 0 || pass < 1 || !exh_map_state_name(status))
		return fail_line(ctx, r, "is no status line (position, status, pass)");
	map->current_pos = (uint64_t)pos;
	map->current_status = status;
	map->current_pass = pass;
	return 0;
}

static int append(struct exh_ctx *ctx, struct exh_mapfile *map, const struct exh_map_block *b)
{
	struct exh_map_block *grown;

	if (!map->blocks || map->nr_blocks == map->room) {
		map->room = map->room ? map->room * 2 : 1024;
		grown = realloc(map->blocks, map->room * sizeof(*grown));
		if (!grown)
			return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
		map->blocks = grown;
	}
	map->blocks[map->nr_blocks++] = *b;
	return 0;
}

static int take_block(struct exh_ctx *ctx, struct reader *r)
{
	struct exh_mapfile *map = r->map;
	const struct exh_map_block *last = map->nr_blocks ? &map->blocks[map->nr_blocks - 1] : NULL;
	struct exh_map_block b;

	if (!scan_block(r->text, &b) || !exh_map_status_name(b.status) ||
	    (!b.length && b.start != 0))
		return fail_line(ctx, r, "is no block (position, size, one of + ? * / -)");
	if (b.length > INT64_MAX - b.start)
		b.length = INT64_MAX - b.start;
	if (last && last->start + last->length != b.start)
		return fail_line(ctx, r,
				 last->start + last->length < b.start
					 ? "leaves a gap behind the block before it"
					 : "begins inside the block before it");
	return append(ctx, map, &b);
}

int exh_mapfile_parse(struct exh_ctx *ctx, const char *name, const char *bytes, size_t n,
		      struct exh_mapfile *map)
{
	struct reader r = {.name = name, .at = bytes, .end = bytes + n, .map = map};
	int result = 0;

	*map = (struct exh_mapfile){.comments = json_array()};
	if (!map->comments)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	if (next_line(&r))
		result = take_status(ctx, &r);
	while (!result && map->current_status && next_line(&r))
		result = take_block(ctx, &r);
	return result;
}

void exh_mapfile_clear(struct exh_mapfile *map)
{
	free(map->blocks);
	json_decref(map->comments);
	*map = (struct exh_mapfile){0};
}

/* ---- comments ---- */

/* Headings of ddrescue's own comments, which are no news. */
static bool is_heading(const char *text)
{
	return !strncmp(text, "current_pos", 11) ||
	       (!strncmp(text, "pos", 3) && strstr(text, "size"));
}

static void take_behind(json_t *history, const char *key, const char *text, const char *prefix)
{
	size_t n = strlen(prefix);
	const char *value = text + n;

	if (strncmp(text, prefix, n) != 0 || json_object_get(history, key))
		return;
	while (*value == ' ' || *value == '\t')
		value++;
	if (*value)
		json_object_set_new(history, key, json_string(value));
}

static const struct {
	const char *key, *prefix;
} known[] = {
	{"program", "Mapfile. Created by"},
	{"program", "Rescue Logfile. Created by"},
	{"program", "Domain Logfile. Created by"},
	{"command_line", "Command line:"},
	{"started", "Start time:"},
	{"updated", "Current time:"},
};

static bool is_known(const char *text)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strncmp(text, known[i].prefix, strlen(known[i].prefix)))
			return true;
	return false;
}

/* ddrescue writes what it was doing as the last comment before the heading of the status line. */
json_t *exh_mapfile_history(const struct exh_mapfile *map)
{
	json_t *history = json_object(), *comment, *state = NULL;
	size_t i;

	json_array_foreach (map->comments, i, comment) {
		const char *text = json_string_value(comment);

		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			take_behind(history, known[k].key, text, known[k].prefix);
		if (is_heading(text))
			break;
		if (!is_known(text))
			state = comment;
	}
	if (state && json_object_get(history, "program"))
		json_object_set(history, "state", state);
	json_object_set(history, "comments", map->comments);
	return history;
}
