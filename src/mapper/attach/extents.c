// SPDX-License-Identifier: Apache-2.0
#include "extents.h"

#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "mapper/source/raw_layout.h"

/* What is still to be covered. */
struct window {
	uint64_t start, end;
};

void exh_extents_clear(struct exh_extents *e)
{
	free(e->list);
	*e = (struct exh_extents){0};
}

bool exh_extents_fit(const struct exh_image *image)
{
	const char *format = exh_json_str(image->facts, "format");

	return format && (!strcmp(format, "raw") || !strcmp(format, "split-raw"));
}

static int file_size(struct exh_ctx *ctx, const struct exh_image_file *f, uint64_t *size)
{
	*size = (uint64_t)f->st.st_size;
	if (S_ISBLK(f->st.st_mode) && ioctl(f->fd, BLKGETSIZE64, size) < 0)
		return exh_fail_errno(ctx, "%s: its size cannot be told", f->path);
	return 0;
}

static int layout_of(struct exh_ctx *ctx, const struct exh_image *image,
		     struct exh_raw_layout **ret)
{
	_cleanup_free_ uint64_t *sizes = calloc(image->nr_files, sizeof(*sizes));
	int r = 0;

	if (!sizes)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	for (size_t i = 0; !r && i < image->nr_files; i++)
		r = file_size(ctx, &image->files[i], &sizes[i]);
	return r < 0 ? r : exh_raw_layout(ctx, sizes, image->nr_files, image->missing, ret);
}

/* Unreadable pieces that touch are one. */
static int append(struct exh_ctx *ctx, struct exh_extents *e, struct exh_extent extent)
{
	struct exh_extent *last = e->nr ? &e->list[e->nr - 1] : NULL;

	if (extent.file < 0)
		e->unreadable += extent.length;
	if (last && last->file < 0 && extent.file < 0) {
		last->length += extent.length;
		return 0;
	}
	if (e->nr == e->room) {
		size_t room = e->room ? e->room * 2 : 16;
		struct exh_extent *grown = realloc(e->list, room * sizeof(*grown));

		if (!grown)
			return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
		e->list = grown;
		e->room = room;
	}
	e->list[e->nr++] = extent;
	return 0;
}

/* Moves the beginning of the window to end, covered by a file's bytes or by nothing. */
static int cover(struct exh_ctx *ctx, struct exh_extents *e, struct window *w, uint64_t end,
		 int file, uint64_t file_start)
{
	uint64_t from = w->start, to = exh_min(end, w->end);

	if (to <= from)
		return 0;
	w->start = to;
	return append(ctx, e,
		      (struct exh_extent){.file = file,
					  .offset = file < 0 ? 0 : from - file_start,
					  .length = to - from});
}

int exh_extents_make(struct exh_ctx *ctx, const struct exh_image *image, uint64_t start,
		     uint64_t length, struct exh_extents *e)
{
	_cleanup_free_ struct exh_raw_layout *layout = NULL;
	struct window w = {.start = start};
	int r;

	*e = (struct exh_extents){0};
	if (!length || exh_add_overflows(start, length, &w.end))
		return exh_fail(ctx, EXH_E_STATE, "a device with impossible bounds");
	r = layout_of(ctx, image, &layout);
	for (size_t i = 0; !r && i < layout->nr; i++) {
		const struct exh_piece *p = &layout->pieces[i];

		r = cover(ctx, e, &w, p->start + p->available, p->file, p->start);
		if (!r)
			r = cover(ctx, e, &w, p->start + p->length, -1, 0);
	}
	return r ? r : cover(ctx, e, &w, w.end, -1, 0);
}
