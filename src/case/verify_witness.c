// SPDX-License-Identifier: Apache-2.0
/*
 * Heads that somebody else has put a name to: countersigned/N-ID.note with N-ID.pem,
 * timestamps/N.note with N.tsr. Each speaks for itself; that one was taken away is noticed by the
 * entry that names it.
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "countersign.h"
#include "key.h"
#include "seal.h"
#include "timestamp.h"
#include "verify.h"

#define WITNESSES_MAX 4096
#define ANSWER_LIMIT  ((size_t)1 << 20)

struct exh_witness {
	char path[NAME_MAX + 32], beside[NAME_MAX + 32]; /* the head, and what makes it a witness */
	bool is_stamp;
	uint64_t entries;
	int reached;
};

static bool read_witness_head(struct exh_ctx *ctx, const struct exh_verification *v,
			      const char *path, struct exh_head *head, char **bytes, size_t *n)
{
	int r = exh_file_read(ctx, v->dirfd, path, EXH_HEAD_LIMIT, bytes, n);

	return r == 0 && exh_head_parse(ctx, *bytes, *n, head) == 0 && head->version == 2;
}

static int add(struct exh_ctx *ctx, struct exh_verification *v, const char *folder,
	       const char *name, bool is_stamp)
{
	struct exh_place_found where = {EXH_NOWHERE, EXH_NOWHERE, EXH_NOWHERE, NULL};
	struct exh_witness *grown, *w;
	_cleanup_free_ char *bytes = NULL;
	struct exh_head head;
	size_t n, stem = strlen(name) - strlen(".note");

	if (v->nr_witnesses >= WITNESSES_MAX)
		return exh_fail(ctx, EXH_E_RANGE, "%s: there are more than %d", folder,
				WITNESSES_MAX);
	grown = realloc(v->witnesses, (v->nr_witnesses + 1) * sizeof(*grown));
	if (!grown)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	v->witnesses = grown;
	w = &grown[v->nr_witnesses];
	*w = (struct exh_witness){.is_stamp = is_stamp};
	snprintf(w->path, sizeof(w->path), "%s/%.255s", folder, name);
	snprintf(w->beside, sizeof(w->beside), "%s/%.*s.%s", folder, (int)stem, name,
		 is_stamp ? "tsr" : "pem");
	where.path = w->path;
	if (!read_witness_head(ctx, v, w->path, &head, &bytes, &n)) {
		exh_check_fails(v, "witness", EXH_ALTERED, &where, "%s: is no head of a ledger",
				w->path);
		return 0;
	}
	/* a request that was not answered yet is no witness */
	if (is_stamp && faccessat(v->dirfd, w->beside, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	w->entries = head.entries;
	v->nr_witnesses++;
	return 0;
}

static bool is_note(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && n < NAME_MAX && !strcmp(name + n - 5, ".note");
}

static int read_folder(struct exh_ctx *ctx, struct exh_verification *v, const char *folder,
		       bool is_stamp)
{
	int fd = openat(v->dirfd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_dir_ DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	int r = 0;

	while (r == 0 && d && (e = readdir(d)))
		if (is_note(e->d_name))
			r = add(ctx, v, folder, e->d_name, is_stamp);
	return r;
}

static int by_entries(const void *a, const void *b)
{
	const struct exh_witness *x = a, *y = b;

	return x->entries < y->entries ? -1 : x->entries > y->entries;
}

int exh_witnesses_read(struct exh_ctx *ctx, struct exh_verification *v)
{
	int r = read_folder(ctx, v, EXH_COUNTERSIGNED, false);

	if (r == 0)
		r = read_folder(ctx, v, EXH_TIMESTAMPS, true);
	if (r == 0 && v->nr_witnesses)
		qsort(v->witnesses, v->nr_witnesses, sizeof(*v->witnesses), by_entries);
	return r;
}

int exh_witnesses_note(struct exh_ctx *ctx, struct exh_verification *v)
{
	while (v->next_witness < v->nr_witnesses) {
		struct exh_witness *w = &v->witnesses[v->next_witness];
		_cleanup_free_ char *bytes = NULL;
		struct exh_head head;
		size_t n;

		if (w->entries > v->chain.entries)
			return 0;
		if (w->entries == v->chain.entries &&
		    read_witness_head(ctx, v, w->path, &head, &bytes, &n))
			w->reached = exh_seal_fits(ctx, &v->chain, &head);
		if (w->reached < 0)
			return w->reached;
		v->next_witness++;
	}
	return 0;
}

static void fails(struct exh_verification *v, const struct exh_witness *w, const char *why)
{
	struct exh_place_found where = {EXH_NOWHERE, EXH_NOWHERE, EXH_NOWHERE, w->path};

	exh_check_fails(v, "witness", EXH_ALTERED, &where, "%s: %s", w->path, why);
}

/* 1 where it is by the key with this fingerprint, which may be empty. */
static int check_countersignature(struct exh_ctx *ctx, struct exh_verification *v,
				  const struct exh_witness *w, const struct exh_head *head,
				  const char *given)
{
	_cleanup_free_ char *pem = NULL;
	_cleanup_pkey_ EVP_PKEY *key = NULL;
	char fingerprint[EXH_SHA256_HEX], name[EXH_COUNTERSIGNER_NAME];
	size_t n;
	int r = exh_file_read(ctx, v->dirfd, w->beside, EXH_HEAD_LIMIT, &pem, &n);

	if (r == 0)
		r = exh_key_public(ctx, w->beside, pem, &key, fingerprint);
	if (r < 0) {
		fails(v, w, "the public key of its countersigner is not there or is none");
		return 0;
	}
	exh_countersigner_name(fingerprint, name);
	if (!exh_note_is_signed_by(&head->note, name, key)) {
		fails(v, w, "the countersignature does not hold");
		return 0;
	}
	exh_check_holds(v, "witness",
			"%s: countersigned with key %s, and the ledger goes on from it", w->path,
			fingerprint);
	return !strcmp(fingerprint, given);
}

/* 1 where an authority that was given made it. */
static int check_stamp(struct exh_ctx *ctx, struct exh_verification *v, const struct exh_witness *w,
		       const char *note, size_t note_n, X509_STORE *trusted)
{
	_cleanup_free_ char *answer = NULL;
	_cleanup_json_ json_t *facts = NULL;
	const char *generated;
	size_t n;
	int r = exh_file_read(ctx, v->dirfd, w->beside, ANSWER_LIMIT, &answer, &n);

	if (r == 0)
		r = exh_stamp_check(ctx, note, note_n, answer, n, trusted, &facts);
	if (r != 0) {
		_cleanup_free_ char *why = strdup(ctx->text);

		fails(v, w, why ? why : "cannot be checked");
		return 0;
	}
	generated = exh_json_str(facts, "generated");
	exh_check_holds(v, "witness", "%s: the record up to entry %" PRIu64 " existed at %s%s",
			w->path, w->entries - 1, generated ? generated : "an unknown time",
			trusted ? "" : ", by an authority that nobody checked: give --tsa");
	return trusted != NULL;
}

static int check_one(struct exh_ctx *ctx, struct exh_verification *v, const struct exh_witness *w,
		     const char *given, X509_STORE *trusted)
{
	_cleanup_free_ char *bytes = NULL;
	struct exh_head head;
	size_t n;

	if (!read_witness_head(ctx, v, w->path, &head, &bytes, &n) ||
	    !exh_verify_signed_by_case(v, &head, w->path) ||
	    !exh_verify_covers(v, &head, w->reached, w->path))
		return 0;
	return w->is_stamp ? check_stamp(ctx, v, w, bytes, n, trusted)
			   : check_countersignature(ctx, v, w, &head, given);
}

static int fingerprint_given(struct exh_ctx *ctx, const char *file, char out[EXH_SHA256_HEX])
{
	_cleanup_free_ char *pem = NULL;
	_cleanup_pkey_ EVP_PKEY *key = NULL;
	size_t n;
	int r = exh_file_read(ctx, AT_FDCWD, file, EXH_HEAD_LIMIT, &pem, &n);

	return r < 0 ? r : exh_key_public(ctx, file, pem, &key, out);
}

static void check_met(struct exh_verification *v, const char *what, bool met, const char *holds,
		      const char *fails_text)
{
	if (met)
		exh_check_holds(v, what, "%s", holds);
	else
		exh_check_fails(v, what, EXH_ALTERED, NULL, "%s", fails_text);
}

int exh_witnesses_check(struct exh_ctx *ctx, struct exh_verification *v,
			const struct exh_case_verify_options *options)
{
	const char *countersigner = options ? options->countersigner : NULL,
		   *tsa = options ? options->tsa : NULL;
	char given[EXH_SHA256_HEX] = "";
	X509_STORE *trusted = NULL;
	bool signer_met = false, authority_met = false;
	int r = countersigner ? fingerprint_given(ctx, countersigner, given) : 0;

	if (r == 0 && tsa)
		r = exh_stamp_trust(ctx, tsa, &trusted);
	if (r < 0)
		return r;
	for (size_t i = 0; i < v->nr_witnesses; i++) {
		const struct exh_witness *w = &v->witnesses[i];
		bool met = check_one(ctx, v, w, given, trusted) > 0;

		signer_met |= met && !w->is_stamp;
		authority_met |= met && w->is_stamp;
	}
	X509_STORE_free(trusted);
	if (countersigner)
		check_met(v, "anchor-countersigner", signer_met,
			  "a head of this record is countersigned with the key given",
			  "no head of this record is countersigned with the key given");
	if (tsa)
		check_met(v, "anchor-timestamp", authority_met,
			  "a head of this record is stamped by the authority given",
			  "no head of this record is stamped by the authority given");
	return 0;
}

void exh_witnesses_clear(struct exh_verification *v)
{
	free(v->witnesses);
}
