// SPDX-License-Identifier: Apache-2.0
/* Files of which a part of the map is lost: what the rest tells is met like any other content. */
#include "base/checked.h"
#include "mapper/files/partial.h"
#include "subject.h"

/* The blocks of the map itself. */
struct map_blocks {
	const struct exh_subject *s;
	struct exh_tally lost;
};

static int on_block(uint64_t start, uint64_t length, void *opaque)
{
	struct map_blocks *m = opaque;
	struct exh_extent e = {.start = start, .length = length};

	return exh_meet_structure(m->s, &e, &m->lost);
}

static bool is_own(const struct exh_subject *s)
{
	return s->is_directory || s->is_structure;
}

static int meet_pieces(const struct exh_subject *s, const struct exh_content *content,
		       struct exh_loss_of_file *loss)
{
	uint64_t at = 0, block = s->h->walk->fs->block_size;
	int r = 0;

	for (size_t i = 0; !r && i < content->nr; at += content->pieces[i++].length) {
		const struct exh_piece *piece = &content->pieces[i];
		struct exh_extent e = {piece->start, (piece->length + block - 1) / block * block,
				       at};

		if (piece->kind == EXH_PIECE_UNKNOWN)
			r = exh_tally_add(s->h->w->ctx, &loss->unknown, at, piece->length);
		else if (piece->kind == EXH_PIECE_DATA && is_own(s))
			r = exh_meet_structure(s, &e, &loss->lost);
		else if (piece->kind == EXH_PIECE_DATA)
			r = exh_meet_content(s, 0, content->size, &e, &loss->lost);
	}
	return r;
}

static int tell(const struct exh_subject *s, const struct map_blocks *m,
		const struct exh_loss_of_file *loss)
{
	int r = m->lost.nr ? exh_tell_map(s, &m->lost) : 0;

	if (r || (!loss->lost.nr && !loss->unknown.nr))
		return r;
	if (!is_own(s))
		return exh_tell_file(s, NULL, loss);
	return loss->lost.nr ? exh_tell_structure(s, NULL, &loss->lost) : 0;
}

int exh_meet_partial(const struct exh_subject *s)
{
	struct exh_content content;
	struct exh_loss_of_file loss = {0};
	struct map_blocks m = {.s = s};
	int r = exh_partial_content(s->h->walk, s->file, &content, on_block, &m);

	if (!r)
		r = meet_pieces(s, &content, &loss);
	if (!r)
		r = tell(s, &m, &loss);
	exh_tally_clear(&m.lost);
	exh_tally_clear(&loss.lost);
	exh_tally_clear(&loss.unknown);
	exh_content_clear(&content);
	return r;
}
