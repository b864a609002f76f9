// SPDX-License-Identifier: Apache-2.0
/* The whole media in file order: runs of chunks that lie behind each other become one span. */
#include <libdeflate.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "ewf.h"

size_t exh_ewf_unit(const struct exh_source *s)
{
	const struct ewf *e = s->priv;

	return e->chunk_size;
}

static uint64_t nr_chunks(const struct ewf *e)
{
	return (e->media_size + e->chunk_size - 1) / e->chunk_size;
}

/* Container bytes that no chunk is made of. */
static void plain_span(struct exh_cursor *at, struct exh_span *span, uint64_t n)
{
	span->file = at->file;
	span->file_start = at->file_pos;
	span->file_length = n;
	span->media_start = at->media_pos;
	at->file_pos += n;
}

/* What is left of the files up to (not including) file; false when nothing is. */
static bool rest_before(const struct exh_source *s, struct exh_cursor *at, size_t file,
			size_t limit, struct exh_span *span)
{
	while (at->file < file && at->file_pos >= s->files[at->file].size) {
		at->file++;
		at->file_pos = 0;
	}
	if (at->file >= file)
		return false;
	plain_span(at, span, exh_min(limit, s->files[at->file].size - at->file_pos));
	return true;
}

static uint64_t media_end(const struct ewf *e, uint64_t chunk)
{
	return exh_min(chunk * e->chunk_size, e->media_size);
}

/* Media that are not in the file behind the cursor: lost ones, and chunks that stand out of order.
 */
static void separate_span(const struct ewf *e, struct exh_cursor *at, struct exh_span *span,
			  uint64_t first, uint64_t end)
{
	span->separate = true;
	span->media_start = at->media_pos;
	span->media_length = media_end(e, end) - first * e->chunk_size;
	at->media_pos += span->media_length;
}

/* How many chunks from index first of the table lie behind each other from the cursor on, in at
 * most limit bytes of media? */
static uint32_t run_length(const struct exh_source *s, const struct ewf *e,
			   const struct ewf_offsets *offsets, const struct exh_cursor *at,
			   uint32_t first, uint64_t most, size_t limit, uint64_t *end)
{
	uint32_t n = 0;

	*end = at->file_pos;
	while (n < most) {
		struct ewf_place place;

		if (!e->version->locate(s, e, offsets, first + n, &place))
			break;
		if (!place.size) {
			n++;
			continue;
		}
		if (place.offset < *end ||
		    place.offset + place.size - at->file_pos > limit * 2ULL + e->chunk_size * 2ULL)
			break;
		*end = place.offset + place.size;
		n++;
	}
	return n;
}

static void chunk_span(struct exh_source *s, struct ewf *e, struct exh_cursor *at, size_t limit,
		       size_t table, struct exh_span *span)
{
	const struct ewf_table *t = &e->tables[table];
	struct ewf_offsets *offsets = exh_ewf_offsets_get(s, e, table);
	uint64_t chunk = at->media_pos / e->chunk_size, end;
	uint32_t first = (uint32_t)(chunk - t->first_chunk), n = 0;
	uint64_t most = exh_min(t->nr_entries - first, nr_chunks(e) - chunk);
	struct ewf_place place;

	most = exh_min(most, exh_max(limit / e->chunk_size, 1));
	if (offsets && e->version->locate(s, e, offsets, first, &place) && at->file == t->file &&
	    place.offset > at->file_pos + limit) {
		plain_span(at, span, limit);
		exh_ewf_offsets_put(e, offsets);
		return;
	}
	if (offsets && at->file == t->file)
		n = run_length(s, e, offsets, at, first, most, limit, &end);
	exh_ewf_offsets_put(e, offsets);
	if (!n) {
		separate_span(e, at, span, chunk, chunk + 1);
		return;
	}
	span->media_length = media_end(e, chunk + n) - at->media_pos;
	plain_span(at, span, end - at->file_pos);
	at->media_pos += span->media_length;
}

int exh_ewf_next_span(struct exh_source *s, struct exh_cursor *at, size_t limit,
		      struct exh_span *span)
{
	struct ewf *e = s->priv;
	uint64_t chunk = at->media_pos / e->chunk_size;
	size_t table;

	if (at->media_pos >= e->media_size)
		return rest_before(s, at, s->nr_files, limit, span) ? 0 : 1;
	table = exh_ewf_find_table(e, chunk);
	if (table == e->nr_tables) {
		const struct ewf_hole *hole = exh_ewf_hole_of(e, chunk);
		uint64_t end = hole ? hole->first_chunk + hole->nr_chunks : chunk + 1;

		separate_span(e, at, span, chunk,
			      exh_min(end, chunk + exh_max(limit / e->chunk_size, 1)));
		return 0;
	}
	if (rest_before(s, at, e->tables[table].file, limit, span))
		return 0;
	chunk_span(s, e, at, limit, table, span);
	return 0;
}

