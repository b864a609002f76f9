// SPDX-License-Identifier: Apache-2.0
/* Adds up what could not be read: one byte counts once, whichever reading missed it. */
#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"

#define LARGEST	  25
#define MAX_SPANS 2000

struct range {
	uint64_t start, end;
	const char *reason;
};

struct ranges {
	struct range *list;
	size_t n, room;
};

static void append(struct ranges *r, const json_t *item)
{
	uint64_t start = exh_json_u64(item, "start", UINT64_MAX);
	uint64_t length = exh_json_u64(item, "length", 0);
	const char *reason = exh_json_str(item, "reason");
	uint64_t end;

	if (r->n == r->room || !length || exh_add_overflows(start, length, &end))
		return;
	r->list[r->n++] = (struct range){start, end, reason ? reason : "unknown"};
}

static int by_start(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static int by_length(const void *a, const void *b)
{
	const struct range *x = a, *y = b;
	uint64_t m = x->end - x->start, n = y->end - y->start;

	return m > n ? -1 : m < n ? 1 : by_start(a, b);
}

/* Cuts overlaps off the later range and joins neighbours that were lost for the same reason. */
static void merge(struct ranges *r)
{
	size_t kept = 0;

	if (r->n)
		qsort(r->list, r->n, sizeof(*r->list), by_start);
	for (size_t i = 0; i < r->n; i++) {
		struct range next = r->list[i];
		struct range *last = kept ? &r->list[kept - 1] : NULL;

		if (last && next.start < last->end)
			next.start = last->end;
		if (next.start >= next.end)
			continue;
		if (last && last->end == next.start && !strcmp(last->reason, next.reason))
			last->end = next.end;
		else
			r->list[kept++] = next;
	}
	r->n = kept;
}

static json_int_t sum(const struct ranges *r, json_t *by_reason)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < r->n; i++) {
		uint64_t length = r->list[i].end - r->list[i].start;
		uint64_t before = exh_json_u64(by_reason, r->list[i].reason, 0);

		bytes += length;
		json_object_set_new(by_reason, r->list[i].reason,
				    json_integer((json_int_t)(before + length)));
	}
	return (json_int_t)bytes;
}

/* For a drawing: neighbours closer than a pixel's worth of the media are one span. */
static json_t *spans_of(const struct ranges *r)
{
	uint64_t reach = r->n ? r->list[r->n - 1].end / MAX_SPANS : 0;
	json_t *spans = json_array();

	for (size_t i = 0; i < r->n;) {
		uint64_t start = r->list[i].start, end = r->list[i].end;

		while (++i < r->n && r->list[i].start - end <= reach)
			end = r->list[i].end;
		json_array_append_new(spans,
				      json_pack("[I, I]", (json_int_t)start, (json_int_t)end));
	}
	return spans;
}

static json_t *largest_of(struct ranges *r)
{
	json_t *largest = json_array();

	if (r->n)
		qsort(r->list, r->n, sizeof(*r->list), by_length);
	for (size_t i = 0; i < r->n && i < LARGEST; i++)
		json_array_append_new(largest,
				      json_pack("{s:I, s:I, s:s}", "start",
						(json_int_t)r->list[i].start, "length",
						(json_int_t)(r->list[i].end - r->list[i].start),
						"reason", r->list[i].reason));
	return largest;
}

void exh_losses_sum(json_t *model)
{
	const json_t *examination = exh_object(model, "examination");
	const json_t *before = exh_list(exh_object(examination, "before"), "damage");
	const json_t *after = exh_list(exh_object(examination, "after"), "damage");
	struct ranges r = {.room = json_array_size(before) + json_array_size(after)};
	json_t *losses = json_object(), *by_reason = json_object();
	const json_t *item;
	size_t i;

	r.list = calloc(r.room + 1, sizeof(*r.list));
	if (!r.list)
		r.room = 0;
	json_array_foreach (before, i, item)
		append(&r, item);
	json_array_foreach (after, i, item)
		append(&r, item);
	merge(&r);
	json_object_set_new(losses, "ranges", json_integer((json_int_t)r.n));
	json_object_set_new(losses, "bytes", json_integer(sum(&r, by_reason)));
	json_object_set_new(losses, "by_reason", by_reason);
	json_object_set_new(losses, "spans", spans_of(&r));
	json_object_set_new(losses, "largest", largest_of(&r));
	json_object_set_new(model, "losses", losses);
	free(r.list);
}
