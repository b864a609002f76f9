// SPDX-License-Identifier: Apache-2.0
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "events.h"
#include "users.h"
#include "wploop_device.h"

#define BATCH	  32
#define MOST_ROWS 4096 /* of one device; what is behind them is in the counters of the device */

struct watched {
	int fd; /* -1: it is gone */
	char device[32];
	unsigned rows;
};

struct exh_guard {
	int control, hold, poll, eventfd;
	char *id;
	char **paths; /* of the files, in the order of the image */
	size_t nr_files;
	struct watched *list;
	size_t nr;
};

static void guard_free(struct exh_guard *g)
{
	for (size_t i = 0; i < g->nr; i++)
		if (g->list[i].fd >= 0)
			close(g->list[i].fd);
	for (size_t i = 0; g->paths && i < g->nr_files; i++)
		free(g->paths[i]);
	if (g->poll >= 0)
		close(g->poll);
	if (g->hold >= 0)
		close(g->hold);
	if (g->control >= 0)
		close(g->control);
	free(g->paths);
	free(g->list);
	free(g->id);
	free(g);
}

static int somebody_writes(struct exh_ctx *ctx, const struct exh_image_file *f)
{
	const struct exh_target target = {
		.what = EXH_WRITERS_OF_FILE, .device = f->st.st_dev, .inode = f->st.st_ino};
	_cleanup_json_ json_t *list = json_array();
	_cleanup_free_ char *names = NULL;

	exh_users_find(&target, list);
	names = exh_users_text(list);
	return exh_fail(ctx, EXH_E_BUSY,
			"%s: is open for writing by %s; nothing is attached while evidence can be "
			"changed",
			f->path, names && *names ? names : "somebody who cannot be seen from here");
}

static int hold(struct exh_ctx *ctx, struct exh_guard *g, const struct exh_image *image)
{
	_cleanup_free_ int32_t *fds = calloc(image->nr_files, sizeof(*fds));
	struct wploop_hold ask = {.size = sizeof(ask),
				  .flags = WPLOOP_PIN,
				  .fds = (uintptr_t)fds,
				  .count = (uint32_t)image->nr_files,
				  .failed = WPLOOP_NO_EXTENT};

	if (!fds)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	for (size_t i = 0; i < image->nr_files; i++)
		fds[i] = image->files[i].fd;
	g->hold = ioctl(g->control, WPLOOP_HOLD, &ask);
	if (g->hold >= 0)
		return 0;
	if (errno == ETXTBSY && ask.failed < image->nr_files)
		return somebody_writes(ctx, &image->files[ask.failed]);
	return exh_fail_errno(ctx, "%s: cannot be held",
			      image->files[ask.failed < image->nr_files ? ask.failed : 0].path);
}

static int copy_names(struct exh_ctx *ctx, struct exh_guard *g, const struct exh_image *image)
{
	g->paths = calloc(image->nr_files, sizeof(*g->paths));
	for (; g->paths && g->nr_files < image->nr_files; g->nr_files++) {
		g->paths[g->nr_files] = strdup(image->files[g->nr_files].path);
		if (!g->paths[g->nr_files])
			break;
	}
	return g->paths && g->nr_files == image->nr_files
		       ? 0
		       : exh_fail(ctx, EXH_E_NOMEM, "out of memory");
}

int exh_guard_take(struct exh_ctx *ctx, const struct exh_image *image, const char *id, int eventfd,
		   struct exh_guard **ret)
{
	struct exh_guard *g = calloc(1, sizeof(*g));
	int r;

	if (!g)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	g->eventfd = eventfd;
	g->hold = -1;
	g->id = strdup(id);
	g->control = exh_wploop_control();
	g->poll = epoll_create1(EPOLL_CLOEXEC);
	if (g->control < 0 || g->poll < 0 || !g->id)
		r = exh_fail_errno(ctx, WPLOOP_CONTROL);
	else
		r = copy_names(ctx, g, image);
	if (!r)
		r = hold(ctx, g, image);
	if (r < 0) {
		guard_free(g);
		return r;
	}
	*ret = g;
	return 0;
}

size_t exh_guard_held(const struct exh_guard *g)
{
	return g->nr_files;
}

static void watch_one(const struct wploop_info *info, void *opaque)
{
	struct exh_guard *g = opaque;
	struct wploop_events ask = {.size = sizeof(ask),
				    .number = info->number,
				    .flags = O_NONBLOCK,
				    .diskseq = info->diskseq};
	struct epoll_event wanted = {.events = EPOLLIN, .data.u64 = g->nr};
	struct watched *grown = realloc(g->list, (g->nr + 1) * sizeof(*grown)), *w;

	if (!grown)
		return;
	g->list = grown;
	w = &g->list[g->nr];
	*w = (struct watched){.fd = ioctl(g->control, WPLOOP_EVENTS, &ask)};
	snprintf(w->device, sizeof(w->device), "/dev/wploop%u", info->number);
	if (w->fd >= 0)
		g->nr++;
	if (w->fd >= 0 && epoll_ctl(g->poll, EPOLL_CTL_ADD, w->fd, &wanted) < 0)
		close(steal_fd(&w->fd));
}

void exh_guard_watch(struct exh_guard *g)
{
	exh_wploop_each(g->control, g->id, watch_one, g);
}

int exh_guard_fd(const struct exh_guard *g)
{
	return g ? g->poll : -1;
}

static void take_down(struct exh_guard *g, struct watched *w, const struct wploop_event *e)
{
	json_t *row;

	if (w->rows > MOST_ROWS)
		return;
	row = exh_wploop_event(w->device, e);
	if (row && w->rows++ == MOST_ROWS) {
		json_decref(row);
		row = json_pack("{s:s, s:s}", "event", "events-suppressed", "device", w->device);
	}
	if (row)
		exh_event_write(g->eventfd, row);
}

static void drain_one(struct exh_guard *g, struct watched *w)
{
	struct wploop_event events[BATCH];
	ssize_t n;

	while (w->fd >= 0 && (n = read(w->fd, events, sizeof(events))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			break;
		for (size_t i = 0; i < (size_t)n / sizeof(events[0]); i++)
			take_down(g, w, &events[i]);
	}
	/* after the last event of a device that was detached */
	if (w->fd >= 0)
		close(steal_fd(&w->fd));
}

void exh_guard_drain(struct exh_guard *g)
{
	for (size_t i = 0; i < g->nr; i++)
		drain_one(g, &g->list[i]);
}

static void check_files(struct exh_guard *g)
{
	struct wploop_hold_check check = {.size = sizeof(check)};

	if (ioctl(g->hold, WPLOOP_HOLD_CHECK, &check) < 0 || !check.changed)
		return;
	exh_event_write(g->eventfd,
			json_pack("{s:s, s:s, s:I}", "event", "held-file-changed", "path",
				  check.first_changed < g->nr_files ? g->paths[check.first_changed]
								    : "an evidence file",
				  "files", (json_int_t)check.changed));
}

void exh_guard_end(struct exh_guard *g)
{
	if (!g)
		return;
	exh_guard_drain(g);
	check_files(g);
	guard_free(g);
}
