// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "hash/digest.h"

static void one_name_for_each_digest(void **state)
{
	static const struct {
		const char *given, *name;
		size_t size;
	} cases[] = {
		{"md5", "md5", 16},
		{"MD5", "md5", 16},
		{"sha1", "sha1", 20},
		{"SHA-1", "sha1", 20},
		{"sha-256", "sha256", 32},
		{"SHA2-256", "sha256", 32},
		{"SHA512", "sha512", 64},
		{"SHA512-256", "sha512-256", 32},
		{"SHA3-256", "sha3-256", 32},
		{"BLAKE2b512", "blake2b512", 64},
		{"BLAKE2S-256", "blake2s256", 32},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char name[EXH_DIGEST_NAME];
		size_t size;

		assert_int_equal(exh_digest_name(cases[i].given, name, &size), 0);
		assert_string_equal(name, cases[i].name);
		assert_int_equal(size, cases[i].size);
	}
}

static void what_is_no_digest(void **state)
{
	static const char *const cases[] = {
		"",
		"md6",
		"shake128",
		"SHAKE-256",
		"crc32",
		"md5,sha1",
		"a name that is far longer than any digest has ever had"};
	char name[EXH_DIGEST_NAME];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(exh_digest_name(cases[i], name, NULL), 1);
}

static void lists(void **state)
{
	_cleanup_digests_ struct exh_digests set = {.nr = 0};
	struct exh_ctx ctx = {.helper = -1};

	(void)state;
	assert_int_equal(exh_digests_add_list(&ctx, &set, "sha256,MD5, SHA-256,sha2-256"), 0);
	assert_int_equal(set.nr, 2);
	assert_string_equal(set.list[0].name, "sha256");
	assert_non_null(exh_digests_find(&set, "md5"));
	assert_null(exh_digests_find(&set, "sha1"));
	assert_int_equal(exh_digests_add_list(&ctx, &set, "sha1,nonsense"), -EXH_E_USAGE);
	assert_non_null(strstr(ctx.text, "nonsense"));
	exh_digests_clear(&set);
	assert_int_equal(exh_digests_add_list(&ctx, &set, ""), -EXH_E_USAGE);
	assert_int_equal(exh_digests_add_list(&ctx, &set, ",,"), -EXH_E_USAGE);
}

static void known_answers_hold(void **state)
{
	static const char names[] =
		"md5,sha1,sha224,sha256,sha384,sha512,sha512-224,sha512-256,sha3-224,"
		"sha3-256,sha3-384,sha3-512,blake2b512,blake2s256,sm3";
	_cleanup_digests_ struct exh_digests set = {.nr = 0};
	struct exh_ctx ctx = {.helper = -1};

	(void)state;
	assert_int_equal(exh_digests_add_list(&ctx, &set, names), 0);
	for (size_t i = 0; i < set.nr; i++)
		assert_int_equal(exh_digest_self_test(&ctx, &set.list[i]), 0);
}

static void a_digest_without_known_answer(void **state)
{
	_cleanup_digests_ struct exh_digests set = {.nr = 0};
	struct exh_ctx ctx = {.helper = -1};

	(void)state;
	assert_int_equal(exh_digests_add(&ctx, &set, "md5-sha1"), 0);
	assert_int_equal(exh_digest_self_test(&ctx, &set.list[0]), 1);
}

/* A libcrypto that computes something else under a known name must not get through. */
static void a_wrong_digest_is_noticed(void **state)
{
	_cleanup_digests_ struct exh_digests set = {.nr = 0};
	struct exh_ctx ctx = {.helper = -1};

	(void)state;
	assert_int_equal(exh_digests_add(&ctx, &set, "sha3-256"), 0);
	strcpy(set.list[0].name, "sha256");
	assert_int_equal(exh_digest_self_test(&ctx, &set.list[0]), -EXH_E_MISSING);
	assert_non_null(strstr(ctx.text, "sha256"));
}

static void hex(void **state)
{
	char out[EXH_DIGEST_HEX];

	(void)state;
	assert_int_equal(exh_digest_hex("00FFaabbccddeeff0011223344556677", 32, 16, out), 0);
	assert_string_equal(out, "00ffaabbccddeeff0011223344556677");
	assert_int_equal(exh_digest_hex("00ffaabbccddeeff001122334455667", 31, 16, out), 1);
	assert_int_equal(exh_digest_hex("00ffaabbccddeeff00112233445566 7", 32, 16, out), 1);
	assert_int_equal(exh_digest_hex("0x", 2, 1, out), 1);
	assert_int_equal(exh_digest_hex("", 0, 16, out), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_name_for_each_digest),
		cmocka_unit_test(what_is_no_digest),
		cmocka_unit_test(lists),
		cmocka_unit_test(known_answers_hold),
		cmocka_unit_test(a_digest_without_known_answer),
		cmocka_unit_test(a_wrong_digest_is_noticed),
		cmocka_unit_test(hex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
