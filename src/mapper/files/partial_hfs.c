// SPDX-License-Identifier: Apache-2.0
/* The data fork of HFS+ (Apple TN1150, "Fork Data Structure"): its first eight extents stand in the
 * catalog, so that the loss of the extents overflow file or the attributes file does not hide them.
 */
#include "partial.h"

#include "base/bytes.h"
#include "base/checked.h"

#define FORK	80U
#define EXTENTS 8U

int exh_partial_fork(struct exh_partial *p)
{
	const uint8_t *fork = p->file->meta->content_ptr;
	uint64_t block = p->walk->fs->block_size;
	int r = 0;

	if (p->file->meta->content_len < FORK || exh_be64(fork) != p->content->size)
		return 1;
	for (unsigned i = 0; !r && i < EXTENTS && p->done < p->content->size; i++) {
		uint64_t start = exh_be32(fork + 16 + 8 * i), blocks = exh_be32(fork + 20 + 8 * i);

		if (!blocks)
			break;
		r = exh_partial_put(p, EXH_PIECE_DATA, start * block, p->done + blocks * block);
	}
	return r ? r : exh_partial_put(p, EXH_PIECE_UNKNOWN, 0, p->content->size);
}
