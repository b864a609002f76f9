// SPDX-License-Identifier: Apache-2.0
/* The owner's side of a confined command: starts it, passes on what it prints, ends it, and says
 * how it went. */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/sandbox.h"
#include "base/text.h"
#include "confine_parts.h"

#define POLITE_MS 5000
#define LOOK_MS	  200 /* how soon an interruption is seen that came just before poll() */

extern char **environ;

struct run {
	const struct exh_confine_spec *spec;
	pid_t pid;
	int control; /* -1 once everything was told to end */
	struct exh_relay out, err;
	struct exh_confine_message last;
	struct exh_confine_message not_run;
	bool told;	       /* was asked to end */
	uint64_t begin, asked; /* milliseconds */
	bool user_namespace;
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static size_t count(char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

static bool names_one_of(const char *entry, char *const *list)
{
	size_t n = strcspn(entry, "=") + 1;

	for (; list && *list; list++)
		if (!strncmp(entry, *list, n))
			return true;
	return false;
}

/* The caller's own EXHIBIT_ variables are not the command's: they would say where another run's
 * devices are. Strings are borrowed. */
static char **make_environment(char *const *extra)
{
	char **list = calloc(count(environ) + count(extra) + 1, sizeof(*list));
	size_t n = 0;

	for (char **e = environ; list && *e; e++)
		if (strncmp(*e, "EXHIBIT_", 8) && !names_one_of(*e, extra))
			list[n++] = *e;
	for (; list && extra && *extra; extra++)
		list[n++] = *extra;
	return list;
}

/* fork(2) into new namespaces. libc knows nothing of it, so the child must not make threads. */
static pid_t fork_into(unsigned long namespaces)
{
	return (pid_t)syscall(SYS_clone, namespaces | SIGCHLD, NULL, NULL, NULL, 0);
}

static int refusal_of_clone(struct exh_ctx *ctx, bool user_namespace)
{
	int r = exh_fail_errno(ctx, "commands cannot be confined here: no namespaces can be made");

	if (user_namespace) {
		size_t used = strlen(ctx->text);

		snprintf(
			ctx->text + used, sizeof(ctx->text) - used,
			"; run as root, or allow user namespaces (sysctl user.max_user_namespaces, "
			"kernel.unprivileged_userns_clone)");
	}
	return r;
}

static int start(struct exh_ctx *ctx, struct run *run, int control, int out, int err)
{
	_cleanup_free_ char **environment = make_environment(run->spec->env);
	struct exh_confine_plan plan = {.spec = run->spec,
					.environment = environment,
					.user_namespace = run->user_namespace,
					.uid = geteuid(),
					.gid = getegid(),
					.control = control,
					.out = out,
					.err = err};
	unsigned long flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC;

	if (!environment)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	if (run->user_namespace)
		flags |= CLONE_NEWUSER;
	run->pid = run->spec->unconfined ? fork() : fork_into(flags);
	if (!run->pid)
		exh_confine_supervise(&plan);
	if (run->pid > 0)
		return 0;
	if (run->spec->unconfined)
		return exh_fail_errno(ctx, "no process for the command");
	return refusal_of_clone(ctx, run->user_namespace);
}

static int open_pipe(struct exh_ctx *ctx, struct exh_relay *relay, int copy, int *theirs)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
		return exh_fail_errno(ctx, "no pipe for the command");
	*relay =
		(struct exh_relay){.from = ends[0], .copy = copy, .visible = isatty(STDERR_FILENO)};
	*theirs = ends[1];
	return 0;
}

static int open_and_start(struct exh_ctx *ctx, struct run *run)
{
	_cleanup_fd_ int control = -1, out = -1, err = -1;
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return exh_fail_errno(ctx, "no socket for the command");
	run->control = pair[0];
	control = pair[1];
	r = open_pipe(ctx, &run->out, run->spec->stdout_fd, &out);
	if (!r)
		r = open_pipe(ctx, &run->err, run->spec->stderr_fd, &err);
	return r < 0 ? r : start(ctx, run, control, out, err);
}

/* Politely first. Then by closing the socket: the supervisor ends everything. Then the supervisor
 * itself. */
static void press(struct run *run)
{
	uint64_t now = now_ms();

	if (!run->told) {
		run->told = true;
		run->asked = now;
		(void)!send(run->control, "", 1, MSG_NOSIGNAL);
	} else if (run->control >= 0 && now - run->asked >= POLITE_MS) {
		close(run->control);
		run->control = -1;
	}
}

/* True while the supervisor has not said how the command ended. */
static bool hear(struct run *run)
{
	struct exh_confine_message m;
	ssize_t n = run->control >= 0 ? recv(run->control, &m, sizeof(m), MSG_DONTWAIT) : 0;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n != (ssize_t)sizeof(m))
		return false;
	m.text[sizeof(m.text) - 1] = 0;
	if (m.event == EXH_CONFINE_NOT_RUN) {
		run->not_run = m;
		return true;
	}
	run->last = m;
	return false;
}

static void relay_until_end(struct exh_ctx *ctx, struct run *run)
{
	do {
		struct pollfd polled[] = {{run->control, POLLIN, 0},
					  {run->out.from, POLLIN, 0},
					  {run->err.from, POLLIN, 0}};

		poll(polled, 3, LOOK_MS);
		if (exh_interrupted(ctx))
			press(run);
		if (polled[1].revents)
			exh_relay_some(&run->out);
		if (polled[2].revents)
			exh_relay_some(&run->err);
	} while (hear(run));
}

