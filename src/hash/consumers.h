/* SPDX-License-Identifier: Apache-2.0 */
/* What exhibit computes from a stream. To add one: a constructor here and a call in task_verify.c.
 */
#ifndef EXH_HASH_CONSUMERS_H
#define EXH_HASH_CONSUMERS_H

#include "digest.h"
#include "lane.h"

/**
 * exh_media_digest_new - one digest over the media, lost bytes as zeros
 *
 * length: how many bytes of the media, from the first (all: the media's size). Puts
 * answer[key][name] = hex when exactly these have come, in order; anything else is an error. digest
 * is borrowed.
 */
int exh_media_digest_new(struct exh_ctx *ctx, const struct exh_digest *digest, const char *key,
			 uint64_t length, struct exh_consumer **ret);

/**
 * exh_file_digests_new - one digest over each container file
 *
 * Appends {"file": i, "algorithm": name, "value": hex} to answer["files"] for each file of which
 * every byte was read and has come, in order. source and digest are borrowed.
 */
int exh_file_digests_new(struct exh_ctx *ctx, const struct exh_digest *digest,
			 const struct exh_source *source, struct exh_consumer **ret);

/**
 * exh_windows_new - the digest of each window of the media, lost bytes as zeros
 *
 * Windows begin at multiples of window; the last one may be shorter. Appends their hex to
 * answer["windows"], in order, when exactly length bytes have come. digest is borrowed.
 */
int exh_windows_new(struct exh_ctx *ctx, const struct exh_digest *digest, uint64_t window,
		    uint64_t length, struct exh_consumer **ret);

static inline void exh_consumer_free(struct exh_consumer *consumer)
{
	if (consumer)
		consumer->free(consumer);
}

#endif
