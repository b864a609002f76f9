// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "hash/consumers.h"

#define SHA256_ABC   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA256_EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct fixture {
	struct exh_ctx ctx;
	struct exh_digests set;
	struct exh_source source;
	struct exh_source_file files[2];
	struct exh_consumer *consumer;
	json_t *answer;
};

static int begin(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	f.ctx.helper = -1;
	f.source.files = f.files;
	f.source.nr_files = 2;
	f.files[0] = (struct exh_source_file){.path = "first", .size = 3};
	f.files[1] = (struct exh_source_file){.path = "second", .size = 3};
	f.answer = json_object();
	*state = &f;
	return exh_digests_add(&f.ctx, &f.set, "sha256");
}

static int end(void **state)
{
	struct fixture *f = *state;

	exh_consumer_free(f->consumer);
	exh_digests_clear(&f->set);
	json_decref(f->answer);
	return 0;
}

static int feed(struct fixture *f, struct exh_batch batch)
{
	return f->consumer->update(&f->ctx, f->consumer, &batch);
}

static struct exh_batch media(uint64_t start, const char *bytes)
{
	return (struct exh_batch){.media_start = start,
				  .media = {(const uint8_t *)bytes, strlen(bytes), 0},
				  .media_length = strlen(bytes)};
}

static struct exh_batch file(size_t number, uint64_t start, const char *bytes)
{
	return (struct exh_batch){.file = number,
				  .file_start = start,
				  .file_bytes = (const uint8_t *)bytes,
				  .file_length = strlen(bytes)};
}

static int finish(struct fixture *f)
{
	return f->consumer->finish(&f->ctx, f->consumer, f->answer);
}

static void media_in_pieces(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(exh_media_digest_new(&f->ctx, &f->set.list[0], "digests", 3, &f->consumer),
			 0);
	assert_int_equal(feed(f, media(0, "a")), 0);
	assert_int_equal(feed(f, file(0, 0, "zz")), 0);
	assert_int_equal(feed(f, media(1, "bc")), 0);
	assert_int_equal(finish(f), 0);
	assert_string_equal(exh_json_str(json_object_get(f->answer, "digests"), "sha256"),
			    SHA256_ABC);
}

static void only_the_first_bytes(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
		exh_media_digest_new(&f->ctx, &f->set.list[0], "whole_sectors", 3, &f->consumer),
		0);
	assert_int_equal(feed(f, media(0, "ab")), 0);
	assert_int_equal(feed(f, media(2, "cde")), 0);
	assert_int_equal(feed(f, media(5, "f")), 0);
	assert_int_equal(finish(f), 0);
	assert_string_equal(exh_json_str(json_object_get(f->answer, "whole_sectors"), "sha256"),
			    SHA256_ABC);
}

static void media_out_of_order(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(exh_media_digest_new(&f->ctx, &f->set.list[0], "digests", 3, &f->consumer),
			 0);
	assert_int_equal(feed(f, media(0, "a")), 0);
	assert_int_equal(feed(f, media(2, "c")), -EXH_E_RANGE);
}

static void media_cut_short(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(exh_media_digest_new(&f->ctx, &f->set.list[0], "digests", 3, &f->consumer),
			 0);
	assert_int_equal(feed(f, media(0, "ab")), 0);
	assert_int_equal(finish(f), -EXH_E_RANGE);
	assert_int_equal(json_object_size(f->answer), 0);
}

static void files_one_after_the_other_or_mixed(void **state)
{
	struct fixture *f = *state;
	json_t *rows;

	assert_int_equal(exh_file_digests_new(&f->ctx, &f->set.list[0], &f->source, &f->consumer),
			 0);
	assert_int_equal(feed(f, file(0, 0, "ab")), 0);
	assert_int_equal(feed(f, file(1, 0, "abc")), 0);
	assert_int_equal(feed(f, file(0, 2, "c")), 0);
	assert_int_equal(finish(f), 0);
	rows = json_object_get(f->answer, "files");
	assert_int_equal(json_array_size(rows), 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(exh_json_u64(json_array_get(rows, i), "file", 9), i);
		assert_string_equal(exh_json_str(json_array_get(rows, i), "value"), SHA256_ABC);
	}
}

static void files_that_were_not_read_whole(void **state)
{
	struct fixture *f = *state;
	struct exh_batch unreadable = file(1, 0, "abc");

	unreadable.file_lost = 1;
	assert_int_equal(exh_file_digests_new(&f->ctx, &f->set.list[0], &f->source, &f->consumer),
			 0);
	assert_int_equal(feed(f, file(0, 0, "ab")), 0);
	assert_int_equal(feed(f, unreadable), 0);
	assert_int_equal(finish(f), 0);
	assert_int_equal(json_array_size(json_object_get(f->answer, "files")), 0);
}

static void an_empty_file_has_a_digest(void **state)
{
	struct fixture *f = *state;
	json_t *row;

	f->files[1].size = 0;
	assert_int_equal(exh_file_digests_new(&f->ctx, &f->set.list[0], &f->source, &f->consumer),
			 0);
	assert_int_equal(feed(f, file(0, 0, "abc")), 0);
	assert_int_equal(finish(f), 0);
	row = json_array_get(json_object_get(f->answer, "files"), 1);
	assert_string_equal(exh_json_str(row, "value"), SHA256_EMPTY);
}

static void file_bytes_out_of_order(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(exh_file_digests_new(&f->ctx, &f->set.list[0], &f->source, &f->consumer),
			 0);
	assert_int_equal(feed(f, file(0, 1, "b")), -EXH_E_RANGE);
	assert_int_equal(feed(f, file(2, 0, "a")), -EXH_E_RANGE);
	assert_int_equal(feed(f, file(1, 0, "abc")), 0);
	assert_int_equal(feed(f, file(1, 3, "d")), -EXH_E_RANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(media_in_pieces, begin, end),
		cmocka_unit_test_setup_teardown(only_the_first_bytes, begin, end),
		cmocka_unit_test_setup_teardown(media_out_of_order, begin, end),
		cmocka_unit_test_setup_teardown(media_cut_short, begin, end),
		cmocka_unit_test_setup_teardown(files_one_after_the_other_or_mixed, begin, end),
		cmocka_unit_test_setup_teardown(files_that_were_not_read_whole, begin, end),
		cmocka_unit_test_setup_teardown(an_empty_file_has_a_digest, begin, end),
		cmocka_unit_test_setup_teardown(file_bytes_out_of_order, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
