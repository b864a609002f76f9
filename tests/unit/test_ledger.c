// SPDX-License-Identifier: Apache-2.0
/* The record of a case against everything that may happen to it: tampering, crashes, several writers. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "case/case_private.h"
#include "case/key.h"

static char root[] = "/tmp/exhibit-test-XXXXXX";
static struct exh_ctx ctx;

/* ---- files ---- */

static void path_of(char out[512], const char *dir, const char *name)
{
	snprintf(out, 512, "%s/%s/%s", root, dir, name);
}

static char *load(const char *dir, const char *name, size_t *n)
{
	char path[512], *bytes = NULL;

	path_of(path, dir, name);
	assert_int_equal(exh_file_read(&ctx, AT_FDCWD, path, 1U << 30, &bytes, n), 0);
	return bytes;
}

static void store(const char *dir, const char *name, const void *bytes, size_t n)
{
	char path[512];
	int fd;

	path_of(path, dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(exh_write_all(fd, bytes, n), 0);
	close(fd);
}

static void copy(const char *from_dir, const char *from, const char *to_dir, const char *to)
{
	size_t n;
	char *bytes = load(from_dir, from, &n);

	store(to_dir, to, bytes, n);
	free(bytes);
}

static void drop(const char *dir, const char *name)
{
	char path[512];

	path_of(path, dir, name);
	assert_int_equal(unlink(path), 0);
}

static size_t line_start(const char *bytes, size_t n, size_t number)
{
	size_t at = 0;

	while (number-- && at < n)
		at = (size_t)((const char *)memchr(bytes + at, '\n', n - at) - bytes) + 1;
	return at;
}

static void edit(const char *dir, const char *name, const char *old, const char *new)
{
	size_t n;
	char *bytes = load(dir, name, &n), *at = memmem(bytes, n, old, strlen(old));
	_cleanup_free_ char *edited = NULL;

	assert_non_null(at);
	edited = malloc(n + strlen(new));
	memcpy(edited, bytes, (size_t)(at - bytes));
	strcpy(edited + (at - bytes), new);
	memcpy(edited + (at - bytes) + strlen(new), at + strlen(old),
	       n - (size_t)(at - bytes) - strlen(old));
	store(dir, name, edited, n - strlen(old) + strlen(new));
	free(bytes);
}

/* ---- cases ---- */

static struct exh_case *open_case(const char *dir)
{
	static const struct exh_operator who = {
		.size = sizeof(who), .case_number = "2026-0815", .examiner = "A. Examiner"};
	struct exh_case *c = NULL;
	char path[512];
	int r;

	snprintf(path, sizeof(path), "%s/%s", root, dir);
	r = exh_case_open(&ctx, path, &who, &c);
	if (r < 0)
		print_error("%s\n", ctx.text);
	assert_int_equal(r, 0);
	return c;
}

static void add_step(struct exh_case *c, const char *step)
{
	_cleanup_json_ json_t *facts = json_pack("{s:s, s:s, s:[i,i,i]}", "command", step, "verdict",
						 "match", "rows", 1, 2, 3);

	assert_int_equal(exh_case_begin(&ctx, c, step), 0);
	assert_int_equal(exh_case_end(&ctx, c, step, facts, NULL), 0);
}

/* Entries: 0 genesis, 1-2 verify, 3-4 scan, 5 begin and 6 end of files with an output. */
static void make_case(const char *dir)
{
	struct exh_case *c = open_case(dir);
	int fd;

	add_step(c, "verify");
	add_step(c, "scan");
	assert_int_equal(exh_case_begin(&ctx, c, "files"), 0);
	fd = exh_case_new_output(&ctx, c, "stdout.txt", NULL);
	assert_true(fd >= 0);
	assert_int_equal(exh_write_all(fd, "hello\n", 6), 0);
	close(fd);
	{
		_cleanup_json_ json_t *facts = json_pack("{s:s}", "command", "files");

		assert_int_equal(exh_case_end(&ctx, c, "files", facts, NULL), 0);
	}
	assert_int_equal(exh_case_seal(&ctx, c), 0);
	exh_case_close(c);
}

static json_t *verify_with(const char *dir, const char *key, const char *head)
{
	struct exh_case_verify_options options = {.size = sizeof(options), .key = key, .head = head};
	char path[512];
	json_t *facts = NULL;

	snprintf(path, sizeof(path), "%s/%s", root, dir);
	if (exh_case_verify(&ctx, path, &options, &facts) < 0)
		print_error("%s\n", ctx.text);
	assert_non_null(facts);
	return facts;
}

static bool has_text(const json_t *facts, const char *text)
{
	_cleanup_free_ char *all = json_dumps(facts, JSON_SORT_KEYS);

	return strstr(all, text) != NULL;
}

static bool has_problem(const json_t *facts, const char *code)
{
	const json_t *p;
	size_t i;

	json_array_foreach(json_object_get(facts, "problems"), i, p)
		if (!strcmp(exh_json_str(p, "code"), code))
			return true;
	return false;
}

static void check(const json_t *facts, const char *verdict, const char *text)
{
	if (strcmp(exh_json_str(facts, "verdict"), verdict) || (text && !has_text(facts, text))) {
		_cleanup_free_ char *all = json_dumps(facts, JSON_INDENT(1));

		print_error("expected %s, '%s':\n%s\n", verdict, text ? text : "", all);
		fail();
	}
}

static void expect(const char *dir, const char *verdict, const char *text)
{
	_cleanup_json_ json_t *facts = verify_with(dir, NULL, NULL);

	check(facts, verdict, text);
}

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
	snprintf(path, sizeof(path), "%s/keys/%s.pem", root, c->identity.case_id);
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
	snprintf(from, sizeof(from), "%s/moved", root);
	snprintf(to, sizeof(to), "%s/elsewhere", root);
	assert_int_equal(rename(from, to), 0);
	expect("elsewhere", "intact", NULL);
}

