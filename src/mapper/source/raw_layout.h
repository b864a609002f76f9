/* SPDX-License-Identifier: Apache-2.0 */
/* Which byte of raw media stands where in the files of a set. Decided from names and sizes alone,
 * the same in a worker and for whoever makes a device of the files. */
#ifndef EXH_SOURCE_RAW_LAYOUT_H
#define EXH_SOURCE_RAW_LAYOUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"

/* A run of media bytes: from the beginning of a file, or nowhere. */
struct exh_piece {
	uint64_t start, length;
	int file;	    /* -1: the segment is missing */
	uint64_t available; /* bytes that the file really has of it */
	const char *name;   /* of a missing segment, borrowed, or NULL where nobody knows */
};

struct exh_raw_layout {
	uint64_t usual; /* size of a segment */
	uint64_t size;	/* of the media */
	size_t nr, nr_files;
	struct exh_piece pieces[];
};

/**
 * exh_raw_layout - the pieces of a set, one for each segment, also a missing one
 *
 * missing is [{"place","name"}], places counted with the missing ones; NULL for none. A segment
 * that is shorter than its siblings is as long as they are, and lacks the rest; only the last one
 * may be shorter. -EXH_E_FORMAT where the sizes together are no size. The caller frees *ret.
 */
int exh_raw_layout(struct exh_ctx *ctx, const uint64_t *sizes, size_t nr_files,
		   const json_t *missing, struct exh_raw_layout **ret);

/** exh_raw_is_odd - has piece i another size than a segment at its place should have? */
bool exh_raw_is_odd(const struct exh_raw_layout *layout, size_t i);

#endif
