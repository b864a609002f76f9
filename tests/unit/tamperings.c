// SPDX-License-Identifier: Apache-2.0
#include "tamperings.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"

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

/* Adds a line that continues the chain, whatever stands before it, and that nobody signs. */
static void append_behind(const char *dir, const char *event)
{
	char sha256[EXH_SHA256_HEX], line[512];
	size_t n, lines = 0, last = 0;
	char *bytes = load(dir, EXH_LEDGER_NAME, &n), *all;

	for (size_t at = 0; at < n; lines++) {
		last = at;
		at = (size_t)((char *)memchr(bytes + at, '\n', n - at) - bytes) + 1;
	}
	assert_int_equal(exh_case_sha256(&ctx, bytes + last, n - last, sha256), 0);
	snprintf(line, sizeof(line),
		 "{\"event\":\"%s\",\"prev\":\"%s\",\"seq\":%zu,\"time\":"
		 "\"2026-01-01T00:00:00.000000Z\"}\n",
		 event, sha256, lines);
	all = malloc(n + strlen(line));
	memcpy(all, bytes, n);
	memcpy(all + n, line, strlen(line));
	store(dir, EXH_LEDGER_NAME, all, n + strlen(line));
	free(all);
	free(bytes);
}

static void close_case(const char *dir)
{
	struct exh_case *c = open_case(dir);

	assert_int_equal(exh_case_event(&ctx, c, "close", NULL), 0);
	exh_case_close(c);
}

static void add_behind_the_close(const char *dir)
{
	close_case(dir);
	append_behind(dir, "note");
}

static void cut_off_the_close(const char *dir)
{
	size_t n;
	char *bytes;

	close_case(dir);
	bytes = load(dir, EXH_LEDGER_NAME, &n);
	store(dir, EXH_LEDGER_NAME, bytes, line_start(bytes, n, 7));
	free(bytes);
}

static void drop_head_and_add(const char *dir)
{
	append_behind(dir, "note");
	drop(dir, EXH_HEAD_NAME);
}

/* The file has as many bytes as before, and every line its length. */
static void exchange_two_digits(const char *dir)
{
	edit(dir, EXH_LEDGER_NAME, "\"number\":3", "\"number\":4");
}

static void add_blank_line(const char *dir)
{
	size_t n;
	char *bytes = load(dir, EXH_LEDGER_NAME, &n), *at = bytes + line_start(bytes, n, 3);
	char *all = malloc(n + 1);

	memcpy(all, bytes, (size_t)(at - bytes));
	all[at - bytes] = '\n';
	memcpy(all + (at - bytes) + 1, at, n - (size_t)(at - bytes));
	store(dir, EXH_LEDGER_NAME, all, n + 1);
	free(all);
	free(bytes);
}

