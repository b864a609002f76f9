// SPDX-License-Identifier: Apache-2.0
/* The worker of a list of files: rows of everything that is found in one partition. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "base/text.h"
#include "files.h"
#include "mapper/source/tsk_image.h"
#include "queue.h"
#include "tasks.h"

#define MAX_RUNS 20000 /* that a row names */

static json_t *describe(const struct exh_walk *walk)
{
	json_t *row = json_pack(
		"{s:I, s:s, s:I, s:I, s:s}", "partition", (json_int_t)walk->partition, "type",
		tsk_fs_type_toname(walk->fs->ftype), "block_size", (json_int_t)walk->fs->block_size,
		"block_count", (json_int_t)walk->fs->block_count, "clock",
		exh_row_has_local_times(walk->fs->ftype) ? "local" : "utc");

	if (row && walk->volume)
		json_object_set_new(row, "volume",
				    exh_json_text(walk->volume, strlen(walk->volume)));
	return row;
}

static int tell_file_system(struct exh_walk *walk)
{
	json_t *row = describe(walk);

	json_object_set_new(row, "allocated", json_integer((json_int_t)walk->allocated));
	json_object_set_new(row, "deleted", json_integer((json_int_t)walk->deleted));
	return exh_emit_row(walk->w, "filesystems", row);
}

/* [offset in the file, offset in the partition or null, length] for each piece. */
static json_t *runs_json(const struct exh_content *content)
{
	json_t *runs = json_array();
	uint64_t at = 0;

	for (size_t i = 0; i < content->nr && i < MAX_RUNS; i++) {
		const struct exh_piece *piece = &content->pieces[i];
		json_t *start = piece->kind == EXH_PIECE_DATA
					? json_integer((json_int_t)piece->start)
					: json_null();

		if (piece->kind != EXH_PIECE_UNKNOWN)
			json_array_append_new(runs, json_pack("[I, o, I]", (json_int_t)at, start,
							      (json_int_t)piece->length));
		at += piece->length;
	}
	return runs;
}

static int put(struct exh_walk *walk, json_t *row, struct exh_content *content)
{
	const struct exh_reading *reading = walk->w->prepared;
	int r;

	if (content && reading->runs && !content->special)
		json_object_set_new(row, "runs", runs_json(content));
	/* what stands in for lost sectors serves for names, never for content */
	if (content && content->special && !walk->volume)
		exh_tsk_be_strict(walk->fs->img_info, true);
	exh_queue_set_part(walk->opaque, walk->part);
	if (!exh_reading_wants_bytes(reading))
		exh_emit_progress(walk->w, "files", walk->rows, 0);
	r = exh_queue_put(walk->opaque, row, content);
	if (content && !walk->volume)
		exh_tsk_be_strict(walk->fs->img_info, false);
	return r;
}

static int list_one(struct exh_walk *walk, void *opaque)
{
	struct exh_queue *queue = opaque;
	int r = exh_queue_flush(queue);

	walk->put = put;
	walk->opaque = queue;
	if (!r)
		r = exh_emit_row(walk->w, "volumes", describe(walk));
	if (!r)
		r = exh_walk_all(walk);
	return r < 0 ? r : tell_file_system(walk);
}

/* What libtsk asked for and did not get. */
static int tell_losses(struct exh_file_systems *l)
{
	_cleanup_json_ json_t *losses = exh_source_losses(l->slice);
	const json_t *loss;
	uint64_t bytes = 0;
	size_t i;

	json_array_foreach (losses, i, loss)
		bytes += exh_json_u64(loss, "length", 0);
	if (!bytes)
		return 0;
	loss = json_array_get(losses, 0);
	return exh_emit_problem(
		l->w, exh_problem_at(EXH_P_LIST_INCOMPLETE, exh_json_u64(loss, "start", 0),
				     exh_json_u64(loss, "length", 0),
				     "partition %llu: %llu bytes that the list needed, in %zu "
				     "ranges, are lost; files may be missing from it",
				     (unsigned long long)l->partition, (unsigned long long)bytes,
				     json_array_size(losses)));
}

static int tell_unreadable(struct exh_file_systems *l, struct exh_queue *queue)
{
	uint64_t files = exh_queue_unreadable(queue);

	if (!files)
		return 0;
	return exh_emit_problem(
		l->w, exh_problem(EXH_P_FILE_UNREADABLE,
				  "partition %llu: the content of %llu files cannot be read whole; "
				  "their rows say which bytes are lost",
				  (unsigned long long)l->partition, (unsigned long long)files));
}

/* Contents are read through a window of their own, so that what is lost of them is not taken for
 * a loss of names. */
static int list_with_contents(struct exh_file_systems *l, struct exh_source *source, uint64_t start,
			      uint64_t length)
{
	_cleanup_source_ struct exh_source *contents = NULL;
	struct exh_queue *queue = NULL;
	int r = exh_source_slice(l->w->ctx, source, start, length, &contents);

	if (!r)
		r = exh_queue_new(l->w, l->w->prepared, contents, &queue);
	l->opaque = queue;
	if (!r)
		r = exh_file_systems_each(l);
	if (r >= 0)
		r = exh_queue_flush(queue);
	if (r >= 0)
		r = tell_unreadable(l, queue);
	exh_queue_free(queue);
	return r < 0 ? r : tell_losses(l);
}

/* libtsk turns the local times of FAT into numbers with the zone of its process; so they stay as
 * they are written. */
static int set_time_zone(struct exh_ctx *ctx)
{
	if (setenv("TZ", "UTC0", 1) < 0)
		return exh_fail_errno(ctx, "the time zone cannot be set");
	tzset();
	return 0;
}

int exh_prepare_files(struct exh_worker *w, const json_t *args)
{
	struct exh_reading *reading = calloc(1, sizeof(*reading));
	uint64_t threads = exh_json_u64(args, "threads", 1);

	if (!reading)
		return exh_fail(w->ctx, EXH_E_NOMEM, "out of memory");
	w->prepared = reading;
	reading->type = json_is_true(json_object_get(args, "type"));
	reading->only_hit = json_is_true(json_object_get(args, "only_hit"));
	reading->runs = json_is_true(json_object_get(args, "runs"));
	reading->readers = (unsigned)exh_min(exh_max(threads, 1) + 1, EXH_MAX_READERS);
	/* each arena of malloc takes 64 MiB of the address space that the sandbox allows */
	mallopt(M_ARENA_MAX, 4);
	if (set_time_zone(w->ctx) < 0)
		return -1;
	return exh_reading_prepare(w->ctx, reading, exh_json_str(args, "digests"));
}

int exh_task_files(struct exh_worker *w, const json_t *args)
{
	const json_t *partition = json_object_get(args, "partition");
	_cleanup_source_ struct exh_source *source = NULL, *slice = NULL;
	struct exh_file_systems l = {.w = w,
				     .partition = exh_json_u64(partition, "number", 0),
				     .contents = exh_json_str(args, "contents"),
				     .each = list_one};
	uint64_t start = exh_json_u64(partition, "start", 0);
	uint64_t length = exh_json_u64(partition, "length", 0);
	int r = exh_source_open(w, args, &source);

	if (r < 0)
		return r;
	r = exh_source_slice(w->ctx, source, start, length, &slice);
	if (r < 0)
		return r;
	l.slice = slice;
	return list_with_contents(&l, source, start, length);
}
