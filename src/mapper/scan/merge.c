// SPDX-License-Identifier: Apache-2.0
#include "merge.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "foreign.h"
#include "rows.h"

#define NAMED_ROWS 4 /* of a disagreement, in its text */

struct merge {
	const struct exh_opinions *o;
	uint64_t media_size;
	uint32_t sector_size;
	json_t *facts;			 /* borrowed */
	json_t *tables, *parts, *others; /* members of facts, borrowed */
	const char *scheme;		 /* that leads */
	const char *from;		 /* whose answer leads */
};

static uint64_t highest_number(const struct merge *m)
{
	uint64_t highest = 0;
	const json_t *p;
	size_t i;

	json_array_foreach (m->parts, i, p) {
		uint64_t number = exh_json_u64(p, "number", 0);

		highest = number > highest ? number : highest;
	}
	return highest;
}

static void add_source(json_t *row, const char *source)
{
	json_t *sources = json_object_get(row, "sources");

	if (!sources) {
		sources = json_array();
		json_object_set_new(row, "sources", sources);
	}
	json_array_append_new(sources, json_string(source));
}

/* Steals the row: a live partition, or with a role one of the others. */
static void add_row(struct merge *m, json_t *row, const char *source)
{
	add_source(row, source);
	json_array_append_new(json_object_get(row, "role") ? m->others : m->parts, row);
}

static size_t count_own(const struct merge *m, const char *scheme, const char *role)
{
	const json_t *e;
	size_t i, n = 0;

	json_array_foreach (json_object_get(m->o->own, "entries"), i, e) {
		const char *r = exh_json_str(e, "role");

		n += exh_row_has(e, "scheme", scheme) && (role ? r && !strcmp(r, role) : !r);
	}
	return n;
}

static const json_t *own_table(const struct merge *m, const char *scheme)
{
	const json_t *t;
	size_t i;

	json_array_foreach (json_object_get(m->o->own, "tables"), i, t) {
		bool counts = !strcmp(scheme, "gpt") ? json_is_true(json_object_get(t, "used"))
						     : json_is_true(json_object_get(t, "valid"));

		if (exh_row_has(t, "scheme", scheme) && counts && !json_object_get(t, "nested"))
			return t;
	}
	return NULL;
}

static void take_tables(struct merge *m)
{
	static const char *const texts[] = {"scheme", "copy", "id", "name", "sector_size_because"};
	static const char *const numbers[] = {"start", "sector_size"};
	const json_t *t;
	size_t i;

	json_array_foreach (json_object_get(m->o->own, "tables"), i, t) {
		json_t *row = json_object();

		for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++)
			if (exh_json_str(t, texts[k]))
				json_object_set(row, texts[k], json_object_get(t, texts[k]));
		for (size_t k = 0; k < 2; k++)
			json_object_set_new(
				row, numbers[k],
				json_integer((json_int_t)exh_json_u64(t, numbers[k], 0)));
		json_object_set_new(row, "valid",
				    json_boolean(json_is_true(json_object_get(t, "valid"))));
		json_array_append_new(m->tables, row);
	}
}

static void add_table(struct merge *m, const char *scheme, uint64_t start)
{
	json_array_append_new(m->tables, json_pack("{s:s, s:I, s:i, s:b}", "scheme", scheme,
						   "start", (json_int_t)start, "sector_size",
						   (int)m->sector_size, "valid", 1));
}

/* A table behind which systems see another one: a GPT without protection counts for some and not
 * for others. */
static void warn_unprotected(struct merge *m, size_t mbr_live)
{
	size_t gpt = count_own(m, "gpt", NULL);

	if (mbr_live)
		exh_problems_add(
			m->facts,
			exh_problem(EXH_P_PROTECTIVE_MBR_MISSING,
				    "a GPT (entries: %zu) lies behind an MBR (live partitions: "
				    "%zu) without a protective entry; the MBR is shown, the GPT "
				    "is in other_entries",
				    gpt, mbr_live));
	else
		exh_problems_add(
			m->facts,
			exh_problem(EXH_P_PROTECTIVE_MBR_MISSING,
				    "a GPT without a protective MBR; systems that look for "
				    "the MBR first see an empty disk"));
}

/* Of the tables that are neither, the first that holds, else the first. */
static const char *choose_label(const struct merge *m)
{
	const char *damaged = NULL;
	const json_t *t;
	size_t i;

	json_array_foreach (json_object_get(m->o->own, "tables"), i, t) {
		const char *scheme = exh_json_str(t, "scheme");

		if (!scheme || !exh_foreign_is_known(scheme) || !strcmp(scheme, "mbr") ||
		    !strcmp(scheme, "gpt") || json_object_get(t, "nested"))
			continue;
		if (json_is_true(json_object_get(t, "valid")))
			return scheme;
		damaged = damaged ? damaged : scheme;
	}
	return damaged;
}

