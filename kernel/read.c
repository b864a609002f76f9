// SPDX-License-Identifier: GPL-2.0-only
/* Requests that read: all the bytes, or an error for exactly those that are missing. */
#include <linux/blk-mq.h>
#include <linux/sched/mm.h>
#include <linux/uio.h>
#include "driver.h"

static ssize_t wpl_read_file(const struct wpl_file *f, u64 offset, struct iov_iter to, bool direct)
{
	struct kiocb call;

	init_sync_kiocb(&call, f->file);
	call.ki_pos = offset;
	if (direct)
		call.ki_flags |= IOCB_DIRECT;
	return f->file->f_op->read_iter(&call, &to);
}

/* The same past the page cache, if that can be done with these bytes. */
static ssize_t wpl_read_past_cache(const struct wpl_file *f, u64 offset, struct iov_iter to)
{
	ssize_t got;

	if (!f->direct || (offset | iov_iter_count(&to)) & (f->direct - 1))
		return wpl_read_file(f, offset, to, false);
	got = wpl_read_file(f, offset, to, true);
	/* some file systems say only now that they cannot */
	if (got == -EINVAL || got == -EOPNOTSUPP)
		got = wpl_read_file(f, offset, to, false);
	return got;
}

/**
 * enum wpl_way - how a file is read
 * @WPL_AS_ATTACHED: directly or through the page cache, as the attachment says
 * @WPL_PAST_CACHE: directly wherever that can be done
 */
enum wpl_way { WPL_AS_ATTACHED, WPL_PAST_CACHE };

/* Reads what follows at @position within one extent, and moves @iter on. Returns bytes, 0 where the
 * file ends, or an error. */
static ssize_t wpl_read_some(struct wpl_disk *d, u64 position, struct iov_iter *iter,
			     enum wpl_way way, u32 *extent)
{
	const struct wpl_extent *e;
	struct iov_iter part = *iter;
	u64 offset;
	ssize_t got;

	*extent = wpl_find(d->extents, d->extent_count, position);
	e = &d->extents[*extent];
	if (e->file == WPL_NO_FILE)
		return -EIO;
	iov_iter_truncate(&part, e->start + e->length - position);
	offset = e->offset + (position - e->start);
	if (way == WPL_PAST_CACHE)
		got = wpl_read_past_cache(&d->files[e->file], offset, part);
	else
		got = wpl_read_file(&d->files[e->file], offset, part, d->active & WPLOOP_DIRECT);
	if (got > 0)
		iov_iter_advance(iter, got);
	return got;
}

/**
 * struct wpl_row - the memory of a request or a bio, put in one row
 * @pieces: room for WPL_SEGMENTS of them
 * @count: how many there are
 */
struct wpl_row {
	struct bio_vec *pieces;
	unsigned int count;
};

/* False if there are more pieces than the queue was told to send. */
static bool wpl_row_add(struct wpl_row *row, const struct bio_vec *piece)
{
	if (WARN_ON_ONCE(row->count == WPL_SEGMENTS))
		return false;
	row->pieces[row->count++] = *piece;
	return true;
}

static bool wpl_request_iter(struct iov_iter *iter, struct request *rq)
{
	struct wpl_row row = {((struct wpl_request *)blk_mq_rq_to_pdu(rq))->pieces};
	struct req_iterator at;
	struct bio_vec piece;

	rq_for_each_bvec(piece, rq, at)
		if (!wpl_row_add(&row, &piece))
			return false;
	iov_iter_bvec(iter, ITER_DEST, row.pieces, row.count, blk_rq_bytes(rq));
	return true;
}

static bool wpl_bio_iter(struct iov_iter *iter, struct request *rq, struct bio *bio)
{
	struct wpl_row row = {((struct wpl_request *)blk_mq_rq_to_pdu(rq))->pieces};
	struct bvec_iter at;
	struct bio_vec piece;

	bio_for_each_bvec(piece, bio, at)
		if (!wpl_row_add(&row, &piece))
			return false;
	iov_iter_bvec(iter, ITER_DEST, row.pieces, row.count, bio->bi_iter.bi_size);
	return true;
}

static bool wpl_read_whole(struct wpl_disk *d, struct request *rq)
{
	u64 position = (u64)blk_rq_pos(rq) << SECTOR_SHIFT;
	u64 end = position + blk_rq_bytes(rq);
	struct iov_iter iter;
	ssize_t got;
	u32 extent;

	if (!wpl_request_iter(&iter, rq))
		return false;
	for (; position < end; position += got) {
		got = wpl_read_some(d, position, &iter, WPL_AS_ATTACHED, &extent);
		if (got <= 0)
			return false;
	}
	return true;
}

/* A range that could not be read and is not told yet. */
struct wpl_loss {
	u64 start;
	u64 length;
	int error;
	u32 extent;
};

static void wpl_loss_tell(struct wpl_disk *d, struct wpl_loss *loss)
{
	if (loss->length)
		wpl_note_read_error(d, loss->start, loss->length, loss->error, loss->extent);
	loss->length = 0;
}

