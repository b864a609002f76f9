// SPDX-License-Identifier: Apache-2.0
/* Windows: the lane that makes them, the tree over them, what is taken from a worker, and
 * comparing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "hash/consumers.h"
#include "hash/windows.h"

#define WINDOW 4096

/* The SHA-256 of 4096 zeros, of 100 zeros, and roots over them: sha256sum and xxd. */
#define SHA256_ZEROS  "ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7"
#define SHA256_100    "cd00e292c5970d3c5e2f0ffa5171e555bc46bfc4faddfb4a418b6840b86e79a3"
#define ROOT_OF_NONE  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ROOT_OF_THREE "76020d6cb7b7aeb82f296f1a0e287ff11eea46fa8f9f83d399fae35bf87c98f4"
#define ROOT_OF_ONE   "2a73d885937e4a933274350a7c75910afa8ceb5cdebcb7ec5321d927e94e6fb1"

static struct exh_ctx ctx = {.helper = -1};

static json_t *values(const char *first, const char *second, const char *third)
{
	return json_pack("[s, s, s]", first, second, third);
}

static json_t *take(json_t *said, uint64_t size, json_t *damage)
{
	json_t *windows = exh_windows_take(said, WINDOW, size, damage);

	json_decref(said);
	json_decref(damage);
	return windows;
}

static const json_t *row(const json_t *windows, size_t i)
{
	return json_array_get(json_object_get(windows, "list"), i);
}

static void windows_do_not_care_about_batches(void **state)
{
	static const uint8_t zeros[2 * WINDOW + 100];
	static const size_t ends[] = {1, 4095, 4097, sizeof(zeros)};
	_cleanup_digests_ struct exh_digests set = {.nr = 0};
	_cleanup_json_ json_t *answer = json_object();
	struct exh_consumer *consumer;
	uint64_t at = 0;

	(void)state;
	assert_int_equal(exh_digests_add(&ctx, &set, "sha256"), 0);
	assert_int_equal(exh_windows_new(&ctx, &set.list[0], WINDOW, sizeof(zeros), &consumer), 0);
	for (size_t i = 0; i < 4; i++) {
		size_t n = ends[i] - at;
		struct exh_batch batch = {
			.media_start = at, .media_length = n, .media = {zeros + at, n, 0}};

		assert_int_equal(consumer->update(&ctx, consumer, &batch), 0);
		at = ends[i];
	}
	assert_int_equal(consumer->finish(&ctx, consumer, answer), 0);
	exh_consumer_free(consumer);
	assert_int_equal(json_array_size(json_object_get(answer, "windows")), 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(
			json_string_value(json_array_get(json_object_get(answer, "windows"), i)),
			i < 2 ? SHA256_ZEROS : SHA256_100);
}

/* Parts as chunks lie in a container, and windows that end inside them. */
static void windows_of_media_in_parts(void **state)
{
	static uint8_t stored[5 * (1000 + 4)];
	_cleanup_digests_ struct exh_digests set = {.nr = 0};
	_cleanup_json_ json_t *answer = json_object();
	struct exh_batch batch = {.media_length = 4100, .media = {stored, 1000, 1004}};
	struct exh_consumer *consumer;

	(void)state;
	for (size_t i = 0; i < 5; i++)
		memset(stored + i * 1004 + 1000, 0xff, 4);
	assert_int_equal(exh_digests_add(&ctx, &set, "sha256"), 0);
	assert_int_equal(exh_windows_new(&ctx, &set.list[0], 4000, 4100, &consumer), 0);
	assert_int_equal(consumer->update(&ctx, consumer, &batch), 0);
	assert_int_equal(consumer->finish(&ctx, consumer, answer), 0);
	exh_consumer_free(consumer);
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(answer, "windows"), 1)),
		SHA256_100);
}

static void windows_want_every_byte_in_order(void **state)
{
	static const uint8_t zeros[10];
	_cleanup_digests_ struct exh_digests set = {.nr = 0};
	_cleanup_json_ json_t *answer = json_object();
	struct exh_batch batch = {.media_length = 5, .media = {zeros, 5, 0}};
	struct exh_consumer *consumer;

	(void)state;
	assert_int_equal(exh_digests_add(&ctx, &set, "sha256"), 0);
	assert_int_equal(exh_windows_new(&ctx, &set.list[0], WINDOW, 10, &consumer), 0);
	assert_int_equal(consumer->update(&ctx, consumer, &batch), 0);
	assert_int_equal(consumer->finish(&ctx, consumer, answer), -EXH_E_RANGE);
	batch.media_start = 6;
	assert_int_equal(consumer->update(&ctx, consumer, &batch), -EXH_E_RANGE);
	exh_consumer_free(consumer);
}

static void the_tree_is_that_of_the_rfc(void **state)
{
	_cleanup_json_ json_t *three =
		take(values(SHA256_ZEROS, SHA256_ZEROS, SHA256_100), 2 * WINDOW + 100, NULL);
	_cleanup_json_ json_t *one = take(json_pack("[s]", SHA256_100), 100, NULL);
	_cleanup_json_ json_t *none = take(json_array(), 0, NULL);

	(void)state;
	assert_string_equal(exh_json_str(three, "root"), ROOT_OF_THREE);
	assert_string_equal(exh_json_str(one, "root"), ROOT_OF_ONE);
	assert_string_equal(exh_json_str(none, "root"), ROOT_OF_NONE);
	assert_int_equal(exh_json_u64(row(three, 2), "start", 0), 2 * WINDOW);
	assert_int_equal(exh_json_u64(row(three, 2), "length", 0), 100);
	assert_null(json_object_get(row(three, 2), "status"));
}

