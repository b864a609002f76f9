/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The case directory and its record.
 *
 *   case.json            identity, operator's fields, public key
 *   public.pem           the public key again, for openssl
 *   ledger.jsonl         one JSON line an event, chained by SHA-256 over the stored bytes
 *   ledger.head          the signed head: number of entries, root of the tree over them, signature
 *   ledger.state         of long ledgers: where the last writer stood (state.h)
 *   steps.lock           locked, a byte a step, while the step goes on
 *   facts/NNNN-STEP.json the facts of each step; NNNN counts the steps of the case
 *   output/NNNN-...      what an analysis command printed
 *   report/              the reports
 *
 * An entry: {"seq", "prev", "time", "clock", "event", ...}. Events: "genesis" {"v": 2, "case",
 * "key", "case_file", "tool"}, "begin" {"step", "number", "tool"}, "end" {"step", "number",
 * "begin", "facts": {"path", "sha256", "bytes", "rows"}, "files"?, "verdict"?}, "report"
 * {"files": [{"path", "sha256", "bytes"}]}, "interrupted" {"step", "number", "begin"},
 * "found-unsealed" {"first", "last"}, "note" {...}. A "begin" without "end" is an interrupted step.
 * docs/ledger.md has the format. The private key lies outside the directory.
 */
#ifndef EXH_CASE_CASE_H
#define EXH_CASE_CASE_H

#include <exhibit.h>

#include "base/ctx.h"
#include "key.h"

struct exh_case;

/* What a case is made of. */
struct exh_case_making {
	const struct exh_operator *who; /* NULL: nothing supplied */
	struct exh_key_source key;
	/* What is known of the evidence, for the first entry: the facts of a command on an image.
	 * NULL: nothing. */
	const json_t *evidence;
};

/**
 * exh_case_open - open a case for writing, made first when dir is absent or empty
 *
 * making is used when it is made (NULL: nothing supplied); a directory that is something else is
 * refused, and so is a case whose record does not hold (-EXH_E_STATE): adding to it would hide
 * that. Steps that a dead process left open are recorded as interrupted, and entries that no head
 * covers as found unsealed. Writers exclude each other for the time of one append only. Close with
 * exh_case_close().
 */
int exh_case_open(struct exh_ctx *ctx, const char *dir, const struct exh_case_making *making,
		  struct exh_case **ret);
void exh_case_close(struct exh_case *c);

static inline void exh_cleanup_case(struct exh_case **c)
{
	exh_case_close(*c);
}

#define _cleanup_case_ _cleanup_(exh_cleanup_case)

/** exh_case_dir - absolute path; borrowed. exh_case_dirfd - its descriptor; borrowed. exh_case_json
 * - case.json; borrowed. */
const char *exh_case_dir(const struct exh_case *c);
int exh_case_dirfd(const struct exh_case *c);
const json_t *exh_case_json(const struct exh_case *c);

/**
 * exh_case_begin - record, durably, that a step begins, and seal
 *
 * step is a word of a-z, 0-9 and "-". Steps may be nested. Where the key is missing it records and
 * does not seal; so do all below.
 */
int exh_case_begin(struct exh_ctx *ctx, struct exh_case *c, const char *step);

/**
 * exh_case_end - write the facts of a step to a file of their own, record it with its outputs, and
 * seal
 *
 * Ends the newest step of this name that c began. path_ret (may be NULL) gets the path below the
 * case directory; the caller frees it.
 */
int exh_case_end(struct exh_ctx *ctx, struct exh_case *c, const char *step, const json_t *facts,
		 char **path_ret);

/**
 * exh_case_event - append any other event, and seal
 *
 * data's members become members of the entry. data is borrowed and may be NULL. Files in
 * data["files"] ({"path", "sha256", "bytes"}, see exh_case_file()) are checked by exh_case_verify()
 * from then on; the newest record of a path counts.
 */
int exh_case_event(struct exh_ctx *ctx, struct exh_case *c, const char *event, const json_t *data);

/** exh_case_file - {"path", "sha256", "bytes"} of a file below the case as it is now; the caller
 * owns it. */
int exh_case_file(struct exh_ctx *ctx, struct exh_case *c, const char *path, json_t **ret);

/**
 * exh_case_seal - sign a head over the ledger as it is now
 *
 * -EXH_E_MISSING where the private key is not there: everything is recorded and nothing is sealed
 * (problem key-missing).
 */
int exh_case_seal(struct exh_ctx *ctx, struct exh_case *c);

/**
 * exh_case_new_output - create output/NNNN-name for writing; returns a descriptor, or a negative
 * error. path_ret as above.
 *
 * It belongs to the newest step that c began and is recorded, with its digest, when that step ends.
 */
int exh_case_new_output(struct exh_ctx *ctx, struct exh_case *c, const char *name, char **path_ret);

/** exh_case_recover - record and seal what a crash left open in the case at dir; what opening it
 * for writing does. */
int exh_case_recover(struct exh_ctx *ctx, const char *dir);

#endif