static void a_directory_that_is_something_else_is_refused_by_name(void **state)
{
	struct exh_case *c = NULL;
	char path[512];

	(void)state;
	snprintf(path, sizeof(path), "%s/foreign", root);
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
	snprintf(path, sizeof(path), "%s/inside", root);
	snprintf(keys, sizeof(keys), "%s/keys", root);
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
	snprintf(path, sizeof(path), "%s/keys/%s.pem", root, c->identity.case_id);
	snprintf(away, sizeof(away), "%s/away.pem", root);
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

/* ---- tampering ---- */

struct tampering {
	const char *name;
	void (*tamper)(const char *dir);
	const char *verdict, *text;
};

static void cut_tail_lines(const char *dir)
{
	size_t n;
	char *bytes = load(dir, EXH_LEDGER_NAME, &n);

	store(dir, EXH_LEDGER_NAME, bytes, line_start(bytes, n, 5));
	free(bytes);
}

static void cut_last_line(const char *dir)
{
	size_t n;
	char *bytes = load(dir, EXH_LEDGER_NAME, &n);

	store(dir, EXH_LEDGER_NAME, bytes, line_start(bytes, n, 6));
	free(bytes);
}

static void cut_within_a_line(const char *dir)
{
	size_t n;
	char *bytes = load(dir, EXH_LEDGER_NAME, &n);

	store(dir, EXH_LEDGER_NAME, bytes, n - 20);
	free(bytes);
}

static void cut_last_newline(const char *dir)
{
	size_t n;
	char *bytes = load(dir, EXH_LEDGER_NAME, &n);

	store(dir, EXH_LEDGER_NAME, bytes, n - 1);
	free(bytes);
}

static void blank_last_line(const char *dir)
{
	size_t n, kept;
	char *bytes = load(dir, EXH_LEDGER_NAME, &n);

	kept = line_start(bytes, n, 6);
	memset(bytes + kept, ' ', n - kept);
	store(dir, EXH_LEDGER_NAME, bytes, n);
	free(bytes);
}

static void drop_ledger(const char *dir)
{
	drop(dir, EXH_LEDGER_NAME);
}

static void empty_ledger(const char *dir)
{
	store(dir, EXH_LEDGER_NAME, "", 0);
}

static void drop_ledger_and_head(const char *dir)
{
	drop(dir, EXH_LEDGER_NAME);
	drop(dir, EXH_HEAD_NAME);
}

static void replace_ledger(const char *dir)
{
	copy("good", EXH_LEDGER_NAME, dir, EXH_LEDGER_NAME);
}

static void replace_ledger_and_head(const char *dir)
{
	replace_ledger(dir);
	copy("good", EXH_HEAD_NAME, dir, EXH_HEAD_NAME);
}

static void edit_byte_in_middle(const char *dir)
{
	edit(dir, EXH_LEDGER_NAME, "\"step\":\"scan\"", "\"step\":\"scam\"");
}

static void edit_last_entry(const char *dir)
{
	edit(dir, EXH_LEDGER_NAME, "output/0003-stdout.txt", "output/0003-stdOut.txt");
}

static void edit_to_garbage(const char *dir)
{
	edit(dir, EXH_LEDGER_NAME, "\"event\":\"begin\",\"number\":2", "\"event\":\"begin\",\"number\":{");
}

static void edit_last_to_garbage(const char *dir)
{
	edit(dir, EXH_LEDGER_NAME, "\"event\":\"end\",\"facts\":{\"bytes\":23", "\"event\":\"end\",\"facts\":[\"bytes\":23");
}

static void edit_first_entry(const char *dir)
{
	edit(dir, EXH_LEDGER_NAME, "\"synchronised\":", "\"synchronized\":");
}

static void put_together(const char *dir, const int *order)
{
	size_t n;
	char *bytes = load(dir, EXH_LEDGER_NAME, &n), *out = malloc(2 * n), *p = out;

	for (; *order >= 0; order++) {
		size_t start = line_start(bytes, n, (size_t)*order), end = line_start(bytes, n, (size_t)*order + 1);

		memcpy(p, bytes + start, end - start);
		p += end - start;
	}
	store(dir, EXH_LEDGER_NAME, out, (size_t)(p - out));
	free(out);
	free(bytes);
}

static void reorder(const char *dir)
{
	put_together(dir, (const int[]){0, 1, 3, 2, 4, 5, 6, -1});
}

static void duplicate(const char *dir)
{
	put_together(dir, (const int[]){0, 1, 2, 2, 3, 4, 5, 6, -1});
}

static void duplicate_last(const char *dir)
{
	put_together(dir, (const int[]){0, 1, 2, 3, 4, 5, 6, 6, -1});
}

static void remove_middle(const char *dir)
{
	put_together(dir, (const int[]){0, 1, 2, 4, 5, 6, -1});
}

static void remove_first(const char *dir)
{
	put_together(dir, (const int[]){1, 2, 3, 4, 5, 6, -1});
}

/* Adds an entry that continues the chain, as whoever can write files can. */
static void append_chained(const char *dir)
{
	struct exh_chain chain = {0};
	char path[512];
	struct exh_case *c = open_case(dir);
	int fd;

	path_of(path, dir, EXH_LEDGER_NAME);
	fd = open(path, O_RDWR | O_APPEND);
	assert_int_equal(exh_chain_init(&ctx, &chain, fd, c->identity.case_id, c->identity.fingerprint), 0);
	assert_int_equal(exh_chain_catch_up(&ctx, &chain), 0);
	assert_int_equal(exh_chain_append(&ctx, &chain, "note", NULL), 0);
	exh_chain_clear(&chain);
	close(fd);
	exh_case_close(c);
}

static void append_foreign(const char *dir)
{
	size_t n, m, start;
	char *bytes = load(dir, EXH_LEDGER_NAME, &n), *foreign = load("good", EXH_LEDGER_NAME, &m);
	char *all = malloc(n + m);

	start = line_start(foreign, m, 6);
	memcpy(all, bytes, n);
	memcpy(all + n, foreign + start, m - start);
	store(dir, EXH_LEDGER_NAME, all, n + m - start);
	free(all);
	free(bytes);
	free(foreign);
}

static void append_garbage(const char *dir)
{
	size_t n;
	char *bytes = load(dir, EXH_LEDGER_NAME, &n);

	bytes = realloc(bytes, n + 8);
	memcpy(bytes + n, "garbage", 7);
	store(dir, EXH_LEDGER_NAME, bytes, n + 7);
	free(bytes);
}

static void insert(const char *dir)
{
	edit(dir, EXH_LEDGER_NAME, "{\"begin\":3",
	     "{\"event\":\"note\",\"prev\":\"0000000000000000000000000000000000000000000000000000000000000000\","
	     "\"seq\":4,\"time\":\"2026-01-01T00:00:00.000000Z\"}\n{\"begin\":3");
}

static void put_old_head_back(const char *dir)
{
	struct exh_case *c;

	copy(dir, EXH_HEAD_NAME, dir, "../old.head");
	c = open_case(dir);
	add_step(c, "scan");
	exh_case_close(c);
	copy(dir, "../old.head", dir, EXH_HEAD_NAME);
}

static void sign_with(const char *dir, EVP_PKEY *key, const char *fingerprint)
{
	struct exh_head head;
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", root, dir);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	assert_int_equal(exh_head_read(&ctx, fd, EXH_HEAD_NAME, &head), 0);
	if (fingerprint)
		strcpy(head.key, fingerprint);
	assert_int_equal(exh_head_write(&ctx, fd, &head, key), 0);
	close(fd);
}

static void sign_head_with_other_key(const char *dir)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	sign_with(dir, key, "1111111111111111111111111111111111111111111111111111111111111111");
	EVP_PKEY_free(key);
}

