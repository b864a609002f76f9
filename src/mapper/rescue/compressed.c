// SPDX-License-Identifier: Apache-2.0
/*
 * Compressed content of NTFS. A unit (mostly 16 clusters) that takes fewer clusters than it has is
 * compressed: chunks of 4096 bytes of content, each behind two bytes that tell how long it is. A
 * chunk of which a byte is lost is lost as a whole; where the two bytes are, so is all behind them
 * in the unit. (MS-XCA has the chunks; [MS-FSA] the units.)
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/cleanup.h"
#include "hits.h"

#define CHUNK	    4096U
#define MAX_UNIT    (1U << 20)
#define CHUNK_BYTES 0x0fff

struct unit {
	struct exh_hits *h;
	uint64_t *clusters; /* addresses of those that are there, in order */
	size_t nr, most;    /* clusters that are there; that a whole unit has */
	uint64_t cluster, offset, valid;
	enum exh_lost_class what;
	struct exh_tally *t;
	uint8_t *bytes;
};

static bool is_lost(const struct unit *u, size_t from, size_t to)
{
	for (size_t at = from; at < to;) {
		size_t inside = at % u->cluster, n = (size_t)exh_min(u->cluster - inside, to - at),
		       i;

		if (exh_claims_meet(&u->h->claims,
				    u->clusters[at / u->cluster] * u->cluster + inside, n, &i))
			return true;
		at += n;
	}
	return false;
}

static int claim(const struct unit *u, size_t from, size_t to, enum exh_lost_class what)
{
	int r = 0;

	for (size_t at = from; !r && at < to;) {
		size_t inside = at % u->cluster, n = (size_t)exh_min(u->cluster - inside, to - at);

		r = exh_claims_add(u->h->w->ctx, &u->h->claims,
				   u->clusters[at / u->cluster] * u->cluster + inside, n, what);
		at += n;
	}
	return r;
}

static int lose(const struct unit *u, uint64_t from, uint64_t to)
{
	uint64_t start = u->offset + from, end = exh_min(u->offset + to, u->valid);

	return start < end ? exh_tally_add(u->h->w->ctx, u->t, start, end - start) : 0;
}

static void read_unit(struct unit *u)
{
	struct exh_ctx ctx = {.helper = -1};

	for (size_t i = 0; i < u->nr; i++)
		exh_source_read_around(&ctx, u->h->slice, u->bytes + i * u->cluster, u->cluster,
				       u->clusters[i] * u->cluster, NULL, NULL);
}

static int chunks(struct unit *u)
{
	size_t end = u->nr * u->cluster, at = 0;
	uint64_t out = 0;
	int r = 0;

	read_unit(u);
	while (!r && at + 2 <= end) {
		unsigned header = exh_le16(u->bytes + at);
		size_t next = at + (header & CHUNK_BYTES) + 3;

		if (is_lost(u, at, at + 2) || next > end) {
			r = lose(u, out, u->most * u->cluster);
			return r ? r : claim(u, at, end, u->what);
		}
		if (!header)
			break;
		if (is_lost(u, at, next)) {
			r = lose(u, out, out + CHUNK);
			if (!r)
				r = claim(u, at, next, u->what);
		}
		at = next;
		out += CHUNK;
	}
	return r || u->what == EXH_LOST_DELETED ? r : claim(u, at, end, EXH_LOST_SLACK);
}

/* A unit with all its clusters is stored as it is. */
static int plain(struct unit *u)
{
	int r = 0;

	for (size_t i = 0; !r && i < u->nr; i++) {
		uint64_t start = u->clusters[i] * u->cluster, end = start + u->cluster;
		const struct exh_claims *c = &u->h->claims;
		size_t k;

		if (!exh_claims_meet(c, start, u->cluster, &k))
			continue;
		for (; !r && k < c->nr_lost && c->lost[k].start < end; k++) {
			uint64_t from = exh_max(c->lost[k].start, start) - start + i * u->cluster;
			uint64_t to = exh_min(c->lost[k].start + c->lost[k].length, end) - start +
				      i * u->cluster;
			uint64_t valid = u->valid > u->offset ? u->valid - u->offset : 0;

			r = lose(u, from, to);
			if (!r)
				r = claim(u, from, exh_min(to, valid), u->what);
			if (!r && u->what != EXH_LOST_DELETED)
				r = claim(u, from, to, EXH_LOST_SLACK);
		}
	}
	return r;
}

static int finish_unit(struct unit *u)
{
	int r = 0;

	if (u->nr && is_lost(u, 0, u->nr * u->cluster))
		r = u->nr < u->most ? chunks(u) : plain(u);
	u->nr = 0;
	u->offset += u->most * u->cluster;
	return r;
}

static int take_runs(struct unit *u, const TSK_FS_ATTR *attr)
{
	uint64_t at = 0; /* clusters of the attribute so far */
	int r = 0;

	for (const TSK_FS_ATTR_RUN *run = attr->nrd.run; !r && run; run = run->next) {
		bool is_there =
			!(run->flags & (TSK_FS_ATTR_RUN_FLAG_SPARSE | TSK_FS_ATTR_RUN_FLAG_FILLER));

		for (uint64_t i = 0; !r && i < run->len; i++) {
			if (is_there)
				u->clusters[u->nr++] = run->addr + i;
			if (++at % u->most == 0)
				r = finish_unit(u);
			if (u->offset >= u->valid && !u->nr)
				return r;
		}
	}
	return r ? r : finish_unit(u);
}

int exh_hits_compressed(struct exh_hits *h, const TSK_FS_ATTR *attr, enum exh_lost_class what,
			struct exh_tally *t)
{
	uint64_t size = attr->size > 0 ? (uint64_t)attr->size : 0;
	struct unit u = {.h = h,
			 .most = attr->nrd.compsize,
			 .cluster = h->walk->fs->block_size,
			 .valid = attr->nrd.initsize >= 0
					  ? exh_min(size, (uint64_t)attr->nrd.initsize)
					  : size,
			 .what = what,
			 .t = t};
	int r;

	if (!u.most || u.most * u.cluster > MAX_UNIT)
		return 0;
	u.clusters = calloc(u.most, sizeof(*u.clusters));
	u.bytes = malloc(u.most * u.cluster);
	r = u.clusters && u.bytes ? take_runs(&u, attr)
				  : exh_fail(h->w->ctx, EXH_E_NOMEM, "out of memory");
	free(u.clusters);
	free(u.bytes);
	return r;
}
