// SPDX-License-Identifier: Apache-2.0
/* What can be done with attachments that exist: status, detach, recover. */
#include <exhibit.h>
#include <stdio.h>
#include <string.h>

#include "attach.h"
#include "base/facts.h"
#include "base/problem.h"
#include "events.h"
#include "file_mount.h"
#include "method.h"
#include "mountinfo.h"
#include "refusals.h"
#include "undo.h"

static json_t *begin(const char *command)
{
	json_t *facts = exh_facts_new(command);

	json_object_set_new(facts, "attachments", json_array());
	return facts;
}

static void check_devices(struct exh_ctx *ctx, const struct exh_attachment *a, json_t *facts)
{
	const struct exh_attach_method *method = exh_method_named(exh_json_str(a->state, "method"));
	const json_t *device;
	size_t i;

	json_array_foreach (json_object_get(a->state, "devices"), i, device) {
		int r = method ? method->check(ctx, a, device) : 0;

		if (r < 0)
			exh_problems_add(
				facts, exh_problem(EXH_P_STALE_STATE, "%s: %s", a->id, ctx->text));
		else if (r)
			exh_problems_add(facts, exh_problem(EXH_P_STALE_STATE, "%s: its %s is gone",
							    a->id, exh_json_str(device, "name")));
	}
}

static void add_status(struct exh_ctx *ctx, const char *id, json_t *facts)
{
	_cleanup_attachment_ struct exh_attachment *a = NULL;
	_cleanup_json_ json_t *events = NULL;
	json_t *attachment;
	const char *why;
	bool in_work = exh_attachment_open(ctx, id, EXH_TRY_LOCK, &a) < 0;

	/* gone between the list and now, or another command is at it: then it is not stale */
	if (in_work && exh_attachment_open(ctx, id, EXH_UNLOCKED, &a) < 0)
		return;
	attachment = exh_attachment_facts(ctx, a);
	json_object_set(attachment, "phase", json_object_get(a->state, "phase"));
	json_array_append_new(json_object_get(facts, "attachments"), attachment);
	if (in_work)
		return;
	events = exh_events_read(ctx, a);
	exh_events_problems(events, facts);
	exh_refusals_add_up(attachment, facts);
	if (exh_is_stale(a, &why))
		exh_problems_add(facts, exh_problem(EXH_P_STALE_STATE,
						    "%s: %s; run: exhibit recover", id, why));
	else
		check_devices(ctx, a, facts);
}

int exh_status(struct exh_ctx *ctx, json_t **facts)
{
	_cleanup_json_ json_t *ids = NULL;
	const json_t *id;
	size_t i;
	int r;

	*facts = begin("status");
	r = exh_attachment_list(ctx, &ids);
	json_array_foreach (ids, i, id)
		add_status(ctx, json_string_value(id), *facts);
	return r;
}

static int detach_one(struct exh_ctx *ctx, const char *id, json_t *facts)
{
	_cleanup_attachment_ struct exh_attachment *a = NULL;
	_cleanup_json_ json_t *attachment = NULL;
	int r = exh_attachment_open(ctx, id, EXH_LOCK, &a);

	if (r < 0)
		return r;
	attachment = exh_attachment_facts(ctx, a);
	r = exh_undo(ctx, a, attachment, facts);
	if (!r)
		json_array_append(json_object_get(facts, "attachments"), attachment);
	return r;
}

int exh_detach(struct exh_ctx *ctx, const char *const *ids, json_t **facts)
{
	_cleanup_json_ json_t *all = NULL;
	int r = 0, first = 0;
	char text[sizeof(ctx->text)] = "";

	*facts = begin("detach");
	if (!ids)
		r = exh_attachment_list(ctx, &all);
	else
		all = json_array();
	if (r < 0)
		return r;
	for (size_t i = 0; ids && ids[i]; i++)
		json_array_append_new(all, json_string(ids[i]));
	/* one that does not go must not keep the others */
	for (size_t i = 0; i < json_array_size(all); i++) {
		r = detach_one(ctx, json_string_value(json_array_get(all, i)), *facts);
		if (r < 0 && !first) {
			first = r;
			memcpy(text, ctx->text, sizeof(text));
		}
	}
	if (first)
		return exh_fail(ctx, (enum exh_error) - first, "%s", text);
	return 0;
}

static int recover_one(struct exh_ctx *ctx, const char *id, json_t *facts)
{
	_cleanup_attachment_ struct exh_attachment *a = NULL;
	_cleanup_json_ json_t *attachment = NULL;
	const char *why;
	int r = exh_attachment_open(ctx, id, EXH_TRY_LOCK, &a);

	/* another command is at it, or has just ended it */
	if (r == -EXH_E_BUSY || r == -EXH_E_STATE)
		return 0;
	if (r < 0)
		return r;
	if (!exh_is_stale(a, &why))
		return 0;
	attachment = exh_attachment_facts(ctx, a);
	exh_problems_add(facts, exh_problem(EXH_P_STALE_STATE, "%s: %s; it was undone", id, why));
	r = exh_undo(ctx, a, attachment, facts);
	if (!r)
		json_array_append(json_object_get(facts, "attachments"), attachment);
	return r;
}

struct orphans {
	const char *runtime;
	json_t *dirs;
};

static bool note_orphan(const struct exh_mount *m, void *opaque)
{
	struct orphans *o = opaque;
	size_t n = strlen(o->runtime);

	if (!strcmp(m->type, EXH_FILE_MOUNT_TYPE) && !strncmp(m->dir, o->runtime, n) &&
	    m->dir[n] == '/')
		json_array_append_new(o->dirs, json_string(m->dir));
	return false;
}

/* Mounts below the runtime directory whose state somebody removed by hand. */
static int recover_orphans(struct exh_ctx *ctx, const json_t *ids, json_t *facts)
{
	_cleanup_free_ char *runtime = NULL;
	_cleanup_json_ json_t *dirs = json_array();
	struct orphans o = {.dirs = dirs};
	const json_t *dir, *id;
	size_t i, k;
	int r = exh_runtime_path(ctx, &runtime);

	if (r < 0)
		return r;
	o.runtime = runtime;
	exh_mountinfo_each("self", note_orphan, &o);
	json_array_foreach (dirs, i, dir) {
		const char *path = json_string_value(dir), *below = path + strlen(runtime) + 1;
		bool is_known = false;

		json_array_foreach (ids, k, id)
			is_known |= strlen(json_string_value(id)) == strcspn(below, "/") &&
				    !strncmp(below, json_string_value(id), strcspn(below, "/"));
		if (is_known)
			continue;
		exh_problems_add(facts, exh_problem(EXH_P_STALE_STATE,
						    "%s: nobody's mount; it was undone", path));
		r = exh_file_unmount(ctx, path);
		if (r < 0)
			return r;
	}
	return 0;
}

int exh_attach_recover(struct exh_ctx *ctx, json_t **facts)
{
	_cleanup_json_ json_t *ids = NULL;
	int r, first = 0;
	char text[sizeof(ctx->text)] = "";

	*facts = begin("recover");
	r = exh_attachment_list(ctx, &ids);
	if (r < 0)
		return r;
	for (size_t i = 0; i <= json_array_size(ids); i++) {
		const char *id = json_string_value(json_array_get(ids, i));

		r = id ? recover_one(ctx, id, *facts) : recover_orphans(ctx, ids, *facts);
		if (r < 0 && !first) {
			first = r;
			memcpy(text, ctx->text, sizeof(text));
		}
	}
	return first ? exh_fail(ctx, (enum exh_error) - first, "%s", text) : 0;
}
