/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share about an open case. */
#ifndef EXH_CASE_PRIVATE_H
#define EXH_CASE_PRIVATE_H

#include "case.h"
#include "head.h"
#include "identity.h"
#include "ledger.h"

/* The steps of a ledger as far as it was read. */
struct exh_steps {
	uint64_t count; /* begun */
	json_t *open;	/* number of the begin entry, as text -> that entry */
};

/* A step that this handle began. */
struct exh_own_step {
	struct exh_own_step *outer;
	char *name;
	uint64_t begin, number;
	json_t *outputs; /* paths */
};

struct exh_case {
	char *dir;
	int dirfd, ledger_fd, steps_fd;
	struct exh_identity identity;
	struct exh_chain chain;
	struct exh_steps steps;
	struct exh_own_step *own;
	struct exh_head head; /* as it was when the case was opened */
	bool head_matches;
	bool told_key_missing;
	bool is_locked;		/* the private key has a passphrase */
	EVP_PKEY *unlocked;	/* the private key, where it is kept under a passphrase */
	uint64_t state_entries; /* that ledger.state covers */
	json_t *tool;
	char *mark; /* see exh_case_mark() */
};

/** exh_steps_note - keep track of begun and ended steps; called for each entry in order. */
int exh_steps_note(struct exh_ctx *ctx, struct exh_steps *steps, const struct exh_entry *entry);
void exh_steps_clear(struct exh_steps *steps);

/** exh_steps_open_lock - the descriptor of steps.lock, made where it is not there and flags has
 * O_CREAT. */
int exh_steps_open_lock(struct exh_ctx *ctx, int dirfd, int flags);

/** exh_step_lock - say that the step which began with this entry goes on, until the descriptor is
 * closed or exh_step_unlock(). */
int exh_step_lock(struct exh_ctx *ctx, int steps_fd, uint64_t begin);
void exh_step_unlock(int steps_fd, uint64_t begin);

/** exh_step_is_live - does a process still hold this step? False where steps_fd is -1. */
bool exh_step_is_live(int steps_fd, uint64_t begin);

/** exh_ledger_lock - lock (LOCK_SH, LOCK_EX) or release (LOCK_UN) the ledger against other
 * processes; waits. */
int exh_ledger_lock(struct exh_ctx *ctx, int fd, int operation);

/** exh_case_locate - the absolute form of dir, also where it is not there yet; the caller frees it.
 */
int exh_case_locate(struct exh_ctx *ctx, const char *dir, char **ret);

enum exh_case_place {
	EXH_PLACE_FREE, /* absent, or an empty directory */
	EXH_PLACE_CASE,
};

/** exh_case_place - what is at path? An error, which names what was found, where it is neither of
 * the two. */
int exh_case_place(struct exh_ctx *ctx, const char *path, enum exh_case_place *ret);

/**
 * exh_case_recover_locked - record steps that nobody goes on with and, where they can be sealed
 * now, entries that no head covers
 *
 * The ledger is locked and caught up.
 */
int exh_case_recover_locked(struct exh_ctx *ctx, struct exh_case *c, bool can_seal);

/** exh_case_seal_locked - exh_case_seal() with the ledger locked and caught up. */
int exh_case_seal_locked(struct exh_ctx *ctx, struct exh_case *c);

/** exh_case_mark - note, where exh_recover() looks, that this process writes to the case. */
void exh_case_mark(struct exh_case *c);

/** exh_case_unmark - take that back. */
void exh_case_unmark(struct exh_case *c);

/** exh_case_tool - {"name", "version", "sha256"} of this program; the caller owns it. */
json_t *exh_case_tool(struct exh_ctx *ctx);

#endif
