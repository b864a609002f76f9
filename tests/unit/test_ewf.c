// SPDX-License-Identifier: Apache-2.0
/* The EWF reader against sets whose every byte is known: equal where it answers, an error and a
 * range where it cannot. */
#include <endian.h>
#include <libdeflate.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/problem.h"
#include "ewf_media.h"
#include "mapper/source/stream.h"

/* The stream gives the same media, each file byte once and in order. Returns the count of lost
 * bytes. */
static uint64_t expect_stream(struct memory_source *m, const struct ewf_set *set,
			      const uint8_t *expected)
{
	struct exh_stream *stream;
	struct exh_batch *b;
	uint64_t at = 0, lost = 0, file_at = 0;
	size_t file = 0;

	assert_int_equal(exh_stream_open(&m->ctx, m->source, NULL, &stream), 0);
	while (!exh_stream_next(&m->ctx, stream, &b)) {
		if (b->media_length) {
			assert_int_equal(b->media_start, at);
			for (size_t i = 0, n; expected && i < b->media_length; i += n) {
				const uint8_t *part = exh_batch_media(b, i, &n);

				assert_memory_equal(part, expected + at + i, n);
			}
			at += b->media_length;
		}
		if (b->file_length && b->file != file) {
			assert_int_equal(file_at, m->source->files[file].size);
			file = b->file;
			file_at = 0;
		}
		if (b->file_length) {
			assert_int_equal(b->file_start, file_at);
			if (set)
				assert_memory_equal(b->file_bytes, set->files[file].bytes + file_at,
						    b->file_length);
			file_at += b->file_length;
		}
		lost += b->lost;
		exh_batch_put(b);
	}
	assert_int_equal(at, m->source->size);
	exh_stream_close(stream);
	return lost;
}

static const struct ewf_recipe recipes[] = {
	{0},
	{.plain_every = 1},
	{.plain_every = 3, .chunks_per_table = 7},
	{.segments = 5, .plain_every = 2},
	{.segments = 3, .chunks_per_table = 4, .without_table2 = true},
	{.sectors_per_chunk = 64},
	{.sectors_per_chunk = 1024},
	{.sectors_per_chunk = 5, .bytes_per_sector = 4096},
	{.smart = true},
	{.smart = true, .chunks_per_table = 9, .segments = 2},
};

static void test_every_layout_reads_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++) {
		struct memory_source m;
		struct ewf_set set;

		ewf_write(&recipes[i], media, MEDIA, &set);
		open_set(&m, &set, -1);
		assert_int_equal(memory_source_open(&m, EXH_NAMED_EWF, NULL, false), 0);
		assert_true(m.source->complete);
		assert_false(m.source->has_losses);
		expect_equal(&m);
		assert_int_equal(expect_stream(&m, &set, media), 0);
		memory_source_close(&m);
		ewf_set_free(&set);
	}
}

/* What a damaged set answers must be true: right bytes, or an error; never other bytes. */
static bool answers_truly(struct memory_source *m)
{
	bool refused_somewhere = false;
	uint8_t buf[512];

	for (uint64_t at = 0; at + sizeof(buf) <= m->source->size && at + sizeof(buf) <= MEDIA;
	     at += sizeof(buf)) {
		if (exh_source_read(&m->ctx, m->source, buf, sizeof(buf), at) < 0)
			refused_somewhere = true;
		else
			assert_memory_equal(buf, media + at, sizeof(buf));
	}
	return refused_somewhere;
}

static void flip_and_read(const struct ewf_set *set, unsigned file, size_t at, uint8_t bits,
			  unsigned *seen)
{
	struct memory_source m;
	int r;

	set->files[file].bytes[at] ^= bits;
	open_set(&m, set, -1);
	r = memory_source_open(&m, EXH_NAMED_EWF, NULL, true);
	if (r < 0) {
		(*seen)++;
	} else {
		bool lost = answers_truly(&m);

		/* the stream answers through the same decoder; now and then is often enough */
		if (at % 16 == 0)
			expect_stream(&m, NULL, NULL);
		*seen += lost || json_array_size(m.source->problems) || m.source->refusal != NULL;
	}
	memory_source_close(&m);
	set->files[file].bytes[at] ^= bits;
}

static void test_no_flipped_byte_changes_an_answer(void **state)
{
	static const struct ewf_recipe recipe = {
		.segments = 2, .plain_every = 4, .chunks_per_table = 12};
	uint32_t random = 3;
	unsigned seen = 0, tried = 0;
	struct ewf_set set;

	(void)state;
	ewf_write(&recipe, media, MEDIA, &set);
	for (unsigned file = 0; file < set.nr_files; file++) {
		for (size_t at = 0; at < set.files[file].size;
		     at += 1 + next_random(&random) % 37) {
			flip_and_read(&set, file, at, (uint8_t)(1U << next_random(&random) % 8),
				      &seen);
			tried++;
		}
	}
	/* what nothing depends on (reserved bytes of the file header, a version) may change unseen;
	 * all else is said */
	assert_true(seen * 100 >= tried * 95);
	ewf_set_free(&set);
}

