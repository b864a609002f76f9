// SPDX-License-Identifier: Apache-2.0
/* exh_verify() over files made here, through real workers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <exhibit.h>
#include <openssl/evp.h>

#include "base/cleanup.h"
#include "base/ctx.h"
#include "base/facts.h"
#include "base/problem.h"
#include "base/text.h"

#define NR_BYTES (3U * 1048576 + 513) /* a few batches, and a tail that is no sector */

static struct exh_ctx *ctx;
static char directory[] = "/tmp/exhibit-test-verify-XXXXXX";
static unsigned char bytes[NR_BYTES];

static void digest_of(const char *name, const void *data, size_t n, char *hex)
{
	unsigned char value[EVP_MAX_MD_SIZE];
	unsigned int size = 0;

	assert_true(EVP_Digest(data, n, value, &size, EVP_get_digestbyname(name), NULL));
	exh_hex(value, size, hex);
}

static void write_file(const char *name, const void *data, size_t n)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void write_text(const char *name, const char *text)
{
	write_file(name, text, strlen(text));
}

static void fill_bytes(void)
{
	uint32_t x = 1;

	for (size_t i = 0; i < NR_BYTES; i++) {
		x = x * 1664525 + 1013904223;
		bytes[i] = (unsigned char)(x >> 24);
	}
}

static int start(void **state)
{
	(void)state;
	fill_bytes();
	return exh_start(&ctx) || !mkdtemp(directory) || chdir(directory);
}

static int clear(void **state)
{
	(void)state;
	return system("rm -rf -- ./*");
}

static int stop(void **state)
{
	(void)state;
	exh_end(ctx);
	return chdir("/") || rmdir(directory);
}

static json_t *verify_with(const char *name, const char *allow_incomplete,
			   const struct exh_verify_options *options, int expected)
{
	const struct exh_image_options open_options = {.size = sizeof(open_options),
						       .allow_incomplete = allow_incomplete};
	struct exh_image *image = NULL;
	json_t *facts = NULL;

	assert_int_equal(exh_image_open(ctx, name, &open_options, &image), 0);
	assert_int_equal(exh_verify(ctx, image, options, &facts), expected);
	exh_image_close(image);
	return facts;
}

static json_t *verify(const char *name)
{
	return verify_with(name, NULL, NULL, 0);
}

static void assert_verdict(const json_t *facts, const char *verdict, int exit_status)
{
	const char *said = exh_json_str(facts, "verdict");

	assert_string_equal(said ? said : "", verdict);
	assert_int_equal(exh_exit_status(facts), exit_status);
}

static void raw_without_reference(void **state)
{
	static const char *const names[] = {"md5", "sha1", "sha256"};
	_cleanup_json_ json_t *facts = NULL;
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	const json_t *segment;

	(void)state;
	write_file("disk.dd", bytes, NR_BYTES);
	facts = verify("disk.dd");
	assert_verdict(facts, "no-reference", 3);
	assert_int_equal(exh_json_u64(facts, "bytes", 0), NR_BYTES);
	for (size_t i = 0; i < 3; i++) {
		digest_of(names[i], bytes, NR_BYTES, hex);
		assert_string_equal(exh_json_str(json_object_get(facts, "digests"), names[i]), hex);
		assert_string_equal(exh_json_str(json_object_get(facts, "self_test"), names[i]),
				    "passed");
	}
	segment = json_array_get(json_object_get(facts, "segments_digests"), 0);
	assert_string_equal(exh_json_str(segment, "sha256"), hex);
	assert_int_equal(json_array_size(json_object_get(facts, "damage")), 0);
}

static void raw_with_sidecars(void **state)
{
	_cleanup_json_ json_t *facts = NULL, *again = NULL;
	char hex[2 * EVP_MAX_MD_SIZE + 1], text[512];

	(void)state;
	write_file("disk.dd", bytes, NR_BYTES);
	digest_of("sha1", bytes, NR_BYTES, hex);
	snprintf(text, sizeof(text), "%s *disk.dd\r\n", hex);
	write_text("disk.dd.sha1", text);
	digest_of("sha512", bytes, NR_BYTES, hex);
	write_text("disk.sha512", hex);
	facts = verify("disk.dd");
	assert_verdict(facts, "match", 0);
	assert_int_equal(json_array_size(json_object_get(facts, "references")), 2);
	assert_string_equal(exh_json_str(json_object_get(facts, "digests"), "sha512"), hex);
	write_text("disk.txt",
		   "[Computed Hashes]\r\n MD5 checksum:    00000000000000000000000000000000\r\n");
	again = verify("disk.dd");
	assert_verdict(again, "mismatch", 1);
}

