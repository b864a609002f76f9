// SPDX-License-Identifier: Apache-2.0
/* Raw media in one file or in split segments: the bytes of the files are the bytes of the media. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "formats.h"
#include "image.h"
#include "raw_layout.h"

#define DEFAULT_SECTOR 512

static struct exh_piece *piece_at(struct exh_raw_layout *raw, uint64_t offset)
{
	size_t low = 0, high = raw->nr;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (raw->pieces[mid].start <= offset)
			low = mid;
		else
			high = mid;
	}
	return &raw->pieces[low];
}

static void lose(struct exh_loss *loss, uint64_t start, uint64_t length,
		 enum exh_loss_reason reason)
{
	loss->start = start;
	loss->length = length;
	loss->reason = reason;
}

/* A large read failed: how much of it is good, sector by sector? The buffer is aligned as the
 * caller made it. */
static size_t read_by_sectors(const struct exh_source *s, int fd, char *buf, uint64_t at, size_t n)
{
	size_t done = 0;

	while (done < n) {
		size_t step = exh_min(s->sector_size - (at + done) % s->sector_size, n - done);

		if (exh_pread_all(fd, buf + done, step, at + done) != (int64_t)step)
			break;
		done += step;
	}
	return done;
}

/* Reads inside one piece. */
static size_t read_piece(struct exh_source *s, const struct exh_piece *p, char *buf,
			 uint64_t offset, size_t n, struct exh_loss *loss)
{
	uint64_t inside = offset - p->start;
	size_t want = inside < p->available ? exh_min(n, p->available - inside) : 0;
	int64_t got = 0;

	if (p->file < 0) {
		lose(loss, p->start, p->length, EXH_LOST_MISSING_SEGMENT);
		return 0;
	}
	if (want)
		got = exh_pread_all(s->files[p->file].fd, buf, want, inside);
	if (got < 0) {
		got = (int64_t)read_by_sectors(s, s->files[p->file].fd, buf, inside, want);
		if ((size_t)got < want) {
			uint64_t bad = offset + (uint64_t)got;
			uint64_t sector = s->sector_size - bad % s->sector_size;

			lose(loss, bad, exh_min(sector, p->start + p->length - bad),
			     EXH_LOST_IO_ERROR);
			return (size_t)got;
		}
	}
	if ((size_t)got < n)
		lose(loss, offset + (uint64_t)got, p->start + p->length - offset - (uint64_t)got,
		     EXH_LOST_TRUNCATED);
	return (size_t)got;
}

static size_t raw_read(struct exh_source *s, void *buf, uint64_t offset, size_t n,
		       struct exh_loss *loss)
{
	struct exh_raw_layout *raw = s->priv;
	size_t done = 0;

	while (done < n) {
		struct exh_piece *p = piece_at(raw, offset + done);
		size_t want = exh_min(n - done, p->start + p->length - offset - done);
		size_t got = read_piece(s, p, (char *)buf + done, offset + done, want, loss);

		done += got;
		if (got < want)
			break;
	}
	return done;
}

/* Pieces are in file order, so media order is file order. */
static int raw_next_span(struct exh_source *s, struct exh_cursor *at, size_t limit,
			 struct exh_span *span)
{
	struct exh_raw_layout *raw = s->priv;
	struct exh_piece *p;
	uint64_t inside;

	if (at->media_pos >= s->size)
		return 1;
	p = piece_at(raw, at->media_pos);
	inside = at->media_pos - p->start;
	span->media_start = at->media_pos;
	span->media_length = exh_min(limit, p->start + p->length - at->media_pos);
	span->separate = p->file < 0 || inside >= p->available;
	if (!span->separate) {
		span->media_length = exh_min(span->media_length, p->available - inside);
		span->file = (size_t)p->file;
		span->file_start = inside;
		span->file_length = span->media_length;
	}
	at->media_pos += span->media_length;
	return 0;
}

static void raw_close(struct exh_source *s)
{
	free(s->priv);
}

static int raw_probe(struct exh_ctx *ctx, const struct exh_source *s)
{
	(void)ctx;
	(void)s;
	return 0;
}

static int lay_out(struct exh_ctx *ctx, struct exh_source *s)
{
	_cleanup_free_ uint64_t *sizes = calloc(s->nr_files, sizeof(*sizes));
	struct exh_raw_layout *layout;
	int r;

	if (!sizes)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	for (size_t i = 0; i < s->nr_files; i++)
		sizes[i] = s->files[i].size;
	r = exh_raw_layout(ctx, sizes, s->nr_files, s->missing, &layout);
	if (r < 0)
		return exh_prefix(ctx, r, "%s", s->files[0].path);
	s->priv = layout;
	s->size = layout->size;
	s->sector_size = s->sector_size ? s->sector_size : DEFAULT_SECTOR;
	return 0;
}

