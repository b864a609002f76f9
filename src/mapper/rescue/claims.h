/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each lost byte of a partition is. Whoever finds out claims a range; where claims overlap,
 * the stronger class wins, so that in the end every lost byte is of exactly one class.
 */
#ifndef EXH_RESCUE_CLAIMS_H
#define EXH_RESCUE_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"
#include "mapper/source/lost.h"

/* The strongest first. */
enum exh_lost_class {
	EXH_LOST_METADATA,     /* of the file system */
	EXH_LOST_CONTENT,      /* of an allocated file */
	EXH_LOST_SLACK,	       /* allocated to a file, and no content of it */
	EXH_LOST_DELETED,      /* content of a deleted file, in space that no other has */
	EXH_LOST_IN_USE,       /* allocated, nobody knows to whom */
	EXH_LOST_UNALLOCATED,  /* by the file system's own account */
	EXH_LOST_VOLUME_SLACK, /* of the partition, behind the end of its file system */
	/* these are for the owner, who sees the whole media */
	EXH_LOST_NOT_ANALYSED, /* in a partition whose contents cannot be read */
	EXH_LOST_PAST_END,     /* in no partition, behind the end of the image */
	EXH_LOST_OUTSIDE,      /* in no partition */
	EXH_NR_LOST_CLASSES
};

struct exh_piece_of_loss {
	uint64_t start, length;
	enum exh_lost_class what;
};

struct exh_claims {
	const struct exh_range *lost; /* of the partition, from its first byte; borrowed */
	size_t nr_lost;
	struct exh_piece_of_loss *list;
	size_t nr, room;
};

/** exh_claims_add - claim the lost bytes of [start, start + length), if there are any. */
int exh_claims_add(struct exh_ctx *ctx, struct exh_claims *c, uint64_t start, uint64_t length,
		   enum exh_lost_class what);

/** exh_claims_meet - is a byte of [start, start + length) lost? *first: the lost range to begin
 * with. */
bool exh_claims_meet(const struct exh_claims *c, uint64_t start, uint64_t length, size_t *first);

/** exh_claims_settle - make the list ascending and free of overlaps, the stronger class winning. */
int exh_claims_settle(struct exh_ctx *ctx, struct exh_claims *c);

/** exh_claims_has - is what is lost of [start, start + length) claimed as this, all of it? The list
 * must be settled. */
bool exh_claims_has(const struct exh_claims *c, uint64_t start, uint64_t length,
		    enum exh_lost_class what);

/** exh_claims_rest - call back for each lost range that a settled list does not cover. */
int exh_claims_rest(const struct exh_claims *c,
		    int (*each)(uint64_t start, uint64_t length, void *opaque), void *opaque);

void exh_claims_clear(struct exh_claims *c);

/** exh_lost_class_letter - how pieces are written between processes. */
char exh_lost_class_letter(enum exh_lost_class what);
/** exh_lost_class_of - the class of a letter, or -1. */
int exh_lost_class_of(char letter);

#endif
