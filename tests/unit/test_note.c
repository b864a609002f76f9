// SPDX-License-Identifier: Apache-2.0
/* Signed notes: the published example, what is refused, and several signers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "case/head.h"

#define DASH "\xe2\x80\x94 "

static struct exh_ctx ctx = {.helper = -1};

/* An example of other implementations: text, key and signature were made elsewhere. */
static const char example[] =
	"This is an example message.\n\n" DASH "example.com/foo "
	"Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuw"
	"HjG1Yu72IneyaQM=\n";
static const char example_key[] = "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
static const unsigned char example_id[] = {0x53, 0x0d, 0x90, 0x3a};

static EVP_PKEY *published_key(void)
{
	unsigned char bytes[40];

	assert_int_equal(EVP_DecodeBlock(bytes, (const unsigned char *)example_key, 44), 33);
	assert_int_equal(bytes[0], 1);
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bytes + 1, 32);
}

static void the_published_example_verifies(void **state)
{
	EVP_PKEY *key = published_key(), *other = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	unsigned char id[EXH_NOTE_ID];
	struct exh_note note;

	(void)state;
	assert_int_equal(exh_note_parse(&ctx, example, sizeof(example) - 1, &note), 0);
	assert_true(exh_note_key_id("example.com/foo", key, id));
	assert_memory_equal(id, example_id, sizeof(id));
	assert_true(exh_note_is_signed_by(&note, "example.com/foo", key));
	assert_false(exh_note_is_signed_by(&note, "example.com/bar", key));
	assert_false(exh_note_is_signed_by(&note, "example.com/foo", other));
	note.bytes[3] ^= 1;
	assert_false(exh_note_is_signed_by(&note, "example.com/foo", key));
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

static void a_note_may_have_several_signatures(void **state)
{
	EVP_PKEY *a = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"),
		 *b = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	struct exh_note note, again;

	(void)state;
	assert_int_equal(exh_note_begin(&ctx, "one\n\ntwo\n", 9, &note), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(exh_note_sign(&ctx, &note, i ? "other" : "first", i ? b : a), 0);
	assert_int_equal(exh_note_parse(&ctx, note.bytes, note.n, &again), 0);
	assert_int_equal(again.text, 9);
	assert_int_equal(exh_note_signatures(&again), 20);
	assert_true(exh_note_is_signed_by(&again, "first", a));
	assert_true(exh_note_is_signed_by(&again, "other", b));
	assert_false(exh_note_is_signed_by(&again, "other", a));
	EVP_PKEY_free(a);
	EVP_PKEY_free(b);
}

static void what_is_no_note_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"\n",
		"\n\n",
		"text\n",
		"text\n\n",
		"text\n\n\n",
		"text\n\nsignature\n",
		"text\n\n- name AAAA\n",
		"text\n\n" DASH "name\n",
		"text\n\n" DASH " AAAA\n",
		"text\n\n" DASH "name AAA\n",
		"text\n\n" DASH "name AAAA",
		"text\n\n" DASH "na+me AAAA\n",
		"text\n\n" DASH "n\xc2\xa0me AAAA\n",
		"text\n\n" DASH "name AAAA BBBB\n",
		"te\x01xt\n\n" DASH "name AAAA\n",
		"te\xfft\n\n" DASH "name AAAA\n",
		"text\n\n" DASH "name A===\n",
		"text\n\n" DASH "name AAAA\r\n",
	};
	struct exh_note note;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (exh_note_parse(&ctx, bad[i], strlen(bad[i]), &note) != -EXH_E_FORMAT) {
			print_error("%zu was taken: %s\n", i, bad[i]);
			fail();
		}
	assert_int_equal(exh_note_parse(&ctx, "a\0b\n\n" DASH "name AAAA\n", 19, &note),
			 -EXH_E_FORMAT);
}

/* A signature of a kind that nobody here knows is left alone. */
static void a_foreign_signature_is_ignored(void **state)
{
	static const char foreign[] = DASH "witness.example AAAAAAAA\n";
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	struct exh_note note, again;

	(void)state;
	assert_int_equal(exh_note_begin(&ctx, "text\n", 5, &note), 0);
	assert_int_equal(exh_note_sign(&ctx, &note, "first", key), 0);
	memcpy(note.bytes + note.n, foreign, sizeof(foreign));
	note.n += sizeof(foreign) - 1;
	assert_int_equal(exh_note_parse(&ctx, note.bytes, note.n, &again), 0);
	assert_true(exh_note_is_signed_by(&again, "first", key));
	assert_int_equal(exh_note_signatures(&again), 2);
	EVP_PKEY_free(key);
}

