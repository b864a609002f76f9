// SPDX-License-Identifier: Apache-2.0
/* Lays the digests of one examination side by side. A row says no more than its own values show. */
#include "model.h"

#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/facts.h"

struct sides {
	const json_t *image, *before, *after;
	bool two_readings; /* a second reading belongs to this examination, done or not */
};

struct totals {
	json_int_t made, agree;
	json_int_t from_outside,
		from_outside_agree; /* references that this case did not make itself */
};

static bool same(const char *a, const char *b)
{
	return !strcasecmp(a, b);
}

static void add_names(json_t *names, const json_t *digests)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)digests, name, value)
		json_object_set_new(names, name, json_true());
}

static json_t *algorithms_of(const struct sides *s)
{
	static const char *const usual[] = {"md5", "sha1", "sha256"};
	_cleanup_json_ json_t *present = json_object();
	json_t *names = json_object();

	add_names(present, exh_object(s->image, "stored_hashes"));
	add_names(present, exh_object(s->before, "digests"));
	add_names(present, exh_object(s->after, "digests"));
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (json_object_get(present, usual[i]))
			json_object_set_new(names, usual[i], json_true());
	json_object_update_missing(names, present);
	return names;
}

static bool is_filled(const json_t *reading)
{
	return exh_json_str(reading, "fill") != NULL;
}

static const char *verdict_of(const struct sides *s, const char *stored, const char *before,
			      const char *after)
{
	bool filled = is_filled(s->before) || is_filled(s->after);

	if (before && after && !same(before, after))
		return "mismatch";
	if (filled)
		return "incomplete";
	if ((stored && before && !same(stored, before)) ||
	    (stored && after && !same(stored, after)))
		return "mismatch";
	if (!before || (s->two_readings && !after))
		return "incomplete";
	return stored || after ? "match" : "not-compared";
}

static void set_text(json_t *row, const char *key, const char *value)
{
	if (value)
		json_object_set_new(row, key, json_string(value));
}

static void count_pair(struct totals *t, const char *a, const char *b)
{
	if (!a || !b)
		return;
	t->made++;
	t->agree += same(a, b);
}

static json_t *digest_rows(const struct sides *s, struct totals *t)
{
	_cleanup_json_ json_t *names = algorithms_of(s);
	json_t *rows = json_array(), *value;
	const char *name;

	json_object_foreach (names, name, value) {
		const char *stored = exh_json_str(exh_object(s->image, "stored_hashes"), name);
		const char *before = exh_json_str(exh_object(s->before, "digests"), name);
		const char *after = exh_json_str(exh_object(s->after, "digests"), name);
		json_t *row = json_pack("{s:s, s:s}", "algorithm", name, "verdict",
					verdict_of(s, stored, before, after));

		set_text(row, "stored", stored);
		set_text(row, "before", before);
		set_text(row, "after", after);
		if (before && after)
			set_text(row, "readings", same(before, after) ? "unchanged" : "changed");
		count_pair(t, before, after);
		json_array_append_new(rows, row);
	}
	return rows;
}

static void count_references(const json_t *reading, struct totals *t)
{
	const json_t *reference;
	size_t i;

	json_array_foreach (exh_list(reading, "references"), i, reference) {
		const char *verdict = exh_json_str(reference, "verdict");

		const char *source = exh_json_str(reference, "source");
		bool holds = verdict && !strcmp(verdict, "match");

		t->made++;
		t->agree += holds;
		if (source && strcmp(source, "case")) {
			t->from_outside++;
			t->from_outside_agree += holds;
		}
	}
}

/* {path: sha256}; a set can have thousands of files. */
static json_t *file_digests(const json_t *reading)
{
	json_t *digests = json_object();
	const json_t *file;
	size_t i;

	json_array_foreach (exh_list(reading, "segments_digests"), i, file) {
		json_t *digest = json_object_get(file, "sha256");

		if (exh_json_str(file, "path") && json_is_string(digest))
			json_object_set(digests, exh_json_str(file, "path"), digest);
	}
	return digests;
}

static const char *file_verdict(const struct sides *s, const char *before, const char *after)
{
	if (before && after)
		return same(before, after) ? "match" : "mismatch";
	return !before || s->two_readings ? "incomplete" : "not-compared";
}

static json_t *file_rows(const struct sides *s, struct totals *t)
{
	_cleanup_json_ json_t *digests_before = file_digests(s->before);
	_cleanup_json_ json_t *digests_after = file_digests(s->after);
	json_t *rows = json_array();
	const json_t *file;
	size_t i;

	json_array_foreach (exh_list(s->image, "segments"), i, file) {
		const char *path = exh_json_str(file, "path");
		const char *before = path ? exh_json_str(digests_before, path) : NULL;
		const char *after = path ? exh_json_str(digests_after, path) : NULL;
		json_t *row = json_object();

		set_text(row, "path", path);
		set_text(row, "before", before);
		set_text(row, "after", after);
		if (json_is_integer(json_object_get(file, "size")))
			json_object_set(row, "size", json_object_get(file, "size"));
		set_text(row, "verdict", file_verdict(s, before, after));
		count_pair(t, before, after);
		json_array_append_new(rows, row);
	}
	return rows;
}

void exh_compare(json_t *model)
{
	const json_t *examination = exh_object(model, "examination");
	struct sides s = {
		.image = exh_object(examination, "image"),
		.before = exh_object(examination, "before"),
		.after = exh_object(examination, "after"),
	};
	struct totals t = {0};

	s.two_readings = s.after || !json_is_true(json_object_get(examination, "composed")) ||
			 json_array_size(exh_list(model, "unfinished")) > 0;
	json_object_set_new(model, "comparison", digest_rows(&s, &t));
	json_object_set_new(model, "container", file_rows(&s, &t));
	count_references(s.before, &t);
	count_references(s.after, &t);
	json_object_set_new(model, "comparisons",
			    json_pack("{s:I, s:I, s:I, s:I}", "made", t.made, "agree", t.agree,
				      "from_outside", t.from_outside, "from_outside_agree",
				      t.from_outside_agree));
}