static void choose_own(struct merge *m)
{
	size_t live = count_own(m, "mbr", NULL);
	bool gpt = own_table(m, "gpt"), protected = count_own(m, "mbr", "protective");

	m->from = "exhibit";
	if (gpt && (protected || !live))
		m->scheme = "gpt";
	else if (own_table(m, "mbr"))
		m->scheme = "mbr";
	else
		m->scheme = choose_label(m);
	if (gpt && !protected)
		warn_unprotected(m, live);
	if (gpt && protected && live)
		exh_problems_add(
			m->facts,
			exh_problem(EXH_P_HYBRID_MBR,
				    "a hybrid MBR: beside the protective entry it has %zu of its "
				    "own, numbered here after those of the GPT",
				    live));
}

static void take_problems(struct merge *m)
{
	bool stale_gpt = m->scheme && !strcmp(m->scheme, "mbr");
	json_t *p;
	size_t i;

	json_array_foreach (json_object_get(m->o->own, "problems"), i, p) {
		if (!exh_json_str(p, "code") || !exh_json_str(p, "severity") ||
		    !exh_json_str(p, "text"))
			continue;
		/* what is wrong with a GPT that does not count makes no answer incomplete, unless
		 * the MBR points to it */
		if (stale_gpt && exh_row_has(p, "code", exh_problem_code(EXH_P_GPT_DAMAGED)) &&
		    !count_own(m, "mbr", "protective"))
			json_object_set_new(p, "severity", json_string("warning"));
		exh_problems_add(m->facts, json_incref(p));
	}
}

static json_t *containing(const struct merge *m, const json_t *row)
{
	json_t *p;
	size_t i;

	json_array_foreach (m->parts, i, p) {
		uint64_t start = exh_row_start(p), length = exh_row_length(p);

		if (exh_row_start(row) >= start && exh_row_start(row) - start < length)
			return p;
	}
	return NULL;
}

/* Rows that go on above the highest number, under the partition that holds them. */
static void add_below(struct merge *m, json_t *row, json_t *parent, const char *source)
{
	json_object_set_new(row, "number", json_integer((json_int_t)highest_number(m) + 1));
	if (parent)
		json_object_set(row, "parent", json_object_get(parent, "number"));
	add_row(m, row, source);
}

static void take_own(struct merge *m, const char *scheme)
{
	bool leads = m->scheme && !strcmp(m->scheme, scheme);
	const json_t *e;
	size_t i;

	json_array_foreach (json_object_get(m->o->own, "entries"), i, e) {
		json_t *row = exh_row_has(e, "scheme", scheme) ? exh_row_take(e) : NULL;

		if (!row)
			continue;
		if (json_is_true(json_object_get(e, "broken")))
			json_object_set_new(row, "role", json_string("broken"));
		if (!leads && strcmp(scheme, "mbr"))
			json_object_set_new(
				row, "role",
				json_string(strcmp(scheme, "gpt") ? "other table" : "unprotected"));
		if (leads || json_object_get(row, "role"))
			add_row(m, row, "exhibit");
		else
			add_below(m, row, containing(m, row), "exhibit");
	}
}

/* "512+1024" for the first few rows that one list has and the other has not; the count of all of
 * them. */
static size_t name_missing(const json_t *have, const json_t *lack, char *text, size_t n)
{
	size_t missing = 0, used = 0, i;
	const json_t *r;

	*text = 0;
	json_array_foreach (have, i, r) {
		int wrote;

		if (json_object_get(r, "role") || exh_row_has(r, "type_id", "0xee") ||
		    exh_row_find(lack, r, i) || ++missing > NAMED_ROWS)
			continue;
		wrote = snprintf(text + used, n - used, "%s%llu bytes at %llu", used ? ", " : "",
				 (unsigned long long)exh_row_length(r),
				 (unsigned long long)exh_row_start(r));
		used += wrote > 0 && (size_t)wrote < n - used ? (size_t)wrote : 0;
	}
	return missing;
}

static json_t *leading_rows(const struct merge *m)
{
	json_t *rows = json_array(), *p;
	size_t i;

	json_array_foreach (m->parts, i, p) {
		if (m->scheme && exh_row_has(p, "scheme", m->scheme) &&
		    !json_object_get(p, "parent"))
			json_array_append(rows, p);
	}
	return rows;
}

static void disagree(struct merge *m, const char *who, const char *text)
{
	exh_problems_add(m->facts, exh_problem(EXH_P_PROBES_DISAGREE, "%s: %s", who, text));
}

