/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a writer stood in a long ledger, so that the next one need not read every entry again.
 *
 * ledger.state is no part of the record: it is signed with the key of the case, describes a
 * beginning of the ledger, and counts only where the digest of those bytes still is the one it
 * names. Without it the ledger is read from its first entry.
 */
#ifndef EXH_CASE_STATE_H
#define EXH_CASE_STATE_H

#include "case_private.h"

#define EXH_STATE_NAME "ledger.state"
#define EXH_STATE_FROM ((uint64_t)1 << 20) /* bytes of a ledger that is worth it */

/** exh_state_load - put the chain and the steps of a case that was just opened where the state
 * says; 1 where there is none that counts. */
int exh_state_load(struct exh_ctx *ctx, struct exh_case *c);

/** exh_state_save - write where the chain stands, if the ledger is long and that has changed much;
 * what cannot be written is not there. */
void exh_state_save(struct exh_ctx *ctx, struct exh_case *c, EVP_PKEY *key);

#endif
