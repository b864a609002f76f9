// SPDX-License-Identifier: Apache-2.0
/*
 * Lost ranges over a source of any format. Everything is the inner source's but the bytes of those
 * ranges: they are errors, or what --holes asked for, and in either case they stand on the list of
 * losses.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "losses.h"
#include "lost.h"

struct overlay {
	struct exh_source *inner;
	struct exh_range *list;
	size_t nr;
	enum exh_holes holes;
};

/* A cell names the offset of its first byte, so that a piece of it that turns up in a file tells
 * where it comes from. */
static void write_pattern(uint8_t *buf, uint64_t offset, size_t n)
{
	char cell[EXH_HOLE_CELL + 1];

	for (size_t done = 0; done < n;) {
		uint64_t at = offset + done, first = at - at % EXH_HOLE_CELL;
		size_t step = (size_t)exh_min(n - done, first + EXH_HOLE_CELL - at);

		snprintf(cell, sizeof(cell), "NOT RESCUED 0x%016llx\r\n",
			 (unsigned long long)first);
		memcpy(buf + done, cell + (at - first), step);
		done += step;
	}
}

static void fill(const struct overlay *o, uint8_t *buf, uint64_t offset, size_t n)
{
	if (o->holes == EXH_HOLES_PATTERN)
		write_pattern(buf, offset, n);
	else
		memset(buf, 0, n);
}

static struct exh_loss loss_of(const struct exh_range *range)
{
	return (struct exh_loss){range->start, range->length, EXH_LOST_NOT_RESCUED};
}

/* What lies before the next lost range comes from the inner source; behind its end there is
 * nothing but lost ranges. */
static size_t read_good(const struct overlay *o, uint8_t *buf, uint64_t offset, size_t n,
			struct exh_loss *loss)
{
	uint64_t end = o->inner->size;
	size_t there = offset < end ? (size_t)exh_min(n, end - offset) : 0;
	size_t got = there ? o->inner->ops->read(o->inner, buf, offset, there, loss) : 0;

	if (got == there && there < n)
		*loss = (struct exh_loss){end, offset + n - end, EXH_LOST_TRUNCATED};
	return got;
}

static size_t overlay_read(struct exh_source *s, void *buf, uint64_t offset, size_t n,
			   struct exh_loss *loss)
{
	const struct overlay *o = s->priv;
	size_t i = exh_range_find(o->list, o->nr, offset), done = 0;

	while (done < n) {
		uint64_t at = offset + done, end = offset + n;
		uint64_t next = i < o->nr ? exh_min(o->list[i].start, end) : end;
		size_t want = next > at ? (size_t)(next - at) : 0, got, hole;

		got = want ? read_good(o, (uint8_t *)buf + done, at, want, loss) : 0;
		done += got;
		if (got < want || done == n)
			break;
		*loss = loss_of(&o->list[i]);
		if (o->holes == EXH_HOLES_EIO)
			break;
		exh_source_add_loss(s, loss);
		hole = (size_t)(exh_min(loss->start + loss->length, end) - next);
		fill(o, (uint8_t *)buf + done, next, hole);
		done += hole;
		i++;
	}
	return done;
}

static void overlay_prepare(struct exh_source *s, uint64_t offset, size_t n)
{
	const struct overlay *o = s->priv;

	exh_source_prepare(o->inner, offset, n);
}

/* The inner source's, up to the next lost range: a hole there is what was never written. */
static uint64_t overlay_zeros(struct exh_source *s, uint64_t offset, uint64_t limit)
{
	const struct overlay *o = s->priv;
	size_t i = exh_range_find(o->list, o->nr, offset);

	limit = exh_min(limit, o->inner->size);
	if (i < o->nr)
		limit = exh_min(limit, o->list[i].start);
	return offset < limit ? exh_source_zeros(o->inner, offset, limit) : offset;
}

/* Behind the inner source's end there are no container bytes. */
static int overlay_next_span(struct exh_source *s, struct exh_cursor *at, size_t limit,
			     struct exh_span *span)
{
	const struct overlay *o = s->priv;
	int r = o->inner->ops->next_span(o->inner, at, limit, span);

	if (r != 1)
		return r;
	at->media_pos = exh_max(at->media_pos, o->inner->size);
	if (at->media_pos >= s->size)
		return 1;
	span->separate = true;
	span->media_start = at->media_pos;
	span->media_length = (size_t)exh_min(limit, s->size - at->media_pos);
	at->media_pos += span->media_length;
	return 0;
}

