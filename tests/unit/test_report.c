// SPDX-License-Identifier: Apache-2.0
/*
 * Reports of made-up cases. With an argument the program only writes them: test_report DIR leaves
 * DIR/NAME.html and .json for each, for the tests that open them in a browser.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "report/html.h"
#include "report/model.h"
#include "report/report.h"
#include "report_cases.h"

static char top[64];

struct report {
	struct exh_ctx ctx;
	char dir[128];
	json_t *model;
	char *html;
	size_t n;
};

static void open_report_in(struct report *r, const char *name, const char *language)
{
	_cleanup_fd_ int fd = -1;

	memset(r, 0, sizeof(*r));
	r->ctx.helper = -1;
	snprintf(r->dir, sizeof(r->dir), "%s/%s", top, name);
	if (access(r->dir, F_OK))
		report_case_make(name, r->dir);
	fd = open(r->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(exh_report_model(&r->ctx, fd, NULL, language, &r->model), 0);
	assert_int_equal(exh_render_html(&r->ctx, r->model, NULL, &r->html, &r->n), 0);
	assert_int_equal(strlen(r->html), r->n);
}

static void open_report(struct report *r, const char *name)
{
	open_report_in(r, name, NULL);
}

static void close_report(struct report *r)
{
	json_decref(r->model);
	free(r->html);
}

static void has(const struct report *r, const char *text)
{
	if (!strstr(r->html, text))
		fail_msg("the report does not say: %s", text);
}

static void lacks(const struct report *r, const char *text)
{
	if (strstr(r->html, text))
		fail_msg("the report says: %s", text);
}

static void has_outcome(const struct report *r, const char *outcome)
{
	assert_string_equal(exh_json_str(r->model, "outcome"), outcome);
}

static const char *row_verdict(const struct report *r, const char *algorithm)
{
	const json_t *row;
	size_t i;

	json_array_foreach (exh_list(r->model, "comparison"), i, row)
		if (!strcmp(exh_json_str(row, "algorithm"), algorithm))
			return exh_json_str(row, "verdict");
	return "";
}

static void test_healthy(void **state)
{
	struct report r;

	(void)state;
	open_report(&r, "healthy");
	has_outcome(&r, "unchanged");
	has(&r, "<h2 class=\"word\">Unchanged</h2>");
	has(&r, "They equal the acquisition digests");
	assert_string_equal(row_verdict(&r, "md5"), "match");
	assert_string_equal(row_verdict(&r, "sha256"), "match");
	/* 3 digests and 2 files twice, 3 references in each reading */
	assert_int_equal(exh_json_u64(exh_object(r.model, "comparisons"), "made", 0), 11);
	assert_int_equal(exh_json_u64(exh_object(r.model, "comparisons"), "agree", 0), 11);
	has(&r, "2,147,483,648 bytes (2.00 GiB)");
	has(&r, "2026-03-14 09:01:01 UTC");
	has(&r, "End of report");
	close_report(&r);
}

static void test_mismatch(void **state)
{
	struct report r;

	(void)state;
	open_report(&r, "mismatch");
	has_outcome(&r, "changed");
	assert_string_equal(row_verdict(&r, "md5"), "mismatch");
	assert_string_equal(row_verdict(&r, "sha1"), "match");
	assert_string_equal(row_verdict(&r, "sha256"), "mismatch");
	has(&r, "MISMATCH");
	lacks(&r, "They equal the acquisition digests");
	close_report(&r);
}

static void test_unchanged_but_never_equal(void **state)
{
	struct report r;

	(void)state;
	open_report(&r, "differs");
	has_outcome(&r, "unchanged-differs");
	has(&r, "Unchanged, but not equal to a reference");
	lacks(&r, "They equal the acquisition digests");
	close_report(&r);
}

static void test_interrupted(void **state)
{
	struct report r;

	(void)state;
	open_report(&r, "interrupted");
	has_outcome(&r, "undecided");
	has(&r, "There is no record of a reading after the analysis.");
	has(&r, "did not end by itself");
	assert_string_equal(row_verdict(&r, "sha256"), "incomplete");
	close_report(&r);
	open_report(&r, "killed");
	has_outcome(&r, "undecided");
	has(&r, "Steps that did not end");
	has(&r, "No facts about an image are recorded.");
	close_report(&r);
	open_report(&r, "halfway");
	has_outcome(&r, "undecided");
	has(&r, "Partitions found: <bdi>4</bdi>.");
	assert_string_equal(row_verdict(&r, "sha256"), "incomplete");
	assert_int_equal(exh_json_u64(exh_object(r.model, "problem_totals"), "warning", 0), 2);
	close_report(&r);
}

