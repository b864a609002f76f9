// SPDX-License-Identifier: Apache-2.0
#include "state.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/facts.h"
#include "process.h"

#define STATE_FILE  "state.json"
#define STATE_LIMIT (16U << 20)
#define STEM_LIMIT  24
#define LOCK_TRIES  50 /* of 100 ms */

static int runtime_base(struct exh_ctx *ctx, char **ret)
{
	const char *own = secure_getenv("EXHIBIT_RUNTIME_DIR"),
		   *xdg = secure_getenv("XDG_RUNTIME_DIR");
	char run_user[64];
	int n;

	snprintf(run_user, sizeof(run_user), "/run/user/%u", (unsigned)geteuid());
	if (own && own[0] == '/')
		n = asprintf(ret, "%s", own);
	else if (!geteuid())
		n = asprintf(ret, "/run/exhibit");
	else if (xdg && xdg[0] == '/')
		n = asprintf(ret, "%s/exhibit", xdg);
	else if (!access(run_user, W_OK))
		n = asprintf(ret, "%s/exhibit", run_user);
	else
		return exh_fail(
			ctx, EXH_E_STATE,
			"there is no place for runtime state: set XDG_RUNTIME_DIR to a directory "
			"that only you can use");
	return n < 0 ? exh_fail(ctx, EXH_E_NOMEM, "out of memory") : 0;
}

static int make_private_dir(struct exh_ctx *ctx, const char *path)
{
	struct stat st;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return exh_fail_errno(ctx, "%s: cannot be made", path);
	if (lstat(path, &st) < 0)
		return exh_fail_errno(ctx, "%s", path);
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077))
		return exh_fail(ctx, EXH_E_PERMISSION,
				"%s: is not a directory that only its user can use; remove it",
				path);
	return 0;
}

int exh_runtime_path(struct exh_ctx *ctx, char **ret)
{
	_cleanup_free_ char *path = NULL, *devices = NULL;
	int r = runtime_base(ctx, &path);

	if (r < 0)
		return r;
	if (asprintf(&devices, "%s/devices", path) < 0) {
		devices = NULL;
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	}
	r = make_private_dir(ctx, path);
	if (!r)
		r = make_private_dir(ctx, devices);
	if (!r)
		*ret = steal(&path);
	return r;
}

/* A short word from a file name that may hold anything. */
static void make_id(const char *image_path, char *id, size_t size)
{
	const char *name = strrchr(image_path, '/') ? strrchr(image_path, '/') + 1 : image_path;
	const char *dot = strchr(name + (*name != 0), '.');
	uint16_t salt = 0;
	size_t n = 0;

	for (; *name && name != dot && n < STEM_LIMIT; name++)
		id[n++] = isalnum((unsigned char)*name) || *name == '_' ? *name : '-';
	if (getrandom(&salt, sizeof(salt), 0) != (ssize_t)sizeof(salt))
		salt = (uint16_t)getpid();
	snprintf(id + n, size - n, "%s%04x", n ? "-" : "", salt);
}

void exh_attachment_close(struct exh_attachment *a)
{
	if (!a)
		return;
	if (a->dirfd >= 0)
		close(a->dirfd);
	json_decref(a->state);
	free(a->dir);
	free(a->id);
	free(a);
}

static int attachment_at(struct exh_ctx *ctx, const char *runtime, const char *id,
			 struct exh_attachment **ret)
{
	struct exh_attachment *a = calloc(1, sizeof(*a));

	if (!a)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	a->dirfd = -1;
	a->id = strdup(id);
	if (asprintf(&a->dir, "%s/%s", runtime, id) < 0)
		a->dir = NULL;
	if (!a->id || !a->dir) {
		exh_attachment_close(a);
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	}
	*ret = a;
	return 0;
}

static int take_lock(struct exh_ctx *ctx, const struct exh_attachment *a, enum exh_lock lock)
{
	int tries = lock == EXH_TRY_LOCK ? 1 : LOCK_TRIES;

	if (lock == EXH_UNLOCKED)
		return 0;
	while (flock(a->dirfd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return exh_fail_errno(ctx, "%s: cannot be locked", a->id);
		if (!--tries || exh_interrupted(ctx))
			return exh_fail(ctx, EXH_E_BUSY, "%s: another command works on it", a->id);
		usleep(100000);
	}
	return 0;
}

static int open_dir(struct exh_ctx *ctx, struct exh_attachment *a, enum exh_lock lock)
{
	struct stat st;
	int r;

	a->dirfd = open(a->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (a->dirfd < 0 && errno == ENOENT)
		return exh_fail(ctx, EXH_E_STATE,
				"%s: nothing of this name is attached; see: exhibit status", a->id);
	if (a->dirfd < 0)
		return exh_fail_errno(ctx, "%s: cannot be opened", a->dir);
	r = take_lock(ctx, a, lock);
	/* the directory may have been removed while we waited for its lock */
	if (!r && (fstat(a->dirfd, &st) < 0 || !st.st_nlink))
		r = exh_fail(ctx, EXH_E_STATE, "%s: is no longer attached", a->id);
	return r;
}

static json_t *empty_state(const char *id, const char *image_path)
{
	char boot[64], now[32];

	exh_boot_id(boot);
	exh_time_now(now);
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:[], s:[], s:[]}", "v", 1, "id", id,
			 "boot_id", boot, "phase", EXH_PHASE_ATTACHING, "image", image_path,
			 "since", now, "devices", "mounts", "evidence");
}