static void split_raw(void **state)
{
	struct exh_verify_options options = {
		.size = sizeof(options), .algorithms = "sha256", .threads = 1};
	_cleanup_json_ json_t *facts = NULL;
	char hex[2 * EVP_MAX_MD_SIZE + 1], text[512];
	const json_t *segments;

	(void)state;
	write_file("disk.001", bytes, 2097152);
	write_file("disk.002", bytes + 2097152, NR_BYTES - 2097152);
	digest_of("sha256", bytes + 2097152, NR_BYTES - 2097152, hex);
	snprintf(text, sizeof(text), "%s  disk.002\n", hex);
	write_text("disk.sha256", text);
	facts = verify_with("disk.001", NULL, &options, 0);
	assert_verdict(facts, "match", 0);
	assert_true(exh_problems_has(facts, EXH_P_SIDECAR_OF_CONTAINER));
	segments = json_object_get(facts, "segments_digests");
	assert_string_equal(exh_json_str(json_array_get(segments, 1), "sha256"), hex);
	digest_of("sha256", bytes, 2097152, hex);
	assert_string_equal(exh_json_str(json_array_get(segments, 0), "sha256"), hex);
	digest_of("sha256", bytes, NR_BYTES, hex);
	assert_string_equal(exh_json_str(json_object_get(facts, "digests"), "sha256"), hex);
}

static void a_missing_segment(void **state)
{
	_cleanup_json_ json_t *refused = NULL, *allowed = NULL;
	char hex[2 * EVP_MAX_MD_SIZE + 1], text[512];
	const json_t *damage;

	(void)state;
	write_file("disk.001", bytes, 1048576);
	write_file("disk.003", bytes + 2097152, 1048576);
	refused = verify_with("disk.001", NULL, NULL, -EXH_E_INCOMPLETE);
	assert_verdict(refused, "undecided", 3);
	assert_null(json_object_get(refused, "digests"));
	memset(bytes + 1048576, 0, 1048576);
	digest_of("sha256", bytes, 3145728, hex);
	fill_bytes();
	snprintf(text, sizeof(text), "SHA256 (-) = %s\n", hex);
	write_text("disk.sha256", text);
	allowed = verify_with("disk.001", "a test", NULL, 0);
	assert_verdict(allowed, "undecided", 3);
	assert_string_equal(exh_json_str(allowed, "fill"), "zero");
	assert_string_equal(exh_json_str(json_object_get(allowed, "digests"), "sha256"), hex);
	damage = json_array_get(json_object_get(allowed, "damage"), 0);
	assert_int_equal(exh_json_u64(damage, "start", 0), 1048576);
	assert_int_equal(exh_json_u64(damage, "length", 0), 1048576);
	assert_string_equal(exh_json_str(damage, "reason"), "missing-segment");
	assert_null(json_object_get(json_array_get(json_object_get(allowed, "references"), 0),
				    "verdict"));
}

static void wrong_arguments(void **state)
{
	static const char *const expect[] = {"md5:0", NULL};
	struct exh_verify_options options = {.size = sizeof(options), .expect = expect};
	struct exh_verify_options unknown = {.size = sizeof(unknown), .algorithms = "md5,crc32"};

	(void)state;
	write_file("disk.dd", bytes, 512);
	assert_null(verify_with("disk.dd", NULL, &options, -EXH_E_USAGE));
	assert_null(verify_with("disk.dd", NULL, &unknown, -EXH_E_USAGE));
}

static void a_baseline(void **state)
{
	_cleanup_json_ json_t *first = NULL, *second = NULL, *third = NULL;
	struct exh_verify_options options = {.size = sizeof(options), .from_medium = true};

	(void)state;
	write_file("disk.dd", bytes, NR_BYTES);
	first = verify("disk.dd");
	options.baseline = first;
	second = verify_with("disk.dd", NULL, &options, 0);
	assert_verdict(second, "match", 0);
	assert_true(!strcmp(exh_json_str(second, "read_from"), "medium") ||
		    exh_problems_has(second, EXH_P_DIRECT_READ_REFUSED));
	bytes[NR_BYTES - 1] ^= 1;
	write_file("disk.dd", bytes, NR_BYTES);
	bytes[NR_BYTES - 1] ^= 1;
	third = verify_with("disk.dd", NULL, &options, 0);
	assert_verdict(third, "mismatch", 1);
}

static void windows_name_the_place(void **state)
{
	struct exh_verify_options options = {.size = sizeof(options), .window = 1U << 20};
	_cleanup_json_ json_t *first = NULL, *second = NULL, *third = NULL, *fourth = NULL;
	const json_t *row;

	(void)state;
	write_file("disk.dd", bytes, NR_BYTES);
	first = verify_with("disk.dd", NULL, &options, 0);
	options = (struct exh_verify_options){.size = sizeof(options), .baseline = first};
	options.ranges = true;
	second = verify_with("disk.dd", NULL, &options, 0);
	assert_verdict(second, "match", 0);
	assert_true(
		json_equal(json_object_get(first, "windows"), json_object_get(second, "windows")));
	assert_null(json_object_get(second, "digests"));
	bytes[(1U << 20) + 7] ^= 1;
	write_file("disk.dd", bytes, NR_BYTES);
	bytes[(1U << 20) + 7] ^= 1;
	third = verify_with("disk.dd", NULL, &options, 0);
	assert_verdict(third, "mismatch", 1);
	options.ranges = false;
	fourth = verify_with("disk.dd", NULL, &options, 0);
	assert_verdict(fourth, "mismatch", 1);
	assert_true(
		json_equal(json_object_get(third, "windows"), json_object_get(fourth, "windows")));
	row = json_array_get(json_object_get(json_object_get(third, "windows"), "list"), 1);
	assert_string_equal(exh_json_str(row, "status"), "differs");
}

