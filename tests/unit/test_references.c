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
#include "hash/references.h"

#define MD5_A "900150983cd24fb0d6963f7d28e17f72"
#define MD5_B "d41d8cd98f00b204e9800998ecf8427e"
#define MD5_C "0cc175b9c0f1b6a831c399e269772661"
#define SHA1  "a9993e364706816aba3e25717850c26c9cd0d89d"

static struct exh_image_file files[] = {{.path = (char *)"/cases/disk.E01"},
					{.path = (char *)"/cases/disk.E02"}};
static const struct exh_image image = {
	.path = (char *)"/cases/disk.E01", .files = files, .nr_files = 2};

static void expected_values(void **state)
{
	_cleanup_references_ struct exh_references refs = {.nr = 0};
	struct exh_ctx ctx = {.helper = -1};

	(void)state;
	assert_int_equal(exh_references_add_expected(&ctx, &refs, "MD5:" MD5_A), 0);
	assert_int_equal(exh_references_add_expected(
				 &ctx, &refs, "SHA-1:A9993E364706816ABA3E25717850C26C9CD0D89D"),
			 0);
	assert_string_equal(refs.list[0].algorithm, "md5");
	assert_string_equal(refs.list[1].value, SHA1);
	assert_int_equal(refs.list[1].source, EXH_FROM_OPTION);
}

static void expected_values_that_are_none(void **state)
{
	static const struct {
		const char *given, *hint;
	} cases[] = {
		{"", "ALGORITHM:HEX"},
		{MD5_A, "ALGORITHM:HEX"},
		{":" MD5_A, "no digest"},
		{"crc32:00000000", "crc32"},
		{"md5:", "32 hexadecimal"},
		{"sha1:" MD5_A, "40 hexadecimal"},
		{"md5:" MD5_A " ", "33 characters"},
		{"md5:g00150983cd24fb0d6963f7d28e17f72", "not all of them"},
	};
	_cleanup_references_ struct exh_references refs = {.nr = 0};
	struct exh_ctx ctx = {.helper = -1};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(exh_references_add_expected(&ctx, &refs, cases[i].given),
				 -EXH_E_USAGE);
		assert_non_null(strstr(ctx.text, cases[i].hint));
	}
	assert_int_equal(refs.nr, 0);
}

static void stored_values_are_checked(void **state)
{
	_cleanup_references_ struct exh_references refs = {.nr = 0};
	_cleanup_json_ json_t *facts =
		json_pack("{s:{s:s, s:s, s:i, s:s}}", "stored_hashes", "md5", MD5_A, "sha1",
			  "not hex", "sha256", 7, "nonsense", MD5_A);
	struct exh_ctx ctx = {.helper = -1};

	(void)state;
	assert_int_equal(exh_references_add_stored(&ctx, &refs, facts), 0);
	assert_int_equal(refs.nr, 1);
	assert_string_equal(refs.list[0].value, MD5_A);
}

static void a_baseline_must_be_whole(void **state)
{
	_cleanup_references_ struct exh_references refs = {.nr = 0};
	_cleanup_json_ json_t *good = json_pack("{s:s}", "md5", MD5_A),
			      *bad = json_pack("{s:s}", "md5", "");
	struct exh_ctx ctx = {.helper = -1};

	(void)state;
	assert_int_equal(exh_references_add_baseline(&ctx, &refs, good), 0);
	assert_int_equal(exh_references_add_baseline(&ctx, &refs, bad), -EXH_E_FORMAT);
	assert_int_equal(refs.nr, 1);
}

static void add(struct exh_references *refs, enum exh_reference_source source,
		enum exh_reference_scope scope, const char *algorithm, const char *value)
{
	struct exh_reference ref = {.source = source, .scope = scope, .file = 1, .line = 1};
	struct exh_ctx ctx = {.helper = -1};

	strcpy(ref.algorithm, algorithm);
	strcpy(ref.value, value);
	ref.path = source == EXH_FROM_SIDECAR ? (char *)"/cases/disk.md5" : NULL;
	assert_int_equal(exh_references_add(&ctx, refs, &ref), 0);
}

static void what_has_to_be_computed(void **state)
{
	_cleanup_references_ struct exh_references refs = {.nr = 0};
	_cleanup_digests_ struct exh_digests media = {.nr = 0}, containers = {.nr = 0};
	struct exh_ctx ctx = {.helper = -1};

	(void)state;
	add(&refs, EXH_FROM_STORED, EXH_SCOPE_MEDIA, "sha1", SHA1);
	add(&refs, EXH_FROM_SIDECAR, EXH_SCOPE_CONTAINER, "sha512", MD5_A);
	add(&refs, EXH_FROM_CASE, EXH_SCOPE_MEDIA, "sha256", MD5_A);
	add(&refs, EXH_FROM_CASE, EXH_SCOPE_MEDIA, "md5", MD5_A);
	assert_int_equal(exh_digests_add(&ctx, &media, "sha3-256"), 0);
	assert_int_equal(exh_references_want(&ctx, &refs, &media, &containers), 0);
	assert_int_equal(media.nr, 3);
	assert_non_null(exh_digests_find(&media, "sha1"));
	assert_non_null(exh_digests_find(&media, "sha256"));
	assert_int_equal(containers.nr, 1);
	assert_non_null(exh_digests_find(&containers, "sha512"));
}