static void sign_head_with_other_key_in_our_name(const char *dir)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	sign_with(dir, key, NULL);
	EVP_PKEY_free(key);
}

static void exchange_key_of_case(const char *dir)
{
	size_t n;
	char *text = load("good", EXH_CASE_FILE, &n), *own_text = load(dir, EXH_CASE_FILE, &n);
	_cleanup_json_ json_t *good = json_loads(text, 0, NULL), *own = json_loads(own_text, 0, NULL);
	char *edited;

	json_object_set(own, "key", json_object_get(good, "key"));
	edited = json_dumps(own, JSON_INDENT(1) | JSON_SORT_KEYS);
	store(dir, EXH_CASE_FILE, edited, strlen(edited));
	free(edited);
	free(text);
	free(own_text);
}

static void exchange_public_file(const char *dir)
{
	copy("good", EXH_CASE_PUBLIC, dir, EXH_CASE_PUBLIC);
}

static void edit_examiner(const char *dir)
{
	edit(dir, EXH_CASE_FILE, "A. Examiner", "B. Examiner");
}

static void drop_case_file(const char *dir)
{
	drop(dir, EXH_CASE_FILE);
}

static void drop_head(const char *dir)
{
	drop(dir, EXH_HEAD_NAME);
}

static void empty_head(const char *dir)
{
	store(dir, EXH_HEAD_NAME, "", 0);
}

