// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/cleanup.h"
#include "hits.h"

/* The numbers of items that lost ranges meet, as ranges of items. */
static int items_of(struct exh_hits *h, const struct exh_structure *s, const struct exh_tally *t,
		    json_t *row)
{
	struct exh_tally items = {0};
	int r = 0;

	for (size_t i = 0; !r && i < t->nr; i++) {
		uint64_t from = (t->list[i].start - s->start) / s->unit;
		uint64_t to = (t->list[i].start + t->list[i].length - s->start - 1) / s->unit;

		r = exh_tally_add(h->w->ctx, &items, s->first + from, to - from + 1);
	}
	if (!r)
		json_object_set_new(row, "items", exh_tally_text(&items));
	exh_tally_clear(&items);
	return r;
}

int exh_hits_structure(struct exh_hits *h, const struct exh_structure *s)
{
	struct exh_claims *c = &h->claims;
	struct exh_tally t = {0};
	json_t *row;
	size_t i;
	int r;

	if (!exh_claims_meet(c, s->start, s->length, &i))
		return 0;
	r = exh_claims_add(h->w->ctx, c, s->start, s->length, EXH_LOST_METADATA);
	for (; !r && i < c->nr_lost && c->lost[i].start < s->start + s->length; i++) {
		uint64_t from = exh_max(c->lost[i].start, s->start);
		uint64_t to = exh_min(c->lost[i].start + c->lost[i].length, s->start + s->length);

		r = exh_tally_add(h->w->ctx, &t, from, to - from);
	}
	row = json_pack("{s:s, s:s, s:b, s:I}", "kind", s->kind, "name", s->name, "allocated", 1,
			"lost", (json_int_t)t.bytes);
	if (!r && s->unit)
		r = items_of(h, s, &t, row);
	json_object_set_new(row, "ranges", exh_tally_text(&t));
	exh_tally_clear(&t);
	if (r < 0) {
		json_decref(row);
		return r;
	}
	return exh_emit_row(h->w, "metadata", row);
}

/* Microsoft keeps a copy of the boot sector behind the last cluster. */
static int ntfs(struct exh_hits *h)
{
	uint64_t last;

	if (exh_mul_overflows(h->walk->fs->last_block + 1, h->walk->fs->block_size, &last) ||
	    last >= h->slice->size)
		return 0;
	return exh_hits_structure(
		h, &(struct exh_structure){.kind = "boot-sector",
					   .name = "backup of the boot sector",
					   .start = last,
					   .length = exh_min(512, h->slice->size - last)});
}

/* Apple TN1150, "Volume Header": behind two boot blocks, and once more before the last sector. */
static int hfs(struct exh_hits *h)
{
	uint64_t size = h->slice->size;
	int r = exh_hits_structure(h, &(struct exh_structure){.kind = "boot-sector",
							      .name = "boot blocks",
							      .length = 1024});

	if (!r)
		r = exh_hits_structure(h, &(struct exh_structure){.kind = "volume-header",
								  .name = "volume header",
								  .start = 1024,
								  .length = 512});
	if (r || size < 4096)
		return r;
	return exh_hits_structure(h, &(struct exh_structure){.kind = "volume-header",
							     .name = "alternate volume header",
							     .start = size - 1024,
							     .length = 512});
}

int exh_hits_structures(struct exh_hits *h)
{
	TSK_FS_TYPE_ENUM type = h->walk->fs->ftype;

	if (TSK_FS_TYPE_ISNTFS(type))
		return ntfs(h);
	if (TSK_FS_TYPE_ISEXT(type))
		return exh_hits_ext(h);
	if (TSK_FS_TYPE_ISFFS(type))
		return exh_hits_ufs(h);
	if (TSK_FS_TYPE_ISISO9660(type))
		return exh_hits_iso(h);
	if (TSK_FS_TYPE_ISHFS(type))
		return hfs(h);
	return TSK_FS_TYPE_ISFAT(type) || type == TSK_FS_TYPE_EXFAT ? exh_hits_fat(h) : 0;
}
