// SPDX-License-Identifier: Apache-2.0
/* Claims of lost bytes: whatever is claimed, every byte ends in one class, and in the right one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mapper/rescue/claims.h"

#define SIZE 4000U

static struct exh_ctx ctx = {.helper = -1};
static const struct exh_range lost[] = {{10, 100}, {500, 1}, {700, 1300}, {3000, 999}};

static bool is_lost(uint64_t at)
{
	for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++)
		if (at >= lost[i].start && at - lost[i].start < lost[i].length)
			return true;
	return false;
}

static void check(const struct exh_claims *c, const int *model)
{
	static int found[SIZE];
	uint64_t end = 0;

	memset(found, -1, sizeof(found));
	for (size_t i = 0; i < c->nr; i++) {
		assert_true(c->list[i].start >= end && c->list[i].length);
		end = c->list[i].start + c->list[i].length;
		for (uint64_t k = c->list[i].start; k < end; k++)
			found[k] = (int)c->list[i].what;
	}
	assert_memory_equal(found, model, sizeof(found));
}

static int count(uint64_t start, uint64_t length, void *opaque)
{
	(void)start;
	*(uint64_t *)opaque += length;
	return 0;
}

static void test_the_stronger_class_wins(void **state)
{
	static int model[SIZE];
	uint32_t random = 1;

	(void)state;
	for (int round = 0; round < 50; round++) {
		struct exh_claims c = {.lost = lost, .nr_lost = 4};
		uint64_t left = 0, free_bytes = 0;

		memset(model, -1, sizeof(model));
		for (int i = 0; i < 40; i++) {
			uint64_t start, length;
			int what;

			random = random * 1103515245 + 12345;
			start = random >> 8 & 0xfff;
			random = random * 1103515245 + 12345;
			length = random >> 8 & 0xff;
			what = (int)(random >> 20) % EXH_NR_LOST_CLASSES;
			start %= SIZE - 256;
			assert_int_equal(
				exh_claims_add(&ctx, &c, start, length, (enum exh_lost_class)what),
				0);
			for (uint64_t k = start; k < start + length; k++)
				if (is_lost(k) && (model[k] < 0 || model[k] > what))
					model[k] = what;
			/* settling on the way changes nothing */
			if (i % 13 == 0)
				assert_int_equal(exh_claims_settle(&ctx, &c), 0);
		}
		assert_int_equal(exh_claims_settle(&ctx, &c), 0);
		check(&c, model);
		for (uint64_t k = 0; k < SIZE; k++)
			free_bytes += is_lost(k) && model[k] < 0;
		assert_int_equal(exh_claims_rest(&c, count, &left), 0);
		assert_int_equal(left, free_bytes);
		exh_claims_clear(&c);
	}
}

static void test_letters_and_classes_agree(void **state)
{
	(void)state;
	for (int what = 0; what < EXH_NR_LOST_CLASSES; what++)
		assert_int_equal(
			exh_lost_class_of(exh_lost_class_letter((enum exh_lost_class)what)), what);
	assert_int_equal(exh_lost_class_of('?'), -1);
	assert_int_equal(exh_lost_class_of('\0'), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_stronger_class_wins),
		cmocka_unit_test(test_letters_and_classes_agree),
	};

	return cmocka_run_group_tests_name("claims", tests, NULL, NULL);
}
