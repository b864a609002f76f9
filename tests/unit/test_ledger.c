// SPDX-License-Identifier: Apache-2.0
/* The record of a case against everything that may happen to it: tampering, crashes, several
 * writers. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "case_fixture.h"
#include "mapper/source/image.h"

/* ---- the untouched record ---- */

static void a_new_case_is_intact_and_says_that_it_is_not_anchored(void **state)
{
	json_t *facts;

	(void)state;
	make_case("good");
	facts = verify_with("good", NULL, NULL);
	check(facts, "intact", NULL);
	assert_true(has_problem(facts, "not-anchored"));
	assert_int_equal(exh_json_u64(facts, "entries", 0), 7);
	assert_int_equal(exh_json_u64(facts, "sealed_entries", 0), 7);
	assert_int_equal(exh_facts_exit_status(facts), 0);
	assert_int_equal(json_array_size(json_object_get(facts, "problems")), 1);
	json_decref(facts);
}

static void the_case_and_its_key_are_private(void **state)
{
	char path[512];
	struct stat st;
	struct exh_case *c = open_case("good");

	(void)state;
	assert_int_equal(stat(exh_case_dir(c), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	snprintf(path, sizeof(path), "%s/keys/%s.pem", fixture_root(), c->identity.case_id);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_null(json_object_get(json_object_get(exh_case_json(c), "operator"), "organisation"));
	exh_case_close(c);
}

static void a_case_still_holds_after_it_moved(void **state)
{
	char from[512], to[512];

	(void)state;
	make_case("moved");
	snprintf(from, sizeof(from), "%s/moved", fixture_root());
	snprintf(to, sizeof(to), "%s/elsewhere", fixture_root());
	assert_int_equal(rename(from, to), 0);
	expect("elsewhere", "intact", NULL);
}

static void a_directory_that_is_something_else_is_refused_by_name(void **state)
{
	struct exh_case *c = NULL;
	char path[512];

	(void)state;
	snprintf(path, sizeof(path), "%s/foreign", fixture_root());
	assert_int_equal(mkdir(path, 0700), 0);
	store("foreign", "holiday.jpg", "x", 1);
	assert_int_equal(exh_case_open(&ctx, path, NULL, &c), -EXH_E_STATE);
	assert_non_null(strstr(ctx.text, "'holiday.jpg'"));
	drop("foreign", "holiday.jpg");
	assert_int_equal(exh_case_open(&ctx, path, NULL, &c), 0);
	exh_case_close(c);
	expect("foreign", "intact", NULL);
}

static void a_key_inside_the_case_is_refused(void **state)
{
	struct exh_case *c = NULL;
	char path[512], keys[512];

	(void)state;
	snprintf(path, sizeof(path), "%s/inside", fixture_root());
	snprintf(keys, sizeof(keys), "%s/keys", fixture_root());
	setenv("EXHIBIT_KEY_DIR", path, 1);
	assert_int_equal(exh_case_open(&ctx, path, NULL, &c), -EXH_E_USAGE);
	setenv("EXHIBIT_KEY_DIR", keys, 1);
}

static void without_its_key_a_case_records_and_does_not_seal(void **state)
{
	_cleanup_json_ json_t *facts = json_pack("{s:s}", "command", "scan");
	char path[512], away[512];
	struct exh_case *c;

	(void)state;
	make_case("keyless");
	c = open_case("keyless");
	snprintf(path, sizeof(path), "%s/keys/%s.pem", fixture_root(), c->identity.case_id);
	snprintf(away, sizeof(away), "%s/away.pem", fixture_root());
	assert_int_equal(rename(path, away), 0);
	assert_int_equal(exh_case_begin(&ctx, c, "scan"), 0);
	assert_int_equal(exh_case_end(&ctx, c, "scan", facts, NULL), 0);
	assert_int_equal(exh_case_seal(&ctx, c), -EXH_E_MISSING);
	assert_non_null(strstr(ctx.text, path));
	exh_case_close(c);
	expect("keyless", "unsealed", "entries 7 to 8");
	assert_int_equal(rename(away, path), 0);
	exh_case_close(open_case("keyless"));
	expect("keyless", "intact", "found-unsealed");
}

/* ---- crashes ---- */

static void an_unfinished_write_is_declared_by_the_next_entry(void **state)
{
	static const char *const tails[] = {"{\"clock\":{\"boot", "x", "\0\0\0\0", "}\n{"};
	size_t n;

	(void)state;
	make_case("torn");
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		size_t length = i == 2 ? 4 : strlen(tails[i]);
		char *bytes = load("torn", EXH_LEDGER_NAME, &n);
		struct exh_case *c;

		bytes = realloc(bytes, n + length);
		memcpy(bytes + n, tails[i], length);
		store("torn", EXH_LEDGER_NAME, bytes, n + length);
		free(bytes);
		expect("torn", "unsealed", "behind the last entry are no entry");
		c = open_case("torn");
		add_step(c, "scan");
		exh_case_close(c);
		expect("torn", "intact", "torn-entry");
	}
}

static void a_last_line_without_its_newline_is_completed(void **state)
{
	struct exh_case *c;
	size_t n;
	char *bytes;

	(void)state;
	make_case("unended");
	append_chained("unended");
	bytes = load("unended", EXH_LEDGER_NAME, &n);
	store("unended", EXH_LEDGER_NAME, bytes, n - 1);
	free(bytes);
	expect("unended", "unsealed", "behind the last entry are no entry");
	c = open_case("unended");
	add_step(c, "scan");
	exh_case_close(c);
	expect("unended", "intact", NULL);
}

static void an_interrupted_step_is_visible_before_and_after_the_next_command(void **state)
{
	struct exh_case *c;
	pid_t pid;
	int status;

	(void)state;
	make_case("interrupted");
	pid = fork();
	if (!pid) {
		c = open_case("interrupted");
		if (exh_case_begin(&ctx, c, "examine") == 0)
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	expect("interrupted", "intact", "interrupted");
	c = open_case("interrupted");
	exh_case_close(c);
	expect("interrupted", "intact", "step 4 (examine) was interrupted");
}

static void a_step_that_goes_on_is_not_taken_for_interrupted(void **state)
{
	struct exh_case *running, *other;
	json_t *facts;

	(void)state;
	make_case("running");
	running = open_case("running");
	assert_int_equal(exh_case_begin(&ctx, running, "examine"), 0);
	other = open_case("running");
	add_step(other, "scan");
	exh_case_close(other);
	facts = verify_with("running", NULL, NULL);
	check(facts, "intact", "goes on in another process or this one");
	assert_false(has_problem(facts, "interrupted"));
	json_decref(facts);
	exh_case_close(running);
	expect("running", "intact", "interrupted");
}

/* ---- clocks ---- */

static struct exh_moment moment(int64_t seconds, int64_t since_boot, const char *boot)
{
	struct exh_moment m = {.is_known = true,
			       .time_us = seconds * 1000000,
			       .boottime_us = since_boot * 1000000};

	strcpy(m.boot_id, boot);
	return m;
}

static void steps_of_the_clock_are_told_from_its_running(void **state)
{
	const struct exh_moment start = moment(1000000, 500, "a");
	const struct {
		struct exh_moment now;
		int64_t step;
	} cases[] = {
		{moment(1000010, 510, "a"), 0},		 {moment(1000010, 513, "a"), -3000000},
		{moment(1003600, 500, "a"), 3600000000}, {moment(990000, 600, "a"), -10100000000},
		{moment(1086399, 86901, "a"), 0},	 {moment(1000010, 5, "b"), 0},
		{moment(999000, 5, "b"), -1000000000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(exh_clock_step(&start, &cases[i].now), cases[i].step);
}

/* An hour back: the entry behind it says so, and the record holds. */
static void a_clock_that_was_set_is_recorded_and_decides_nothing(void **state)
{
	_cleanup_json_ json_t *entry = NULL;
	struct exh_case *c;
	size_t n;
	char *bytes;

	(void)state;
	make_case("clock");
	c = open_case("clock");
	c->chain.moment.time_us += INT64_C(3600000000);
	assert_int_equal(exh_case_event(&ctx, c, "note", NULL), 0);
	exh_case_close(c);
	bytes = load("clock", EXH_LEDGER_NAME, &n);
	entry = json_loads(bytes + line_start(bytes, n, 7), 0, NULL);
	free(bytes);
	assert_true(json_integer_value(json_object_get(json_object_get(entry, "clock"),
						       "step_us")) < -3590000000);
	expect("clock", "intact", "clock-stepped");
}

/* ---- several writers ---- */

#define WRITERS	    2
#define EVENTS_EACH 200

static void write_events(const char *dir, int fd)
{
	struct exh_case *c = open_case(dir);

	for (int i = 0; i < EVENTS_EACH; i++) {
		json_t *data = json_pack("{s:i, s:i}", "writer", (int)getpid(), "i", i);

		if (exh_case_event(&ctx, c, "note", data) < 0) {
			print_error("%s\n", ctx.text);
			_exit(1);
		}
		json_decref(data);
		if (fd >= 0 && write(fd, &i, sizeof(i)) != sizeof(i))
			_exit(1);
	}
	exh_case_close(c);
	_exit(0);
}

static void two_writers_at_once_lose_nothing(void **state)
{
	pid_t pids[WRITERS];
	json_t *facts;

	(void)state;
	make_case("writers");
	for (int i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		if (!pids[i])
			write_events("writers", -1);
	}
	for (int i = 0; i < WRITERS; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	facts = verify_with("writers", NULL, NULL);
	check(facts, "intact", NULL);
	assert_int_equal(exh_json_u64(facts, "entries", 0), 7 + WRITERS * EVENTS_EACH);
	json_decref(facts);
}

#define KILLED_APPENDS 1000

/* Appends without sealing, so that the kill mostly hits an append. Tells each acknowledged one. */
static void append_until_killed(const char *dir, int fd)
{
	struct exh_case *c = open_case(dir);

	if (exh_case_begin(&ctx, c, "examine") < 0)
		_exit(1);
	for (int i = 0; i < KILLED_APPENDS; i++) {
		if (exh_ledger_lock(&ctx, c->ledger_fd, LOCK_EX) < 0 ||
		    exh_chain_append(&ctx, &c->chain, "note", NULL) < 0)
			_exit(1);
		flock(c->ledger_fd, LOCK_UN);
		if (write(fd, &i, sizeof(i)) != sizeof(i))
			_exit(1);
	}
	pause();
}

static int last_acknowledged(int fd)
{
	int i, last = -1;

	while (read(fd, &i, sizeof(i)) == sizeof(i))
		last = i;
	return last;
}

static void kill_in_the_middle_of_appends_loses_nothing_acknowledged(void **state)
{
	(void)state;
	for (int round = 0; round < 10; round++) {
		struct timespec wait = {.tv_nsec = 3000000L + round * 17000000L};
		int pipes[2], last, status;
		json_t *facts;
		char dir[32];
		pid_t pid;

		snprintf(dir, sizeof(dir), "killed-%d", round);
		make_case(dir);
		assert_int_equal(pipe(pipes), 0);
		pid = fork();
		if (!pid)
			append_until_killed(dir, pipes[1]);
		close(pipes[1]);
		nanosleep(&wait, NULL);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		last = last_acknowledged(pipes[0]);
		close(pipes[0]);

		facts = verify_with(dir, NULL, NULL);
		assert_string_not_equal(exh_json_str(facts, "verdict"), "altered");
		assert_string_not_equal(exh_json_str(facts, "verdict"), "truncated");
		assert_true(exh_json_u64(facts, "entries", 0) >= 7 + (uint64_t)(last + 1));
		json_decref(facts);

		exh_case_close(open_case(dir));
		facts = verify_with(dir, NULL, NULL);
		check(facts, "intact", last >= 0 ? "interrupted" : NULL);
		json_decref(facts);
	}
}

/* ---- what an earlier verification read ---- */

static void record_verify(const char *dir, const char *name, const char *verdict,
			  const char *digest)
{
	_cleanup_json_ json_t *facts = json_pack(
		"{s:s, s:s, s:{s:s, s:i, s:[{s:s, s:i}]}, s:{s:s}, s:[]}", "command", "verify",
		"verdict", verdict, "image", "format", "raw", "media_size", 512, "segments", "path",
		name, "size", 512, "digests", "md5", digest, "damage");
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", fixture_root(), dir);
	assert_int_equal(exh_case_record(&ctx, path, "verify", facts), 0);
}

static int ask_baseline(const char *dir, const char *name, json_t **facts)
{
	struct exh_image image = {.facts = json_pack("{s:s, s:i, s:[{s:s, s:i}]}", "format", "raw",
						     "media_size", 512, "segments", "path", name,
						     "size", 512)};
	char path[512];
	int r;

	snprintf(path, sizeof(path), "%s/%s", fixture_root(), dir);
	r = exh_case_baseline(&ctx, path, &image, facts);
	json_decref(image.facts);
	return r;
}

static void the_baseline_is_the_newest_reading_that_did_not_differ(void **state)
{
	json_t *facts = NULL;

	(void)state;
	assert_int_equal(ask_baseline("baseline", "/a/disk.dd", &facts), 1);
	record_verify("baseline", "/a/disk.dd", "no-reference", "11");
	record_verify("baseline", "/a/disk.dd", "match", "22");
	record_verify("baseline", "/a/disk.dd", "mismatch", "33");
	record_verify("baseline", "/a/other.dd", "match", "44");
	assert_int_equal(ask_baseline("baseline", "/b/disk.dd", &facts), 0);
	assert_string_equal(exh_json_str(json_object_get(facts, "digests"), "md5"), "22");
	json_decref(facts);
	assert_int_equal(ask_baseline("baseline", "/b/third.dd", &facts), 1);
	edit("baseline", "facts/0002-verify.json", "22", "55");
	assert_int_equal(ask_baseline("baseline", "/b/disk.dd", &facts), 0);
	assert_string_equal(exh_json_str(json_object_get(facts, "digests"), "md5"), "11");
	json_decref(facts);
	edit("baseline", EXH_LEDGER_NAME, "no-reference", "no-referencE");
	assert_int_equal(ask_baseline("baseline", "/b/disk.dd", &facts), -EXH_E_STATE);
}

/* ---- small print ---- */

static void names_that_could_lead_out_of_the_case_are_refused(void **state)
{
	struct exh_case *c = open_case("good");
	json_t *data = json_pack("{s:i}", "seq", 7);

	(void)state;
	assert_int_equal(exh_case_begin(&ctx, c, "../verify"), -EXH_E_USAGE);
	assert_int_equal(exh_case_new_output(&ctx, c, "../x", NULL), -EXH_E_USAGE);
	assert_int_equal(exh_case_new_output(&ctx, c, ".x", NULL), -EXH_E_USAGE);
	assert_int_equal(exh_case_event(&ctx, c, "note", data), -EXH_E_USAGE);
	assert_true(exh_case_open_below(exh_case_dirfd(c), "../good/case.json") < 0);
	assert_true(exh_case_open_below(exh_case_dirfd(c), "/etc/passwd") < 0);
	json_decref(data);
	exh_case_close(c);
	expect("good", "intact", NULL);
}

static void a_file_that_nobody_recorded_is_named(void **state)
{
	(void)state;
	make_case("stray");
	store("stray", "facts/0009-scan.json", "{}", 2);
	expect("stray", "intact", "facts/0009-scan.json: is not named by the record");
}

static void a_report_may_be_written_again_and_may_be_taken_away(void **state)
{
	struct exh_case *c;

	(void)state;
	make_case("reported");
	c = open_case("reported");
	for (int i = 0; i < 2; i++) {
		_cleanup_json_ json_t *data = NULL;
		json_t *file;

		store("reported", "report/report.html", i ? "two" : "one", 3);
		assert_int_equal(exh_case_file(&ctx, c, "report/report.html", &file), 0);
		data = json_pack("{s:[o]}", "files", file);
		assert_int_equal(exh_case_event(&ctx, c, "report", data), 0);
	}
	exh_case_close(c);
	expect("reported", "intact", NULL);
	store("reported", "report/report.html", "one", 3);
	expect("reported", "altered", "report/report.html: was changed");
	drop("reported", "report/report.html");
	expect("reported", "intact", "file-missing");
}

static void what_is_no_case_is_unreadable(void **state)
{
	_cleanup_json_ json_t *facts = verify_with("nowhere", NULL, NULL);

	(void)state;
	check(facts, "unreadable", "nowhere");
	assert_int_equal(exh_facts_exit_status(facts), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_case_is_intact_and_says_that_it_is_not_anchored),
		cmocka_unit_test(the_case_and_its_key_are_private),
		cmocka_unit_test(a_case_still_holds_after_it_moved),
		cmocka_unit_test(a_directory_that_is_something_else_is_refused_by_name),
		cmocka_unit_test(a_key_inside_the_case_is_refused),
		cmocka_unit_test(without_its_key_a_case_records_and_does_not_seal),
		cmocka_unit_test(an_unfinished_write_is_declared_by_the_next_entry),
		cmocka_unit_test(a_last_line_without_its_newline_is_completed),
		cmocka_unit_test(an_interrupted_step_is_visible_before_and_after_the_next_command),
		cmocka_unit_test(a_step_that_goes_on_is_not_taken_for_interrupted),
		cmocka_unit_test(steps_of_the_clock_are_told_from_its_running),
		cmocka_unit_test(a_clock_that_was_set_is_recorded_and_decides_nothing),
		cmocka_unit_test(two_writers_at_once_lose_nothing),
		cmocka_unit_test(kill_in_the_middle_of_appends_loses_nothing_acknowledged),
		cmocka_unit_test(the_baseline_is_the_newest_reading_that_did_not_differ),
		cmocka_unit_test(names_that_could_lead_out_of_the_case_are_refused),
		cmocka_unit_test(a_file_that_nobody_recorded_is_named),
		cmocka_unit_test(a_report_may_be_written_again_and_may_be_taken_away),
		cmocka_unit_test(what_is_no_case_is_unreadable),
	};

	return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
