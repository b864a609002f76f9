// SPDX-License-Identifier: Apache-2.0
#include "undo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "base/facts.h"
#include "base/problem.h"
#include "events.h"
#include "file_mount.h"
#include "method.h"
#include "mountinfo.h"
#include "process.h"
#include "refusals.h"
#include "users.h"

#define KEEPER_GRACE_MS 5000
#define BUSY_TRIES	30 /* of 100 ms: a process that was just ended may still be on its way out */

static const struct exh_attach_method *method_of(const struct exh_attachment *a)
{
	return exh_method_named(exh_json_str(a->state, "method"));
}

static bool is_mounted(const json_t *mount)
{
	const char *dir = exh_json_str(mount, "dir"), *device = exh_json_str(mount, "device");
	struct exh_mount m = {0};
	bool is_there = dir && device && !exh_mountinfo_at(dir, &m) && !strcmp(m.source, device);

	exh_mount_clear(&m);
	return is_there;
}

static bool is_our_mount(const json_t *mounts, const char *dir)
{
	const json_t *mount;
	size_t i;

	json_array_foreach (mounts, i, mount)
		if (is_mounted(mount) && !strcmp(exh_json_str(mount, "dir"), dir))
			return true;
	return false;
}

/* Whoever has a file of a file system open that exh_mount() mounted. */
static void users_of_mount(const json_t *mount, json_t *list)
{
	struct exh_target target = {.what = EXH_USERS_OF_FILE_SYSTEM};
	struct exh_mount m = {0};

	if (is_mounted(mount) && !exh_mountinfo_at(exh_json_str(mount, "dir"), &m)) {
		target.device = m.device;
		exh_users_find(&target, list);
	}
	exh_mount_clear(&m);
}

/* Our own mounts are undone anyway; whatever else uses the devices is in the way. */
static json_t *strangers(const struct exh_attachment *a, const json_t *devices)
{
	const struct exh_attach_method *method = method_of(a);
	const json_t *mounts = json_object_get(a->state, "mounts"), *device, *mount, *user;
	json_t *all = json_array(), *list = json_array();
	size_t i;

	json_array_foreach (devices, i, device)
		method->users(a, device, all);
	json_array_foreach (mounts, i, mount)
		users_of_mount(mount, all);
	json_array_foreach (all, i, user) {
		const char *dir = exh_json_str(user, "mounted_on");

		if (!dir || !is_our_mount(mounts, dir))
			json_array_append(list, (json_t *)user);
	}
	json_decref(all);
	return list;
}

static int busy(struct exh_ctx *ctx, const struct exh_attachment *a, json_t *facts, const char *who)
{
	exh_problems_add(facts, exh_problem(EXH_P_DEVICE_BUSY, "%s: is in use: %s", a->id, who));
	return exh_fail(ctx, EXH_E_BUSY, "is in use: %s", who);
}

static int check_users(struct exh_ctx *ctx, const struct exh_attachment *a, const json_t *devices,
		       json_t *facts)
{
	for (int tries = 0;; tries++) {
		_cleanup_json_ json_t *list = strangers(a, devices);
		_cleanup_free_ char *names = exh_users_text(list);

		if (!json_array_size(list))
			return 0;
		if (tries >= BUSY_TRIES || exh_interrupted(ctx))
			return busy(ctx, a, facts, names ? names : "somebody");
		usleep(100000);
	}
}

