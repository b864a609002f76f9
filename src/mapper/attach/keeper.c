// SPDX-License-Identifier: Apache-2.0
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/facts.h"
#include "base/worker.h"
#include "events.h"
#include "guard.h"
#include "leases.h"
#include "mapper/source/lost.h"
#include "process.h"

#define MESSAGE_LIMIT 4096
#define START_SECONDS 330 /* more than a worker may be silent */
#define COMMIT	      'c'

/* Everything the keeper has. */
struct keeping {
	struct exh_ctx ctx;
	const struct exh_image *image;
	const struct exh_plan *plan;
	int fuse_fd, sock, events, signals;
	struct exh_job *server;
	const char *id;
	bool holds_files;
	struct exh_guard *guard;   /* where the kernel keeps others from writing */
	struct exh_leases *leases; /* where it only tells; NULL: none */
	bool is_committed;
};

static unsigned server_threads(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	return processors < 2 ? 4 : processors > 16 ? 32 : (unsigned)processors * 2;
}

static int start_server(struct keeping *k)
{
	_cleanup_json_ json_t *args =
		json_pack("{s:O, s:b, s:i}", "files", k->plan->files, "uncached",
			  k->plan->has_losses, "threads", (int)server_threads());
	_cleanup_free_ int *fds = NULL;
	_cleanup_json_ json_t *line = NULL;
	struct exh_job_spec spec = {.task = "fuse", .args = args};
	int *all, r = exh_image_spec(&k->ctx, k->image, args, &fds, &spec.nr_fds);

	if (r < 0)
		return r;
	all = realloc(fds, ((size_t)spec.nr_fds + 1) * sizeof(*fds));
	if (!all)
		return exh_fail(&k->ctx, EXH_E_NOMEM, "out of memory");
	fds = all;
	fds[spec.nr_fds++] = k->fuse_fd;
	spec.fds = fds;
	r = exh_job_start(&k->ctx, &spec, &k->server);
	if (!r)
		r = exh_job_next(&k->ctx, k->server, &line);
	if (r)
		return r < 0 ? r : exh_fail(&k->ctx, EXH_E_WORKER, "the file server ended at once");
	return json_is_true(json_object_get(line, "serving"))
		       ? 0
		       : exh_fail(&k->ctx, EXH_E_WORKER, "the file server said something else");
}

static int tell_owner(struct keeping *k, int r)
{
	_cleanup_json_ json_t *who = exh_process_json(getpid());
	_cleanup_json_ json_t *message = NULL;
	_cleanup_free_ char *text = NULL;

	if (r < 0)
		message = json_pack("{s:i, s:s}", "code", -r, "text", k->ctx.text);
	else if (k->guard)
		message = json_pack("{s:O, s:{s:I, s:b}}", "keeper", who, "hold", "files",
				    (json_int_t)exh_guard_held(k->guard), "pinned", 1);
	else
		message = json_pack("{s:O, s:{s:I, s:I}}", "keeper", who, "leases", "held",
				    (json_int_t)exh_leases_held(k->leases), "files",
				    (json_int_t)k->image->nr_files);
	text = exh_json_dump_line(message);
	if (!text || send(k->sock, text, strnlen(text, MESSAGE_LIMIT), MSG_NOSIGNAL) < 0)
		return -1;
	return r;
}

