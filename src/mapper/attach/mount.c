// SPDX-License-Identifier: Apache-2.0
/* File systems of attached partitions, mounted without a way to write and without a journal being
 * replayed. */
#include <errno.h>
#include <exhibit.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/facts.h"
#include "mapper/scan/fs_options.h"
#include "mountinfo.h"
#include "state.h"

/* EXH_FS_GENERAL_OPTIONS, as mount(2) takes them */
#define ALWAYS_FLAGS (MS_RDONLY | MS_NODEV | MS_NOSUID | MS_NOEXEC | MS_NOATIME)

static const json_t *with_number(const json_t *list, const char *key, uint64_t number)
{
	const json_t *row;
	size_t i;

	json_array_foreach (list, i, row)
		if (exh_json_u64(row, key, UINT64_MAX) == number)
			return row;
	return NULL;
}

static int find_device(struct exh_ctx *ctx, const struct exh_attachment *a, uint64_t partition,
		       const char **device, const struct exh_fs_options **how)
{
	const json_t *row =
		with_number(json_object_get(a->state, "devices"), "partition", partition);
	const json_t *p = with_number(json_object_get(a->state, "partitions"), "number", partition);
	const json_t *contents = json_object_get(p, "contents");
	const char *kind = exh_json_str(contents, "kind"), *type = exh_json_str(contents, "type");

	if (!row)
		return exh_fail(ctx, EXH_E_USAGE, "%s: partition %" PRIu64 " is not attached",
				a->id, partition);
	*device = exh_json_str(row, "device");
	if (!*device)
		return exh_fail(ctx, EXH_E_STATE,
				"%s: has files, not devices; only a device can be mounted (attach "
				"it as root "
				"with --method loop)",
				a->id);
	if (!kind || strcmp(kind, "filesystem") || !type)
		return exh_fail(ctx, EXH_E_UNSUPPORTED,
				"%s: partition %" PRIu64
				" holds no file system that was recognised",
				a->id, partition);
	*how = exh_fs_options(type);
	if (!*how)
		return exh_fail(ctx, EXH_E_UNSUPPORTED,
				"%s: no way to mount %s is known that surely changes nothing; "
				"'exhibit files' may read it",
				a->id, type);
	return 0;
}

/* What the kernel says, not what it was asked: a btrfs with the same id could have been mounted in
 * place of this one. */
static int check_mount(struct exh_ctx *ctx, const char *dir, const char *device, const char *type)
{
	struct exh_mount m = {0};
	int r = 0;

	if (exh_mountinfo_at(dir, &m))
		r = exh_fail(ctx, EXH_E_STATE, "%s: nothing is mounted there after all", dir);
	else if (strcmp(m.source, device) || strcmp(m.type, type) || !m.is_read_only)
		r = exh_fail(ctx, EXH_E_STATE, "%s: the kernel mounted %s (%s%s) in place of %s",
			     dir, m.source, m.type, m.is_read_only ? "" : ", writable", device);
	exh_mount_clear(&m);
	return r;
}

static int mount_checked(struct exh_ctx *ctx, const char *device, const char *dir,
			 const struct exh_fs_options *how)
{
	int r;

	if (mount(device, dir, how->kernel, ALWAYS_FLAGS, how->options) < 0) {
		if (errno == ENODEV)
			return exh_fail(ctx, EXH_E_MISSING, "this kernel has no driver for %s (%s)",
					how->type, how->kernel);
		return exh_fail_errno(ctx, "%s: cannot be mounted as %s with %s%s%s", device,
				      how->kernel, EXH_FS_GENERAL_OPTIONS, *how->options ? "," : "",
				      how->options);
	}
	r = check_mount(ctx, dir, device, how->kernel);
	if (r < 0)
		umount2(dir, UMOUNT_NOFOLLOW);
	return r;
}

