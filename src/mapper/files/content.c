// SPDX-License-Identifier: Apache-2.0
#include "content.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

int exh_content_add(struct exh_ctx *ctx, struct exh_content *content, enum exh_piece_kind kind,
		    uint64_t start, uint64_t length)
{
	struct exh_piece *last = content->nr ? &content->pieces[content->nr - 1] : NULL, *grown;
	size_t room;

	if (!length)
		return 0;
	if (last && last->kind == kind &&
	    (kind != EXH_PIECE_DATA || last->start + last->length == start)) {
		last->length += length;
		return 0;
	}
	if (!content->pieces || content->nr == content->room) {
		room = content->room ? content->room * 2 : 4;
		grown = realloc(content->pieces, room * sizeof(*grown));
		if (!grown)
			return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
		content->pieces = grown;
		content->room = room;
	}
	content->pieces[content->nr++] = (struct exh_piece){kind, start, length};
	return 0;
}

static uint64_t covered(const struct exh_content *content)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < content->nr; i++)
		sum += content->pieces[i].length;
	return sum;
}

/* What no run covers is a hole by the rules of ext and APFS, and missing metadata elsewhere. */
static enum exh_piece_kind kind_of_gap(const TSK_FS_INFO *fs)
{
	return TSK_FS_TYPE_ISEXT(fs->ftype) || TSK_FS_TYPE_ISAPFS(fs->ftype) ? EXH_PIECE_HOLE
									     : EXH_PIECE_UNKNOWN;
}

static enum exh_piece_kind kind_of(const TSK_FS_INFO *fs, const TSK_FS_ATTR_RUN *run)
{
	if (run->flags & TSK_FS_ATTR_RUN_FLAG_FILLER)
		return kind_of_gap(fs);
	return run->flags & TSK_FS_ATTR_RUN_FLAG_SPARSE ? EXH_PIECE_HOLE : EXH_PIECE_DATA;
}

/* Adds at most the wanted bytes of the run; the first *skip bytes are not the content's. */
static int add_run(struct exh_ctx *ctx, const TSK_FS_INFO *fs, const TSK_FS_ATTR_RUN *run,
		   uint64_t *skip, uint64_t wanted, struct exh_content *content)
{
	uint64_t length, start = 0, cut;

	if (exh_mul_overflows(run->len, fs->block_size, &length) ||
	    (kind_of(fs, run) == EXH_PIECE_DATA &&
	     exh_mul_overflows(run->addr, fs->block_size, &start)))
		return exh_content_add(ctx, content, EXH_PIECE_UNKNOWN, 0, wanted);
	cut = exh_min(*skip, length);
	*skip -= cut;
	return exh_content_add(ctx, content, kind_of(fs, run), start + cut,
			       exh_min(length - cut, wanted));
}

/* Behind the initialised part the content is zeros, whatever stands in the blocks. */
static int take_runs(struct exh_ctx *ctx, const TSK_FS_INFO *fs, const TSK_FS_ATTR *attr,
		     struct exh_content *content)
{
	uint64_t initialised = content->size, skip = attr->nrd.skiplen, done = 0;
	int r = 0;

	if (attr->nrd.initsize >= 0 && (uint64_t)attr->nrd.initsize < content->size)
		initialised = (uint64_t)attr->nrd.initsize;
	for (const TSK_FS_ATTR_RUN *run = attr->nrd.run; !r && run && done < initialised;
	     run = run->next) {
		r = add_run(ctx, fs, run, &skip, initialised - done, content);
		done = covered(content);
	}
	if (!r && done < initialised)
		r = exh_content_add(ctx, content, kind_of_gap(fs), 0, initialised - done);
	if (!r)
		r = exh_content_add(ctx, content, EXH_PIECE_HOLE, 0, content->size - initialised);
	return r;
}

/* The pieces of a compressed content are those of what is stored of it. */
static int take_stored(struct exh_ctx *ctx, const TSK_FS_INFO *fs, const TSK_FS_ATTR *attr,
		       struct exh_content *content)
{
	int r = 0;

	for (const TSK_FS_ATTR_RUN *run = attr->nrd.run; !r && run; run = run->next) {
		uint64_t skip = 0;

		if (kind_of(fs, run) == EXH_PIECE_DATA)
			r = add_run(ctx, fs, run, &skip, UINT64_MAX, content);
	}
	return r;
}

static int take_resident(struct exh_ctx *ctx, const TSK_FS_ATTR *attr, struct exh_content *content)
{
	if (content->size > attr->rd.buf_size)
		return exh_content_add(ctx, content, EXH_PIECE_UNKNOWN, 0, content->size);
	content->resident = malloc(content->size + 1);
	if (!content->resident)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	memcpy(content->resident, attr->rd.buf, content->size);
	return 0;
}

int exh_content_of(struct exh_ctx *ctx, const TSK_FS_INFO *fs, const TSK_FS_ATTR *attr,
		   struct exh_content *content)
{
	*content = (struct exh_content){.size = attr->size > 0 ? (uint64_t)attr->size : 0,
					.encrypted = attr->flags & TSK_FS_ATTR_ENC,
					.recovered = attr->flags & TSK_FS_ATTR_RECOVERY};
	if (attr->flags & TSK_FS_ATTR_COMP) {
		content->special = attr;
		return attr->flags & TSK_FS_ATTR_NONRES ? take_stored(ctx, fs, attr, content) : 0;
	}
	if (attr->flags & TSK_FS_ATTR_RES)
		return take_resident(ctx, attr, content);
	return take_runs(ctx, fs, attr, content);
}

uint64_t exh_content_first(const struct exh_content *content)
{
	for (size_t i = 0; i < content->nr; i++)
		if (content->pieces[i].kind == EXH_PIECE_DATA)
			return content->pieces[i].start;
	return 0;
}

void exh_content_clear(struct exh_content *content)
{
	free(content->pieces);
	free(content->resident);
	*content = (struct exh_content){0};
}
