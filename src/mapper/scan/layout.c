// SPDX-License-Identifier: Apache-2.0
#include "layout.h"

#include <stdlib.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "rows.h"

#define MAX_NAMED 64 /* problems of one kind; a hostile table could give thousands */

#define NO_PARENT UINT64_MAX

struct range {
	uint64_t start, end;
	uint64_t number;
};

static int by_start(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->start < y->start   ? -1
	       : x->start > y->start ? 1
	       : x->end < y->end     ? -1
				     : x->end > y->end;
}

/* The ranges of a list, those of one parent only; sorted. */
static size_t take_ranges(struct range *out, const json_t *list, uint64_t parent)
{
	const json_t *row;
	size_t i, n = 0;

	json_array_foreach (list, i, row) {
		uint64_t start = exh_json_u64(row, "start", 0),
			 length = exh_json_u64(row, "length", 0), end;

		if (!length || exh_add_overflows(start, length, &end) ||
		    exh_json_u64(row, "parent", NO_PARENT) != parent)
			continue;
		out[n++] = (struct range){start, end, exh_json_u64(row, "number", 0)};
	}
	qsort(out, n, sizeof(*out), by_start);
	return n;
}

static void find_overlaps(json_t *facts, const struct range *sorted, size_t n)
{
	const struct range *widest = sorted;
	unsigned found = 0;

	for (size_t i = 1; i < n; i++) {
		const struct range *r = &sorted[i];

		if (r->start < widest->end && found++ < MAX_NAMED)
			exh_problems_add(
				facts,
				exh_problem_at(
					EXH_P_PARTITIONS_OVERLAP, r->start,
					exh_min(r->end, widest->end) - r->start,
					"partitions %llu and %llu share %llu bytes from %llu",
					(unsigned long long)widest->number,
					(unsigned long long)r->number,
					(unsigned long long)(exh_min(r->end, widest->end) -
							     r->start),
					(unsigned long long)r->start));
		if (r->end > widest->end)
			widest = r;
	}
	if (found > MAX_NAMED)
		exh_problems_add(facts, exh_problem(EXH_P_PARTITIONS_OVERLAP, "%u more overlaps",
						    found - MAX_NAMED));
}

/* Partitions of one parent stand together in the list. */
static void find_nested_overlaps(json_t *facts, struct range *room, const json_t *parts)
{
	uint64_t last = NO_PARENT;
	const json_t *p;
	size_t i;

	json_array_foreach (parts, i, p) {
		uint64_t parent = exh_json_u64(p, "parent", NO_PARENT);

		if (parent != NO_PARENT && parent != last)
			find_overlaps(facts, room, take_ranges(room, parts, parent));
		last = parent;
	}
}

static void find_gaps(json_t *facts, const struct range *sorted, size_t n, uint64_t end)
{
	json_t *gaps = json_array();
	uint64_t at = 0;

	for (size_t i = 0; i <= n; i++) {
		uint64_t start = i < n ? exh_min(sorted[i].start, end) : end;

		if (start > at)
			json_array_append_new(gaps, json_pack("{s:I, s:I}", "start", (json_int_t)at,
							      "length", (json_int_t)(start - at)));
		if (i < n)
			at = exh_max(at, exh_min(sorted[i].end, end));
	}
	json_object_set_new(facts, "gaps", gaps);
}

static void check_past_end(json_t *facts, uint64_t media_size, uint64_t device_size)
{
	uint64_t needed = device_size;
	unsigned found = 0;
	const json_t *p;
	size_t i;

	json_array_foreach (json_object_get(facts, "partitions"), i, p) {
		uint64_t end = exh_row_start(p) + exh_row_length(p);

		needed = exh_max(needed, end);
		if (end <= media_size || found++ >= MAX_NAMED)
			continue;
		exh_problems_add(facts,
				 exh_problem_at(EXH_P_PARTITION_PAST_END, exh_row_start(p),
						exh_row_length(p),
						"partition %llu ends at %llu, the image at %llu",
						(unsigned long long)exh_json_u64(p, "number", 0),
						(unsigned long long)end,
						(unsigned long long)media_size));
	}
	if (found > MAX_NAMED)
		exh_problems_add(facts,
				 exh_problem(EXH_P_PARTITION_PAST_END,
					     "%u more partitions end behind the end of the image",
					     found - MAX_NAMED));
	if (needed > media_size)
		exh_problems_add(
			facts,
			exh_problem_at(
				EXH_P_IMAGE_SHORTER, media_size, needed - media_size,
				"the tables describe a device of at least %llu bytes, the image "
				"has %llu: %llu bytes are not there, because it was truncated, or "
				"because a part of the disk was hidden (HPA, DCO)",
				(unsigned long long)needed, (unsigned long long)media_size,
				(unsigned long long)(needed - media_size)));
}

void exh_layout(json_t *facts, const json_t *areas, uint64_t media_size, uint32_t sector_size,
		uint64_t device_size)
{
	const json_t *parts = json_object_get(facts, "partitions");
	size_t n = json_array_size(parts) + json_array_size(areas), nr_parts;
	_cleanup_free_ struct range *ranges = calloc(n + 1, sizeof(*ranges));
	uint64_t tail = media_size % sector_size;

	check_past_end(facts, media_size, device_size);
	if (tail)
		exh_problems_add(
			facts, exh_problem_at(EXH_P_TAIL_BYTES, media_size - tail, tail,
					      "%llu bytes behind the last whole sector of %u bytes",
					      (unsigned long long)tail, sector_size));
	if (!ranges)
		return;
	find_nested_overlaps(facts, ranges, parts);
	nr_parts = take_ranges(ranges, parts, NO_PARENT);
	find_overlaps(facts, ranges, nr_parts);
	n = nr_parts + take_ranges(ranges + nr_parts, areas, NO_PARENT);
	qsort(ranges, n, sizeof(*ranges), by_start);
	find_gaps(facts, ranges, n, media_size - tail);
}
