// SPDX-License-Identifier: Apache-2.0
#include "crew.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "checked.h"

#define MAX_THREADS 64
#define STACK_SIZE  (512U << 10)

struct exh_crew {
	pthread_mutex_t lock;
	pthread_cond_t work_ready, work_done;
	struct exh_work *works;
	unsigned idle;
	bool ended;
	pthread_t threads[MAX_THREADS];
	unsigned nr_threads;
};

static uint64_t processor_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* What took most time so far will take most of it until the end. */
static bool is_more_urgent(const struct exh_work *a, const struct exh_work *b)
{
	if (a->is_late != b->is_late)
		return b->is_late;
	return a->nanoseconds > b->nanoseconds;
}

static struct exh_work *most_urgent(const struct exh_crew *crew)
{
	struct exh_work *best = NULL;

	for (struct exh_work *w = crew->works; w; w = w->next)
		if (w->ready && !(w->in_order && w->running) && (!best || is_more_urgent(w, best)))
			best = w;
	return best;
}

/* Gives the lock back first: one that is woken wants it at once. */
static void unlock_and_wake(struct exh_crew *crew)
{
	bool wake = crew->idle && most_urgent(crew);

	pthread_mutex_unlock(&crew->lock);
	if (wake)
		pthread_cond_signal(&crew->work_ready);
}

/* Called and left with the lock held. */
static void do_piece(struct exh_crew *crew, struct exh_work *work)
{
	uint64_t before;

	work->ready--;
	work->running++;
	unlock_and_wake(crew);
	before = processor_ns();
	work->run(work);
	before = processor_ns() - before;
	pthread_mutex_lock(&crew->lock);
	work->nanoseconds += before;
	work->running--;
	if (!work->ready && !work->running)
		pthread_cond_broadcast(&crew->work_done);
}

static void *crew_main(void *opaque)
{
	struct exh_crew *crew = opaque;

	pthread_mutex_lock(&crew->lock);
	while (!crew->ended) {
		struct exh_work *work = most_urgent(crew);

		if (work) {
			do_piece(crew, work);
			continue;
		}
		crew->idle++;
		pthread_cond_wait(&crew->work_ready, &crew->lock);
		crew->idle--;
	}
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

void exh_crew_add(struct exh_crew *crew, struct exh_work *work)
{
	pthread_mutex_lock(&crew->lock);
	work->ready = work->nanoseconds = work->running = 0;
	work->next = crew->works;
	crew->works = work;
	pthread_mutex_unlock(&crew->lock);
}

void exh_crew_post(struct exh_crew *crew, struct exh_work *work)
{
	pthread_mutex_lock(&crew->lock);
	work->ready++;
	unlock_and_wake(crew);
}

void exh_crew_remove(struct exh_crew *crew, struct exh_work *work)
{
	struct exh_work **at = &crew->works;

	pthread_mutex_lock(&crew->lock);
	while (work->ready || work->running)
		pthread_cond_wait(&crew->work_done, &crew->lock);
	while (*at && *at != work)
		at = &(*at)->next;
	if (*at)
		*at = work->next;
	pthread_mutex_unlock(&crew->lock);
}

void exh_crew_end(struct exh_crew *crew)
{
	if (!crew)
		return;
	pthread_mutex_lock(&crew->lock);
	crew->ended = true;
	pthread_cond_broadcast(&crew->work_ready);
	pthread_mutex_unlock(&crew->lock);
	for (unsigned i = 0; i < crew->nr_threads; i++)
		pthread_join(crew->threads[i], NULL);
	pthread_mutex_destroy(&crew->lock);
	pthread_cond_destroy(&crew->work_ready);
	pthread_cond_destroy(&crew->work_done);
	free(crew);
}

static int start_threads(struct exh_crew *crew, unsigned wanted)
{
	pthread_attr_t attr;
	int err = pthread_attr_init(&attr);

	if (err)
		return err;
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	for (; crew->nr_threads < wanted && !err; crew->nr_threads += !err)
		err = pthread_create(&crew->threads[crew->nr_threads], &attr, crew_main, crew);
	pthread_attr_destroy(&attr);
	return err;
}

int exh_crew_start(struct exh_ctx *ctx, unsigned threads, struct exh_crew **ret)
{
	struct exh_crew *crew = calloc(1, sizeof(*crew));
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (!crew)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	if (!threads)
		threads = processors > 0 ? (unsigned)exh_min(processors, MAX_THREADS) : 1;
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->work_ready, NULL);
	pthread_cond_init(&crew->work_done, NULL);
	errno = start_threads(crew, exh_min(threads, MAX_THREADS));
	if (errno) {
		exh_fail_errno(ctx, "a working thread cannot be started");
		exh_crew_end(crew);
		return -EXH_E_SYSTEM;
	}
	*ret = crew;
	return 0;
}