static int raw_open(struct exh_ctx *ctx, struct exh_source *s)
{
	int r = lay_out(ctx, s);

	if (r < 0)
		return r;
	if (s->naming == EXH_NAMED_EWF)
		exh_source_refuse(s, "%s: has the name of an EWF segment but not its signature%s",
				  s->files[0].path, s->size ? "" : ": it is empty");
	else if (!s->size)
		exh_source_refuse(s, "%s: is empty", s->files[0].path);
	if (s->refusal) {
		s->complete = false;
		exh_source_problem(s, exh_problem(EXH_P_SEGMENT_DAMAGED, "%s", s->refusal));
		s->size = 0;
	}
	return 0;
}

static int split_probe(struct exh_ctx *ctx, const struct exh_source *s)
{
	(void)ctx;
	if (s->naming != EXH_NAMED_NUMBERS && s->naming != EXH_NAMED_LETTERS)
		return 1;
	return s->nr_files > 1 || json_array_size(s->missing) ? 0 : 1;
}

static void note_odd_size(struct exh_source *s, size_t i, uint64_t usual)
{
	bool shorter = s->files[i].size < usual;

	exh_source_problem(
		s,
		exh_problem(shorter ? EXH_P_SEGMENT_TRUNCATED : EXH_P_SEGMENT_ODD_SIZE,
			    "%s: has %llu bytes, its siblings have %llu", exh_source_basename(s, i),
			    (unsigned long long)s->files[i].size, (unsigned long long)usual));
	exh_source_refuse(
		s, "%s: has %llu bytes, its siblings have %llu: the set is not what was written",
		s->files[i].path, (unsigned long long)s->files[i].size, (unsigned long long)usual);
	s->complete = false;
}

static void note_missing(struct exh_source *s, const char *name)
{
	exh_source_problem(s, exh_problem(EXH_P_SEGMENT_MISSING, "%s: is not there", name));
	exh_source_refuse(s, "%s: is not there: put the whole set into one directory", name);
	s->complete = false;
	s->has_losses = true;
}

static int split_open(struct exh_ctx *ctx, struct exh_source *s)
{
	const struct exh_raw_layout *layout;
	int r = lay_out(ctx, s);

	if (r < 0)
		return r;
	layout = s->priv;
	for (size_t i = 0; i < layout->nr; i++) {
		const struct exh_piece *p = &layout->pieces[i];

		if (p->file < 0)
			note_missing(s, p->name ? p->name : "a segment");
		else if (exh_raw_is_odd(layout, i))
			note_odd_size(s, (size_t)p->file, layout->usual);
		s->has_losses |= p->available < p->length;
	}
	if (!s->size) {
		exh_source_refuse(s, "%s: is empty", s->files[0].path);
		exh_source_problem(s, exh_problem(EXH_P_SEGMENT_DAMAGED, "%s", s->refusal));
		s->complete = false;
	}
	return 0;
}

/* Holes of the files; what a file does not have is lost, and no hole. */
static uint64_t raw_zeros(struct exh_source *s, uint64_t offset, uint64_t limit)
{
	struct exh_raw_layout *raw = s->priv;

	while (offset < limit) {
		const struct exh_piece *p = piece_at(raw, offset);
		uint64_t inside = offset - p->start;
		off_t data;

		if (p->file < 0 || inside >= p->available)
			break;
		data = lseek(s->files[p->file].fd, (off_t)inside, SEEK_DATA);
		if (data < 0 && errno != ENXIO)
			break;
		offset = p->start +
			 (data < 0 ? p->available : exh_min((uint64_t)data, p->available));
		if (offset < p->start + p->length)
			break;
	}
	return offset;
}

const struct exh_source_ops exh_source_raw = {
	.format = "raw",
	.probe = raw_probe,
	.open = raw_open,
	.read = raw_read,
	.zeros = raw_zeros,
	.next_span = raw_next_span,
	.close = raw_close,
};

const struct exh_source_ops exh_source_split_raw = {
	.format = "split-raw",
	.probe = split_probe,
	.open = split_open,
	.read = raw_read,
	.zeros = raw_zeros,
	.next_span = raw_next_span,
	.close = raw_close,
};
