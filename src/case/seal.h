/* SPDX-License-Identifier: Apache-2.0 */
/* A chain and the head that is signed over it. */
#ifndef EXH_CASE_SEAL_H
#define EXH_CASE_SEAL_H

#include "head.h"
#include "identity.h"
#include "ledger.h"

/** exh_seal_fits - does the head name the ledger as far as the chain has read it? 1 or 0, or a
 * negative error. */
int exh_seal_fits(struct exh_ctx *ctx, struct exh_chain *chain, const struct exh_head *head);

/** exh_seal_describe - the head of this chain as it is now, not signed yet. */
int exh_seal_describe(struct exh_ctx *ctx, struct exh_chain *chain,
		      const struct exh_identity *identity, struct exh_head *head);

#endif
