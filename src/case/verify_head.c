// SPDX-License-Identifier: Apache-2.0
/* What signs the ledger: its own head, and what somebody kept outside the case. */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "key.h"
#include "verify.h"

#define PEM_LIMIT (64U << 10)

bool exh_verify_signed_by_case(struct exh_verification *v, const struct exh_head *head,
			       const char *what)
{
	if (strcmp(head->case_id, v->identity.case_id))
		exh_check_fails(v, what, EXH_ALTERED, NULL, "%s: is the head of another case, %s",
				what, head->case_id);
	else if (v->chain.entries && head->version != v->chain.version)
		exh_check_fails(
			v, what, EXH_ALTERED, NULL,
			"%s: is the head of a ledger of version %u; this one has version %u", what,
			head->version, v->chain.version);
	else if (strcmp(head->key, v->identity.fingerprint))
		exh_check_fails(v, what, EXH_ALTERED, NULL, "%s: is signed with another key, %s",
				what, head->key);
	else if (!exh_head_is_signed_by(head, v->identity.key))
		exh_check_fails(v, what, EXH_ALTERED, NULL, "%s: its signature does not hold",
				what);
	else
		return true;
	return false;
}

/* A ledger that ends before its head does was cut, unless bytes stand where the missing entries
 * were. */
static void check_missing(struct exh_verification *v, const struct exh_head *head, const char *what)
{
	bool is_cut = v->size < head->bytes && (!v->torn_tail || v->chain.read < v->size);
	struct exh_place_found where = {v->chain.entries, v->chain.end, EXH_NOWHERE,
					EXH_LEDGER_NAME};

	if (is_cut)
		exh_check_fails(v, what, EXH_TRUNCATED, &where,
				"%s states %" PRIu64 " entries in %" PRIu64
				" bytes; the ledger ends after %" PRIu64 " entries, at %" PRIu64
				" bytes",
				what, head->entries, head->bytes, v->chain.entries, v->size);
	else
		exh_check_fails(v, what, EXH_ALTERED, &where,
				"%s states %" PRIu64 " entries; entry %" PRIu64
				" and what follows it is not readable",
				what, head->entries, v->chain.entries);
}

bool exh_verify_covers(struct exh_verification *v, const struct exh_head *head, int reached,
		       const char *what)
{
	struct exh_place_found where = {head->entries - 1, EXH_NOWHERE, EXH_NOWHERE,
					EXH_LEDGER_NAME};

	if (v->chain.entries < head->entries && !v->chain.breaks)
		check_missing(v, head, what);
	else if (!reached)
		exh_check_fails(v, what, EXH_ALTERED, &where,
				"%s names other entries than the ledger has: entry %" PRIu64
				", the last one it covers, was changed, or one before it together "
				"with all links behind it",
				what, head->entries - 1);
	else
		return true;
	return false;
}

static void check_unsealed(struct exh_verification *v)
{
	struct exh_place_found where = {v->head.entries, v->head.bytes, v->size - v->head.bytes,
					EXH_LEDGER_NAME};
	uint64_t n = v->chain.entries - v->head.entries;

	if (n)
		exh_check_fails(v, "head", EXH_UNSEALED, &where,
				"the head covers %" PRIu64 " of %" PRIu64
				" entries; entries %" PRIu64 " to %" PRIu64
				" (%s) are not sealed: a command was cut off, its key was missing, "
				"they were added "
				"by somebody else, or an older head was put back",
				v->head.entries, v->chain.entries, v->head.entries,
				v->chain.entries - 1, v->unsealed_events);
	if (v->torn_tail) {
		where.entry = v->chain.entries;
		where.start = v->size - v->torn_tail;
		where.length = v->torn_tail;
		exh_check_fails(v, "head", EXH_UNSEALED, &where,
				"%" PRIu64 " bytes behind the last entry are no entry",
				v->torn_tail);
	}
	if (!n && !v->torn_tail)
		exh_check_holds(v, "head", "the signed head covers every entry: %" PRIu64 " in all",
				v->head.entries);
}

static bool is_alone(struct exh_verification *v)
{
	if (exh_head_is_as_written(&v->head))
		return true;
	exh_check_fails(v, "head", EXH_ALTERED, NULL,
			"head: has %zu signatures; it was written with one",
			exh_note_signatures(&v->head.note));
	return false;
}

void exh_verify_head(struct exh_verification *v)
{
	if (!v->has_head || !exh_verify_signed_by_case(v, &v->head, "head") || !is_alone(v))
		return;
	exh_check_holds(v, "head-signature", "signed with key %s at %s", v->head.key, v->head.time);
	v->head_holds = exh_verify_covers(v, &v->head, v->head_reached, "head");
	if (v->head_holds && !v->chain.breaks)
		check_unsealed(v);
}

static int check_anchor_key(struct exh_ctx *ctx, struct exh_verification *v, const char *file)
{
	_cleanup_free_ char *pem = NULL;
	_cleanup_pkey_ EVP_PKEY *key = NULL;
	char fingerprint[EXH_SHA256_HEX];
	size_t n;
	int r = exh_file_read(ctx, AT_FDCWD, file, PEM_LIMIT, &pem, &n);

	if (r == 0)
		r = exh_key_public(ctx, file, pem, &key, fingerprint);
	if (r < 0)
		return r;
	if (strcmp(fingerprint, v->identity.fingerprint))
		exh_check_fails(v, "anchor-key", EXH_ALTERED, NULL,
				"the case has key %s, not the key given, %s",
				v->identity.fingerprint, fingerprint);
	else
		exh_check_holds(v, "anchor-key", "the case has the key given, %s", fingerprint);
	return 0;
}

int exh_verify_anchors(struct exh_ctx *ctx, struct exh_verification *v,
		       const struct exh_case_verify_options *options)
{
	const char *key = options ? options->key : NULL;
	bool has_witness = options && (options->countersigner || options->tsa);
	int r = key ? check_anchor_key(ctx, v, key) : 0;

	if (r < 0)
		return r;
	if (v->has_anchor && exh_verify_signed_by_case(v, &v->anchor, "anchor-head") &&
	    exh_verify_covers(v, &v->anchor, v->anchor_reached, "anchor-head"))
		exh_check_holds(v, "anchor-head",
				"the ledger goes on from the head given, entry %" PRIu64,
				v->anchor.entries - 1);
	if (!key && !v->has_anchor && !has_witness)
		exh_problems_add(
			v->facts,
			exh_problem(EXH_P_NOT_ANCHORED,
				    "compared only with what is in the case itself; give --key or "
				    "--head, "
				    "--countersigner or --tsa, kept elsewhere, to notice an "
				    "exchange of the whole record"));
	return 0;
}
