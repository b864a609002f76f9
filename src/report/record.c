// SPDX-License-Identifier: Apache-2.0
/* Reads the record of a case. It is not verified here (case verify does that); what is printed is
 * what stands there. */
#include "model.h"

#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "base/text.h"

#define FACTS_LIMIT   ((size_t)512 << 20)
#define MAX_HANDLINGS 20000
#define HEAD_LIMIT    ((size_t)1 << 20)

struct reading {
	json_t *first, *last, *steps, *begun, *unfinished, *custody, *exhibits;
	uint64_t entries, bytes, unreadable;
	EVP_MD_CTX *digest;
};

const json_t *exh_object(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return json_is_object(v) ? v : NULL;
}

const json_t *exh_list(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return json_is_array(v) ? v : NULL;
}

int exh_sha256_hex(struct exh_ctx *ctx, const void *bytes, size_t n, char out[65])
{
	unsigned char digest[32];

	if (!EVP_Digest(bytes, n, digest, NULL, EVP_sha256(), NULL))
		return exh_fail(ctx, EXH_E_MISSING, "SHA-256 is not available from libcrypto");
	exh_hex(digest, sizeof(digest), out);
	return 0;
}

static bool is_step_of(const json_t *begin, const json_t *end)
{
	const char *name = exh_json_str(begin, "step"), *step = exh_json_str(end, "step");

	if (json_is_integer(json_object_get(end, "begin")))
		return json_equal(json_object_get(begin, "seq"), json_object_get(end, "begin"));
	return name && step && !strcmp(name, step);
}

/* Takes the newest open beginning of the step that this entry ends off the list; NULL, or the
 * caller owns it. */
static json_t *close_step(struct reading *r, const json_t *end)
{
	for (size_t i = json_array_size(r->begun); i-- > 0;) {
		json_t *begin = json_array_get(r->begun, i);

		if (!is_step_of(begin, end))
			continue;
		json_incref(begin);
		json_array_remove(r->begun, i);
		return begin;
	}
	return NULL;
}

static void copy_key(json_t *to, const json_t *from, const char *key)
{
	json_t *v = json_object_get(from, key);

	if (v)
		json_object_set(to, key, v);
}

static void note_step(struct reading *r, const json_t *entry, const json_t *begin)
{
	const json_t *facts = exh_object(entry, "facts");
	json_t *step;

	if (!exh_json_str(facts, "path"))
		return;
	step = json_object();
	copy_key(step, entry, "seq");
	copy_key(step, entry, "time");
	copy_key(step, entry, "step");
	copy_key(step, entry, "verdict");
	if (exh_json_str(begin, "time"))
		json_object_set(step, "begun", json_object_get(begin, "time"));
	copy_key(step, facts, "path");
	copy_key(step, facts, "sha256");
	copy_key(step, facts, "bytes");
	json_array_append_new(r->steps, step);
}

static void note_end(struct reading *r, const json_t *entry)
{
	_cleanup_json_ json_t *begin = close_step(r, entry);

	note_step(r, entry, begin);
}

/* What was handled, and by whom: everything but the beginnings, which their ends repeat. */
static void note_handling(struct reading *r, json_t *entry, const char *event)
{
	if (!strcmp(event, "begin") || json_array_size(r->custody) >= MAX_HANDLINGS)
		return;
	json_array_append(r->custody, entry);
	if (!strcmp(event, "exhibit"))
		json_array_append(r->exhibits, entry);
}

static void note_entry(struct reading *r, json_t *entry)
{
	const char *event = exh_json_str(entry, "event");

	if (r->entries <= EXH_LEDGER_SHOWN) {
		json_array_append(r->first, entry);
	} else {
		json_array_append(r->last, entry);
		if (json_array_size(r->last) > EXH_LEDGER_SHOWN)
			json_array_remove(r->last, 0);
	}
	if (!event)
		return;
	note_handling(r, entry, event);
	if (!strcmp(event, "begin")) {
		json_array_append(r->begun, entry);
	} else if (!strcmp(event, "end")) {
		note_end(r, entry);
	} else if (!strcmp(event, "interrupted")) {
		json_decref(close_step(r, entry));
		json_array_append(r->unfinished, entry);
	}
}

