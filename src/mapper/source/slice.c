// SPDX-License-Identifier: Apache-2.0
/* A window of another source: a partition. */
#include <stdlib.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "formats.h"
#include "losses.h"

static size_t slice_read(struct exh_source *s, void *buf, uint64_t offset, size_t n,
			 struct exh_loss *loss)
{
	struct exh_source *parent = (struct exh_source *)s->parent;
	uint64_t base = *(uint64_t *)s->priv;
	size_t good = parent->ops->read(parent, buf, base + offset, n, loss);
	uint64_t end;

	if (good < n) {
		exh_source_add_loss(parent, loss);
		end = exh_min(loss->start + loss->length - base, s->size);
		loss->start = exh_max(loss->start, base) - base;
		loss->length = end - loss->start;
	}
	return good;
}

static uint64_t slice_zeros(struct exh_source *s, uint64_t offset, uint64_t limit)
{
	uint64_t base = *(uint64_t *)s->priv;

	return exh_source_zeros((struct exh_source *)s->parent, base + offset, base + limit) - base;
}

static void slice_close(struct exh_source *s)
{
	free(s->priv);
}

static const struct exh_source_ops slice_ops = {
	.format = "slice",
	.read = slice_read,
	.zeros = slice_zeros,
	.close = slice_close,
};

int exh_source_slice(struct exh_ctx *ctx, struct exh_source *parent, uint64_t start,
		     uint64_t length, struct exh_source **ret)
{
	_cleanup_source_ struct exh_source *s = NULL;
	uint64_t *base;

	if (!exh_range_inside(start, length, parent->size))
		return exh_fail(ctx, EXH_E_RANGE,
				"a window of %llu bytes at %llu is outside the media",
				(unsigned long long)length, (unsigned long long)start);
	s = calloc(1, sizeof(*s));
	base = malloc(sizeof(*base));
	if (!s || !base) {
		free(base);
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	}
	*base = start;
	s->parent = parent;
	s->ops = &slice_ops;
	s->format = slice_ops.format;
	s->files = parent->files;
	s->nr_files = parent->nr_files;
	s->losses = exh_losses_new();
	s->size = length;
	s->sector_size = parent->sector_size;
	s->complete = parent->complete;
	s->has_losses = parent->has_losses;
	s->priv = base;
	*ret = steal(&s);
	return 0;
}
