// SPDX-License-Identifier: Apache-2.0
/* The worker's own side: what runs in the guardian and inside the sandbox. The owner's side is
 * job.c. */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "facts.h"
#include "sandbox.h"
#include "text.h"
#include "worker_wire.h"

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int exh_emit_lines(struct exh_worker *w, const char *lines, size_t n)
{
	int r;

	pthread_mutex_lock(&w->lock);
	r = exh_write_all(w->out, lines, n);
	pthread_mutex_unlock(&w->lock);
	return r < 0 ? exh_fail_errno(w->ctx, "the answer cannot be written") : 0;
}

int exh_emit(struct exh_worker *w, json_t *object)
{
	_cleanup_json_ json_t *owned = object;
	_cleanup_free_ char *line = object ? exh_json_dump_line(object) : NULL;
	size_t n = line ? strlen(line) : 0;

	if (!line)
		return exh_fail(w->ctx, EXH_E_NOMEM, "out of memory");
	line[n] = '\n';
	return exh_emit_lines(w, line, n + 1);
}

int exh_emit_as(struct exh_worker *w, const char *key, json_t *value)
{
	return exh_emit(w, json_pack("{s:o}", key, value));
}

int exh_emit_problem(struct exh_worker *w, json_t *problem)
{
	return exh_emit_as(w, "problem", problem);
}

int exh_emit_row(struct exh_worker *w, const char *key, json_t *row)
{
	return exh_emit(w, json_pack("{s:s, s:o}", "append", key, "row", row));
}

void exh_emit_progress(struct exh_worker *w, const char *what, uint64_t done, uint64_t total)
{
	uint64_t now = now_ms();
	uint64_t last = __atomic_load_n(&w->last_progress_ms, __ATOMIC_RELAXED);

	if (now - last < 250 ||
	    !__atomic_compare_exchange_n(&w->last_progress_ms, &last, now, false, __ATOMIC_RELAXED,
					 __ATOMIC_RELAXED))
		return;
	exh_emit(w, json_pack("{s:{s:s, s:I, s:I}}", "progress", "what", what, "done",
			      (json_int_t)done, "total", (json_int_t)total));
}

static const struct exh_task *find_task(const struct exh_task *tasks, const char *name)
{
	for (; tasks->name; tasks++)
		if (!strcmp(tasks->name, name))
			return tasks;
	return NULL;
}

/* Receives the job's descriptors, up to EXH_WIRE_FDS in a message, until the announced number is
 * there. */
static int receive_fds(int sock, int *fds, int wanted)
{
	int got = 0;

	while (got < wanted) {
		union {
			char buf[CMSG_SPACE(sizeof(int) * EXH_WIRE_FDS)];
			struct cmsghdr align;
		} control;
		char byte;
		struct iovec iov = {&byte, 1};
		struct msghdr msg = {.msg_iov = &iov,
				     .msg_iovlen = 1,
				     .msg_control = control.buf,
				     .msg_controllen = sizeof(control.buf)};
		struct cmsghdr *c;
		int n;

		if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) <= 0)
			return -1;
		c = CMSG_FIRSTHDR(&msg);
		if (!c || c->cmsg_type != SCM_RIGHTS || (msg.msg_flags & MSG_CTRUNC))
			return -1;
		n = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		if (n > wanted - got)
			return -1;
		memcpy(fds + got, CMSG_DATA(c), sizeof(int) * (size_t)n);
		got += n;
	}
	return 0;
}

static json_t *load_args(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	_cleanup_free_ char *text = size >= 0 ? malloc((size_t)size + 1) : NULL;

	if (!text || exh_pread_all(fd, text, (size_t)size, 0) != size)
		return NULL;
	return json_loadb(text, (size_t)size, JSON_ALLOW_NUL, NULL);
}

static int run_task(struct exh_worker *w, const struct exh_task *task, const json_t *args)
{
	int r = task->prepare ? task->prepare(w, args) : 0;

	if (!r)
		r = exh_sandbox_enter(w->ctx, task->kind);
	if (!r)
		r = task->run(w, args);
	return r;
}

/* Never returns. fds: [0] arguments, [1] output, then the task's own. */
static _Noreturn void worker_main(const struct exh_task *task, int *fds, int nr_fds)
{
	struct exh_ctx ctx = {.helper = -1};
	struct exh_worker w = {.ctx = &ctx, .fds = fds + 2, .nr_fds = nr_fds - 2, .out = fds[1]};
	_cleanup_json_ json_t *args = load_args(fds[0]);
	int r;

	prctl(PR_SET_NAME, task->name, 0, 0, 0);
	pthread_mutex_init(&w.lock, NULL);
	close(fds[0]);
	r = args ? run_task(&w, task, args)
		 : exh_fail(&ctx, EXH_E_FORMAT, "the arguments cannot be read");
	exh_emit(&w, json_pack("{s:{s:i, s:o}}", "end", "code", r < 0 ? -r : 0, "text",
			       exh_json_text(ctx.text, r < 0 ? strlen(ctx.text) : 0)));
	_exit(0);
}

