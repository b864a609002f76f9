// SPDX-License-Identifier: Apache-2.0
/* From what libtsk says of an attribute to pieces; and a reading of pieces that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mapper/files/reader.h"
#include "memory_source.h"

#define BLOCK 512

static struct exh_ctx ctx = {.helper = -1};

static struct exh_content pieces_of(TSK_FS_TYPE_ENUM type, TSK_FS_ATTR_RUN *runs, size_t nr,
				    TSK_FS_ATTR attr)
{
	TSK_FS_INFO fs = {.ftype = type, .block_size = BLOCK};
	struct exh_content content;

	for (size_t i = 0; i + 1 < nr; i++)
		runs[i].next = &runs[i + 1];
	attr.flags |= TSK_FS_ATTR_NONRES;
	attr.nrd.run = nr ? runs : NULL;
	assert_int_equal(exh_content_of(&ctx, &fs, &attr, &content), 0);
	return content;
}

static void expect(const struct exh_content *content, size_t at, enum exh_piece_kind kind,
		   uint64_t start, uint64_t length)
{
	assert_true(at < content->nr);
	assert_int_equal(content->pieces[at].kind, kind);
	assert_int_equal(content->pieces[at].start, start);
	assert_int_equal(content->pieces[at].length, length);
}

static void neighbours_are_one_piece(void **state)
{
	TSK_FS_ATTR_RUN runs[] = {
		{.addr = 10, .len = 2}, {.addr = 12, .len = 1}, {.addr = 5, .len = 9}};
	struct exh_content c = pieces_of(TSK_FS_TYPE_EXT4, runs, 3,
					 (TSK_FS_ATTR){.size = 1600, .nrd.initsize = 1600});

	(void)state;
	assert_int_equal(c.nr, 2);
	expect(&c, 0, EXH_PIECE_DATA, 10 * BLOCK, 3 * BLOCK);
	expect(&c, 1, EXH_PIECE_DATA, 5 * BLOCK, 64);
	assert_int_equal(exh_content_first(&c), 10 * BLOCK);
	exh_content_clear(&c);
}

static void what_no_run_covers_is_a_hole_or_unknown(void **state)
{
	TSK_FS_ATTR_RUN runs[] = {{.addr = 10, .len = 1},
				  {.len = 1, .flags = TSK_FS_ATTR_RUN_FLAG_FILLER}};
	const TSK_FS_ATTR attr = {.size = 3 * BLOCK, .nrd.initsize = 3 * BLOCK};
	struct exh_content ext = pieces_of(TSK_FS_TYPE_EXT4, runs, 2, attr);
	struct exh_content ntfs = pieces_of(TSK_FS_TYPE_NTFS, runs, 2, attr);

	(void)state;
	expect(&ext, 1, EXH_PIECE_HOLE, 0, 2 * BLOCK);
	expect(&ntfs, 1, EXH_PIECE_UNKNOWN, 0, 2 * BLOCK);
	exh_content_clear(&ext);
	exh_content_clear(&ntfs);
}

static void behind_the_initialised_part_are_zeros(void **state)
{
	TSK_FS_ATTR_RUN runs[] = {{.addr = 10, .len = 4}};
	struct exh_content c = pieces_of(TSK_FS_TYPE_NTFS, runs, 1,
					 (TSK_FS_ATTR){.size = 4 * BLOCK, .nrd.initsize = 100});

	(void)state;
	expect(&c, 0, EXH_PIECE_DATA, 10 * BLOCK, 100);
	expect(&c, 1, EXH_PIECE_HOLE, 0, 4 * BLOCK - 100);
	exh_content_clear(&c);
}

static void the_beginning_can_be_skipped(void **state)
{
	TSK_FS_ATTR_RUN runs[] = {{.addr = 10, .len = 1}, {.addr = 20, .len = 2}};
	struct exh_content c =
		pieces_of(TSK_FS_TYPE_FAT32, runs, 2,
			  (TSK_FS_ATTR){.size = 700, .nrd.initsize = 700, .nrd.skiplen = 600});

	(void)state;
	assert_int_equal(c.nr, 1);
	expect(&c, 0, EXH_PIECE_DATA, 20 * BLOCK + 88, 700);
	exh_content_clear(&c);
}

static void numbers_that_overflow_are_unknown(void **state)
{
	TSK_FS_ATTR_RUN runs[] = {{.addr = UINT64_MAX / 2, .len = UINT64_MAX / 4}};
	struct exh_content c =
		pieces_of(TSK_FS_TYPE_NTFS, runs, 1,
			  (TSK_FS_ATTR){.size = INT64_MAX, .nrd.initsize = INT64_MAX});

	(void)state;
	assert_int_equal(c.nr, 1);
	expect(&c, 0, EXH_PIECE_UNKNOWN, 0, INT64_MAX);
	exh_content_clear(&c);
}

/* ---- reading ---- */

