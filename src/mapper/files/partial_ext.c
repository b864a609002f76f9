// SPDX-License-Identifier: Apache-2.0
/*
 * Trees of extents and of indirect blocks (linux/Documentation/filesystems/ext4/ifork.rst; FreeBSD,
 * sys/ufs/ufs/dinode.h). Entries of a block that is lost in part are taken where they are whole.
 */
#include "partial.h"

#include <string.h>
#include <tsk/fs/tsk_ffs.h>

#include "base/bytes.h"
#include "base/checked.h"

#define EXTENT_MAGIC  0xf30a
#define ENTRY	      12U
#define IN_INODE      60U
#define MAX_DEPTH     5
#define INITIALISED   32768U /* a longer extent is one that reads as zeros, by this much shorter */
#define DIRECT	      12
#define INDIRECT      3
#define LOGICAL_LIMIT (1ULL << 32)

static uint64_t bytes_of(const struct exh_partial *p, uint64_t blocks)
{
	uint64_t bytes;

	return exh_mul_overflows(blocks, p->walk->fs->block_size, &bytes) ? UINT64_MAX : bytes;
}

/* ---- extents ---- */

static int nodes(struct exh_partial *p, const struct exh_map_node *node, int depth, uint64_t end);

static int leaf(struct exh_partial *p, const uint8_t *entry, enum exh_piece_kind gap)
{
	uint64_t first = exh_le32(entry), blocks = exh_le16(entry + 4), from = bytes_of(p, first);
	uint64_t start = bytes_of(p, (uint64_t)exh_le16(entry + 6) << 32 | exh_le32(entry + 8));
	bool is_zeros = blocks > INITIALISED;
	int r = exh_partial_put(p, gap, 0, from);

	if (is_zeros)
		blocks -= INITIALISED;
	/* an extent that begins before the end of the one before it is none */
	if (r || from < p->done || start == UINT64_MAX)
		return r;
	return exh_partial_put(p, is_zeros ? EXH_PIECE_HOLE : EXH_PIECE_DATA, start,
			       bytes_of(p, first + blocks));
}

static int child(struct exh_partial *p, const uint8_t *entry, int depth, enum exh_piece_kind gap,
		 uint64_t end)
{
	uint64_t first = bytes_of(p, exh_le32(entry));
	uint64_t block = (uint64_t)exh_le16(entry + 8) << 32 | exh_le32(entry + 4);
	struct exh_map_node node;
	int r = exh_partial_put(p, gap, 0, first);

	if (r || first < p->done)
		return r;
	r = exh_partial_read(p, bytes_of(p, block), p->walk->fs->block_size, &node);
	if (!r)
		r = nodes(p, &node, depth, end);
	else if (r > 0)
		r = exh_partial_put(p, EXH_PIECE_UNKNOWN, 0, end);
	exh_partial_drop(&node);
	return r;
}

/* Where what an entry describes ends at the latest: at the next one that can be read. */
static uint64_t end_of(const struct exh_partial *p, const struct exh_map_node *node, unsigned i,
		       unsigned n, uint64_t end)
{
	for (i++; i < n; i++)
		if (exh_partial_is_known(node, (i + 1) * (size_t)ENTRY, ENTRY))
			return exh_min(bytes_of(p, exh_le32(node->bytes + (i + 1) * (size_t)ENTRY)),
				       end);
	return end;
}

/* The pieces up to end that a node tells. Between entries is a hole, unless an entry is lost there.
 */
static int nodes(struct exh_partial *p, const struct exh_map_node *node, int depth, uint64_t end)
{
	enum exh_piece_kind gap = EXH_PIECE_HOLE;
	unsigned n = exh_le16(node->bytes + 2);
	int r = 0;

	if (!exh_partial_is_known(node, 0, ENTRY) || exh_le16(node->bytes) != EXTENT_MAGIC ||
	    exh_le16(node->bytes + 6) != depth || (n + 1) * (size_t)ENTRY > node->size)
		return exh_partial_put(p, EXH_PIECE_UNKNOWN, 0, end);
	for (unsigned i = 0; !r && i < n; i++) {
		size_t at = (i + 1) * (size_t)ENTRY;

		if (!exh_partial_is_known(node, at, ENTRY)) {
			gap = EXH_PIECE_UNKNOWN;
			continue;
		}
		r = depth ? child(p, node->bytes + at, depth - 1, gap, end_of(p, node, i, n, end))
			  : leaf(p, node->bytes + at, gap);
		gap = EXH_PIECE_HOLE;
	}
	return r ? r : exh_partial_put(p, gap, 0, end);
}