static void report_end(int sock, const struct exh_wire_end *end)
{
	if (send(sock, end, sizeof(*end), MSG_NOSIGNAL) < 0)
		return; /* the owner is gone: nobody to tell */
}

/* Waits for the worker, for the owner to go away, or for the wall clock. */
static void guard(int sock, pid_t pid, enum exh_worker_kind kind)
{
	struct exh_wire_end end = {0};
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd polled[] = {{pidfd, POLLIN, 0}, {sock, POLLIN | POLLHUP, 0}};
	int timeout = kind == EXH_PROBER ? EXH_WIRE_PROBER_SECONDS * 1000 : -1;
	struct rusage usage;
	int n;

	do {
		n = poll(polled, 2, timeout);
	} while (n < 0 && errno == EINTR);
	if (!(polled[0].revents & POLLIN)) {
		end.timed_out = n == 0;
		kill(pid, SIGKILL);
	}
	while (wait4(pid, &end.wait_status, 0, &usage) < 0 && errno == EINTR)
		;
	end.max_rss_kib = (uint64_t)usage.ru_maxrss;
	end.finished = 1;
	report_end(sock, &end);
}

static _Noreturn void guardian_main(int sock, const struct exh_wire_start *start,
				    const struct exh_task *task)
{
	int *fds = calloc((size_t)start->nr_fds, sizeof(int));
	pid_t owner = getpid(), pid;

	signal(SIGCHLD, SIG_DFL);
	if (!fds || receive_fds(sock, fds, start->nr_fds) < 0)
		_exit(1);
	pid = fork();
	if (pid < 0)
		_exit(1);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		if (getppid() != owner)
			_exit(1);
		close(sock);
		worker_main(task, fds, start->nr_fds);
	}
	for (int i = 0; i < start->nr_fds; i++)
		close(fds[i]);
	guard(sock, pid, task->kind);
	_exit(0);
}

static int receive_start(int helper, struct exh_wire_start *start)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = {start, sizeof(*start)};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.buf,
			     .msg_controllen = sizeof(control.buf)};
	struct cmsghdr *c;
	ssize_t n;
	int sock;

	do {
		n = recvmsg(helper, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return -1;
	c = CMSG_FIRSTHDR(&msg);
	if (!c || n != (ssize_t)sizeof(*start))
		return -1;
	memcpy(&sock, CMSG_DATA(c), sizeof(sock));
	return sock;
}

static void keep_only(int fd)
{
	if (fd > 3)
		syscall(SYS_close_range, 3, fd - 1, 0);
	syscall(SYS_close_range, fd < 3 ? 3 : fd + 1, ~0U, 0);
}

/* A worker says everything through its pipe; what a crashing library prints would only confuse. */
static void silence(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (!getenv("EXHIBIT_WORKER_STDERR"))
		dup2(null, STDERR_FILENO);
	if (null > STDERR_FILENO)
		close(null);
}

static _Noreturn void helper_main(int helper, const struct exh_task *tasks)
{
	struct exh_wire_start start;
	struct rlimit files;
	int sock;

	setsid();
	prctl(PR_SET_NAME, "exhibit-helper", 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	silence();
	keep_only(helper);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	while ((sock = receive_start(helper, &start)) >= 0) {
		const struct exh_task *task;

		start.task[sizeof(start.task) - 1] = 0;
		task = find_task(tasks, start.task);
		if (task && start.nr_fds >= 2 && start.nr_fds <= EXH_WIRE_MAX_FDS && !fork()) {
			close(helper);
			guardian_main(sock, &start, task);
		}
		close(sock);
	}
	_exit(0);
}

void exh_workers_stop(struct exh_ctx *ctx)
{
	if (ctx->helper < 0)
		return;
	close(ctx->helper);
	ctx->helper = -1;
	while (ctx->helper_pid && waitpid(ctx->helper_pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int exh_workers_start(struct exh_ctx *ctx, const struct exh_task *tasks)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return exh_fail_errno(ctx, "no socket for workers");
	pid = fork();
	if (pid < 0)
		return exh_fail_errno(ctx, "no process for workers");
	if (!pid) {
		close(pair[0]);
		helper_main(pair[1], tasks);
	}
	close(pair[1]);
	ctx->helper = pair[0];
	ctx->helper_pid = pid;
	return 0;
}
