// SPDX-License-Identifier: Apache-2.0
/* The context as the public header promises it. */
#include <exhibit.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/ctx.h"
#include "base/facts.h"
#include "base/problem.h"
#include "base/text.h"
#include "base/version.h"
#include "base/worker.h"
#include "tasks.h"

/* Process-wide because a signal handler can reach nothing else. */
static volatile sig_atomic_t interrupted;

struct callbacks {
	void (*progress)(const char *what, uint64_t done, uint64_t total, void *opaque);
	void *progress_opaque;
	void (*note)(const char *text, void *opaque);
	void *note_opaque;
};

struct context {
	struct exh_ctx ctx; /* first: the library sees only this */
	struct callbacks callbacks;
};

static void pass_progress(const struct exh_progress *p, void *opaque)
{
	struct callbacks *c = opaque;

	if (c->progress)
		c->progress(p->what, p->done, p->total, c->progress_opaque);
}

static void pass_note(const char *text, void *opaque)
{
	struct callbacks *c = opaque;

	if (c->note)
		c->note(text, c->note_opaque);
}

/* Evidence must never land on a standard stream that happens to be closed. */
static void occupy_standard_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int exh_start(struct exh_ctx **ret)
{
	struct context *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -EXH_E_NOMEM;
	*ret = &c->ctx;
	c->ctx.helper = -1;
	c->ctx.interrupted = &interrupted;
	c->ctx.on_progress = pass_progress;
	c->ctx.on_note = pass_note;
	c->ctx.opaque = &c->callbacks;
	occupy_standard_streams();
	umask(077);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	signal(SIGPIPE, SIG_IGN);
	r = exh_workers_start(&c->ctx, exh_tasks);
	return r;
}

void exh_end(struct exh_ctx *ctx)
{
	if (!ctx)
		return;
	exh_workers_stop(ctx);
	free(ctx);
}

const char *exh_error_text(const struct exh_ctx *ctx)
{
	return ctx->text;
}

void exh_on_progress(struct exh_ctx *ctx,
		     void (*callback)(const char *what, uint64_t done, uint64_t total,
				      void *opaque),
		     void *opaque)
{
	struct context *c = (struct context *)ctx;

	c->callbacks.progress = callback;
	c->callbacks.progress_opaque = opaque;
}

void exh_on_note(struct exh_ctx *ctx, void (*callback)(const char *text, void *opaque),
		 void *opaque)
{
	struct context *c = (struct context *)ctx;

	c->callbacks.note = callback;
	c->callbacks.note_opaque = opaque;
}

void exh_interrupt(void)
{
	interrupted = 1;
}

bool exh_is_interrupted(void)
{
	return interrupted;
}

const char *exh_version(void)
{
	return EXH_VERSION;
}

json_t *exh_result_new(const char *command)
{
	return exh_facts_new(command);
}

int exh_exit_status(const json_t *facts)
{
	return exh_facts_exit_status(facts);
}

void exh_add_interrupted(json_t *facts)
{
	if (!exh_problems_has(facts, EXH_P_INTERRUPTED))
		exh_problems_add(facts, exh_problem(EXH_P_INTERRUPTED, "interrupted by a signal"));
}

void exh_add_failure(const struct exh_ctx *ctx, const char *command, json_t **facts)
{
	if (!*facts)
		*facts = exh_facts_new(command);
	if (*facts && !exh_problems_has(*facts, EXH_P_FAILED))
		exh_problems_add(*facts, exh_problem(EXH_P_FAILED, "%s", ctx->text));
}

char *exh_visible(const char *utf8)
{
	return exh_text_visible(utf8);
}
