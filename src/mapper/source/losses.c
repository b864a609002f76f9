// SPDX-License-Identifier: Apache-2.0
#include "losses.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

struct exh_losses {
	pthread_mutex_t lock;
	struct exh_loss *list;
	size_t used, size;
};

static const char *const reasons[] = {
	[EXH_LOST_CHECKSUM] = "checksum",
	[EXH_LOST_DECOMPRESS] = "decompress",
	[EXH_LOST_MISSING_SEGMENT] = "missing-segment",
	[EXH_LOST_TRUNCATED] = "truncated",
	[EXH_LOST_IO_ERROR] = "io-error",
	[EXH_LOST_NOT_RESCUED] = "not-rescued",
};

const char *exh_loss_reason_name(enum exh_loss_reason reason)
{
	return reasons[reason];
}

struct exh_losses *exh_losses_new(void)
{
	struct exh_losses *l = calloc(1, sizeof(*l));

	if (l)
		pthread_mutex_init(&l->lock, NULL);
	return l;
}

void exh_losses_free(struct exh_losses *l)
{
	if (!l)
		return;
	pthread_mutex_destroy(&l->lock);
	free(l->list);
	free(l);
}

/* Index of the first range that ends behind start. */
static size_t first_behind(const struct exh_losses *l, uint64_t start)
{
	size_t low = 0, high = l->used;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (l->list[mid].start + l->list[mid].length > start)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

static int insert(struct exh_losses *l, size_t at, const struct exh_loss *loss)
{
	if (l->used == l->size) {
		size_t size = l->size ? l->size * 2 : 16;
		struct exh_loss *grown = realloc(l->list, size * sizeof(*grown));

		if (!grown)
			return -1;
		l->list = grown;
		l->size = size;
	}
	memmove(l->list + at + 1, l->list + at, (l->used - at) * sizeof(*l->list));
	l->list[at] = *loss;
	l->used++;
	return 0;
}

static void drop(struct exh_losses *l, size_t at)
{
	memmove(l->list + at, l->list + at + 1, (l->used - at - 1) * sizeof(*l->list));
	l->used--;
}

static bool touches(const struct exh_loss *a, const struct exh_loss *b)
{
	return a->reason == b->reason && a->start + a->length == b->start;
}

/* Adds a range that overlaps nothing before position at, joining it with its neighbours. */
static int add_piece(struct exh_losses *l, size_t at, const struct exh_loss *piece)
{
	if (at && touches(&l->list[at - 1], piece)) {
		l->list[at - 1].length += piece->length;
		at--;
	} else if (insert(l, at, piece)) {
		return -1;
	}
	if (at + 1 < l->used && touches(&l->list[at], &l->list[at + 1])) {
		l->list[at].length += l->list[at + 1].length;
		drop(l, at + 1);
	}
	return 0;
}

int exh_losses_add(struct exh_losses *l, const struct exh_loss *loss)
{
	uint64_t at = loss->start, end = loss->start + loss->length;
	int r = 0;

	pthread_mutex_lock(&l->lock);
	while (at < end && !r) {
		size_t i = first_behind(l, at);
		uint64_t next = i < l->used ? l->list[i].start : end;
		struct exh_loss piece = {at, exh_min(next, end) - at, loss->reason};

		if (i < l->used && next <= at) {
			at = next + l->list[i].length;
			continue;
		}
		r = add_piece(l, i, &piece);
		at += piece.length;
	}
	pthread_mutex_unlock(&l->lock);
	return r;
}

bool exh_losses_find(struct exh_losses *l, uint64_t start, uint64_t n, struct exh_loss *found)
{
	bool any;
	size_t i;

	pthread_mutex_lock(&l->lock);
	i = first_behind(l, start);
	any = i < l->used && l->list[i].start < start + n;
	if (any)
		*found = l->list[i];
	pthread_mutex_unlock(&l->lock);
	return any;
}

json_t *exh_losses_json(struct exh_losses *l)
{
	json_t *list = json_array();

	pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < l->used; i++)
		json_array_append_new(list, json_pack("{s:I, s:I, s:s}", "start",
						      (json_int_t)l->list[i].start, "length",
						      (json_int_t)l->list[i].length, "reason",
						      reasons[l->list[i].reason]));
	pthread_mutex_unlock(&l->lock);
	return list;
}