/* false when it is time to end */
static bool handle_signal(struct keeping *k)
{
	struct signalfd_siginfo info;

	if (read(k->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return true;
	if (k->leases && info.ssi_signo == (uint32_t)exh_leases_signal())
		exh_leases_broken(k->leases, info.ssi_fd);
	else if (k->leases && info.ssi_signo == SIGIO)
		exh_leases_broken(k->leases, -1); /* the queue of signals was full */
	return info.ssi_signo != SIGTERM;
}

static bool handle_owner(struct keeping *k)
{
	char byte = 0;
	bool is_commit = recv(k->sock, &byte, 1, 0) == 1 && byte == COMMIT;

	close(steal_fd(&k->sock));
	k->is_committed |= is_commit;
	/* all devices are there now, and remember their first events */
	if (is_commit && k->guard)
		exh_guard_watch(k->guard);
	return is_commit;
}

/* The server said something: it has ended, one way or the other. */
static void handle_server(struct keeping *k)
{
	_cleanup_json_ json_t *line = NULL;
	int r = exh_job_next(&k->ctx, k->server, &line);

	if (!r && json_array_size(json_object_get(line, "damage")))
		exh_event_write(k->events, json_pack("{s:s, s:O}", "event", "damage-met", "ranges",
						     json_object_get(line, "damage")));
	if (!r)
		return;
	exh_event_write(k->events,
			json_pack("{s:s, s:b, s:s}", "event", "file-server-ended", "failed", r < 0,
				  "text", r < 0 ? k->ctx.text : "its mount is gone"));
	exh_job_free(steal(&k->server));
}

/* What the server met is told when its mount goes, and the mount goes just before we are told to
 * end. */
static void wait_for_server(struct keeping *k)
{
	for (int tries = 0; k->server && tries < 100; tries++) {
		struct pollfd polled = {exh_job_fd(k->server), POLLIN, 0};

		if (poll(&polled, 1, 20) > 0)
			handle_server(k);
	}
}

static void keep(struct keeping *k)
{
	size_t out = 0;
	int pause = 1;

	for (;;) {
		struct pollfd polled[] = {{k->signals, POLLIN, 0},
					  {k->sock, POLLIN, 0},
					  {k->server ? exh_job_fd(k->server) : -1, POLLIN, 0},
					  {exh_guard_fd(k->guard), POLLIN, 0}};
		int n = poll(polled, 4, out ? pause : -1);

		if (n < 0 && errno != EINTR)
			return;
		if (polled[0].revents && !handle_signal(k)) {
			wait_for_server(k);
			return;
		}
		if (polled[1].revents && !handle_owner(k))
			return;
		if (polled[2].revents)
			handle_server(k);
		if (polled[3].revents)
			exh_guard_drain(k->guard);
		pause = polled[0].revents ? 1 : pause < 1000 ? pause * 2 : 1000;
		out = k->leases ? exh_leases_retry(k->leases) : 0;
	}
}

static void close_others(const struct keeping *k)
{
	const struct exh_image *image = k->image;
	const struct exh_lost *lost = exh_image_lost(image);
	int last = STDERR_FILENO;

	/* walk upwards over what is kept and close what lies between */
	for (;;) {
		const int kept[] = {k->fuse_fd, k->sock, k->events, k->ctx.helper,
				    lost ? lost->fd : -1};
		int next = INT32_MAX;

		for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
			if (kept[i] > last && kept[i] < next)
				next = kept[i];
		for (size_t i = 0; i < image->nr_files; i++)
			if (image->files[i].fd > last && image->files[i].fd < next)
				next = image->files[i].fd;
		if (next > last + 1)
			syscall(SYS_close_range, last + 1,
				next == INT32_MAX ? ~0U : (unsigned)next - 1, 0);
		if (next == INT32_MAX)
			return;
		last = next;
	}
}

/* Nobody who waits for the end of the owner's output may have to wait for the keeper. */
static void leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	if (null > STDERR_FILENO)
		close(null);
	if (chdir("/") < 0)
		_exit(1);
}

static int take_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGIO);
	sigaddset(&set, exh_leases_signal());
	sigprocmask(SIG_SETMASK, &set, NULL);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static _Noreturn void keeper_main(struct keeping *k)
{
	int r = 0;

	prctl(PR_SET_NAME, "exhibit-keeper", 0, 0, 0);
	leave_terminal();
	close_others(k);
	k->signals = take_signals();
	if (k->signals < 0)
		_exit(1);
	if (k->fuse_fd >= 0)
		r = start_server(k);
	/* the worker alone may hold the mount: when it dies, waiting readers must get an error */
	if (k->fuse_fd >= 0)
		close(steal_fd(&k->fuse_fd));
	if (!r)
		r = k->holds_files ? exh_guard_take(&k->ctx, k->image, k->id, k->events, &k->guard)
				   : exh_leases_take(&k->ctx, k->image, k->events, &k->leases);
	for (size_t i = 0; i < k->image->nr_files; i++)
		close(k->image->files[i].fd);
	if (tell_owner(k, r) < 0)
		_exit(1);
	keep(k);
	exh_guard_end(k->guard);
	_exit(0);
}

