// SPDX-License-Identifier: Apache-2.0
#include "partial.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

#define MAX_NODES (1U << 20)
#define MAX_NODE  65536U

int exh_partial_put(struct exh_partial *p, enum exh_piece_kind kind, uint64_t start, uint64_t end)
{
	uint64_t length;

	end = exh_min(end, p->content->size);
	if (end <= p->done)
		return 0;
	length = end - p->done;
	p->done = end;
	return exh_content_add(p->walk->w->ctx, p->content, kind, start, length);
}

static void note_lost(const struct exh_loss *loss, void *opaque)
{
	struct exh_map_node *node = opaque;

	if (node->nr_lost < EXH_NODE_RANGES)
		node->lost[node->nr_lost++] = (struct exh_range){loss->start, loss->length};
	else /* so many holes in a block: nothing behind them is relied on */
		node->lost[EXH_NODE_RANGES - 1].length =
			node->start + node->size - node->lost[EXH_NODE_RANGES - 1].start;
}

int exh_partial_read(struct exh_partial *p, uint64_t start, size_t size, struct exh_map_node *node)
{
	*node = (struct exh_map_node){.size = size, .start = start};
	if (!size || size > MAX_NODE || p->nodes++ >= MAX_NODES ||
	    !exh_range_inside(start, size, p->walk->slice->size))
		return 1;
	node->bytes = malloc(size);
	if (!node->bytes)
		return exh_fail(p->walk->w->ctx, EXH_E_NOMEM, "out of memory");
	exh_source_read_around(p->walk->w->ctx, p->walk->slice, node->bytes, size, start, note_lost,
			       node);
	return p->on_block ? p->on_block(start, size, p->opaque) : 0;
}

bool exh_partial_is_known(const struct exh_map_node *node, size_t at, size_t n)
{
	uint64_t from = node->start + at, to = from + n;

	for (size_t i = 0; i < node->nr_lost; i++)
		if (node->lost[i].start < to && node->lost[i].start + node->lost[i].length > from)
			return false;
	return true;
}

void exh_partial_drop(struct exh_map_node *node)
{
	free(node->bytes);
	node->bytes = NULL;
}

/* Only what has blocks of its own: a short symbolic link stands where their numbers would. */
static bool has_map(const TSK_FS_FILE *file)
{
	const TSK_FS_META *meta = file->meta;

	return meta && meta->content_ptr && meta->size > 0 &&
	       meta->flags & TSK_FS_META_FLAG_ALLOC &&
	       (meta->type == TSK_FS_META_TYPE_REG || meta->type == TSK_FS_META_TYPE_DIR ||
		(meta->type == TSK_FS_META_TYPE_LNK && meta->size >= 60));
}

static int read_map(struct exh_partial *p)
{
	TSK_FS_TYPE_ENUM type = p->walk->fs->ftype;

	if (TSK_FS_TYPE_ISEXT(type))
		return p->file->meta->content_type == TSK_FS_META_CONTENT_TYPE_EXT4_EXTENTS
			       ? exh_partial_extents(p)
			       : exh_partial_indirect(p);
	if (TSK_FS_TYPE_ISFFS(type))
		return exh_partial_indirect(p);
	if (TSK_FS_TYPE_ISHFS(type))
		return exh_partial_fork(p);
	return TSK_FS_TYPE_ISFAT(type) ? exh_partial_chain(p) : 1;
}

int exh_partial_content(struct exh_walk *walk, const TSK_FS_FILE *file, struct exh_content *content,
			exh_on_map_block on_block, void *opaque)
{
	struct exh_partial p = {.walk = walk,
				.file = file,
				.content = content,
				.on_block = on_block,
				.opaque = opaque};
	int r;

	*content = (struct exh_content){0};
	if (!has_map(file))
		return 1;
	content->size = (uint64_t)file->meta->size;
	r = read_map(&p);
	if (r)
		exh_content_clear(content);
	return r;
}