static void edit_head_count(const char *dir)
{
	edit(dir, EXH_HEAD_NAME, "\"entries\":7", "\"entries\":6");
}

static void add_to_head(const char *dir)
{
	edit(dir, EXH_HEAD_NAME, "\"entries\":7", "\"comment\":\"x\",\"entries\":7");
}

static void edit_facts(const char *dir)
{
	edit(dir, "facts/0001-verify.json", "match", "Match");
}

static void drop_facts(const char *dir)
{
	drop(dir, "facts/0002-scan.json");
}

static void link_facts(const char *dir)
{
	char path[512], other[512];

	path_of(path, dir, "facts/0002-scan.json");
	path_of(other, "good", "facts/0002-scan.json");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(other, path), 0);
}

static void edit_output(const char *dir)
{
	store(dir, "output/0003-stdout.txt", "hullo\n", 6);
}

static void drop_output(const char *dir)
{
	drop(dir, "output/0003-stdout.txt");
}

static void declare_torn_entry(const char *dir)
{
	/* Somebody turns an entry into "unfinished bytes" and has a later one declare them. */
	edit(dir, EXH_LEDGER_NAME, "\"event\":\"end\",\"facts\":{\"bytes\":", "\"event\":\"end\",\"facts\":[\"bytes\":");
	edit(dir, EXH_LEDGER_NAME, "\"event\":\"begin\",\"number\":2",
	     "\"event\":\"begin\",\"torn\":{\"start\":1,\"bytes\":1,\"sha256\":\"00\"},\"number\":2");
}

