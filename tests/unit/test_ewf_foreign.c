// SPDX-License-Identifier: Apache-2.0
/* Segments that do not belong: of another set, or the same one twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/facts.h"
#include "ewf_media.h"

/* A copy of a file of the set whose volume section, whole, carries another identifier. */
static void make_foreign(struct ewf_set *set, unsigned file)
{
	uint8_t *volume =
		memmem(set->files[file].bytes, set->files[file].size, file ? "data" : "volume", 4);
	uint32_t a = 1, b = 0, sum;

	assert_non_null(volume);
	volume += 76;
	memset(volume + 64, 0x11, 16);
	for (size_t i = 0; i < 1048; i++) {
		a = (a + volume[i]) % 65521;
		b = (b + a) % 65521;
	}
	sum = b << 16 | a;
	memcpy(volume + 1048, &sum, 4);
}

/* Opened all the same, segment number of 5 is lost and the other four are what they were. */
static void expect_only_lost(struct memory_source *m, unsigned number)
{
	uint8_t buf[10 * 2048];

	assert_int_equal(m->source->size, MEDIA);
	assert_true(tells(m, "segment-foreign"));
	for (unsigned i = 0; i < 5; i++) {
		int r = exh_source_read(&m->ctx, m->source, buf, sizeof(buf), i * sizeof(buf));

		assert_int_equal(r, i + 1 == number ? -EXH_E_IO : 0);
		if (!r)
			assert_memory_equal(buf, media + i * sizeof(buf), sizeof(buf));
	}
}

static void test_foreign_segment_is_refused_and_never_read(void **state)
{
	static const struct ewf_recipe recipe = {.segments = 5};

	(void)state;
	for (unsigned i = 1; i < 5; i++) {
		struct memory_source m;
		struct ewf_set set;

		ewf_write(&recipe, media, MEDIA, &set);
		make_foreign(&set, i);
		open_set(&m, &set, -1);
		assert_int_equal(memory_source_open(&m, EXH_NAMED_EWF, NULL, false),
				 -EXH_E_INCOMPLETE);
		assert_non_null(strstr(m.ctx.text, "belongs to another set"));
		memory_source_close(&m);
		open_set(&m, &set, -1);
		assert_int_equal(memory_source_open(&m, EXH_NAMED_EWF, NULL, true), 0);
		expect_only_lost(&m, i + 1);
		memory_source_close(&m);
		ewf_set_free(&set);
	}
}

static void test_second_copy_of_a_segment_is_not_read(void **state)
{
	static const struct ewf_recipe recipe = {.segments = 5};
	static const struct {
		unsigned from, to;
	} copies[] = {{1, 2}, {2, 1}, {4, 0}, {0, 4}};
	struct ewf_set set;

	(void)state;
	ewf_write(&recipe, media, MEDIA, &set);
	for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]); i++) {
		struct ewf_set doubled = set;
		struct memory_source m;

		doubled.files[copies[i].to] = set.files[copies[i].from];
		open_set(&m, &doubled, -1);
		assert_int_equal(memory_source_open(&m, EXH_NAMED_EWF, NULL, false),
				 -EXH_E_INCOMPLETE);
		memory_source_close(&m);
		open_set(&m, &doubled, -1);
		assert_int_equal(memory_source_open(&m, EXH_NAMED_EWF, NULL, true), 0);
		expect_only_lost(&m, copies[i].to + 1);
		memory_source_close(&m);
	}
	ewf_set_free(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_foreign_segment_is_refused_and_never_read),
		cmocka_unit_test(test_second_copy_of_a_segment_is_not_read),
	};

	return cmocka_run_group_tests_name("ewf_foreign", tests, make_media, NULL);
}
