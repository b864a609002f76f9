// SPDX-License-Identifier: Apache-2.0
/* A range of raw media as pieces of its files: every byte once, holes where nothing is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/ctx.h"
#include "mapper/attach/extents.h"
#include "mapper/source/lost.h"
#include "mapper/source/mapped.h"

#define MOST 8

struct set {
	struct exh_ctx ctx;
	struct exh_image image;
	struct exh_image_file files[MOST];
	struct exh_extents got;
	struct exh_mapped mapped;
	struct exh_lost lost;
};

/* A set of files of these sizes, ended by 0, with the places in missing not there. */
static struct set *a_set(const uint64_t *sizes, const char *missing)
{
	struct set *s = calloc(1, sizeof(*s));

	s->image.files = s->files;
	s->image.missing = missing ? json_loads(missing, 0, NULL) : NULL;
	for (; sizes[s->image.nr_files]; s->image.nr_files++) {
		struct exh_image_file *f = &s->files[s->image.nr_files];

		f->path = (char *)"file";
		f->st.st_mode = S_IFREG;
		f->st.st_size = (off_t)sizes[s->image.nr_files];
	}
	return s;
}

static void free_set(struct set *s)
{
	exh_extents_clear(&s->got);
	json_decref(s->image.missing);
	free(s);
}

/* The extents of a range as text: "0@0+100 -+50" is 100 bytes of file 0, then 50 that are
 * nowhere. */
static void expect(struct set *s, uint64_t start, uint64_t length, const char *wanted)
{
	char text[256] = "";
	size_t used = 0;

	exh_extents_clear(&s->got);
	assert_int_equal(exh_extents_make(&s->ctx, &s->image, start, length, &s->got), 0);
	for (size_t i = 0; i < s->got.nr; i++) {
		const struct exh_extent *e = &s->got.list[i];
		const char *space = i ? " " : "";
		int n;

		if (e->file < 0)
			n = snprintf(text + used, sizeof(text) - used, "%s-+%llu", space,
				     (unsigned long long)e->length);
		else
			n = snprintf(text + used, sizeof(text) - used, "%s%d@%llu+%llu", space,
				     e->file, (unsigned long long)e->offset,
				     (unsigned long long)e->length);
		used += (size_t)n;
	}
	assert_string_equal(text, wanted);
}

static void one_file(void **state)
{
	struct set *s = a_set((const uint64_t[]){4096, 0}, NULL);

	(void)state;
	expect(s, 0, 4096, "0@0+4096");
	expect(s, 512, 1024, "0@512+1024");
	expect(s, 4095, 1, "0@4095+1");
	assert_int_equal(s->got.unreadable, 0);
	free_set(s);
}

static void pieces_follow_one_another(void **state)
{
	struct set *s = a_set((const uint64_t[]){1000, 1000, 500, 0}, NULL);

	(void)state;
	expect(s, 0, 2500, "0@0+1000 1@0+1000 2@0+500");
	expect(s, 999, 2, "0@999+1 1@0+1");
	expect(s, 1000, 1000, "1@0+1000");
	expect(s, 1500, 600, "1@500+500 2@0+100");
	free_set(s);
}

static void what_is_missing_is_a_hole(void **state)
{
	struct set *s = a_set((const uint64_t[]){1000, 1000, 500, 0},
			      "[{\"place\": 1, \"name\": \"image.002\"}]");

	(void)state;
	expect(s, 0, 3500, "0@0+1000 -+1000 1@0+1000 2@0+500");
	assert_int_equal(s->got.unreadable, 1000);
	expect(s, 1200, 100, "-+100");
	expect(s, 1999, 2, "-+1 1@0+1");
	free_set(s);
}

static void a_short_piece_ends_in_a_hole(void **state)
{
	struct set *s = a_set((const uint64_t[]){1000, 700, 1000, 100, 0}, NULL);

	(void)state;
	expect(s, 0, 3100, "0@0+1000 1@0+700 -+300 2@0+1000 3@0+100");
	expect(s, 1700, 300, "-+300");
	free_set(s);
}

static void behind_the_media_is_a_hole(void **state)
{
	struct set *s = a_set((const uint64_t[]){1000, 0}, NULL);

	(void)state;
	expect(s, 500, 1000, "0@500+500 -+500");
	expect(s, 5000, 10, "-+10");
	free_set(s);
}

static void holes_that_touch_are_one(void **state)
{
	struct set *s = a_set((const uint64_t[]){1000, 700, 1000, 0},
			      "[{\"place\": 2, \"name\": \"image.003\"}]");

	(void)state;
	expect(s, 0, 4500, "0@0+1000 1@0+700 -+1300 2@0+1000 -+500");
	free_set(s);
}

