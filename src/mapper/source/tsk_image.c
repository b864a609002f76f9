// SPDX-License-Identifier: Apache-2.0
#include "tsk_image.h"

#include <stdlib.h>

#include "base/checked.h"

struct image {
	TSK_IMG_INFO info; /* first: libtsk hands it back */
	struct exh_source *source;
};

static ssize_t image_read(TSK_IMG_INFO *info, TSK_OFF_T offset, char *buf, size_t n)
{
	struct image *image = (struct image *)info;
	struct exh_ctx ctx = {.helper = -1};

	if (offset < 0 || (uint64_t)offset >= image->source->size)
		return -1;
	n = exh_min(n, image->source->size - (uint64_t)offset);
	if (exh_source_read(&ctx, image->source, buf, n, (uint64_t)offset) < 0) {
		tsk_error_reset();
		tsk_error_set_errno(TSK_ERR_IMG_READ);
		tsk_error_set_errstr("%s", ctx.text);
		return -1;
	}
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

TSK_IMG_INFO *exh_tsk_open(struct exh_source *s)
{
	struct image *image = calloc(1, sizeof(*image));

	if (!image)
		return NULL;
	image->source = s;
	return tsk_img_open_external(image, (TSK_OFF_T)s->size, s->sector_size, image_read,
				     image_close, image_stat);
}
