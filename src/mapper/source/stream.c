// SPDX-License-Identifier: Apache-2.0
/*
 * A ring of slots. The reader fills them in order, the crew takes filled ones in order, the
 * consumer waits for the next one to be ready, and a slot is free again when its last reference
 * comes back.
 */
#include "stream.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "pages.h"

#define MEMORY	  (96U << 20) /* of all slots, about */
#define MIN_SLOTS 3
#define SPAN_LIMIT                                                                                 \
	(512U << 10)	/* so small that a batch is still near the processor when it is hashed */
#define ALIGNMENT 4096U /* of memory and offsets, enough for O_DIRECT on every common device */

enum slot_state { SLOT_FREE, SLOT_FILLED, SLOT_DECODING, SLOT_READY, SLOT_OUT };

struct slot {
	struct exh_batch batch; /* first: a batch is found back to its slot */
	struct exh_stream *stream;
	enum slot_state state;
	unsigned refs;
	struct exh_span span;
	uint8_t *file_buffer, *media_buffer;
	size_t file_size;
};

struct exh_stream {
	struct exh_work work; /* first; decodes one slot */
	struct exh_source *source;
	struct exh_crew *crew, *own_crew;
	pthread_mutex_t lock;
	pthread_cond_t slot_free, slot_ready;
	struct slot slots[EXH_STREAM_BATCHES];
	size_t nr_slots, nr_free, nr_ready;
	uint64_t filled, decoded, delivered; /* sequence numbers; slot = number % nr_slots */
	bool at_end, stop, failed;
	uint64_t direct_bytes, cached_bytes;
	struct exh_pages *pages;
	pthread_t reader;
	bool has_reader, has_work;
};

static uint64_t align_down(uint64_t n)
{
	return n & ~(uint64_t)(ALIGNMENT - 1);
}

static int grow_file_buffer(struct slot *slot, size_t n)
{
	void *grown;

	if (slot->file_size >= n)
		return 0;
	if (posix_memalign(&grown, ALIGNMENT, n))
		return -1;
	free(slot->file_buffer);
	slot->file_buffer = grown;
	slot->file_size = n;
	return 0;
}

/* Reads [from, to) of a file, both aligned or to behind the end, past the page cache. Returns false
 * when that cannot be done. */
