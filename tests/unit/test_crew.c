// SPDX-License-Identifier: Apache-2.0
/* A crew does every piece once, keeps order where it is wanted, and serves the slowest work first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/crew.h"

#define PIECES 2000

struct counter {
	struct exh_work work; /* first */
	unsigned done, at_once, most_at_once;
	unsigned spin;	   /* rounds that a piece takes */
	unsigned unsteady; /* not atomic: whole only where pieces come one after the other */
};

static void spin(unsigned rounds)
{
	for (volatile unsigned i = 0; i < rounds; i++)
		;
}

static void count(struct exh_work *work)
{
	struct counter *c = (struct counter *)work;
	unsigned now = __atomic_add_fetch(&c->at_once, 1, __ATOMIC_SEQ_CST);

	if (now > __atomic_load_n(&c->most_at_once, __ATOMIC_SEQ_CST))
		__atomic_store_n(&c->most_at_once, now, __ATOMIC_SEQ_CST);
	spin(c->spin);
	if (work->in_order)
		c->unsteady++;
	__atomic_add_fetch(&c->done, 1, __ATOMIC_SEQ_CST);
	__atomic_sub_fetch(&c->at_once, 1, __ATOMIC_SEQ_CST);
}

static void run(unsigned threads)
{
	struct counter lanes[3] = {{.work = {.run = count, .in_order = true}, .spin = 2000},
				   {.work = {.run = count, .in_order = true}, .spin = 100},
				   {.work = {.run = count, .is_late = true}, .spin = 500}};
	struct exh_ctx ctx = {.helper = -1};
	struct exh_crew *crew;

	assert_int_equal(exh_crew_start(&ctx, threads, &crew), 0);
	for (int i = 0; i < 3; i++)
		exh_crew_add(crew, &lanes[i].work);
	for (int piece = 0; piece < PIECES; piece++)
		for (int i = 0; i < 3; i++)
			exh_crew_post(crew, &lanes[i].work);
	for (int i = 0; i < 3; i++) {
		exh_crew_remove(crew, &lanes[i].work);
		assert_int_equal(lanes[i].done, PIECES);
		assert_true(lanes[i].most_at_once <= threads);
	}
	assert_int_equal(lanes[0].unsteady, PIECES);
	assert_int_equal(lanes[0].most_at_once, 1);
	assert_int_equal(lanes[1].most_at_once, 1);
	exh_crew_end(crew);
}

static void test_every_piece_is_done_once(void **state)
{
	(void)state;
	run(1);
	run(2);
	run(7);
}

struct order {
	struct exh_work work;
	char name;
	char **at;
};

static void write_name(struct exh_work *work)
{
	struct order *o = (struct order *)work;

	*(*o->at)++ = o->name;
}

/* Holds the only thread until everything is posted. */
static void wait_for_go(struct exh_work *work)
{
	(void)work;
	nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
}

static void test_late_work_comes_last(void **state)
{
	char text[8] = "", *at = text;
	struct exh_work gate = {.run = wait_for_go};
	struct order late = {{.run = write_name, .is_late = true}, 'l', &at};
	struct order lane = {{.run = write_name, .in_order = true}, 'f', &at};
	struct exh_ctx ctx = {.helper = -1};
	struct exh_crew *crew;

	(void)state;
	assert_int_equal(exh_crew_start(&ctx, 1, &crew), 0);
	exh_crew_add(crew, &gate);
	exh_crew_add(crew, &late.work);
	exh_crew_add(crew, &lane.work);
	exh_crew_post(crew, &gate);
	for (int i = 0; i < 3; i++)
		exh_crew_post(crew, &late.work);
	for (int i = 0; i < 3; i++)
		exh_crew_post(crew, &lane.work);
	exh_crew_remove(crew, &gate);
	exh_crew_remove(crew, &late.work);
	exh_crew_remove(crew, &lane.work);
	exh_crew_end(crew);
	assert_string_equal(text, "ffflll");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_piece_is_done_once),
		cmocka_unit_test(test_late_work_comes_last),
	};

	return cmocka_run_group_tests_name("crew", tests, NULL, NULL);
}
