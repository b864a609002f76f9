// SPDX-License-Identifier: Apache-2.0
/* The reader of Ex01 against sets whose every byte is known: equal where it answers, an error and a
 * range where it cannot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/facts.h"
#include "base/problem.h"
#include "ewf2_writer.h"
#include "mapper/source/stream.h"
#include "memory_source.h"

#define MEDIA (201 * 512)
#define CHUNK 2048

static uint8_t media[MEDIA];

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525U + 1013904223U;
	return *state >> 8;
}

static int make_media(void **state)
{
	uint32_t random = 1;

	(void)state;
	for (size_t i = 0; i < MEDIA; i++)
		media[i] = i % 8192 < 3000 ? (uint8_t)next_random(&random)
					   : (uint8_t)(i % 8 + i / 50000);
	return 0;
}

static void open_set(struct memory_source *m, const struct ewf_set *set, int skip)
{
	memset(m, 0, sizeof(*m));
	for (unsigned i = 0; i < set->nr_files; i++) {
		char name[24];

		snprintf(name, sizeof(name), "t.Ex%02u", i + 1);
		if ((int)i != skip)
			memory_source_add(m, name, set->files[i].bytes, set->files[i].size);
	}
}

static void expect_stream(struct memory_source *m, const struct ewf_set *set)
{
	struct exh_stream *stream;
	struct exh_batch *b;
	uint64_t at = 0, bytes = 0, expected = 0;

	assert_int_equal(exh_stream_open(&m->ctx, m->source, NULL, &stream), 0);
	while (!exh_stream_next(&m->ctx, stream, &b)) {
		if (b->media_length)
			assert_int_equal(b->media_start, at);
		for (size_t i = 0, n; i < b->media_length; i += n) {
			const uint8_t *part = exh_batch_media(b, i, &n);

			assert_memory_equal(part, media + at + i, n);
		}
		at += b->media_length;
		bytes += b->file_length;
		assert_int_equal(b->lost, 0);
		exh_batch_put(b);
	}
	exh_stream_close(stream);
	for (unsigned i = 0; i < set->nr_files; i++)
		expected += set->files[i].size;
	assert_int_equal(at, MEDIA);
	assert_int_equal(bytes, expected);
}

static void every_layout_reads_back(void **state)
{
	static const struct ewf2_recipe recipes[] = {
		{.storing = EWF2_STORE_DEFLATE},
		{.storing = EWF2_STORE_BZIP2},
		{.storing = EWF2_STORE_BARE_BLOCK},
		{.storing = EWF2_STORE_PLAIN},
		{.fill = true, .plain_every = 3},
		{.fill = true, .chunks_per_table = 7, .segments = 3},
		{.sectors_per_chunk = 1024},
		{.sectors_per_chunk = 3, .segments = 5, .plain_every = 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++) {
		uint8_t buf[MEDIA];
		struct memory_source m;
		struct ewf_set set;
		uint32_t random = 7;

		ewf2_write(&recipes[i], media, MEDIA, &set);
		open_set(&m, &set, -1);
		if (memory_source_open(&m, EXH_NAMED_EWF, NULL, false))
			fail_msg("recipe %zu: %s", i, m.ctx.text);
		assert_string_equal(m.source->format, "ewf2");
		assert_true(m.source->complete);
		assert_int_equal(m.source->size, MEDIA);
		assert_int_equal(json_array_size(m.source->problems), 0);
		for (int k = 0; k < 200; k++) {
			size_t at = next_random(&random) % MEDIA,
			       n = next_random(&random) % (MEDIA - at) + 1;

			assert_int_equal(exh_source_read(&m.ctx, m.source, buf, n, at), 0);
			assert_memory_equal(buf, media + at, n);
		}
		expect_stream(&m, &set);
		memory_source_close(&m);
		ewf_set_free(&set);
	}
}

static void what_people_wrote_is_told(void **state)
{
	const struct ewf2_recipe recipe = {0};
	struct memory_source m;
	struct ewf_set set;
	json_t *image;
	const json_t *header;

	(void)state;
	ewf2_write(&recipe, media, MEDIA, &set);
	open_set(&m, &set, -1);
	assert_int_equal(memory_source_open(&m, EXH_NAMED_EWF, NULL, false), 0);
	image = exh_source_facts(&m.ctx, m.source);
	header = json_object_get(image, "header");
	assert_string_equal(exh_json_str(image, "variant"), "Ex01");
	assert_string_equal(exh_json_str(header, "case_number"), "2026-7");
	assert_string_equal(exh_json_str(header, "notes"), "a\nb");
	assert_string_equal(exh_json_str(header, "model"), "Model");
	assert_string_equal(exh_json_str(header, "acquired"), "2001-09-09T01:46:40Z");
	assert_null(json_object_get(header, "description"));
	json_decref(image);
	memory_source_close(&m);
	ewf_set_free(&set);
}

/* What a damaged set answers must be true: right bytes, or an error; never other bytes in silence.
 */
