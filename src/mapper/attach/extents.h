/* SPDX-License-Identifier: Apache-2.0 */
/* A range of raw media as pieces of its files, with holes where nothing can be read. */
#ifndef EXH_ATTACH_EXTENTS_H
#define EXH_ATTACH_EXTENTS_H

#include "mapper/source/image.h"

struct exh_extent {
	int file;	 /* index into the image's files; -1: unreadable */
	uint64_t offset; /* in that file */
	uint64_t length;
};

struct exh_extents {
	struct exh_extent *list;
	size_t nr, room;
	uint64_t unreadable; /* bytes */
};

/** exh_extents_fit - are the files of this image its media, byte for byte, but for what cannot be
 * read? */
bool exh_extents_fit(const struct exh_image *image);

/**
 * exh_extents_make - the pieces of [start, start + length), in order and without a gap
 *
 * What lies behind the media, in a missing segment or behind the end of one that is too short is
 * unreadable, and so is what the mapfile of the image does not call rescued. Release with
 * exh_extents_clear(), also after an error.
 */
int exh_extents_make(struct exh_ctx *ctx, const struct exh_image *image, uint64_t start,
		     uint64_t length, struct exh_extents *extents);

void exh_extents_clear(struct exh_extents *extents);

#endif
