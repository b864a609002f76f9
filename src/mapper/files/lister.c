// SPDX-License-Identifier: Apache-2.0
/* The worker's side of a list of files: finds out by which reader of libtsk a partition can be
 * read, and walks it. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
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

struct lister {
	struct exh_worker *w;
	struct exh_source *slice;
	struct exh_queue *queue;
	uint64_t partition;
	const char *contents; /* what the scan found, or NULL */
	unsigned found;	      /* file systems that could be opened */
};

/* Every reader of libtsk with a signature of its own, for partitions in which more than one finds
 * something. */
static const TSK_FS_TYPE_ENUM all_types[] = {
	TSK_FS_TYPE_NTFS_DETECT, TSK_FS_TYPE_FAT_DETECT, TSK_FS_TYPE_EXT_DETECT,
	TSK_FS_TYPE_FFS_DETECT,	 TSK_FS_TYPE_HFS_DETECT, TSK_FS_TYPE_ISO9660_DETECT,
};

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

	if (content && reading->runs && !content->special)
		json_object_set_new(row, "runs", runs_json(content));
	exh_queue_set_part(walk->opaque, walk->part);
	if (!exh_reading_wants_bytes(reading))
		exh_emit_progress(walk->w, "files", walk->rows, 0);
	return exh_queue_put(walk->opaque, row, content);
}

static int walk_one(struct lister *l, TSK_FS_INFO *fs, const char *volume, bool name_type)
{
	struct exh_walk walk = {.w = l->w,
				.fs = fs,
				.slice = l->slice,
				.put = put,
				.opaque = l->queue,
				.partition = l->partition,
				.volume = volume,
				.name_type = name_type};
	int r = exh_queue_flush(l->queue);

	l->found++;
	if (!r)
		r = exh_emit_row(l->w, "volumes", describe(&walk));
	if (!r)
		r = exh_walk_all(&walk);
	return r < 0 ? r : tell_file_system(&walk);
}

static int walk_every_type(struct lister *l, TSK_IMG_INFO *img)
{
	int r = 0;

	for (size_t i = 0; !r && i < sizeof(all_types) / sizeof(all_types[0]); i++) {
		TSK_FS_INFO *fs = tsk_fs_open_img(img, 0, all_types[i]);

		if (!fs)
			continue;
		r = walk_one(l, fs, NULL, true);
		tsk_fs_close(fs);
	}
	return r;
}

static json_t *not_supported(const struct lister *l, const char *why)
{
	_cleanup_json_ json_t *text = exh_json_text(why, strlen(why));

	return exh_problem_at(EXH_P_NOT_SUPPORTED, 0, l->slice->size,
			      "partition %llu%s%s%s: its files cannot be listed, which does not "
			      "mean that there are none: %s",
			      (unsigned long long)l->partition, l->contents ? " (" : "",
			      l->contents ? l->contents : "", l->contents ? ")" : "",
			      text ? json_string_value(text) : "unknown");
}

static int refuse_volume(struct lister *l, const char *name, const char *why)
{
	char text[512];

	snprintf(text, sizeof(text), "the APFS volume \"%s\": %s", name, why ? why : "unknown");
	return exh_emit_problem(l->w, not_supported(l, text));
}

static int walk_volume(struct lister *l, const TSK_POOL_INFO *pool,
		       const TSK_POOL_VOLUME_INFO *volume)
{
	const char *name = volume->desc && volume->desc[0] ? volume->desc : "unnamed";
	TSK_IMG_INFO *img;
	TSK_FS_INFO *fs;
	int r;

	if (volume->flags & TSK_POOL_VOLUME_FLAG_ENCRYPTED)
		return refuse_volume(l, name, "is encrypted");
	img = pool->get_img_info(pool, volume->block);
	fs = img ? tsk_fs_open_img(img, 0, TSK_FS_TYPE_APFS) : NULL;
	if (fs) {
		r = walk_one(l, fs, name, false);
		tsk_fs_close(fs);
	} else {
		r = refuse_volume(l, name, tsk_error_get());
	}
	tsk_img_close(img);
	return r;
}

