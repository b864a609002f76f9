// SPDX-License-Identifier: Apache-2.0
/* What an open container needs of memory for each of its chunks, as malloc() counts it. */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ewf_writer.h"
#include "memory_source.h"

#define CHUNK	  512
#define PER_TABLE 2048
#define A_LITTLE  256 /* bytes for each table */

struct footprint {
	size_t open; /* bytes after opening */
	size_t read; /* and when a chunk of every table was read */
};

static size_t allocated(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* Whole chunks go past the chunk cache: only the tables stay. */
static void read_from_every_table(struct memory_source *m)
{
	uint8_t chunk[CHUNK];

	for (uint64_t at = 0; at < m->source->size; at += (uint64_t)PER_TABLE * CHUNK)
		assert_int_equal(exh_source_read(&m->ctx, m->source, chunk, CHUNK, at), 0);
}

static struct footprint measure(uint32_t chunks)
{
	static const struct ewf_recipe recipe = {.sectors_per_chunk = 1,
						 .chunks_per_table = PER_TABLE};
	uint8_t *media = calloc(chunks, CHUNK);
	struct memory_source m = {0};
	struct footprint found;
	struct ewf_set set;
	size_t before;

	assert_non_null(media);
	ewf_write(&recipe, media, (size_t)chunks * CHUNK, &set);
	memory_source_add(&m, "t.E01", set.files[0].bytes, set.files[0].size);
	before = allocated();
	assert_int_equal(memory_source_open(&m, EXH_NAMED_EWF, NULL, false), 0);
	found.open = allocated() - before;
	read_from_every_table(&m);
	found.read = allocated() - before;
	memory_source_close(&m);
	ewf_set_free(&set);
	free(media);
	return found;
}

/* Two sizes, because caches have one of their own. */
static void test_four_bytes_for_a_chunk(void **state)
{
	enum { FEW = 4 * PER_TABLE, MANY = 24 * PER_TABLE };
	size_t chunks = MANY - FEW, tables = chunks / PER_TABLE;
	struct footprint few, many;

	(void)state;
	if (!allocated())
		skip(); /* a sanitizer's malloc does not count */
	measure(FEW);
	few = measure(FEW);
	many = measure(MANY);
	assert_in_range(many.open - few.open, 1, A_LITTLE * tables);
	assert_in_range(many.read - few.read, 4 * chunks / 2, 4 * chunks + A_LITTLE * tables);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_four_bytes_for_a_chunk),
	};

	return cmocka_run_group_tests_name("ewf_index", tests, NULL, NULL);
}