static size_t count_lost_chunks(struct memory_source *m)
{
	size_t lost = 0;
	uint8_t buf[CHUNK];

	for (uint64_t at = 0; at < m->source->size; at += CHUNK) {
		size_t n = m->source->size - at < CHUNK ? (size_t)(m->source->size - at) : CHUNK;

		if (exh_source_read(&m->ctx, m->source, buf, n, at) < 0)
			lost++;
		else
			assert_memory_equal(buf, media + at, n);
	}
	return lost;
}

static void a_missing_segment_is_an_exact_hole(void **state)
{
	const struct ewf2_recipe recipe = {.segments = 4};
	size_t chunks = (MEDIA + CHUNK - 1) / CHUNK;

	(void)state;
	for (int skip = 0; skip < 4; skip++) {
		struct memory_source m;
		struct ewf_set set;

		ewf2_write(&recipe, media, MEDIA, &set);
		open_set(&m, &set, skip);
		assert_true(memory_source_open(&m, EXH_NAMED_EWF, NULL, false) < 0);
		memory_source_close(&m);
		open_set(&m, &set, skip);
		assert_int_equal(memory_source_open(&m, EXH_NAMED_EWF, NULL, true), 0);
		assert_int_equal(m.source->size, MEDIA);
		assert_int_equal(count_lost_chunks(&m),
				 chunks * (size_t)(skip + 1) / 4 - chunks * (size_t)skip / 4);
		memory_source_close(&m);
		ewf_set_free(&set);
	}
}

static void a_cut_file_keeps_what_is_before_the_cut(void **state)
{
	const struct ewf2_recipe recipe = {.chunks_per_table = 5};
	size_t least = SIZE_MAX;
	struct ewf_set set;

	(void)state;
	ewf2_write(&recipe, media, MEDIA, &set);
	for (size_t size = set.files[0].size - 1; size > 40;
	     size -= 1021 < size - 40 ? 1021 : size - 40) {
		size_t whole = set.files[0].size;
		struct memory_source m;

		set.files[0].size = size;
		open_set(&m, &set, -1);
		assert_true(memory_source_open(&m, EXH_NAMED_EWF, NULL, false) < 0);
		memory_source_close(&m);
		open_set(&m, &set, -1);
		if (!memory_source_open(&m, EXH_NAMED_EWF, NULL, true)) {
			size_t lost = count_lost_chunks(&m);

			assert_int_equal(m.source->size, MEDIA);
			least = lost < least ? lost : least;
		}
		memory_source_close(&m);
		set.files[0].size = whole;
	}
	assert_int_equal(least, 0);
	ewf_set_free(&set);
}

static void no_flipped_bit_gives_other_bytes(void **state)
{
	static const struct ewf2_recipe recipes[] = {
		{.fill = true, .plain_every = 3, .chunks_per_table = 20},
		{.storing = EWF2_STORE_BZIP2},
		{.storing = EWF2_STORE_BARE_BLOCK},
	};

	(void)state;
	for (size_t k = 0; k < sizeof(recipes) / sizeof(recipes[0]); k++) {
		struct ewf_set set;

		ewf2_write(&recipes[k], media, MEDIA, &set);
		for (size_t at = k; at < set.files[0].size; at += at < 700 ? 3 : 211) {
			struct memory_source m;

			set.files[0].bytes[at] ^= (uint8_t)(1U << at % 8);
			open_set(&m, &set, -1);
			if (!memory_source_open(&m, EXH_NAMED_EWF, NULL, true) &&
			    !strcmp(m.source->format, "ewf2") && m.source->size == MEDIA)
				count_lost_chunks(&m);
			memory_source_close(&m);
			set.files[0].bytes[at] ^= (uint8_t)(1U << at % 8);
		}
		ewf_set_free(&set);
	}
}

static void encrypted_ones_are_named_and_refused(void **state)
{
	const struct ewf2_recipe recipe = {.flags = 2};
	struct memory_source m;
	struct ewf_set set;

	(void)state;
	ewf2_write(&recipe, media, MEDIA, &set);
	for (int allowed = 0; allowed < 2; allowed++) {
		open_set(&m, &set, -1);
		assert_true(memory_source_open(&m, EXH_NAMED_EWF, NULL, allowed) < 0);
		assert_non_null(strstr(m.ctx.text, "encrypted Ex01"));
		memory_source_close(&m);
	}
	ewf_set_free(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_layout_reads_back),
		cmocka_unit_test(what_people_wrote_is_told),
		cmocka_unit_test(a_missing_segment_is_an_exact_hole),
		cmocka_unit_test(a_cut_file_keeps_what_is_before_the_cut),
		cmocka_unit_test(no_flipped_bit_gives_other_bytes),
		cmocka_unit_test(encrypted_ones_are_named_and_refused),
	};

	return cmocka_run_group_tests_name("ewf2", tests, make_media, NULL);
}
