// SPDX-License-Identifier: Apache-2.0
/*
 * One property through every layer: what is handed out is the media, or it is on the list of
 * losses. Whole containers and containers with a changed byte, read as source, slice and stream,
 * and hashed by lanes of a crew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/checked.h"
#include "ewf2_writer.h"
#include "hash/consumers.h"
#include "mapper/source/stream.h"
#include "memory_source.h"

#define MEDIA (3 * 1024 * 1024)
#define FLIPS 120

static uint8_t media[MEDIA];

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525U + 1013904223U;
	return *state >> 8;
}

static int make_media(void **state)
{
	uint32_t random = 11;

	(void)state;
	for (size_t i = 0; i < MEDIA; i++)
		media[i] = i % 9000 < 1500 ? (uint8_t)next_random(&random) : (uint8_t)(i / 3000);
	/* the same chunk over and over */
	memset(media + MEDIA / 3, 0, MEDIA / 4);
	return 0;
}

enum kind { EWF, EWF2, RAW, NR_KINDS };

static void write_kind(enum kind kind, struct ewf_set *set)
{
	static const struct ewf_recipe first = {
		.segments = 3, .sectors_per_chunk = 64, .plain_every = 4, .chunks_per_table = 11};
	static const struct ewf2_recipe second = {.storing = EWF2_STORE_DEFLATE,
						  .sectors_per_chunk = 32,
						  .plain_every = 5,
						  .fill = true,
						  .chunks_per_table = 17};

	memset(set, 0, sizeof(*set));
	if (kind == EWF) {
		ewf_write(&first, media, MEDIA, set);
	} else if (kind == EWF2) {
		ewf2_write(&second, media, MEDIA, set);
	} else {
		set->nr_files = 1;
		set->files[0].size = MEDIA;
		set->files[0].bytes = malloc(MEDIA);
		assert_non_null(set->files[0].bytes);
		memcpy(set->files[0].bytes, media, MEDIA);
	}
}

static int open_kind(struct memory_source *m, enum kind kind, const struct ewf_set *set)
{
	memset(m, 0, sizeof(*m));
	for (unsigned i = 0; i < set->nr_files; i++) {
		char name[24];

		snprintf(name, sizeof(name), kind == EWF ? "t.E%02u" : "t.Ex%02u", i + 1);
		memory_source_add(m, name, set->files[i].bytes, set->files[i].size);
	}
	return memory_source_open(m, kind == RAW ? EXH_NAMED_SINGLE : EXH_NAMED_EWF, NULL, true);
}

/* Is every byte of [start, start + n) that is not the media's on the list of losses? */
static bool is_true(struct exh_source *s, const uint8_t *bytes, uint64_t start, size_t n)
{
	json_t *losses = exh_source_losses(s), *row;
	static uint8_t expected[MEDIA];
	size_t i;
	bool same;

	memcpy(expected, media + start, n);
	json_array_foreach (losses, i, row) {
		uint64_t from = exh_json_u64(row, "start", 0),
			 to = from + exh_json_u64(row, "length", 0);

		from = exh_max(from, start);
		to = exh_min(to, start + n);
		if (from < to)
			memcpy(expected + (from - start), bytes + (from - start), to - from);
	}
	json_decref(losses);
	same = !memcmp(expected, bytes, n);
	return same;
}

/* At random places: all bytes of the media, or an error. */
static void read_at_random(struct exh_ctx *ctx, struct exh_source *s, uint64_t base,
			   uint32_t *random, int times)
{
	static uint8_t buf[MEDIA];

	for (int i = 0; i < times; i++) {
		size_t at = next_random(random) % s->size;
		size_t n = next_random(random) % exh_min(s->size - at, 200000) + 1;

		if (!exh_source_read(ctx, s, buf, n, at))
			assert_memory_equal(buf, media + base + at, n);
	}
}

static void read_slices(struct memory_source *m, uint32_t *random)
{
	for (int i = 0; i < 3; i++) {
		uint64_t start = next_random(random) % (m->source->size - 1);
		uint64_t length = next_random(random) % (m->source->size - start) + 1;
		struct exh_source *slice;

		assert_int_equal(exh_source_slice(&m->ctx, m->source, start, length, &slice), 0);
		read_at_random(&m->ctx, slice, start, random, 10);
		exh_source_close(slice);
	}
}

static void hex_of(const char *name, const uint8_t *bytes, size_t n, char out[EXH_DIGEST_HEX])
{
	unsigned char value[EVP_MAX_MD_SIZE];
	unsigned int size;

	assert_true(EVP_Digest(bytes, n, value, &size, EVP_get_digestbyname(name), NULL));
	for (unsigned i = 0; i < size; i++)
		snprintf(out + 2 * (size_t)i, 3, "%02x", value[i]);
}

