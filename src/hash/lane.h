/* SPDX-License-Identifier: Apache-2.0 */
/* A consumer that takes every batch of a stream in order, at its own speed, beside the others. */
#ifndef EXH_HASH_LANE_H
#define EXH_HASH_LANE_H

#include "mapper/source/stream.h"

/*
 * What is done with the batches. A digest is one; windows are another. update runs in one thread of
 * the crew at a time; finish runs when the lane has ended well, and puts what was found into
 * answer. A consumer is one struct whose first member is this.
 */
struct exh_consumer {
	int (*update)(struct exh_ctx *ctx, struct exh_consumer *self,
		      const struct exh_batch *batch);
	int (*finish)(struct exh_ctx *ctx, struct exh_consumer *self, json_t *answer);
	void (*free)(struct exh_consumer *self);
};

struct exh_lane;

/** exh_lane_start - begin a lane for this consumer, which stays the caller's and must live longer;
 * so must the crew. */
int exh_lane_start(struct exh_ctx *ctx, struct exh_crew *crew, struct exh_consumer *consumer,
		   struct exh_lane **ret);

/**
 * exh_lane_push - hand over a batch; the lane takes a reference of its own
 *
 * Never waits: a stream has no more than EXH_STREAM_BATCHES out, and a lane has room for them.
 * After an error of its consumer a lane goes on taking batches and drops them, so that the others
 * end well.
 */
void exh_lane_push(struct exh_lane *lane, struct exh_batch *batch);

/** exh_lane_join - no more batches: wait until all are done, release the lane; the error of its
 * consumer, if there was one. */
int exh_lane_join(struct exh_ctx *ctx, struct exh_lane *lane);

#endif
