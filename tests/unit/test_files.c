// SPDX-License-Identifier: Apache-2.0
/* The list of files of file systems that mke2fs makes here: every name once, however deep or odd,
 * and never an empty list for nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "mapper/files/files.h"
#include "mapper/source/image.h"

#define IMAGE_SIZE (16 << 20)

struct place {
	struct exh_ctx *ctx;
	char dir[64], image[96];
};

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	*state = p;
	snprintf(p->dir, sizeof(p->dir), "/tmp/test_files.XXXXXX");
	if (exh_start(&p->ctx) < 0 || !mkdtemp(p->dir) || chdir(p->dir) < 0)
		return -1;
	snprintf(p->image, sizeof(p->image), "%s/image.raw", p->dir);
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", p->dir);
	exh_end(p->ctx);
	free(p);
	return chdir("/") < 0 || system(command) ? -1 : 0;
}

static void shell(const char *command)
{
	if (system(command))
		fail_msg("%s", command);
}

static void make_file_system(void)
{
	if (system("command -v mke2fs debugfs >/dev/null"))
		skip();
	shell("truncate -s 16M image.raw && mke2fs -q -t ext4 -d tree image.raw");
}

static json_t *list(struct place *p, uint64_t start, uint64_t length, const char *type,
		    const struct exh_files_options *options)
{
	struct exh_image *image = NULL;
	_cleanup_json_ json_t *partitions = NULL;
	json_t *facts = exh_facts_new("files");

	if (exh_image_open(p->ctx, p->image, NULL, &image) < 0)
		fail_msg("%s", exh_error_text(p->ctx));
	partitions =
		json_pack("[{s:i, s:I, s:I, s:{s:s}}]", "number", 1, "start", (json_int_t)start,
			  "length", (json_int_t)length, "contents", "kind", type);
	assert_non_null(partitions);
	if (exh_files_list(p->ctx, image, partitions, options, facts) < 0)
		fail_msg("%s", exh_error_text(p->ctx));
	exh_image_close(image);
	return facts;
}

static const json_t *find(const json_t *facts, const char *path)
{
	const json_t *row, *found = NULL;
	size_t i;

	json_array_foreach (json_object_get(facts, "files"), i, row) {
		if (strcmp(exh_json_str(row, "path"), path))
			continue;
		assert_null(found);
		found = row;
	}
	return found;
}

static void lists_every_name_once(void **state)
{
	_cleanup_json_ json_t *facts = NULL;
	const json_t *row;

	shell("mkdir -p tree/a/b && printf 12345 > tree/a/b/five && touch -d "
	      "'2020-02-29T23:59:58Z' tree/a/b/five &&"
	      "printf x > \"$(printf 'tree/bad\\377\\033name')\" && ln -s a/b tree/link && mkfifo "
	      "tree/fifo");
	make_file_system();
	facts = list(*state, 0, IMAGE_SIZE, "filesystem", NULL);
	assert_int_equal(json_array_size(json_object_get(facts, "problems")), 0);
	row = find(facts, "/a/b/five");
	assert_int_equal(exh_json_u64(row, "size", 0), 5);
	assert_int_equal(exh_json_u64(row, "partition", 0), 1);
	assert_string_equal(exh_json_str(row, "kind"), "file");
	assert_true(json_is_true(json_object_get(row, "allocated")));
	assert_string_equal(exh_json_str(json_object_get(row, "times"), "modified"),
			    "2020-02-29T23:59:58Z");
	assert_string_equal(exh_json_str(find(facts, "/link"), "kind"), "symlink");
	assert_string_equal(exh_json_str(find(facts, "/fifo"), "kind"), "fifo");
	assert_string_equal(exh_json_str(find(facts, "/a"), "kind"), "directory");
	assert_non_null(find(facts, "/bad\\xff\033name"));
	row = json_array_get(json_object_get(facts, "filesystems"), 0);
	assert_string_equal(exh_json_str(row, "type"), "ext4");
	assert_int_equal(exh_json_u64(row, "allocated", 0),
			 8); /* with lost+found and libtsk's directory of orphans */
}

