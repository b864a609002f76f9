// SPDX-License-Identifier: Apache-2.0
/* The reader of mapfiles: by hand, and against ddrescuelog on files that are made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "mapper/rescue/mapfile.h"

#define GENERATED 500
#define MILLION	  1000000

static struct exh_ctx ctx = {.helper = -1};

static int parse(const char *text, struct exh_mapfile *map)
{
	return exh_mapfile_parse(&ctx, "map", text, strlen(text), map);
}

static void test_every_form_is_read(void **state)
{
	struct exh_mapfile map;
	json_t *history;

	(void)state;
	assert_int_equal(
		parse("# Mapfile. Created by GNU ddrescue version 1.27\r\n"
		      "# Command line: ddrescue a b c\r\n# Start time:   yesterday\r\n"
		      "# Current time: today\r\n# Finished\r\n"
		      "# current_pos  current_status  current_pass\r\n"
		      "  0x10 - 3 # here\r\n#  pos  size  status\r\n"
		      "0x200 512 + # decimal\r\n\r\n\t02000 01000 -\r\n 0x600 0X200 ?junk\r\n"
		      "2048 1 *\n2049 0x1/",
		      &map),
		0);
	assert_int_equal(map.current_pos, 16);
	assert_int_equal(map.current_status, '-');
	assert_int_equal(map.current_pass, 3);
	assert_int_equal(map.nr_blocks, 5);
	assert_int_equal(map.blocks[0].start, 512);
	assert_int_equal(map.blocks[1].length, 512);
	assert_int_equal(map.blocks[2].status, '?');
	assert_int_equal(map.blocks[4].status, '/');
	history = exh_mapfile_history(&map);
	assert_string_equal(json_string_value(json_object_get(history, "command_line")),
			    "ddrescue a b c");
	assert_string_equal(json_string_value(json_object_get(history, "started")), "yesterday");
	assert_string_equal(json_string_value(json_object_get(history, "state")), "Finished");
	json_decref(history);
	exh_mapfile_clear(&map);
}

static void test_nothing_is_read(void **state)
{
	static const char *const empty[] = {"", "\n\n", "# only a comment", "0 +", "0 ? 1\n"};
	struct exh_mapfile map;

	(void)state;
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
		assert_int_equal(parse(empty[i], &map), 0);
		assert_int_equal(map.nr_blocks, 0);
		exh_mapfile_clear(&map);
	}
}

static void test_an_end_past_all_is_cut(void **state)
{
	struct exh_mapfile map;

	(void)state;
	assert_int_equal(parse("0 ?\n5 99999999999999999999 ?\n", &map), 0);
	assert_int_equal(map.blocks[0].length, INT64_MAX - 5);
	exh_mapfile_clear(&map);
}

static void test_errors_name_their_line(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"x", "line 1"},
		{"# c\n\n0 + 0\n", "line 3"},
		{"0 X\n", "line 1"},
		{"-1 +\n", "line 1"},
		{"0 +\n0 512\n", "line 2"},
		{"0 +\n0 512 F\n", "line 2"},
		{"0 +\n0 -5 +\n", "line 2"},
		{"0 +\n0 512 +\n1024 512 +\n", "line 3: leaves a gap"},
		{"0 +\n0 512 +\n\n# c\n256 512 -\n", "line 5: begins inside"},
		{"0 +\n0 512 +\n512 0 -\n", "line 3"},
		{"0 +\n08 8 +\n", "line 2"},
	};
	struct exh_mapfile map;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse(bad[i].text, &map), -EXH_E_FORMAT);
		assert_non_null(strstr(ctx.text, bad[i].says));
		exh_mapfile_clear(&map);
	}
}

/* ---- against ddrescuelog ---- */

static uint64_t seed = 0x9e3779b97f4a7c15ULL;

static unsigned below(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % n;
}

static char one_of(const char *letters)
{
	return letters[below((unsigned)strlen(letters))];
}

static void number(FILE *out, uint64_t value)
{
	static const char *const odd[] = {"",	"0x", "08", "-1", "1e3", "99999999999999999999",
					  "+7", "0b1"};

	switch (below(24)) {
	case 0:
		fputs(odd[below(8)], out);
		break;
	case 1 ... 4:
		fprintf(out, "%llu", (unsigned long long)value);
		break;
	case 5 ... 6:
		fprintf(out, "0%llo", (unsigned long long)value);
		break;
	default:
		fprintf(out, "0x%08llX", (unsigned long long)value);
	}
}

