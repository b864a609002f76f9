/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes that say where they stand; none of them is zero for long. */
#ifndef PATTERN_H
#define PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline unsigned char pattern_byte(uint64_t offset)
{
	uint64_t word = ((offset >> 3) + 1) * 0x9e3779b97f4a7c15ull;

	return (unsigned char)((word ^ (word >> 29)) >> (8 * (offset & 7)));
}

static inline void pattern_make(unsigned char *to, size_t n, uint64_t offset)
{
	for (size_t i = 0; i < n; i++)
		to[i] = pattern_byte(offset + i);
}

static inline bool pattern_holds(const unsigned char *bytes, size_t n, uint64_t offset)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] != pattern_byte(offset + i))
			return false;
	return true;
}

#endif
