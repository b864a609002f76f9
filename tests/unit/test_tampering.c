// SPDX-License-Identifier: Apache-2.0
/* Whatever is done to a record is found and named: from inside, from outside, and with openssl
 * alone. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "case_fixture.h"

/* A second case, whose files stand in for those of somebody else. */
static int set_up(void **state)
{
	if (fixture_set_up(state))
		return -1;
	make_case("good");
	return 0;
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
	edit(dir, EXH_LEDGER_NAME, "\"event\":\"begin\",\"number\":2",
	     "\"event\":\"begin\",\"number\":{");
}

static void edit_last_to_garbage(const char *dir)
{
	edit(dir, EXH_LEDGER_NAME, "\"files\":[{", "\"files\":[[");
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
		size_t start = line_start(bytes, n, (size_t)*order),
		       end = line_start(bytes, n, (size_t)*order + 1);

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
	     "{\"event\":\"note\",\"prev\":"
	     "\"0000000000000000000000000000000000000000000000000000000000000000\","
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

	snprintf(path, sizeof(path), "%s/%s", fixture_root(), dir);
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
	_cleanup_json_ json_t *good = json_loads(text, 0, NULL),
			      *own = json_loads(own_text, 0, NULL);
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
	edit(dir, EXH_HEAD_NAME, "\n7\n", "\n6\n");
}

static void add_to_head(const char *dir)
{
	edit(dir, EXH_HEAD_NAME, "\nkey ", "\ncomment x\nkey ");
}

static void sign_head_again(const char *dir)
{
	struct exh_head head;
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	char *bytes;
	size_t n;

	bytes = load(dir, EXH_HEAD_NAME, &n);
	assert_int_equal(exh_head_parse(&ctx, bytes, n, &head), 0);
	assert_int_equal(exh_note_sign(&ctx, &head.note, "somebody.else", key), 0);
	store(dir, EXH_HEAD_NAME, head.note.bytes, head.note.n);
	EVP_PKEY_free(key);
	free(bytes);
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
	edit(dir, EXH_LEDGER_NAME,
	     "\"event\":\"end\",\"facts\":{\"bytes\":", "\"event\":\"end\",\"facts\":[\"bytes\":");
	edit(dir, EXH_LEDGER_NAME, "\"event\":\"begin\",\"number\":2",
	     "\"event\":\"begin\",\"torn\":{\"start\":1,\"bytes\":1,\"sha256\":\"00\"},\"number\":"
	     "2");
}

static const struct tampering matrix[] = {
	{"tail lines cut off", cut_tail_lines, "truncated", "the ledger ends after 5 entries"},
	{"last line cut off", cut_last_line, "truncated", "the ledger ends after 6 entries"},
	{"cut within a line", cut_within_a_line, "truncated", "the ledger ends after 6 entries"},
	{"last newline cut off", cut_last_newline, "truncated", "the ledger ends after 6 entries"},
	{"last line overwritten with blanks", blank_last_line, "altered",
	 "entry 6 and what follows it is not readable"},
	{"ledger dropped", drop_ledger, "truncated", "is not there; its head states 7 entries"},
	{"ledger emptied", empty_ledger, "truncated", "the ledger ends after 0 entries"},
	{"ledger and head dropped", drop_ledger_and_head, "truncated",
	 "ledger.jsonl: is not there"},
	{"ledger of another case", replace_ledger, "altered", "the ledger is that of case"},
	{"ledger and head of another case", replace_ledger_and_head, "altered",
	 "is the head of another case"},
	{"byte edited in the middle", edit_byte_in_middle, "altered", "entry 4, bytes"},
	{"last entry edited", edit_last_entry, "altered",
	 "names other entries than the ledger has: entry 6"},
	{"entry made unreadable", edit_to_garbage, "altered", "entry 3, bytes"},
	{"last entry made unreadable", edit_last_to_garbage, "altered",
	 "entry 6 and what follows it is not readable"},
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
	{"old head put back", put_old_head_back, "unsealed",
	 "entries 7 to 8 (begin scan, end scan)"},
	{"head by another key", sign_head_with_other_key, "altered", "is signed with another key"},
	{"head by another key in our name", sign_head_with_other_key_in_our_name, "altered",
	 "its signature does not hold"},
	{"key exchanged in case.json", exchange_key_of_case, "altered",
	 "the ledger began with key"},
	{"public.pem exchanged", exchange_public_file, "altered",
	 "public.pem: is not the key of the case"},
	{"operator edited in case.json", edit_examiner, "altered", "case.json: was changed"},
	{"case.json dropped", drop_case_file, "altered", "case.json: is not there"},
	{"head dropped", drop_head, "unsealed", "ledger.head: is not there"},
	{"head emptied", empty_head, "altered", "ledger.head: is empty"},
	{"count edited in the head", edit_head_count, "altered", "its signature does not hold"},
	{"line added to the head", add_to_head, "altered", "is no head of a ledger"},
	{"signature added to the head", sign_head_again, "altered", "has 2 signatures"},
	{"facts edited", edit_facts, "altered", "facts/0001-verify.json: was changed"},
	{"facts dropped", drop_facts, "altered", "facts/0002-scan.json: is not there"},
	{"facts replaced by a link", link_facts, "altered",
	 "facts/0002-scan.json: is not a file of this case"},
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
		snprintf(path, sizeof(path), "%s/%s", fixture_root(), dir);
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
			    !has_problem(facts, "found-unsealed") &&
			    !has_problem(facts, "torn-entry")) {
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

/* The recipe that docs/ledger.md gives to third parties, taken from there; 0 where it says that the
 * record holds. */
static int run_recipe(const char *dir)
{
	_cleanup_free_ char *source = strdup(__FILE__), *command = NULL;
	char *tests = strstr(source, "tests/unit/");

	assert_non_null(tests);
	*tests = 0;
	assert_true(
		asprintf(&command,
			 "sed -n '/^```sh/,/^```/{/^```/!p}' '%sdocs/ledger.md' > %s/recipe.sh && "
			 "cd %s/%s && sh %s/recipe.sh > %s/recipe.out 2>&1 && "
			 "grep -qx 'the record holds' %s/recipe.out",
			 source, fixture_root(), fixture_root(), dir, fixture_root(),
			 fixture_root(), fixture_root()) > 0);
	return system(command);
}

static void openssl_alone_can_check_a_record(void **state)
{
	(void)state;
	if (system("openssl version > /dev/null 2>&1"))
		skip();
	make_case("recipe");
	assert_int_equal(run_recipe("recipe"), 0);
	edit("recipe", "facts/0001-verify.json", "match", "Match");
	assert_int_not_equal(run_recipe("recipe"), 0);
	edit("recipe", "facts/0001-verify.json", "Match", "match");
	assert_int_equal(run_recipe("recipe"), 0);
	edit("recipe", EXH_LEDGER_NAME, "\"step\":\"scan\"", "\"step\":\"scam\"");
	assert_int_not_equal(run_recipe("recipe"), 0);
	edit("recipe", EXH_LEDGER_NAME, "\"step\":\"scam\"", "\"step\":\"scan\"");
	edit("recipe", EXH_HEAD_NAME, "\n7\n", "\n6\n");
	assert_int_not_equal(run_recipe("recipe"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_tampering_is_named),
		cmocka_unit_test(anchors_find_what_the_inside_cannot),
		cmocka_unit_test(openssl_alone_can_check_a_record),
	};

	return cmocka_run_group_tests(tests, set_up, fixture_tear_down);
}