/* Compares another reader's rows with those that lead, in the same scheme. */
static void compare(struct merge *m, const char *who, const json_t *theirs)
{
	_cleanup_json_ json_t *ours = leading_rows(m);
	char more[256], fewer[256], text[640];
	size_t extra = name_missing(theirs, ours, more, sizeof(more));
	size_t lacking = name_missing(ours, theirs, fewer, sizeof(fewer));
	json_t *p;
	size_t i;

	json_array_foreach (ours, i, p) {
		if (exh_row_find(theirs, p, i))
			add_source(p, who);
	}
	if (lacking) {
		snprintf(text, sizeof(text),
			 "does not list %zu of the %s partitions that %s reads: %s", lacking,
			 m->scheme, m->from, fewer);
		disagree(m, who, text);
	}
	if (extra) {
		snprintf(text, sizeof(text), "lists %zu %s partitions that %s does not: %s", extra,
			 m->scheme, m->from, more);
		disagree(m, who, text);
	}
}

static bool is_one_of(const char *scheme, const char *const *schemes, size_t n)
{
	for (size_t i = 0; scheme && i < n; i++)
		if (!strcmp(scheme, schemes[i]))
			return true;
	return false;
}

static void hear_tsk(struct merge *m)
{
	_cleanup_json_ json_t *rows = m->scheme ? exh_foreign_tsk(m->o->tsk, m->scheme) : NULL;
	_cleanup_json_ json_t *ours = leading_rows(m);
	static const char *const knows[] = {"mbr", "gpt", "bsd", "sun", "apm"};
	const json_t *skipped = json_object_get(m->o->own, "chain_cut");

	if (rows)
		compare(m, "libtsk", rows);
	else if (is_one_of(m->scheme, knows, 5) && json_array_size(ours) &&
		 !(json_is_true(skipped) && !strcmp(m->scheme, "mbr")))
		disagree(m, "libtsk", "reads no table of this scheme here");
}

static void hear_blkid(struct merge *m)
{
	_cleanup_json_ json_t *rows = exh_foreign_blkid(m->o->blkid);
	/* DASD it only reads from a device that says it is one */
	static const char *const cannot[] = {"dasd", "bsd64"};
	const char *scheme = exh_json_str(m->o->blkid, "scheme");
	char text[160];

	if (m->scheme && scheme && !strcmp(m->scheme, scheme)) {
		compare(m, "libblkid", rows);
	} else if (!scheme && is_one_of(m->scheme, cannot, 2)) {
		return;
	} else if (m->scheme || scheme) {
		snprintf(text, sizeof(text), "sees %s%.40s, %s sees %s",
			 scheme ? "a table of scheme " : "no table", scheme ? scheme : "", m->from,
			 m->scheme ? m->scheme : "none");
		disagree(m, "libblkid", text);
	}
}

/* Another table that libtsk reads at the same place, while ours leads. */
static void hear_rivals(struct merge *m)
{
	static const char *const rivals[] = {"mbr", "bsd", "sun", "apm"};
	char text[160];

	for (size_t i = 0; i < sizeof(rivals) / sizeof(rivals[0]); i++) {
		_cleanup_json_ json_t *rows = exh_foreign_tsk(m->o->tsk, rivals[i]);

		if (!json_array_size(rows) || (m->scheme && !strcmp(m->scheme, rivals[i])))
			continue;
		if (m->scheme && !strcmp(m->scheme, "gpt") && !strcmp(rivals[i], "mbr"))
			continue;
		snprintf(text, sizeof(text),
			 "also reads a table of scheme %s (entries: %zu); %s sees %s", rivals[i],
			 json_array_size(rows), m->from, m->scheme ? m->scheme : "none");
		disagree(m, "libtsk", text);
	}
}

static void adopt(struct merge *m, json_t *rows, const char *scheme, const char *from,
		  uint64_t table)
{
	json_t *row;
	size_t i;

	m->scheme = scheme;
	m->from = from;
	add_table(m, scheme, table);
	json_array_foreach (rows, i, row) {
		json_object_set_new(row, "scheme", json_string(scheme));
		add_row(m, json_incref(row), from);
	}
}

/* What our readers do not know, and everything where they failed: libblkid first, which gives
 * types, then libtsk. */
static void adopt_foreign(struct merge *m)
{
	static const char *const ours[] = {"bsd", "sun", "apm"};
	_cleanup_json_ json_t *rows = exh_foreign_blkid(m->o->blkid);
	const char *scheme = exh_json_str(m->o->blkid, "scheme");
	bool only_theirs = scheme && !strcmp(scheme, "atari");

	if (exh_foreign_is_known(scheme) && (only_theirs || !m->o->own) && json_array_size(rows)) {
		adopt(m, rows, scheme, "libblkid", exh_json_u64(m->o->blkid, "table_start", 0));
		return;
	}
	for (size_t i = 0; !m->o->own && i < sizeof(ours) / sizeof(ours[0]); i++) {
		_cleanup_json_ json_t *theirs = exh_foreign_tsk(m->o->tsk, ours[i]);

		if (!json_array_size(theirs))
			continue;
		adopt(m, theirs, ours[i], "libtsk", strcmp(ours[i], "sun") ? m->sector_size : 0);
		return;
	}
}

