// SPDX-License-Identifier: Apache-2.0
/*
 * What a confined command can reach. Every mount that shall be seen is taken first, as a detached
 * copy (open_tree(2)), while the old view still stands; then the view is narrowed; then the copies
 * are put where they belong.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "confine_parts.h"

/* A read-only mount moves no access time either. */
#define EVIDENCE_ATTRIBUTES                                                                        \
	(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

#define WRITABLE_ATTRIBUTES (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

struct taken {
	char *path; /* where it goes */
	int fd;	    /* the detached mount */
	bool is_dir;
};

struct view {
	const struct exh_confine_spec *spec;
	struct exh_mount_table table;
	struct taken *taken;
	size_t nr_taken;
	char **hidden; /* every path that leads to what must not be seen */
	size_t nr_hidden;
	char cwd[PATH_MAX];
};

static const char *const std_devices[] = {"/dev/null",	 "/dev/zero",	 "/dev/full",
					  "/dev/random", "/dev/urandom", "/dev/tty"};

/* What of /run stays: no socket of a service manager, which would start programs outside for
 * whoever asks. */
static const char *const kept_of_run[] = {"/run/lock", "/run/udev", "/run/blkid",
					  "/run/systemd/resolve"};

/* File systems that are a door to the kernel; proc has a rule of its own. */
static const char *const kernel_types[] = {
	"sysfs",   "cgroup",   "cgroup2", "debugfs",  "tracefs",     "securityfs", "bpf",
	"fusectl", "configfs", "pstore",  "efivarfs", "binfmt_misc", "selinuxfs",  "smackfs",
};

static int set_attributes(int dirfd, const char *path, uint64_t set, unsigned flags)
{
	struct mount_attr attr = {.attr_set = set};

	return mount_setattr(dirfd, path, flags, &attr, sizeof(attr));
}

/* Steals fd, also when it fails. */
static int remember(struct exh_ctx *ctx, struct view *v, const char *path, int fd, bool is_dir)
{
	struct taken *grown = realloc(v->taken, (v->nr_taken + 1) * sizeof(*grown));
	char *copy = strdup(path);

	if (grown)
		v->taken = grown;
	if (!grown || !copy) {
		free(copy);
		close(fd);
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	}
	v->taken[v->nr_taken++] = (struct taken){copy, fd, is_dir};
	return 0;
}

/* Takes the file behind from (an O_PATH descriptor) so that it will be at path, with these
 * attributes. */
static int take(struct exh_ctx *ctx, struct view *v, int from, const char *path,
		uint64_t attributes)
{
	struct stat st;
	bool is_dir = !fstat(from, &st) && S_ISDIR(st.st_mode);
	unsigned recursive = is_dir ? AT_RECURSIVE : 0;
	int fd = open_tree(from, "",
			   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | recursive);

	if (fd < 0)
		return exh_fail_errno(ctx, "%s: cannot be mounted for the command", path);
	if (set_attributes(fd, "", attributes, AT_EMPTY_PATH | recursive) < 0) {
		exh_fail_errno(ctx, "%s: cannot be protected", path);
		close(fd);
		return -ctx->code;
	}
	return remember(ctx, v, path, fd, is_dir);
}

static int take_device(struct exh_ctx *ctx, struct view *v, int from, const char *path)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int read_only = 0;

	if (fd < 0 || ioctl(fd, BLKROGET, &read_only) < 0)
		return exh_fail_errno(ctx, "%s: its read-only state cannot be read", path);
	if (!read_only)
		return exh_fail(ctx, EXH_E_STATE,
				"%s: can be written and is not given to a command", path);
	return take(ctx, v, from, path, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
}

static bool is_same(int fd, const struct stat *st)
{
	struct stat other;

	return !fstat(fd, &other) && other.st_dev == st->st_dev && other.st_ino == st->st_ino;
}

/* The same file by every other mount of its file system. */
static int take_aliases(struct exh_ctx *ctx, struct view *v, int from, const char *path,
			const struct stat *st)
{
	const struct exh_mount_entry *home = exh_mount_table_of(&v->table, from);
	int r = 0;

	if (!home)
		return exh_fail(ctx, EXH_E_SYSTEM, "%s: its mount cannot be told", path);
	for (size_t i = 0; !r && i < v->table.nr; i++) {
		_cleanup_free_ char *alias = exh_mount_alias(home, path, &v->table.entries[i]);
		_cleanup_fd_ int fd = -1;

		if (!alias || !strcmp(alias, path))
			continue;
		fd = open(alias, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && is_same(fd, st))
			r = take(ctx, v, fd, alias, EVIDENCE_ATTRIBUTES);
	}
	return r;
}

static int take_evidence(struct exh_ctx *ctx, struct view *v, const char *given)
{
	_cleanup_free_ char *path = realpath(given, NULL);
	_cleanup_fd_ int from = path ? open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC) : -1;
	struct stat st;
	int r;

	if (from < 0 || fstat(from, &st) < 0)
		return exh_fail_errno(ctx, "%s: cannot be given to the command", given);
	if (S_ISBLK(st.st_mode))
		return take_device(ctx, v, from, given);
	r = take(ctx, v, from, path, EVIDENCE_ATTRIBUTES);
	return r < 0 ? r : take_aliases(ctx, v, from, path, &st);
}

