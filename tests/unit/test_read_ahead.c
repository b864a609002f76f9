// SPDX-License-Identifier: Apache-2.0
/* Who reads from front to back is noticed, in whatever order threads see his questions; who jumps
 * about is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mapper/attach/read_ahead.h"

#define STEP  131072
#define MEDIA (64ULL << 20)

static uint64_t prepared_from, prepared_to, calls;

static void prepare(struct exh_source *s, uint64_t offset, size_t n)
{
	(void)s;
	assert_true(offset + n <= MEDIA);
	if (!calls++)
		prepared_from = offset;
	else
		assert_int_equal(offset, prepared_to);
	prepared_to = offset + n;
}

static const struct exh_source_ops ops = {.prepare = prepare};
static struct exh_source source = {.ops = &ops, .size = MEDIA};

static void test_one_from_front_to_back_is_prepared_for_once(void **state)
{
	struct exh_read_ahead *r = exh_read_ahead_new(4);
	uint64_t at = 0;
	int reader = -1;

	(void)state;
	calls = 0;
	for (; at < MEDIA; at += STEP) {
		reader = exh_read_ahead_note(r, at, STEP, MEDIA);
		exh_read_ahead_work(r, reader, &source);
		if (reader >= 0 && at < MEDIA / 2)
			assert_true(prepared_to > at + STEP);
	}
	assert_true(reader >= 0);
	/* without a gap, without a second time, up to the end */
	assert_true(prepared_from < 8 * STEP);
	assert_int_equal(prepared_to, MEDIA);
	exh_read_ahead_free(r);
}

static void test_questions_out_of_order_are_still_one_reader(void **state)
{
	struct exh_read_ahead *r = exh_read_ahead_new(4);

	(void)state;
	assert_int_equal(exh_read_ahead_note(r, STEP, STEP, MEDIA), -1);
	assert_int_equal(exh_read_ahead_note(r, 0, STEP, MEDIA), -1);
	exh_read_ahead_note(r, 3 * STEP, STEP, MEDIA);
	exh_read_ahead_note(r, 2 * STEP, STEP, MEDIA);
	assert_true(exh_read_ahead_note(r, 4 * STEP, STEP, MEDIA) >= 0);
	exh_read_ahead_free(r);
}

static void test_jumps_are_not_prepared_for(void **state)
{
	struct exh_read_ahead *r = exh_read_ahead_new(4);

	(void)state;
	for (uint64_t i = 1; i < 1000; i++)
		assert_int_equal(exh_read_ahead_note(r, i * 7919 % 15 * (4ULL << 20), 4096, MEDIA),
				 -1);
	exh_read_ahead_free(r);
}

static void test_two_readers_at_once(void **state)
{
	struct exh_read_ahead *r = exh_read_ahead_new(4);
	int first = -1, second = -1;

	(void)state;
	for (uint64_t at = 0; at < 16 * STEP; at += STEP) {
		first = exh_read_ahead_note(r, at, STEP, MEDIA);
		second = exh_read_ahead_note(r, MEDIA / 2 + at, STEP, MEDIA);
	}
	assert_true(first >= 0 && second >= 0 && first != second);
	exh_read_ahead_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_from_front_to_back_is_prepared_for_once),
		cmocka_unit_test(test_questions_out_of_order_are_still_one_reader),
		cmocka_unit_test(test_jumps_are_not_prepared_for),
		cmocka_unit_test(test_two_readers_at_once),
	};

	return cmocka_run_group_tests_name("read_ahead", tests, NULL, NULL);
}
