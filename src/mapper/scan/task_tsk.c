// SPDX-License-Identifier: Apache-2.0
/* libtsk's opinion on the partition table, scheme by scheme: its own detection takes the first that
 * fits and is silent on the rest. */
#include <string.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"
#include "mapper/source/tsk_image.h"
#include "tasks.h"

#define MAX_ENTRIES 8192

static const struct {
	const char *scheme;
	TSK_VS_TYPE_ENUM type;
} schemes[] = {
	{"mbr", TSK_VS_TYPE_DOS}, {"gpt", TSK_VS_TYPE_GPT}, {"bsd", TSK_VS_TYPE_BSD},
	{"sun", TSK_VS_TYPE_SUN}, {"apm", TSK_VS_TYPE_MAC},
};

static json_t *entry_json(const TSK_VS_INFO *vs, const TSK_VS_PART_INFO *part)
{
	uint64_t start, length;
	json_t *row;

	if (exh_mul_overflows(part->start, vs->block_size, &start) ||
	    exh_mul_overflows(part->len, vs->block_size, &length) ||
	    exh_add_overflows(start, (uint64_t)vs->offset, &start))
		return NULL;
	row = json_pack("{s:I, s:I, s:i}", "start", (json_int_t)start, "length", (json_int_t)length,
			"slot", (int)part->slot_num);
	if (part->desc)
		json_object_set_new(row, "text", exh_json_text(part->desc, strlen(part->desc)));
	return row;
}

static json_t *opinion_json(const char *scheme, const TSK_VS_INFO *vs)
{
	json_t *list = json_array();

	for (const TSK_VS_PART_INFO *p = vs->part_list; p; p = p->next) {
		json_t *row;

		if (!(p->flags & TSK_VS_PART_FLAG_ALLOC) || json_array_size(list) >= MAX_ENTRIES)
			continue;
		row = entry_json(vs, p);
		if (row)
			json_array_append_new(list, row);
	}
	return json_pack("{s:s, s:i, s:I, s:o}", "scheme", scheme, "sector_size",
			 (int)vs->block_size, "start", (json_int_t)vs->offset, "entries", list);
}

static const char *asked(const json_t *skip, const char *scheme)
{
	const json_t *s;
	size_t i;

	json_array_foreach (skip, i, s)
		if (!strcmp(json_string_value(s), scheme))
			return NULL;
	return scheme;
}

int exh_task_scan_tsk(struct exh_worker *w, const json_t *args)
{
	_cleanup_source_ struct exh_source *source = NULL;
	TSK_IMG_INFO *image;
	int ret = exh_source_open(w, args, &source);

	if (ret < 0)
		return ret;
	source->sector_size = (uint32_t)exh_json_u64(args, "sector_size", 512);
	image = exh_tsk_open(source, NULL);
	if (!image)
		return exh_fail(w->ctx, EXH_E_NOMEM, "out of memory");
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		TSK_VS_INFO *vs;

		if (!asked(json_object_get(args, "skip"), schemes[i].scheme))
			continue;
		vs = tsk_vs_open(image, 0, schemes[i].type);
		if (!vs)
			continue;
		exh_emit_row(w, "opinions", opinion_json(schemes[i].scheme, vs));
		tsk_vs_close(vs);
	}
	tsk_img_close(image);
	return 0;
}
