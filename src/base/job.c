// SPDX-License-Identifier: Apache-2.0
/* The owner's side of a job: starts it, reads its lines, and distrusts them. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "facts.h"
#include "worker.h"
#include "worker_wire.h"

#define LINE_LIMIT (4U << 20)

struct exh_job {
	char task[32];
	int out;  /* the worker's lines */
	int sock; /* the guardian */
	char *buffer;
	size_t used, start, size;
	bool ended;	     /* the worker's last line has come */
	enum exh_error code; /* what that line said */
	json_t *last_words;
};

void exh_job_free(struct exh_job *job)
{
	if (!job)
		return;
	if (job->out >= 0)
		close(job->out);
	if (job->sock >= 0)
		close(job->sock);
	json_decref(job->last_words);
	free(job->buffer);
	free(job);
}

int exh_job_fd(const struct exh_job *job)
{
	return job->out;
}

static int send_fds(int sock, const int *fds, int n)
{
	union {
		char buf[CMSG_SPACE(sizeof(int) * EXH_WIRE_FDS)];
		struct cmsghdr align;
	} control = {{0}};
	char byte = 0;
	struct iovec iov = {&byte, 1};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf};
	struct cmsghdr *c;

	msg.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)n);
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)n);
	memcpy(CMSG_DATA(c), fds, sizeof(int) * (size_t)n);
	return sendmsg(sock, &msg, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static int send_all_fds(int sock, const int *fds, int n)
{
	for (int sent = 0; sent < n;) {
		int batch = n - sent < EXH_WIRE_FDS ? n - sent : EXH_WIRE_FDS;

		if (send_fds(sock, fds + sent, batch) < 0)
			return -1;
		sent += batch;
	}
	return 0;
}

static int send_start(int helper, const struct exh_wire_start *start, int sock)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {{0}};
	struct iovec iov = {(void *)start, sizeof(*start)};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.buf,
			     .msg_controllen = sizeof(control.buf)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &sock, sizeof(sock));
	return sendmsg(helper, &msg, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static int args_fd(const json_t *args)
{
	_cleanup_free_ char *text = exh_json_dump_line(args);
	int fd = text ? memfd_create("exhibit-args", MFD_CLOEXEC) : -1;

	if (fd >= 0 && exh_write_all(fd, text, strlen(text)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int start_worker(struct exh_ctx *ctx, const struct exh_job_spec *spec, struct exh_job *job)
{
	_cleanup_fd_ int args = args_fd(spec->args), theirs = -1, pipe_in = -1;
	struct exh_wire_start start = {.nr_fds = spec->nr_fds + 2};
	int pair[2], pipes[2], own[2];

	if (ctx->helper < 0)
		return exh_fail(ctx, EXH_E_STATE, "workers were not started");
	if (args < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return exh_fail_errno(ctx, "worker %s cannot be started", spec->task);
	job->sock = pair[0];
	theirs = pair[1];
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return exh_fail_errno(ctx, "worker %s cannot be started", spec->task);
	job->out = pipes[0];
	pipe_in = pipes[1];
	own[0] = args;
	own[1] = pipe_in;
	snprintf(start.task, sizeof(start.task), "%s", spec->task);
	if (send_start(ctx->helper, &start, theirs) < 0 || send_all_fds(job->sock, own, 2) < 0 ||
	    send_all_fds(job->sock, spec->fds, spec->nr_fds) < 0)
		return exh_fail_errno(ctx, "worker %s cannot be started", spec->task);
	return 0;
}

int exh_job_start(struct exh_ctx *ctx, const struct exh_job_spec *spec, struct exh_job **ret)
{
	_cleanup_job_ struct exh_job *job = calloc(1, sizeof(*job));
	int r;

	if (!job)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	job->out = job->sock = -1;
	snprintf(job->task, sizeof(job->task), "%s", spec->task);
	r = start_worker(ctx, spec, job);
	if (r < 0)
		return r;
	*ret = steal(&job);
	return 0;
}

static int fail_of_end(struct exh_ctx *ctx, const struct exh_job *job,
		       const struct exh_wire_end *end)
{
	int status = end->wait_status;

	if (end->timed_out)
		return exh_fail(ctx, EXH_E_WORKER, "worker %s was ended after %d seconds",
				job->task, EXH_WIRE_PROBER_SECONDS);
	if (end->finished && WIFSIGNALED(status))
		return exh_fail(ctx, EXH_E_WORKER, "worker %s was ended by signal %d (%s)",
				job->task, WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (end->finished)
		return exh_fail(ctx, EXH_E_WORKER,
				"worker %s stopped with status %d before its end", job->task,
				WEXITSTATUS(status));
	return exh_fail(ctx, EXH_E_WORKER, "worker %s could not be started", job->task);
}

/* The pipe is closed: either the last line has come, or something ended the worker. */
static int finish(struct exh_ctx *ctx, struct exh_job *job)
{
	struct exh_wire_end end = {0};
	const char *text;
	ssize_t n;

	do {
		n = recv(job->sock, &end, sizeof(end), 0);
	} while (n < 0 && errno == EINTR && !exh_interrupted(ctx));
	if (!job->ended)
		return fail_of_end(ctx, job, &end);
	if (!job->code)
		return 1;
	text = exh_json_str(job->last_words, "text");
	return exh_fail(ctx, job->code, "%s", text ? text : exh_error_name(job->code));
}

static int fill(struct exh_ctx *ctx, struct exh_job *job)
{
	struct pollfd polled = {job->out, POLLIN, 0};
	ssize_t n;
	int ready;

	if (job->size - job->used < 65536) {
		char *grown =
			job->used < LINE_LIMIT ? realloc(job->buffer, job->size + 131072) : NULL;

		if (!grown)
			return exh_fail(ctx, EXH_E_WORKER, "worker %s sent a line without end",
					job->task);
		job->buffer = grown;
		job->size += 131072;
	}
	do {
		ready = poll(&polled, 1, EXH_WIRE_STALL_SECONDS * 1000);
		if (exh_interrupted(ctx))
			return exh_fail(ctx, EXH_E_INTERRUPTED, "interrupted");
	} while (ready < 0 && errno == EINTR);
	if (!ready)
		return exh_fail(ctx, EXH_E_WORKER,
				"worker %s showed no sign of life for %d seconds", job->task,
				EXH_WIRE_STALL_SECONDS);
	n = read(job->out, job->buffer + job->used, job->size - job->used);
	if (n < 0)
		return exh_fail_errno(ctx, "worker %s cannot be heard", job->task);
	job->used += (size_t)n;
	return n ? 0 : 1;
}

/* A number from a worker is an error of the table, or the worker itself is the error. */
static enum exh_error code_of_end(const json_t *end)
{
	uint64_t code = exh_json_u64(end, "code", EXH_E_WORKER);

	return code <= EXH_E_INTERRUPTED ? (enum exh_error)code : EXH_E_WORKER;
}

static void show_progress(struct exh_ctx *ctx, const json_t *p)
{
	struct exh_progress progress = {.what = exh_json_str(p, "what"),
					.done = exh_json_u64(p, "done", 0),
					.total = exh_json_u64(p, "total", 0)};

	if (ctx->on_progress && progress.what)
		ctx->on_progress(&progress, ctx->opaque);
}

/* Takes one line out of the buffer: 0 with a line for the caller, 1 when it was not for the caller.
 */
static int take_line(struct exh_ctx *ctx, struct exh_job *job, size_t length, json_t **line)
{
	_cleanup_json_ json_t *value = json_loadb(job->buffer + job->start, length,
						  JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	json_t *end;

	job->start += length + 1;
	if (!json_is_object(value) || job->ended)
		return exh_fail(ctx, EXH_E_WORKER, "worker %s sent what is no answer", job->task);
	if (json_object_get(value, "progress")) {
		show_progress(ctx, json_object_get(value, "progress"));
		return 1;
	}
	end = json_object_get(value, "end");
	if (!end) {
		*line = steal(&value);
		return 0;
	}
	job->ended = true;
	job->code = code_of_end(end);
	job->last_words = json_incref(end);
	return 1;
}

int exh_job_next(struct exh_ctx *ctx, struct exh_job *job, json_t **line)
{
	for (;;) {
		char *from = job->buffer + job->start;
		char *newline =
			job->used > job->start ? memchr(from, '\n', job->used - job->start) : NULL;
		int r;

		if (newline) {
			r = take_line(ctx, job, (size_t)(newline - from), line);
			if (r <= 0)
				return r;
			continue;
		}
		if (job->start) {
			memmove(job->buffer, job->buffer + job->start, job->used - job->start);
			job->used -= job->start;
			job->start = 0;
		}
		r = fill(ctx, job);
		if (r < 0)
			return r;
		if (r)
			return finish(ctx, job);
	}
}

static int merge_line(json_t *facts, json_t *line)
{
	const char *list = exh_json_str(line, "append");
	json_t *problem = json_object_get(line, "problem");
	json_t *array;

	if (problem)
		return exh_problems_add(facts, json_incref(problem));
	if (!list)
		return json_object_update(facts, line);
	array = json_object_get(facts, list);
	if (!array) {
		array = json_array();
		json_object_set_new(facts, list, array);
	}
	return json_array_append(array, json_object_get(line, "row"));
}

int exh_job_collect(struct exh_ctx *ctx, const struct exh_job_spec *spec, json_t *facts,
		    size_t limit)
{
	_cleanup_job_ struct exh_job *job = NULL;
	size_t total = 0;
	int r = exh_job_start(ctx, spec, &job);

	while (!r) {
		_cleanup_json_ json_t *line = NULL;
		size_t before = job->start;

		r = exh_job_next(ctx, job, &line);
		if (r)
			break;
		total += job->start > before ? job->start - before : job->start;
		if (total > limit)
			return exh_fail(ctx, EXH_E_WORKER, "worker %s said more than %zu bytes",
					spec->task, limit);
		merge_line(facts, line);
	}
	return r < 0 ? r : 0;
}