static const uint8_t *stored_at(const uint8_t *file_bytes, const struct exh_span *span,
				const struct ewf_place *place)
{
	return place->size ? file_bytes + (place->offset - span->file_start) : NULL;
}

/* A chunk that was decoded, and the bytes it was made of. */
struct decoded {
	const uint8_t *stored, *media; /* NULL: none yet */
	struct ewf_place place;
	size_t length;
};

/* Empty areas are the same few packed bytes over and over: to compare and copy is many times faster
 * than to unpack them, and the result is the same. */
static bool repeats(const struct decoded *last, const uint8_t *stored,
		    const struct ewf_place *place, size_t expected)
{
	return last->media && stored && place->coding == last->place.coding &&
	       place->coding != EWF_PLAIN && place->size == last->place.size &&
	       expected == last->length && !memcmp(stored, last->stored, place->size);
}

static int decode_or_repeat(struct ewf *e, struct decoded *last, const uint8_t *stored,
			    const struct ewf_place *place, uint8_t *out, size_t expected,
			    enum exh_loss_reason *reason)
{
	size_t length;

	if (repeats(last, stored, place, expected)) {
		memcpy(out, last->media, expected);
	} else if (exh_ewf_decode(e, stored, place, out, expected, &length, reason) < 0) {
		last->media = NULL;
		return -1;
	}
	*last = (struct decoded){stored, out, *place, expected};
	return 0;
}

uint64_t exh_ewf_decode_span(struct exh_source *s, const struct exh_span *span,
			     const uint8_t *file_bytes, uint8_t *media)
{
	struct ewf *e = s->priv;
	uint64_t chunk = span->media_start / e->chunk_size, lost = 0;
	size_t table = exh_ewf_find_table(e, chunk);
	struct ewf_offsets *offsets = exh_ewf_offsets_get(s, e, table);
	struct decoded last = {0};

	for (size_t done = 0; done < span->media_length; chunk++) {
		size_t expected = exh_ewf_chunk_length(e, chunk);
		struct exh_loss loss = {chunk * e->chunk_size, expected, EXH_LOST_IO_ERROR};
		struct ewf_place place;

		/* a slot has room for whole chunks only: the last one may unpack to more than the
		 * media need */
		if (!offsets ||
		    !e->version->locate(s, e, offsets,
					(uint32_t)(chunk - e->tables[table].first_chunk), &place) ||
		    decode_or_repeat(e, &last, stored_at(file_bytes, span, &place), &place,
				     media + done, expected, &loss.reason) < 0) {
			memset(media + done, 0, expected);
			exh_source_add_loss(s, &loss);
			lost += expected;
		}
		done += expected;
	}
	exh_ewf_offsets_put(e, offsets);
	return lost;
}

/* Is this chunk whole, stored as it is where the layout wants it, and good? */
static bool lies_at(const struct ewf *e, const struct ewf_place *place, const uint8_t *stored,
		    const uint8_t *wanted, size_t length)
{
	return place->coding == EWF_PLAIN && stored == wanted && length == e->chunk_size &&
	       place->size == length + 4 &&
	       libdeflate_adler32(1, stored, length) == exh_le32(stored + length);
}

/* A last chunk that is not whole may be stored with more than the media have of it: it is made. */
bool exh_ewf_in_place(struct exh_source *s, const struct exh_span *span, const uint8_t *file_bytes,
		      struct exh_layout *layout)
{
	struct ewf *e = s->priv;
	uint64_t chunk = span->media_start / e->chunk_size;
	size_t table = exh_ewf_find_table(e, chunk), done = 0;
	struct ewf_offsets *offsets = exh_ewf_offsets_get(s, e, table);
	struct ewf_place place;

	*layout = (struct exh_layout){NULL, e->chunk_size, (size_t)e->chunk_size + 4};
	while (offsets && done < span->media_length) {
		uint32_t i = (uint32_t)(chunk - e->tables[table].first_chunk);
		const uint8_t *stored;

		if (!e->version->locate(s, e, offsets, i, &place) ||
		    !(stored = stored_at(file_bytes, span, &place)))
			break;
		if (!layout->first)
			layout->first = stored;
		if (!lies_at(e, &place, stored,
			     layout->first + done / layout->part * layout->stride,
			     exh_ewf_chunk_length(e, chunk)))
			break;
		done += e->chunk_size;
		chunk++;
	}
	exh_ewf_offsets_put(e, offsets);
	return offsets && done == span->media_length;
}
