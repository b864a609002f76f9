// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "base/checked.h"

static void sums_beyond_a_file_offset_are_refused(void **state)
{
	uint64_t sum;

	(void)state;
	assert_false(exh_add_overflows(1, 2, &sum));
	assert_int_equal(sum, 3);
	assert_false(exh_add_overflows(INT64_MAX - 1, 1, &sum));
	assert_true(exh_add_overflows(INT64_MAX, 1, &sum));
	assert_true(exh_add_overflows(UINT64_MAX, UINT64_MAX, &sum));
}

static void products_beyond_a_file_offset_are_refused(void **state)
{
	uint64_t product;

	(void)state;
	assert_false(exh_mul_overflows(UINT32_MAX, 512, &product));
	assert_int_equal(product, UINT32_MAX * 512ULL);
	assert_false(exh_mul_overflows(0, UINT64_MAX, &product));
	assert_true(exh_mul_overflows(1ULL << 54, 512, &product));
	assert_true(exh_mul_overflows(UINT64_MAX, 2, &product));
}

static void a_range_is_inside_without_overflow(void **state)
{
	(void)state;
	assert_true(exh_range_inside(0, 10, 10));
	assert_true(exh_range_inside(10, 0, 10));
	assert_false(exh_range_inside(10, 1, 10));
	assert_false(exh_range_inside(11, 0, 10));
	assert_false(exh_range_inside(UINT64_MAX, 2, 10));
	assert_false(exh_range_inside(1, UINT64_MAX, 10));
}

static void integers_are_read_from_any_alignment(void **state)
{
	const unsigned char bytes[] = {0xff, 1, 2, 3, 4, 5, 6, 7, 8};

	(void)state;
	assert_int_equal(exh_le16(bytes + 1), 0x0201);
	assert_int_equal(exh_be16(bytes + 1), 0x0102);
	assert_int_equal(exh_le32(bytes + 1), 0x04030201);
	assert_int_equal(exh_be32(bytes + 1), 0x01020304);
	assert_int_equal(exh_le64(bytes + 1), 0x0807060504030201);
	assert_int_equal(exh_be64(bytes + 1), 0x0102030405060708);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_beyond_a_file_offset_are_refused),
		cmocka_unit_test(products_beyond_a_file_offset_are_refused),
		cmocka_unit_test(a_range_is_inside_without_overflow),
		cmocka_unit_test(integers_are_read_from_any_alignment),
	};

	return cmocka_run_group_tests_name("checked", tests, NULL, NULL);
}