const struct tampering tamperings[] = {
	{"tail lines cut off", cut_tail_lines, "truncated", "the ledger ends after 5 entries",
	 NULL},
	{"last line cut off", cut_last_line, "truncated", "the ledger ends after 6 entries", NULL},
	{"cut within a line", cut_within_a_line, "truncated", "the ledger ends after 6 entries",
	 NULL},
	{"last newline cut off", cut_last_newline, "truncated", "the ledger ends after 6 entries",
	 NULL},
	{"last line overwritten with blanks", blank_last_line, "altered",
	 "entry 6 and what follows it is not readable", NULL},
	{"ledger dropped", drop_ledger, "truncated", "is not there; its head states 7 entries",
	 NULL},
	{"ledger emptied", empty_ledger, "truncated", "the ledger ends after 0 entries", NULL},
	{"ledger and head dropped", drop_ledger_and_head, "truncated", "ledger.jsonl: is not there",
	 NULL},
	{"ledger of another case", replace_ledger, "altered", "the ledger is that of case", NULL},
	{"ledger and head of another case", replace_ledger_and_head, "altered",
	 "is the head of another case", NULL},
	{"byte edited in the middle", edit_byte_in_middle, "altered", "entry 4, bytes",
	 "entry 4 names another digest"},
	{"last entry edited", edit_last_entry, "altered",
	 "names other entries than the ledger has: entry 6", NULL},
	{"entry made unreadable", edit_to_garbage, "altered", "entry 3, bytes",
	 "entry 4 names another digest"},
	{"last entry made unreadable", edit_last_to_garbage, "altered",
	 "entry 6 and what follows it is not readable",
	 "entry 6, the last one it covers, was changed"},
	{"first entry edited", edit_first_entry, "altered", "entry 1, bytes",
	 "entry 1 names another digest"},
	{"entries reordered", reorder, "altered", "out of its order",
	 "says it is entry 3: the entries before it are not there"},
	{"entry duplicated", duplicate, "altered", "is a copy of the entry before it", NULL},
	{"last entry duplicated", duplicate_last, "altered", "is a copy of the entry before it",
	 NULL},
	{"entry removed", remove_middle, "altered", "the entries before it are not there", NULL},
	{"first entry removed", remove_first, "altered", "the entries before it are not there",
	 NULL},
	{"entry inserted", insert, "altered", "entry 4, bytes", "entry 4 names another digest"},
	{"chained entry added", append_chained, "unsealed", "entries 7 to 7 (note) are not sealed",
	 "entries 7 to 7 are not covered by the head"},
	{"foreign entry added", append_foreign, "altered", "out of its order", NULL},
	{"bytes added", append_garbage, "unsealed", "7 bytes behind the last entry are no entry",
	 NULL},
	{"old head put back", put_old_head_back, "unsealed",
	 "entries 7 to 8 (begin scan, end scan)", "entries 7 to 8 are not covered by the head"},
	{"head by another key", sign_head_with_other_key, "altered", "is signed with another key",
	 NULL},
	{"head by another key in our name", sign_head_with_other_key_in_our_name, "altered",
	 "its signature does not hold", NULL},
	{"key exchanged in case.json", exchange_key_of_case, "altered", "the ledger began with key",
	 "the ledger began with another key"},
	{"public.pem exchanged", exchange_public_file, "altered",
	 "public.pem: is not the key of the case", NULL},
	{"operator edited in case.json", edit_examiner, "altered", "case.json: was changed", NULL},
	{"case.json dropped", drop_case_file, "altered", "case.json: is not there", NULL},
	{"head dropped", drop_head, "unsealed", "ledger.head: is not there", NULL},
	{"head emptied", empty_head, "altered", "ledger.head: is empty", NULL},
	{"count edited in the head", edit_head_count, "altered", "its signature does not hold",
	 NULL},
	{"line added to the head", add_to_head, "altered", "is no head of a ledger", NULL},
	{"signature added to the head", sign_head_again, "altered", "has 2 signatures",
	 "has more signatures than the one it was written with"},
	{"facts edited", edit_facts, "altered", "facts/0001-verify.json: was changed", NULL},
	{"facts dropped", drop_facts, "altered", "facts/0002-scan.json: is not there", NULL},
	{"facts replaced by a link", link_facts, "altered",
	 "facts/0002-scan.json: is not a file of this case", NULL},
	{"output edited", edit_output, "altered", "output/0003-stdout.txt: was changed", NULL},
	{"output dropped", drop_output, "altered", "output/0003-stdout.txt: is not there", NULL},
	{"entry behind the closing entry", add_behind_the_close, "altered",
	 "was added behind the closing entry, 7", NULL},
	{"closing entry cut off", cut_off_the_close, "truncated", "the ledger ends after 7 entries",
	 NULL},
	{"head dropped and an entry added", drop_head_and_add, "unsealed",
	 "ledger.head: is not there", NULL},
	{"digit exchanged", exchange_two_digits, "altered", "entry 6, bytes",
	 "entry 6 names another digest"},
	{"empty line put in", add_blank_line, "altered", "entry 3, bytes",
	 "entry 3 is not readable as an entry"},
	{"entry passed off as torn", declare_torn_entry, "altered", "is not readable as an entry",
	 "entry 3 names another digest"},
};

const size_t nr_tamperings = sizeof(tamperings) / sizeof(tamperings[0]);