static const struct tampering matrix[] = {
	{"tail lines cut off", cut_tail_lines, "truncated", "the ledger ends after 5 entries"},
	{"last line cut off", cut_last_line, "truncated", "the ledger ends after 6 entries"},
	{"cut within a line", cut_within_a_line, "truncated", "the ledger ends after 6 entries"},
	{"last newline cut off", cut_last_newline, "truncated", "the ledger ends after 6 entries"},
	{"last line overwritten with blanks", blank_last_line, "altered", "entry 6 and what follows it is not readable"},
	{"ledger dropped", drop_ledger, "truncated", "is not there; its head states 7 entries"},
	{"ledger emptied", empty_ledger, "truncated", "the ledger ends after 0 entries"},
	{"ledger and head dropped", drop_ledger_and_head, "truncated", "ledger.jsonl: is not there"},
	{"ledger of another case", replace_ledger, "altered", "the ledger is that of case"},
	{"ledger and head of another case", replace_ledger_and_head, "altered", "is the head of another case"},
	{"byte edited in the middle", edit_byte_in_middle, "altered", "entry 4, bytes"},
	{"last entry edited", edit_last_entry, "altered", "names another entry 6"},
	{"entry made unreadable", edit_to_garbage, "altered", "entry 3, bytes"},
	{"last entry made unreadable", edit_last_to_garbage, "altered", "entry 6 and what follows it is not readable"},
	{"first entry edited", edit_first_entry, "altered", "entry 1, bytes"},
	{"entries reordered", reorder, "altered", "out of its order"},
	{"entry duplicated", duplicate, "altered", "is a copy of the entry before it"},
	{"last entry duplicated", duplicate_last, "altered", "is a copy of the entry before it"},
	{"entry removed", remove_middle, "altered", "the entries before it are not there"},
	{"first entry removed", remove_first, "altered", "the entries before it are not there"},
	{"entry inserted", insert, "altered", "entry 4, bytes"},
	{"chained entry added", append_chained, "unsealed", "entries 7 to 7 (note) are not sealed"},
	{"foreign entry added", append_foreign, "altered", "out of its order"},
	{"bytes added", append_garbage, "unsealed", "7 bytes behind the last entry are no entry"},
	{"old head put back", put_old_head_back, "unsealed", "entries 7 to 8 (begin scan, end scan)"},
	{"head by another key", sign_head_with_other_key, "altered", "is signed with another key"},
	{"head by another key in our name", sign_head_with_other_key_in_our_name, "altered", "its signature does not hold"},
	{"key exchanged in case.json", exchange_key_of_case, "altered", "the ledger began with key"},
	{"public.pem exchanged", exchange_public_file, "altered", "public.pem: is not the key of the case"},
	{"operator edited in case.json", edit_examiner, "altered", "case.json: was changed"},
	{"case.json dropped", drop_case_file, "altered", "case.json: is not there"},
	{"head dropped", drop_head, "unsealed", "ledger.head: is not there"},
	{"head emptied", empty_head, "altered", "ledger.head: is empty"},
	{"count edited in the head", edit_head_count, "altered", "its signature does not hold"},
	{"member added to the head", add_to_head, "altered", "holds more than the members"},
	{"facts edited", edit_facts, "altered", "facts/0001-verify.json: was changed"},
	{"facts dropped", drop_facts, "altered", "facts/0002-scan.json: is not there"},
	{"facts replaced by a link", link_facts, "unreadable", "facts/0002-scan.json"},
	{"output edited", edit_output, "altered", "output/0003-stdout.txt: was changed"},
	{"output dropped", drop_output, "altered", "output/0003-stdout.txt: is not there"},
	{"entry passed off as torn", declare_torn_entry, "altered", "is not readable as an entry"},
};

