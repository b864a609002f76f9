// SPDX-License-Identifier: Apache-2.0
#include "lane.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/cleanup.h"

#define QUEUE	   8 /* batches; more would only hold memory, the slowest lane sets the speed */
#define STACK_SIZE (512U << 10)

struct exh_lane {
	struct exh_consumer *consumer;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t not_empty, not_full;
	struct exh_batch *queue[QUEUE];
	unsigned first, used;
	bool ended; /* no more batches will come */
	int result; /* of the consumer */
	struct exh_ctx ctx;
};

static struct exh_batch *take(struct exh_lane *lane)
{
	struct exh_batch *batch = NULL;

	pthread_mutex_lock(&lane->lock);
	while (!lane->used && !lane->ended)
		pthread_cond_wait(&lane->not_empty, &lane->lock);
	if (lane->used) {
		batch = lane->queue[lane->first];
		lane->first = (lane->first + 1) % QUEUE;
		lane->used--;
		pthread_cond_signal(&lane->not_full);
	}
	pthread_mutex_unlock(&lane->lock);
	return batch;
}

static void *run(void *opaque)
{
	struct exh_lane *lane = opaque;
	struct exh_batch *batch;

	while ((batch = take(lane))) {
		if (!lane->result)
			lane->result = lane->consumer->update(&lane->ctx, lane->consumer, batch);
		exh_batch_put(batch);
	}
	return NULL;
}

static int start_thread(struct exh_lane *lane)
{
	pthread_attr_t attr;
	int err = pthread_attr_init(&attr);

	if (err)
		return err;
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	err = pthread_create(&lane->thread, &attr, run, lane);
	pthread_attr_destroy(&attr);
	return err;
}

static void lane_free(struct exh_lane *lane)
{
	pthread_mutex_destroy(&lane->lock);
	pthread_cond_destroy(&lane->not_empty);
	pthread_cond_destroy(&lane->not_full);
	free(lane);
}

int exh_lane_start(struct exh_ctx *ctx, struct exh_consumer *consumer, struct exh_lane **ret)
{
	struct exh_lane *lane = calloc(1, sizeof(*lane));
	int err;

	if (!lane)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	lane->consumer = consumer;
	lane->ctx.helper = -1;
	pthread_mutex_init(&lane->lock, NULL);
	pthread_cond_init(&lane->not_empty, NULL);
	pthread_cond_init(&lane->not_full, NULL);
	err = start_thread(lane);
	if (err) {
		lane_free(lane);
		errno = err;
		return exh_fail_errno(ctx, "no thread for a digest");
	}
	*ret = lane;
	return 0;
}

void exh_lane_push(struct exh_lane *lane, struct exh_batch *batch)
{
	exh_batch_get(batch);
	pthread_mutex_lock(&lane->lock);
	while (lane->used == QUEUE)
		pthread_cond_wait(&lane->not_full, &lane->lock);
	lane->queue[(lane->first + lane->used) % QUEUE] = batch;
	lane->used++;
	pthread_cond_signal(&lane->not_empty);
	pthread_mutex_unlock(&lane->lock);
}

int exh_lane_join(struct exh_ctx *ctx, struct exh_lane *lane)
{
	int r;

	pthread_mutex_lock(&lane->lock);
	lane->ended = true;
	pthread_cond_signal(&lane->not_empty);
	pthread_mutex_unlock(&lane->lock);
	pthread_join(lane->thread, NULL);
	r = lane->result;
	if (r < 0)
		exh_fail(ctx, (enum exh_error) - r, "%s", lane->ctx.text);
	lane_free(lane);
	return r;
}