static int read_lines(struct exh_ctx *ctx, FILE *f, struct reading *r)
{
	_cleanup_free_ char *line = NULL;
	size_t room = 0;
	ssize_t n;

	while ((n = getline(&line, &room, f)) > 0) {
		_cleanup_json_ json_t *entry = json_loadb(line, (size_t)n, 0, NULL);

		r->entries++;
		r->bytes += (uint64_t)n;
		if (!EVP_DigestUpdate(r->digest, line, (size_t)n))
			return exh_fail(ctx, EXH_E_MISSING, "ledger.jsonl: cannot be digested");
		if (json_is_object(entry))
			note_entry(r, entry);
		else
			r->unreadable++;
	}
	return ferror(f) ? exh_fail_errno(ctx, "ledger.jsonl: cannot be read") : 0;
}

static json_t *ledger_of(const struct reading *r)
{
	unsigned char digest[32];
	char hex[65];
	json_t *ledger;

	if (!EVP_DigestFinal_ex(r->digest, digest, NULL))
		return NULL;
	exh_hex(digest, sizeof(digest), hex);
	ledger = json_pack("{s:I, s:I, s:s, s:O, s:O}", "entries", (json_int_t)r->entries, "bytes",
			   (json_int_t)r->bytes, "sha256", hex, "first", r->first, "last", r->last);
	if (r->unreadable)
		json_object_set_new(ledger, "unreadable_lines",
				    json_integer((json_int_t)r->unreadable));
	return ledger;
}

static int read_ledger(struct exh_ctx *ctx, int casefd, struct reading *r)
{
	_cleanup_fd_ int fd =
		openat(casefd, "ledger.jsonl", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	_cleanup_file_ FILE *f = NULL;

	if (fd < 0)
		return exh_fail_errno(ctx, "ledger.jsonl: cannot be opened");
	f = fdopen(fd, "r");
	if (!f)
		return exh_fail_errno(ctx, "ledger.jsonl: cannot be opened");
	fd = -1;
	if (!r->digest || !EVP_DigestInit_ex(r->digest, EVP_sha256(), NULL))
		return exh_fail(ctx, EXH_E_MISSING, "SHA-256 is not available from libcrypto");
	return read_lines(ctx, f, r);
}

static void read_head(struct exh_ctx *ctx, int casefd, json_t *model, json_t *ledger)
{
	_cleanup_free_ char *bytes = NULL;
	json_t *head;
	size_t n;

	if (exh_file_read(ctx, casefd, "ledger.head", HEAD_LIMIT, &bytes, &n) < 0) {
		exh_problems_add(model, exh_problem(EXH_P_LEDGER_BROKEN, "%s", ctx->text));
		return;
	}
	head = json_loadb(bytes, n, 0, NULL);
	if (!json_is_object(head)) {
		json_decref(head);
		head = json_pack("{s:o}", "text", exh_json_text(bytes, n));
	}
	json_object_set_new(ledger, "head", head);
}

/* Of the DER form, as "openssl pkey -pubin -outform DER | openssl dgst -sha256" gives it. */
static void read_fingerprint(struct exh_ctx *ctx, int casefd, json_t *ledger)
{
	_cleanup_free_ char *pem = NULL;
	unsigned char *der = NULL;
	EVP_PKEY *key;
	char hex[65];
	BIO *bio;
	size_t n;
	int len;

	if (exh_file_read(ctx, casefd, "public.pem", HEAD_LIMIT, &pem, &n) < 0)
		return;
	bio = BIO_new_mem_buf(pem, (int)n);
	key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
	len = key ? i2d_PUBKEY(key, &der) : 0;
	if (len > 0 && exh_sha256_hex(ctx, der, (size_t)len, hex) == 0)
		json_object_set_new(ledger, "key_fingerprint", json_string(hex));
	OPENSSL_free(der);
	EVP_PKEY_free(key);
	BIO_free(bio);
}

/* Steps that were begun and never ended, where no entry says so. The making of this report is not
 * one of them. */
static void collect_unfinished(struct reading *r)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (r->begun, i, entry) {
		const char *step = exh_json_str(entry, "step");

		if (!step || strcmp(step, "report"))
			json_array_append(r->unfinished, (json_t *)entry);
	}
}