static void test_flipped_data_loses_exactly_its_chunk(void **state)
{
	static const struct ewf_recipe recipe = {.plain_every = 1};
	struct memory_source m;
	struct ewf_set set;
	uint8_t buf[4096];
	json_t *damage;

	(void)state;
	ewf_write(&recipe, media, MEDIA, &set);
	/* a plain chunk of 2048 bytes begins behind header, volume, descriptor and 10 chunks of
	 * 2048 + 4 */
	set.files[0].bytes[13 + 76 + 1052 + 76 + 10 * 2052 + 100] ^= 0x10;
	open_set(&m, &set, -1);
	assert_int_equal(memory_source_open(&m, EXH_NAMED_EWF, NULL, false), 0);
	assert_int_equal(exh_source_read(&m.ctx, m.source, buf, 4096, 8 * 2048), 0);
	assert_int_equal(exh_source_read(&m.ctx, m.source, buf, 1, 10 * 2048), -EXH_E_IO);
	assert_int_equal(exh_source_read(&m.ctx, m.source, buf, 4096, 11 * 2048), 0);
	assert_int_equal(expect_stream(&m, &set, NULL), 2048);
	damage = exh_source_losses(m.source);
	assert_int_equal(json_array_size(damage), 1);
	assert_int_equal(exh_json_u64(json_array_get(damage, 0), "start", 0), 10 * 2048);
	assert_int_equal(exh_json_u64(json_array_get(damage, 0), "length", 0), 2048);
	assert_string_equal(exh_json_str(json_array_get(damage, 0), "reason"), "checksum");
	json_decref(damage);
	memory_source_close(&m);
	ewf_set_free(&set);
}

/* The parts that a batch has, of a container of one chunk in each batch at least. */
static size_t count_parts(struct memory_source *m)
{
	struct exh_stream *stream;
	struct exh_batch *b;
	size_t parts = 0;

	assert_int_equal(exh_stream_open(&m->ctx, m->source, NULL, &stream), 0);
	while (!exh_stream_next(&m->ctx, stream, &b)) {
		for (size_t at = 0, n; at < b->media_length; at += n, parts++) {
			const uint8_t *part = exh_batch_media(b, at, &n);

			if (b->media.stride)
				assert_in_range(part - b->file_bytes, 0, b->file_length - n);
		}
		exh_batch_put(b);
	}
	exh_stream_close(stream);
	return parts;
}

static void test_plain_chunks_are_not_copied(void **state)
{
	static const struct ewf_recipe recipe = {.plain_every = 1};
	struct memory_source m;
	struct ewf_set set;

	(void)state;
	ewf_write(&recipe, media, 40 * 2048, &set);
	for (int damaged = 0; damaged < 2; damaged++) {
		/* one that is damaged is made: zeros */
		set.files[0].bytes[13 + 76 + 1052 + 76 + 10 * 2052 + 100] ^= (uint8_t)damaged;
		open_set(&m, &set, -1);
		assert_int_equal(memory_source_open(&m, EXH_NAMED_EWF, NULL, false), 0);
		assert_int_equal(count_parts(&m), damaged ? 1 : 40);
		memory_source_close(&m);
	}
	ewf_set_free(&set);
}

static void test_damaged_table_is_replaced_by_its_copy(void **state)
{
	static const struct ewf_recipe recipe = {0};
	struct memory_source m;
	struct ewf_set set;
	uint8_t *table;

	(void)state;
	ewf_write(&recipe, media, MEDIA, &set);
	table = memmem(set.files[0].bytes, set.files[0].size, "table", 5);
	assert_non_null(table);
	table[76 + 24 + 5] ^= 1;
	open_set(&m, &set, -1);
	assert_int_equal(memory_source_open(&m, EXH_NAMED_EWF, NULL, false), 0);
	expect_equal(&m);
	assert_int_equal(json_array_size(m.source->problems), 1);
	assert_string_equal(exh_json_str(json_array_get(m.source->problems, 0), "code"),
			    "table-copy-used");
	memory_source_close(&m);
	ewf_set_free(&set);
}

