/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The case directory and its record.
 *
 *   case.json            identity, operator's fields, public key
 *   public.pem           the public key again, for openssl
 *   ledger.jsonl         one JSON line an event, chained by SHA-256 over the stored bytes
 *   ledger.head          the signed head: number of entries, last hash, signature
 *   facts/NNNN-STEP.json the facts of each step; NNNN counts the steps of the case
 *   output/NNNN-...      what an analysis command printed
 *   report/              the reports
 *
 * An entry: {"seq", "prev", "time", "event", ...}. Events: "genesis" (with "v": 1, the case's id and its key), "begin" {"step"},
 * "end" {"step", "facts": {"path", "sha256", "bytes"}, "verdict"?}, "note" {...}, "report" {"files": [{"path", "sha256"}]},
 * "interrupted" {"step"}. A "begin" without "end" is an interrupted step. The private key lies outside the directory.
 */
#ifndef EXH_CASE_CASE_H
#define EXH_CASE_CASE_H

#include <exhibit.h>

#include "base/ctx.h"

struct exh_case;

/**
 * exh_case_open - open a case for writing, made first when dir is absent or empty
 *
 * who is used when it is made (NULL: nothing supplied); a directory that is something else is refused. Writers exclude each other for
 * the time of one append only. Close with exh_case_close().
 */
int exh_case_open(struct exh_ctx *ctx, const char *dir, const struct exh_operator *who,
		  struct exh_case **ret);
void exh_case_close(struct exh_case *c);

static inline void exh_cleanup_case(struct exh_case **c)
{
	exh_case_close(*c);
}

#define _cleanup_case_ _cleanup_(exh_cleanup_case)

/** exh_case_dir - absolute path; borrowed. exh_case_dirfd - its descriptor; borrowed. exh_case_json - case.json; borrowed. */
const char *exh_case_dir(const struct exh_case *c);
int exh_case_dirfd(const struct exh_case *c);
const json_t *exh_case_json(const struct exh_case *c);

/** exh_case_begin - record, durably, that a step begins. */
int exh_case_begin(struct exh_ctx *ctx, struct exh_case *c, const char *step);

/**
 * exh_case_end - write the facts of a step to a file of their own and record it
 *
 * path_ret (may be NULL) gets the path below the case directory; the caller frees it.
 */
int exh_case_end(struct exh_ctx *ctx, struct exh_case *c, const char *step, const json_t *facts,
		 char **path_ret);

/** exh_case_event - append any other event; data's members become members of the entry. data is borrowed and may be NULL. */
int exh_case_event(struct exh_ctx *ctx, struct exh_case *c, const char *event, const json_t *data);

/** exh_case_seal - sign a head over the ledger as it is now. */
int exh_case_seal(struct exh_ctx *ctx, struct exh_case *c);

/** exh_case_new_output - create output/NNNN-name for writing; returns a descriptor, or a negative error. path_ret as above. */
int exh_case_new_output(struct exh_ctx *ctx, struct exh_case *c, const char *name, char **path_ret);

/**
 * exh_case_note_output - object[key] = {"path", "sha256", "bytes"} of a finished output
 *
 * path is what exh_case_new_output() gave. The facts that hold it go into the ledger, so the output is bound to the record.
 */
int exh_case_note_output(struct exh_ctx *ctx, struct exh_case *c, json_t *object, const char *key,
			 const char *path);

#endif
