// SPDX-License-Identifier: Apache-2.0
/* A set of EWF segments put together: order, identity, completeness, and which chunk of the media
 * each table begins with. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "ewf2.h"
#include "formats.h"
#include "naming.h"

#define MAX_SEGMENT   65535U
#define LISTED_ERRORS 100

/* The set in order: a table whose place is to be found, or a break behind which the count is lost.
 */
struct item {
	size_t table; /* SIZE_MAX: a break */
	enum exh_loss_reason reason;
};

struct items {
	struct item *list;
	size_t used, size;
};

static int add_item(struct items *items, size_t table, enum exh_loss_reason reason)
{
	if (items->used == items->size) {
		size_t size = items->size ? items->size * 2 : 64;
		struct item *grown = realloc(items->list, size * sizeof(*grown));

		if (!grown)
			return -1;
		items->list = grown;
		items->size = size;
	}
	items->list[items->used++] = (struct item){table, reason};
	return 0;
}

static int probe(const struct ewf_version *version, const struct exh_source *s)
{
	uint32_t number;

	for (size_t i = 0; i < s->nr_files; i++)
		if (version->is_segment(&s->files[i], &number))
			return 0;
	return 1;
}

static int probe1(struct exh_ctx *ctx, const struct exh_source *s)
{
	(void)ctx;
	return probe(&exh_ewf1, s);
}

static int probe2(struct exh_ctx *ctx, const struct exh_source *s)
{
	(void)ctx;
	return probe(&exh_ewf2, s);
}

static void close_ewf(struct exh_source *s)
{
	struct ewf *e = s->priv;

	if (!e)
		return;
	exh_ewf_chunk_cache_free(e->chunk_cache);
	exh_ewf_table_cache_free(e->table_cache);
	exh_ewf_inflaters_free(e->inflaters);
	json_decref(e->stored_hashes);
	json_decref(e->acquisition_errors);
	json_decref(e->header);
	free(e->segments);
	free(e->tables);
	free(e->holes);
	free(e);
}

static void incomplete(struct exh_source *s, json_t *problem)
{
	exh_source_refuse(s, "%s: %s", s->files[0].path, exh_json_str(problem, "text"));
	exh_source_problem(s, problem);
	s->complete = false;
	s->has_losses = true;
}