/* A map that does not call these ranges rescued. */
static void lose(struct set *s, struct exh_range *ranges, size_t nr, enum exh_holes holes)
{
	s->lost = (struct exh_lost){.list = ranges, .nr = nr, .holes = holes};
	s->mapped.lost = &s->lost;
	s->image.mapped = &s->mapped;
}

static void what_was_not_rescued_is_a_hole(void **state)
{
	struct set *s = a_set((const uint64_t[]){4096, 0}, NULL);
	struct exh_range lost[] = {{0, 512}, {1024, 512}, {3584, 512}};

	(void)state;
	lose(s, lost, 3, EXH_HOLES_EIO);
	expect(s, 0, 4096, "-+512 0@512+512 -+512 0@1536+2048 -+512");
	assert_int_equal(s->got.unreadable, 1536);
	expect(s, 512, 512, "0@512+512");
	expect(s, 1024, 512, "-+512");
	expect(s, 1200, 100, "-+100");
	expect(s, 1535, 2, "-+1 0@1536+1");
	expect(s, 3583, 2, "0@3583+1 -+1");
	expect(s, 2000, 1000, "0@2000+1000");
	free_set(s);
}

static void a_hole_of_the_map_goes_over_the_end_of_a_piece(void **state)
{
	struct set *s = a_set((const uint64_t[]){1000, 1000, 500, 0}, NULL);
	struct exh_range lost[] = {{900, 1200}};

	(void)state;
	lose(s, lost, 1, EXH_HOLES_EIO);
	expect(s, 0, 2500, "0@0+900 -+1200 2@100+400");
	expect(s, 1000, 1000, "-+1000");
	free_set(s);
}

/* A missing piece and a short one beside what the map lost: each byte once, and one hole. */
static void holes_of_map_and_set_are_joined(void **state)
{
	struct set *s = a_set((const uint64_t[]){1000, 700, 1000, 0},
			      "[{\"place\": 2, \"name\": \"image.003\"}]");
	struct exh_range lost[] = {{1500, 300}, {2500, 600}};

	(void)state;
	lose(s, lost, 2, EXH_HOLES_EIO);
	expect(s, 0, 4000, "0@0+1000 1@0+500 -+1600 2@100+900");
	assert_int_equal(s->got.unreadable, 1600);
	free_set(s);
}

static void a_map_that_lost_behind_the_media(void **state)
{
	struct set *s = a_set((const uint64_t[]){1000, 0}, NULL);
	struct exh_range lost[] = {{800, 1200}};

	(void)state;
	lose(s, lost, 1, EXH_HOLES_EIO);
	expect(s, 0, 2000, "0@0+800 -+1200");
	free_set(s);
}

/* Extents cannot fill a hole with anything. */
static void only_errors_are_extents(void **state)
{
	struct set *s = a_set((const uint64_t[]){1000, 0}, NULL);
	struct exh_range lost[] = {{0, 512}};

	(void)state;
	s->image.facts = json_pack("{s:s}", "format", "raw");
	assert_true(exh_extents_fit(&s->image));
	lose(s, lost, 1, EXH_HOLES_EIO);
	assert_true(exh_extents_fit(&s->image));
	lose(s, lost, 1, EXH_HOLES_ZERO);
	assert_false(exh_extents_fit(&s->image));
	lose(s, lost, 1, EXH_HOLES_PATTERN);
	assert_false(exh_extents_fit(&s->image));
	json_decref(s->image.facts);
	free_set(s);
}

static void impossible_bounds(void **state)
{
	struct set *s = a_set((const uint64_t[]){1000, 0}, NULL);

	(void)state;
	assert_true(exh_extents_make(&s->ctx, &s->image, 0, 0, &s->got) < 0);
	assert_true(exh_extents_make(&s->ctx, &s->image, UINT64_MAX - 5, 100, &s->got) < 0);
	free_set(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_file),
		cmocka_unit_test(pieces_follow_one_another),
		cmocka_unit_test(what_is_missing_is_a_hole),
		cmocka_unit_test(a_short_piece_ends_in_a_hole),
		cmocka_unit_test(behind_the_media_is_a_hole),
		cmocka_unit_test(holes_that_touch_are_one),
		cmocka_unit_test(what_was_not_rescued_is_a_hole),
		cmocka_unit_test(a_hole_of_the_map_goes_over_the_end_of_a_piece),
		cmocka_unit_test(holes_of_map_and_set_are_joined),
		cmocka_unit_test(a_map_that_lost_behind_the_media),
		cmocka_unit_test(only_errors_are_extents),
		cmocka_unit_test(impossible_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
