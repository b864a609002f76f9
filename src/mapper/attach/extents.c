// SPDX-License-Identifier: Apache-2.0
#include "extents.h"

#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "mapper/source/lost.h"
#include "mapper/source/raw_layout.h"

/* What is still to be covered. */
struct window {
	uint64_t start, end;
	const struct exh_range *lost; /* those that were not rescued, ascending */
	size_t next_lost, nr_lost;
};

void exh_extents_clear(struct exh_extents *e)
{
	free(e->list);
	*e = (struct exh_extents){0};
}

bool exh_extents_fit(const struct exh_image *image)
{
	const char *format = exh_json_str(image->facts, "format");
	const struct exh_lost *lost = exh_image_lost(image);

	/* holes that are to read as something are made up by the file server */
	return format && (!strcmp(format, "raw") || !strcmp(format, "split-raw")) &&
	       (!lost || lost->holes == EXH_HOLES_EIO);
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

/* Moves the beginning of the window to end, covered by a file's bytes or by nothing; what was not
 * rescued is nothing, whatever the file has there. */
static int cover(struct exh_ctx *ctx, struct exh_extents *e, struct window *w, uint64_t end,
		 int file, uint64_t file_start)
{
	uint64_t to = exh_min(end, w->end);
	int r = 0;

	while (!r && w->start < to) {
		uint64_t from = w->start, next = to;
		int here = file;

		if (w->next_lost < w->nr_lost) {
			const struct exh_range *lost = &w->lost[w->next_lost];
			bool is_inside = from >= lost->start;

			here = is_inside ? -1 : file;
			next = exh_min(to, is_inside ? lost->start + lost->length : lost->start);
			w->next_lost += is_inside && next == lost->start + lost->length;
		}
		w->start = next;
		r = append(ctx, e,
			   (struct exh_extent){.file = here,
					       .offset = here < 0 ? 0 : from - file_start,
					       .length = next - from});
	}
	return r;
}

int exh_extents_make(struct exh_ctx *ctx, const struct exh_image *image, uint64_t start,
		     uint64_t length, struct exh_extents *e)
{
	_cleanup_free_ struct exh_raw_layout *layout = NULL;
	const struct exh_lost *lost = exh_image_lost(image);
	struct window w = {.start = start};
	int r;

	*e = (struct exh_extents){0};
	if (!length || exh_add_overflows(start, length, &w.end))
		return exh_fail(ctx, EXH_E_STATE, "a device with impossible bounds");
	if (lost) {
		w.lost = lost->list;
		w.nr_lost = lost->nr;
		w.next_lost = exh_range_find(lost->list, lost->nr, start);
	}
	r = layout_of(ctx, image, &layout);
	for (size_t i = 0; !r && i < layout->nr; i++) {
		const struct exh_piece *p = &layout->pieces[i];

		r = cover(ctx, e, &w, p->start + p->available, p->file, p->start);
		if (!r)
			r = cover(ctx, e, &w, p->start + p->length, -1, 0);
	}
	return r ? r : cover(ctx, e, &w, w.end, -1, 0);
}
