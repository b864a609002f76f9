// SPDX-License-Identifier: Apache-2.0
/* Mapfiles to go on with: of one partition alone, and of what another pass is worth. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "mapper/scan/scan.h"
#include "rescue.h"

#define SECTOR 512

struct writer {
	FILE *out;
	uint64_t end;	/* of what has been written */
	uint64_t start; /* of the block that is held back, to be joined with the next */
	char status;
};

static void flush(struct writer *w)
{
	if (w->end > w->start)
		fprintf(w->out, "0x%08" PRIX64 "  0x%08" PRIX64 "  %c\n", w->start,
			w->end - w->start, w->status);
	w->start = w->end;
}

/* Everything up to to is of this status. */
static void block(struct writer *w, uint64_t to, char status)
{
	if (to <= w->end)
		return;
	if (status != w->status)
		flush(w);
	w->status = status;
	w->end = to;
}

static void begin(struct writer *w, const char *what, char state)
{
	fprintf(w->out,
		"# %s. Created by exhibit %s\n# current_pos  current_status  current_pass\n"
		"0x00000000     %c               1\n#      pos        size  status\n",
		what, exh_version(), state);
}

/* What the mapfile does not have is non-tried; what the container has lost is bad. */
static void put_range(struct writer *w, const struct exh_image *image, uint64_t start,
		      uint64_t length)
{
	const struct exh_mapped *m = image->mapped;
	const struct exh_lost *lost = m->lost;
	uint64_t end = start + length;
	size_t area = 0;

	for (size_t i = exh_range_find(lost->list, lost->nr, start);
	     i < lost->nr && lost->list[i].start < end; i++) {
		uint64_t at = exh_max(lost->list[i].start, start);
		uint64_t to = exh_min(lost->list[i].start + lost->list[i].length, end);

		block(w, at - start, '+');
		for (; area < m->nr_areas && m->areas[area].start < to; area++) {
			uint64_t from = exh_max(m->areas[area].start, at);
			uint64_t until = exh_min(m->areas[area].start + m->areas[area].length, to);

			if (until <= at)
				continue;
			block(w, from - start, m->facts ? '?' : '-');
			block(w, until - start, m->areas[area].status);
			if (m->areas[area].start + m->areas[area].length > to)
				break;
		}
		block(w, to - start, m->facts ? '?' : '-');
	}
	block(w, length, '+');
	flush(w);
}

static int finish(struct exh_ctx *ctx, FILE *out, char **text)
{
	bool failed = ferror(out);

	if (!fclose(out) && !failed)
		return 0;
	free(*text);
	*text = NULL;
	return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
}

int exh_rescue_map(struct exh_ctx *ctx, struct exh_image *image, uint64_t partition, char **text)
{
	_cleanup_json_ json_t *scan = NULL, *facts = json_object();
	uint64_t media = exh_image_media_size(image), start, length;
	struct writer w = {.status = '+'};
	const json_t *p;
	size_t size;
	int r = exh_image_require(ctx, image);

	if (!r)
		r = exh_rescue_losses(ctx, image, facts);
	if (!r)
		r = exh_scan(ctx, image, NULL, &scan);
	if (r < 0)
		return r;
	p = exh_scan_partition(scan, partition);
	start = exh_json_u64(p, "start", UINT64_MAX);
	length = exh_json_u64(p, "length", 0);
	if (!p || start >= media)
		return exh_fail(ctx, EXH_E_USAGE, "there is no partition %llu",
				(unsigned long long)partition);
	w.out = open_memstream(text, &size);
	if (!w.out)
		return exh_fail_errno(ctx, "a mapfile");
	length = exh_min(length, media - start);
	begin(&w, "Mapfile", exh_rescue_lost_in(image->mapped->lost, start, length) ? '?' : '+');
	put_range(&w, image, start, length);
	return finish(ctx, w.out, text);
}

/* Files that are there, what they hang on, and what belongs to somebody. */
static bool is_worth(enum exh_lost_class what)
{
	return what == EXH_LOST_METADATA || what == EXH_LOST_CONTENT || what == EXH_LOST_IN_USE ||
	       what == EXH_LOST_NOT_ANALYSED;
}

int exh_rescue_domain_text(struct exh_rescue *r, char **text)
{
	struct writer w = {.status = '?'};
	size_t size;

	w.out = open_memstream(text, &size);
	if (!w.out)
		return exh_fail_errno(r->ctx, "a domain map");
	begin(&w, "Domain mapfile", '+');
	for (size_t i = 0; i < r->claims.nr; i++) {
		const struct exh_piece_of_loss *p = &r->claims.list[i];

		if (!is_worth(p->what))
			continue;
		/* whole sectors: nothing smaller can be asked for */
		block(&w, p->start - p->start % SECTOR, '?');
		block(&w,
		      exh_min((p->start + p->length + SECTOR - 1) / SECTOR * SECTOR,
			      exh_image_media_size(r->image)),
		      '+');
	}
	block(&w, exh_image_media_size(r->image), '?');
	flush(&w);
	return finish(r->ctx, w.out, text);
}