static void test_losses(void **state)
{
	struct report r;
	const json_t *losses;

	(void)state;
	open_report(&r, "losses");
	has_outcome(&r, "undecided");
	losses = exh_object(r.model, "losses");
	assert_int_equal(exh_json_u64(losses, "ranges", 0), 23);
	/* 4 of 23 have 512 KiB, the others 32 KiB; both readings missed the same */
	assert_int_equal(exh_json_u64(losses, "bytes", 0), (4 * 512 + 19 * 32) << 10);
	has(&r, "stored checksum does not match");
	has(&r, "#8c1d18\"/>");
	has(&r, "Errors of the acquisition");
	assert_string_equal(row_verdict(&r, "md5"), "incomplete");
	close_report(&r);
}

static void test_hostile_text(void **state)
{
	struct report r;

	(void)state;
	open_report(&r, "hostile");
	lacks(&r, "<script");
	lacks(&r, "<img");
	lacks(&r, "\xe2\x80\xae");
	lacks(&r, "\x1b");
	lacks(&r, "\x01");
	has(&r, "&lt;script&gt;alert(1)");
	has(&r, "\\u{202e}gpj.exe\\u{1}");
	close_report(&r);
}

static void test_nothing_supplied(void **state)
{
	struct report r;

	(void)state;
	open_report(&r, "anonymous");
	has_outcome(&r, "unchanged");
	has(&r, "No acquisition digest was available");
	has(&r, "Not supplied");
	has(&r, "The container holds no description of the acquisition.");
	has(&r, "50,122");
	close_report(&r);
	open_report(&r, "empty");
	has_outcome(&r, "nothing-done");
	close_report(&r);
}

static void test_many_partitions(void **state)
{
	struct report r;

	(void)state;
	open_report(&r, "partitions");
	has(&r, ">128</td>");
	has(&r, ">129</td>");
	close_report(&r);
}

static void test_many_problems(void **state)
{
	struct report r;
	const json_t *totals;
	clock_t start = clock();

	(void)state;
	open_report(&r, "problems");
	totals = exh_object(r.model, "problem_totals");
	assert_int_equal(exh_json_u64(totals, "error", 0), 100001);
	has(&r, "<bdi>99,996</bdi> of <bdi>100,001</bdi> are not printed here");
	assert_true(r.n < 400000);
	print_message("100,000 problems and losses: %zu bytes of HTML in %.1f s with the making of "
		      "the case\n",
		      r.n, (double)(clock() - start) / CLOCKS_PER_SEC);
	close_report(&r);
}

static void test_single_steps(void **state)
{
	struct report r;
	const json_t *ledger;

	(void)state;
	open_report(&r, "steps");
	has_outcome(&r, "verified-match");
	ledger = exh_object(r.model, "ledger");
	assert_int_equal(exh_json_u64(ledger, "entries", 0), 205);
	assert_int_equal(json_array_size(exh_list(ledger, "first")), EXH_LEDGER_SHOWN);
	assert_int_equal(json_array_size(exh_list(ledger, "last")), EXH_LEDGER_SHOWN);
	has(&r, "<bdi>165</bdi> of <bdi>205</bdi> are not printed here");
	assert_string_equal(row_verdict(&r, "md5"), "match");
	assert_string_equal(row_verdict(&r, "sha256"), "not-compared");
	close_report(&r);
}

static void spoil(const char *name, const char *file)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", top, name);
	report_case_make("healthy", path);
	snprintf(path, sizeof(path), "%s/%s/%s", top, name, file);
	f = fopen(path, "r+");
	assert_non_null(f);
	fseek(f, 40, SEEK_SET);
	fputc('~', f);
	fclose(f);
}

static void test_altered_facts_are_not_used(void **state)
{
	struct report r;

	(void)state;
	spoil("altered-facts", "facts/0001-examine.json");
	open_report(&r, "altered-facts");
	has_outcome(&r, "record-broken");
	has(&r, "The record does not hold");
	has(&r, "its SHA-256 is not the one in the ledger; its content is not used in this report");
	lacks(&r, "laptop.E01");
	close_report(&r);
}