static int by_number(const void *a, const void *b)
{
	const struct ewf_segment *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

/* The files that are segments at all, in the order of their numbers. */
static int find_segments(struct exh_ctx *ctx, struct exh_source *s, struct ewf *e)
{
	e->segments = calloc(s->nr_files, sizeof(*e->segments));
	if (!e->segments)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	for (size_t i = 0; i < s->nr_files; i++) {
		struct ewf_segment *segment = &e->segments[e->nr_segments];

		segment->file = i;
		if (e->version->is_segment(&s->files[i], &segment->number) && segment->number) {
			e->version->identify(s, segment);
			e->nr_segments++;
			continue;
		}
		incomplete(s,
			   exh_problem(EXH_P_SEGMENT_DAMAGED, "%s: %s", exh_source_basename(s, i),
				       s->files[i].size ? "is no EWF segment" : "is empty"));
	}
	qsort(e->segments, e->nr_segments, sizeof(*e->segments), by_number);
	return 0;
}

/* The identifier that most segments carry, as far as one has a majority; NULL where none has any.
 */
static const uint8_t *id_of_set(const struct ewf *e)
{
	const uint8_t *id = NULL;
	size_t votes = 0;

	for (size_t i = 0; i < e->nr_segments; i++) {
		const struct ewf_segment *segment = &e->segments[i];

		if (!segment->has_set_id)
			continue;
		if (!votes)
			id = segment->set_id;
		votes += memcmp(id, segment->set_id, sizeof(segment->set_id)) ? -1 : 1;
	}
	return id;
}

/* Every segment of a set carries the set's identifier: EWF 3.7. */
static bool is_foreign(struct exh_source *s, const struct ewf_segment *segment, const uint8_t *id)
{
	if (!segment->has_set_id || !memcmp(id, segment->set_id, sizeof(segment->set_id)))
		return false;
	incomplete(s, exh_problem(EXH_P_SEGMENT_FOREIGN, "%s: belongs to another set",
				  exh_source_basename(s, segment->file)));
	return true;
}

static bool has_the_name(const struct exh_source *s, const struct ewf_segment *segment)
{
	char name[512];

	return exh_naming_ewf_sibling(exh_source_basename(s, 0), segment->number - 1, name,
				      sizeof(name)) &&
	       !strcasecmp(name, exh_source_basename(s, segment->file));
}

/* Of two files that say the same number the one that is named so counts. */
static bool is_double(struct exh_source *s, struct ewf_segment *before,
		      const struct ewf_segment *segment)
{
	if (before->number != segment->number)
		return false;
	incomplete(s,
		   exh_problem(EXH_P_SEGMENT_FOREIGN, "%s and %s both say that they are segment %u",
			       exh_source_basename(s, before->file),
			       exh_source_basename(s, segment->file), segment->number));
	if (has_the_name(s, segment))
		*before = *segment;
	return true;
}

/* What is in a file that does not belong here is never taken for the media of this set. */
static void drop_strangers(struct exh_source *s, struct ewf *e)
{
	const uint8_t *of_set = id_of_set(e);
	uint8_t id[sizeof(e->segments->set_id)] = {0};
	size_t kept = 0;

	if (of_set)
		memcpy(id, of_set, sizeof(id));
	for (size_t i = 0; i < e->nr_segments; i++)
		if (!is_foreign(s, &e->segments[i], id) &&
		    !(kept && is_double(s, &e->segments[kept - 1], &e->segments[i])))
			e->segments[kept++] = e->segments[i];
	e->nr_segments = kept;
}

static int walk_files(struct exh_ctx *ctx, struct exh_source *s, struct ewf *e)
{
	int r = find_segments(ctx, s, e);

	if (!r)
		drop_strangers(s, e);
	for (size_t i = 0; i < e->nr_segments && !r; i++)
		r = e->version->walk(ctx, s, e, &e->segments[i]);
	return r;
}

static int missing_segment(struct exh_source *s, struct items *items, uint32_t number)
{
	char name[512];

	if (exh_naming_ewf_sibling(exh_source_basename(s, 0), number - 1, name, sizeof(name)))
		incomplete(s, exh_problem(EXH_P_SEGMENT_MISSING, "segment %u (%s) is not there",
					  number, name));
	else
		incomplete(s,
			   exh_problem(EXH_P_SEGMENT_MISSING, "segment %u is not there", number));
	return add_item(items, SIZE_MAX, EXH_LOST_MISSING_SEGMENT);
}

static int segment_items(struct exh_source *s, struct ewf *e, const struct ewf_segment *segment,
			 bool last, struct items *items)
{
	int r = 0;

	for (size_t i = 0; i < segment->nr_tables && !r; i++) {
		const struct ewf_table *t = &e->tables[segment->first_table + i];

		if (t->bad && (t->bad2 || !t->entries2)) {
			exh_source_problem(
				s, exh_problem(EXH_P_SEGMENT_DAMAGED,
					       "%s: no copy of the chunk table at %llu is whole",
					       exh_source_basename(s, segment->file),
					       (unsigned long long)t->offset));
			s->has_losses = true;
			r = add_item(items, SIZE_MAX, EXH_LOST_CHECKSUM);
		} else {
			r = add_item(items, segment->first_table + i, 0);
		}
	}
	if (!r && segment->end == EWF_END_BROKEN)
		r = add_item(items, SIZE_MAX, EXH_LOST_TRUNCATED);
	if (segment->end == EWF_END_DONE && !last)
		incomplete(s, exh_problem(EXH_P_SEGMENT_FOREIGN,
					  "%s: says that it is the last segment, and more follow",
					  exh_source_basename(s, segment->file)));
	if (!r && last && segment->end == EWF_END_NEXT)
		r = missing_segment(s, items, segment->number + 1);
	return r;
}

static int list_items(struct exh_source *s, struct ewf *e, struct items *items)
{
	uint32_t expected = 1;
	int r = 0;

	for (size_t i = 0; i < e->nr_segments && !r; i++) {
		const struct ewf_segment *segment = &e->segments[i];

		for (; expected < segment->number && expected < MAX_SEGMENT && !r; expected++)
			r = missing_segment(s, items, expected);
		if (!r)
			r = segment_items(s, e, segment, i + 1 == e->nr_segments, items);
		expected = segment->number + 1;
	}
	return r;
}

static uint64_t nr_needed(const struct ewf *e)
{
	return (e->media_size + e->chunk_size - 1) / e->chunk_size;
}

/* Counts from the front as far as nothing is missing. Returns the index of the first break; *next
 * is the chunk there. */
static size_t place_forward(struct ewf *e, const struct items *items, uint64_t *next)
{
	size_t i = 0;

	for (; i < items->used && items->list[i].table != SIZE_MAX; i++) {
		e->tables[items->list[i].table].first_chunk = *next;
		*next += e->tables[items->list[i].table].nr_entries;
	}
	return i;
}

/* Counts from the end, where the last segment is known to be the last. Returns the index of the
 * first item that has its place. */
static size_t place_backward(struct ewf *e, const struct items *items, size_t first_break,
			     uint64_t from, uint64_t *next)
{
	size_t i = items->used;

	*next = nr_needed(e);
	if (e->segments[e->nr_segments - 1].end != EWF_END_DONE)
		return i;
	for (; i > first_break + 1 && items->list[i - 1].table != SIZE_MAX; i--) {
		struct ewf_table *t = &e->tables[items->list[i - 1].table];

		if (t->nr_entries > *next - from)
			break;
		*next -= t->nr_entries;
		t->first_chunk = *next;
	}
	return i;
}

static int add_hole(struct ewf *e, uint64_t first, uint64_t end, enum exh_loss_reason reason)
{
	struct ewf_hole *grown;

	if (first >= end)
		return 0;
	grown = realloc(e->holes, (e->nr_holes + 1) * sizeof(*grown));
	if (!grown)
		return -1;
	e->holes = grown;
	e->holes[e->nr_holes++] = (struct ewf_hole){first, end - first, reason};
	return 0;
}

static int keep_placed(struct ewf *e, const struct items *items, size_t front, size_t back)
{
	struct ewf_table *kept = calloc(items->used + 1, sizeof(*kept));
	size_t n = 0;

	if (!kept)
		return -1;
	for (size_t i = 0; i < items->used; i++)
		if ((i < front || i >= back) && items->list[i].table != SIZE_MAX &&
		    e->tables[items->list[i].table].nr_entries)
			kept[n++] = e->tables[items->list[i].table];
	free(e->tables);
	e->tables = kept;
	e->nr_tables = n;
	return 0;
}

static enum exh_loss_reason reason_between(const struct items *items, size_t front, size_t back)
{
	for (size_t i = front; i < back && i < items->used; i++)
		if (items->list[i].table == SIZE_MAX)
			return items->list[i].reason;
	return EXH_LOST_TRUNCATED;
}

static int place_tables(struct exh_source *s, struct ewf *e, const struct items *items)
{
	uint64_t from = 0, to, needed = nr_needed(e);
	size_t front = place_forward(e, items, &from), back = items->used;

	if (front == items->used && from < needed)
		incomplete(s,
			   exh_problem(EXH_P_SEGMENT_TRUNCATED,
				       "the tables tell of %llu chunks, the volume section of %llu",
				       (unsigned long long)from, (unsigned long long)needed));
	if (front == items->used && from > needed)
		exh_source_problem(
			s, exh_problem(EXH_P_VOLUME_SIZE_DIFFERS,
				       "the tables tell of %llu chunks, the volume section of %llu",
				       (unsigned long long)from, (unsigned long long)needed));
	to = needed;
	if (front < items->used)
		back = place_backward(e, items, front, exh_min(from, needed), &to);
	if (add_hole(e, from, to, reason_between(items, front, back)))
		return -1;
	return keep_placed(e, items, front, back);
}

/* The reason of the last break before the table that is item i. */
static enum exh_loss_reason reason_before(struct exh_source *s, const struct items *items, size_t i)
{
	if (i && items->list[i - 1].table == SIZE_MAX)
		return items->list[i - 1].reason;
	incomplete(s, exh_problem(EXH_P_SEGMENT_TRUNCATED, "chunks are in no table"));
	return EXH_LOST_TRUNCATED;
}

/* Tables that say where they belong: those stay that follow each other, and between them are holes.
 */
static int place_stated(struct exh_source *s, struct ewf *e, const struct items *items)
{
	struct ewf_table *kept = calloc(items->used + 1, sizeof(*kept));
	uint64_t next = 0, needed = nr_needed(e);
	size_t n = 0;
	int r = kept ? 0 : -1;

	for (size_t i = 0; i < items->used && !r; i++) {
		size_t number = items->list[i].table;
		const struct ewf_table *t = number != SIZE_MAX ? &e->tables[number] : NULL;

		if (!t || !t->nr_entries)
			continue;
		if (t->first_chunk < next || t->first_chunk >= needed) {
			incomplete(s, exh_problem(EXH_P_SEGMENT_DAMAGED,
						  "%s: the chunk table at %llu is out of its place",
						  exh_source_basename(s, t->file),
						  (unsigned long long)t->offset));
			continue;
		}
		if (t->first_chunk > next)
			r = add_hole(e, next, t->first_chunk, reason_before(s, items, i));
		kept[n++] = *t;
		next = t->first_chunk + t->nr_entries;
	}
	if (!r && next < needed)
		r = add_hole(e, next, needed, reason_before(s, items, items->used));
	free(e->tables);
	e->tables = kept;
	e->nr_tables = kept ? n : 0;
	return r;
}

/* The chunk that the media end in; one more than is needed for the whole sectors where these fill
 * their chunks and the tables tell of exactly one more. */
static uint64_t last_chunk(const struct ewf *e)
{
	const struct ewf_table *t = e->nr_tables ? &e->tables[e->nr_tables - 1] : NULL;
	uint64_t needed = nr_needed(e);

	if (t && e->media_size % e->chunk_size == 0 && t->first_chunk + t->nr_entries == needed + 1)
		return needed;
	return needed - 1;
}

/*
 * The volume section counts whole sectors, but a writer may have put a last sector that is not
 * whole into the last chunk, and hashed it. The chunk is the evidence, so its length counts.
 */
static int measure_last_chunk(struct exh_ctx *ctx, struct exh_source *s, struct ewf *e)
{
	uint64_t by_sectors = e->media_size, last = last_chunk(e), start = last * e->chunk_size;
	_cleanup_free_ uint8_t *chunk = malloc(e->chunk_size);
	enum exh_loss_reason reason;
	size_t length;

	if (!chunk)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	if (exh_ewf_hole_of(e, last))
		return 0;
	e->media_size = start + 1; /* any length will do */
	if (exh_ewf_load(s, e, last, chunk, &length, &reason) < 0)
		length = by_sectors - start;
	e->media_size = by_sectors;
	if (start + length == by_sectors || start + length + e->bytes_per_sector <= by_sectors ||
	    start + length >= by_sectors + e->bytes_per_sector)
		return 0;
	e->media_size = start + length;
	exh_source_problem(s, exh_problem(EXH_P_VOLUME_SIZE_DIFFERS,
					  "the volume section counts %llu bytes in whole sectors, "
					  "the chunks hold %llu",
					  (unsigned long long)by_sectors,
					  (unsigned long long)e->media_size));
	return 0;
}

static int prepare_reading(struct exh_ctx *ctx, struct ewf *e)
{
	e->table_cache = exh_ewf_table_cache_new();
	e->chunk_cache = exh_ewf_chunk_cache_new(e->chunk_size);
	if (!e->table_cache || !e->chunk_cache)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	return 0;
}

static void note_acquisition_errors(struct exh_source *s, const struct ewf *e)
{
	size_t n = json_array_size(e->acquisition_errors), i;
	const json_t *range;

	json_array_foreach (e->acquisition_errors, i, range) {
		if (i == LISTED_ERRORS)
			break;
		exh_source_problem(
			s, exh_problem_at(EXH_P_ACQUISITION_ERRORS, exh_json_u64(range, "start", 0),
					  exh_json_u64(range, "length", 0),
					  "the acquiring tool could not read this range"));
	}
	if (n > LISTED_ERRORS)
		exh_source_problem(
			s,
			exh_problem(EXH_P_ACQUISITION_ERRORS,
				    "%zu ranges in all could not be read when the image was made",
				    n));
}

static int open_media(struct exh_ctx *ctx, struct exh_source *s, struct ewf *e)
{
	struct items items = {0};
	int r;

	e->chunk_size = e->bytes_per_sector * e->sectors_per_chunk;
	e->media_size = e->nr_sectors * e->bytes_per_sector;
	if (!e->nr_sectors)
		e->media_size = (uint64_t)e->nr_chunks * e->chunk_size;
	if (!e->media_size) {
		incomplete(s, exh_problem(EXH_P_SEGMENT_DAMAGED,
					  "the container says that the media is empty"));
		return 0;
	}
	r = list_items(s, e, &items);
	if (!r)
		r = e->version->states_chunks ? place_stated(s, e, &items)
					      : place_tables(s, e, &items);
	free(items.list);
	if (r)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	r = prepare_reading(ctx, e);
	if (!r)
		r = measure_last_chunk(ctx, s, e);
	s->size = e->media_size;
	s->sector_size = e->bytes_per_sector;
	note_acquisition_errors(s, e);
	return r;
}

static int open_version(struct exh_ctx *ctx, struct exh_source *s,
			const struct ewf_version *version)
{
	struct ewf *e = calloc(1, sizeof(*e));
	int r;

	if (!e)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	s->priv = e;
	e->version = version;
	e->stored_hashes = json_object();
	e->header = json_object();
	e->inflaters = exh_ewf_inflaters_new();
	if (!e->inflaters)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	e->acquisition_errors = json_array();
	r = walk_files(ctx, s, e);
	if (r < 0)
		return r;
	if (e->encrypted)
		return 0;
	if (!e->has_volume) {
		exh_source_problem(
			s, exh_problem(EXH_P_SEGMENT_DAMAGED, "no volume section can be read"));
		exh_source_refuse(
			s, "%s: no volume section can be read, so nothing is known about the media",
			s->files[0].path);
		s->complete = false;
		return 0;
	}
	return open_media(ctx, s, e);
}

static int open1(struct exh_ctx *ctx, struct exh_source *s)
{
	return open_version(ctx, s, &exh_ewf1);
}

static int open2(struct exh_ctx *ctx, struct exh_source *s)
{
	return open_version(ctx, s, &exh_ewf2);
}

static int facts(struct exh_ctx *ctx, struct exh_source *s, json_t *image)
{
	struct ewf *e = s->priv;
	uint64_t whole = e->nr_sectors * e->bytes_per_sector;

	json_object_set_new(image, "variant", json_string(e->smart ? "S01" : e->version->variant));
	json_object_set(image, "stored_hashes", e->stored_hashes);
	json_object_set(image, "acquisition_errors", e->acquisition_errors);
	if (e->chunk_size)
		json_object_set_new(image, "chunk_size", json_integer(e->chunk_size));
	if (s->size && whole && whole != s->size)
		json_object_set_new(image, "whole_sectors_size", json_integer((json_int_t)whole));
	return e->version->header(ctx, s, image);
}

const struct exh_source_ops exh_source_ewf = {
	.format = "ewf",
	.probe = probe1,
	.open = open1,
	.read = exh_ewf_read,
	.prepare = exh_ewf_prepare,
	.zeros = exh_ewf_zeros,
	.next_span = exh_ewf_next_span,
	.in_place = exh_ewf_in_place,
	.decode = exh_ewf_decode_span,
	.unit = exh_ewf_unit,
	.facts = facts,
	.close = close_ewf,
};

const struct exh_source_ops exh_source_ewf2 = {
	.format = "ewf2",
	.probe = probe2,
	.open = open2,
	.read = exh_ewf_read,
	.prepare = exh_ewf_prepare,
	.zeros = exh_ewf_zeros,
	.next_span = exh_ewf_next_span,
	.in_place = exh_ewf_in_place,
	.decode = exh_ewf_decode_span,
	.unit = exh_ewf_unit,
	.facts = facts,
	.close = close_ewf,
};