static int read_record(struct exh_ctx *ctx, int casefd, json_t *model, struct reading *r)
{
	json_t *ledger;

	if (read_ledger(ctx, casefd, r) < 0)
		return exh_problems_add(model, exh_problem(EXH_P_LEDGER_BROKEN, "%s", ctx->text));
	collect_unfinished(r);
	ledger = ledger_of(r);
	if (!ledger)
		return exh_fail(ctx, EXH_E_NOMEM, "ledger.jsonl: out of memory");
	read_head(ctx, casefd, model, ledger);
	read_fingerprint(ctx, casefd, ledger);
	json_object_set_new(model, "ledger", ledger);
	return 0;
}

int exh_record_read(struct exh_ctx *ctx, int casefd, json_t *model)
{
	struct reading r = {
		.first = json_array(),
		.last = json_array(),
		.steps = json_array(),
		.begun = json_array(),
		.unfinished = json_array(),
		.custody = json_array(),
		.exhibits = json_array(),
		.digest = EVP_MD_CTX_new(),
	};
	int ret = read_record(ctx, casefd, model, &r);

	json_object_set(model, "steps", r.steps);
	json_object_set(model, "unfinished", r.unfinished);
	json_object_set(model, "custody", r.custody);
	json_object_set(model, "exhibits", r.exhibits);
	json_decref(r.first);
	json_decref(r.last);
	json_decref(r.steps);
	json_decref(r.begun);
	json_decref(r.unfinished);
	json_decref(r.custody);
	json_decref(r.exhibits);
	EVP_MD_CTX_free(r.digest);
	return ret;
}

/* The ledger is not trusted to name files: exactly facts/NAME. */
static const char *name_in_facts(const char *path)
{
	static const char prefix[] = "facts/";
	const char *name;

	if (!path || strncmp(path, prefix, sizeof(prefix) - 1))
		return NULL;
	name = path + sizeof(prefix) - 1;
	return *name && *name != '.' && !strchr(name, '/') ? name : NULL;
}

static int read_facts_file(struct exh_ctx *ctx, int casefd, const char *path, char **bytes_ret,
			   size_t *n_ret)
{
	_cleanup_fd_ int dirfd =
		openat(casefd, "facts", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	const char *name = name_in_facts(path);

	if (!name)
		return exh_fail(ctx, EXH_E_FORMAT, "'%s' is no name of a facts file",
				path ? path : "");
	if (dirfd < 0)
		return exh_fail_errno(ctx, "facts: cannot be opened");
	return exh_file_read(ctx, dirfd, name, FACTS_LIMIT, bytes_ret, n_ret);
}

int exh_record_facts(struct exh_ctx *ctx, int casefd, json_t *step, json_t **facts_ret)
{
	const char *recorded = exh_json_str(step, "sha256");
	_cleanup_json_ json_t *facts = NULL;
	_cleanup_free_ char *bytes = NULL;
	const char *state;
	char digest[65];
	size_t n;

	if (read_facts_file(ctx, casefd, exh_json_str(step, "path"), &bytes, &n) < 0)
		state = ctx->err == ENOENT ? "missing" : "unreadable";
	else if (exh_sha256_hex(ctx, bytes, n, digest) < 0)
		return -ctx->code;
	else if (!recorded || strcmp(recorded, digest))
		state = "mismatch";
	else
		state = "match";
	if (facts_ret && !strcmp(state, "match")) {
		facts = json_loadb(bytes, n, JSON_ALLOW_NUL, NULL);
		if (!json_is_object(facts))
			state = "unreadable";
	}
	json_object_set_new(step, "state", json_string(state));
	if (strcmp(state, "match"))
		return 1;
	if (facts_ret)
		*facts_ret = steal(&facts);
	return 0;
}
