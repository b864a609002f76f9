// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "hash/answer.h"

#define MD5 "900150983cd24fb0d6963f7d28e17f72"

static struct exh_digests md5;

static int fetch(void **state)
{
	struct exh_ctx ctx = {.helper = -1};

	(void)state;
	return exh_digests_add(&ctx, &md5, "md5");
}

static int release(void **state)
{
	(void)state;
	exh_digests_clear(&md5);
	return 0;
}

static void digests(void **state)
{
	static const char *const bad[] = {
		"{}",
		"[]",
		"7",
		"{\"md5\": 7}",
		"{\"md5\": \"\"}",
		"{\"md5\": \"" MD5 "0\"}",
		"{\"md5\": \"<script>983cd24fb0d6963f7d28e17f72\"}",
		"{\"sha1\": \"" MD5 "\"}",
	};
	_cleanup_json_ json_t *said = json_loads("{\"md5\": \"" MD5 "\", \"more\": {}}", 0, NULL);
	_cleanup_json_ json_t *taken = exh_answer_digests(said, &md5);

	(void)state;
	assert_int_equal(json_object_size(taken), 1);
	assert_string_equal(exh_json_str(taken, "md5"), MD5);
	assert_null(exh_answer_digests(NULL, &md5));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		_cleanup_json_ json_t *wrong = json_loads(bad[i], JSON_DECODE_ANY, NULL);

		assert_non_null(wrong);
		assert_null(exh_answer_digests(wrong, &md5));
	}
}

static void files(void **state)
{
	_cleanup_json_ json_t *said =
		json_loads("[{\"file\": 1, \"algorithm\": \"md5\", \"value\": \"" MD5 "\"},"
			   " {\"file\": 2, \"algorithm\": \"md5\", \"value\": \"" MD5 "\"},"
			   " {\"file\": -1, \"algorithm\": \"md5\", \"value\": \"" MD5 "\"},"
			   " {\"file\": 0, \"algorithm\": \"sha1\", \"value\": \"" MD5 "\"},"
			   " {\"file\": 0, \"algorithm\": \"md5\", \"value\": \"x\"},"
			   " {\"file\": 0}, 7, null]",
			   0, NULL);
	_cleanup_json_ json_t *taken = exh_answer_files(said, 2, &md5);

	(void)state;
	assert_int_equal(json_array_size(taken), 2);
	assert_int_equal(json_object_size(json_array_get(taken, 0)), 0);
	assert_string_equal(exh_json_str(json_array_get(taken, 1), "md5"), MD5);
}

static void damage(void **state)
{
	static const char *const bad[] = {
		"[7]",
		"[{\"start\": 0, \"length\": 0, \"reason\": \"checksum\"}]",
		"[{\"start\": 0, \"length\": 101, \"reason\": \"checksum\"}]",
		"[{\"start\": 101, \"length\": 1, \"reason\": \"checksum\"}]",
		"[{\"start\": -1, \"length\": 1, \"reason\": \"checksum\"}]",
		"[{\"start\": 0, \"length\": 1, \"reason\": \"bad luck\"}]",
		"[{\"start\": 0, \"length\": 1}]",
		"[{\"start\": 5, \"length\": 5, \"reason\": \"checksum\"},"
		" {\"start\": 9, \"length\": 1, \"reason\": \"checksum\"}]",
	};
	_cleanup_json_ json_t *said =
		json_loads("[{\"start\": 0, \"length\": 1, \"reason\": \"checksum\", \"x\": 1},"
			   " {\"start\": 99, \"length\": 1, \"reason\": \"io-error\"}]",
			   0, NULL);
	_cleanup_json_ json_t *taken = exh_answer_damage(said, 100),
			      *none = exh_answer_damage(NULL, 100);

	(void)state;
	assert_int_equal(json_array_size(none), 0);
	assert_non_null(none);
	assert_int_equal(json_array_size(taken), 2);
	assert_null(json_object_get(json_array_get(taken, 0), "x"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		_cleanup_json_ json_t *wrong = json_loads(bad[i], 0, NULL);

		assert_non_null(wrong);
		assert_null(exh_answer_damage(wrong, 100));
	}
}

static void problems(void **state)
{
	_cleanup_json_ json_t *said = json_loads(
		"{\"problems\": [{\"code\": \"table-copy-used\", \"severity\": \"error\", "
		"\"text\": \"t\"},"
		" {\"code\": \"my-own\", \"text\": \"t\"}, {\"code\": \"read-error\"}, 7]}",
		0, NULL);
	_cleanup_json_ json_t *facts = json_object();
	const json_t *list;

	(void)state;
	exh_answer_problems(said, facts);
	list = json_object_get(facts, "problems");
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(exh_json_str(json_array_get(list, 0), "severity"), "warning");
}

static void many_losses_are_summed_up(void **state)
{
	_cleanup_json_ json_t *facts = json_object(), *list = json_array();

	(void)state;
	for (int i = 0; i < 250; i++)
		json_array_append_new(list, json_pack("{s:i, s:i, s:s}", "start", 2 * i, "length",
						      1, "reason", "decompress"));
	exh_damage_problems(list, facts);
	assert_int_equal(json_array_size(json_object_get(facts, "problems")), 101);
	assert_true(exh_problems_has(facts, EXH_P_CHUNK_DAMAGED));
}

static void a_missing_segment_is_told_once(void **state)
{
	_cleanup_json_ json_t *facts = json_object();
	_cleanup_json_ json_t *list = json_pack("[{s:i, s:i, s:s}]", "start", 0, "length", 1,
						"reason", "missing-segment");

	(void)state;
	exh_damage_problems(list, facts);
	exh_damage_problems(list, facts);
	assert_int_equal(json_array_size(json_object_get(facts, "problems")), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests),
		cmocka_unit_test(files),
		cmocka_unit_test(damage),
		cmocka_unit_test(problems),
		cmocka_unit_test(many_losses_are_summed_up),
		cmocka_unit_test(a_missing_segment_is_told_once),
	};

	return cmocka_run_group_tests(tests, fetch, release);
}