/* The end of pid 1 is the end of its namespace: the kernel waits for the last process before it
 * lets us have the status. */
static void wait_for_supervisor(struct run *run)
{
	uint64_t until = now_ms() + POLITE_MS;
	struct timespec moment = {.tv_nsec = 5000000};

	if (run->control >= 0)
		close(run->control);
	run->control = -1;
	while (waitpid(run->pid, NULL, WNOHANG) == 0) {
		if (now_ms() > until && until) {
			kill(run->pid, SIGKILL);
			until = 0;
		}
		nanosleep(&moment, NULL);
	}
}

static bool has_hard_links(const char *const *list)
{
	struct stat st;

	for (; list && *list; list++)
		if (!stat(*list, &st) && S_ISREG(st.st_mode) && st.st_nlink > 1)
			return true;
	return false;
}

static json_t *protections(const struct run *run)
{
	json_t *list = json_array();

	if (run->spec->unconfined)
		return list;
#define HELD(text) json_array_append_new(list, json_string(text))
	HELD("the evidence files are mounted read-only over every path that leads to them");
	if (has_hard_links(run->spec->evidence))
		HELD("evidence has hard links, so its whole file system is read-only");
	if (run->spec->writable)
		HELD("every directory is read-only but those for results and temporary files");
	if (run->spec->hidden)
		HELD("the private keys of cases are hidden");
	HELD("of all devices only those of the evidence are there");
	HELD("mount, process and IPC namespaces of its own; nothing it starts outlives it");
	HELD("/proc and /sys are read-only, sockets of programs outside are covered");
	HELD("no capability to mount, to make devices or to reach the hardware, and no way to gain "
	     "one");
	HELD("system calls that change block devices, mounts, namespaces, other processes or the "
	     "kernel are refused");
	if (run->user_namespace)
		HELD("a user namespace without privileges on this machine");
	if (exh_sandbox_landlock_abi() >= 6)
		HELD("abstract sockets of programs outside are out of reach");
#undef HELD
	return list;
}

static json_t *argv_json(char *const *argv)
{
	json_t *list = json_array();

	for (; argv && *argv; argv++)
		json_array_append_new(list, exh_json_text(*argv, strlen(*argv)));
	return list;
}

static void add_end(const struct run *run, json_t *result)
{
	int status = run->last.value;

	if (run->last.event != EXH_CONFINE_ENDED)
		json_object_set_new(result, "signal", json_integer(SIGKILL));
	else if (WIFSIGNALED(status))
		json_object_set_new(result, "signal", json_integer(WTERMSIG(status)));
	else
		json_object_set_new(result, "exit_status", json_integer(WEXITSTATUS(status)));
	if (run->not_run.event)
		json_object_set_new(result, "error",
				    json_sprintf("%s: %s", run->spec->argv[0],
						 run->not_run.value == ENOENT ? "command not found"
									      : run->not_run.text));
	if (run->out.error || run->err.error)
		json_object_set_new(
			result, "output_error",
			json_string(strerror(run->out.error ? run->out.error : run->err.error)));
}

static int conclude(struct exh_ctx *ctx, const struct run *run, json_t **result)
{
	if (run->last.event == EXH_CONFINE_REFUSED)
		return exh_fail(ctx, (enum exh_error)run->last.value, "%s", run->last.text);
	*result = json_pack("{s:o, s:f, s:b, s:o}", "argv", argv_json(run->spec->argv), "seconds",
			    (double)(now_ms() - run->begin) / 1000, "confined",
			    !run->spec->unconfined, "protections", protections(run));
	if (!*result)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	add_end(run, *result);
	if (run->told)
		return exh_fail(ctx, EXH_E_INTERRUPTED, "the command was interrupted");
	if (run->last.event != EXH_CONFINE_ENDED)
		return exh_fail(ctx, EXH_E_SYSTEM,
				"the process that watched the command was killed");
	return 0;
}

/* With CAP_SYS_ADMIN the namespaces can be made as they are; whoever asks for it without is given a
 * user namespace first. */
static bool needs_user_namespace(const struct exh_confine_spec *spec)
{
	return !spec->unconfined && geteuid();
}

int exh_confine_run(struct exh_ctx *ctx, const struct exh_confine_spec *spec, json_t **result)
{
	struct run run = {.spec = spec,
			  .control = -1,
			  .out = {.from = -1},
			  .err = {.from = -1},
			  .begin = now_ms(),
			  .user_namespace = needs_user_namespace(spec)};
	int r;

	*result = NULL;
	r = open_and_start(ctx, &run);
	if (!r) {
		relay_until_end(ctx, &run);
		wait_for_supervisor(&run);
	} else if (run.control >= 0) {
		close(run.control);
	}
	exh_relay_finish(&run.out);
	exh_relay_finish(&run.err);
	return r < 0 ? r : conclude(ctx, &run, result);
}

int exh_confine_available(struct exh_ctx *ctx)
{
	static const char *const nothing[] = {NULL};
	struct exh_confine_spec spec = {
		.evidence = nothing, .devices = nothing, .stdout_fd = -1, .stderr_fd = -1};
	_cleanup_json_ json_t *result = NULL;

	return exh_confine_run(ctx, &spec, &result);
}
