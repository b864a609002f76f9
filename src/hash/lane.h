/* SPDX-License-Identifier: Apache-2.0 */
/* One thread that takes every batch of a stream in order, at its own speed, with a short queue
 * before it. */
#ifndef EXH_HASH_LANE_H
#define EXH_HASH_LANE_H

#include "mapper/source/stream.h"

/*
 * What is done with the batches. A digest is one; windows are another. update runs in the lane's
 * thread and nowhere else; finish runs when that thread has ended well, and puts what was found
 * into answer. A consumer is one struct whose first member is this.
 */
struct exh_consumer {
	int (*update)(struct exh_ctx *ctx, struct exh_consumer *self,
		      const struct exh_batch *batch);
	int (*finish)(struct exh_ctx *ctx, struct exh_consumer *self, json_t *answer);
	void (*free)(struct exh_consumer *self);
};

struct exh_lane;

/** exh_lane_start - begin a thread for this consumer, which stays the caller's and must live
 * longer. */
int exh_lane_start(struct exh_ctx *ctx, struct exh_consumer *consumer, struct exh_lane **ret);

/**
 * exh_lane_push - hand over a batch; the lane takes a reference of its own
 *
 * Waits while the queue is full. After an error of its consumer a lane goes on taking batches and
 * drops them, so that the others end well.
 */
void exh_lane_push(struct exh_lane *lane, struct exh_batch *batch);

/** exh_lane_join - no more batches: wait until all are done, release the lane; the error of its
 * consumer, if there was one. */
int exh_lane_join(struct exh_ctx *ctx, struct exh_lane *lane);

#endif