static void remove_file(const char *name, const char *file)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", top, name);
	report_case_make("healthy", path);
	snprintf(path, sizeof(path), "%s/%s/%s", top, name, file);
	assert_int_equal(unlink(path), 0);
}

static void test_missing_files(void **state)
{
	static const char *const files[] = {"case.json", "ledger.jsonl", "facts/0001-examine.json"};
	struct report r;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char name[32];

		snprintf(name, sizeof(name), "missing-%zu", i);
		remove_file(name, files[i]);
		open_report(&r, name);
		has_outcome(&r, "record-broken");
		close_report(&r);
	}
	remove_file("missing-head", "ledger.head");
	open_report(&r, "missing-head");
	has(&r, "The ledger has no head that could be read");
	close_report(&r);
}

static void test_ledger_names_foreign_files(void **state)
{
	static const char *const paths[] = {
		"/etc/passwd", "facts/../case.json", "facts/..", "case.json", "facts/", ""};
	struct exh_ctx ctx = {.helper = -1};
	_cleanup_fd_ int fd = -1;
	char dir[128];

	(void)state;
	snprintf(dir, sizeof(dir), "%s/foreign", top);
	report_case_make("healthy", dir);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		_cleanup_json_ json_t *step =
			json_pack("{s:s, s:s}", "path", paths[i], "sha256", "00");

		assert_int_equal(exh_record_facts(&ctx, fd, step, NULL), 1);
		assert_string_equal(exh_json_str(step, "state"), "unreadable");
	}
}

/* A verdict of case verify that the record does not hold goes above everything else. */
static void test_verification_decides(void **state)
{
	struct exh_ctx ctx = {.helper = -1};
	_cleanup_json_ json_t *verification =
		json_pack("{s:s, s:[]}", "verdict", "truncated", "problems");
	_cleanup_json_ json_t *model = NULL;
	_cleanup_fd_ int fd = -1;
	char dir[128];

	(void)state;
	snprintf(dir, sizeof(dir), "%s/verified", top);
	report_case_make("healthy", dir);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(exh_report_model(&ctx, fd, verification, NULL, &model), 0);
	assert_string_equal(exh_json_str(model, "outcome"), "record-broken");
}

static void remove_case(const char *name)
{
	static const char *const files[] = {"facts/0001-examine.json", "case.json", "public.pem",
					    "ledger.jsonl", "ledger.head"};
	char path[256];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s/%s", top, name, files[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/%s/facts", top, name);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/%s", top, name);
	rmdir(path);
}

static size_t nodes_of(json_t *value)
{
	size_t n = 1, i;
	const char *key;
	json_t *member;

	if (json_is_array(value))
		json_array_foreach (value, i, member)
			n += nodes_of(member);
	if (json_is_object(value))
		json_object_foreach (value, key, member)
			n += nodes_of(member);
	return n;
}

static json_t *wrong_value(unsigned kind)
{
	switch (kind) {
	case 0:
		return json_integer(-1);
	case 1:
		return json_integer(INT64_MAX);
	case 2:
		return json_pack("[[], {}, n, s]", "");
	case 3:
		return json_pack("{s:[], s:n}", "path", "start");
	case 4:
		return json_null();
	default:
		return json_string("");
	}
}

/* Replaces the n-th node below value; counts n down. */
static bool replace(json_t *value, size_t *n, unsigned kind)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_array(value))
		json_array_foreach (value, i, member) {
			if (!(*n)--)
				return !json_array_set_new(value, i, wrong_value(kind));
			if (replace(member, n, kind))
				return true;
		}
	if (json_is_object(value))
		json_object_foreach (value, key, member) {
			if (!(*n)--)
				return !json_object_set_new(value, key, wrong_value(kind));
			if (replace(member, n, kind))
				return true;
		}
	return false;
}

/* Facts come from other programs' runs: a member of any other type is one that is absent, never a
 * crash. */
static void test_wrong_shapes(void **state)
{
	_cleanup_json_ json_t *example = report_facts();
	size_t n = nodes_of(example) - 1;

	(void)state;
	for (size_t i = 0; i < 2 * n; i++) {
		json_t *facts = report_facts();
		size_t which = i / 2;
		struct report r;
		char dir[200];

		assert_true(replace(facts, &which, (unsigned)(i / 2 + i % 2 * 3) % 6));
		snprintf(dir, sizeof(dir), "%s/shape", top);
		report_case_of(dir, facts);
		open_report(&r, "shape");
		has(&r, "End of report");
		close_report(&r);
		remove_case("shape");
	}
}