static void expect_missing(const struct ewf_set *set, int skip, uint64_t start, uint64_t length)
{
	struct memory_source m;
	json_t *damage;

	open_set(&m, set, skip);
	assert_int_equal(memory_source_open(&m, EXH_NAMED_EWF, NULL, false), -EXH_E_INCOMPLETE);
	memory_source_close(&m);
	open_set(&m, set, skip);
	assert_int_equal(memory_source_open(&m, EXH_NAMED_EWF, NULL, true), 0);
	assert_false(m.source->complete);
	assert_true(m.source->has_losses);
	assert_int_equal(m.source->size, MEDIA);
	assert_true(answers_truly(&m));
	assert_int_equal(expect_stream(&m, NULL, NULL), length);
	damage = exh_source_losses(m.source);
	assert_int_equal(json_array_size(damage), 1);
	assert_int_equal(exh_json_u64(json_array_get(damage, 0), "start", 1), start);
	assert_int_equal(exh_json_u64(json_array_get(damage, 0), "length", 0), length);
	assert_string_equal(exh_json_str(json_array_get(damage, 0), "reason"), "missing-segment");
	json_decref(damage);
	memory_source_close(&m);
}

static void test_missing_segment_is_exactly_its_range(void **state)
{
	static const struct ewf_recipe recipe = {.segments = 5};
	const uint64_t per_segment = 10 * 2048;
	struct ewf_set set;

	(void)state;
	ewf_write(&recipe, media, MEDIA, &set);
	for (int skip = 0; skip < 5; skip++)
		expect_missing(&set, skip, (uint64_t)skip * per_segment, per_segment);
	ewf_set_free(&set);
}

/* The last segment of a set says how large the media are; what is in it belongs to their end. */
static void test_media_beyond_8_tib(void **state)
{
	static const struct ewf_recipe recipe = {.segments = 2, .sectors_per_chunk = 64};
	const uint64_t whole_chunks = 10ULL << 40 >> 15, rest = MEDIA % 32768;
	const uint64_t size = whole_chunks * 32768 + rest, in_segment = 32768 + rest;
	const size_t volume = 13 + 76;
	struct memory_source m;
	struct ewf_set set;
	uint64_t sectors = htole64(size / 512);
	uint8_t *raw, buf[MEDIA];
	uint32_t sum;

	(void)state;
	ewf_write(&recipe, media, MEDIA, &set);
	raw = set.files[1].bytes + volume;
	memcpy(raw + 16, &sectors, 8);
	sum = htole32(libdeflate_adler32(1, raw, 1048));
	memcpy(raw + 1048, &sum, 4);
	open_set(&m, &set, 0);
	assert_int_equal(memory_source_open(&m, EXH_NAMED_EWF, NULL, true), 0);
	assert_int_equal(m.source->size, size);
	assert_int_equal(exh_source_read(&m.ctx, m.source, buf, in_segment, size - in_segment), 0);
	assert_memory_equal(buf, media + MEDIA - in_segment, in_segment);
	assert_int_equal(exh_source_read(&m.ctx, m.source, buf, 1, size - in_segment - 1),
			 -EXH_E_IO);
	assert_int_equal(exh_source_read(&m.ctx, m.source, buf, 1, 9ULL << 40), -EXH_E_IO);
	memory_source_close(&m);
	ewf_set_free(&set);
}

static void test_every_cut_is_noticed(void **state)
{
	static const struct ewf_recipe recipe = {.chunks_per_table = 10};
	uint32_t random = 11;
	struct ewf_set set;
	size_t whole;

	(void)state;
	ewf_write(&recipe, media, MEDIA, &set);
	whole = set.files[0].size;
	for (size_t cut = whole - 1; cut > 0;
	     cut -= cut < 400 ? 1 : 1 + next_random(&random) % 300) {
		struct memory_source m;

		set.files[0].size = cut;
		open_set(&m, &set, -1);
		assert_true(memory_source_open(&m, EXH_NAMED_EWF, NULL, false) < 0);
		memory_source_close(&m);
		open_set(&m, &set, -1);
		if (!memory_source_open(&m, EXH_NAMED_EWF, NULL, true)) {
			/* behind the last table nothing is lost, and still the end is missed */
			answers_truly(&m);
			assert_false(m.source->complete);
			assert_non_null(m.source->refusal);
		}
		memory_source_close(&m);
	}
	set.files[0].size = whole;
	ewf_set_free(&set);
}

static void test_damage_to_the_second_table_is_told(void **state)
{
	static const struct ewf_recipe recipe = {0};
	static const size_t places[] = {76, 76 + 8, 76 + 20, 76 + 24 + 5};

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct memory_source m;
		struct ewf_set set;
		uint8_t *table;

		ewf_write(&recipe, media, MEDIA, &set);
		table = memmem(set.files[0].bytes, set.files[0].size, "table2", 6);
		assert_non_null(table);
		table[places[i]] ^= 1;
		open_set(&m, &set, -1);
		assert_int_equal(memory_source_open(&m, EXH_NAMED_EWF, NULL, false), 0);
		expect_equal(&m);
		assert_int_equal(json_array_size(m.source->problems), 1);
		assert_true(tells(&m, "section-checksum"));
		memory_source_close(&m);
		ewf_set_free(&set);
	}
}

