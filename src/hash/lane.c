// SPDX-License-Identifier: Apache-2.0
#include "lane.h"

#include <pthread.h>
#include <stdlib.h>

struct exh_lane {
	struct exh_work work; /* first; updates with one batch */
	struct exh_crew *crew;
	struct exh_consumer *consumer;
	pthread_mutex_t lock;
	struct exh_batch *queue[EXH_STREAM_BATCHES];
	unsigned first, used;
	int result; /* of the consumer */
	struct exh_ctx ctx;
};

static struct exh_batch *take(struct exh_lane *lane)
{
	struct exh_batch *batch;

	pthread_mutex_lock(&lane->lock);
	batch = lane->queue[lane->first];
	lane->first = (lane->first + 1) % EXH_STREAM_BATCHES;
	lane->used--;
	pthread_mutex_unlock(&lane->lock);
	return batch;
}

static void update_next(struct exh_work *work)
{
	struct exh_lane *lane = (struct exh_lane *)work;
	struct exh_batch *batch = take(lane);

	if (!lane->result)
		lane->result = lane->consumer->update(&lane->ctx, lane->consumer, batch);
	exh_batch_put(batch);
}

int exh_lane_start(struct exh_ctx *ctx, struct exh_crew *crew, struct exh_consumer *consumer,
		   struct exh_lane **ret)
{
	struct exh_lane *lane = calloc(1, sizeof(*lane));

	if (!lane)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	lane->crew = crew;
	lane->consumer = consumer;
	lane->ctx.helper = -1;
	lane->work = (struct exh_work){.run = update_next, .in_order = true};
	pthread_mutex_init(&lane->lock, NULL);
	exh_crew_add(crew, &lane->work);
	*ret = lane;
	return 0;
}

void exh_lane_push(struct exh_lane *lane, struct exh_batch *batch)
{
	exh_batch_get(batch);
	pthread_mutex_lock(&lane->lock);
	lane->queue[(lane->first + lane->used) % EXH_STREAM_BATCHES] = batch;
	lane->used++;
	pthread_mutex_unlock(&lane->lock);
	exh_crew_post(lane->crew, &lane->work);
}

int exh_lane_join(struct exh_ctx *ctx, struct exh_lane *lane)
{
	int r;

	exh_crew_remove(lane->crew, &lane->work);
	r = lane->result;
	if (r < 0)
		exh_fail(ctx, (enum exh_error) - r, "%s", lane->ctx.text);
	pthread_mutex_destroy(&lane->lock);
	free(lane);
	return r;
}
