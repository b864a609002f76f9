// SPDX-License-Identifier: Apache-2.0
#include "attach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/facts.h"
#include "base/problem.h"
#include "doctor.h"
#include "events.h"
#include "file_mount.h"
#include "keeper.h"
#include "method.h"
#include "plan.h"
#include "process.h"
#include "undo.h"

/* An attachment while it is made. */
struct making {
	struct exh_attachment *a;
	const struct exh_image *image;
	const struct exh_attach_method *method;
	struct exh_plan plan;
	struct exh_keeper keeper;
};

static json_t *evidence_json(const struct exh_image *image)
{
	json_t *list = json_array();

	for (size_t i = 0; i < image->nr_files; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:I, s:I}", "path", image->files[i].path,
						"device", (json_int_t)image->files[i].st.st_dev,
						"inode", (json_int_t)image->files[i].st.st_ino));
	return list;
}

/* Whoever detaches may stand elsewhere, and the directory may not be there yet. */
static json_t *absolute(const char *path)
{
	_cleanup_free_ char *here = path[0] == '/' ? NULL : get_current_dir_name();

	return here ? json_sprintf("%s/%s", here, path) : json_string(path);
}

static const char *backing_word(const struct making *m)
{
	if (m->plan.needs_files)
		return "file-server";
	return m->image->nr_files > 1 ? "evidence-files" : "evidence-file";
}

/* Which map says what was not rescued, and what is read there. */
static void put_mapfile(const struct exh_image *image, json_t *state)
{
	static const char *const keys[] = {"path", "sha256", "holes", "not_rescued"};
	const json_t *mapfile = json_object_get(image->facts, "mapfile");
	json_t *kept = json_object();

	for (size_t i = 0; mapfile && i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_object_get(mapfile, keys[i]))
			json_object_set(kept, keys[i], json_object_get(mapfile, keys[i]));
	if (mapfile)
		json_object_set(state, "mapfile", kept);
	json_decref(kept);
}

static int record_plan(struct exh_ctx *ctx, struct making *m,
		       const struct exh_attach_options *options)
{
	json_t *state = m->a->state;

	json_object_set_new(state, "method", json_string(m->method->name));
	put_mapfile(m->image, state);
	json_object_set_new(state, "sector_size", json_integer(m->plan.sector_size));
	json_object_set_new(state, "backing", json_string(backing_word(m)));
	json_object_set_new(state, "evidence", evidence_json(m->image));
	json_object_set(state, "devices", m->plan.devices);
	json_object_set(state, "partitions", m->plan.partitions);
	if (options->case_dir)
		json_object_set_new(state, "case", absolute(options->case_dir));
	if (options->ends_with_caller)
		json_object_set_new(state, "owner", exh_process_json(getpid()));
	return exh_attachment_save(ctx, m->a);
}

static int start_keeper(struct exh_ctx *ctx, struct making *m)
{
	_cleanup_free_ char *dir = NULL;
	int fd = -1;

	if (m->plan.needs_files) {
		if (asprintf(&dir, "%s/files", m->a->dir) < 0) {
			dir = NULL;
			return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
		}
		if (mkdir(dir, 0700) < 0)
			return exh_fail_errno(ctx, "%s: cannot be made", dir);
		fd = exh_file_mount(ctx, dir);
		if (fd < 0)
			return fd;
	}
	return exh_keeper_start(ctx, m->a, m->image, &m->plan, fd, m->method->holds_files,
				&m->keeper);
}

/* A range that reaches past the media has a file of its own, where what is not there cannot be
 * read. */
static int open_backing(struct exh_ctx *ctx, const struct making *m, const json_t *device,
			struct exh_backing *backing)
{
	bool own_file = m->method->needs_files || json_is_true(json_object_get(device, "past_end"));
	_cleanup_free_ char *path = NULL;