static void lost_bytes_leave_no_digest_and_no_root(void **state)
{
	json_t *damage = json_pack("[{s:i, s:i}, {s:i, s:i}]", "start", 0, "length", 1, "start",
				   2 * WINDOW - 1, "length", 1);
	_cleanup_json_ json_t *windows =
		take(values(SHA256_ZEROS, SHA256_ZEROS, SHA256_100), 2 * WINDOW + 100, damage);

	(void)state;
	assert_null(json_object_get(windows, "root"));
	for (size_t i = 0; i < 2; i++) {
		assert_null(json_object_get(row(windows, i), "sha256"));
		assert_string_equal(exh_json_str(row(windows, i), "status"), "unreadable");
	}
	assert_string_equal(exh_json_str(row(windows, 2), "sha256"), SHA256_100);
}

static void a_list_that_is_not_whole_is_refused(void **state)
{
	(void)state;
	assert_null(take(json_pack("[s, s]", SHA256_ZEROS, SHA256_ZEROS), 2 * WINDOW + 1, NULL));
	assert_null(take(values(SHA256_ZEROS, SHA256_ZEROS, "ad7f"), 2 * WINDOW + 1, NULL));
	assert_null(take(json_pack("[s, i]", SHA256_ZEROS, 7), 2 * WINDOW, NULL));
	assert_null(take(NULL, 1, NULL));
}

static void differences_are_named_in_runs(void **state)
{
	_cleanup_json_ json_t *facts = json_object();
	_cleanup_json_ json_t *old =
		take(values(SHA256_ZEROS, SHA256_ZEROS, SHA256_ZEROS), 3 * WINDOW, NULL);
	_cleanup_json_ json_t *now =
		take(values(SHA256_ZEROS, SHA256_100, SHA256_100), 3 * WINDOW, NULL);
	const json_t *problem;
	size_t compared;

	(void)state;
	assert_int_equal(exh_windows_compare(now, old, facts, &compared), 2);
	assert_int_equal(compared, 3);
	assert_null(json_object_get(row(now, 0), "status"));
	assert_string_equal(exh_json_str(row(now, 1), "status"), "differs");
	assert_int_equal(json_array_size(json_object_get(facts, "problems")), 1);
	problem = json_array_get(json_object_get(facts, "problems"), 0);
	assert_string_equal(exh_json_str(problem, "code"), "window-differs");
	assert_int_equal(exh_json_u64(problem, "start", 0), WINDOW);
	assert_int_equal(exh_json_u64(problem, "length", 0), 2 * WINDOW);
}

static void the_first_window_can_be_the_one_that_differs(void **state)
{
	_cleanup_json_ json_t *facts = json_object();
	_cleanup_json_ json_t *old =
		take(values(SHA256_100, SHA256_ZEROS, SHA256_100), 3 * WINDOW, NULL);
	_cleanup_json_ json_t *now =
		take(values(SHA256_ZEROS, SHA256_ZEROS, SHA256_ZEROS), 3 * WINDOW, NULL);
	size_t compared;

	(void)state;
	assert_int_equal(exh_windows_compare(now, old, facts, &compared), 2);
	assert_int_equal(json_array_size(json_object_get(facts, "problems")), 2);
}

static void what_was_not_read_is_not_compared(void **state)
{
	_cleanup_json_ json_t *facts = json_object();
	json_t *damage = json_pack("[{s:i, s:i}]", "start", 5, "length", 1);
	_cleanup_json_ json_t *old =
		take(values(SHA256_ZEROS, SHA256_ZEROS, SHA256_ZEROS), 3 * WINDOW, NULL);
	_cleanup_json_ json_t *now =
		take(values(SHA256_100, SHA256_ZEROS, SHA256_ZEROS), 3 * WINDOW, damage);
	_cleanup_json_ json_t *larger = exh_windows_take(NULL, WINDOW, 0, NULL);
	size_t compared;

	(void)state;
	assert_int_equal(exh_windows_compare(now, old, facts, &compared), 0);
	assert_int_equal(compared, 2);
	assert_int_equal(exh_windows_compare(now, larger, facts, &compared), 0);
	assert_int_equal(compared, 0);
	assert_int_equal(exh_windows_compare(now, NULL, facts, &compared), 0);
	assert_int_equal(json_array_size(json_object_get(facts, "problems")), 0);
}

static void sizes_that_make_no_sense_are_refused(void **state)
{
	(void)state;
	assert_int_equal(exh_windows_check(&ctx, 4095, 1), -EXH_E_USAGE);
	assert_int_equal(exh_windows_check(&ctx, 6000, 1), -EXH_E_USAGE);
	assert_int_equal(exh_windows_check(&ctx, 4096, (uint64_t)1 << 40), -EXH_E_USAGE);
	assert_int_equal(exh_windows_check(&ctx, 64U << 20, (uint64_t)1 << 40), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_do_not_care_about_batches),
		cmocka_unit_test(windows_of_media_in_parts),
		cmocka_unit_test(windows_want_every_byte_in_order),
		cmocka_unit_test(the_tree_is_that_of_the_rfc),
		cmocka_unit_test(lost_bytes_leave_no_digest_and_no_root),
		cmocka_unit_test(a_list_that_is_not_whole_is_refused),
		cmocka_unit_test(differences_are_named_in_runs),
		cmocka_unit_test(the_first_window_can_be_the_one_that_differs),
		cmocka_unit_test(what_was_not_read_is_not_compared),
		cmocka_unit_test(sizes_that_make_no_sense_are_refused),
	};

	return cmocka_run_group_tests_name("windows", tests, NULL, NULL);
}
