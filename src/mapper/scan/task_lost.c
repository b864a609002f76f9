// SPDX-License-Identifier: Apache-2.0
/* What stands in space that is in no partition: whether it is all zero, and what begins in it.
 * Without "deep" only the first megabyte of each place is read. */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "lost.h"
#include "tasks.h"

#define BLOCK	      (1U << 20)
#define SHALLOW	      (1U << 20) /* of data; holes cost nothing */
#define MAX_FOUND     1024
#define SHALLOW_ZEROS (64ULL << 30)

struct search {
	struct exh_worker *w;
	struct exh_reader r;
	uint8_t *block;
	uint64_t done, total;
	unsigned found;
	uint64_t start, end; /* the place */
	size_t index;
	uint64_t at;	     /* how far it is */
	uint64_t zeros_left; /* of a container that may be passed without "deep" */
	bool zero, unread, deep;
};

static bool is_zero(const uint8_t *p, size_t n)
{
	return !n || (!p[0] && !memcmp(p, p + 1, n - 1));
}

static void tell(const struct exh_lost *lost, void *opaque)
{
	struct search *s = opaque;
	json_t *row;

	if (lost->start < s->start || lost->start >= s->end || s->found++ >= MAX_FOUND)
		return;
	row = json_pack("{s:i, s:I, s:s}", "index", (int)s->index, "start", (json_int_t)lost->start,
			"type", lost->type);
	if (lost->size)
		json_object_set_new(row, "length", json_integer((json_int_t)lost->size));
	exh_emit_row(s->w, "found", row);
}

static int search_block(struct search *s, uint64_t at, size_t n)
{
	int64_t lost = exh_source_read_around(s->r.ctx, s->r.source, s->block, n, at, NULL, NULL);

	if (lost < 0)
		return (int)lost;
	s->unread |= lost || exh_reader_never_acquired(&s->r, at, n);
	if (is_zero(s->block, n))
		return 0;
	s->zero = false;
	for (size_t i = 0; i + EXH_LOST_STEP <= n; i += EXH_LOST_STEP)
		if (!is_zero(s->block + i, EXH_LOST_STEP))
			exh_lost_in_sector(&s->r, s->block + i, at + i, tell, s);
	return 0;
}

/* Holes of a file cost nothing; a container looks at each of its chunks. */
static bool may_skip(struct search *s, uint64_t n)
{
	if (!s->deep && !strncmp(s->r.source->format, "ewf", 3)) {
		if (n > s->zeros_left)
			return false;
		s->zeros_left -= n;
	}
	s->unread |= exh_reader_never_acquired(&s->r, s->at, n);
	return true;
}

/* Reads as many bytes as budget has, and passes holes. Returns whether every byte was looked at. */
static int search_place(struct search *s, uint64_t budget, bool *all)
{
	uint64_t at = s->start;
	int ret = 0;

	s->at = at;
	while (!ret && at < s->end) {
		uint64_t next = exh_source_zeros(s->r.source, at, s->end), n;

		if (next > at && !may_skip(s, next - at))
			break;
		if (next == at && !budget)
			break;
		if (next == at) {
			n = exh_min(exh_min(BLOCK - at % BLOCK, s->end - at), budget);
			ret = search_block(s, at, n);
			next = at + n;
			budget -= n;
		}
		s->done += next - at;
		s->at = at = next;
		exh_emit_progress(s->w, "search", s->done, s->total);
	}
	*all = at >= s->end && !s->unread;
	return ret;
}

static int search_row(struct search *s, const json_t *place, size_t index, bool deep)
{
	uint64_t size = s->r.source->size;
	bool all;
	int ret;

	s->start = exh_min(exh_json_u64(place, "start", 0), size);
	s->end = s->start + exh_min(exh_json_u64(place, "length", 0), size - s->start);
	s->index = index;
	s->zero = true;
	s->unread = false;
	ret = search_place(s, deep ? UINT64_MAX : SHALLOW, &all);
	if (!ret && all)
		exh_emit_row(s->w, "looked",
			     json_pack("{s:i, s:b}", "index", (int)index, "zero", s->zero));
	return ret;
}

int exh_task_scan_lost(struct exh_worker *w, const json_t *args)
{
	_cleanup_source_ struct exh_source *source = NULL;
	_cleanup_free_ uint8_t *block = malloc(BLOCK);
	bool deep = json_is_true(json_object_get(args, "deep"));
	struct search s = {.w = w, .block = block, .deep = deep, .zeros_left = SHALLOW_ZEROS};
	const json_t *place;
	size_t i;
	int ret = exh_source_open(w, args, &source);

	if (ret < 0)
		return ret;
	if (!block)
		return exh_fail(w->ctx, EXH_E_NOMEM, "out of memory");
	s.r = (struct exh_reader){.ctx = w->ctx,
				  .source = source,
				  .never_acquired = json_object_get(args, "never_acquired")};
	json_array_foreach (json_object_get(args, "places"), i, place)
		s.total += exh_json_u64(place, "length", 0);
	json_array_foreach (json_object_get(args, "places"), i, place) {
		if (!ret)
			ret = search_row(&s, place, i, deep);
	}
	return ret;
}
