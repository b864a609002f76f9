// SPDX-License-Identifier: Apache-2.0
/* Lost ranges over a source: every read is compared with what a byte-wise model says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mapper/source/lost.h"
#include "mapper/source/stream.h"
#include "memory_source.h"

#define FILE_SIZE  100000U
#define MEDIA_SIZE 100700U

static const struct exh_range ranges[] = {{0, 1},	  {511, 2},   {4096, 512},  {4608, 100},
					  {50000, 20000}, {99999, 1}, {100000, 700}};

struct fixture {
	struct memory_source m;
	struct exh_lost *lost;
	uint8_t bytes[FILE_SIZE];
};

static bool is_lost(uint64_t at)
{
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (at >= ranges[i].start && at - ranges[i].start < ranges[i].length)
			return true;
	return false;
}

static void open_fixture(struct fixture *f, enum exh_holes holes)
{
	struct exh_ctx ctx = {.helper = -1};

	memset(&f->m, 0, sizeof(f->m));
	for (size_t i = 0; i < FILE_SIZE; i++)
		f->bytes[i] = (uint8_t)(i * 7 + 1);
	memory_source_add(&f->m, "image.raw", f->bytes, FILE_SIZE);
	assert_int_equal(exh_lost_new(&ctx, ranges, sizeof(ranges) / sizeof(ranges[0]), MEDIA_SIZE,
				      holes, &f->lost),
			 0);
	f->m.fds[f->m.worker.nr_fds++] = dup(f->lost->fd);
	f->m.ctx.helper = -1;
	f->m.worker.ctx = &f->m.ctx;
	f->m.worker.fds = f->m.fds;
	f->m.args =
		json_pack("{s:{s:O, s:o, s:i, s:o}}", "source", "files", f->m.files, "missing",
			  json_array(), "naming", EXH_NAMED_SINGLE, "lost", exh_lost_spec(f->lost));
	assert_int_equal(exh_source_open(&f->m.worker, f->m.args, &f->m.source), 0);
	assert_int_equal(f->m.source->size, MEDIA_SIZE);
}

static void close_fixture(struct fixture *f)
{
	memory_source_close(&f->m);
	exh_lost_free(f->lost);
}

static void test_neighbours_are_joined(void **state)
{
	struct fixture *f = *state;

	open_fixture(f, EXH_HOLES_EIO);
	assert_int_equal(f->lost->nr, 5);
	assert_int_equal(f->lost->bytes, 1 + 2 + 612 + 20000 + 701);
	close_fixture(f);
}

static void test_what_is_no_list_is_refused(void **state)
{
	static const struct exh_range backwards[] = {{10, 1}, {5, 1}}, outside[] = {{5, 100}};
	struct exh_ctx ctx = {.helper = -1};
	struct exh_lost *lost = NULL;

	(void)state;
	assert_int_equal(exh_lost_new(&ctx, backwards, 2, 50, EXH_HOLES_EIO, &lost), -EXH_E_FORMAT);
	assert_int_equal(exh_lost_new(&ctx, outside, 1, 50, EXH_HOLES_EIO, &lost), -EXH_E_FORMAT);
	assert_null(lost);
}

static void test_a_read_has_all_its_bytes_or_fails(void **state)
{
	static uint8_t buf[MEDIA_SIZE];
	struct fixture *f = *state;

	open_fixture(f, EXH_HOLES_EIO);
	for (unsigned i = 0; i < 4000; i++) {
		uint64_t start = i * 2654435761U % MEDIA_SIZE, n = 1 + i * 40503U % 3000;
		bool lost = false;

		if (start + n > MEDIA_SIZE)
			n = MEDIA_SIZE - start;
		for (uint64_t k = start; k < start + n; k++)
			lost |= is_lost(k);
		if (lost) {
			assert_int_equal(exh_source_read(&f->m.ctx, f->m.source, buf, n, start),
					 -EXH_E_IO);
			continue;
		}
		assert_int_equal(exh_source_read(&f->m.ctx, f->m.source, buf, n, start), 0);
		assert_memory_equal(buf, f->bytes + start, n);
	}
	close_fixture(f);
}

static void test_around_the_holes_all_is_read(void **state)
{
	static uint8_t buf[MEDIA_SIZE];
	struct fixture *f = *state;

	open_fixture(f, EXH_HOLES_EIO);
	assert_int_equal(
		exh_source_read_around(&f->m.ctx, f->m.source, buf, MEDIA_SIZE, 0, NULL, NULL),
		f->lost->bytes);
	for (uint64_t i = 0; i < MEDIA_SIZE; i++)
		assert_int_equal(buf[i], is_lost(i) ? 0 : f->bytes[i]);
	close_fixture(f);
}

static void test_the_pattern_names_its_offset(void **state)
{
	static uint8_t buf[MEDIA_SIZE];
	struct fixture *f = *state;
	char cell[EXH_HOLE_CELL + 1];

	open_fixture(f, EXH_HOLES_PATTERN);
	assert_int_equal(exh_source_read(&f->m.ctx, f->m.source, buf, MEDIA_SIZE, 0), 0);
	for (uint64_t i = 0; i < MEDIA_SIZE; i++) {
		snprintf(cell, sizeof(cell), "NOT RESCUED 0x%016llx\r\n",
			 (unsigned long long)(i - i % EXH_HOLE_CELL));
		assert_int_equal(buf[i],
				 is_lost(i) ? (uint8_t)cell[i % EXH_HOLE_CELL] : f->bytes[i]);
	}
	close_fixture(f);
}

/* Whatever stands in the holes, the list of losses has each of them. */
static void test_the_stream_lists_every_loss(void **state)
{
	struct fixture *f = *state;

	for (int holes = EXH_HOLES_EIO; holes <= EXH_HOLES_PATTERN; holes++) {
		struct exh_stream *stream;
		struct exh_batch *batch;
		json_t *losses;
		uint64_t at = 0;

		open_fixture(f, (enum exh_holes)holes);
		assert_int_equal(exh_stream_open(&f->m.ctx, f->m.source, NULL, &stream), 0);
		while (!exh_stream_next(&f->m.ctx, stream, &batch)) {
			assert_int_equal(batch->media_start, at);
			for (size_t i = 0, n; i < batch->media_length; i++) {
				uint8_t byte = *exh_batch_media(batch, i, &n);

				if (!is_lost(at + i))
					assert_int_equal(byte, f->bytes[at + i]);
				else if (holes != EXH_HOLES_PATTERN)
					assert_int_equal(byte, 0);
			}
			at += batch->media_length;
			exh_batch_put(batch);
		}
		exh_stream_close(stream);
		assert_int_equal(at, MEDIA_SIZE);
		losses = exh_source_losses(f->m.source);
		assert_int_equal(json_array_size(losses), f->lost->nr);
		assert_string_equal(exh_json_str(json_array_get(losses, 0), "reason"),
				    "not-rescued");
		json_decref(losses);
		close_fixture(f);
	}
}

int main(void)
{
	static struct fixture fixture;
	void *f = &fixture;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_neighbours_are_joined, f),
		cmocka_unit_test_prestate(test_what_is_no_list_is_refused, f),
		cmocka_unit_test_prestate(test_a_read_has_all_its_bytes_or_fails, f),
		cmocka_unit_test_prestate(test_around_the_holes_all_is_read, f),
		cmocka_unit_test_prestate(test_the_pattern_names_its_offset, f),
		cmocka_unit_test_prestate(test_the_stream_lists_every_loss, f),
	};

	return cmocka_run_group_tests_name("overlay", tests, NULL, NULL);
}
