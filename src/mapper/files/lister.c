// SPDX-License-Identifier: Apache-2.0
/* The worker's side of a list of files: finds out by which reader of libtsk a partition can be
 * read, and walks it. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "base/text.h"
#include "files.h"
#include "mapper/source/tsk_image.h"

/* Every reader of libtsk with a signature of its own, for partitions in which more than one finds
 * something. */
static const TSK_FS_TYPE_ENUM all_types[] = {
	TSK_FS_TYPE_NTFS_DETECT, TSK_FS_TYPE_FAT_DETECT, TSK_FS_TYPE_EXT_DETECT,
	TSK_FS_TYPE_FFS_DETECT,	 TSK_FS_TYPE_HFS_DETECT, TSK_FS_TYPE_ISO9660_DETECT,
};

static enum exh_tsk_stand_in zeros(const void *opaque, uint64_t offset, uint64_t *copy)
{
	const struct exh_repair *repair = opaque;
	enum exh_tsk_stand_in said = repair->tsk.ask(repair, offset, copy);

	return said == EXH_TSK_ERROR ? EXH_TSK_ZEROS : said;
}

/* What is in a block of a directory of ext does not depend on its other blocks. */
static void open_around(struct exh_file_systems *l, TSK_IMG_INFO **img, TSK_FS_INFO **fs)
{
	if (!l->slice->has_losses)
		return;
	l->around = (struct exh_tsk_repair){zeros, &l->repair};
	*img = exh_tsk_open(l->slice, &l->around);
	*fs = *img ? tsk_fs_open_img(*img, 0, TSK_FS_TYPE_EXT_DETECT) : NULL;
	tsk_error_reset();
}

static int walk_one(struct exh_file_systems *l, TSK_FS_INFO *fs, const char *volume, bool name_type)
{
	struct exh_walk walk = {.w = l->w,
				.fs = fs,
				.slice = l->slice,
				.repair = &l->repair,
				.partition = l->partition,
				.volume = volume,
				.name_type = name_type};
	TSK_IMG_INFO *img = NULL;
	int r;

	l->found++;
	if (l->repair.kind == EXH_LAYOUT_EXT && TSK_FS_TYPE_ISEXT(fs->ftype))
		open_around(l, &img, &walk.around);
	r = l->each(&walk, l->opaque);
	tsk_fs_close(walk.around);
	tsk_img_close(img);
	return r;
}

static int walk_every_type(struct exh_file_systems *l, TSK_IMG_INFO *img)
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

static json_t *not_supported(const struct exh_file_systems *l, const char *why)
{
	_cleanup_json_ json_t *text = exh_json_text(why, strlen(why));

	return exh_problem_at(EXH_P_NOT_SUPPORTED, 0, l->slice->size,
			      "partition %llu%s%s%s: its files cannot be listed, which does not "
			      "mean that there are none: %s",
			      (unsigned long long)l->partition, l->contents ? " (" : "",
			      l->contents ? l->contents : "", l->contents ? ")" : "",
			      text ? json_string_value(text) : "unknown");
}

static int refuse_volume(struct exh_file_systems *l, const char *name, const char *why)
{
	char text[512];

	snprintf(text, sizeof(text), "the APFS volume \"%s\": %s", name, why ? why : "unknown");
	return exh_emit_problem(l->w, not_supported(l, text));
}

static int walk_volume(struct exh_file_systems *l, const TSK_POOL_INFO *pool,
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
static bool is_apfs(struct exh_file_systems *l)
{
	char start[36];

	return l->slice->size >= sizeof(start) &&
	       !exh_source_read(l->w->ctx, l->slice, start, sizeof(start), 0) &&
	       !memcmp(start + 32, "NXSB", 4);
}

static int list_pool(struct exh_file_systems *l, TSK_IMG_INFO *img)
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

static int list_image(struct exh_file_systems *l, TSK_IMG_INFO *img)
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

int exh_file_systems_each(struct exh_file_systems *l)
{
	TSK_IMG_INFO *img;
	int r;

	exh_repair_plan(&l->repair, l->slice);
	img = exh_tsk_open(l->slice, &l->repair.tsk);
	if (!img)
		return exh_fail(l->w->ctx, EXH_E_NOMEM, "out of memory");
	r = is_apfs(l) ? list_pool(l, img) : list_image(l, img);
	tsk_img_close(img);
	return r;
}
