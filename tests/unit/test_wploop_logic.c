// SPDX-License-Identifier: Apache-2.0
/* kernel/logic.c outside of a kernel: what is refused, where extents lie, what ATTACH takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/cdrom.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <cmocka.h>

#include "../../kernel/logic.h"
#include "req_op.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void only_reads_and_flushes_pass(void **state)
{
	enum wploop_kind kind;

	(void)state;
	for (uint32_t op = 0; op < 4096; op++) {
		enum wpl_fate fate = wpl_classify(op, &kind);

		if (op == REQ_OP_READ)
			assert_int_equal(fate, WPL_READ);
		else if (op == REQ_OP_FLUSH)
			assert_int_equal(fate, WPL_FLUSH);
		else
			assert_int_equal(fate, WPL_REFUSED);
	}
}

static void each_operation_has_its_kind(void **state)
{
	static const struct {
		uint32_t op;
		enum wploop_kind kind;
	} rows[] = {
		{REQ_OP_WRITE, WPLOOP_KIND_WRITE},
		{REQ_OP_WRITE_ZEROES, WPLOOP_KIND_WRITE_ZEROES},
		{REQ_OP_DISCARD, WPLOOP_KIND_DISCARD},
		{REQ_OP_SECURE_ERASE, WPLOOP_KIND_SECURE_ERASE},
		{REQ_OP_ZONE_APPEND, WPLOOP_KIND_ZONE},
		{REQ_OP_ZONE_OPEN, WPLOOP_KIND_ZONE},
		{REQ_OP_ZONE_CLOSE, WPLOOP_KIND_ZONE},
		{REQ_OP_ZONE_FINISH, WPLOOP_KIND_ZONE},
		{REQ_OP_ZONE_RESET, WPLOOP_KIND_ZONE},
		{REQ_OP_ZONE_RESET_ALL, WPLOOP_KIND_ZONE},
		{REQ_OP_DRV_IN, WPLOOP_KIND_PASSTHROUGH},
		{REQ_OP_DRV_OUT, WPLOOP_KIND_PASSTHROUGH},
		{4, WPLOOP_KIND_UNKNOWN},
		{36, WPLOOP_KIND_UNKNOWN},
		{255, WPLOOP_KIND_UNKNOWN},
		{~0u, WPLOOP_KIND_UNKNOWN},
	};
	enum wploop_kind kind;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		kind = WPLOOP_KINDS;
		wpl_classify(rows[i].op, &kind);
		assert_int_equal(kind, rows[i].kind);
	}
}

static void each_kind_has_a_name(void **state)
{
	(void)state;
	for (uint32_t kind = 0; kind < WPLOOP_KINDS; kind++)
		assert_string_not_equal(wpl_kind_name(kind), "?");
	assert_string_equal(wpl_kind_name(WPLOOP_KINDS), "?");
	assert_string_equal(wpl_kind_name(~0u), "?");
}

static void a_question_is_no_attempt(void **state)
{
	(void)state;
	assert_true(wpl_is_question(CDROM_GET_CAPABILITY));
	assert_true(wpl_is_question(LOOP_GET_STATUS64));
	assert_false(wpl_is_question(LOOP_CHANGE_FD));
	assert_false(wpl_is_question(LOOP_SET_STATUS64));
	assert_false(wpl_is_question(BLKDISCARD));
	assert_false(wpl_is_question(CDROMEJECT));
	assert_false(wpl_is_question(0));
}

static struct wploop_attach an_attachment(void)
{
	return (struct wploop_attach){.size = sizeof(struct wploop_attach), .extent_count = 1};
}

static void attach_takes_what_it_knows(void **state)
{
	struct wploop_attach a = an_attachment();

	(void)state;
	assert_int_equal(wpl_check_attach(&a), 0);
	assert_int_equal(a.block_size, 512);
	for (uint32_t block = 1; block; block <<= 1) {
		a.block_size = block;
		assert_int_equal(wpl_check_attach(&a), block >= 512 && block <= 4096 ? 0 : -EINVAL);
		a.block_size = block + 1;
		assert_int_equal(wpl_check_attach(&a), -EINVAL);
	}
}

static void attach_refuses_each_unknown_flag(void **state)
{
	uint32_t known = WPLOOP_PARTSCAN | WPLOOP_DIRECT | WPLOOP_PIN;

	(void)state;
	for (uint32_t flag = 1; flag; flag <<= 1) {
		struct wploop_attach a = an_attachment();

		a.flags = flag;
		assert_int_equal(wpl_check_attach(&a), flag & known ? 0 : -EINVAL);
	}
	for (size_t i = 0; i < COUNT(((struct wploop_attach *)0)->reserved); i++) {
		struct wploop_attach a = an_attachment();

		a.reserved[i] = 1ull << 63;
		assert_int_equal(wpl_check_attach(&a), -EINVAL);
	}
}

static void extents_are_checked(void **state)
{
	static const struct {
		struct wploop_extent extent;
		int ret;
	} rows[] = {
		{{.fd = 3, .length = 1}, 0},
		{{.fd = 3, .length = INT64_MAX}, 0},
		{{.fd = 3, .length = INT64_MAX, .offset = 1}, -EINVAL},
		{{.fd = 3, .length = 1, .offset = INT64_MAX}, -EINVAL},
		{{.fd = 3, .length = 1, .offset = UINT64_MAX}, -EINVAL},
		{{.fd = 3, .length = UINT64_MAX, .offset = UINT64_MAX}, -EINVAL},
		{{.fd = 3}, -EINVAL},
		{{.fd = -1, .length = 1}, -EINVAL},
		{{.fd = 3, .length = 1, .reserved = 1}, -EINVAL},
		{{.fd = 3, .length = 1, .flags = 2}, -EINVAL},
		{{.fd = -1, .length = 1, .flags = WPLOOP_EXTENT_UNREADABLE}, 0},
		{{.fd = 0, .length = 1, .flags = WPLOOP_EXTENT_UNREADABLE}, -EINVAL},
		{{.fd = -1, .length = 1, .offset = 1, .flags = WPLOOP_EXTENT_UNREADABLE}, -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(wpl_check_extent(&rows[i].extent), rows[i].ret);
}

static void the_layout_is_the_sum(void **state)
{
	struct wpl_extent e[] = {
		{.length = 1000}, {.length = 24, .file = WPL_NO_FILE}, {.length = 3}};
	struct wpl_geometry g;

	(void)state;
	assert_int_equal(wpl_lay_out(e, 3, 0, 512, &g), 0);
	assert_int_equal(e[1].start, 1000);
	assert_int_equal(e[2].start, 1024);
	assert_int_equal(g.size, 1024);
	assert_int_equal(g.tail, 3);
	assert_int_equal(g.unreadable, 24);
	assert_int_equal(wpl_lay_out(e, 3, 600, 512, &g), 0);
	assert_int_equal(g.size, 512);
	assert_int_equal(g.tail, 88);
	assert_int_equal(g.unreadable, 0);
	assert_int_equal(wpl_lay_out(e, 3, 0, 2048, &g), -EINVAL);
	assert_int_equal(wpl_lay_out(e, 3, 511, 512, &g), -EINVAL);
}

static void a_sum_beyond_a_device_is_refused(void **state)
{
	struct wpl_extent e[] = {{.length = INT64_MAX}, {.length = 1}};
	struct wpl_geometry g;

	(void)state;
	assert_int_equal(wpl_lay_out(e, 2, 0, 512, &g), -EINVAL);
	assert_int_equal(wpl_lay_out(e, 1, 0, 512, &g), 0);
	e[0].length = UINT64_MAX;
	assert_int_equal(wpl_lay_out(e, 1, 0, 512, &g), -EINVAL);
}

static void an_unreadable_end_counts_as_far_as_the_device(void **state)
{
	struct wpl_extent e[] = {{.length = 512}, {.length = 1000, .file = WPL_NO_FILE}};
	struct wpl_geometry g;

	(void)state;
	assert_int_equal(wpl_lay_out(e, 2, 0, 512, &g), 0);
	assert_int_equal(g.size, 1024);
	assert_int_equal(g.unreadable, 512);
}

static void each_byte_is_found(void **state)
{
	struct wpl_extent e[100];
	struct wpl_geometry g;
	uint64_t total = 0;

	(void)state;
	srandom(7);
	for (size_t i = 0; i < COUNT(e); i++) {
		e[i] = (struct wpl_extent){.length = 1 + random() % 40};
		total += e[i].length;
	}
	assert_int_equal(wpl_lay_out(e, COUNT(e), 0, 512, &g), 0);
	for (uint64_t at = 0; at < total; at++) {
		uint32_t i = wpl_find(e, COUNT(e), at);

		assert_true(e[i].start <= at && at < e[i].start + e[i].length);
	}
	assert_int_equal(wpl_find(e, 1, 0), 0);
}

static void alignment_looks_at_files_and_places(void **state)
{
	struct wpl_extent e[] = {{.length = 512},
				 {.length = 512, .start = 512, .offset = 1024},
				 {.length = 3, .start = 1024, .offset = 4096}};

	(void)state;
	assert_true(wpl_aligned(e, 3, 1024, 512));
	e[1].offset = 1025;
	assert_false(wpl_aligned(e, 3, 1024, 512));
	e[1].file = WPL_NO_FILE;
	assert_true(wpl_aligned(e, 3, 1024, 512));
	e[1].start = 500;
	assert_false(wpl_aligned(e, 3, 1024, 512));
	assert_true(wpl_aligned(e, 3, 500, 512));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_reads_and_flushes_pass),
		cmocka_unit_test(each_operation_has_its_kind),
		cmocka_unit_test(each_kind_has_a_name),
		cmocka_unit_test(a_question_is_no_attempt),
		cmocka_unit_test(attach_takes_what_it_knows),
		cmocka_unit_test(attach_refuses_each_unknown_flag),
		cmocka_unit_test(extents_are_checked),
		cmocka_unit_test(the_layout_is_the_sum),
		cmocka_unit_test(a_sum_beyond_a_device_is_refused),
		cmocka_unit_test(an_unreadable_end_counts_as_far_as_the_device),
		cmocka_unit_test(each_byte_is_found),
		cmocka_unit_test(alignment_looks_at_files_and_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