/* Each kind of tampering is found, named, and never covered up by a later command. */
static void every_tampering_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(matrix) / sizeof(matrix[0]); i++) {
		const struct tampering *t = &matrix[i];
		struct exh_case *c = NULL;
		char dir[32], path[512];

		snprintf(dir, sizeof(dir), "tampered-%zu", i);
		snprintf(path, sizeof(path), "%s/%s", root, dir);
		make_case(dir);
		t->tamper(dir);
		print_message("  %s: %s\n", t->name, t->verdict);
		expect(dir, t->verdict, t->text);
		if (exh_case_open(&ctx, path, NULL, &c) == 0) {
			_cleanup_json_ json_t *facts = NULL;

			exh_case_seal(&ctx, c);
			exh_case_close(c);
			facts = verify_with(dir, NULL, NULL);
			if (!strcmp(exh_json_str(facts, "verdict"), "intact") &&
			    !has_problem(facts, "found-unsealed") && !has_problem(facts, "torn-entry")) {
				print_error("'%s' was covered up\n", t->name);
				fail();
			}
		}
	}
}

/* ---- anchors ---- */

static void anchors_find_what_the_inside_cannot(void **state)
{
	char key[512], head[512], old_key[512];
	json_t *facts;
	struct exh_case *c;

	(void)state;
	make_case("anchored");
	copy("anchored", EXH_HEAD_NAME, "anchored", "../anchor.head");
	path_of(head, "anchored", "../anchor.head");
	path_of(key, "anchored", EXH_CASE_PUBLIC);
	path_of(old_key, "good", EXH_CASE_PUBLIC);
	facts = verify_with("anchored", key, head);
	check(facts, "intact", "goes on from the head given");
	assert_false(has_problem(facts, "not-anchored"));
	json_decref(facts);

	copy("anchored", EXH_LEDGER_NAME, "anchored", "../old.jsonl");
	c = open_case("anchored");
	add_step(c, "scan");
	exh_case_close(c);
	facts = verify_with("anchored", NULL, head);
	check(facts, "intact", NULL);
	json_decref(facts);

	copy("anchored", EXH_HEAD_NAME, "anchored", "../anchor.head");
	copy("anchored", "../old.jsonl", "anchored", EXH_LEDGER_NAME);
	facts = verify_with("anchored", NULL, head);
	check(facts, "truncated", "anchor-head states 9 entries");
	json_decref(facts);

	facts = verify_with("good", key, NULL);
	check(facts, "altered", "not the key given");
	json_decref(facts);
	facts = verify_with("good", NULL, head);
	check(facts, "altered", "is the head of another case");
	json_decref(facts);
	facts = verify_with("good", old_key, NULL);
	check(facts, "intact", "the case has the key given");
	json_decref(facts);
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
	expect("interrupted", "intact", "step-interrupted");
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
	assert_false(has_problem(facts, "step-interrupted"));
	json_decref(facts);
	exh_case_close(running);
	expect("running", "intact", "step-interrupted");
}

/* ---- several writers ---- */

#define WRITERS	     2
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
		check(facts, "intact", last >= 0 ? "step-interrupted" : NULL);
		json_decref(facts);
	}
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

static int set_up(void **state)
{
	char keys[512];

	(void)state;
	umask(077);
	if (!mkdtemp(root))
		return -1;
	snprintf(keys, sizeof(keys), "%s/keys", root);
	ctx.helper = -1;
	return setenv("EXHIBIT_KEY_DIR", keys, 1);
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
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
		cmocka_unit_test(every_tampering_is_named),
		cmocka_unit_test(anchors_find_what_the_inside_cannot),
		cmocka_unit_test(an_unfinished_write_is_declared_by_the_next_entry),
		cmocka_unit_test(a_last_line_without_its_newline_is_completed),
		cmocka_unit_test(an_interrupted_step_is_visible_before_and_after_the_next_command),
		cmocka_unit_test(a_step_that_goes_on_is_not_taken_for_interrupted),
		cmocka_unit_test(two_writers_at_once_lose_nothing),
		cmocka_unit_test(kill_in_the_middle_of_appends_loses_nothing_acknowledged),
		cmocka_unit_test(names_that_could_lead_out_of_the_case_are_refused),
		cmocka_unit_test(a_file_that_nobody_recorded_is_named),
		cmocka_unit_test(a_report_may_be_written_again_and_may_be_taken_away),
		cmocka_unit_test(what_is_no_case_is_unreadable),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
