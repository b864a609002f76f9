// SPDX-License-Identifier: Apache-2.0
#include "queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/cleanup.h"

#define ROWS	   2048	      /* of a batch */
#define MAX_HELD   (8U << 20) /* bytes of pieces and resident contents in a batch */
#define MAX_WAITS  4	      /* batches that are not sent yet */
#define STACK_SIZE (2U << 20) /* libmagic's expressions recurse */

struct entry {
	json_t *row;
	struct exh_content content;
	bool to_read, unwanted;
	char *line; /* the row as it is sent; NULL: it is not wanted */
};

struct batch {
	struct batch *next;
	size_t nr, taken, done, held;
	struct entry entries[ROWS];
	uint16_t order[ROWS];
};

struct thread {
	pthread_t id;
	struct exh_queue *queue;
	struct exh_reader *reader;
};

struct exh_queue {
	struct exh_worker *w;
	const struct exh_reading *reading;
	pthread_mutex_t lock;
	pthread_cond_t work, ready;
	struct thread threads[EXH_MAX_READERS];
	struct exh_reader *readers[EXH_MAX_READERS];
	unsigned nr_threads;
	struct batch *filling, *first; /* first: the oldest that is handed over and not sent */
	unsigned waiting;
	bool ended;
	int result;
	char error[512];
	uint64_t put_bytes, done_bytes, total_bytes, unreadable;
};

static void batch_free(struct batch *batch)
{
	for (size_t i = 0; batch && i < batch->nr; i++) {
		json_decref(batch->entries[i].row);
		exh_content_clear(&batch->entries[i].content);
		free(batch->entries[i].line);
	}
	free(batch);
}

/* ---- what the threads do ---- */

static void on_bytes(uint64_t bytes, void *opaque)
{
	struct exh_queue *q = opaque;
	uint64_t done = __atomic_add_fetch(&q->done_bytes, bytes, __ATOMIC_RELAXED);
	uint64_t total = __atomic_load_n(&q->total_bytes, __ATOMIC_RELAXED);

	exh_emit_progress(q->w, "files", done, exh_max(total, done));
}

static void fail(struct exh_queue *q, int result, const char *text)
{
	pthread_mutex_lock(&q->lock);
	if (!q->result) {
		q->result = result;
		strncpy(q->error, text, sizeof(q->error) - 1);
	}
	pthread_mutex_unlock(&q->lock);
}

/* The first bytes of the line are always the same, so they need no object of their own. */
static char *line_of(const json_t *row)
{
	static const char head[] = "{\"append\":\"files\",\"row\":";
	size_t n = json_dumpb(row, NULL, 0, JSON_COMPACT | JSON_ENSURE_ASCII);
	char *line = n ? malloc(sizeof(head) + n + 2) : NULL;

	if (!line)
		return NULL;
	memcpy(line, head, sizeof(head) - 1);
	json_dumpb(row, line + sizeof(head) - 1, n, JSON_COMPACT | JSON_ENSURE_ASCII);
	memcpy(line + sizeof(head) - 1 + n, "}\n", 3);
	return line;
}

/* That little is left of deleted files is no fault of the evidence. */
static void count_unreadable(struct exh_queue *q, const struct entry *entry)
{
	if (json_is_true(json_object_get(entry->row, "allocated")))
		__atomic_add_fetch(&q->unreadable, 1, __ATOMIC_RELAXED);
}

static void finish_entry(struct exh_queue *q, struct exh_reader *reader, struct entry *entry)
{
	int r = entry->to_read ? exh_reader_take(reader, &entry->content, entry->row, on_bytes, q)
			       : 0;

	if (r < 0)
		fail(q, r, exh_reader_error(reader));
	if (r > 0)
		count_unreadable(q, entry);
	if (entry->to_read)
		entry->unwanted = q->reading->only_hit && r <= 0;
	exh_content_clear(&entry->content);
	if (!entry->unwanted) {
		entry->line = line_of(entry->row);
		if (!entry->line)
			fail(q, -EXH_E_NOMEM, "out of memory");
	}
	json_decref(steal(&entry->row));
}