int exh_attachment_new(struct exh_ctx *ctx, const char *image_path, struct exh_attachment **ret)
{
	_cleanup_attachment_ struct exh_attachment *a = NULL;
	_cleanup_free_ char *runtime = NULL;
	char id[64];
	int r = exh_runtime_path(ctx, &runtime);

	if (r < 0)
		return r;
	for (int tries = 0;; tries++) {
		make_id(image_path, id, sizeof(id));
		exh_attachment_close(steal(&a));
		r = attachment_at(ctx, runtime, id, &a);
		if (r < 0)
			return r;
		if (!mkdir(a->dir, 0700))
			break;
		if (errno != EEXIST || tries > 100)
			return exh_fail_errno(ctx, "%s: cannot be made", a->dir);
	}
	r = open_dir(ctx, a, EXH_LOCK);
	if (!r) {
		a->state = empty_state(id, image_path);
		r = exh_attachment_save(ctx, a);
	}
	if (r < 0) {
		rmdir(a->dir);
		return r;
	}
	*ret = steal(&a);
	return 0;
}

int exh_attachment_open(struct exh_ctx *ctx, const char *id, enum exh_lock lock,
			struct exh_attachment **ret)
{
	_cleanup_attachment_ struct exh_attachment *a = NULL;
	_cleanup_free_ char *runtime = NULL;
	int r = exh_runtime_path(ctx, &runtime);

	if (r < 0)
		return r;
	if (!*id || strchr(id, '/') || id[0] == '.' || !strcmp(id, "devices"))
		return exh_fail(ctx, EXH_E_USAGE, "%s: is not the id of an attachment", id);
	r = attachment_at(ctx, runtime, id, &a);
	if (!r)
		r = open_dir(ctx, a, lock);
	if (r < 0)
		return r;
	/* a crash before the first write leaves none: then there is nothing to undo either */
	if (exh_json_read_file(ctx, a->dirfd, STATE_FILE, STATE_LIMIT, &a->state) < 0 ||
	    !json_is_object(a->state)) {
		json_decref(a->state);
		a->state = json_object();
	}
	*ret = steal(&a);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(json_string_value(*(json_t *const *)a),
		      json_string_value(*(json_t *const *)b));
}

static void sort_names(json_t *list)
{
	size_t n = json_array_size(list);
	json_t **names = calloc(n ? n : 1, sizeof(*names));

	if (!names)
		return;
	for (size_t i = 0; i < n; i++)
		names[i] = json_incref(json_array_get(list, i));
	qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++)
		json_array_set_new(list, i, names[i]);
	free(names);
}

int exh_attachment_list(struct exh_ctx *ctx, json_t **ids)
{
	_cleanup_free_ char *runtime = NULL;
	_cleanup_dir_ DIR *d = NULL;
	const struct dirent *e;
	int r = exh_runtime_path(ctx, &runtime);

	if (r < 0)
		return r;
	d = opendir(runtime);
	if (!d)
		return exh_fail_errno(ctx, "%s: cannot be read", runtime);
	*ids = json_array();
	while ((e = readdir(d)))
		if (e->d_name[0] != '.' && strcmp(e->d_name, "devices"))
			json_array_append_new(*ids, json_string(e->d_name));
	sort_names(*ids);
	return 0;
}

int exh_attachment_save(struct exh_ctx *ctx, struct exh_attachment *a)
{
	int r = exh_json_write_file(ctx, a->dirfd, STATE_FILE, a->state);

	if (!r && fsync(a->dirfd) < 0)
		r = exh_fail_errno(ctx, "%s: cannot be written", a->dir);
	return exh_prefix(ctx, r, "%s", a->id);
}

int exh_attachment_phase(struct exh_ctx *ctx, struct exh_attachment *a, const char *phase)
{
	json_object_set_new(a->state, "phase", json_string(phase));
	return exh_attachment_save(ctx, a);
}

bool exh_attachment_is_here(const struct exh_attachment *a)
{
	const char *recorded = exh_json_str(a->state, "boot_id");
	char boot[64];

	exh_boot_id(boot);
	return !recorded || !strcmp(recorded, boot);
}

json_t *exh_attachment_list_of(struct exh_attachment *a, const char *key)
{
	json_t *list = json_object_get(a->state, key);

	if (!json_is_array(list)) {
		list = json_array();
		json_object_set_new(a->state, key, list);
	}
	return list;
}

/* What is still mounted stays: it is not empty, or busy. */
static void remove_mount_points(int dirfd)
{
	int fd = openat(dirfd, EXH_MOUNTS_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_dir_ DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			unlinkat(fd, e->d_name, AT_REMOVEDIR);
	unlinkat(dirfd, EXH_MOUNTS_DIR, AT_REMOVEDIR);
}

int exh_attachment_remove(struct exh_ctx *ctx, struct exh_attachment *a)
{
	_cleanup_dir_ DIR *d = fdopendir(dup(a->dirfd));
	const struct dirent *e;

	/* the state goes last: whatever stops us before, recover still finds the directory */
	unlinkat(a->dirfd, "files", AT_REMOVEDIR);
	remove_mount_points(a->dirfd);
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' && strcmp(e->d_name, STATE_FILE))
			unlinkat(a->dirfd, e->d_name, 0);
	unlinkat(a->dirfd, STATE_FILE, 0);
	if (rmdir(a->dir) < 0 && errno != ENOENT)
		return exh_fail_errno(ctx, "%s: cannot be removed", a->dir);
	return 0;
}
