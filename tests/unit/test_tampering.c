// SPDX-License-Identifier: Apache-2.0
/* Whatever is done to a record is found and named: from inside, from outside, and with openssl
 * alone. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "tamperings.h"

/* A second case, whose files stand in for those of somebody else. */
static int set_up(void **state)
{
	if (fixture_set_up(state))
		return -1;
	make_case("good");
	return 0;
}

/* ---- tampering ---- */

/* Runs the verifier of exports, by this shell, on a case; what it says is in ROOT/offline.out. */
static int run_verifier(const char *shell, const char *dir, const char *options)
{
	_cleanup_free_ char *source = source_root(), *command = NULL;
	int status;

	assert_true(asprintf(&command,
			     "cd / && %s '%ssrc/case/offline/verify.sh' %s %s/%s > %s/offline.out "
			     "2>&1",
			     shell, source, options, fixture_root(), dir, fixture_root()) > 0);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* How many of its answers are not as expected: 0 or 1. */
static int expect_offline(const char *shell, const char *dir, const char *options,
			  const char *verdict, const char *text)
{
	int status = run_verifier(shell, dir, options),
	    expected = !strcmp(verdict, "intact")				      ? 0
		       : !strcmp(verdict, "altered") || !strcmp(verdict, "truncated") ? 1
										      : 3;
	char last[64];
	size_t n;
	char *said = load(".", "offline.out", &n);

	snprintf(last, sizeof(last), "verdict: %s\n", verdict);
	if (status != expected || !strstr(said, last) || (text && !strstr(said, text))) {
		print_error("%s %s: expected %s, '%s', got status %d:\n%s\n", shell, dir, verdict,
			    text ? text : "", status, said);
		free(said);
		return 1;
	}
	free(said);
	return 0;
}

/* Each kind of tampering is found and named by who has a shell and openssl only. */
static void the_verifier_of_exports_names_every_tampering(void **state)
{
	static const char *const shells[] = {"dash", "bash"};
	int wrong = 0;

	(void)state;
	if (system("openssl version > /dev/null 2>&1"))
		skip();
	for (size_t i = 0; i < nr_tamperings; i++) {
		const struct tampering *t = &tamperings[i];
		char dir[32];

		snprintf(dir, sizeof(dir), "offline-%zu", i);
		make_case(dir);
		t->tamper(dir);
		print_message("  %s: %s\n", t->name, t->verdict);
		for (size_t k = 0; k < sizeof(shells) / sizeof(shells[0]); k++)
			wrong += expect_offline(shells[k], dir, "", t->verdict,
						t->offline ? t->offline : t->text);
	}
	make_case("offline-good");
	for (size_t k = 0; k < sizeof(shells) / sizeof(shells[0]); k++)
		wrong += expect_offline(shells[k], "offline-good", "", "intact", "not-anchored");
	assert_int_equal(wrong, 0);
}

/* Each kind of tampering is found, named, and never covered up by a later command. */
static void every_tampering_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < nr_tamperings; i++) {
		const struct tampering *t = &tamperings[i];
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
	_cleanup_free_ char *source = source_root(), *command = NULL;

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
		cmocka_unit_test(the_verifier_of_exports_names_every_tampering),
		cmocka_unit_test(anchors_find_what_the_inside_cannot),
		cmocka_unit_test(openssl_alone_can_check_a_record),
	};

	return cmocka_run_group_tests(tests, set_up, fixture_tear_down);
}