static int mount_recorded(struct exh_ctx *ctx, struct exh_attachment *a, json_t *row,
			  const char *device, const char *dir, const struct exh_fs_options *how)
{
	json_t *mounts = exh_attachment_list_of(a, "mounts");
	int r;

	json_array_append(mounts, row);
	r = exh_attachment_save(ctx, a);
	if (!r)
		r = mount_checked(ctx, device, dir, how);
	if (r < 0) {
		struct exh_ctx saving = {.helper = -1};

		json_array_remove(mounts, json_array_size(mounts) - 1);
		if (exh_attachment_save(&saving, a) < 0)
			return r;
	}
	return r;
}

static int directory(struct exh_ctx *ctx, const char *given, char **ret)
{
	_cleanup_free_ char *dir = realpath(given, NULL);
	struct stat st;

	if (!dir || stat(dir, &st) < 0)
		return exh_fail_errno(ctx, "%s: cannot be mounted on", given);
	if (!S_ISDIR(st.st_mode))
		return exh_fail(ctx, EXH_E_USAGE, "%s: is not a directory", given);
	*ret = steal(&dir);
	return 0;
}

int exh_mount(struct exh_ctx *ctx, const char *id, uint64_t partition, const char *dir,
	      json_t **facts)
{
	_cleanup_attachment_ struct exh_attachment *a = NULL;
	const struct exh_fs_options *how = NULL;
	_cleanup_json_ json_t *row = NULL;
	_cleanup_free_ char *path = NULL, *options = NULL;
	const char *device = NULL;
	int r;

	*facts = exh_facts_new("mount");
	r = directory(ctx, dir, &path);
	if (!r)
		r = exh_attachment_open(ctx, id, EXH_LOCK, &a);
	if (!r)
		r = find_device(ctx, a, partition, &device, &how);
	if (r)
		return r;
	if (asprintf(&options, EXH_FS_GENERAL_OPTIONS "%s%s", *how->options ? "," : "",
		     how->options) < 0) {
		options = NULL;
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	}
	row = json_pack("{s:I, s:s, s:s, s:s, s:s}", "partition", (json_int_t)partition, "dir",
			path, "device", device, "type", how->kernel, "options", options);
	r = mount_recorded(ctx, a, row, device, path, how);
	if (r < 0)
		return exh_prefix(ctx, r, "%s", id);
	json_object_set(*facts, "mount", row);
	return json_object_set_new(*facts, "id", json_string(id));
}

/* 0 unmounted, 1 not one of this attachment. */
static int umount_of(struct exh_ctx *ctx, const char *id, const char *dir, json_t *facts)
{
	_cleanup_attachment_ struct exh_attachment *a = NULL;
	json_t *mounts, *row;
	size_t i;
	int r = exh_attachment_open(ctx, id, EXH_LOCK, &a);

	if (r < 0)
		return r == -EXH_E_STATE ? 1 : r;
	mounts = exh_attachment_list_of(a, "mounts");
	json_array_foreach (mounts, i, row) {
		const char *here = exh_json_str(row, "dir");

		if (!here || strcmp(here, dir))
			continue;
		if (umount2(dir, UMOUNT_NOFOLLOW) < 0 && errno != EINVAL)
			return exh_fail_errno(ctx, "%s: cannot be unmounted", dir);
		json_object_set(facts, "mount", row);
		json_object_set_new(facts, "id", json_string(id));
		json_array_remove(mounts, i);
		return exh_attachment_save(ctx, a);
	}
	return 1;
}

int exh_umount(struct exh_ctx *ctx, const char *dir, json_t **facts)
{
	_cleanup_json_ json_t *ids = NULL;
	_cleanup_free_ char *path = NULL;
	const json_t *id;
	size_t i;
	int r;

	*facts = exh_facts_new("umount");
	r = directory(ctx, dir, &path);
	if (!r)
		r = exh_attachment_list(ctx, &ids);
	json_array_foreach (ids, i, id) {
		if (r)
			break;
		r = umount_of(ctx, json_string_value(id), path, *facts);
		if (r <= 0)
			return r;
		r = 0;
	}
	return r < 0 ? r : exh_fail(ctx, EXH_E_STATE, "%s: exhibit has mounted nothing there", dir);
}