int exh_partial_extents(struct exh_partial *p)
{
	struct exh_map_node root = {.bytes = p->file->meta->content_ptr, .size = IN_INODE};
	int depth;

	if (p->file->meta->content_len < IN_INODE)
		return 1;
	depth = exh_le16(root.bytes + 6);
	return depth > MAX_DEPTH ? 1 : nodes(p, &root, depth, bytes_of(p, LOGICAL_LIMIT));
}

/* ---- indirect blocks ---- */

struct shape {
	uint64_t block, unit; /* bytes of a block, and of what an address counts */
	unsigned width;	      /* of an address */
	TSK_ENDIAN_ENUM endian;
};

static struct shape shape_of(const TSK_FS_INFO *fs)
{
	struct shape s = {fs->block_size, fs->block_size, 4, fs->endian};

	if (TSK_FS_TYPE_ISFFS(fs->ftype))
		s.block = ((const FFS_INFO *)fs)->ffsbsize_b;
	if (fs->ftype == TSK_FS_TYPE_FFS2)
		s.width = 8;
	return s;
}

static uint64_t address(const struct shape *s, const uint8_t *at)
{
	if (s->endian == TSK_BIG_ENDIAN)
		return s->width == 8 ? exh_be64(at) : exh_be32(at);
	return s->width == 8 ? exh_le64(at) : exh_le32(at);
}

/* Bytes of the file behind an address of this level. */
static uint64_t span(const struct shape *s, int level)
{
	uint64_t n = s->block;

	while (level-- > 0)
		if (exh_mul_overflows(n, s->block / s->width, &n))
			return UINT64_MAX;
	return n;
}

static uint64_t until(const struct exh_partial *p, const struct shape *s, int level)
{
	uint64_t end;

	return exh_add_overflows(p->done, span(s, level), &end) ? UINT64_MAX : end;
}

static int follow(struct exh_partial *p, const struct shape *s, uint64_t addr, int level)
{
	uint64_t start, end = until(p, s, level);
	struct exh_map_node node;
	int r;

	if (!addr)
		return exh_partial_put(p, EXH_PIECE_HOLE, 0, end);
	if (exh_mul_overflows(addr, s->unit, &start))
		return exh_partial_put(p, EXH_PIECE_UNKNOWN, 0, end);
	if (!level)
		return exh_partial_put(p, EXH_PIECE_DATA, start, end);
	r = exh_partial_read(p, start, s->block, &node);
	if (r > 0)
		r = exh_partial_put(p, EXH_PIECE_UNKNOWN, 0, end);
	for (size_t at = 0; !r && node.bytes && at < s->block && p->done < p->content->size;
	     at += s->width)
		r = exh_partial_is_known(&node, at, s->width)
			    ? follow(p, s, address(s, node.bytes + at), level - 1)
			    : exh_partial_put(p, EXH_PIECE_UNKNOWN, 0, until(p, s, level - 1));
	exh_partial_drop(&node);
	return r;
}

int exh_partial_indirect(struct exh_partial *p)
{
	struct shape s = shape_of(p->walk->fs);
	const TSK_DADDR_T *addrs = p->file->meta->content_ptr;
	int r = 0;

	if (p->file->meta->content_len < (DIRECT + INDIRECT) * sizeof(*addrs) || !s.block)
		return 1;
	for (int i = 0; !r && i < DIRECT + INDIRECT && p->done < p->content->size; i++)
		r = follow(p, &s, addrs[i], i < DIRECT ? 0 : i - DIRECT + 1);
	return r ? r : exh_partial_put(p, EXH_PIECE_UNKNOWN, 0, p->content->size);
}