static json_t *partition_at(const struct merge *m, uint64_t start)
{
	json_t *p;
	size_t i;

	json_array_foreach (m->parts, i, p) {
		if (exh_row_start(p) == start && !json_object_get(p, "parent"))
			return p;
	}
	return NULL;
}

static void take_own_nested(struct merge *m)
{
	const json_t *e;
	size_t i;

	json_array_foreach (json_object_get(m->o->own, "nested"), i, e) {
		json_t *row = exh_row_take(e);
		json_t *parent = partition_at(m, exh_json_u64(e, "parent_start", UINT64_MAX));

		if (!row || !parent) {
			json_decref(row);
			continue;
		}
		if (json_is_true(json_object_get(e, "broken")))
			json_object_set_new(row, "role", json_string("broken"));
		if (json_object_get(row, "role")) {
			json_object_set(row, "parent", json_object_get(parent, "number"));
			add_row(m, row, "exhibit");
		} else {
			add_below(m, row, parent, "exhibit");
		}
	}
}

/* Labels inside partitions that ours has read too, or none of ours knows. */
static void take_nested(struct merge *m)
{
	_cleanup_json_ json_t *rows = exh_foreign_nested(m->o->blkid);
	uint64_t last = UINT64_MAX;
	json_t *row, *known;
	size_t i;

	take_own_nested(m);

	json_array_foreach (rows, i, row) {
		uint64_t start = exh_json_u64(row, "parent_start", UINT64_MAX);
		json_t *parent = partition_at(m, start);
		const char *scheme = exh_json_str(row, "scheme");

		if (!parent || !scheme)
			continue;
		known = exh_row_find(m->parts, row, 0);
		if (known && json_object_get(known, "parent")) {
			add_source(known, "libblkid");
			continue;
		}
		if (!exh_foreign_is_known(scheme)) {
			if (last != start)
				exh_problems_add(
					m->facts,
					exh_problem_at(
						EXH_P_NOT_SUPPORTED, start, exh_row_length(parent),
						"libblkid sees a %.40s label in partition %llu, "
						"which is not read here",
						scheme,
						(unsigned long long)exh_json_u64(parent, "number",
										 0)));
			last = start;
			continue;
		}
		if (last != start)
			add_table(m, scheme, start + m->sector_size);
		last = start;
		json_object_del(row, "parent_start");
		add_below(m, json_incref(row), parent, "libblkid");
	}
}

static void whole_disk(struct merge *m)
{
	json_array_append_new(m->tables,
			      json_pack("{s:s, s:i, s:i, s:b}", "scheme", "none", "start", 0,
					"sector_size", (int)m->sector_size, "valid", 1));
	json_array_append_new(m->parts, json_pack("{s:i, s:i, s:I, s:s, s:[s]}", "number", 0,
						  "start", 0, "length", (json_int_t)m->media_size,
						  "scheme", "none", "sources", "exhibit"));
}

void exh_merge(const struct exh_opinions *opinions, uint64_t media_size, json_t *facts)
{
	static const char *const own_schemes[] = {"mbr",  "gpt", "apm",	  "sun",  "sgi",
						  "dasd", "bsd", "bsd64", "atari"};
	struct merge m = {.o = opinions, .media_size = media_size, .facts = facts};

	m.sector_size = (uint32_t)exh_json_u64(facts, "sector_size", 512);
	m.tables = json_array();
	m.parts = json_array();
	m.others = json_array();
	json_object_set_new(facts, "tables", m.tables);
	json_object_set_new(facts, "partitions", m.parts);
	json_object_set_new(facts, "other_entries", m.others);
	take_tables(&m);
	choose_own(&m);
	take_problems(&m);
	if (m.scheme)
		take_own(&m, m.scheme);
	for (size_t i = 0; i < sizeof(own_schemes) / sizeof(own_schemes[0]); i++)
		if (!m.scheme || strcmp(m.scheme, own_schemes[i]))
			take_own(&m, own_schemes[i]);
	if (!m.scheme)
		adopt_foreign(&m);
	if (opinions->tsk) {
		hear_tsk(&m);
		hear_rivals(&m);
	}
	if (opinions->blkid)
		hear_blkid(&m);
	take_nested(&m);
	/* only a disk that was looked at can be said to have no table */
	if (!m.scheme && opinions->own &&
	    !json_is_true(json_object_get(opinions->own, "unreadable")))
		whole_disk(&m);
}
