// SPDX-License-Identifier: Apache-2.0
/* Raw and split raw media, the list of losses, and containers that must not be taken for raw. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/problem.h"
#include "mapper/source/losses.h"
#include "mapper/source/stream.h"
#include "memory_source.h"

#define PIECE 3000

static uint8_t media[4 * PIECE];

static int make_media(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(media); i++)
		media[i] = (uint8_t)(i * 7 + i / 256);
	return 0;
}

/* A set of segments of these sizes, cut out of the media one behind the other. */
static void add_pieces(struct memory_source *m, const size_t *sizes, size_t n)
{
	size_t at = 0;

	memset(m, 0, sizeof(*m));
	for (size_t i = 0; i < n; i++) {
		char name[24];

		snprintf(name, sizeof(name), "t.%03zu", i + 1);
		memory_source_add(m, name, media + at, sizes[i]);
		at += sizes[i];
	}
}

static void test_split_reads_across_its_borders(void **state)
{
	static const size_t sizes[] = {PIECE, PIECE, PIECE, 1000};
	const size_t whole = 3 * PIECE + 1000;
	struct memory_source m;
	uint8_t buf[sizeof(media)];

	(void)state;
	add_pieces(&m, sizes, 4);
	assert_int_equal(memory_source_open(&m, EXH_NAMED_NUMBERS, NULL, false), 0);
	assert_string_equal(m.source->format, "split-raw");
	assert_int_equal(m.source->size, whole);
	for (size_t at = 0; at < whole; at += 501) {
		size_t n = whole - at < 3500 ? whole - at : 3500;

		assert_int_equal(exh_source_read(&m.ctx, m.source, buf, n, at), 0);
		assert_memory_equal(buf, media + at, n);
	}
	memory_source_close(&m);
}

static void test_missing_piece_is_refused_or_exactly_lost(void **state)
{
	static const size_t sizes[] = {PIECE, PIECE};
	struct memory_source m;
	uint8_t buf[PIECE];
	json_t *damage;

	(void)state;
	add_pieces(&m, sizes, 2);
	assert_int_equal(memory_source_open(&m, EXH_NAMED_NUMBERS,
					    json_pack("[{s:i, s:s}]", "place", 1, "name", "t.002"),
					    false),
			 -EXH_E_INCOMPLETE);
	assert_non_null(strstr(m.ctx.text, "t.002"));
	memory_source_close(&m);
	add_pieces(&m, sizes, 2);
	assert_int_equal(memory_source_open(&m, EXH_NAMED_NUMBERS,
					    json_pack("[{s:i, s:s}]", "place", 1, "name", "t.002"),
					    true),
			 0);
	assert_int_equal(m.source->size, 3 * PIECE);
	assert_int_equal(exh_source_read(&m.ctx, m.source, buf, PIECE, 0), 0);
	assert_int_equal(exh_source_read(&m.ctx, m.source, buf, 1, PIECE), -EXH_E_IO);
	assert_int_equal(exh_source_read(&m.ctx, m.source, buf, 1, 2 * PIECE - 1), -EXH_E_IO);
	assert_int_equal(exh_source_read(&m.ctx, m.source, buf, PIECE, 2 * PIECE), 0);
	assert_memory_equal(buf, media + PIECE, PIECE);
	damage = exh_source_losses(m.source);
	assert_int_equal(json_array_size(damage), 1);
	assert_int_equal(exh_json_u64(json_array_get(damage, 0), "start", 0), PIECE);
	assert_int_equal(exh_json_u64(json_array_get(damage, 0), "length", 0), PIECE);
	json_decref(damage);
	memory_source_close(&m);
}

static void test_short_middle_piece_does_not_shift_the_rest(void **state)
{
	static const size_t sizes[] = {PIECE, PIECE - 700, PIECE, 100};
	struct memory_source m;
	uint8_t buf[100];

	(void)state;
	add_pieces(&m, sizes, 4);
	assert_int_equal(memory_source_open(&m, EXH_NAMED_NUMBERS, NULL, false), -EXH_E_INCOMPLETE);
	memory_source_close(&m);
	add_pieces(&m, sizes, 4);
	assert_int_equal(memory_source_open(&m, EXH_NAMED_NUMBERS, NULL, true), 0);
	assert_int_equal(m.source->size, 3 * PIECE + 100);
	assert_int_equal(exh_source_read(&m.ctx, m.source, buf, 1, 2 * PIECE - 700), -EXH_E_IO);
	assert_int_equal(exh_source_read(&m.ctx, m.source, buf, 100, 2 * PIECE), 0);
	assert_memory_equal(buf, media + 2 * PIECE - 700, 100);
	memory_source_close(&m);
}

