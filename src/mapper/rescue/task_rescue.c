// SPDX-License-Identifier: Apache-2.0
/*
 * The worker that finds out what the lost ranges of one partition are. args: "partition",
 * "contents" as for the list of files. It answers with rows for "files", "metadata", "unreachable"
 * and "filesystems", and at the end with rows for "pieces": texts of "CLASS START LENGTH;" in
 * hexadecimal, from the first byte of the partition, which cover every lost byte once.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"
#include "hits.h"
#include "tasks.h"

#define PIECE_TEXT 40
#define ROW_ROOM   (64U << 10)

/* The lost ranges of the media inside [start, start + length), counted from start. */
static size_t clip(struct exh_range *list, size_t n, uint64_t start, uint64_t length)
{
	uint64_t end = start + length;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t from = exh_max(list[i].start, start);
		uint64_t to = exh_min(list[i].start + list[i].length, end);

		if (from < to)
			list[kept++] = (struct exh_range){from - start, to - from};
	}
	return kept;
}

static int tell_pieces(struct exh_worker *w, const struct exh_claims *c)
{
	_cleanup_free_ char *row = malloc(ROW_ROOM);
	size_t used = 0;
	int r = row ? 0 : exh_fail(w->ctx, EXH_E_NOMEM, "out of memory");

	for (size_t i = 0; !r && i < c->nr; i++) {
		const struct exh_piece_of_loss *p = &c->list[i];

		used += (size_t)snprintf(row + used, PIECE_TEXT, "%c %" PRIx64 " %" PRIx64 ";",
					 exh_lost_class_letter(p->what), p->start, p->length);
		if (used + PIECE_TEXT > ROW_ROOM || i + 1 == c->nr) {
			r = exh_emit_row(w, "pieces", json_stringn(row, used));
			used = 0;
		}
	}
	return r;
}

static int each(struct exh_walk *walk, void *opaque)
{
	struct exh_hits *h = opaque;
	int r = exh_hits_file_system(walk, h);
	json_t *row;

	if (r < 0)
		return r;
	row = json_pack("{s:s, s:I}", "type", tsk_fs_type_toname(walk->fs->ftype), "names",
			(json_int_t)walk->rows);
	if (row && walk->volume)
		json_object_set_new(row, "volume",
				    exh_json_text(walk->volume, strlen(walk->volume)));
	return exh_emit_row(h->w, "filesystems", row);
}

/* What is inside the partition and in none of its file systems lies behind them. */
static int settle(struct exh_hits *h)
{
	int r = 0;

	for (size_t i = 0; !r && i < h->claims.nr_lost; i++)
		r = exh_claims_add(h->w->ctx, &h->claims, h->claims.lost[i].start,
				   h->claims.lost[i].length, EXH_LOST_VOLUME_SLACK);
	if (!r)
		r = exh_claims_settle(h->w->ctx, &h->claims);
	return r ? r : tell_pieces(h->w, &h->claims);
}

static int look(struct exh_worker *w, const json_t *args, struct exh_source *slice,
		struct exh_range *lost, size_t nr)
{
	const json_t *partition = json_object_get(args, "partition");
	struct exh_hits h = {.w = w,
			     .slice = slice,
			     .partition = exh_json_u64(partition, "number", 0),
			     .claims = {.lost = lost, .nr_lost = nr}};
	struct exh_file_systems all = {.w = w,
				       .slice = slice,
				       .partition = h.partition,
				       .contents = exh_json_str(args, "contents"),
				       .each = each,
				       .opaque = &h};
	int r;

	h.repair = &all.repair;
	r = exh_file_systems_each(&all);
	if (!r && all.found)
		r = settle(&h);
	exh_claims_clear(&h.claims);
	free(h.bitmap);
	return r;
}

int exh_task_rescue(struct exh_worker *w, const json_t *args)
{
	const json_t *spec = json_object_get(args, "source"),
		     *partition = json_object_get(args, "partition");
	uint64_t start = exh_json_u64(partition, "start", 0),
		 length = exh_json_u64(partition, "length", 0);
	_cleanup_source_ struct exh_source *source = NULL, *slice = NULL;
	_cleanup_free_ struct exh_range *lost = NULL;
	size_t nr = 0;
	int r = exh_source_open(w, args, &source);

	if (!r)
		r = exh_source_slice(w->ctx, source, start, length, &slice);
	if (!r)
		r = exh_lost_read(w->ctx, w->fds[source->nr_files], json_object_get(spec, "lost"),
				  &lost, &nr);
	return r ? r : look(w, args, slice, lost, clip(lost, nr, start, length));
}
