// SPDX-License-Identifier: Apache-2.0
/* The volumes of APFS containers: libtsk finds them, their own superblocks say the rest. */
#include <string.h>
#include <tsk/libtsk.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"
#include "mapper/source/tsk_image.h"
#include "reader.h"
#include "tasks.h"

#define MAX_VOLUMES 100 /* NX_MAX_FILE_SYSTEMS */
#define SUPERBLOCK  1024

static void uuid_text(const uint8_t *id, char out[37])
{
	char hex[33];
	size_t n = 0;

	exh_hex(id, 16, hex);
	for (size_t i = 0; i < 32; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			out[n++] = '-';
		out[n++] = hex[i];
	}
	out[n] = 0;
}

/* Apple File System Reference, apfs_superblock_t: unmount time at 64, UUID at 240, time of the last
 * change at 256, name at 704. Not every system sets the first. */
static json_t *volume_json(const uint8_t *sb, bool encrypted)
{
	json_t *volume = json_pack("{s:b}", "encrypted", encrypted);
	size_t n = strnlen((const char *)sb + 704, 256);
	char uuid[37];

	if (exh_le64(sb + 64))
		json_object_set_new(volume, "dirty",
				    json_boolean(exh_le64(sb + 256) > exh_le64(sb + 64)));
	uuid_text(sb + 240, uuid);
	json_object_set_new(volume, "uuid", json_string(uuid));
	if (n)
		json_object_set_new(volume, "name", exh_json_text((const char *)sb + 704, n));
	return volume;
}

static json_t *volumes_json(const struct exh_reader *r, const TSK_POOL_INFO *pool, uint64_t start)
{
	json_t *volumes = json_array();
	const TSK_POOL_VOLUME_INFO *v;

	for (v = pool->vol_list; v && json_array_size(volumes) < MAX_VOLUMES; v = v->next) {
		uint8_t sb[SUPERBLOCK];
		uint64_t at;

		if (exh_mul_overflows(v->block, pool->block_size, &at) ||
		    exh_add_overflows(at, start, &at) ||
		    exh_reader_read(r, sb, SUPERBLOCK, at) < 0 || memcmp(sb + 32, "APSB", 4))
			continue;
		json_array_append_new(volumes,
				      volume_json(sb, v->flags & TSK_POOL_VOLUME_FLAG_ENCRYPTED));
	}
	return volumes;
}

int exh_task_scan_apfs(struct exh_worker *w, const json_t *args)
{
	_cleanup_source_ struct exh_source *source = NULL;
	struct exh_reader r = {.ctx = w->ctx};
	uint64_t start = exh_json_u64(args, "start", 0);
	const TSK_POOL_INFO *pool;
	TSK_IMG_INFO *image;
	int ret = exh_source_open(w, args, &source);

	if (ret < 0)
		return ret;
	r.source = source;
	image = exh_tsk_open(source, NULL);
	if (!image)
		return exh_fail(w->ctx, EXH_E_NOMEM, "out of memory");
	pool = tsk_pool_open_img_sing(image, (TSK_OFF_T)start, TSK_POOL_TYPE_APFS);
	if (pool) {
		exh_emit_as(w, "volumes", volumes_json(&r, pool, start));
		tsk_pool_close(pool);
	}
	tsk_img_close(image);
	return 0;
}
