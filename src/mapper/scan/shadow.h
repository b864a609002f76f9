/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stand-in for the media where a library insists on a descriptor (libblkid).
 *
 * An anonymous file of the media's size, made before the sandbox closes and filled inside it
 * through a mapping, only where the library is going to look: so that it sees EWF, split and
 * damaged media alike, and no descriptor of evidence. What was not filled reads as zero.
 */
#ifndef EXH_SCAN_SHADOW_H
#define EXH_SCAN_SHADOW_H

#include "reader.h"

struct exh_shadow {
	int fd;
	uint64_t size;
	uint64_t unread; /* bytes of what was filled that could not be read: they stand as zero */
	uint64_t copied; /* bytes of the blocks that are not all zero */
};

/** exh_shadow_open - make the empty file. For a task's prepare(). */
int exh_shadow_open(struct exh_ctx *ctx, uint64_t size, struct exh_shadow *shadow);

/** exh_shadow_fill - copy [start, start + length) of the source, cut at the end of the media.
 * Counts ->unread and ->copied. */
int exh_shadow_fill(const struct exh_reader *r, struct exh_shadow *shadow, uint64_t start,
		    uint64_t length);

/** exh_shadow_drop - forget what was filled in [start, start + length), to the page. */
void exh_shadow_drop(struct exh_shadow *shadow, uint64_t start, uint64_t length);

#endif
