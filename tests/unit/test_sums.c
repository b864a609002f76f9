// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "hash/sums.h"

#define MD5	 "900150983cd24fb0d6963f7d28e17f72"
#define SHA1	 "a9993e364706816aba3e25717850c26c9cd0d89d"
#define SHA256	 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define MAX_SEEN 8

struct seen {
	struct exh_sum list[MAX_SEEN];
	size_t nr, nr_malformed;
	unsigned malformed_line;
};

static void on_found(const struct exh_sum *sum, void *opaque)
{
	struct seen *seen = opaque;

	if (seen->nr < MAX_SEEN)
		seen->list[seen->nr] = *sum;
	seen->nr++;
}

static void on_malformed(unsigned line, const char *why, void *opaque)
{
	struct seen *seen = opaque;

	assert_non_null(why);
	seen->malformed_line = line;
	seen->nr_malformed++;
}

/* A copy of exactly n bytes, so that a sanitizer sees what is read behind it. */
static struct seen parse_bytes(const void *bytes, size_t n, const char *hint)
{
	struct seen seen = {.nr = 0};
	const struct exh_sums_visitor visitor = {on_found, on_malformed, &seen};
	_cleanup_free_ char *copy = malloc(n ? n : 1);

	assert_non_null(copy);
	memcpy(copy, bytes, n);
	exh_sums_parse(copy, n, hint, &visitor);
	return seen;
}

static struct seen parse(const char *text, const char *hint)
{
	return parse_bytes(text, strlen(text), hint);
}

static void one(const char *text, const char *hint, const char *algorithm, const char *value,
		const char *name)
{
	struct seen seen = parse(text, hint);

	assert_int_equal(seen.nr, 1);
	assert_int_equal(seen.nr_malformed, 0);
	assert_string_equal(seen.list[0].algorithm, algorithm);
	assert_string_equal(seen.list[0].value, value);
	assert_string_equal(seen.list[0].name, name);
}

static void gnu_lines(void **state)
{
	(void)state;
	one(MD5 "  disk.dd\n", "md5", "md5", MD5, "disk.dd");
	one(MD5 " *disk.dd\r\n", NULL, "md5", MD5, "disk.dd");
	one(SHA256 "\tdisk.dd", NULL, "sha256", SHA256, "disk.dd");
	one(SHA1 "  /cases/7/my disk (1).E01", NULL, "sha1", SHA1, "my disk (1).E01");
	one(SHA1 "  C:\\cases\\disk.E01\n", NULL, "sha1", SHA1, "disk.E01");
	one("\\" SHA1 "  dir/back\\\\slash\\nline\n", NULL, "sha1", SHA1, "back\\slash\nline");
	one("\xef\xbb\xbf" MD5 "  disk.dd\n", NULL, "md5", MD5, "disk.dd");
	one("# made by somebody\n; so what\n\n" MD5 "  disk.dd\n", NULL, "md5", MD5, "disk.dd");
}

static void bsd_and_openssl_lines(void **state)
{
	(void)state;
	one("MD5 (disk.dd) = " MD5 "\n", NULL, "md5", MD5, "disk.dd");
	one("SHA256(a (1).dd)= " SHA256 "\n", NULL, "sha256", SHA256, "a (1).dd");
	one("SHA2-256(disk.dd)= " SHA256 "\n", NULL, "sha256", SHA256, "disk.dd");
	one("SHA3-256 (disk.dd) = " SHA256, NULL, "sha3-256", SHA256, "disk.dd");
	one("SHA1 (disk.dd) = A9993E364706816ABA3E25717850C26C9CD0D89D\n", NULL, "sha1", SHA1,
	    "disk.dd");
}

static void bare_values(void **state)
{
	(void)state;
	one(MD5, "md5", "md5", MD5, "");
	one("  " MD5 "  \r\n\r\n", "md5", "md5", MD5, "");
	assert_int_equal(parse(MD5 "\n", NULL).nr, 0);
}

static void values_of_the_media(void **state)
{
	struct seen seen = parse(MD5 "  -\n" SHA1 "  /dev/sdb\n", NULL);

	(void)state;
	assert_int_equal(seen.nr, 2);
	assert_true(seen.list[0].of_media && seen.list[1].of_media);
	assert_string_equal(seen.list[1].name, "");
}

static void ftk_imager_log(void **state)
{
	static const char log[] =
		"Created By AccessData\xae FTK\xae Imager 4.5.0.3\r\n\r\n"
		"Case Information: \r\nAcquired using: ADI4.5.0.3\r\nCase Number: 7\r\n"
		"[Computed Hashes]\r\n MD5 checksum:    " MD5 "\r\n"
		" SHA1 checksum:   " SHA1 "\r\n\r\nImage Information:\r\n"
		" Acquisition started:   Tue Jun 15 12:28:20 2021\r\n"
		"Image Verification Results:\r\n MD5 checksum:    " MD5 " : verified\r\n"
		" SHA1 checksum:   " SHA1 " : verified\r\n";
	struct seen seen = parse(log, NULL);

	(void)state;
	assert_int_equal(seen.nr, 4);
	assert_int_equal(seen.nr_malformed, 0);
	for (size_t i = 0; i < seen.nr; i++)
		assert_true(seen.list[i].of_media);
	assert_string_equal(seen.list[1].value, SHA1);
	assert_int_equal(seen.list[1].line, 8);
}

