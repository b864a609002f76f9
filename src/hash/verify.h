/* SPDX-License-Identifier: Apache-2.0 */
/* What the two ways of verifying share. */
#ifndef EXH_HASH_VERIFY_H
#define EXH_HASH_VERIFY_H

#include <exhibit.h>
#include <time.h>

#include "mapper/source/image.h"

#define EXH_VERIFY_ANSWER_LIMIT (256U << 20)

/** exh_verify_begin - note when it began. */
void exh_verify_begin(json_t *facts, struct timespec *start);

/** exh_verify_end - note when it ended, how long it took and by what. */
void exh_verify_end(json_t *facts, const struct timespec *start, unsigned threads);

/**
 * exh_verify_undecided - say in facts that error r leaves it open
 *
 * A worker that was ended, or that talks nonsense, is a result: 0. What else goes wrong is the
 * caller's error: r.
 */
int exh_verify_undecided(struct exh_ctx *ctx, json_t *facts, int r);

/** exh_verify_ranges - exh_verify() with options->ranges: the windows only, each for itself. */
int exh_verify_ranges(struct exh_ctx *ctx, const struct exh_image *image,
		      const struct exh_verify_options *options, json_t **facts);

#endif
