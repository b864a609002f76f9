/* SPDX-License-Identifier: Apache-2.0 */
/* The content of a file as pieces of its file system: where its bytes are, before any is read. */
#ifndef EXH_FILES_CONTENT_H
#define EXH_FILES_CONTENT_H

#include <stdbool.h>
#include <stdint.h>
#include <tsk/libtsk.h>

#include "base/ctx.h"

enum exh_piece_kind {
	EXH_PIECE_DATA,	   /* bytes of the partition */
	EXH_PIECE_HOLE,	   /* zeros, because the file system says so */
	EXH_PIECE_UNKNOWN, /* bytes of the file of which nobody knows where they are */
};

/* Pieces follow each other inside the file without a gap, so a piece does not say where it begins
 * there. */
struct exh_piece {
	enum exh_piece_kind kind;
	uint64_t start; /* of EXH_PIECE_DATA, from the first byte of the partition */
	uint64_t length;
};

/* The lengths of the pieces add up to size, unless the content is resident or special. */
struct exh_content {
	uint64_t size;
	struct exh_piece *pieces;
	size_t nr, room;
	uint8_t *resident;	    /* all the bytes: they stand inside the metadata */
	const TSK_FS_ATTR *special; /* compressed: only libtsk can read it, as long as its file is
				       open; the pieces are those of what is stored */
	bool recovered;		    /* where a deleted content stands is a guess of libtsk */
	bool encrypted;		    /* the bytes are those of the ciphertext */
};

/**
 * exh_content_of - the pieces of an attribute
 *
 * What the metadata do not cover is one EXH_PIECE_UNKNOWN at the end. Release with
 * exh_content_clear().
 */
int exh_content_of(struct exh_ctx *ctx, const TSK_FS_INFO *fs, const TSK_FS_ATTR *attr,
		   struct exh_content *content);

/** exh_content_add - a further piece; joined with the last one where both are neighbours. */
int exh_content_add(struct exh_ctx *ctx, struct exh_content *content, enum exh_piece_kind kind,
		    uint64_t start, uint64_t length);

/** exh_content_first - where the first byte that is anywhere stands, or 0: to read in the order of
 * the medium. */
uint64_t exh_content_first(const struct exh_content *content);

void exh_content_clear(struct exh_content *content);

#endif
