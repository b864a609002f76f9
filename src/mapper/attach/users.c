// SPDX-License-Identifier: Apache-2.0
#include "users.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"
#include "mountinfo.h"
#include "process.h"

struct search {
	const struct exh_target *target;
	json_t *list;
	json_t *namespaces;   /* mount namespaces that were looked through */
	char node[64];	      /* "/dev/loop3": some file systems hide the device's number */
	const char *pid;      /* the process at hand */
};

static void add_process(json_t *list, const char *pid)
{
	char name[32];

	exh_process_name((pid_t)atoi(pid), name);
	json_array_append_new(list, json_pack("{s:i, s:o}", "pid", atoi(pid), "name",
					      exh_json_text(name, strlen(name))));
}

/* The answer is taken from what the kernel knows: a dead file server must not keep us waiting. */
static bool is_target(const struct exh_target *t, const char *path)
{
	struct statx st;

	if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO, &st) < 0)
		return false;
	switch (t->what) {
	case EXH_USERS_OF_DEVICE:
		return S_ISBLK(st.stx_mode) &&
		       makedev(st.stx_rdev_major, st.stx_rdev_minor) == t->device;
	case EXH_USERS_OF_FILE_SYSTEM:
		return makedev(st.stx_dev_major, st.stx_dev_minor) == t->device;
	default:
		return makedev(st.stx_dev_major, st.stx_dev_minor) == t->device &&
		       st.stx_ino == t->inode;
	}
}

/* proc(5): the second line of fdinfo is "flags:" and an octal number */
static bool is_for_writing(const char *pid, const char *fd)
{
	_cleanup_file_ FILE *f = NULL;
	unsigned flags = 0;
	char path[128], line[128];

	snprintf(path, sizeof(path), "/proc/%.20s/fdinfo/%.20s", pid, fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "flags: %o", &flags) == 1)
			return (flags & O_ACCMODE) != O_RDONLY;
	return false;
}

static bool has_it_open(const struct exh_target *t, const char *pid)
{
	_cleanup_dir_ DIR *d = NULL;
	const struct dirent *e;
	char path[320];

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "/proc/%.20s/fd/%.250s", pid, e->d_name);
		if (isdigit((unsigned char)e->d_name[0]) && is_target(t, path) &&
		    (t->what != EXH_WRITERS_OF_FILE || is_for_writing(pid, e->d_name)))
			return true;
	}
	snprintf(path, sizeof(path), "/proc/%.20s/cwd", pid);
	return t->what == EXH_USERS_OF_FILE_SYSTEM && is_target(t, path);
}

static bool note_mount(const struct exh_mount *m, void *opaque)
{
	const struct search *s = opaque;

	if (m->device == s->target->device || !strcmp(m->source, s->node))
		json_array_append_new(s->list, json_pack("{s:s, s:i}", "mounted_on", m->dir, "pid",
							 atoi(s->pid)));
	return false;
}

static void look_at_mounts(struct search *s)
{
	char path[64], name[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%.20s/ns/mnt", s->pid);
	n = readlink(path, name, sizeof(name) - 1);
	if (n < 0)
		return;
	name[n] = 0;
	if (json_object_get(s->namespaces, name))
		return;
	json_object_set_new(s->namespaces, name, json_true());
	exh_mountinfo_each(s->pid, note_mount, s);
}

static void look_at_process(struct search *s)
{
	if (s->target->what == EXH_USERS_OF_DEVICE)
		look_at_mounts(s);
	if (atoi(s->pid) != getpid() && has_it_open(s->target, s->pid))
		add_process(s->list, s->pid);
}

static void each_process(void (*callback)(const char *pid, void *opaque), void *opaque)
{
	_cleanup_dir_ DIR *d = opendir("/proc");
	const struct dirent *e;

	while (d && (e = readdir(d)))
		if (isdigit((unsigned char)e->d_name[0]))
			callback(e->d_name, opaque);
}

static void search_process(const char *pid, void *opaque)
{
	struct search *s = opaque;

	s->pid = pid;
	look_at_process(s);
}

/* Device mapper, md and their like stand in the holders directory of the device below them. */
static void look_at_holders(struct search *s)
{
	_cleanup_dir_ DIR *d = NULL;
	const struct dirent *e;
	char path[128], link[256];
	const char *name;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/holders", major(s->target->device),
		 minor(s->target->device));
	d = opendir(path);
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			json_array_append_new(s->list, json_pack("{s:s}", "device", e->d_name));
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(s->target->device),
		 minor(s->target->device));
	n = readlink(path, link, sizeof(link) - 1);
	link[n < 0 ? 0 : n] = 0;
	name = strrchr(link, '/');
	snprintf(s->node, sizeof(s->node), "/dev/%.40s", name ? name + 1 : "");
}

void exh_users_find(const struct exh_target *target, json_t *list)
{
	_cleanup_json_ json_t *namespaces = json_object();
	struct search s = {.target = target, .list = list, .namespaces = namespaces};

	if (target->what == EXH_USERS_OF_DEVICE)
		look_at_holders(&s);
	each_process(search_process, &s);
}

static void note_waiting(const char *pid, void *opaque)
{
	char path[64], where[64];

	snprintf(path, sizeof(path), "/proc/%.20s/wchan", pid);
	if (!exh_read_line(path, where, sizeof(where)) && strstr(where, "break_lease"))
		add_process(opaque, pid);
}

void exh_users_waiting(json_t *list)
{
	each_process(note_waiting, list);
}

char *exh_users_text(const json_t *list)
{
	char *text = NULL;
	size_t size, i;
	FILE *f = open_memstream(&text, &size);
	const json_t *user;

	if (!f)
		return NULL;
	json_array_foreach(list, i, user) {
		const char *dir = exh_json_str(user, "mounted_on"), *name = exh_json_str(user, "name");
		int pid = (int)exh_json_u64(user, "pid", 0);

		fputs(i ? ", " : "", f);
		if (dir)
			fprintf(f, "mounted on %s (seen by process %d)", dir, pid);
		else if (name)
			fprintf(f, "%s (process %d)", name, pid);
		else
			fprintf(f, "the device %s above it", exh_json_str(user, "device"));
	}
	fclose(f);
	return text;
}
