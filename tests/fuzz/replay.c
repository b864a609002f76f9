// SPDX-License-Identifier: Apache-2.0
/* replay SECONDS FILE...: runs the target on each file, then on changed copies of them until the
 * time is up. The changes are the same in every run of the same build. Speaks TAP. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/checked.h"
#include "fuzz.h"

#define LONGEST (512U << 10)

static uint64_t state = 0x9e3779b97f4a7c15;

/* xorshift64* */
static uint64_t next(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1d;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t load(const char *path, uint8_t *bytes)
{
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(bytes, 1, LONGEST, f) : 0;

	if (f)
		fclose(f);
	return n;
}

/* Where tables are, and values that break arithmetic, more often than elsewhere and others. */
static void change(uint8_t *bytes, size_t n)
{
	static const uint32_t bad[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe};

	for (uint64_t i = next() % 8 + 1; i && n >= 8; i--) {
		size_t room = next() % 4 ? exh_min(n, 4096) : n, at = next() % (room - 4);
		uint32_t value = bad[next() % 6];

		if (next() & 1)
			memcpy(bytes + at, &value, 4);
		else
			bytes[at] = (uint8_t)next();
	}
}

/* Memory of just the right size, so that a read beyond it is seen. */
static void run(const uint8_t *bytes, size_t n)
{
	uint8_t *exact = malloc(n ? n : 1);

	if (!exact)
		abort();
	memcpy(exact, bytes, n);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
}

int main(int argc, char **argv)
{
	double end = now() + (argc > 1 ? atof(argv[1]) : 0);
	uint8_t *seed = malloc(LONGEST), *copy = malloc(LONGEST);
	unsigned long runs = 0;

	if (!seed || !copy || argc < 3)
		return 2;
	for (int i = 2; i < argc; i++)
		run(seed, load(argv[i], seed));
	while (now() < end) {
		size_t n = load(argv[2 + next() % (uint64_t)(argc - 2)], seed);

		for (int i = 0; i < 64; i++, runs++) {
			memcpy(copy, seed, n);
			change(copy, n);
			run(copy, next() % 8 ? n : next() % (n + 1));
		}
	}
	printf("ok 1 - %lu changed copies of %d files\n1..1\n", runs, argc - 2);
	free(seed);
	free(copy);
	return 0;
}
