// SPDX-License-Identifier: Apache-2.0
/*
 * Ledgers of the first version: tests/fixtures/case-v1 was written by the program that knew no
 * other. They verify, what is done to them is found, and they go on in their own version.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "case_fixture.h"

#define CASE_ID "c857a03e-6bc4-42bb-a881-10b7ed8e1b36"

static void unpack(const char *dir)
{
	_cleanup_free_ char *source = source_root(), *command = NULL;

	assert_true(
		asprintf(&command,
			 "cp -r '%stests/fixtures/case-v1' %s/%s && chmod -R u+w %s/%s && "
			 "mkdir -p %s/keys && cp '%stests/fixtures/case-v1.key' %s/keys/" CASE_ID
			 ".pem && chmod 600 %s/keys/*",
			 source, fixture_root(), dir, fixture_root(), dir, fixture_root(), source,
			 fixture_root(), fixture_root()) > 0);
	assert_int_equal(system(command), 0);
}

static void it_still_verifies(void **state)
{
	json_t *facts;

	(void)state;
	unpack("old");
	facts = verify_with("old", NULL, NULL);
	check(facts, "intact", "the signed head covers every entry: 6 in all");
	assert_int_equal(exh_json_u64(facts, "ledger_version", 0), 1);
	assert_int_equal(json_array_size(json_object_get(facts, "problems")), 1);
	assert_true(has_problem(facts, "not-anchored"));
	json_decref(facts);
}

static void what_is_done_to_it_is_found(void **state)
{
	size_t n;
	char *bytes;

	(void)state;
	unpack("edited");
	edit("edited", EXH_LEDGER_NAME, "\"step\":\"scan\"", "\"step\":\"scam\"");
	expect("edited", "altered", "entry 4, bytes");
	unpack("cut");
	bytes = load("cut", EXH_LEDGER_NAME, &n);
	store("cut", EXH_LEDGER_NAME, bytes, line_start(bytes, n, 5));
	free(bytes);
	expect("cut", "truncated", "the ledger ends after 5 entries");
	unpack("counted");
	edit("counted", EXH_HEAD_NAME, "\"entries\":6", "\"entries\":5");
	expect("counted", "altered", "its signature does not hold");
	unpack("facts");
	edit("facts", "facts/0002-scan.json", "partition", "Partition");
	expect("facts", "altered", "facts/0002-scan.json: was changed");
}

static void it_goes_on_in_its_own_version(void **state)
{
	struct exh_case *c;
	size_t n;
	char *head;

	(void)state;
	unpack("goes-on");
	c = open_case("goes-on");
	add_step(c, "verify");
	assert_int_equal(exh_case_seal(&ctx, c), 0);
	exh_case_close(c);
	expect("goes-on", "intact", "the signed head covers every entry: 8 in all");
	head = load("goes-on", EXH_HEAD_NAME, &n);
	assert_int_equal(*head, '{');
	free(head);
}

/* Neither kind of head can stand in for the other. */
static void versions_are_not_mixed(void **state)
{
	char path[512];
	struct exh_head head = {0};
	struct exh_case *c;

	(void)state;
	unpack("mixed");
	c = open_case("mixed");
	memcpy(head.case_id, c->identity.case_id, sizeof(head.case_id));
	memcpy(head.key, c->identity.fingerprint, sizeof(head.key));
	memcpy(head.sha256, c->identity.fingerprint, sizeof(head.sha256));
	head.version = 2;
	head.entries = c->chain.entries;
	head.bytes = c->chain.end;
	{
		bool is_locked;
		EVP_PKEY *key;

		assert_int_equal(exh_key_load(&ctx, head.case_id, head.key, &key, &is_locked), 0);
		assert_int_equal(exh_head_write(&ctx, c->dirfd, &head, key), 0);
		EVP_PKEY_free(key);
	}
	exh_case_close(c);
	expect("mixed", "altered", "is the head of a ledger of version 2; this one has version 1");
	path_of(path, "mixed", "");
	assert_int_equal(exh_case_open(&ctx, path, NULL, &c), -EXH_E_STATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_still_verifies),
		cmocka_unit_test(what_is_done_to_it_is_found),
		cmocka_unit_test(it_goes_on_in_its_own_version),
		cmocka_unit_test(versions_are_not_mixed),
	};

	return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
