// SPDX-License-Identifier: Apache-2.0
#include "claims.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/cleanup.h"

#define SETTLE_AT (2U << 20) /* claims; many deleted files may claim the same bytes */

static const char letters[] = "mcsdauvnpo";

char exh_lost_class_letter(enum exh_lost_class what)
{
	return letters[what];
}

int exh_lost_class_of(char letter)
{
	const char *at = letter ? strchr(letters, letter) : NULL;

	return at ? (int)(at - letters) : -1;
}

void exh_claims_clear(struct exh_claims *c)
{
	free(c->list);
	c->list = NULL;
	c->nr = c->room = 0;
}

bool exh_claims_meet(const struct exh_claims *c, uint64_t start, uint64_t length, size_t *first)
{
	*first = exh_range_find(c->lost, c->nr_lost, start);
	return length && *first < c->nr_lost && c->lost[*first].start < start + length;
}

static int push(struct exh_ctx *ctx, struct exh_claims *c, const struct exh_piece_of_loss *piece)
{
	struct exh_piece_of_loss *grown;

	if (!c->list || c->nr == c->room) {
		c->room = c->room ? c->room * 2 : 256;
		grown = realloc(c->list, c->room * sizeof(*grown));
		if (!grown)
			return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
		c->list = grown;
	}
	c->list[c->nr++] = *piece;
	return 0;
}

int exh_claims_add(struct exh_ctx *ctx, struct exh_claims *c, uint64_t start, uint64_t length,
		   enum exh_lost_class what)
{
	uint64_t end = start + length;
	size_t i;
	int r = 0;

	if (!exh_claims_meet(c, start, length, &i))
		return 0;
	for (; !r && i < c->nr_lost && c->lost[i].start < end; i++) {
		uint64_t from = exh_max(c->lost[i].start, start);
		uint64_t to = exh_min(c->lost[i].start + c->lost[i].length, end);

		r = push(ctx, c, &(struct exh_piece_of_loss){from, to - from, what});
	}
	if (!r && c->nr >= SETTLE_AT && c->nr == c->room)
		r = exh_claims_settle(ctx, c);
	return r;
}

/* ---- settling ---- */

struct edge {
	uint64_t at;
	int change; /* +1: a claim begins, -1: it ends */
	enum exh_lost_class what;
};

static int by_place(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static int strongest(const size_t open[EXH_NR_LOST_CLASSES])
{
	for (int what = 0; what < EXH_NR_LOST_CLASSES; what++)
		if (open[what])
			return what;
	return -1;
}

static void put(struct exh_piece_of_loss *out, size_t *n, uint64_t from, uint64_t to, int what)
{
	if (what < 0 || from == to)
		return;
	if (*n && out[*n - 1].start + out[*n - 1].length == from &&
	    out[*n - 1].what == (unsigned)what)
		out[*n - 1].length += to - from;
	else
		out[(*n)++] =
			(struct exh_piece_of_loss){from, to - from, (enum exh_lost_class)what};
}

int exh_claims_settle(struct exh_ctx *ctx, struct exh_claims *c)
{
	_cleanup_free_ struct edge *edges = malloc((2 * c->nr + 1) * sizeof(*edges));
	struct exh_piece_of_loss *out = malloc((2 * c->nr + 1) * sizeof(*out));
	size_t open[EXH_NR_LOST_CLASSES] = {0}, n = 0;

	if (!edges || !out) {
		free(out);
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	}
	for (size_t i = 0; i < c->nr; i++) {
		const struct exh_piece_of_loss *p = &c->list[i];

		edges[2 * i] = (struct edge){p->start, 1, p->what};
		edges[2 * i + 1] = (struct edge){p->start + p->length, -1, p->what};
	}
	qsort(edges, 2 * c->nr, sizeof(*edges), by_place);
	for (size_t i = 0; i < 2 * c->nr; i++) {
		if (i)
			put(out, &n, edges[i - 1].at, edges[i].at, strongest(open));
		open[edges[i].what] += (size_t)edges[i].change;
	}
	c->room = 2 * c->nr + 1;
	free(c->list);
	c->list = out;
	c->nr = n;
	return 0;
}

static uint64_t lost_bytes(const struct exh_claims *c, uint64_t start, uint64_t end)
{
	uint64_t sum = 0;

	for (size_t i = exh_range_find(c->lost, c->nr_lost, start);
	     i < c->nr_lost && c->lost[i].start < end; i++)
		sum += exh_min(c->lost[i].start + c->lost[i].length, end) -
		       exh_max(c->lost[i].start, start);
	return sum;
}

bool exh_claims_has(const struct exh_claims *c, uint64_t start, uint64_t length,
		    enum exh_lost_class what)
{
	uint64_t end = start + length, sum = 0;

	for (size_t i = 0; i < c->nr && c->list[i].start < end; i++)
		if (c->list[i].what == what && c->list[i].start + c->list[i].length > start)
			sum += exh_min(c->list[i].start + c->list[i].length, end) -
			       exh_max(c->list[i].start, start);
	return sum == lost_bytes(c, start, end);
}

int exh_claims_rest(const struct exh_claims *c,
		    int (*each)(uint64_t start, uint64_t length, void *opaque), void *opaque)
{
	size_t k = 0;
	int r = 0;

	for (size_t i = 0; !r && i < c->nr_lost; i++) {
		uint64_t at = c->lost[i].start, end = at + c->lost[i].length, to;

		while (!r && at < end) {
			while (k < c->nr && c->list[k].start + c->list[k].length <= at)
				k++;
			if (k < c->nr && c->list[k].start <= at) {
				at = c->list[k].start + c->list[k].length;
				continue;
			}
			to = k < c->nr ? exh_min(c->list[k].start, end) : end;

			r = each(at, to - at, opaque);
			at = to;
		}
	}
	return r;
}