/* Apple File System Reference, "nx_superblock_t": "NXSB" behind the 32 bytes of the object's
 * header. */
static bool is_apfs(struct lister *l)
{
	char start[36];

	return l->slice->size >= sizeof(start) &&
	       !exh_source_read(l->w->ctx, l->slice, start, sizeof(start), 0) &&
	       !memcmp(start + 32, "NXSB", 4);
}

static int list_pool(struct lister *l, TSK_IMG_INFO *img)
{
	const TSK_POOL_INFO *pool = tsk_pool_open_img_sing(img, 0, TSK_POOL_TYPE_APFS);
	int r = 0;

	if (!pool) {
		const char *error = tsk_error_get();

		return exh_emit_problem(
			l->w,
			not_supported(l, error ? error : "the APFS container cannot be read"));
	}
	for (const TSK_POOL_VOLUME_INFO *v = pool->vol_list; !r && v; v = v->next)
		r = walk_volume(l, pool, v);
	tsk_pool_close(pool);
	return r;
}

static int list_image(struct lister *l, TSK_IMG_INFO *img)
{
	TSK_FS_INFO *fs = tsk_fs_open_img(img, 0, TSK_FS_TYPE_DETECT);
	const char *error;
	int r = 0;

	if (fs) {
		r = walk_one(l, fs, NULL, false);
		tsk_fs_close(fs);
		return r;
	}
	error = tsk_error_get();
	if (tsk_error_get_errno() == TSK_ERR_FS_UNKTYPE) {
		_cleanup_free_ char *first = strdup(error ? error : "");

		r = walk_every_type(l, img);
		if (r || l->found)
			return r;
		return exh_emit_problem(l->w, not_supported(l, first ? first : "unknown"));
	}
	return exh_emit_problem(l->w, not_supported(l, error ? error : "unknown"));
}

/* What libtsk asked for and did not get. */
static int tell_losses(struct lister *l)
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

static int tell_unreadable(struct lister *l)
{
	uint64_t files = exh_queue_unreadable(l->queue);

	if (!files)
		return 0;
	return exh_emit_problem(
		l->w, exh_problem(EXH_P_FILE_UNREADABLE,
				  "partition %llu: the content of %llu files cannot be read whole; "
				  "their rows say which bytes are lost",
				  (unsigned long long)l->partition, (unsigned long long)files));
}

static int list_slice(struct lister *l)
{
	TSK_IMG_INFO *img = exh_tsk_open(l->slice);
	int r;

	if (!img)
		return exh_fail(l->w->ctx, EXH_E_NOMEM, "out of memory");
	r = is_apfs(l) ? list_pool(l, img) : list_image(l, img);
	tsk_img_close(img);
	if (r >= 0)
		r = exh_queue_flush(l->queue);
	if (r >= 0)
		r = tell_unreadable(l);
	return r < 0 ? r : tell_losses(l);
}

/* Contents are read through a window of their own, so that what is lost of them is not taken for
 * a loss of names. */
static int list_with_contents(struct lister *l, struct exh_source *source, uint64_t start)
{
	_cleanup_source_ struct exh_source *contents = NULL;
	int r = exh_source_slice(l->w->ctx, source, start, l->slice->size, &contents);

	if (!r)
		r = exh_queue_new(l->w, l->w->prepared, contents, &l->queue);
	if (!r)
		r = list_slice(l);
	exh_queue_free(l->queue);
	return r;
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
	struct lister l = {.w = w,
			   .partition = exh_json_u64(partition, "number", 0),
			   .contents = exh_json_str(args, "contents")};
	uint64_t start = exh_json_u64(partition, "start", 0);
	int r = exh_source_open(w, args, &source);

	if (!r)
		r = exh_source_slice(w->ctx, source, start, exh_json_u64(partition, "length", 0),
				     &slice);
	if (r < 0)
		return r;
	l.slice = slice;
	return list_with_contents(&l, source, start);
}
