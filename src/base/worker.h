/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workers: sandboxed processes that parse evidence.
 *
 * One single-threaded helper is forked before any key is loaded and any thread exists. It forks a
 * guardian for each job; the guardian forks the worker, ends it when the job's owner goes away or
 * its time is up, and reports how it ended. A worker sees the descriptors it was given and nothing
 * else: no files, no network, no new privileges. It answers with JSON lines, which the owner treats
 * as untrusted.
 */
#ifndef EXH_BASE_WORKER_H
#define EXH_BASE_WORKER_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "ctx.h"
#include "problem.h"

enum exh_worker_kind {
	EXH_PROBER, /* short: limits on memory, processor and wall-clock time */
	EXH_STREAM, /* reads everything: limits on memory, and must show progress */
	EXH_SERVER, /* lives until its owner ends it: limits on memory */
};

/* The worker's own end, inside the sandbox. */
struct exh_worker {
	struct exh_ctx *ctx;
	int *fds; /* the descriptors it was given, in order */
	int nr_fds;
	void *prepared; /* whatever the task's prepare() left */
	int out;
	pthread_mutex_t lock;
	uint64_t last_progress_ms;
};

struct exh_task {
	const char *name;
	enum exh_worker_kind kind;
	/* Runs before the sandbox closes: may open files of the installation, never looks at
	 * evidence. May be NULL. */
	int (*prepare)(struct exh_worker *w, const json_t *args);
	/* Runs inside the sandbox. 0, or a negative error whose text goes to the job's owner. */
	int (*run)(struct exh_worker *w, const json_t *args);
};

/**
 * exh_workers_start - fork the helper process
 *
 * Must be called once, before threads and keys. tasks is a table that ends with a row without a
 * name and stays valid for ever. The helper ends when every copy of ctx->helper is closed.
 */
int exh_workers_start(struct exh_ctx *ctx, const struct exh_task *tasks);

/** exh_workers_stop - close this copy of the helper's socket and, if ctx->helper_pid says so, wait
 * until the helper is gone. */
void exh_workers_stop(struct exh_ctx *ctx);

/** exh_emit - send one JSON object to the job's owner; steals it. Any thread of the worker may call
 * it. */
int exh_emit(struct exh_worker *w, json_t *object);

/** exh_emit_lines - send n bytes that are whole lines of JSON objects already. Any thread of the
 * worker may call it. */
int exh_emit_lines(struct exh_worker *w, const char *lines, size_t n);

/** exh_emit_as - send {key: value}; steals the value. */
int exh_emit_as(struct exh_worker *w, const char *key, json_t *value);

/** exh_emit_problem - send a problem; steals it. */
int exh_emit_problem(struct exh_worker *w, json_t *problem);

/** exh_emit_progress - say how far it is, at most four times a second; also the sign of life of a
 * streaming worker. */
void exh_emit_progress(struct exh_worker *w, const char *what, uint64_t done, uint64_t total);

struct exh_job;

struct exh_job_spec {
	const char *task;
	const json_t *args; /* borrowed */
	const int *fds;	    /* borrowed; the worker gets duplicates */
	int nr_fds;
};

/** exh_job_start - start a worker. */
int exh_job_start(struct exh_ctx *ctx, const struct exh_job_spec *spec, struct exh_job **ret);

/**
 * exh_job_next - the next line of a job
 *
 * 0 and a new reference in *line; 1 when the worker ended well; a negative error when it said so,
 * was ended by a signal or a limit
 * (-EXH_E_WORKER), showed no sign of life, or wrote what is no JSON object. Progress lines go to
 * ctx->on_progress and are not seen here. On an interrupted ctx it ends the worker and returns
 * -EXH_E_INTERRUPTED.
 */
int exh_job_next(struct exh_ctx *ctx, struct exh_job *job, json_t **line);

/** exh_job_fd - becomes readable when the worker has said something or has ended; for poll() only.
 * Borrowed. */
int exh_job_fd(const struct exh_job *job);

/** exh_job_free - end the worker if it still runs, and forget it. NULL is fine. */
void exh_job_free(struct exh_job *job);

/**
 * exh_job_collect - run a job to its end and merge its lines into facts
 *
 * A line {"problem": p} is added to facts["problems"]; {"append": key, "row": v} appends v to the
 * list facts[key]; every other member of a line is set as a member of facts. More than limit bytes
 * of lines is an error.
 */
int exh_job_collect(struct exh_ctx *ctx, const struct exh_job_spec *spec, json_t *facts,
		    size_t limit);

/** exh_emit_row - send one row for the list named key. */
int exh_emit_row(struct exh_worker *w, const char *key, json_t *row);

static inline void exh_cleanup_job(struct exh_job **job)
{
	exh_job_free(*job);
}

#define _cleanup_job_ _cleanup_(exh_cleanup_job)

#endif