static int take_each(struct exh_ctx *ctx, struct view *v, const char *const *list)
{
	int r = 0;

	for (; !r && list && *list; list++)
		r = take_evidence(ctx, v, *list);
	return r;
}

static int take_if_there(struct exh_ctx *ctx, struct view *v, const char *path, uint64_t attributes)
{
	_cleanup_fd_ int from = open(path, O_PATH | O_CLOEXEC);

	if (from < 0)
		return 0;
	return take(ctx, v, from, path, attributes);
}

static bool is_taken(const struct view *v, const char *path)
{
	for (size_t i = 0; i < v->nr_taken; i++)
		if (!strcmp(v->taken[i].path, path))
			return true;
	return false;
}

/* A mount point cannot be renamed or removed; the directories above it can, and something else put
 * in their place. So those below a writable directory become mount points too. */
static int pin_parents(struct exh_ctx *ctx, struct view *v, const char *given, const char *writable)
{
	_cleanup_free_ char *path = realpath(given, NULL);
	size_t n = strlen(writable);
	int r = 0;

	if (!path || strncmp(path, writable, n) || path[n] != '/')
		return 0;
	for (char *slash = strchr(path + n + 1, '/'); !r && slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (!is_taken(v, path))
			r = take_if_there(ctx, v, path, WRITABLE_ATTRIBUTES);
		*slash = '/';
	}
	return r;
}

static int pin_each(struct exh_ctx *ctx, struct view *v, const char *const *list,
		    const char *writable)
{
	int r = 0;

	for (; !r && list && *list; list++)
		r = pin_parents(ctx, v, *list, writable);
	return r;
}

/* Writable already because a directory above it is. */
static bool is_below_writable(const struct view *v, const char *path)
{
	for (const char *const *w = v->spec->writable; *w; w++) {
		size_t n = strlen(*w);

		if (!strncmp(path, *w, n) && path[n] == '/')
			return true;
	}
	return false;
}

static int take_writable(struct exh_ctx *ctx, struct view *v)
{
	const char *const *w;
	int r = 0;

	for (w = v->spec->writable; !r && w && *w; w++)
		if (!is_taken(v, *w) && !is_below_writable(v, *w))
			r = take_if_there(ctx, v, *w, WRITABLE_ATTRIBUTES);
	for (w = v->spec->writable; !r && w && *w; w++) {
		r = pin_each(ctx, v, v->spec->evidence, *w);
		if (!r)
			r = pin_each(ctx, v, v->spec->hidden, *w);
	}
	return r;
}

