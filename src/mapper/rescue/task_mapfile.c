// SPDX-License-Identifier: Apache-2.0
/*
 * The worker that reads a mapfile. It answers with "mapfile": {"blocks", "start", "end",
 * "rescued_end", "current"?, "totals", "history"}, and with rows for "areas": texts of
 * "STATUS START LENGTH;" in hexadecimal, which are the areas that were not rescued, in order.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "mapfile.h"
#include "mapper/source/mapped.h"
#include "tasks.h"

#define AREA_TEXT 40
#define ROW_ROOM  (64U << 10)

static json_t *totals_of(const struct exh_mapfile *map)
{
	static const char statuses[] = {EXH_MAP_RESCUED, EXH_MAP_NON_TRIED, EXH_MAP_NON_TRIMMED,
					EXH_MAP_NON_SCRAPED, EXH_MAP_BAD};
	json_t *totals = json_object();

	for (size_t i = 0; i < sizeof(statuses); i++) {
		uint64_t sum = 0;

		for (size_t k = 0; map->blocks && k < map->nr_blocks; k++)
			if (map->blocks[k].status == statuses[i])
				sum += map->blocks[k].length;
		json_object_set_new(totals, exh_map_status_name(statuses[i]),
				    json_integer((json_int_t)sum));
	}
	return totals;
}

static uint64_t rescued_end(const struct exh_mapfile *map)
{
	for (size_t i = map->nr_blocks; map->blocks && i; i--)
		if (map->blocks[i - 1].status == EXH_MAP_RESCUED)
			return map->blocks[i - 1].start + map->blocks[i - 1].length;
	return 0;
}

static json_t *summary_of(const struct exh_mapfile *map)
{
	const struct exh_map_block *last = map->nr_blocks ? &map->blocks[map->nr_blocks - 1] : NULL;
	json_t *summary =
		json_pack("{s:I, s:I, s:I, s:I, s:o, s:o}", "blocks", (json_int_t)map->nr_blocks,
			  "start", (json_int_t)(last ? map->blocks[0].start : 0), "end",
			  (json_int_t)(last ? last->start + last->length : 0), "rescued_end",
			  (json_int_t)rescued_end(map), "totals", totals_of(map), "history",
			  exh_mapfile_history(map));

	if (map->current_status)
		json_object_set_new(summary, "current",
				    json_pack("{s:I, s:s, s:i}", "position",
					      (json_int_t)map->current_pos, "status",
					      exh_map_state_name(map->current_status), "pass",
					      map->current_pass));
	return summary;
}

/* Length of the run of blocks from i on that have one status. */
static size_t run_from(const struct exh_mapfile *map, size_t i, uint64_t *end)
{
	size_t n = 0;

	while (i + n < map->nr_blocks && map->blocks[i + n].status == map->blocks[i].status) {
		*end = map->blocks[i + n].start + map->blocks[i + n].length;
		n++;
	}
	return n;
}

static int tell_areas(struct exh_worker *w, const struct exh_mapfile *map)
{
	_cleanup_free_ char *row = malloc(ROW_ROOM);
	size_t used = 0;
	uint64_t end = 0;
	int r = row ? 0 : exh_fail(w->ctx, EXH_E_NOMEM, "out of memory");

	for (size_t i = 0, n; i < map->nr_blocks && !r; i += n) {
		const struct exh_map_block *b = &map->blocks[i];

		n = run_from(map, i, &end);
		if (b->status != EXH_MAP_RESCUED && end > b->start)
			used += (size_t)snprintf(row + used, AREA_TEXT,
						 "%c %" PRIx64 " %" PRIx64 ";", b->status, b->start,
						 end - b->start);
		if (used && (used + AREA_TEXT > ROW_ROOM || i + n == map->nr_blocks)) {
			r = exh_emit_row(w, "areas", json_stringn(row, used));
			used = 0;
		}
	}
	return r;
}

static int read_whole(struct exh_worker *w, int fd, char **bytes, size_t *n)
{
	off_t size = lseek(fd, 0, SEEK_END);

	if (size < 0 || size > EXH_MAPFILE_LIMIT)
		return exh_fail(w->ctx, EXH_E_RANGE, "a mapfile has at most %d bytes",
				EXH_MAPFILE_LIMIT);
	*bytes = malloc((size_t)size + 1);
	if (!*bytes)
		return exh_fail(w->ctx, EXH_E_NOMEM, "out of memory");
	*n = (size_t)size;
	return exh_pread_all(fd, *bytes, *n, 0) == size
		       ? 0
		       : exh_fail_errno(w->ctx, "the mapfile cannot be read");
}

int exh_task_mapfile(struct exh_worker *w, const json_t *args)
{
	const char *name = exh_json_str(args, "name");
	_cleanup_(exh_mapfile_clear) struct exh_mapfile map = {0};
	_cleanup_free_ char *bytes = NULL;
	size_t n = 0;
	int r = w->nr_fds ? read_whole(w, w->fds[0], &bytes, &n)
			  : exh_fail(w->ctx, EXH_E_USAGE, "the mapfile is missing");

	if (!r)
		r = exh_mapfile_parse(w->ctx, name ? name : "mapfile", bytes, n, &map);
	if (!r)
		r = exh_emit_as(w, "mapfile", summary_of(&map));
	return r ? r : tell_areas(w, &map);
}
