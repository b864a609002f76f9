/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ranges of the media that must not be taken for evidence: what a mapfile does not call rescued.
 * The owner keeps them in a sealed memory file, which workers get beside the evidence; overlay.c
 * lays them over a source.
 */
#ifndef EXH_SOURCE_LOST_H
#define EXH_SOURCE_LOST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"
#include "source.h"

struct exh_range {
	uint64_t start, length; /* bytes of the media */
};

/* What a read gets where nothing was rescued. */
enum exh_holes { EXH_HOLES_EIO, EXH_HOLES_ZERO, EXH_HOLES_PATTERN };

#define EXH_HOLE_CELL 32 /* bytes of the pattern, which names the offset it stands at */

struct exh_lost {
	struct exh_range *list; /* ascending; no two of them touch */
	size_t nr;
	uint64_t bytes, media_size;
	enum exh_holes holes;
	int fd; /* the same list for workers, sealed */
};

/** exh_holes_named - "eio", "zero" or "pattern"; -1 for any other word. NULL is eio. */
int exh_holes_named(const char *word);
const char *exh_holes_name(enum exh_holes holes);

/**
 * exh_lost_new - make the list; ranges are ascending, and joined here where they touch or overlap
 *
 * The ranges must lie inside media_size bytes. Release with exh_lost_free().
 */
int exh_lost_new(struct exh_ctx *ctx, const struct exh_range *ranges, size_t n, uint64_t media_size,
		 enum exh_holes holes, struct exh_lost **ret);
void exh_lost_free(struct exh_lost *lost);

/** exh_lost_spec - what a worker must know of the list beside its descriptor. */
json_t *exh_lost_spec(const struct exh_lost *lost);

/** exh_range_find - index of the first range that ends behind offset; n where there is none. */
size_t exh_range_find(const struct exh_range *list, size_t n, uint64_t offset);

/** exh_lost_read - the list as a worker has it: fd and what exh_lost_spec() said; the caller frees
 * *list. */
int exh_lost_read(struct exh_ctx *ctx, int fd, const json_t *spec, struct exh_range **list,
		  size_t *n);

/* ---- inside the worker ---- */

/**
 * exh_source_overlay - the source inner with a list of lost ranges over it
 *
 * Takes inner, also when it fails. The media get the size that spec names: an unreadable tail that
 * was never written to the file is lost, not absent.
 */
int exh_source_overlay(struct exh_ctx *ctx, struct exh_source *inner, int fd, const json_t *spec,
		       struct exh_source **ret);

#endif
