// SPDX-License-Identifier: Apache-2.0
/* Lost bytes that belong to no file and no structure: is their place in use? */
#include "base/checked.h"
#include "hits.h"

struct rest {
	struct exh_hits *h;
	uint64_t end; /* of the file system */
};

static bool bit_is_lost(const struct exh_hits *h, uint64_t at)
{
	uint64_t byte;
	size_t i;

	if (!h->nr_bitmap || !h->bit || at < h->first_bit)
		return false;
	byte = (at - h->first_bit) / h->bit / 8;
	i = exh_range_find(h->bitmap, h->nr_bitmap, byte);
	return i < h->nr_bitmap && h->bitmap[i].start <= byte;
}

static enum exh_lost_class class_of_block(struct exh_hits *h, TSK_DADDR_T block)
{
	TSK_FS_INFO *fs = h->walk->fs;
	TSK_FS_BLOCK_FLAG_ENUM flags = fs->block_getflags(fs, block);

	if (bit_is_lost(h, block * fs->block_size))
		return EXH_LOST_IN_USE;
	if (flags & TSK_FS_BLOCK_FLAG_UNALLOC)
		return EXH_LOST_UNALLOCATED;
	if (flags & TSK_FS_BLOCK_FLAG_META && !(flags & TSK_FS_BLOCK_FLAG_CONT))
		return EXH_LOST_METADATA;
	return EXH_LOST_IN_USE;
}

static int claim_rest(uint64_t start, uint64_t length, void *opaque)
{
	struct rest *rest = opaque;
	struct exh_hits *h = rest->h;
	uint64_t block = h->walk->fs->block_size, end = exh_min(start + length, rest->end);
	int r = 0;

	while (!r && start < end) {
		enum exh_lost_class what = class_of_block(h, start / block);
		uint64_t to = (start / block + 1) * block;

		while (to < end && class_of_block(h, to / block) == what)
			to += block;
		to = exh_min(to, end);
		r = exh_claims_add(h->w->ctx, &h->claims, start, to - start, what);
		start = to;
		exh_emit_progress(h->w, "rescue", h->walk->rows, 0);
	}
	tsk_error_reset();
	return r;
}

/* The list of claims grows while what it does not cover is asked for, so that is copied first. */
struct kept {
	struct exh_ctx *ctx;
	struct exh_tally t;
};

static int keep(uint64_t start, uint64_t length, void *opaque)
{
	struct kept *kept = opaque;

	return exh_tally_add(kept->ctx, &kept->t, start, length);
}

int exh_hits_rest(struct exh_hits *h)
{
	TSK_FS_INFO *fs = h->walk->fs;
	struct kept kept = {.ctx = h->w->ctx};
	struct rest rest = {.h = h};
	int r = exh_claims_settle(h->w->ctx, &h->claims);

	if (exh_mul_overflows(fs->last_block + 1, fs->block_size, &rest.end))
		rest.end = h->slice->size;
	if (!r)
		r = exh_claims_rest(&h->claims, keep, &kept);
	for (size_t i = 0; !r && i < kept.t.nr; i++)
		r = claim_rest(kept.t.list[i].start, kept.t.list[i].length, &rest);
	exh_tally_clear(&kept.t);
	return r;
}