static void test_empty_media_is_a_problem(void **state)
{
	static const struct ewf_recipe recipe = {0};
	struct memory_source m;
	struct ewf_set set;

	(void)state;
	ewf_write(&recipe, media, 0, &set);
	open_set(&m, &set, -1);
	assert_int_equal(memory_source_open(&m, EXH_NAMED_EWF, NULL, true), -EXH_E_INCOMPLETE);
	assert_non_null(strstr(m.ctx.text, "empty"));
	memory_source_close(&m);
	ewf_set_free(&set);
}

/* In a chunk with whole sectors, and in one of its own; in the last table, and in one of its own.
 */
static void test_last_sector_that_is_not_whole(void **state)
{
	static const struct ewf_recipe layouts[] = {{0}, {.chunks_per_table = 10}};
	static const size_t sizes[] = {MEDIA - 300, 30 * 2048 + 212, 30 * 2048 + 1};

	(void)state;
	/* the volume section counts whole sectors only */
	for (size_t i = 0; i < 6; i++) {
		struct memory_source m;
		struct ewf_set set;
		uint8_t buf[MEDIA];

		ewf_write(&layouts[i % 2], media, sizes[i / 2], &set);
		open_set(&m, &set, -1);
		assert_int_equal(memory_source_open(&m, EXH_NAMED_EWF, NULL, false), 0);
		assert_int_equal(m.source->size, sizes[i / 2]);
		assert_int_equal(exh_source_read(&m.ctx, m.source, buf, sizes[i / 2], 0), 0);
		assert_memory_equal(buf, media, sizes[i / 2]);
		assert_int_equal(expect_stream(&m, &set, media), 0);
		assert_string_equal(exh_json_str(json_array_get(m.source->problems, 0), "code"),
				    "volume-size-differs");
		memory_source_close(&m);
		ewf_set_free(&set);
	}
}

static void test_slice_reads_and_loses_relative_to_itself(void **state)
{
	static const struct ewf_recipe recipe = {.plain_every = 1};
	struct memory_source m;
	struct exh_source *slice;
	struct ewf_set set;
	uint8_t buf[2048];
	json_t *damage;

	(void)state;
	ewf_write(&recipe, media, MEDIA, &set);
	set.files[0].bytes[13 + 76 + 1052 + 76 + 10 * 2052 + 100] ^= 0x10;
	open_set(&m, &set, -1);
	assert_int_equal(memory_source_open(&m, EXH_NAMED_EWF, NULL, false), 0);
	assert_int_equal(exh_source_slice(&m.ctx, m.source, 10 * 2048 + 512, 8192, &slice), 0);
	assert_int_equal(exh_source_read(&m.ctx, slice, buf, 512, 0), -EXH_E_IO);
	assert_int_equal(exh_source_read(&m.ctx, slice, buf, 2048, 1536), 0);
	assert_memory_equal(buf, media + 11 * 2048, 2048);
	assert_int_equal(exh_source_read(&m.ctx, slice, buf, 1, 8192), -EXH_E_RANGE);
	damage = exh_source_losses(slice);
	assert_int_equal(exh_json_u64(json_array_get(damage, 0), "start", 1), 0);
	assert_int_equal(exh_json_u64(json_array_get(damage, 0), "length", 0), 1536);
	json_decref(damage);
	exh_source_close(slice);
	assert_int_equal(exh_source_slice(&m.ctx, m.source, 1, MEDIA, &slice), -EXH_E_RANGE);
	memory_source_close(&m);
	ewf_set_free(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_layout_reads_back),
		cmocka_unit_test(test_no_flipped_byte_changes_an_answer),
		cmocka_unit_test(test_flipped_data_loses_exactly_its_chunk),
		cmocka_unit_test(test_plain_chunks_are_not_copied),
		cmocka_unit_test(test_damaged_table_is_replaced_by_its_copy),
		cmocka_unit_test(test_missing_segment_is_exactly_its_range),
		cmocka_unit_test(test_media_beyond_8_tib),
		cmocka_unit_test(test_every_cut_is_noticed),
		cmocka_unit_test(test_damage_to_the_second_table_is_told),
		cmocka_unit_test(test_empty_media_is_a_problem),
		cmocka_unit_test(test_last_sector_that_is_not_whole),
		cmocka_unit_test(test_slice_reads_and_loses_relative_to_itself),
	};

	return cmocka_run_group_tests_name("ewf", tests, make_media, NULL);
}
