/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of hashes of known files: the outputs of hashdeep and md5sum, NSRL RDS as text and as
 * SQLite. */
#ifndef EXH_FILES_KNOWN_H
#define EXH_FILES_KNOWN_H

#include <jansson.h>

#include "base/ctx.h"
#include "hash/digest.h"

struct exh_known;

/**
 * exh_known_load - read these sets (paths, ended by NULL), each in a worker
 *
 * wanted are the digests that will be looked up: of a set with several the longest of them counts,
 * and one without any of them is an error, as is one that is no set. Adds what each set is to
 * facts["known_sets"]. Release with exh_known_free().
 */
int exh_known_load(struct exh_ctx *ctx, const char *const *paths, const struct exh_digests *wanted,
		   json_t *facts, struct exh_known **ret);

/** exh_known_find - the names of the sets that have one of these digests ({name: hex}), as a list
 * that the caller owns; NULL where none has. */
json_t *exh_known_find(const struct exh_known *known, const json_t *digests);

void exh_known_free(struct exh_known *known);

#endif