/* Twice, so that the keeper is nobody's child: neither the owner nor whoever collects stray
 * children of a command may wait for it. */
static int fork_keeper(struct exh_ctx *ctx, struct keeping *k, int owners_end)
{
	pid_t pid = fork();

	if (pid < 0)
		return exh_fail_errno(ctx, "no process for the keeper");
	if (!pid) {
		close(owners_end);
		setsid();
		pid = fork();
		if (pid)
			_exit(pid < 0);
		keeper_main(k);
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}

static int hear_keeper(struct exh_ctx *ctx, int sock, json_t **ret)
{
	struct pollfd polled = {sock, POLLIN, 0};
	char text[MESSAGE_LIMIT];
	ssize_t n;
	int ready;

	do {
		ready = poll(&polled, 1, START_SECONDS * 1000);
		if (exh_interrupted(ctx))
			return exh_fail(ctx, EXH_E_INTERRUPTED, "interrupted");
	} while (ready < 0 && errno == EINTR);
	n = ready > 0 ? recv(sock, text, sizeof(text), 0) : -1;
	if (n <= 0)
		return exh_fail(ctx, EXH_E_WORKER, "the keeper ended before it began");
	*ret = json_loadb(text, (size_t)n, 0, NULL);
	if (json_object_get(*ret, "keeper"))
		return 0;
	return exh_fail(ctx, (enum exh_error)exh_json_u64(*ret, "code", EXH_E_WORKER), "%s",
			exh_json_str(*ret, "text") ? exh_json_str(*ret, "text")
						   : "the keeper failed");
}

int exh_keeper_start(struct exh_ctx *ctx, struct exh_attachment *a, const struct exh_image *image,
		     const struct exh_plan *plan, int fuse_fd, bool holds_files,
		     struct exh_keeper *k)
{
	_cleanup_fd_ int fuse = fuse_fd, theirs = -1, events = -1;
	_cleanup_json_ json_t *answer = NULL;
	struct keeping keeping = {.ctx = {.helper = ctx->helper},
				  .image = image,
				  .plan = plan,
				  .fuse_fd = fuse_fd,
				  .id = a->id,
				  .holds_files = holds_files};
	int pair[2], r;

	k->sock = -1;
	events = openat(a->dirfd, EXH_EVENTS_FILE,
			O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (events < 0)
		return exh_fail_errno(ctx, "%s: its events cannot be kept", a->id);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return exh_fail_errno(ctx, "no socket for the keeper");
	k->sock = pair[0];
	theirs = pair[1];
	keeping.sock = theirs;
	keeping.events = events;
	r = fork_keeper(ctx, &keeping, k->sock);
	if (r < 0)
		return r;
	ctx->helper_pid = 0;
	close(steal_fd(&theirs));
	if (fuse >= 0)
		close(steal_fd(&fuse));
	r = hear_keeper(ctx, k->sock, &answer);
	if (r < 0)
		return r;
	json_object_update(a->state, answer); /* "keeper", and "hold" or "leases" */
	return exh_attachment_save(ctx, a);
}

int exh_keeper_commit(struct exh_ctx *ctx, struct exh_keeper *k)
{
	char byte = COMMIT;

	if (send(k->sock, &byte, 1, MSG_NOSIGNAL) != 1)
		return exh_fail_errno(ctx, "the keeper is gone");
	exh_keeper_forget(k);
	return 0;
}

void exh_keeper_forget(struct exh_keeper *k)
{
	if (k->sock >= 0)
		close(steal_fd(&k->sock));
}
