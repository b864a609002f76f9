// SPDX-License-Identifier: Apache-2.0
/* Which files a name stands for: the same set from any of its members, and nobody else's files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/facts.h"
#include "mapper/source/naming.h"

#define MOST 1200

struct folder {
	char path[32];
	int fd;
	struct exh_ctx ctx;
};

static void folder_make(struct folder *f, const char *const *names)
{
	memset(f, 0, sizeof(*f));
	f->ctx.helper = -1;
	strcpy(f->path, "/tmp/exhibit-naming.XXXXXX");
	assert_non_null(mkdtemp(f->path));
	f->fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(f->fd >= 0);
	for (; *names; names++)
		close(openat(f->fd, *names, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

static void folder_remove(struct folder *f)
{
	DIR *dir = fdopendir(f->fd);
	struct dirent *entry;

	rewinddir(dir);
	while ((entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	rmdir(f->path);
}

/* The names of the set joined by blanks, those that are missing in brackets behind. */
static void expect_set(struct folder *f, const char *name, const char *expected)
{
	struct exh_name_set set;
	char text[512] = "";
	const json_t *m;
	size_t i;

	assert_int_equal(exh_naming_find(&f->ctx, f->fd, name, &set), 0);
	for (i = 0; i < set.nr_names; i++) {
		strcat(text, *text ? " " : "");
		strcat(text, set.names[i]);
	}
	json_array_foreach (set.missing, i, m) {
		strcat(text, " [");
		strcat(text, exh_json_str(m, "name"));
		strcat(text, "]");
	}
	assert_string_equal(text, expected);
	exh_naming_clear(&set);
}

static const struct {
	const char *names[8], *asked[4], *expected;
} cases[] = {
	{{"x.E01", "x.E02", "x.raw", "y.E03"}, {"x.E01", "x.E02"}, "x.E01 x.E02"},
	{{"x.E01", "x.E03"}, {"x.E01", "x.E03"}, "x.E01 x.E03 [x.E02]"},
	{{"x.e01", "x.e02"}, {"x.e02"}, "x.e01 x.e02"},
	{{"x.E02", "x.E03"}, {"x.E03"}, "x.E02 x.E03 [x.E01]"},
	{{"x.E01", "x.raw", "x.img", "x.iso"}, {"x.raw"}, "x.raw"},
	{{"x.s01", "x.s02"}, {"x.s01", "x.s02"}, "x.s01 x.s02"},
	{{"x.001", "x.002", "x.003"}, {"x.001", "x.002", "x.003"}, "x.001 x.002 x.003"},
	{{"x.000", "x.001"}, {"x.000", "x.001"}, "x.000 x.001"},
	{{"x.001"}, {"x.001"}, "x.001"},
	{{"x.001", "x.003"}, {"x.003"}, "x.001 x.003 [x.002]"},
	{{"x.002", "x.003"}, {"x.003"}, "x.002 x.003 [x.001]"},
	{{"x.0001", "x.0002", "x.100"}, {"x.0001", "x.0002"}, "x.0001 x.0002"},
	{{"x.aa", "x.ab", "x.ac"}, {"x.aa", "x.ac"}, "x.aa x.ab x.ac"},
	{{"xaa", "xab"}, {"xaa", "xab"}, "xaa xab"},
	{{"x.ab", "x.ac"}, {"x.ab", "x.ac"}, "x.ab x.ac [x.aa]"},
	{{"x.dd", "x.txt"}, {"x.dd"}, "x.dd"},
	{{"x"}, {"x"}, "x"},
	{{"disk image.E01", "disk image.E02"}, {"disk image.E02"}, "disk image.E01 disk image.E02"},
};

static void test_sets(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct folder f;

		folder_make(&f, cases[i].names);
		for (const char *const *asked = cases[i].asked; *asked; asked++)
			expect_set(&f, *asked, cases[i].expected);
		folder_remove(&f);
	}
}

/* Counts on where three digits do not do any more. */
static void test_more_than_999(void **state)
{
	static const char *const asked[] = {"x.001", "x.500", "x.999", "x.1000", "x.1199"};
	const char *names[MOST] = {NULL};
	static char text[MOST][8];
	struct folder f;

	(void)state;
	for (int i = 1; i < MOST; i++) {
		snprintf(text[i], sizeof(text[i]), "x.%03d", i);
		names[i - 1] = text[i];
	}
	folder_make(&f, names);
	unlinkat(f.fd, "x.007", 0);
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		struct exh_name_set set;

		assert_int_equal(exh_naming_find(&f.ctx, f.fd, asked[i], &set), 0);
		assert_int_equal(set.nr_names, MOST - 2);
		assert_int_equal(json_array_size(set.missing), 1);
		assert_string_equal(exh_json_str(json_array_get(set.missing, 0), "name"), "x.007");
		exh_naming_clear(&set);
	}
	folder_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_more_than_999),
	};

	return cmocka_run_group_tests_name("naming", tests, NULL, NULL);
}
