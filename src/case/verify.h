/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of 'case verify' that stand in files of their own. */
#ifndef EXH_CASE_VERIFY_H
#define EXH_CASE_VERIFY_H

#include "base/problem.h"
#include "case_private.h"

/* Worse is larger: the verdict of a case is the worst of its checks. */
enum exh_record_verdict {
	EXH_INTACT,
	EXH_UNSEALED,
	EXH_UNREADABLE,
	EXH_TRUNCATED,
	EXH_ALTERED,
};

/* Where in the record something was found. Members without meaning are EXH_NOWHERE or NULL. */
#define EXH_NOWHERE UINT64_MAX
struct exh_place_found {
	uint64_t entry, start, length;
	const char *path;
};

struct exh_verification {
	json_t *facts, *checks;
	enum exh_record_verdict verdict;
	uint64_t nr_findings;

	int dirfd, steps_fd;
	struct exh_identity identity;
	struct exh_chain chain;
	struct exh_steps steps;
	uint64_t size;	    /* of the ledger */
	uint64_t torn_tail; /* bytes at its end that are no entry */

	struct exh_head head, anchor;
	bool has_head, head_holds, has_anchor;
	int head_reached, anchor_reached; /* the entries they name are there and are the same */

	struct exh_witness *witnesses; /* by their number of entries */
	size_t nr_witnesses, next_witness;

	json_t *files; /* path -> {"sha256", "bytes", "entry", "is_report"}, the newest record of
			  each */
	struct exh_moment before; /* of the entry before */
	uint64_t clock_steps, first_step;
	int64_t largest_step;
	char unsealed_events[200];
};

/** exh_check_holds - add a row for a check that holds. */
void exh_check_holds(struct exh_verification *v, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** exh_check_fails - add a row and a problem ledger-broken, and make the verdict at least this bad.
 * where may be NULL. */
void exh_check_fails(struct exh_verification *v, const char *what, enum exh_record_verdict verdict,
		     const struct exh_place_found *where, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/** exh_check_warns - add a row and a problem of the code's own severity; the verdict stays. */
void exh_check_warns(struct exh_verification *v, const char *what, enum exh_problem code,
		     const struct exh_place_found *where, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/** exh_verify_note_files - remember the files that an entry names; called for each entry in order.
 */
void exh_verify_note_files(struct exh_verification *v, const struct exh_entry *entry);

/** exh_verify_files - compare every file that the record names with its digest, and name those it
 * does not name. */
void exh_verify_files(struct exh_ctx *ctx, struct exh_verification *v);

/** exh_verify_head - what the head, as it was read, says about the ledger. */
void exh_verify_head(struct exh_verification *v);

/** exh_verify_anchors - compare with what was kept outside the case. -EXH_E_* where an anchor
 * cannot be read. */
int exh_verify_anchors(struct exh_ctx *ctx, struct exh_verification *v,
		       const struct exh_case_verify_options *options);

/** exh_verify_signed_by_case - is this head one of this case? Adds a finding where it is not. */
bool exh_verify_signed_by_case(struct exh_verification *v, const struct exh_head *head,
			       const char *what);

/** exh_verify_covers - does the ledger have what this head names? reached: exh_seal_fits() right
 * behind its last entry. Adds a finding where it does not. */
bool exh_verify_covers(struct exh_verification *v, const struct exh_head *head, int reached,
		       const char *what);

/* ---- verify_witness.c: countersigned and time stamped heads that the case holds ---- */

/** exh_witnesses_read - collect them, before the ledger is read. */
int exh_witnesses_read(struct exh_ctx *ctx, struct exh_verification *v);

/** exh_witnesses_note - the chain stands behind another entry. */
int exh_witnesses_note(struct exh_ctx *ctx, struct exh_verification *v);

/** exh_witnesses_check - say of each whether it holds; and whether one is by the key, or the
 * authority, that was kept outside. */
int exh_witnesses_check(struct exh_ctx *ctx, struct exh_verification *v,
			const struct exh_case_verify_options *options);
void exh_witnesses_clear(struct exh_verification *v);

#endif