static void lists_deleted_names(void **state)
{
	_cleanup_json_ json_t *facts = NULL;
	const json_t *row;

	shell("mkdir tree && printf 12345 > tree/kept && printf 1234567 > tree/gone");
	make_file_system();
	shell("debugfs -w -R 'rm gone' image.raw 2>/dev/null");
	facts = list(*state, 0, IMAGE_SIZE, "filesystem", NULL);
	row = find(facts, "/gone");
	assert_non_null(row);
	assert_false(json_is_true(json_object_get(row, "allocated")));
	assert_true(json_is_true(json_object_get(find(facts, "/kept"), "allocated")));
}

static void goes_as_deep_as_it_is(void **state)
{
	_cleanup_json_ json_t *facts = NULL;

	shell("mkdir tree && cd tree && i=0 && while [ $i -lt 300 ]; do mkdir d && cd d && i=$((i "
	      "+ 1)); done && touch end");
	make_file_system();
	facts = list(*state, 0, IMAGE_SIZE, "filesystem", NULL);
	assert_int_equal(json_array_size(json_object_get(facts, "problems")), 0);
	assert_int_equal(json_array_size(json_object_get(facts, "files")), 303);
}

static void does_not_run_in_circles(void **state)
{
	_cleanup_json_ json_t *facts = NULL;

	shell("mkdir -p tree/a/b");
	make_file_system();
	shell("debugfs -w -R 'ln a a/b/up' image.raw 2>/dev/null && debugfs -w -R 'ln <2> a/b/top' "
	      "image.raw 2>/dev/null");
	facts = list(*state, 0, IMAGE_SIZE, "filesystem", NULL);
	assert_true(json_array_size(json_object_get(facts, "files")) < 20);
	assert_non_null(find(facts, "/a/b"));
}

static void never_shows_nothing_as_empty(void **state)
{
	_cleanup_json_ json_t *unknown = NULL, *empty = NULL, *outside = NULL;

	shell("head -c 1048576 /dev/urandom > image.raw");
	unknown = list(*state, 0, 1048576, "unknown", NULL);
	assert_true(exh_problems_has(unknown, EXH_P_NOT_SUPPORTED));
	assert_int_equal(json_array_size(json_object_get(unknown, "files")), 0);
	outside = list(*state, 1 << 30, 1 << 20, "unknown", NULL);
	assert_true(exh_problems_has(outside, EXH_P_LIST_INCOMPLETE));
	empty = list(*state, 0, 1048576, "empty", NULL);
	assert_int_equal(json_array_size(json_object_get(empty, "problems")), 0);
}

static void says_what_a_cut_image_hides(void **state)
{
	_cleanup_json_ json_t *facts = NULL;

	shell("mkdir tree && for i in 1 2 3 4 5 6 7 8; do mkdir tree/$i && touch tree/$i/file; "
	      "done");
	make_file_system();
	shell("truncate -s 1M image.raw");
	facts = list(*state, 0, IMAGE_SIZE, "filesystem", NULL);
	assert_true(exh_problems_has(facts, EXH_P_LIST_INCOMPLETE) ||
		    exh_problems_has(facts, EXH_P_NOT_SUPPORTED));
}

static int count_two(const json_t *row, void *opaque)
{
	assert_non_null(exh_json_str(row, "path"));
	return ++*(int *)opaque == 2;
}

static void gives_rows_as_they_come(void **state)
{
	int rows = 0;
	struct exh_files_options options = {
		.size = sizeof(options), .on_row = count_two, .opaque = &rows};
	_cleanup_json_ json_t *facts = NULL;

	shell("mkdir tree && touch tree/1 tree/2 tree/3 tree/4");
	make_file_system();
	facts = list(*state, 0, IMAGE_SIZE, "filesystem", &options);
	assert_int_equal(rows, 2);
	assert_null(json_object_get(facts, "files"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lists_every_name_once),	    TEST(lists_deleted_names),
		TEST(goes_as_deep_as_it_is),	    TEST(does_not_run_in_circles),
		TEST(never_shows_nothing_as_empty), TEST(says_what_a_cut_image_hides),
		TEST(gives_rows_as_they_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
