/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic on numbers that come from evidence: true means the result does not fit. */
#ifndef EXH_BASE_CHECKED_H
#define EXH_BASE_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

static inline bool exh_add_overflows(uint64_t a, uint64_t b, uint64_t *sum)
{
	return __builtin_add_overflow(a, b, sum) || *sum > INT64_MAX;
}

static inline bool exh_mul_overflows(uint64_t a, uint64_t b, uint64_t *product)
{
	return __builtin_mul_overflow(a, b, product) || *product > INT64_MAX;
}

/* Does [start, start + length) lie inside [0, size)? An empty range at the end does. */
static inline bool exh_range_inside(uint64_t start, uint64_t length, uint64_t size)
{
	return start <= size && length <= size - start;
}

static inline uint64_t exh_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t exh_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

#endif
