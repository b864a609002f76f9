// SPDX-License-Identifier: Apache-2.0
/*
 * One command on several images: a process for each, as many at once as there are processors. What
 * one of them waits for or cannot do alone (one digest cannot use two processors) leaves room for
 * another.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "view.h"

/* Shared with the processes. */
struct so_far {
	uint64_t done, total;
};

struct part {
	pid_t pid; /* 0: not begun, or ended */
	int facts; /* a file in memory */
	int status;
};

struct several {
	struct cli *cli;
	int (*run)(struct cli *cli, const char *image);
	struct so_far *so_far;
	struct part *parts;
	size_t nr, begun, ended;
};

static void keep_progress(const char *what, uint64_t done, uint64_t total, void *opaque)
{
	struct so_far *so_far = opaque;

	(void)what;
	__atomic_store_n(&so_far->done, done, __ATOMIC_RELAXED);
	__atomic_store_n(&so_far->total, total, __ATOMIC_RELAXED);
}

/* In the process of one image: its facts and its exit status are all that leaves it. */
static void run_part(struct several *s, size_t i)
{
	struct cli *cli = s->cli;
	int r, status;

	exh_on_progress(cli->ctx, keep_progress, &s->so_far[i]);
	r = s->run(cli, cli->args.operands.list[i]);
	status = cli_settle(cli, r);
	if (cli->facts && json_dumpfd(cli->facts, s->parts[i].facts, JSON_COMPACT) < 0)
		status = CLI_EXIT_FAILED;
	_exit(status);
}

static int start_part(struct several *s)
{
	struct part *part = &s->parts[s->begun];

	part->facts = memfd_create("exhibit-facts", MFD_CLOEXEC);
	if (part->facts >= 0)
		part->pid = fork();
	if (part->facts < 0 || part->pid < 0) {
		cli_complain(s->cli, "%s: no process can be started: %m",
			     s->cli->args.operands.list[s->begun]);
		part->pid = 0;
		return -1;
	}
	if (!part->pid)
		run_part(s, s->begun);
	s->begun++;
	return 0;
}

static void reap(struct several *s)
{
	for (size_t i = 0; i < s->begun; i++) {
		int status;

		if (!s->parts[i].pid || waitpid(s->parts[i].pid, &status, WNOHANG) <= 0)
			continue;
		s->parts[i].pid = 0;
		s->parts[i].status = WIFEXITED(status) ? WEXITSTATUS(status) : CLI_EXIT_FAILED;
		s->ended++;
	}
}

static void show_progress(const struct several *s)
{
	uint64_t done = 0, total = 0;

	for (size_t i = 0; i < s->nr; i++) {
		done += __atomic_load_n(&s->so_far[i].done, __ATOMIC_RELAXED);
		total += __atomic_load_n(&s->so_far[i].total, __ATOMIC_RELAXED);
	}
	if (total)
		cli_progress_draw(s->cli->command->name, done, total);
}

static void pass_interruption(const struct several *s)
{
	for (size_t i = 0; i < s->begun; i++)
		if (s->parts[i].pid)
			kill(s->parts[i].pid, SIGTERM);
}

/* SIGCHLD is blocked: it only ends the waiting. */
static void wait_a_moment(const sigset_t *child)
{
	static const struct timespec moment = {.tv_nsec = 250000000};

	sigtimedwait(child, NULL, &moment);
}

static void run_all(struct several *s, const sigset_t *child)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t most = processors > 1 ? (size_t)processors : 1;
	bool passed = false;

	while (s->ended < s->nr) {
		bool stopping = exh_is_interrupted();

		while (!stopping && s->begun < s->nr && s->begun - s->ended < most)
			if (start_part(s))
				break;
		if (s->begun == s->ended)
			return;
		if (stopping && !passed)
			pass_interruption(s);
		passed = stopping;
		wait_a_moment(child);
		reap(s);
		show_progress(s);
	}
}

static json_t *path_of(const struct several *s, size_t i)
{
	char *visible = view_visible(s->cli->args.operands.list[i]);
	json_t *path = json_string(visible);

	free(visible);
	return path;
}

/* An image whose process left nothing is one that could not be read. */
static json_t *facts_of(const struct several *s, size_t i)
{
	json_t *facts = NULL;

	if (i < s->begun && lseek(s->parts[i].facts, 0, SEEK_SET) == 0)
		facts = json_loadfd(s->parts[i].facts, 0, NULL);
	if (facts && !json_object_get(facts, "image"))
		json_object_set_new(facts, "path", path_of(s, i));
	if (facts)
		return facts;
	return json_pack("{s:o, s:s, s:[{s:s, s:s, s:s}]}", "path", path_of(s, i), "verdict",
			 "undecided", "problems", "code",
			 exh_is_interrupted() ? "interrupted" : "failed", "severity", "error",
			 "text", "nothing was found out about this image");
}

static int record_all(struct cli *cli, const json_t *images)
{
	json_t *facts;
	size_t i;
	int r = 0;

	json_array_foreach (images, i, facts) {
		if (cli->args.case_dir && json_object_get(facts, "image") && r >= 0)
			r = exh_case_record(cli->ctx, cli->args.case_dir, cli->command->name,
					    facts);
	}
	return r;
}

static int collect(struct several *s)
{
	json_t *images = json_array();
	int r;

	for (size_t i = 0; i < s->nr; i++)
		json_array_append_new(images, facts_of(s, i));
	r = record_all(s->cli, images);
	s->cli->facts = exh_result_new(s->cli->command->name);
	json_object_set_new(s->cli->facts, "images", images);
	return r;
}

int cli_several(struct cli *cli, int (*run)(struct cli *cli, const char *image))
{
	struct several s = {.cli = cli, .run = run, .nr = cli->args.operands.n};
	sigset_t child, before;
	int r;

	s.parts = calloc(s.nr, sizeof(*s.parts));
	s.so_far = mmap(NULL, s.nr * sizeof(*s.so_far), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!s.parts || s.so_far == MAP_FAILED)
		abort();
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &before);
	run_all(&s, &child);
	sigprocmask(SIG_SETMASK, &before, NULL);
	r = collect(&s);
	for (size_t i = 0; i < s.begun; i++)
		close(s.parts[i].facts);
	munmap(s.so_far, s.nr * sizeof(*s.so_far));
	free(s.parts);
	return r;
}