static void test_file_that_shrinks_is_an_error(void **state)
{
	static const size_t sizes[] = {4 * PIECE};
	struct memory_source m;
	uint8_t buf[100];

	(void)state;
	add_pieces(&m, sizes, 1);
	assert_int_equal(memory_source_open(&m, EXH_NAMED_SINGLE, NULL, false), 0);
	assert_string_equal(m.source->format, "raw");
	assert_int_equal(ftruncate(m.fds[0], PIECE), 0);
	assert_int_equal(exh_source_read(&m.ctx, m.source, buf, 100, PIECE - 50), -EXH_E_IO);
	assert_int_equal(exh_source_read(&m.ctx, m.source, buf, 50, PIECE - 50), 0);
	assert_memory_equal(buf, media + PIECE - 50, 50);
	memory_source_close(&m);
}

/* Every container by its signature, at its place, in a file that is else empty. */
static void test_containers_are_never_raw(void **state)
{
	static const struct {
		const char *format, *bytes;
		size_t length;
		long at; /* negative: from the end */
	} containers[] = {
		{"ewf-logical", "LVF\t\r\n\xff\0", 8, 0},
		{"aff", "AFF10\r\n\0", 8, 0},
		{"vmdk", "KDMV", 4, 0},
		{"vmdk", "# Disk DescriptorFile", 21, 0},
		{"vhdx", "vhdxfile", 8, 0},
		{"vhd", "conectix", 8, -512},
		{"qcow2", "QFI\xfb\0\0\0\2", 8, 0},
		{"udif", "koly", 4, -512},
		{"ad1", "ADSEGMENTEDFILE", 15, 0},
		{"vdi", "\x7f\x10\xda\xbe", 4, 64},
		{"gzip", "\x1f\x8b\x08", 3, 0},
		{"xz", "\xfd\x37zXZ\0", 6, 0},
		{"zip", "PK\3\4", 4, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(containers) / sizeof(containers[0]); i++) {
		uint8_t file[4096] = {0};
		struct memory_source m = {.ctx = {.helper = -1}};
		long at = containers[i].at < 0 ? (long)sizeof(file) + containers[i].at
					       : containers[i].at;

		memcpy(file + at, containers[i].bytes, containers[i].length);
		memory_source_add(&m, "t.dd", file, sizeof(file));
		assert_int_equal(memory_source_open(&m, EXH_NAMED_SINGLE, NULL, true),
				 -EXH_E_INCOMPLETE);
		if (!strstr(m.ctx.text, "not read"))
			fail_msg("%s: %s", containers[i].format, m.ctx.text);
		memory_source_close(&m);
	}
}

static void test_losses_join_and_never_count_twice(void **state)
{
	static const struct exh_loss added[] = {
		{100, 50, EXH_LOST_CHECKSUM},  {300, 10, EXH_LOST_CHECKSUM},
		{150, 50, EXH_LOST_CHECKSUM},  {120, 10, EXH_LOST_CHECKSUM},
		{90, 300, EXH_LOST_TRUNCATED}, {0, 0, EXH_LOST_CHECKSUM},
	};
	struct exh_losses *l = exh_losses_new();
	struct exh_loss found;
	uint64_t total = 0, end = 0;
	json_t *list;
	const json_t *range;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(added) / sizeof(added[0]); i++)
		assert_int_equal(exh_losses_add(l, &added[i]), 0);
	list = exh_losses_json(l);
	json_array_foreach (list, i, range) {
		assert_true(exh_json_u64(range, "start", 0) >= end);
		end = exh_json_u64(range, "start", 0) + exh_json_u64(range, "length", 0);
		total += exh_json_u64(range, "length", 0);
	}
	assert_int_equal(total, 300); /* 90 to 390, each byte once */
	assert_int_equal(json_array_size(list), 5);
	assert_true(exh_losses_find(l, 110, 1, &found));
	assert_int_equal(found.start, 100);
	assert_int_equal(found.length, 100);
	assert_false(exh_losses_find(l, 390, 100, &found));
	json_decref(list);
	exh_losses_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split_reads_across_its_borders),
		cmocka_unit_test(test_missing_piece_is_refused_or_exactly_lost),
		cmocka_unit_test(test_short_middle_piece_does_not_shift_the_rest),
		cmocka_unit_test(test_file_that_shrinks_is_an_error),
		cmocka_unit_test(test_containers_are_never_raw),
		cmocka_unit_test(test_losses_join_and_never_count_twice),
	};

	return cmocka_run_group_tests_name("raw", tests, make_media, NULL);
}
