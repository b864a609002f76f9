// SPDX-License-Identifier: Apache-2.0
/*
 * The worker that reads a set of known files: its digests go, sorted, into the memory that it
 * shares with its owner. Formats: hashdeep 1.0 ("%%%% size,md5,sha256,filename"), the text of NSRL
 * RDS 2 ("SHA-1","MD5",...), the SQLite of RDS 3 (table or view FILE), and lines that begin with a
 * digest, as md5sum and its sisters write them.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "hash/digest.h"
#include "base/text.h"
#include "base/worker.h"
#include "tasks.h"

#define BUFFER	    (1U << 20)
#define MOST_FIELDS 16

struct loader {
	struct exh_worker *w;
	const json_t *wanted; /* names of digests */
	uint8_t *table;
	uint64_t room, entries;
	char algorithm[EXH_DIGEST_NAME];
	size_t size;	/* of a digest of this algorithm; 0: not known yet */
	int column;	/* of the digest in a line, from 0 */
	bool is_sorted; /* so far */
	const char *format;
	uint64_t lines;
};

struct prepared {
	sqlite3 *database; /* or NULL where the file is none */
};

/* ---- entries ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_hex(const char *hex, size_t n, uint8_t *out, size_t size)
{
	if (n != 2 * size)
		return false;
	for (size_t i = 0; i < size; i++) {
		int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static int add(struct loader *l, const char *hex, size_t n)
{
	uint8_t *to = l->table + l->entries * l->size;

	if ((l->entries + 1) * l->size > l->room)
		return exh_fail(l->w->ctx, EXH_E_NOMEM,
				"the set has more than %llu digests, which is more than memory is "
				"given for; a set of distinct hashes may be smaller",
				(unsigned long long)l->entries);
	if (!parse_hex(hex, n, to, l->size))
		return 1;
	if (l->entries && l->is_sorted && memcmp(to - l->size, to, l->size) > 0)
		l->is_sorted = false;
	l->entries++;
	return 0;
}

static bool is_wanted(const struct loader *l, const char *name)
{
	const json_t *wanted;
	size_t i;

	json_array_foreach (l->wanted, i, wanted)
		if (!strcmp(json_string_value(wanted), name))
			return true;
	return false;
}

/* Of several the longest one counts: it is the hardest to forge. */
static void consider(struct loader *l, const char *given, int column)
{
	char name[EXH_DIGEST_NAME];
	size_t size;

	if (exh_digest_name(given, name, &size) || !is_wanted(l, name) || size <= l->size)
		return;
	snprintf(l->algorithm, sizeof(l->algorithm), "%s", name);
	l->size = size;
	l->column = column;
}

static int refuse(struct loader *l)
{
	return exh_fail(l->w->ctx, EXH_E_USAGE,
			"is a set of hashes (%s) without any of the digests that are computed; -a "
			"names others",
			l->format);
}

/* ---- lines ---- */

/* The fields of a line with commas, without the quotes around them. */
static size_t split(char *line, char **fields)
{
	size_t nr = 0;

	for (char *p = line; p && nr < MOST_FIELDS;) {
		bool quoted = *p == '"';
		char *end = quoted ? strchr(p + 1, '"') : strchr(p, ',');

		fields[nr++] = p + quoted;
		if (!end)
			break;
		p = quoted && end[1] == ',' ? end + 2 : quoted ? NULL : end + 1;
		*end = 0;
	}
	return nr;
}

static int take_header(struct loader *l, char *line, const char *format)
{
	char *fields[MOST_FIELDS];
	size_t nr = split(line, fields);

	l->format = format;
	for (size_t i = 0; i < nr; i++)
		consider(l, fields[i], (int)i);
	return l->size ? 0 : refuse(l);
}

/* Digests of these lengths, when nothing else says which they are. */
static int guess(struct loader *l, size_t hex)
{
	static const char *const names[] = {"md5", "sha1", "sha256", "sha512"};
	size_t size;
	char name[EXH_DIGEST_NAME];

	l->format = "digests";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!exh_digest_name(names[i], name, &size) && 2 * size == hex)
			consider(l, name, 0);
	return l->size ? 0 : refuse(l);
}

