// SPDX-License-Identifier: Apache-2.0
/* Files instead of devices: those of the file server, as they are. Works without root. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/facts.h"
#include "file_mount.h"
#include "method.h"
#include "mountinfo.h"
#include "users.h"

static int available(struct exh_ctx *ctx)
{
	const char *advice;

	if (access("/dev/fuse", R_OK | W_OK) == 0)
		return 0;
	advice = exh_file_mount_advice(errno);
	return exh_prefix(ctx, exh_fail_errno(ctx, "/dev/fuse"), "FUSE cannot be used (%s)",
			  advice);
}

static int add(struct exh_ctx *ctx, struct exh_attachment *a, const struct exh_backing *backing,
	       json_t *device)
{
	const char *name = exh_json_str(device, "name");
	_cleanup_free_ char *path = NULL;
	_cleanup_fd_ int fd = -1;
	struct stat st;

	if (asprintf(&path, "%s/files/%s", a->dir, name) < 0) {
		path = NULL;
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	}
	if (fstat(backing->fd, &st) < 0)
		return exh_fail_errno(ctx, "%s", path);
	if ((uint64_t)st.st_size != exh_json_u64(device, "length", 0) || (st.st_mode & 0222))
		return exh_fail(ctx, EXH_E_STATE, "%s: has %lld bytes and mode %o", path,
				(long long)st.st_size, (unsigned)st.st_mode & 07777);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 || (errno != EROFS && errno != EACCES))
		return exh_fail(ctx, EXH_E_STATE, "%s: an opening for writing is not refused",
				path);
	json_object_set_new(device, "file", json_string(path));
	json_object_set_new(device, "read_only", json_true());
	return exh_attachment_save(ctx, a);
}

static int check(struct exh_ctx *ctx, const struct exh_attachment *a, const json_t *device)
{
	_cleanup_free_ char *dir = NULL;
	struct exh_mount m = {0};
	int r = 1;

	(void)device;
	if (asprintf(&dir, "%s/files", a->dir) < 0) {
		dir = NULL;
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	}
	if (!exh_mountinfo_at(dir, &m))
		r = m.is_read_only ? 0 : exh_fail(ctx, EXH_E_STATE, "%s: is not read-only", dir);
	exh_mount_clear(&m);
	return r;
}

static void users(const struct exh_attachment *a, const json_t *device, json_t *list)
{
	struct exh_target target = {.what = EXH_USERS_OF_FILE_SYSTEM};
	_cleanup_free_ char *dir = NULL;
	struct exh_mount m = {0};

	/* they all lie in one file system: who uses it is asked once */
	if (json_array_get(json_object_get(a->state, "devices"), 0) != device)
		return;
	if (asprintf(&dir, "%s/files", a->dir) < 0) {
		dir = NULL;
		return;
	}
	if (!exh_mountinfo_at(dir, &m)) {
		target.device = m.device;
		exh_users_find(&target, list);
	}
	exh_mount_clear(&m);
}

static int remove_device(struct exh_ctx *ctx, struct exh_attachment *a, const json_t *device)
{
	(void)ctx;
	(void)a;
	(void)device;
	return 0;
}

static void find(const struct exh_attachment *a, json_t *devices)
{
	(void)a;
	(void)devices;
}

const struct exh_attach_method exh_method_fuse = {
	.name = "fuse",
	.needs_files = true,
	.available = available,
	.add = add,
	.check = check,
	.users = users,
	.remove = remove_device,
	.find = find,
};
