/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_PARTS_H
#define TESTS_BENCH_PARTS_H

#include <stdint.h>
#include <sys/types.h>

/* Each returns the exit status. */
int parts_serve(off_t size, char *directory);
int parts_random(const char *path, unsigned readers, unsigned reads);
int parts_text(uint64_t size);
int parts_generate(uint64_t gib, const char *path);

int parts_die(const char *what);

/** parts_next - the next number of a sequence that is the same in every run. */
static inline uint64_t parts_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1d;
}

#endif
