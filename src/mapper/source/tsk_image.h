/* SPDX-License-Identifier: Apache-2.0 */
/* A source as libtsk wants its images. libtsk never opens evidence itself. */
#ifndef EXH_SOURCE_TSK_IMAGE_H
#define EXH_SOURCE_TSK_IMAGE_H

#include <tsk/libtsk.h>

#include "source.h"

/* What libtsk gets instead of an error for a sector that is lost. */
enum exh_tsk_stand_in {
	EXH_TSK_ERROR,
	EXH_TSK_ZEROS,	  /* only where a reader knows by itself that zeros are no structure */
	EXH_TSK_COPY,	  /* the file system keeps the same bytes at another place */
	EXH_TSK_SIGNED,	  /* zeros that end with two known bytes: nothing else was there */
	EXH_TSK_REPEATED, /* a few bytes over and over, which a reader takes for "not to be used" */
};

struct exh_tsk_repair {
	/* offset is that of a sector of 512 bytes; *copy is set for EXH_TSK_COPY, and
	 * for EXH_TSK_SIGNED to the two bytes, for EXH_TSK_REPEATED to what
	 * exh_tsk_repeated() makes. */
	enum exh_tsk_stand_in (*ask)(const void *opaque, uint64_t offset, uint64_t *copy);
	const void *opaque;
};

/** exh_tsk_repeated - n (at most 4) bytes, the lowest first, from the beginning of the sector on.
 */
static inline uint64_t exh_tsk_repeated(unsigned n, uint32_t bytes)
{
	return (uint64_t)n << 32 | bytes;
}

/**
 * exh_tsk_open - the source as a TSK_IMG_INFO; a lost byte is a read error
 *
 * repair (NULL: none; borrowed for as long as the image lives) may put something in place of lost
 * sectors, so that one of them does not hide all else. What stood in is on the source's list of
 * losses all the same, and never in libtsk's cache. The source stays the caller's and must outlive
 * the image. NULL when memory is out. Release with tsk_img_close().
 */
TSK_IMG_INFO *exh_tsk_open(struct exh_source *s, const struct exh_tsk_repair *repair);

/** exh_tsk_be_strict - from now on every lost byte is an error: for reading content. */
void exh_tsk_be_strict(TSK_IMG_INFO *image, bool strict);

#endif
