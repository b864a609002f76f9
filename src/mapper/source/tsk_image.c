// SPDX-License-Identifier: Apache-2.0
#include "tsk_image.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

#define SECTOR 512U

struct image {
	TSK_IMG_INFO info; /* first: libtsk hands it back */
	struct exh_source *source;
	const struct exh_tsk_repair *repair;
	bool is_strict;
};

static ssize_t fail(const struct exh_ctx *ctx)
{
	tsk_error_reset();
	tsk_error_set_errno(TSK_ERR_IMG_READ);
	tsk_error_set_errstr("%s", ctx->text);
	return -1;
}

/* A sector of which a byte is lost stands in as a whole: the checks of file systems are by sector.
 */
static int stand_in(struct exh_ctx *ctx, const struct image *image, uint64_t sector, char *buf,
		    size_t n, uint64_t inside)
{
	uint64_t copy = 0;

	switch (image->repair->ask(image->repair->opaque, sector, &copy)) {
	case EXH_TSK_ZEROS:
		memset(buf, 0, n);
		return 0;
	case EXH_TSK_COPY:
		return exh_source_read(ctx, image->source, buf, n, copy + inside);
	case EXH_TSK_ERROR:
		break;
	}
	return -1;
}

static int read_by_sectors(struct exh_ctx *ctx, const struct image *image, char *buf, size_t n,
			   uint64_t offset)
{
	char whole[SECTOR];

	for (size_t done = 0; done < n;) {
		uint64_t at = offset + done, sector = at - at % SECTOR;
		size_t step = (size_t)exh_min(SECTOR - at % SECTOR, n - done);
		size_t there = (size_t)exh_min(SECTOR, image->source->size - sector);
		struct exh_ctx own = {.helper = -1};

		if (!exh_source_read(&own, image->source, whole, there, sector))
			memcpy(buf + done, whole + at % SECTOR, step);
		else if (stand_in(ctx, image, sector, buf + done, step, at % SECTOR) < 0)
			return -1;
		done += step;
	}
	return 0;
}

static bool is_for_cache(const struct image *image, uint64_t offset, size_t n)
{
	return n == TSK_IMG_INFO_CACHE_LEN || offset + n == image->source->size;
}

/* libtsk asks first for a piece that it could keep, and after an error for what it wants. Where
 * something stands in, the first is refused: nothing but evidence is kept. */
static ssize_t image_read(TSK_IMG_INFO *info, TSK_OFF_T offset, char *buf, size_t n)
{
	struct image *image = (struct image *)info;
	struct exh_ctx ctx = {.helper = -1};

	if (offset < 0 || (uint64_t)offset >= image->source->size)
		return -1;
	n = exh_min(n, image->source->size - (uint64_t)offset);
	if (!exh_source_read(&ctx, image->source, buf, n, (uint64_t)offset))
		return (ssize_t)n;
	if (!image->repair || image->is_strict || is_for_cache(image, (uint64_t)offset, n) ||
	    read_by_sectors(&ctx, image, buf, n, (uint64_t)offset) < 0)
		return fail(&ctx);
	return (ssize_t)n;
}

static void image_close(TSK_IMG_INFO *info)
{
	free(info);
}

static void image_stat(TSK_IMG_INFO *info, FILE *out)
{
	(void)info;
	(void)out;
}

void exh_tsk_be_strict(TSK_IMG_INFO *info, bool strict)
{
	((struct image *)info)->is_strict = strict;
}

TSK_IMG_INFO *exh_tsk_open(struct exh_source *s, const struct exh_tsk_repair *repair)
{
	struct image *image = calloc(1, sizeof(*image));

	if (!image)
		return NULL;
	image->source = s;
	image->repair = repair;
	return tsk_img_open_external(image, (TSK_OFF_T)s->size, s->sector_size, image_read,
				     image_close, image_stat);
}