static int take_plain(struct loader *l, char *line)
{
	size_t n;
	int r;

	line += *line == '\\';
	n = strspn(line, "0123456789abcdefABCDEF");
	if (n < 32 || (line[n] && line[n] != ' ' && line[n] != '\t' && line[n] != '*'))
		return 1;
	r = l->size ? 0 : guess(l, n);
	return r < 0 ? r : add(l, line, n);
}

static int take_line(struct loader *l, char *line)
{
	char *fields[MOST_FIELDS];

	l->lines++;
	if (!strncmp(line, "%%%% HASHDEEP", 13) || !*line || *line == '#')
		return 0;
	if (!strncmp(line, "%%%% ", 5))
		return take_header(l, line + 5, "hashdeep");
	if (l->lines == 1 && !strncmp(line, "\"SHA-1\"", 7))
		return take_header(l, line, "nsrl-text");
	if (!l->format || !strcmp(l->format, "digests"))
		return take_plain(l, line);
	if (split(line, fields) <= (size_t)l->column)
		return 1;
	return add(l, fields[l->column], strlen(fields[l->column]));
}

static int take_lines(struct loader *l, char *buffer, size_t n, bool last, size_t *used)
{
	size_t at = 0;
	int r = 0;

	while (r >= 0 && at < n) {
		char *newline = memchr(buffer + at, '\n', n - at);
		size_t end = newline ? (size_t)(newline - buffer) : n;

		if (!newline && !last)
			break;
		buffer[end] = 0;
		if (end > at && buffer[end - 1] == '\r')
			buffer[end - 1] = 0;
		r = take_line(l, buffer + at);
		at = end + 1;
	}
	*used = exh_min(at, n);
	return r < 0 ? r : 0;
}

static int load_text(struct loader *l, EVP_MD_CTX *md)
{
	_cleanup_free_ char *buffer = malloc(BUFFER + 1);
	size_t held = 0, used;
	uint64_t done = 0;
	int r = buffer ? 0 : exh_fail(l->w->ctx, EXH_E_NOMEM, "out of memory");
	int64_t n = 1;

	while (!r && n) {
		n = exh_pread_all(l->w->fds[0], buffer + held, BUFFER - held, done);
		if (n < 0)
			return exh_fail_errno(l->w->ctx, "cannot be read");
		EVP_DigestUpdate(md, buffer + held, (size_t)n);
		done += (uint64_t)n;
		held += (size_t)n;
		r = take_lines(l, buffer, held, !n, &used);
		if (!r && !used && held == BUFFER)
			r = exh_fail(l->w->ctx, EXH_E_FORMAT, "line %llu has no end",
				     (unsigned long long)l->lines + 1);
		memmove(buffer, buffer + used, held - used);
		held -= used;
		exh_emit_progress(l->w, "known files", done, 0);
	}
	return r;
}

/* ---- SQLite ---- */

static sqlite3_stmt *select_from(struct loader *l, sqlite3 *db, const char *table)
{
	/* SHA-1 is the key of NSRL, and is always filled in */
	static const char *const columns[] = {"sha1", "sha256", "md5"};
	sqlite3_stmt *statement = NULL;
	char query[128];

	for (size_t i = 0; i < 3; i++) {
		if (!is_wanted(l, columns[i]))
			continue;
		snprintf(query, sizeof(query), "SELECT %s FROM %s", columns[i], table);
		if (sqlite3_prepare_v2(db, query, -1, &statement, NULL) == SQLITE_OK) {
			consider(l, columns[i], 0);
			return statement;
		}
	}
	return NULL;
}

