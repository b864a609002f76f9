/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A crew of threads that do whatever is ready, the most urgent first. There are as many as there
 * are processors, and none of them waits while anything can be done: where one kind of work is the
 * slowest it gets a processor to itself, and the others share the rest.
 */
#ifndef EXH_BASE_CREW_H
#define EXH_BASE_CREW_H

#include <stdbool.h>
#include <stdint.h>

#include "ctx.h"

struct exh_crew;

/* A kind of work, made of pieces. The first three members are the user's, the rest the crew's. */
struct exh_work {
	/* Does one piece; which one is for itself to know. Must not wait for other work. */
	void (*run)(struct exh_work *self);
	bool in_order; /* one piece after the other */
	bool is_late;  /* only when nothing else can be done */
	struct exh_work *next;
	uint64_t ready, nanoseconds;
	unsigned running;
};

/** exh_crew_start - threads: how many; 0: as many as there are processors. */
int exh_crew_start(struct exh_ctx *ctx, unsigned threads, struct exh_crew **ret);

/** exh_crew_add - work that exh_crew_post() may be called for. It stays the caller's. */
void exh_crew_add(struct exh_crew *crew, struct exh_work *work);

/** exh_crew_post - one more piece is ready. Any thread. */
void exh_crew_post(struct exh_crew *crew, struct exh_work *work);

/** exh_crew_remove - wait until every piece is done, and forget the work. Not from the crew's own
 * threads. */
void exh_crew_remove(struct exh_crew *crew, struct exh_work *work);

/** exh_crew_end - all work has been removed: end the threads. NULL is fine. */
void exh_crew_end(struct exh_crew *crew);

#endif
