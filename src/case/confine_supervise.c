// SPDX-License-Identifier: Apache-2.0
/*
 * The process between exhibit and the command. Confined it is pid 1 of a PID namespace, and the
 * kernel ends everything with it; unconfined it is a subreaper and ends its descendants itself. It
 * ends when the command does, and when its owner goes away.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "confine_parts.h"

static void tell(const struct exh_confine_plan *plan, enum exh_confine_event event, int value,
		 const char *text)
{
	struct exh_confine_message m = {.event = event, .value = value};

	snprintf(m.text, sizeof(m.text), "%s", text);
	if (send(plan->control, &m, sizeof(m), MSG_NOSIGNAL) < 0)
		return; /* the owner is gone: nobody to tell */
}

static int write_proc_file(const char *path, const char *text)
{
	_cleanup_fd_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -1 : exh_write_all(fd, text, strlen(text));
}

/* Everybody keeps the user id they have. The files are root's, unwritable, for as long as the
 * process is not dumpable. */
static int map_user(struct exh_ctx *ctx, const struct exh_confine_plan *plan)
{
	char uid_map[64], gid_map[64];
	int r;

	snprintf(uid_map, sizeof(uid_map), "%u %u 1\n", plan->uid, plan->uid);
	snprintf(gid_map, sizeof(gid_map), "%u %u 1\n", plan->gid, plan->gid);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	r = write_proc_file("/proc/self/setgroups", "deny");
	if (!r)
		r = write_proc_file("/proc/self/uid_map", uid_map);
	if (!r)
		r = write_proc_file("/proc/self/gid_map", gid_map);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return r < 0 ? exh_fail_errno(ctx, "the user namespace cannot be mapped") : 0;
}

static void default_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int take_streams(const struct exh_confine_plan *plan)
{
	int null = open("/dev/null", O_RDONLY);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(plan->out, STDOUT_FILENO) < 0 ||
	    dup2(plan->err, STDERR_FILENO) < 0)
		return -1;
	return (int)syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
}

/* A descriptor that stays open would lead back to the evidence as it was before it was covered. */
static _Noreturn void become_command(const struct exh_confine_plan *plan)
{
	const struct exh_confine_spec *spec = plan->spec;
	struct exh_ctx ctx = {.helper = -1};
	int failed;

	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	default_signals();
	if (take_streams(plan) < 0) {
		tell(plan, EXH_CONFINE_REFUSED, EXH_E_SYSTEM,
		     "the command's streams cannot be set up");
		_exit(1);
	}
	if (!spec->unconfined && exh_confine_drop_privileges(&ctx) < 0) {
		tell(plan, EXH_CONFINE_REFUSED, ctx.code, ctx.text);
		_exit(1);
	}
	if (!spec->argv)
		_exit(0);
	execvpe(spec->argv[0], spec->argv, plan->environment);
	failed = errno;
	tell(plan, EXH_CONFINE_NOT_RUN, failed, strerror(failed));
	/* as a shell ends: POSIX.1, 2.8.2 Exit Status for Commands */
	_exit(failed == ENOENT ? 127 : 126);
}

/* Children of this process that are left: each is ended, its own children come to us and are next.
 */
static void end_descendants(void)
{
	for (;;) {
		_cleanup_file_ FILE *f = fopen("/proc/thread-self/children", "re");
		int pid;

		while (f && fscanf(f, "%d", &pid) == 1)
			kill(pid, SIGKILL);
		if (waitpid(-1, NULL, 0) < 0 && errno == ECHILD)
			return;
	}
}

static _Noreturn void end_everything(const struct exh_confine_plan *plan, pid_t command)
{
	if (plan->spec->unconfined) {
		kill(-command, SIGKILL);
		end_descendants();
	}
	_exit(0);
}

/* Takes in whoever has ended; true when the command is among them. */
static bool reap(pid_t command, int *status)
{
	bool ended = false;
	int one;

	for (pid_t pid; (pid = waitpid(-1, &one, WNOHANG)) > 0;) {
		if (pid == command) {
			*status = one;
			ended = true;
		}
	}
	return ended;
}

static _Noreturn void watch(const struct exh_confine_plan *plan, pid_t command, int children)
{
	struct pollfd polled[] = {{children, POLLIN, 0}, {plan->control, POLLIN, 0}};
	struct signalfd_siginfo info;
	int status = 0;
	char byte;

	for (;;) {
		if (poll(polled, 2, -1) < 0 && errno != EINTR)
			end_everything(plan, command);
		if (polled[1].revents) {
			if (recv(plan->control, &byte, 1, MSG_DONTWAIT) <= 0)
				end_everything(plan, command);
			kill(-command, SIGTERM);
		}
		if (polled[0].revents && read(children, &info, sizeof(info)) > 0 &&
		    reap(command, &status)) {
			tell(plan, EXH_CONFINE_ENDED, status, "");
			end_everything(plan, command);
		}
	}
}

static int set_up(struct exh_ctx *ctx, const struct exh_confine_plan *plan)
{
	int r = 0;

	if (plan->spec->unconfined)
		return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0
			       ? exh_fail_errno(ctx, "orphans of the command cannot be taken in")
			       : 0;
	if (plan->user_namespace)
		r = map_user(ctx, plan);
	return r < 0 ? r : exh_confine_mounts(ctx, plan->spec);
}

static void close_others(const struct exh_confine_plan *plan)
{
	_cleanup_dir_ DIR *dir = opendir("/proc/self/fd");

	for (struct dirent *e; dir && (e = readdir(dir));) {
		int fd = atoi(e->d_name);

		if (fd > STDERR_FILENO && fd != plan->control && fd != plan->out &&
		    fd != plan->err && fd != dirfd(dir))
			close(fd);
	}
}

_Noreturn void exh_confine_supervise(const struct exh_confine_plan *plan)
{
	struct exh_ctx ctx = {.helper = -1};
	sigset_t child;
	int children;
	pid_t pid;

	prctl(PR_SET_NAME, "exhibit-confine", 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	close_others(plan);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_SETMASK, &child, NULL);
	children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (set_up(&ctx, plan) < 0) {
		tell(plan, EXH_CONFINE_REFUSED, ctx.code, ctx.text);
		_exit(1);
	}
	pid = fork();
	if (pid < 0) {
		tell(plan, EXH_CONFINE_REFUSED, EXH_E_SYSTEM, "no process for the command");
		_exit(1);
	}
	if (!pid)
		become_command(plan);
	close(plan->out);
	close(plan->err);
	watch(plan, pid, children);
}