static int load_database(struct loader *l, sqlite3 *db)
{
	static const char *const tables[] = {"FILE", "METADATA", "DISTINCT_HASH"};
	sqlite3_stmt *statement = NULL;
	int r = 0, step;

	l->format = "nsrl-sqlite";
	for (size_t i = 0; !statement && i < 3; i++)
		statement = select_from(l, db, tables[i]);
	if (!statement)
		return exh_fail(l->w->ctx, EXH_E_USAGE,
				"is a database in which no table FILE has any of the digests that "
				"are computed (%s)",
				sqlite3_errmsg(db));
	while (r >= 0 && (step = sqlite3_step(statement)) == SQLITE_ROW) {
		const char *hex = (const char *)sqlite3_column_text(statement, 0);

		r = hex ? add(l, hex, strlen(hex)) : 1;
		exh_emit_progress(l->w, "known files", ++l->lines, 0);
	}
	if (r >= 0 && step != SQLITE_DONE)
		r = exh_fail(l->w->ctx, EXH_E_FORMAT, "the database cannot be read: %s",
			     sqlite3_errmsg(db));
	sqlite3_finalize(statement);
	return r < 0 ? r : 0;
}

/* Opens the name, which the sandbox would not allow; nothing is read before a question is asked.
 */
int exh_prepare_known(struct exh_worker *w, const json_t *args)
{
	struct prepared *p = calloc(1, sizeof(*p));
	char head[16], uri[64];

	(void)args;
	w->prepared = p;
	if (!p)
		return exh_fail(w->ctx, EXH_E_NOMEM, "out of memory");
	if (exh_pread_all(w->fds[0], head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head, "SQLite format 3", 16) != 0)
		return 0;
	snprintf(uri, sizeof(uri), "file:/proc/self/fd/%d?immutable=1", w->fds[0]);
	if (sqlite3_open_v2(uri, &p->database,
			    SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK)
		return exh_fail(w->ctx, EXH_E_FORMAT, "the database cannot be opened: %s",
				sqlite3_errmsg(p->database));
	return 0;
}

/* ---- the table ---- */

static size_t compared; /* bytes; qsort() has no argument for it, and there is one table */

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, compared);
}

static void sort(struct loader *l)
{
	uint64_t kept = 0;

	compared = l->size;
	if (!l->is_sorted)
		qsort(l->table, l->entries, l->size, compare);
	for (uint64_t i = 0; i < l->entries; i++) {
		if (kept &&
		    !memcmp(l->table + (kept - 1) * l->size, l->table + i * l->size, l->size))
			continue;
		if (kept != i)
			memcpy(l->table + kept * l->size, l->table + i * l->size, l->size);
		kept++;
	}
	l->entries = kept;
}

static int answer(struct loader *l, EVP_MD_CTX *md)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char hex[EXH_DIGEST_HEX];
	unsigned n = 0;
	json_t *said = json_pack("{s:s, s:I, s:s}", "algorithm", l->algorithm, "entries",
				 (json_int_t)l->entries, "format", l->format);

	if (md && EVP_DigestFinal_ex(md, digest, &n)) {
		exh_hex(digest, n, hex);
		json_object_set_new(said, "sha256", json_string(hex));
	}
	return exh_emit(l->w, said);
}

int exh_task_known(struct exh_worker *w, const json_t *args)
{
	const struct prepared *p = w->prepared;
	_cleanup_md_ctx_ EVP_MD_CTX *md = p->database ? NULL : EVP_MD_CTX_new();
	struct loader l = {.w = w,
			   .wanted = json_object_get(args, "digests"),
			   .room = exh_json_u64(args, "room", 0),
			   .is_sorted = true};
	int r;

	l.table = mmap(NULL, l.room, PROT_READ | PROT_WRITE, MAP_SHARED, w->fds[1], 0);
	if (l.table == MAP_FAILED)
		return exh_fail_errno(w->ctx, "no memory for the set");
	if (md && !EVP_DigestInit_ex(md, EVP_sha256(), NULL))
		return exh_fail(w->ctx, EXH_E_MISSING, "SHA-256 is not available from libcrypto");
	r = p->database ? load_database(&l, p->database) : load_text(&l, md);
	if (r < 0)
		return r;
	if (!l.entries)
		return exh_fail(w->ctx, EXH_E_USAGE,
				"has no hash: sets are output of hashdeep, md5sum or sha1sum, and "
				"NSRL RDS (NSRLFile.txt or SQLite)");
	sort(&l);
	return answer(&l, md);
}
