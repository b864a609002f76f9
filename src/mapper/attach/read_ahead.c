// SPDX-License-Identifier: Apache-2.0
#include "read_ahead.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/checked.h"

#define MAX_READERS 8
#define PIECE	    (64U << 10)
#define WINDOW	    (4U << 20) /* this far ahead; much less than the cache holds */
#define NEAR	    (1U << 20) /* threads see the questions of one reader out of order */
#define ENOUGH	    3	       /* steps that make a reader one from front to back */

struct reader {
	uint64_t next; /* behind what was asked for */
	uint64_t ahead, end;
	uint64_t used_at;
	unsigned steps;
};

struct exh_read_ahead {
	pthread_mutex_t lock;
	uint64_t clock;
	unsigned working, most; /* threads that prepare; the others answer */
	struct reader readers[MAX_READERS];
};

struct exh_read_ahead *exh_read_ahead_new(unsigned threads)
{
	struct exh_read_ahead *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	pthread_mutex_init(&r->lock, NULL);
	r->most = threads / 2;
	return r;
}

void exh_read_ahead_free(struct exh_read_ahead *r)
{
	if (!r)
		return;
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static bool goes_on(const struct reader *reader, uint64_t offset, uint64_t end)
{
	uint64_t low = reader->next > NEAR ? reader->next - NEAR : 0;

	return reader->used_at && reader->end == end && offset >= low &&
	       offset <= reader->next + NEAR;
}

static struct reader *find(struct exh_read_ahead *r, uint64_t offset, uint64_t end)
{
	struct reader *oldest = &r->readers[0];

	for (size_t i = 0; i < MAX_READERS; i++) {
		if (goes_on(&r->readers[i], offset, end))
			return &r->readers[i];
		if (r->readers[i].used_at < oldest->used_at)
			oldest = &r->readers[i];
	}
	*oldest = (struct reader){.next = offset, .end = end};
	return oldest;
}

int exh_read_ahead_note(struct exh_read_ahead *r, uint64_t offset, size_t n, uint64_t end)
{
	struct reader *reader;
	bool is_steady;

	pthread_mutex_lock(&r->lock);
	reader = find(r, offset, end);
	reader->used_at = ++r->clock;
	if (offset + n > reader->next) {
		reader->next = offset + n;
		reader->steps++;
	}
	is_steady = reader->steps >= ENOUGH;
	pthread_mutex_unlock(&r->lock);
	return is_steady ? (int)(reader - r->readers) : -1;
}

/* The next part that nobody has taken; 0 where the window is full. With the lock held. */
static size_t take_part(struct reader *reader, uint64_t *from)
{
	uint64_t until = exh_min(reader->next + WINDOW, reader->end);
	size_t n = 0;

	*from = exh_max(reader->ahead, reader->next);
	if (*from < until)
		n = exh_min(until - *from, PIECE);
	reader->ahead = *from + n;
	return n;
}

void exh_read_ahead_work(struct exh_read_ahead *r, int reader, struct exh_source *s)
{
	uint64_t from;
	size_t n;

	pthread_mutex_lock(&r->lock);
	if (r->working < r->most) {
		r->working++;
		while ((n = take_part(&r->readers[reader], &from))) {
			pthread_mutex_unlock(&r->lock);
			exh_source_prepare(s, from, n);
			pthread_mutex_lock(&r->lock);
		}
		r->working--;
	}
	pthread_mutex_unlock(&r->lock);
}