/* Fills the holes of a piece of media and lists them; returns the count of their bytes. */
static uint64_t cover(struct exh_source *s, uint8_t *media, uint64_t start, size_t n)
{
	const struct overlay *o = s->priv;
	uint64_t end = start + n, lost = 0;

	for (size_t i = exh_range_find(o->list, o->nr, start); i < o->nr && o->list[i].start < end;
	     i++) {
		uint64_t from = exh_max(o->list[i].start, start);
		uint64_t to = exh_min(o->list[i].start + o->list[i].length, end);
		struct exh_loss loss = {from, to - from, EXH_LOST_NOT_RESCUED};

		fill(o, media + (from - start), from, (size_t)(to - from));
		exh_source_add_loss(s, &loss);
		lost += to - from;
	}
	return lost;
}

static uint64_t overlay_decode(struct exh_source *s, const struct exh_span *span,
			       const uint8_t *file_bytes, uint8_t *media)
{
	const struct overlay *o = s->priv;
	uint64_t lost = 0;

	if (o->inner->ops->decode)
		lost = o->inner->ops->decode(o->inner, span, file_bytes, media);
	else
		memcpy(media, file_bytes, span->media_length);
	return lost + cover(s, media, span->media_start, span->media_length);
}

static size_t overlay_unit(const struct exh_source *s)
{
	const struct overlay *o = s->priv;

	return o->inner->ops->unit ? o->inner->ops->unit(o->inner) : 0;
}

static int overlay_facts(struct exh_ctx *ctx, struct exh_source *s, json_t *image)
{
	const struct overlay *o = s->priv;

	return o->inner->ops->facts ? o->inner->ops->facts(ctx, o->inner, image) : 0;
}

static void overlay_close(struct exh_source *s)
{
	struct overlay *o = s->priv;

	/* files and losses are shared: the outer source releases them */
	s->files = o->inner->files;
	o->inner->files = NULL;
	o->inner->nr_files = 0;
	o->inner->losses = NULL;
	exh_source_close(o->inner);
	free(o->list);
	free(o);
}

static const struct exh_source_ops overlay_ops = {
	.format = "overlay",
	.read = overlay_read,
	.prepare = overlay_prepare,
	.zeros = overlay_zeros,
	.next_span = overlay_next_span,
	.decode = overlay_decode,
	.unit = overlay_unit,
	.facts = overlay_facts,
	.close = overlay_close,
};

static struct exh_source *wrap(struct exh_source *inner, struct overlay *o, uint64_t size)
{
	struct exh_source *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->ops = &overlay_ops;
	s->format = inner->format;
	s->files = inner->files;
	s->nr_files = inner->nr_files;
	s->nr_descriptors = inner->nr_descriptors;
	s->missing = json_incref(inner->missing);
	s->problems = json_incref(inner->problems);
	s->losses = inner->losses;
	s->naming = inner->naming;
	s->size = size;
	s->sector_size = inner->sector_size;
	s->complete = inner->complete;
	s->has_losses = inner->has_losses || (o->nr && o->holes == EXH_HOLES_EIO);
	s->refusal = inner->refusal ? strdup(inner->refusal) : NULL;
	s->priv = o;
	return s;
}

static void overlay_free(struct overlay *o)
{
	free(o->list);
	free(o);
}

int exh_source_overlay(struct exh_ctx *ctx, struct exh_source *inner, int fd, const json_t *spec,
		       struct exh_source **ret)
{
	_cleanup_source_ struct exh_source *taken = inner;
	struct overlay *o = calloc(1, sizeof(*o));
	int holes = exh_holes_named(exh_json_str(spec, "holes")), r;

	if (!o || holes < 0) {
		free(o);
		return exh_fail(ctx, EXH_E_USAGE, "an overlay of no known kind");
	}
	o->inner = inner;
	o->holes = (enum exh_holes)holes;
	r = exh_lost_read(ctx, fd, spec, &o->list, &o->nr);
	if (!r) {
		*ret = wrap(inner, o, exh_json_u64(spec, "media_size", inner->size));
		r = *ret ? 0 : exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	}
	if (r < 0) {
		overlay_free(o);
		return r;
	}
	taken = NULL;
	return 0;
}
