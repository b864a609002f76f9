/* SPDX-License-Identifier: Apache-2.0 */
/* The mapfile of an image, as its owner has it: what a worker made of it, checked. */
#ifndef EXH_SOURCE_MAPPED_H
#define EXH_SOURCE_MAPPED_H

#include <jansson.h>

#include "lost.h"

#define EXH_MAPFILE_LIMIT (128 << 20)

struct exh_image;
struct exh_image_options;

/* An area that was not rescued. */
struct exh_area {
	uint64_t start, length; /* bytes of the medium */
	char status;		/* '?', '*', '/', '-' */
};

struct exh_mapped {
	json_t *facts; /* "mapfile" of the image object */
	json_t *totals, *history;
	struct exh_area *areas; /* ascending, as the mapfile has them; none behind the media */
	size_t nr_areas;
	struct exh_lost *lost;	  /* all that is not known to be rescued */
	uint64_t file_media_size; /* of the media as the evidence files have them */
};

/**
 * exh_mapped_open - read the mapfile that the options name and lay it over the image
 *
 * The file is read once, into memory; what it says is parsed in a worker. Sets image->mapped, and
 * adjusts the facts and problems of the image: a map that does not fit is one. An error where the
 * mapfile is none.
 */
int exh_mapped_open(struct exh_ctx *ctx, struct exh_image *image,
		    const struct exh_image_options *options);

void exh_mapped_free(struct exh_mapped *mapped);

#endif