/* With the lock held: an entry that nobody has taken yet, in the order of the medium. */
static struct entry *take_entry(struct exh_queue *q, struct batch **of)
{
	for (struct batch *b = q->first; b; b = b->next) {
		if (b->taken == b->nr)
			continue;
		*of = b;
		return &b->entries[b->order[b->taken++]];
	}
	return NULL;
}

static void *run(void *opaque)
{
	struct thread *thread = opaque;
	struct exh_queue *q = thread->queue;
	struct batch *batch = NULL;
	struct entry *entry;

	pthread_mutex_lock(&q->lock);
	for (;;) {
		entry = q->result ? NULL : take_entry(q, &batch);
		if (!entry && (q->ended || q->result))
			break;
		if (!entry) {
			pthread_cond_wait(&q->work, &q->lock);
			continue;
		}
		pthread_mutex_unlock(&q->lock);
		finish_entry(q, thread->reader, entry);
		pthread_mutex_lock(&q->lock);
		if (++batch->done == batch->nr)
			pthread_cond_signal(&q->ready);
	}
	pthread_cond_signal(&q->ready);
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

/* ---- what the walk does ---- */

static int result_of(struct exh_queue *q)
{
	int r;

	pthread_mutex_lock(&q->lock);
	r = q->result;
	pthread_mutex_unlock(&q->lock);
	return r < 0 ? exh_fail(q->w->ctx, -r, "%s", q->error) : 0;
}

/* All rows of a batch in one write. */
static int send(struct exh_queue *q, const struct batch *batch)
{
	_cleanup_free_ char *text = NULL;
	size_t n = 0, at = 0;

	for (size_t i = 0; i < batch->nr; i++)
		n += batch->entries[i].line ? strlen(batch->entries[i].line) : 0;
	if (!n)
		return 0;
	text = malloc(n);
	if (!text)
		return exh_fail(q->w->ctx, EXH_E_NOMEM, "out of memory");
	for (size_t i = 0; i < batch->nr; i++) {
		size_t length = batch->entries[i].line ? strlen(batch->entries[i].line) : 0;

		if (length)
			memcpy(text + at, batch->entries[i].line, length);
		at += length;
	}
	return exh_emit_lines(q->w, text, n);
}

/* Sends the oldest batches that are done; waits for one while there are more than most. */
static int send_ready(struct exh_queue *q, unsigned most)
{
	int r = 0;

	for (;;) {
		struct batch *batch;

		pthread_mutex_lock(&q->lock);
		while (q->first && q->waiting > most && q->first->done < q->first->nr && !q->result)
			pthread_cond_wait(&q->ready, &q->lock);
		batch = q->first && q->first->done == q->first->nr && !q->result ? q->first : NULL;
		if (batch) {
			q->first = batch->next;
			q->waiting--;
		}
		pthread_mutex_unlock(&q->lock);
		if (!batch)
			return result_of(q);
		r = send(q, batch);
		batch_free(batch);
		if (r < 0)
			return r;
	}
}

struct place {
	uint64_t first;
	uint16_t number;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *p = a, *q = b;

	if (p->first != q->first)
		return p->first < q->first ? -1 : 1;
	return p->number < q->number ? -1 : p->number > q->number;
}

static void put_in_order(struct batch *batch)
{
	struct place places[ROWS] = {0};

	for (size_t i = 0; i < batch->nr; i++)
		places[i] =
			(struct place){exh_content_first(&batch->entries[i].content), (uint16_t)i};
	qsort(places, batch->nr, sizeof(places[0]), compare_places);
	for (size_t i = 0; i < batch->nr; i++)
		batch->order[i] = places[i].number;
}

static void hand_over(struct exh_queue *q)
{
	struct batch *batch = steal(&q->filling), **last;

	if (!batch)
		return;
	put_in_order(batch);
	pthread_mutex_lock(&q->lock);
	for (last = &q->first; *last; last = &(*last)->next)
		;
	*last = batch;
	q->waiting++;
	pthread_cond_broadcast(&q->work);
	pthread_mutex_unlock(&q->lock);
}

static size_t held_by(const struct exh_content *content)
{
	return content->nr * sizeof(*content->pieces) + (content->resident ? content->size : 0);
}

/* libtsk serves this thread only, and forgets the content when its file is closed. */
static int read_now(struct exh_queue *q, struct entry *entry)
{
	struct exh_reader *reader = q->readers[q->nr_threads];
	int r = exh_reader_take(reader, &entry->content, entry->row, on_bytes, q);

	entry->to_read = false;
	if (r < 0)
		return exh_fail(q->w->ctx, -r, "%s", exh_reader_error(reader));
	entry->unwanted = q->reading->only_hit && !r;
	if (r)
		count_unreadable(q, entry);
	return 0;
}

int exh_queue_put(struct exh_queue *q, json_t *row, struct exh_content *content)
{
	struct batch *batch = q->filling;
	struct entry *entry;

	if (!batch)
		batch = q->filling = calloc(1, sizeof(*batch));
	if (!batch || !row) {
		json_decref(row);
		return exh_fail(q->w->ctx, EXH_E_NOMEM, "out of memory");
	}
	entry = &batch->entries[batch->nr++];
	entry->row = row;
	entry->unwanted = q->reading->only_hit && !content;
	if (content) {
		entry->content = *content;
		*content = (struct exh_content){0};
		entry->to_read = exh_reading_wants_bytes(q->reading);
		q->put_bytes += entry->content.size;
	}
	batch->held += held_by(&entry->content);
	if (entry->to_read && entry->content.special && read_now(q, entry) < 0)
		return -1;
	if (batch->nr < ROWS && batch->held < MAX_HELD)
		return 0;
	hand_over(q);
	return send_ready(q, MAX_WAITS);
}

void exh_queue_set_part(struct exh_queue *q, double part)
{
	double total = part > 0 ? (double)q->put_bytes / part : 0;

	if (total < (double)INT64_MAX)
		__atomic_store_n(&q->total_bytes, (uint64_t)total, __ATOMIC_RELAXED);
}

int exh_queue_flush(struct exh_queue *q)
{
	hand_over(q);
	return send_ready(q, 0);
}

uint64_t exh_queue_unreadable(struct exh_queue *q)
{
	return __atomic_load_n(&q->unreadable, __ATOMIC_RELAXED);
}

void exh_queue_free(struct exh_queue *q)
{
	if (!q)
		return;
	pthread_mutex_lock(&q->lock);
	q->ended = true;
	if (!q->result)
		q->result = -EXH_E_INTERRUPTED;
	pthread_cond_broadcast(&q->work);
	pthread_mutex_unlock(&q->lock);
	for (unsigned i = 0; i < q->nr_threads; i++)
		pthread_join(q->threads[i].id, NULL);
	while (q->first) {
		struct batch *batch = q->first;

		q->first = batch->next;
		batch_free(batch);
	}
	batch_free(q->filling);
	for (unsigned i = 0; i < EXH_MAX_READERS; i++)
		exh_reader_free(q->readers[i]);
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->work);
	pthread_cond_destroy(&q->ready);
	free(q);
}

