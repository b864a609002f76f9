// SPDX-License-Identifier: Apache-2.0
#include "shadow.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"

#define PAGE   4096ULL
#define BLOCK  65536ULL
#define WINDOW (4ULL << 20) /* mapped at once; a multiple of both */

int exh_shadow_open(struct exh_ctx *ctx, uint64_t size, struct exh_shadow *shadow)
{
	shadow->size = size;
	shadow->unread = shadow->copied = 0;
	shadow->fd = memfd_create("exhibit-shadow", MFD_CLOEXEC);
	if (shadow->fd < 0 || ftruncate(shadow->fd, (off_t)size) < 0)
		return exh_fail_errno(ctx, "no stand-in of %llu bytes for libblkid",
				      (unsigned long long)size);
	return 0;
}

static bool is_zero(const uint8_t *p, size_t n)
{
	return !n || (!p[0] && !memcmp(p, p + 1, n - 1));
}

/* Copies block by block; a block of zeros stays a hole. */
static int fill_window(const struct exh_reader *r, struct exh_shadow *shadow, uint8_t *map,
		       uint64_t base, uint64_t start, uint64_t end)
{
	_cleanup_free_ uint8_t *block = malloc(BLOCK);

	if (!block)
		return exh_fail(r->ctx, EXH_E_NOMEM, "out of memory");
	while (start < end) {
		size_t n;
		int64_t lost;

		start = exh_source_zeros(r->source, start, end);
		n = exh_min(BLOCK - start % BLOCK, end - start);
		lost = exh_source_read_around(r->ctx, r->source, block, n, start, NULL, NULL);
		if (lost < 0)
			return (int)lost;
		shadow->unread += (uint64_t)lost;
		if (!is_zero(block, n)) {
			memcpy(map + (start - base), block, n);
			shadow->copied += n;
		}
		start += n;
	}
	return 0;
}

int exh_shadow_fill(const struct exh_reader *r, struct exh_shadow *shadow, uint64_t start,
		    uint64_t length)
{
	uint64_t size = exh_min(shadow->size, r->source->size), end;
	int ret = 0;

	if (start >= size)
		return 0;
	end = start + exh_min(length, size - start);
	while (start < end && !ret) {
		uint64_t base = start - start % PAGE, stop = exh_min(end, base + WINDOW);
		uint8_t *map = mmap(NULL, stop - base, PROT_READ | PROT_WRITE, MAP_SHARED,
				    shadow->fd, (off_t)base);

		if (map == MAP_FAILED)
			return exh_fail_errno(r->ctx, "the stand-in for libblkid cannot be mapped");
		ret = fill_window(r, shadow, map, base, start, stop);
		munmap(map, stop - base);
		start = stop;
	}
	return ret;
}

void exh_shadow_drop(struct exh_shadow *shadow, uint64_t start, uint64_t length)
{
	uint64_t base = start - start % PAGE, end, n;
	void *map;

	if (start >= shadow->size)
		return;
	end = start + exh_min(length, shadow->size - start);
	for (; base < end; base += n) {
		n = exh_min(WINDOW, end - base);
		map = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, shadow->fd, (off_t)base);
		if (map == MAP_FAILED)
			return;
		madvise(map, n, MADV_REMOVE);
		munmap(map, n);
	}
}