static void guymager_info(void **state)
{
	static const char info[] = "Hash calculation     : MD5 and SHA-256\n"
				   "MD5 hash                   : " MD5 "\n"
				   "MD5 hash verified source   : " MD5 "\n"
				   "SHA1 hash                  : --\n"
				   "SHA256 hash                : " SHA256 "\n";
	struct seen seen = parse(info, NULL);

	(void)state;
	assert_int_equal(seen.nr, 2);
	assert_string_equal(seen.list[1].algorithm, "sha256");
	assert_true(seen.list[0].of_media);
}

static void utf16(void **state)
{
	static const char text[] = MD5 "  disk.dd\r\n";
	char wide[2 + 2 * sizeof(text)];
	struct seen seen;

	(void)state;
	for (int big = 0; big < 2; big++) {
		memcpy(wide, big ? "\xfe\xff" : "\xff\xfe", 2);
		for (size_t i = 0; i < sizeof(text) - 1; i++) {
			wide[2 + 2 * i + !big] = 0;
			wide[2 + 2 * i + big] = text[i];
		}
		seen = parse_bytes(wide, 2 * sizeof(text), NULL);
		assert_int_equal(seen.nr, 1);
		assert_string_equal(seen.list[0].name, "disk.dd");
	}
}

static void what_pretends_to_be_a_digest(void **state)
{
	struct seen seen = parse("x\n" MD5 "0  disk.dd\n", NULL);

	(void)state;
	assert_int_equal(seen.nr, 0);
	assert_int_equal(seen.nr_malformed, 1);
	assert_int_equal(seen.malformed_line, 2);
	assert_int_equal(parse(SHA1 "  disk.dd\n", "md5").nr_malformed, 1);
	assert_int_equal(parse("MD5 (disk.dd) = " SHA1 "\n", NULL).nr_malformed, 1);
	assert_int_equal(parse("MD5 (disk.dd) = \n", NULL).nr, 0);
	assert_int_equal(parse(" MD5 checksum: " SHA1 "\n", NULL).nr, 0);
}

static void what_says_nothing(void **state)
{
	static const char *const cases[] = {
		"",
		"\n",
		"\r",
		" \t ",
		"*",
		"\\",
		"(",
		")",
		"()",
		"MD5 (",
		"MD5 )(",
		"MD5:",
		":",
		"MD5 checksum:",
		"deadbeef  disk.dd\n",
		"notes about md5: "
		"none\n",
		"MD5 of the disk: " MD5 "\n",
		"WHIRLPOOLANDMORE (x) = " MD5 "\n",
		MD5 "x  disk.dd\n",
		"\xff\xfe",
		"\xef\xbb",
		"\xef\xbb\xbf",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(parse(cases[i], NULL).nr, 0);
}

static void hostile_names(void **state)
{
	char text[2048] = MD5 "  ";
	struct seen seen;

	(void)state;
	memset(text + strlen(text), 'n', 1500);
	seen = parse(text, NULL);
	assert_int_equal(seen.nr, 1);
	assert_true(strlen(seen.list[0].name) < sizeof(seen.list[0].name));
	seen = parse_bytes(MD5 "  disk\0.dd\n", 43, NULL);
	assert_int_equal(seen.nr, 1);
	seen = parse(MD5 "  ../../etc/passwd\n", NULL);
	assert_string_equal(seen.list[0].name, "passwd");
	seen = parse("\\" MD5 "  name\\", NULL);
	assert_int_equal(seen.nr, 1);
}

/* Every cut and a flip of every byte: nothing is read outside the text, and no value is made up. */
static void damaged_texts(void **state)
{
	static const char text[] =
		"\\" MD5 " *a\\\\b\nSHA1 (x) = " SHA1 "\n SHA256 checksum: " SHA256 " : ok\n";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		char flipped[sizeof(text)];

		assert_true(parse_bytes(text, n, NULL).nr <= 3);
		for (int bit = 0; bit < 8; bit++) {
			memcpy(flipped, text, sizeof(text));
			flipped[n] = (char)(flipped[n] ^ (1 << bit));
			assert_true(parse_bytes(flipped, sizeof(text), "md5").nr <= 4);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gnu_lines),
		cmocka_unit_test(bsd_and_openssl_lines),
		cmocka_unit_test(bare_values),
		cmocka_unit_test(values_of_the_media),
		cmocka_unit_test(ftk_imager_log),
		cmocka_unit_test(guymager_info),
		cmocka_unit_test(utf16),
		cmocka_unit_test(what_pretends_to_be_a_digest),
		cmocka_unit_test(what_says_nothing),
		cmocka_unit_test(hostile_names),
		cmocka_unit_test(damaged_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
