// SPDX-License-Identifier: Apache-2.0
#include "leases.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "events.h"
#include "users.h"

/* The signal comes before the one who opens the file has gone to sleep. */
#define LOOKS	      25
#define LOOK_PAUSE_MS 20

struct lease {
	char *path;
	int fd;
	bool is_held, is_out; /* out: given up for somebody, to be taken again */
	struct stat st;	      /* when it was last seen whole */
};

struct exh_leases {
	struct lease *list;
	size_t nr;
	int eventfd;
};

int exh_leases_signal(void)
{
	return SIGRTMIN + 1;
}

static int set_lease(const struct lease *f)
{
	if (fcntl(f->fd, F_SETSIG, exh_leases_signal()) < 0 || fcntl(f->fd, F_SETOWN, getpid()) < 0)
		return -1;
	return fcntl(f->fd, F_SETLEASE, F_RDLCK);
}

static void take(struct exh_leases *l, struct lease *f)
{
	f->is_held = set_lease(f) == 0;
	if (!f->is_held)
		exh_event_write(
			l->eventfd,
			json_pack(
				"{s:s, s:s, s:s}", "event", "lease-unavailable", "path", f->path,
				"cause",
				errno == EAGAIN
					? "it is open for writing, or its file system has no leases"
					: strerror(errno)));
}

int exh_leases_take(struct exh_ctx *ctx, const struct exh_image *image, int eventfd,
		    struct exh_leases **ret)
{
	struct exh_leases *l = calloc(1, sizeof(*l));

	if (l)
		l->list = calloc(image->nr_files, sizeof(*l->list));
	if (!l || !l->list) {
		free(l);
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	}
	l->eventfd = eventfd;
	for (size_t i = 0; i < image->nr_files; i++) {
		struct lease *f = &l->list[l->nr];

		f->fd = exh_image_reopen(image, i, 0);
		f->path = strdup(image->files[i].path);
		f->st = image->files[i].st;
		l->nr++;
		if (f->path)
			take(l, f);
	}
	*ret = l;
	return 0;
}

size_t exh_leases_held(const struct exh_leases *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->nr; i++)
		n += l->list[i].is_held;
	return n;
}

static bool is_changed(struct lease *f)
{
	struct stat now;
	bool changed;

	if (fstat(f->fd, &now) < 0)
		return true;
	changed = now.st_size != f->st.st_size ||
		  memcmp(&now.st_mtim, &f->st.st_mtim, sizeof(now.st_mtim)) ||
		  memcmp(&now.st_ctim, &f->st.st_ctim, sizeof(now.st_ctim));
	f->st = now;
	return changed;
}

/* The kernel refuses as long as the file is open for writing, also by one who still waits for the
 * old lease to end. */
static bool is_retaken(struct exh_leases *l, struct lease *f)
{
	if (set_lease(f) < 0)
		return false;
	f->is_out = false;
	f->is_held = true;
	exh_event_write(l->eventfd, json_pack("{s:s, s:s, s:b}", "event", "lease-retaken", "path",
					      f->path, "changed", is_changed(f)));
	return true;
}

/* Finds nobody where the opening did not wait (O_NONBLOCK). */
static void name_waiting(json_t *list)
{
	const struct timespec pause = {.tv_nsec = LOOK_PAUSE_MS * 1000000L};

	exh_users_waiting(list);
	for (int i = 1; i < LOOKS && !json_array_size(list); i++) {
		nanosleep(&pause, NULL);
		exh_users_waiting(list);
	}
}

/* A waiting process is named before we let go: afterwards it may have the file open only for an
 * instant. */
static void give_up(struct exh_leases *l, struct lease *f)
{
	const struct exh_target target = {
		.what = EXH_WRITERS_OF_FILE, .device = f->st.st_dev, .inode = f->st.st_ino};
	json_t *waiting = json_array(), *writers = json_array();

	name_waiting(waiting);
	fcntl(f->fd, F_SETLEASE, F_UNLCK);
	f->is_held = false;
	f->is_out = true;
	exh_users_find(&target, writers);
	exh_event_write(l->eventfd,
			json_pack("{s:s, s:s, s:o, s:o}", "event", "lease-broken", "path", f->path,
				  "waiting", waiting, "writers", writers));
}

void exh_leases_broken(struct exh_leases *l, int fd)
{
	for (size_t i = 0; i < l->nr; i++) {
		struct lease *f = &l->list[i];

		if (!f->is_held || (fd >= 0 && f->fd != fd))
			continue;
		if (fd >= 0 || fcntl(f->fd, F_GETLEASE) != F_RDLCK)
			give_up(l, f);
	}
}

size_t exh_leases_retry(struct exh_leases *l)
{
	size_t out = 0;

	for (size_t i = 0; i < l->nr; i++)
		out += l->list[i].is_out && !is_retaken(l, &l->list[i]);
	return out;
}

void exh_leases_free(struct exh_leases *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->nr; i++) {
		if (l->list[i].fd >= 0)
			close(l->list[i].fd);
		free(l->list[i].path);
	}
	free(l->list);
	free(l);
}
