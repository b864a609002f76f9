/* SPDX-License-Identifier: Apache-2.0 */
/* Where a content lies when a part of what tells that is lost. libtsk gives up such a file as a
 * whole. */
#ifndef EXH_FILES_PARTIAL_H
#define EXH_FILES_PARTIAL_H

#include "files.h"
#include "mapper/source/lost.h"

/* Called with each block of the file's map, in bytes of the partition, lost or not. */
typedef int (*exh_on_map_block)(uint64_t start, uint64_t length, void *opaque);

/**
 * exh_partial_content - the pieces of an allocated file, as far as the rest of its map tells them
 *
 * For ext (extents and indirect blocks), UFS, FAT, exFAT, and the first extents of HFS+. What the
 * lost part of the map would have told is EXH_PIECE_UNKNOWN at its place in the file. on_block may
 * be NULL. Returns 0, 1 where this file cannot be read like that, or a negative error; release
 * content with exh_content_clear().
 */
int exh_partial_content(struct exh_walk *walk, const TSK_FS_FILE *file, struct exh_content *content,
			exh_on_map_block on_block, void *opaque);

/** exh_fat_heap - where the clusters of FAT or exFAT begin and how large they are, in bytes; false
 * where the boot sector is not told by any copy. */
bool exh_fat_heap(const struct exh_repair *repair, uint64_t *heap, uint64_t *cluster);

/* ---- among the readers ---- */

struct exh_partial {
	struct exh_walk *walk;
	const TSK_FS_FILE *file;
	struct exh_content *content;
	exh_on_map_block on_block;
	void *opaque;
	uint64_t done;	/* bytes of the file that have a piece */
	unsigned nodes; /* blocks of the map that were read */
};

/** exh_partial_put - what is between the last piece and end, cut at the end of the file, is this.
 */
int exh_partial_put(struct exh_partial *p, enum exh_piece_kind kind, uint64_t start, uint64_t end);

int exh_partial_extents(struct exh_partial *p);
int exh_partial_indirect(struct exh_partial *p);
int exh_partial_chain(struct exh_partial *p);
int exh_partial_fork(struct exh_partial *p);

/* A block of a map with what is lost of it. */
#define EXH_NODE_RANGES 128
struct exh_map_node {
	uint8_t *bytes;
	size_t size, nr_lost;
	struct exh_range lost[EXH_NODE_RANGES]; /* from the first byte of the partition */
	uint64_t start;
};

/** exh_partial_read - a block of the map; release with exh_partial_drop(). 1: there have been too
 * many of them, or it is outside. */
int exh_partial_read(struct exh_partial *p, uint64_t start, size_t size, struct exh_map_node *node);
bool exh_partial_is_known(const struct exh_map_node *node, size_t at, size_t n);
void exh_partial_drop(struct exh_map_node *node);

#endif
