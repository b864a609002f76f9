// SPDX-License-Identifier: Apache-2.0
/*
 * Long ledgers: what a writer of one more entry reads of them, and how long it takes. The times are
 * those of the issue of a million entries, and are measured where EXHIBIT_LONG_TESTS is set.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "case/state.h"
#include "case_fixture.h"

#define LONG	  1000000
#define SHORT	  8000
#define APPENDS	  200
#define APPEND_MS 1.0
#define VERIFY_S  5.0
#define ENTRY_LINES                                                                                \
	"\"clock\":{\"boot_id\":\"e08f8c5f-f94c-4cbc-b220-965298720647\",\"boottime_us\":"         \
	"642410246,"

static unsigned wanted(void)
{
	return getenv("EXHIBIT_LONG_TESTS") ? LONG : SHORT;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Entries as any writer makes them, without waiting for the disk after each. */
static void grow(const char *dir, unsigned n)
{
	struct exh_case *c = open_case(dir);
	char path[512], last[EXH_SHA256_HEX], line[1024];
	uint64_t first = c->chain.entries;
	FILE *f;

	path_of(path, dir, EXH_LEDGER_NAME);
	f = fopen(path, "a");
	assert_non_null(f);
	memcpy(last, c->chain.last, sizeof(last));
	for (unsigned i = 0; i < n; i++) {
		int length =
			snprintf(line, sizeof(line),
				 "{" ENTRY_LINES "\"synchronised\":true},\"event\":\"note\","
				 "\"number\":%u,\"prev\":\"%s\",\"seq\":%llu,\"step\":\"scan\","
				 "\"time\":\"2026-11-24T13:20:44.971892Z\",\"tool\":{\"name\":"
				 "\"exhibit\",\"sha256\":\"%s\",\"version\":\"0.1.0\"}}\n",
				 i, last, (unsigned long long)(first + i), last);

		assert_int_equal(exh_case_sha256(&ctx, line, (size_t)length, last), 0);
		assert_int_equal(fwrite(line, 1, (size_t)length, f), length);
	}
	assert_int_equal(fclose(f), 0);
	exh_case_close(c);
	/* whoever opens it next finds them unsealed, says so and seals */
	exh_case_close(open_case(dir));
}

static void a_writer_goes_on_where_the_last_one_stood(void **state)
{
	struct exh_case *c;
	double begun;
	json_t *facts;

	(void)state;
	make_case("long");
	grow("long", wanted());
	c = open_case("long");
	add_step(c, "scan");
	assert_int_equal(exh_case_seal(&ctx, c), 0);
	exh_case_close(c);

	begun = now();
	c = open_case("long");
	print_message("  opened for one more entry in %.3f s\n", now() - begun);
	assert_true(c->state_entries > wanted());
	assert_int_equal(exh_case_begin(&ctx, c, "files"), 0);
	assert_int_equal(c->own->number, 5);
	exh_case_close(c);

	c = open_case("long");
	assert_true(c->state_entries > wanted());
	exh_case_close(c);
	facts = verify_with("long", NULL, NULL);
	check(facts, "intact", "step 5 (files) was interrupted");
	assert_int_equal(exh_json_u64(facts, "entries", 0),
			 exh_json_u64(facts, "sealed_entries", 1));
	json_decref(facts);
}

/* The state is believed only as far as the ledger bears it out. */
static void a_state_that_does_not_fit_is_not_used(void **state)
{
	struct exh_case *c = NULL;
	char path[512];
	size_t n;
	char *saved;

	(void)state;
	path_of(path, "long", "");
	saved = load("long", EXH_STATE_NAME, &n);
	edit("long", EXH_STATE_NAME, "\nsteps ", "\nsteps 1");
	c = open_case("long");
	assert_int_equal(c->state_entries, 0);
	assert_int_equal(c->steps.count, 5);
	exh_case_close(c);
	store("long", EXH_STATE_NAME, saved, n);
	edit("long", EXH_LEDGER_NAME, "\"number\":777,", "\"number\":778,");
	assert_int_equal(exh_case_open(&ctx, path, NULL, &c), -EXH_E_STATE);
	edit("long", EXH_LEDGER_NAME, "\"number\":778,", "\"number\":777,");
	drop("long", EXH_STATE_NAME);
	c = open_case("long");
	assert_int_equal(c->state_entries, 0);
	exh_case_close(c);
	expect("long", "intact", NULL);
	free(saved);
}

static void appending_does_not_grow_with_the_ledger(void **state)
{
	struct exh_case *c = open_case("long");
	double begun, each;

	(void)state;
	assert_int_equal(exh_ledger_lock(&ctx, c->ledger_fd, LOCK_EX), 0);
	begun = now();
	for (int i = 0; i < APPENDS; i++)
		assert_int_equal(exh_chain_append(&ctx, &c->chain, "note", NULL), 0);
	each = (now() - begun) * 1000 / APPENDS;
	flock(c->ledger_fd, LOCK_UN);
	print_message("  an append takes %.3f ms, the waiting for the disk among it\n", each);
	assert_int_equal(exh_case_seal(&ctx, c), 0);
	exh_case_close(c);
	if (getenv("EXHIBIT_LONG_TESTS") && !strncmp(fixture_root(), "/dev/shm/", 9))
		assert_true(each < APPEND_MS);
}

static void the_whole_of_it_is_verified(void **state)
{
	double begun = now(), took;
	json_t *facts = verify_with("long", NULL, NULL);

	(void)state;
	took = now() - begun;
	check(facts, "intact", NULL);
	print_message("  %llu entries verified in %.2f s\n",
		      (unsigned long long)exh_json_u64(facts, "entries", 0), took);
	assert_true(exh_json_u64(facts, "entries", 0) > wanted());
	json_decref(facts);
	if (getenv("EXHIBIT_LONG_TESTS"))
		assert_true(took < VERIFY_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_writer_goes_on_where_the_last_one_stood),
		cmocka_unit_test(a_state_that_does_not_fit_is_not_used),
		cmocka_unit_test(appending_does_not_grow_with_the_ledger),
		cmocka_unit_test(the_whole_of_it_is_verified),
	};

	return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