/* Streams the source through lanes; seen gets the media as they came. */
static void stream_and_hash(struct memory_source *m, unsigned threads, uint8_t *seen,
			    json_t *answer)
{
	struct exh_digests set = {.nr = 0};
	struct exh_consumer *consumers[3];
	struct exh_lane *lanes[3];
	struct exh_stream_options options = {0};
	struct exh_stream *stream;
	struct exh_batch *batch;

	assert_int_equal(exh_digests_add_list(&m->ctx, &set, "md5,sha1,sha256"), 0);
	assert_int_equal(exh_crew_start(&m->ctx, threads, &options.crew), 0);
	assert_int_equal(exh_stream_open(&m->ctx, m->source, &options, &stream), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(exh_media_digest_new(&m->ctx, &set.list[i], "digests",
						      m->source->size, &consumers[i]),
				 0);
		assert_int_equal(exh_lane_start(&m->ctx, options.crew, consumers[i], &lanes[i]), 0);
	}
	while (!exh_stream_next(&m->ctx, stream, &batch)) {
		for (int i = 0; i < 3; i++)
			exh_lane_push(lanes[i], batch);
		for (size_t at = 0, n; at < batch->media_length; at += n) {
			const uint8_t *part = exh_batch_media(batch, at, &n);

			memcpy(seen + batch->media_start + at, part, n);
		}
		exh_batch_put(batch);
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(exh_lane_join(&m->ctx, lanes[i]), 0);
		assert_int_equal(consumers[i]->finish(&m->ctx, consumers[i], answer), 0);
		exh_consumer_free(consumers[i]);
	}
	exh_stream_close(stream);
	exh_crew_end(options.crew);
	exh_digests_clear(&set);
}

static void expect_digests(const json_t *answer, const uint8_t *bytes, size_t n)
{
	static const char *const names[] = {"md5", "sha1", "sha256"};

	for (int i = 0; i < 3; i++) {
		char hex[EXH_DIGEST_HEX];

		hex_of(names[i], bytes, n, hex);
		assert_string_equal(exh_json_str(json_object_get(answer, "digests"), names[i]),
				    hex);
	}
}

static void read_all_ways(struct memory_source *m, unsigned threads, uint32_t *random)
{
	static uint8_t seen[MEDIA];
	json_t *answer = json_object();

	read_at_random(&m->ctx, m->source, 0, random, 20);
	read_slices(m, random);
	stream_and_hash(m, threads, seen, answer);
	assert_true(is_true(m->source, seen, 0, m->source->size));
	expect_digests(answer, seen, m->source->size);
	json_decref(answer);
}

static void test_whole_containers(void **state)
{
	static const unsigned threads[] = {1, 2, 5};
	uint32_t random = 5;

	(void)state;
	for (enum kind kind = 0; kind < NR_KINDS; kind++) {
		struct ewf_set set;

		write_kind(kind, &set);
		for (int i = 0; i < 3; i++) {
			struct memory_source m;
			json_t *losses;

			assert_int_equal(open_kind(&m, kind, &set), 0);
			assert_int_equal(m.source->size, MEDIA);
			read_all_ways(&m, threads[i], &random);
			losses = exh_source_losses(m.source);
			assert_int_equal(json_array_size(losses), 0);
			json_decref(losses);
			memory_source_close(&m);
		}
		ewf_set_free(&set);
	}
}

/* Where a changed byte makes the media shorter it is said; longer they never are. */
static void test_a_changed_byte_is_never_handed_out(void **state)
{
	uint32_t random = 17;

	(void)state;
	for (enum kind kind = EWF; kind <= EWF2; kind++) {
		struct ewf_set set;

		write_kind(kind, &set);
		for (int i = 0; i < FLIPS; i++) {
			unsigned file = next_random(&random) % set.nr_files;
			size_t at = next_random(&random) % set.files[file].size;
			uint8_t bit = (uint8_t)(1U << next_random(&random) % 8);
			struct memory_source m;

			set.files[file].bytes[at] ^= bit;
			if (!open_kind(&m, kind, &set)) {
				if (m.source->size != MEDIA)
					assert_true(json_array_size(m.source->problems) > 0);
				if (m.source->size <= MEDIA)
					read_all_ways(&m, 2, &random);
			}
			memory_source_close(&m);
			set.files[file].bytes[at] ^= bit;
		}
		ewf_set_free(&set);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_containers),
		cmocka_unit_test(test_a_changed_byte_is_never_handed_out),
	};

	return cmocka_run_group_tests_name("pipeline", tests, make_media, NULL);
}
