// SPDX-License-Identifier: Apache-2.0
#include "lost.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"

#define MAX_RANGES (16U << 20)

static const char *const holes_words[] = {
	[EXH_HOLES_EIO] = "eio",
	[EXH_HOLES_ZERO] = "zero",
	[EXH_HOLES_PATTERN] = "pattern",
};

int exh_holes_named(const char *word)
{
	if (!word)
		return EXH_HOLES_EIO;
	for (int i = 0; i < 3; i++)
		if (!strcmp(holes_words[i], word))
			return i;
	return -1;
}

const char *exh_holes_name(enum exh_holes holes)
{
	return holes_words[holes];
}

void exh_lost_free(struct exh_lost *lost)
{
	if (!lost)
		return;
	if (lost->fd >= 0)
		close(lost->fd);
	free(lost->list);
	free(lost);
}

static void cleanup_lost(struct exh_lost **lost)
{
	exh_lost_free(*lost);
}

static void join(struct exh_lost *lost, const struct exh_range *range)
{
	struct exh_range *last = lost->nr ? &lost->list[lost->nr - 1] : NULL;
	uint64_t end = range->start + range->length;

	if (!range->length)
		return;
	if (last && range->start <= last->start + last->length)
		last->length = exh_max(last->start + last->length, end) - last->start;
	else
		lost->list[lost->nr++] = *range;
}

/* Sealed: a worker that was taken over can change it for nobody else. */
static int share(struct exh_ctx *ctx, struct exh_lost *lost)
{
	lost->fd = memfd_create("exhibit-lost", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (lost->fd < 0 || exh_write_all(lost->fd, lost->list, lost->nr * sizeof(*lost->list)) ||
	    fcntl(lost->fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) <
		    0)
		return exh_fail_errno(ctx, "the list of lost ranges");
	return 0;
}

int exh_lost_new(struct exh_ctx *ctx, const struct exh_range *ranges, size_t n, uint64_t media_size,
		 enum exh_holes holes, struct exh_lost **ret)
{
	_cleanup_(cleanup_lost) struct exh_lost *lost = calloc(1, sizeof(*lost));
	int r;

	if (lost)
		lost->fd = -1;
	if (!lost || !(lost->list = malloc((n + 1) * sizeof(*lost->list))))
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	lost->media_size = media_size;
	lost->holes = holes;
	for (size_t i = 0; i < n; i++) {
		if (!exh_range_inside(ranges[i].start, ranges[i].length, media_size) ||
		    (i && ranges[i].start < ranges[i - 1].start))
			return exh_fail(ctx, EXH_E_FORMAT, "lost ranges out of order");
		join(lost, &ranges[i]);
	}
	for (size_t i = 0; i < lost->nr; i++)
		lost->bytes += lost->list[i].length;
	r = share(ctx, lost);
	if (r < 0)
		return r;
	*ret = steal(&lost);
	return 0;
}

json_t *exh_lost_spec(const struct exh_lost *lost)
{
	return json_pack("{s:I, s:I, s:s}", "ranges", (json_int_t)lost->nr, "media_size",
			 (json_int_t)lost->media_size, "holes", exh_holes_name(lost->holes));
}

size_t exh_range_find(const struct exh_range *list, size_t n, uint64_t offset)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list[middle].start + list[middle].length > offset)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

int exh_lost_read(struct exh_ctx *ctx, int fd, const json_t *spec, struct exh_range **list,
		  size_t *n)
{
	uint64_t nr = exh_json_u64(spec, "ranges", UINT64_MAX);

	if (nr > MAX_RANGES)
		return exh_fail(ctx, EXH_E_RANGE, "more than %u lost ranges", MAX_RANGES);
	*n = (size_t)nr;
	*list = malloc((*n + 1) * sizeof(**list));
	if (!*list)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	if (exh_pread_all(fd, *list, *n * sizeof(**list), 0) != (int64_t)(*n * sizeof(**list)))
		return exh_fail(ctx, EXH_E_IO, "the list of lost ranges is not whole");
	return 0;
}
