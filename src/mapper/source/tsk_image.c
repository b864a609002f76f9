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
	char whole[SECTOR] = {0};
	uint64_t copy = 0;

	switch (image->repair->ask(image->repair->opaque, sector, &copy)) {
	case EXH_TSK_ZEROS:
		memset(buf, 0, n);
		return 0;
	case EXH_TSK_COPY:
		return exh_source_read(ctx, image->source, buf, n, copy + inside);
	case EXH_TSK_SIGNED:
		whole[SECTOR - 2] = (char)(copy & 0xff);
		whole[SECTOR - 1] = (char)(copy >> 8);
		memcpy(buf, whole + inside, n);
		return 0;
	case EXH_TSK_REPEATED:
		for (unsigned i = 0; i < SECTOR; i++)
			whole[i] = (char)(copy >> 8 * (i % (copy >> 32)) & 0xff);
		memcpy(buf, whole + inside, n);
		return 0;
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

/*
 * libtsk asks first for a piece that it could keep, and after an error for what it wants. The first
 * is refused where a byte of it is lost: nothing but evidence is kept, and what nobody wanted is
 * not on the list of losses.
 */
static ssize_t image_read(TSK_IMG_INFO *info, TSK_OFF_T offset, char *buf, size_t n)
{
	struct image *image = (struct image *)info;
	struct exh_source *s = image->source;
	struct exh_ctx ctx = {.helper = -1};
	struct exh_loss loss = {0};

	if (offset < 0 || (uint64_t)offset >= s->size)
		return -1;
	n = exh_min(n, s->size - (uint64_t)offset);
	if (is_for_cache(image, (uint64_t)offset, n) &&
	    s->ops->read(s, buf, (uint64_t)offset, n, &loss) < n) {
		exh_fail(&ctx, EXH_E_IO, "%llu bytes from %llu are lost (%s)",
			 (unsigned long long)loss.length, (unsigned long long)loss.start,
			 exh_loss_reason_name(loss.reason));
		return fail(&ctx);
	}
	if (is_for_cache(image, (uint64_t)offset, n) ||
	    !exh_source_read(&ctx, s, buf, n, (uint64_t)offset))
		return (ssize_t)n;
	if (!image->repair || image->is_strict ||
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