static int start_threads(struct exh_queue *q)
{
	pthread_attr_t attr;
	int err = pthread_attr_init(&attr);

	if (!err)
		err = pthread_attr_setstacksize(&attr, STACK_SIZE);
	for (unsigned i = 0; !err && i + 1 < q->reading->readers; i++) {
		q->threads[i].queue = q;
		q->threads[i].reader = q->readers[i];
		err = pthread_create(&q->threads[i].id, &attr, run, &q->threads[i]);
		q->nr_threads += !err;
	}
	pthread_attr_destroy(&attr);
	if (!q->nr_threads) {
		errno = err;
		return exh_fail_errno(q->w->ctx, "no thread to read files");
	}
	return 0;
}

int exh_queue_new(struct exh_worker *w, const struct exh_reading *reading,
		  struct exh_source *partition, struct exh_queue **ret)
{
	struct exh_queue *q = calloc(1, sizeof(*q));
	int r = 0;

	if (!q)
		return exh_fail(w->ctx, EXH_E_NOMEM, "out of memory");
	q->w = w;
	q->reading = reading;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->work, NULL);
	pthread_cond_init(&q->ready, NULL);
	for (unsigned i = 0; !r && i < reading->readers; i++)
		r = exh_reader_new(w->ctx, reading, partition, i, &q->readers[i]);
	if (!r)
		r = start_threads(q);
	if (r < 0) {
		exh_queue_free(q);
		return r;
	}
	*ret = q;
	return 0;
}