static int unmount_all(struct exh_ctx *ctx, struct exh_attachment *a, json_t *facts)
{
	json_t *mounts = exh_attachment_list_of(a, "mounts");

	while (json_array_size(mounts)) {
		size_t last = json_array_size(mounts) - 1;
		const json_t *mount = json_array_get(mounts, last);
		const char *dir = exh_json_str(mount, "dir");
		int r;

		if (is_mounted(mount) && umount2(dir, UMOUNT_NOFOLLOW) < 0) {
			r = exh_fail_errno(ctx, "%s: cannot be unmounted", dir);
			return errno == EBUSY ? busy(ctx, a, facts, dir) : r;
		}
		json_array_remove(mounts, last);
		r = exh_attachment_save(ctx, a);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Somebody opened it after the first look: the kernel frees it as soon as that ends. */
static int still_used(struct exh_ctx *ctx, const struct exh_attachment *a, const json_t *device,
		      json_t *facts)
{
	_cleanup_json_ json_t *list = json_array();
	_cleanup_free_ char *names = NULL;

	method_of(a)->users(a, device, list);
	names = exh_users_text(list);
	return busy(ctx, a, facts,
		    names && *names ? names : "somebody who cannot be seen from here");
}

/* What a device refused up to its end. */
static void observe_last(const struct exh_attachment *a, const json_t *device, json_t *attachment)
{
	json_t *rows = json_object_get(attachment, "devices"), *row;
	const char *name = exh_json_str(device, "device");
	size_t i;

	json_array_foreach (rows, i, row)
		if (name && method_of(a)->observe && exh_json_str(row, "device") &&
		    !strcmp(name, exh_json_str(row, "device")))
			method_of(a)->observe(a, device, row);
}

static int remove_devices(struct exh_ctx *ctx, struct exh_attachment *a, const json_t *devices,
			  json_t *attachment, json_t *facts)
{
	const struct exh_attach_method *method = method_of(a);

	for (size_t i = json_array_size(devices); i-- > 0;) {
		const json_t *device = json_array_get(devices, i);
		int r;

		observe_last(a, device, attachment);
		r = method->remove(ctx, a, device);

		if (r < 0)
			return r == -EXH_E_BUSY ? still_used(ctx, a, device, facts) : r;
	}
	return 0;
}

static int remove_files(struct exh_ctx *ctx, const struct exh_attachment *a, json_t *facts)
{
	_cleanup_free_ char *dir = NULL;
	int r;

	if (asprintf(&dir, "%s/files", a->dir) < 0) {
		dir = NULL;
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	}
	/* whoever comes just now is let out again */
	for (int tries = 0;; tries++) {
		r = exh_file_unmount(ctx, dir);
		if (r != -EXH_E_BUSY || tries >= BUSY_TRIES)
			break;
		usleep(100000);
	}
	if (r == -EXH_E_BUSY)
		exh_problems_add(facts, exh_problem(EXH_P_DEVICE_BUSY, "%s", ctx->text));
	return r;
}

static int end_keeper(struct exh_ctx *ctx, const struct exh_attachment *a)
{
	const json_t *keeper = json_object_get(a->state, "keeper");

	if (keeper && exh_process_end(keeper, KEEPER_GRACE_MS) < 0)
		return exh_fail(ctx, EXH_E_BUSY, "its keeper (process %d) does not end",
				(int)exh_json_u64(keeper, "pid", 0));
	return 0;
}

static int undo_here(struct exh_ctx *ctx, struct exh_attachment *a, json_t *attachment,
		     json_t *facts)
{
	const struct exh_attach_method *method = method_of(a);
	_cleanup_json_ json_t *devices = json_copy(exh_attachment_list_of(a, "devices"));
	int r = 0;

	if (method) {
		method->find(a, devices);
		r = check_users(ctx, a, devices, facts);
	}
	if (!r && method)
		r = exh_attachment_phase(ctx, a, EXH_PHASE_DETACHING);
	if (!r)
		r = unmount_all(ctx, a, facts);
	if (!r && method)
		r = remove_devices(ctx, a, devices, attachment, facts);
	if (!r)
		r = remove_files(ctx, a, facts);
	return r ? r : end_keeper(ctx, a);
}

int exh_undo(struct exh_ctx *ctx, struct exh_attachment *a, json_t *attachment, json_t *facts)
{
	_cleanup_json_ json_t *events = NULL;
	int r = exh_attachment_is_here(a) ? undo_here(ctx, a, attachment, facts) : 0;

	if (r < 0)
		return exh_prefix(ctx, r, "%s", a->id);
	events = exh_events_read(ctx, a);
	exh_events_problems(events, facts);
	if (attachment && json_array_size(events))
		json_object_set(attachment, "events", events);
	if (attachment)
		exh_refusals_add_up(attachment, facts);
	return exh_attachment_remove(ctx, a);
}

bool exh_is_stale(const struct exh_attachment *a, const char **why)
{
	const char *phase = exh_json_str(a->state, "phase");
	const json_t *owner = json_object_get(a->state, "owner");

	if (!exh_attachment_is_here(a))
		*why = "the machine was started anew since";
	else if (!phase || strcmp(phase, EXH_PHASE_ATTACHED))
		*why = phase && !strcmp(phase, EXH_PHASE_DETACHING)
			       ? "its detaching was interrupted"
			       : "its attaching was interrupted";
	else if (!exh_process_alive(json_object_get(a->state, "keeper")))
		*why = "its keeper is gone";
	else if (owner && !exh_process_alive(owner))
		*why = "the examination it was made for is gone";
	else
		return false;
	return true;
}

static json_t *device_facts(const struct exh_attachment *a, const json_t *device)
{
	static const char *const keys[] = {"scope",  "partition", "device",    "file",	    "start",
					   "length", "read_only", "direct_io", "unreadable"};
	const struct exh_attach_method *method = method_of(a);
	json_t *out = json_object();

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_object_get(device, keys[i]))
			json_object_set(out, keys[i], json_object_get(device, keys[i]));
	if (method && method->observe)
		method->observe(a, device, out);
	return out;
}

json_t *exh_attachment_facts(struct exh_ctx *ctx, const struct exh_attachment *a)
{
	static const char *const keys[] = {"image",   "method", "since", "case",   "sector_size",
					   "backing", "leases", "hold",	 "mounts", "mapfile"};
	json_t *out = json_pack("{s:s, s:[]}", "id", a->id, "devices");
	json_t *events = exh_events_read(ctx, a);
	const json_t *device;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_object_get(a->state, keys[i]))
			json_object_set(out, keys[i], json_object_get(a->state, keys[i]));
	if (!json_array_size(json_object_get(out, "mounts")))
		json_object_del(out, "mounts");
	json_array_foreach (json_object_get(a->state, "devices"), i, device)
		if (json_object_get(device, "device") || json_object_get(device, "file"))
			json_array_append_new(json_object_get(out, "devices"),
					      device_facts(a, device));
	if (json_array_size(events))
		json_object_set(out, "events", events);
	json_decref(events);
	return out;
}