static void test_write(void **state)
{
	struct exh_ctx ctx = {.helper = -1};
	_cleanup_json_ json_t *written = NULL;
	_cleanup_fd_ int fd = -1;
	struct report r;
	char digest[65], *bytes;
	size_t n;

	(void)state;
	open_report(&r, "healthy");
	fd = open(r.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(exh_report_write(&ctx, r.model, "html,pdf9", fd, NULL), -EXH_E_USAGE);
	assert_int_equal(faccessat(fd, "report.html", F_OK, 0), -1);
	assert_int_equal(exh_report_write(&ctx, r.model, NULL, fd, &written), 0);
	assert_int_equal(json_array_size(written), 4);
	assert_int_equal(exh_file_read(&ctx, fd, "report.html", 1 << 20, &bytes, &n), 0);
	assert_int_equal(exh_sha256_hex(&ctx, bytes, n, digest), 0);
	assert_string_equal(exh_json_str(json_array_get(written, 3), "sha256"), digest);
	free(bytes);
	close_report(&r);
}

static void test_numbers(void **state)
{
	const struct exh_html en = {.language = exh_language_named("en")};
	const struct exh_html de = {.language = exh_language_named("de")};

	(void)state;
	assert_string_equal(exh_grouped(&en, 0).text, "0");
	assert_string_equal(exh_grouped(&en, 999).text, "999");
	assert_string_equal(exh_grouped(&en, 1000).text, "1,000");
	assert_string_equal(exh_grouped(&en, UINT64_MAX).text, "18,446,744,073,709,551,615");
	assert_string_equal(exh_bytes(&en, 1).text, "1 byte");
	assert_string_equal(exh_bytes(&en, 512).text, "512 bytes");
	assert_string_equal(exh_bytes(&en, 1536).text, "1,536 bytes (1.50 KiB)");
	assert_string_equal(exh_bytes(&en, UINT64_MAX).text,
			    "18,446,744,073,709,551,615 bytes (16.0 EiB)");
	assert_string_equal(exh_bytes(&de, 1536).text, "1.536 Bytes (1,50 KiB)");
	assert_string_equal(exh_utc("2026-01-31T12:00:00.123456Z").text, "2026-01-31 12:00:00 UTC");
	assert_string_equal(exh_utc("2026-01-31T12:00:00").text, "2026-01-31T12:00:00");
}

/* All that needs no other program, in DIR/NAME. */
static void test_another_language(void **state)
{
	struct report r;

	(void)state;
	open_report_in(&r, "healthy", "de");
	has(&r, "<html lang=\"de\">");
	has(&r, "Unver\xc3\xa4ndert");
	has(&r, "2.147.483.648 Bytes (2,00 GiB)");
	lacks(&r, "<h2 class=\"word\">Unchanged</h2>");
	close_report(&r);
}

static void write_sample(const char *dir, const char *name, const char *language)
{
	_cleanup_fd_ int fd = -1;
	struct report r;
	char path[400];

	open_report_in(&r, name, language);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(mkdir(path, 0700), 0);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(exh_report_write(&r.ctx, r.model, NULL, fd, NULL), 0);
	close_report(&r);
}

/* names: which, ended by NULL; none: all. */
static int write_samples(const char *dir, const char *language, char *const *names)
{
	mkdir(dir, 0700);
	for (; *names; names++)
		write_sample(dir, *names, language);
	return 0;
}

static int remove_top(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_healthy),
		cmocka_unit_test(test_mismatch),
		cmocka_unit_test(test_unchanged_but_never_equal),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_losses),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_nothing_supplied),
		cmocka_unit_test(test_many_partitions),
		cmocka_unit_test(test_many_problems),
		cmocka_unit_test(test_single_steps),
		cmocka_unit_test(test_altered_facts_are_not_used),
		cmocka_unit_test(test_missing_files),
		cmocka_unit_test(test_ledger_names_foreign_files),
		cmocka_unit_test(test_verification_decides),
		cmocka_unit_test(test_wrong_shapes),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_another_language),
	};

	strcpy(top, "/tmp/exhibit-report-XXXXXX");
	if (!mkdtemp(top))
		return 1;
	if (argc >= 3) {
		int r = write_samples(argv[1], argv[2],
				      argc > 3 ? argv + 3 : (char *const *)report_cases);

		remove_top(NULL);
		return r;
	}
	return cmocka_run_group_tests(tests, NULL, remove_top);
}