static void windows_need_something_to_compare_with(void **state)
{
	_cleanup_json_ json_t *empty = json_object();
	struct exh_verify_options options = {
		.size = sizeof(options), .baseline = empty, .ranges = true};
	_cleanup_json_ json_t *facts = NULL;

	(void)state;
	write_file("disk.dd", bytes, NR_BYTES);
	assert_null(verify_with("disk.dd", NULL, &options, -EXH_E_STATE));
	options.ranges = false;
	facts = verify_with("disk.dd", NULL, &options, -EXH_E_STATE);
	assert_null(json_object_get(facts, "verdict"));
}

static void evidence_that_changes_meanwhile(void **state)
{
	_cleanup_json_ json_t *facts = NULL;
	struct exh_image *image = NULL;
	char hex[2 * EVP_MAX_MD_SIZE + 1];

	(void)state;
	write_file("disk.dd", bytes, 4096);
	digest_of("md5", bytes, 4096, hex);
	write_text("disk.md5", hex);
	assert_int_equal(exh_image_open(ctx, "disk.dd", NULL, &image), 0);
	assert_int_equal(chmod("disk.dd", 0400), 0);
	assert_int_equal(exh_verify(ctx, image, NULL, &facts), 0);
	exh_image_close(image);
	assert_true(exh_problems_has(facts, EXH_P_EVIDENCE_CHANGED));
	assert_verdict(facts, "undecided", 3);
}

static void evidence_that_shrinks(void **state)
{
	_cleanup_json_ json_t *facts = NULL;
	struct exh_image *image = NULL;
	int r;

	(void)state;
	write_file("disk.dd", bytes, NR_BYTES);
	assert_int_equal(exh_image_open(ctx, "disk.dd", NULL, &image), 0);
	assert_int_equal(truncate("disk.dd", 4096), 0);
	r = exh_verify(ctx, image, NULL, &facts);
	exh_image_close(image);
	assert_true(r <= 0);
	assert_true(exh_problems_has(facts, EXH_P_EVIDENCE_CHANGED));
	assert_verdict(facts, "undecided", 3);
}

static void sidecars_that_are_of_no_use(void **state)
{
	_cleanup_json_ json_t *facts = NULL;
	const json_t *problem;
	size_t i, unreadable = 0;
	FILE *f;

	(void)state;
	write_file("disk.dd", bytes, 512);
	write_text("disk.md5", "");
	write_text("disk.sha1", "no digest in here\n");
	write_text("disk.sha224",
		   "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7  other.dd\n");
	assert_int_equal(symlink("/etc/passwd", "disk.sha256"), 0);
	assert_int_equal(mkfifo("disk.sha384", 0600), 0);
	assert_int_equal(mkdir("disk.sha512", 0700), 0);
	write_text("disk.dd.md5",
		   "900150983cd24fb0d6963f7d28e17f72\nd41d8cd98f00b204e9800998ecf8427e\n");
	write_text("disk.txt", "shopping list\n");
	f = fopen("disk.dd.sha1", "w");
	assert_non_null(f);
	assert_int_equal(ftruncate(fileno(f), 1048577), 0);
	fclose(f);
	facts = verify("disk.dd");
	assert_verdict(facts, "no-reference", 3);
	json_array_foreach (json_object_get(facts, "problems"), i, problem)
		unreadable += !strcmp(exh_json_str(problem, "code"), "sidecar-unreadable");
	assert_int_equal(unreadable, 8);
}

static void interrupted(void **state)
{
	_cleanup_json_ json_t *facts = NULL;
	struct exh_image *image = NULL;

	(void)state;
	write_file("disk.dd", bytes, NR_BYTES);
	assert_int_equal(exh_image_open(ctx, "disk.dd", NULL, &image), 0);
	exh_interrupt();
	assert_int_equal(exh_verify(ctx, image, NULL, &facts), -EXH_E_INTERRUPTED);
	exh_image_close(image);
	assert_true(exh_problems_has(facts, EXH_P_INTERRUPTED));
	assert_verdict(facts, "undecided", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(raw_without_reference, clear),
		cmocka_unit_test_teardown(raw_with_sidecars, clear),
		cmocka_unit_test_teardown(split_raw, clear),
		cmocka_unit_test_teardown(a_missing_segment, clear),
		cmocka_unit_test_teardown(wrong_arguments, clear),
		cmocka_unit_test_teardown(a_baseline, clear),
		cmocka_unit_test_teardown(windows_name_the_place, clear),
		cmocka_unit_test_teardown(windows_need_something_to_compare_with, clear),
		cmocka_unit_test_teardown(evidence_that_changes_meanwhile, clear),
		cmocka_unit_test_teardown(evidence_that_shrinks, clear),
		cmocka_unit_test_teardown(sidecars_that_are_of_no_use, clear),
		cmocka_unit_test_teardown(interrupted, clear), /* last: it stays so */
	};

	return cmocka_run_group_tests(tests, start, stop);
}