static void make_up(FILE *out)
{
	uint64_t pos = below(6) ? 0 : 512;

	if (below(4))
		fputs("# Mapfile\n", out);
	number(out, pos);
	fprintf(out, "%s%c", below(8) ? " " : "\t ", one_of(below(12) ? "+?*/-FG" : "x#"));
	if (below(3))
		fprintf(out, " %d", (int)below(6) - (below(10) ? 0 : 1) + (below(6) ? 1 : 0));
	fputs(below(9) ? "\n" : "\r\n", out);
	for (unsigned i = below(7); i; i--) {
		uint64_t size = below(14) ? 1 + below(4096) : 0;

		number(out, pos + (below(30) ? 0 : 1));
		fputs(below(8) ? "  " : " \t", out);
		number(out, size);
		fprintf(out, "%s%c%s%s", below(12) ? "  " : "",
			one_of(below(25) ? "+?*/-" : "FGx#"), below(10) ? "" : " # c",
			below(15) ? "\n" : "\r\n\n");
		pos += size;
	}
}

/* A few bytes that do not belong there. */
static void disturb(char *text, size_t n)
{
	static const char odd[] = "\0 \n#+x09-\r\t";

	for (unsigned i = below(3); n && i; i--)
		text[below((unsigned)n)] = odd[below(sizeof(odd) - 1)];
}

/* Does ddrescuelog take it? */
static bool oracle(const char *path)
{
	pid_t child = fork();
	int status = 0;

	if (!child) {
		if (freopen("/dev/null", "w", stdout) && freopen("/dev/null", "w", stderr))
			execlp("ddrescuelog", "ddrescuelog", "-t", path, (char *)NULL);
		_exit(127);
	}
	assert_true(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
	return !WEXITSTATUS(status);
}

static void save(const char *path, const char *text, size_t n)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, n, out), n);
	fclose(out);
}

static void test_ddrescuelog_agrees(void **state)
{
	char path[] = "/tmp/exhibit-map.XXXXXX";
	unsigned accepted = 0;
	int fd;

	(void)state;
	if (system("command -v ddrescuelog >/dev/null")) {
		puts("# skip: needs ddrescuelog");
		skip();
	}
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	for (int i = 0; i < GENERATED; i++) {
		struct exh_mapfile map;
		char *text = NULL;
		size_t n = 0;
		FILE *out = open_memstream(&text, &n);
		bool wanted;

		make_up(out);
		fclose(out);
		disturb(text, n);
		save(path, text, n);
		wanted = oracle(path);
		if (wanted != !exh_mapfile_parse(&ctx, path, text, n, &map))
			fail_msg("ddrescuelog %s this, we do not agree:\n%.*s",
				 wanted ? "takes" : "refuses", (int)n, text);
		accepted += wanted;
		exh_mapfile_clear(&map);
		free(text);
	}
	unlink(path);
	/* a comparison of refusals alone would prove little */
	assert_in_range(accepted, GENERATED / 8, GENERATED - GENERATED / 8);
}

static void test_a_million_blocks_are_quick(void **state)
{
	struct timespec start, end;
	struct exh_mapfile map;
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	double seconds;

	(void)state;
	fputs("0 ? 1\n", out);
	for (unsigned i = 0; i < MILLION; i++)
		fprintf(out, "0x%08X  0x%08X  %c\n", i * 512, 512U, "+-"[i & 1]);
	fclose(out);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	assert_int_equal(exh_mapfile_parse(&ctx, "map", text, n, &map), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
	assert_int_equal(map.nr_blocks, MILLION);
	exh_mapfile_clear(&map);
	free(text);
#if defined(__SANITIZE_ADDRESS__)
	assert_true(seconds < 5);
#else
	assert_true(seconds < .7);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_form_is_read),
		cmocka_unit_test(test_nothing_is_read),
		cmocka_unit_test(test_an_end_past_all_is_cut),
		cmocka_unit_test(test_errors_name_their_line),
		cmocka_unit_test(test_ddrescuelog_agrees),
		cmocka_unit_test(test_a_million_blocks_are_quick),
	};

	return cmocka_run_group_tests_name("mapfile", tests, NULL, NULL);
}