/* Media digest A, container file digest B, whole sectors C. */
static json_t *judge_one(enum exh_reference_source source, enum exh_reference_scope scope,
			 const char *value, bool lost, size_t *compared, size_t *differing)
{
	_cleanup_references_ struct exh_references refs = {.nr = 0};
	_cleanup_json_ json_t *media = json_pack("{s:s}", "md5", MD5_A);
	_cleanup_json_ json_t *whole = json_pack("{s:s}", "md5", MD5_C);
	_cleanup_json_ json_t *containers = json_pack("[{}, {s:s}]", "md5", MD5_B);
	struct exh_results results = {lost ? NULL : media, lost ? NULL : whole, 4097, 4096,
				      containers};
	json_t *facts = json_object();

	add(&refs, source, scope, "md5", value);
	*differing = exh_references_judge(&refs, &results, &image, facts, compared);
	return facts;
}

static void comparisons(void **state)
{
	static const struct {
		enum exh_reference_source source;
		enum exh_reference_scope scope;
		const char *value;
		bool lost;
		const char *verdict, *said_scope;
	} cases[] = {
		{EXH_FROM_OPTION, EXH_SCOPE_MEDIA, MD5_A, false, "match", "media"},
		{EXH_FROM_OPTION, EXH_SCOPE_MEDIA, MD5_B, false, "mismatch", "media"},
		{EXH_FROM_OPTION, EXH_SCOPE_MEDIA, MD5_C, false, "mismatch", "media"},
		{EXH_FROM_STORED, EXH_SCOPE_MEDIA, MD5_A, false, "match", "media"},
		{EXH_FROM_STORED, EXH_SCOPE_MEDIA, MD5_C, false, "match", "media"},
		{EXH_FROM_STORED, EXH_SCOPE_MEDIA, MD5_B, false, "mismatch", "media"},
		{EXH_FROM_STORED, EXH_SCOPE_MEDIA, MD5_A, true, NULL, "media"},
		{EXH_FROM_SIDECAR, EXH_SCOPE_CONTAINER, MD5_B, false, "match", "container"},
		{EXH_FROM_SIDECAR, EXH_SCOPE_CONTAINER, MD5_A, false, "mismatch", "container"},
		{EXH_FROM_SIDECAR, EXH_SCOPE_CONTAINER, MD5_B, true, "match", "container"},
		{EXH_FROM_SIDECAR, EXH_SCOPE_EITHER, MD5_A, false, "match", "media"},
		{EXH_FROM_SIDECAR, EXH_SCOPE_EITHER, MD5_B, false, "match", "container"},
		{EXH_FROM_SIDECAR, EXH_SCOPE_EITHER, MD5_C, false, "mismatch", NULL},
		{EXH_FROM_SIDECAR, EXH_SCOPE_EITHER, MD5_A, true, NULL, NULL},
		{EXH_FROM_SIDECAR, EXH_SCOPE_EITHER, MD5_B, true, "match", "container"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t compared, differing;
		_cleanup_json_ json_t *facts =
			judge_one(cases[i].source, cases[i].scope, cases[i].value, cases[i].lost,
				  &compared, &differing);
		const json_t *row = json_array_get(json_object_get(facts, "references"), 0);
		const char *verdict = exh_json_str(row, "verdict"),
			   *scope = exh_json_str(row, "scope");

		assert_int_equal(compared, cases[i].verdict != NULL);
		assert_int_equal(differing,
				 cases[i].verdict && !strcmp(cases[i].verdict, "mismatch"));
		assert_string_equal(verdict ? verdict : "",
				    cases[i].verdict ? cases[i].verdict : "");
		assert_string_equal(scope ? scope : "",
				    cases[i].said_scope ? cases[i].said_scope : "");
		assert_non_null(exh_json_str(row, "note"));
	}
}

static void what_a_stored_value_covers_is_said(void **state)
{
	size_t compared, differing;
	_cleanup_json_ json_t *all =
		judge_one(EXH_FROM_STORED, EXH_SCOPE_MEDIA, MD5_A, false, &compared, &differing);
	_cleanup_json_ json_t *whole =
		judge_one(EXH_FROM_STORED, EXH_SCOPE_MEDIA, MD5_C, false, &compared, &differing);
	_cleanup_json_ json_t *neither =
		judge_one(EXH_FROM_STORED, EXH_SCOPE_MEDIA, MD5_B, false, &compared, &differing);

	(void)state;
	assert_true(exh_problems_has(all, EXH_P_STORED_HASH_SCOPE));
	assert_true(exh_problems_has(whole, EXH_P_STORED_HASH_SCOPE));
	assert_false(exh_problems_has(neither, EXH_P_STORED_HASH_SCOPE));
}

static void verdicts(void **state)
{
	(void)state;
	assert_string_equal(exh_verdict(0, 0, false), "no-reference");
	assert_string_equal(exh_verdict(0, 0, true), "undecided");
	assert_string_equal(exh_verdict(2, 0, false), "match");
	assert_string_equal(exh_verdict(2, 0, true), "undecided");
	assert_string_equal(exh_verdict(2, 1, false), "mismatch");
	assert_string_equal(exh_verdict(2, 1, true), "mismatch");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expected_values),
		cmocka_unit_test(expected_values_that_are_none),
		cmocka_unit_test(stored_values_are_checked),
		cmocka_unit_test(a_baseline_must_be_whole),
		cmocka_unit_test(what_has_to_be_computed),
		cmocka_unit_test(comparisons),
		cmocka_unit_test(what_a_stored_value_covers_is_said),
		cmocka_unit_test(verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