static void ignore(uint64_t bytes, void *opaque)
{
	*(uint64_t *)opaque += bytes;
}

/* The row of a content in a medium of n bytes that count up. */
static json_t *read_pieces(const struct exh_piece *pieces, size_t nr, size_t medium, int expected)
{
	struct exh_reading reading = {.readers = 1};
	struct memory_source m = {0};
	struct exh_reader *reader = NULL;
	struct exh_content content = {0};
	uint8_t *bytes = malloc(medium);
	json_t *row = json_object();
	uint64_t done = 0;

	for (size_t i = 0; i < medium; i++)
		bytes[i] = (uint8_t)i;
	memory_source_add(&m, "medium", bytes, medium);
	assert_int_equal(memory_source_open(&m, 0, NULL, false), 0);
	for (size_t i = 0; i < nr; i++) {
		content.size += pieces[i].length;
		assert_int_equal(exh_content_add(&ctx, &content, pieces[i].kind, pieces[i].start,
						 pieces[i].length),
				 0);
	}
	assert_int_equal(exh_reading_prepare(&ctx, &reading, "md5"), 0);
	assert_int_equal(exh_reader_new(&ctx, &reading, m.source, 0, &reader), 0);
	assert_int_equal(exh_reader_take(reader, &content, row, ignore, &done), expected);
	exh_reader_free(reader);
	exh_digests_clear(&reading.digests);
	exh_content_clear(&content);
	memory_source_close(&m);
	free(bytes);
	return row;
}

static void pieces_are_read_in_the_order_of_the_file(void **state)
{
	static const struct exh_piece pieces[] = {
		{EXH_PIECE_DATA, 1, 2}, {EXH_PIECE_HOLE, 0, 1}, {EXH_PIECE_DATA, 0, 1}};
	json_t *row = read_pieces(pieces, 3, 4096, 0);

	(void)state;
	/* printf '\x01\x02\0\0' | md5sum */
	assert_string_equal(exh_json_str(json_object_get(row, "digests"), "md5"),
			    "9986d8a6507bc0eb907b79bff6a7f917");
	json_decref(row);
}

static void a_loss_leaves_no_digest(void **state)
{
	static const struct exh_piece pieces[] = {{EXH_PIECE_DATA, 0, 512},
						  {EXH_PIECE_UNKNOWN, 0, 1ULL << 50},
						  {EXH_PIECE_DATA, 0, 1}};
	json_t *row = read_pieces(pieces, 3, 4096, 1), *range;

	(void)state;
	assert_null(json_object_get(row, "digests"));
	assert_int_equal(exh_json_u64(row, "lost", 0), 1ULL << 50);
	range = json_array_get(json_object_get(row, "ranges"), 0);
	assert_int_equal(exh_json_u64(range, "start", 0), 512);
	assert_int_equal(exh_json_u64(range, "length", 0), 1ULL << 50);
	json_decref(row);
}

static void behind_the_end_of_the_partition_is_lost(void **state)
{
	static const struct exh_piece pieces[] = {{EXH_PIECE_DATA, 4000, 1ULL << 60}};
	json_t *row = read_pieces(pieces, 1, 4096, 1);

	(void)state;
	assert_int_equal(exh_json_u64(row, "lost", 0), (1ULL << 60) - 96);
	assert_null(json_object_get(row, "digests"));
	json_decref(row);
}

static void nothing_but_holes_is_not_read(void **state)
{
	static const struct exh_piece pieces[] = {{EXH_PIECE_HOLE, 0, 1ULL << 40}};
	json_t *row = read_pieces(pieces, 1, 4096, 0);

	(void)state;
	assert_string_equal(exh_json_str(row, "unread"), "holes");
	assert_null(json_object_get(row, "digests"));
	json_decref(row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbours_are_one_piece),
		cmocka_unit_test(what_no_run_covers_is_a_hole_or_unknown),
		cmocka_unit_test(behind_the_initialised_part_are_zeros),
		cmocka_unit_test(the_beginning_can_be_skipped),
		cmocka_unit_test(numbers_that_overflow_are_unknown),
		cmocka_unit_test(pieces_are_read_in_the_order_of_the_file),
		cmocka_unit_test(a_loss_leaves_no_digest),
		cmocka_unit_test(behind_the_end_of_the_partition_is_lost),
		cmocka_unit_test(nothing_but_holes_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