/* In the order in which they are put back: what lies deeper, or must not be covered, comes last. */
static int take_all(struct exh_ctx *ctx, struct view *v)
{
	int r = 0;

	for (size_t i = 0; !r && i < sizeof(std_devices) / sizeof(std_devices[0]); i++)
		r = take_if_there(ctx, v, std_devices[i], MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	for (size_t i = 0; !r && i < sizeof(kept_of_run) / sizeof(kept_of_run[0]); i++)
		r = take_if_there(ctx, v, kept_of_run[i], EVIDENCE_ATTRIBUTES);
	if (!r)
		r = take_writable(ctx, v);
	if (!r)
		r = take_each(ctx, v, v->spec->evidence);
	if (!r)
		r = take_each(ctx, v, v->spec->devices);
	return r;
}

static int mount_at(struct exh_ctx *ctx, const char *type, const char *path, unsigned long flags,
		    const char *options)
{
	if (mount(type, path, type, flags, options) < 0)
		return exh_fail_errno(ctx, "%s: no %s can be mounted for the command", path, type);
	return 0;
}

/* Device nodes serve in /dev only; set-user-id programs would be stopped by no_new_privs anyway. */
static int narrow_everything(struct exh_ctx *ctx, const struct view *v)
{
	uint64_t attributes = MOUNT_ATTR_NODEV | (v->spec->writable ? MOUNT_ATTR_RDONLY : 0);

	if (set_attributes(AT_FDCWD, "/", attributes, AT_RECURSIVE) < 0)
		return exh_fail_errno(ctx, "the mounts cannot be restricted");
	return 0;
}

static bool is_kernel_type(const char *type)
{
	for (size_t i = 0; i < sizeof(kernel_types) / sizeof(kernel_types[0]); i++)
		if (!strcmp(type, kernel_types[i]))
			return true;
	return false;
}

/*
 * A process file system of the new PID namespace, read-only: /proc/sys, /proc/sysrq-trigger and
 * their like obey whoever has user id 0. One of the old namespace would lead to the roots of
 * processes outside.
 */
static int narrow_kernel_interfaces(struct exh_ctx *ctx, const struct view *v)
{
	int r = mount_at(ctx, "proc", "/proc", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);

	for (size_t i = 0; !r && i < v->table.nr; i++) {
		const struct exh_mount_entry *m = &v->table.entries[i];

		if (!strcmp(m->type, "proc") && strcmp(m->point, "/proc") &&
		    !access(m->point, F_OK))
			r = mount_at(ctx, "tmpfs", m->point, MS_RDONLY, "size=0,mode=555");
		/* one that is hidden below another mount cannot be reached by the command either */
		else if (is_kernel_type(m->type) &&
			 set_attributes(AT_FDCWD, m->point, MOUNT_ATTR_RDONLY, 0) < 0 &&
			 errno != EINVAL && errno != ENOENT && errno != ENOTDIR && errno != EACCES)
			r = exh_fail_errno(ctx, "%s: cannot be made read-only", m->point);
	}
	return r;
}

static int make_links(struct exh_ctx *ctx)
{
	static const char *const links[][2] = {
		{"/proc/self/fd", "/dev/fd"},	    {"/proc/self/fd/0", "/dev/stdin"},
		{"/proc/self/fd/1", "/dev/stdout"}, {"/proc/self/fd/2", "/dev/stderr"},
		{"pts/ptmx", "/dev/ptmx"},
	};

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (symlink(links[i][0], links[i][1]) < 0)
			return exh_fail_errno(ctx, "%s: cannot be made", links[i][1]);
	return 0;
}

static int make_dev(struct exh_ctx *ctx)
{
	int r = mount_at(ctx, "tmpfs", "/dev", MS_NOSUID | MS_NODEV | MS_NOEXEC,
			 "mode=755,size=1m");

	if (!r && (mkdir("/dev/pts", 0755) < 0 || mkdir("/dev/shm", 01777) < 0))
		r = exh_fail_errno(ctx, "/dev: cannot be made");
	if (!r)
		r = mount_at(ctx, "devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC,
			     "newinstance,ptmxmode=0666,mode=620");
	if (!r)
		r = mount_at(ctx, "tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV | MS_NOEXEC,
			     "mode=1777");
	if (!r)
		r = make_links(ctx);
	return r;
}

static int make_parents(const char *path)
{
	char copy[PATH_MAX];

	if ((size_t)snprintf(copy, sizeof(copy), "%s", path) >= sizeof(copy)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (mkdir(copy, 0755) < 0 && errno != EEXIST && errno != EROFS)
			return -1;
		*slash = '/';
	}
	return 0;
}

/* Only what lay in /dev, /run or another covered place is not there any more and gets a new mount
 * point. */
static int make_mount_point(const struct taken *t)
{
	_cleanup_fd_ int fd = -1;

	if (!access(t->path, F_OK))
		return 0;
	if (make_parents(t->path) < 0)
		return -1;
	if (t->is_dir)
		return mkdir(t->path, 0755);
	fd = open(t->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd < 0 ? -1 : 0;
}

static int put_all(struct exh_ctx *ctx, const struct view *v)
{
	for (size_t i = 0; i < v->nr_taken; i++) {
		const struct taken *t = &v->taken[i];

		if (make_mount_point(t) < 0 ||
		    move_mount(t->fd, "", AT_FDCWD, t->path, MOVE_MOUNT_F_EMPTY_PATH) < 0)
			return exh_fail_errno(ctx, "%s: cannot be mounted for the command",
					      t->path);
	}
	return 0;
}

static bool has_further_names(const char *path, struct stat *st)
{
	return !stat(path, st) && S_ISREG(st->st_mode) && st->st_nlink > 1;
}

/* A hard link may be anywhere on its file system, so all of that is made read-only, by whatever
 * mount. */
static int protect_hard_links(struct exh_ctx *ctx, const char *path)
{
	_cleanup_(exh_mount_table_clear) struct exh_mount_table now = {0};
	_cleanup_fd_ int fd = open(path, O_PATH | O_CLOEXEC);
	const struct exh_mount_entry *home;
	int r = exh_mount_table_read(ctx, &now);

	if (r < 0)
		return r;
	home = exh_mount_table_of(&now, fd);
	for (size_t i = 0; home && i < now.nr; i++)
		if (now.entries[i].major == home->major && now.entries[i].minor == home->minor &&
		    set_attributes(AT_FDCWD, now.entries[i].point, MOUNT_ATTR_RDONLY, 0) < 0 &&
		    errno != EINVAL && errno != ENOENT && errno != ENOTDIR && errno != EACCES)
			return exh_fail_errno(ctx, "%s: cannot be made read-only",
					      now.entries[i].point);
	return home ? 0 : exh_fail(ctx, EXH_E_SYSTEM, "%s: its mount cannot be told", path);
}

static int protect_each_hard_link(struct exh_ctx *ctx, const char *const *list)
{
	struct stat st;
	int r = 0;

	for (; !r && list && *list; list++)
		if (has_further_names(*list, &st))
			r = protect_hard_links(ctx, *list);
	return r;
}

/* Covers a path with something that says nothing. */
static int cover(struct exh_ctx *ctx, const char *path)
{
	struct stat st;
	int r;

	if (lstat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES
			       ? 0
			       : exh_fail_errno(ctx, "%s", path);
	if (S_ISDIR(st.st_mode))
		return mount_at(ctx, "tmpfs", path, MS_RDONLY | MS_NODEV | MS_NOEXEC,
				"size=0,mode=0");
	r = mount("/dev/null", path, NULL, MS_BIND, NULL);
	if (!r)
		r = set_attributes(AT_FDCWD, path, EVIDENCE_ATTRIBUTES, 0);
	return r < 0 ? exh_fail_errno(ctx, "%s: cannot be hidden from the command", path) : 0;
}

static int hide(struct exh_ctx *ctx, struct view *v, const char *path)
{
	char **grown = realloc(v->hidden, (v->nr_hidden + 1) * sizeof(*grown));
	char *copy = strdup(path);

	if (grown)
		v->hidden = grown;
	if (!grown || !copy) {
		free(copy);
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	}
	v->hidden[v->nr_hidden++] = copy;
	return 0;
}

/* Told while the old mounts are still those of the table. */
static int find_hidden(struct exh_ctx *ctx, struct view *v, const char *given)
{
	_cleanup_free_ char *path = realpath(given, NULL);
	_cleanup_fd_ int fd = path ? open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC) : -1;
	const struct exh_mount_entry *home = fd < 0 ? NULL : exh_mount_table_of(&v->table, fd);
	int r = path ? hide(ctx, v, path) : 0;

	for (size_t i = 0; !r && home && i < v->table.nr; i++) {
		_cleanup_free_ char *alias = exh_mount_alias(home, path, &v->table.entries[i]);

		if (alias && strcmp(alias, path))
			r = hide(ctx, v, alias);
	}
	return r;
}

static int find_each_hidden(struct exh_ctx *ctx, struct view *v)
{
	int r = 0;

	for (const char *const *h = v->spec->hidden; !r && h && *h; h++)
		r = find_hidden(ctx, v, *h);
	return r;
}

static int cover_hidden(struct exh_ctx *ctx, const struct view *v)
{
	int r = 0;

	for (size_t i = 0; !r && i < v->nr_hidden; i++)
		r = cover(ctx, v->hidden[i]);
	return r;
}

/* Sockets of programs outside (a terminal multiplexer, a container engine) that would run a command
 * there. */
static int cover_sockets(struct exh_ctx *ctx)
{
	_cleanup_file_ FILE *f = fopen("/proc/net/unix", "re");
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	int r = 0;

	while (!r && f && getline(&line, &size, f) > 0) {
		char *path = strchr(line, '/');
		struct stat st;

		if (!path)
			continue;
		path[strcspn(path, "\n")] = 0;
		if (!lstat(path, &st) && S_ISSOCK(st.st_mode))
			r = cover(ctx, path);
	}
	return r;
}

/* The old working directory is a way around what was mounted over its parents. */
static int enter_again(struct exh_ctx *ctx, const struct view *v)
{
	if (chdir("/") < 0 || chdir(v->cwd) < 0)
		return exh_fail_errno(ctx,
				      "%s: the working directory is not there for a confined "
				      "command; start from another",
				      v->cwd);
	return 0;
}

static int build(struct exh_ctx *ctx, struct view *v)
{
	int r = find_each_hidden(ctx, v);

	if (!r)
		r = take_all(ctx, v);
	if (!r)
		r = narrow_everything(ctx, v);
	if (!r && !access("/run", F_OK))
		r = mount_at(ctx, "tmpfs", "/run", MS_NOSUID | MS_NODEV | MS_NOEXEC,
			     "mode=755,size=16m");
	if (!r)
		r = make_dev(ctx);
	if (!r)
		r = put_all(ctx, v);
	/* behind what was put back, which may hold such interfaces too */
	if (!r)
		r = narrow_kernel_interfaces(ctx, v);
	if (!r)
		r = protect_each_hard_link(ctx, v->spec->evidence);
	if (!r)
		r = cover_sockets(ctx);
	if (!r)
		r = cover_hidden(ctx, v);
	if (!r && set_attributes(AT_FDCWD, "/dev", MOUNT_ATTR_RDONLY, 0) < 0)
		r = exh_fail_errno(ctx, "/dev: cannot be made read-only");
	return r ? r : enter_again(ctx, v);
}

int exh_confine_mounts(struct exh_ctx *ctx, const struct exh_confine_spec *spec)
{
	struct view v = {.spec = spec};
	mode_t mask = umask(0);
	int r;

	if (!getcwd(v.cwd, sizeof(v.cwd)))
		return exh_fail_errno(ctx, "the working directory");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return exh_fail_errno(ctx, "the mounts cannot be made private");
	r = exh_mount_table_read(ctx, &v.table);
	if (!r)
		r = build(ctx, &v);
	for (size_t i = 0; i < v.nr_taken; i++) {
		free(v.taken[i].path);
		close(v.taken[i].fd);
	}
	free(v.taken);
	for (size_t i = 0; i < v.nr_hidden; i++)
		free(v.hidden[i]);
	free(v.hidden);
	exh_mount_table_clear(&v.table);
	umask(mask);
	return r;
}