static bool read_direct(const struct exh_source_file *f, uint8_t *buf, uint64_t from, uint64_t to)
{
	uint64_t end = exh_min(to, f->size), done = 0;

	while (from + done < end) {
		ssize_t got =
			pread(f->direct_fd, buf + done, to - from - done, (off_t)(from + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || (got % ALIGNMENT && from + done + (uint64_t)got < end))
			return false;
		done += (uint64_t)got;
	}
	return true;
}

/* Reads through the page cache; what fails is tried in small steps, zeroed and counted. */
static uint64_t read_cached(const struct exh_source_file *f, uint8_t *buf, uint64_t from, size_t n)
{
	uint64_t lost = 0;

	if (exh_pread_all(f->fd, buf, n, from) == (int64_t)n)
		return 0;
	for (size_t done = 0; done < n;) {
		size_t step = exh_min(512 - (from + done) % 512, n - done);

		if (exh_pread_all(f->fd, buf + done, step, from + done) != (int64_t)step) {
			memset(buf + done, 0, step);
			lost += step;
		}
		done += step;
	}
	return lost;
}

/* Fetches the container bytes of a span. */
static int fetch(struct exh_stream *stream, struct slot *slot)
{
	const struct exh_span *span = &slot->span;
	const struct exh_source_file *f = &stream->source->files[span->file];
	uint64_t from = align_down(span->file_start), end = span->file_start + span->file_length;
	uint64_t to = align_down(end + ALIGNMENT - 1);

	slot->batch.file_lost = 0;
	if (!span->file_length)
		return 0;
	if (grow_file_buffer(slot, to - from))
		return -1;
	slot->batch.file_bytes = slot->file_buffer + (span->file_start - from);
	if (f->direct_fd >= 0 && read_direct(f, slot->file_buffer, from, to)) {
		stream->direct_bytes += span->file_length;
		return 0;
	}
	exh_pages_look(stream->pages, f, end);
	slot->batch.file_lost = read_cached(f, slot->file_buffer + (span->file_start - from),
					    span->file_start, span->file_length);
	exh_pages_drop(stream->pages, f, end);
	stream->cached_bytes += span->file_length;
	return 0;
}

static void decode(struct exh_stream *stream, struct slot *slot)
{
	const struct exh_source_ops *ops = stream->source->ops;
	const struct exh_span *span = &slot->span;
	struct exh_batch *b = &slot->batch;
	struct exh_layout in_place;
	struct exh_ctx ctx = {.helper = -1};

	b->media_start = span->media_start;
	b->media_length = span->media_length;
	b->file = span->file;
	b->file_start = span->file_start;
	b->file_length = span->file_length;
	b->media = (struct exh_layout){slot->media_buffer, span->media_length, 0};
	b->lost = 0;
	if (!span->media_length)
		return;
	if (span->separate || b->file_lost)
		b->lost = (uint64_t)exh_source_read_around(&ctx, stream->source, slot->media_buffer,
							   span->media_length, span->media_start,
							   NULL, NULL);
	else if (!ops->decode)
		b->media.first = b->file_bytes;
	else if (ops->in_place && ops->in_place(stream->source, span, b->file_bytes, &in_place))
		b->media = in_place;
	else
		b->lost = ops->decode(stream->source, span, b->file_bytes, slot->media_buffer);
}

const uint8_t *exh_batch_media(const struct exh_batch *batch, size_t at, size_t *n)
{
	const struct exh_layout *m = &batch->media;

	*n = exh_min(m->part - at % m->part, batch->media_length - at);
	return m->first + at / m->part * m->stride + at % m->part;
}

static void *reader_main(void *opaque)
{
	struct exh_stream *stream = opaque;
	struct exh_cursor cursor = {0};
	int r = 0;

	pthread_mutex_lock(&stream->lock);
	while (!r && !stream->stop) {
		struct slot *slot = &stream->slots[stream->filled % stream->nr_slots];

		if (slot->state != SLOT_FREE) {
			pthread_cond_wait(&stream->slot_free, &stream->lock);
			continue;
		}
		pthread_mutex_unlock(&stream->lock);
		memset(&slot->span, 0, sizeof(slot->span));
		r = stream->source->ops->next_span(stream->source, &cursor, SPAN_LIMIT,
						   &slot->span);
		if (!r && fetch(stream, slot))
			r = -1;
		pthread_mutex_lock(&stream->lock);
		if (!r) {
			slot->state = SLOT_FILLED;
			stream->nr_free--;
			stream->filled++;
			exh_crew_post(stream->crew, &stream->work);
		}
	}
	stream->failed = r < 0;
	stream->at_end = true;
	pthread_cond_signal(&stream->slot_ready);
	pthread_mutex_unlock(&stream->lock);
	return NULL;
}

static bool next_is_ready(const struct exh_stream *stream)
{
	return stream->delivered < stream->filled &&
	       stream->slots[stream->delivered % stream->nr_slots].state == SLOT_READY;
}

/* One piece of work for each slot that is filled. Whoever waits for the next batch is woken for
 * several, or when there will be no more for now. */
static void decode_next(struct exh_work *work)
{
	struct exh_stream *stream = (struct exh_stream *)work;
	struct slot *slot;
	bool wake;

	pthread_mutex_lock(&stream->lock);
	slot = &stream->slots[stream->decoded++ % stream->nr_slots];
	pthread_mutex_unlock(&stream->lock);
	decode(stream, slot);
	pthread_mutex_lock(&stream->lock);
	slot->state = SLOT_READY;
	stream->nr_ready++;
	wake = next_is_ready(stream) &&
	       (stream->nr_ready >= stream->nr_slots / 8 || stream->decoded == stream->filled);
	pthread_mutex_unlock(&stream->lock);
	if (wake)
		pthread_cond_signal(&stream->slot_ready);
}

int exh_stream_next(struct exh_ctx *ctx, struct exh_stream *stream, struct exh_batch **ret)
{
	struct slot *slot;
	int r = 0;

	pthread_mutex_lock(&stream->lock);
	slot = &stream->slots[stream->delivered % stream->nr_slots];
	while (!next_is_ready(stream) && !(stream->at_end && stream->delivered == stream->filled))
		pthread_cond_wait(&stream->slot_ready, &stream->lock);
	if (stream->delivered < stream->filled) {
		slot->state = SLOT_OUT;
		slot->refs = 1;
		stream->nr_ready--;
		stream->delivered++;
		*ret = &slot->batch;
	} else {
		r = stream->failed ? exh_fail(ctx, EXH_E_NOMEM, "out of memory while reading") : 1;
	}
	pthread_mutex_unlock(&stream->lock);
	return r;
}

static struct slot *slot_of(struct exh_batch *batch)
{
	return (struct slot *)batch;
}

struct exh_batch *exh_batch_get(struct exh_batch *batch)
{
	__atomic_add_fetch(&slot_of(batch)->refs, 1, __ATOMIC_RELAXED);
	return batch;
}

void exh_batch_put(struct exh_batch *batch)
{
	struct slot *slot = slot_of(batch);
	struct exh_stream *stream = slot->stream;
	bool wake;

	if (__atomic_sub_fetch(&slot->refs, 1, __ATOMIC_ACQ_REL))
		return;
	pthread_mutex_lock(&stream->lock);
	slot->state = SLOT_FREE;
	/* the reader takes several at once: waking it costs whoever gave them back */
	wake = ++stream->nr_free >= stream->nr_slots / 4;
	pthread_mutex_unlock(&stream->lock);
	if (wake)
		pthread_cond_signal(&stream->slot_free);
}

const char *exh_stream_read_from(const struct exh_stream *stream)
{
	if (!stream->direct_bytes)
		return "cache";
	return stream->cached_bytes ? "mixed" : "medium";
}

void exh_stream_close(struct exh_stream *stream)
{
	if (!stream)
		return;
	pthread_mutex_lock(&stream->lock);
	stream->stop = true;
	pthread_cond_signal(&stream->slot_free);
	pthread_mutex_unlock(&stream->lock);
	if (stream->has_reader)
		pthread_join(stream->reader, NULL);
	if (stream->has_work)
		exh_crew_remove(stream->crew, &stream->work);
	exh_crew_end(stream->own_crew);
	for (size_t i = 0; i < stream->nr_slots; i++) {
		free(stream->slots[i].file_buffer);
		free(stream->slots[i].media_buffer);
	}
	pthread_cond_destroy(&stream->slot_free);
	pthread_cond_destroy(&stream->slot_ready);
	pthread_mutex_destroy(&stream->lock);
	free(stream->pages);
	free(stream);
}

static void cleanup_stream(struct exh_stream **stream)
{
	exh_stream_close(*stream);
}

static int make_slots(struct exh_stream *stream)
{
	const struct exh_source_ops *ops = stream->source->ops;
	size_t unit = exh_max(SPAN_LIMIT, ops->unit ? ops->unit(stream->source) : 0);

	/* media and what they are made of */
	stream->nr_slots = exh_min(exh_max(MEMORY / (2 * unit), MIN_SLOTS), EXH_STREAM_BATCHES);
	stream->nr_free = stream->nr_slots;
	for (size_t i = 0; i < stream->nr_slots; i++) {
		stream->slots[i].stream = stream;
		stream->slots[i].media_buffer = malloc(unit);
		if (!stream->slots[i].media_buffer)
			return -1;
	}
	return 0;
}

static int start_threads(struct exh_ctx *ctx, struct exh_stream *stream,
			 const struct exh_stream_options *options)
{
	int r;

	stream->crew = options ? options->crew : NULL;
	if (!stream->crew) {
		r = exh_crew_start(ctx, options ? options->threads : 0, &stream->own_crew);
		if (r < 0)
			return r;
		stream->crew = stream->own_crew;
	}
	stream->work = (struct exh_work){.run = decode_next, .is_late = true};
	exh_crew_add(stream->crew, &stream->work);
	stream->has_work = true;
	errno = pthread_create(&stream->reader, NULL, reader_main, stream);
	if (errno)
		return exh_fail_errno(ctx, "the reading thread cannot be started");
	stream->has_reader = true;
	return 0;
}

int exh_stream_open(struct exh_ctx *ctx, struct exh_source *s,
		    const struct exh_stream_options *options, struct exh_stream **ret)
{
	_cleanup_(cleanup_stream) struct exh_stream *stream = NULL;
	int r;

	if (!s->ops->next_span)
		return exh_fail(ctx, EXH_E_UNSUPPORTED, "%s: cannot be read as a stream",
				s->format);
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	stream->source = s;
	pthread_mutex_init(&stream->lock, NULL);
	pthread_cond_init(&stream->slot_free, NULL);
	pthread_cond_init(&stream->slot_ready, NULL);
	stream->pages = exh_pages_new();
	if (!stream->pages || make_slots(stream))
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	r = start_threads(ctx, stream, options);
	if (r < 0)
		return r;
	*ret = steal(&stream);
	return 0;
}