static void names_that_would_end_early_cannot_sign(void **state)
{
	static const char *const bad[] = {"",
					  "a b",
					  "a\nb",
					  "a+b",
					  "a\xe2\x80\x83"
					  "b",
					  "\xff"};
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	struct exh_note note;

	(void)state;
	assert_int_equal(exh_note_begin(&ctx, "text\n", 5, &note), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_true(exh_note_sign(&ctx, &note, bad[i], key) < 0);
	EVP_PKEY_free(key);
}

/* ---- heads ---- */

static struct exh_head example_head(void)
{
	struct exh_head head = {.version = 2,
				.case_id = "c857a03e-6bc4-42bb-a881-10b7ed8e1b36",
				.entries = 7,
				.bytes = 4321,
				.time = "2026-11-24T13:20:45.194187Z"};

	memset(head.key, 'a', 64);
	memset(head.sha256, 'b', 64);
	memset(head.root, 3, sizeof(head.root));
	return head;
}

static void a_head_is_a_checkpoint(void **state)
{
	static const char begins[] =
		"exhibit/c857a03e-6bc4-42bb-a881-10b7ed8e1b36\n7\n"
		"AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=\nledger 4321 bbbb";
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	struct exh_head head = example_head(), again;

	(void)state;
	assert_int_equal(exh_head_v2_sign(&ctx, &head, key), 0);
	assert_memory_equal(head.note.bytes, begins, sizeof(begins) - 1);
	assert_int_equal(exh_head_parse(&ctx, head.note.bytes, head.note.n, &again), 0);
	assert_int_equal(again.entries, 7);
	assert_int_equal(again.bytes, 4321);
	assert_memory_equal(again.root, head.root, sizeof(head.root));
	assert_string_equal(again.case_id, head.case_id);
	assert_true(exh_head_is_signed_by(&again, key));
	EVP_PKEY_free(key);
}

/* One form only: whatever else reads as the same numbers is no head. */
static void a_head_has_one_form(void **state)
{
	static const struct {
		const char *old, *new;
	} edits[] = {
		{"\n7\n", "\n07\n"},	    {"\n7\n", "\n 7\n"},
		{"\n7\n", "\n7 \n"},	    {"\n7\n", "\n-7\n"},
		{"\n7\n", "\n7\n8\n"},	    {"ledger 4321", "ledger  4321"},
		{"ledger 4321", "ledger"},  {"exhibit/", "exhibit//"},
		{"exhibit/c", "exhibit/C"}, {"time 2", "time\n2"},
		{"key a", "key A"},	    {"AwMD", "Aw D"},
		{"Z\n", "Z\nmore\n"},	    {"\n7\n", "\n0\n"},
	};
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	(void)state;
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		struct exh_head head = example_head(), again;
		char edited[EXH_NOTE_MAX + 16], *at;
		size_t n;

		assert_int_equal(exh_head_v2_sign(&ctx, &head, key), 0);
		at = strstr(head.note.bytes, edits[i].old);
		assert_non_null(at);
		n = (size_t)snprintf(edited, sizeof(edited), "%.*s%s%s",
				     (int)(at - head.note.bytes), head.note.bytes, edits[i].new,
				     at + strlen(edits[i].old));
		if (exh_head_parse(&ctx, edited, n, &again) != -EXH_E_FORMAT) {
			print_error("%zu was taken:\n%s\n", i, edited);
			fail();
		}
	}
	EVP_PKEY_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_example_verifies),
		cmocka_unit_test(a_note_may_have_several_signatures),
		cmocka_unit_test(what_is_no_note_is_refused),
		cmocka_unit_test(a_foreign_signature_is_ignored),
		cmocka_unit_test(names_that_would_end_early_cannot_sign),
		cmocka_unit_test(a_head_is_a_checkpoint),
		cmocka_unit_test(a_head_has_one_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