	own_file = own_file && !m->plan.by_pieces;
	backing->image = m->image;
	backing->length = exh_json_u64(device, "length", 0);
	backing->offset = own_file ? 0 : exh_json_u64(device, "start", 0);
	backing->has_losses = m->plan.has_losses;
	if (m->plan.by_pieces)
		return 0;
	if (!m->plan.needs_files) {
		backing->fd = exh_image_reopen(m->image, 0, 0);
		return backing->fd < 0 ? exh_fail_errno(ctx, "%s: cannot be opened again",
							m->image->files[0].path)
				       : 0;
	}
	if (asprintf(&path, "%s/files/%s", m->a->dir,
		     own_file ? exh_json_str(device, "name") : "disk") < 0) {
		path = NULL;
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	}
	backing->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (backing->fd < 0)
		return exh_fail_errno(ctx, "%s: cannot be opened", path);
	if (!backing->has_losses)
		exh_file_mount_read_far(backing->fd);
	return 0;
}

static int add_device(struct exh_ctx *ctx, struct making *m, json_t *device)
{
	struct exh_backing backing = {.fd = -1};
	int r = open_backing(ctx, m, device, &backing);

	if (!r)
		r = m->method->add(ctx, m->a, &backing, device);
	if (backing.fd >= 0)
		close(backing.fd);
	return exh_prefix(ctx, r, "%s", exh_json_str(device, "name"));
}

static int make(struct exh_ctx *ctx, struct making *m, const struct exh_attach_options *options)
{
	json_t *device;
	size_t i;
	int r = record_plan(ctx, m, options);

	if (!r)
		r = start_keeper(ctx, m);
	json_array_foreach (m->plan.devices, i, device) {
		if (!r && exh_interrupted(ctx))
			r = exh_fail(ctx, EXH_E_INTERRUPTED, "interrupted");
		if (!r)
			r = add_device(ctx, m, device);
	}
	if (!r)
		r = exh_attachment_phase(ctx, m->a, EXH_PHASE_ATTACHED);
	return r ? r : exh_keeper_commit(ctx, &m->keeper);
}

/* Keeps the text of what went wrong first. */
static void unmake(struct exh_ctx *ctx, struct making *m, json_t *facts)
{
	struct exh_ctx undoing = {.helper = -1};

	exh_keeper_forget(&m->keeper);
	if (exh_undo(&undoing, m->a, NULL, facts) < 0)
		exh_note(ctx, "%s; run: exhibit recover", undoing.text);
}

static void add_notes(struct exh_ctx *ctx, const struct making *m, json_t *facts)
{
	json_t *attachment = exh_attachment_facts(ctx, m->a);
	const char *why;

	if (!m->method->holds_files)
		exh_problems_add(
			facts,
			exh_problem(EXH_P_WRITES_DETECTED_ONLY,
				    "%s: whoever opens an evidence file for writing is seen and "
				    "recorded, not stopped",
				    m->a->id));
	if (!m->method->needs_files && exh_udev_rule_missing(&why))
		exh_problems_add(facts, exh_problem(EXH_P_UDEV_RULE_MISSING, "%s", why));
	json_object_set_new(facts, "attachments", json_pack("[o]", attachment));
}

static int attach_planned(struct exh_ctx *ctx, struct making *m,
			  const struct exh_attach_options *options, json_t *facts)
{
	_cleanup_attachment_ struct exh_attachment *a = NULL;
	_cleanup_json_ json_t *events = NULL;
	int r = exh_attachment_new(ctx, m->image->path, &a);

	if (r < 0)
		return r;
	m->a = a;
	r = make(ctx, m, options);
	if (r < 0) {
		unmake(ctx, m, facts);
		return r;
	}
	events = exh_events_read(ctx, a);
	exh_events_problems(events, facts);
	add_notes(ctx, m, facts);
	return 0;
}

int exh_attach_with(struct exh_ctx *ctx, struct exh_image *image, const json_t *scan,
		    const struct exh_attach_options *options, json_t **facts)
{
	static const struct exh_attach_options defaults = {.size = sizeof(defaults)};
	struct making m = {.image = image, .keeper = {-1}};
	int r = exh_image_require(ctx, image);

	*facts = exh_image_begin(image, "attach");
	options = options ? options : &defaults;
	if (!r)
		r = exh_method_choose(ctx, options->method, *facts, &m.method);
	if (!r)
		r = exh_plan_make(ctx, image, scan, options, m.method, *facts, &m.plan);
	if (!r)
		r = attach_planned(ctx, &m, options, *facts);
	exh_plan_clear(&m.plan);
	return r;
}