static void wpl_loss_add(struct wpl_disk *d, struct wpl_loss *loss, const struct wpl_loss *more)
{
	if (loss->length && loss->start + loss->length == more->start &&
	    loss->error == more->error && loss->extent == more->extent) {
		loss->length += more->length;
		return;
	}
	wpl_loss_tell(d, loss);
	*loss = *more;
}

/* How far a failure reaches: to the end of the extent where nothing more is in the file, else over
 * what was tried. */
static u64 wpl_loss_length(const struct wpl_disk *d, u64 position, u64 left, u64 tried, ssize_t got,
			   u32 extent)
{
	const struct wpl_extent *e = &d->extents[extent];
	u64 reach = got && e->file != WPL_NO_FILE ? min(tried, left) : left;

	return min_t(u64, reach, e->start + e->length - position);
}

/**
 * struct wpl_walk - a bio that is read piece by piece
 * @position: on the device
 * @end: of the bio
 * @span: how much is tried at once: halved where it fails, doubled where it does not
 * @way: how it is tried
 * @iter: memory from @position on
 */
struct wpl_walk {
	u64 position;
	u64 end;
	u64 span;
	enum wpl_way way;
	struct iov_iter iter;
};

static ssize_t wpl_walk_read(struct wpl_disk *d, struct wpl_walk *w, u32 *extent)
{
	struct iov_iter part = w->iter;
	ssize_t got;

	iov_iter_truncate(&part, w->span);
	got = wpl_read_some(d, w->position, &part, w->way, extent);
	if (got > 0) {
		iov_iter_advance(&w->iter, got);
		w->position += got;
		w->span *= 2;
	}
	return got;
}

/* The span is tried again: first without the page cache, which loses all that it reads at once,
 * then as two halves, down to a block. There is nothing to try where nothing is. */
static bool wpl_walk_again(const struct wpl_disk *d, struct wpl_walk *w, ssize_t got, u32 extent)
{
	u64 left = w->end - w->position;

	if (!got || d->extents[extent].file == WPL_NO_FILE)
		return false;
	if (w->way == WPL_AS_ATTACHED && !(d->active & WPLOOP_DIRECT)) {
		w->way = WPL_PAST_CACHE;
		return true;
	}
	w->span = min(w->span, left);
	if (w->span <= d->block)
		return false;
	w->span = max_t(u64, d->block, (w->span / 2) & ~(u64)(d->block - 1));
	return true;
}

/* Reads the first bio of a request so that each block that can be read is read. Returns whether all
 * of it was. */
static bool wpl_read_bio(struct wpl_disk *d, struct request *rq, u64 *delivered)
{
	struct wpl_walk w = {.position = (u64)blk_rq_pos(rq) << SECTOR_SHIFT};
	struct wpl_loss loss = {}, more;
	bool whole = true;
	ssize_t got;
	u32 extent;

	w.span = rq->bio->bi_iter.bi_size;
	w.end = w.position + w.span;
	if (!wpl_bio_iter(&w.iter, rq, rq->bio))
		return false;
	while (w.position < w.end) {
		got = wpl_walk_read(d, &w, &extent);
		if (got > 0)
			*delivered += got;
		if (got > 0 || wpl_walk_again(d, &w, got, extent))
			continue;
		whole = false;
		more = (struct wpl_loss){
			.start = w.position,
			.length = wpl_loss_length(d, w.position, w.end - w.position, w.span, got,
						  extent),
			/* a file that ends too early has no errno of its own */
			.error = got ? -got : ENODATA,
			.extent = extent,
		};
		wpl_loss_add(d, &loss, &more);
		iov_iter_advance(&w.iter, more.length);
		w.position += more.length;
	}
	wpl_loss_tell(d, &loss);
	return whole;
}

/* A request may be several bios of different owners: each gets its own answer. */
static void wpl_read_apart(struct wpl_disk *d, struct request *rq)
{
	blk_status_t status;
	unsigned int bytes;
	u64 delivered = 0;

	do {
		bytes = rq->bio->bi_iter.bi_size;
		status = wpl_read_bio(d, rq, &delivered) ? BLK_STS_OK : BLK_STS_IOERR;
	} while (blk_update_request(rq, status, bytes));
	atomic64_add(delivered, &d->count.read_bytes);
	__blk_mq_end_request(rq, status);
}

/**
 * wpl_read - serves a request
 * @work: of its struct wpl_request
 */
void wpl_read(struct work_struct *work)
{
	struct request *rq = blk_mq_rq_from_pdu(container_of(work, struct wpl_request, work));
	struct wpl_disk *d = rq->q->queuedata;
	enum wploop_kind kind;
	unsigned int flags;

	/* queue_rq has asked this already; nothing else stands between a request and a file. */
	if (wpl_classify((__force u32)req_op(rq), &kind) != WPL_READ) {
		wpl_refuse_request(d, rq, kind);
		blk_mq_end_request(rq, BLK_STS_IOERR);
		return;
	}
	/* Memory for this read must not wait for a write that waits for this read. */
	flags = memalloc_noio_save();
	atomic64_inc(&d->count.reads);
	if (wpl_read_whole(d, rq)) {
		atomic64_add(blk_rq_bytes(rq), &d->count.read_bytes);
		blk_mq_end_request(rq, BLK_STS_OK);
	} else {
		wpl_read_apart(d, rq);
	}
	memalloc_noio_restore(flags);
}
