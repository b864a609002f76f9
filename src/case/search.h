/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of one kind, found without taking every other entry of a long ledger apart. */
#ifndef EXH_CASE_SEARCH_H
#define EXH_CASE_SEARCH_H

#include <jansson.h>
#include <stdint.h>

#include "base/ctx.h"

/**
 * exh_ledger_search - call on_entry for each entry of this event in the first size bytes of the
 * ledger
 *
 * Says nothing about whether the ledger holds: its reader has made sure of that. What is no entry
 * is passed over. on_entry returns 0, or a negative error that ends the search.
 */
int exh_ledger_search(struct exh_ctx *ctx, int fd, uint64_t size, const char *event,
		      int (*on_entry)(struct exh_ctx *ctx, const json_t *entry, void *opaque),
		      void *opaque);

#endif
