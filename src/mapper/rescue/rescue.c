// SPDX-License-Identifier: Apache-2.0
/* exh_rescue(): which bytes of the media were lost, and whom that hits. */
#include "rescue.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "mapper/scan/scan.h"

#define MAX_CELLS 2000

uint64_t exh_rescue_lost_in(const struct exh_lost *lost, uint64_t start, uint64_t length)
{
	uint64_t end = start + length, sum = 0;

	for (size_t i = exh_range_find(lost->list, lost->nr, start);
	     i < lost->nr && lost->list[i].start < end; i++)
		sum += exh_min(lost->list[i].start + lost->list[i].length, end) -
		       exh_max(lost->list[i].start, start);
	return sum;
}

/* ---- totals ---- */

static const struct {
	char status;
	const char *key;
} statuses[] = {{'?', "non_tried"}, {'*', "non_trimmed"}, {'/', "non_scraped"}, {'-', "bad"}};

static size_t first_area(const struct exh_mapped *m, uint64_t start)
{
	size_t low = 0, high = m->nr_areas;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->areas[middle].start + m->areas[middle].length > start)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* What is lost by the container, or not in the mapfile, is bad or was never tried. */
json_t *exh_rescue_totals(const struct exh_image *image, uint64_t start, uint64_t length)
{
	const struct exh_mapped *m = image->mapped;
	uint64_t sums[4] = {0}, end = start + length, mapped = 0,
		 lost = exh_rescue_lost_in(m->lost, start, length);
	json_t *totals;

	for (size_t i = first_area(m, start); i < m->nr_areas && m->areas[i].start < end; i++)
		for (size_t k = 0; k < 4; k++)
			if (m->areas[i].status == statuses[k].status)
				sums[k] += exh_min(m->areas[i].start + m->areas[i].length, end) -
					   exh_max(m->areas[i].start, start);
	for (size_t k = 0; k < 4; k++)
		mapped += sums[k];
	sums[m->facts ? 0 : 3] += lost - exh_min(lost, mapped);
	totals = json_pack("{s:I}", "rescued", (json_int_t)(length - lost));
	for (size_t k = 0; k < 4; k++)
		json_object_set_new(totals, statuses[k].key, json_integer((json_int_t)sums[k]));
	return totals;
}

static void put_totals(struct exh_rescue *r)
{
	const struct exh_mapped *m = r->image->mapped;

	if (m->totals)
		json_object_set(r->facts, "totals", m->totals);
	else
		json_object_set_new(r->facts, "totals",
				    exh_rescue_totals(r->image, 0, exh_image_media_size(r->image)));
	if (m->history)
		json_object_set(r->facts, "history", m->history);
}

json_t *exh_rescue_cells(const struct exh_lost *lost)
{
	uint64_t cell = (lost->media_size + MAX_CELLS - 1) / MAX_CELLS;
	json_t *list = json_array();

	cell = exh_max((cell + 511) / 512 * 512, 512);
	for (uint64_t at = 0; at < lost->media_size; at += cell)
		json_array_append_new(list,
				      json_integer((json_int_t)exh_rescue_lost_in(
					      lost, at, exh_min(cell, lost->media_size - at))));
	return json_pack("{s:I, s:o}", "cell", (json_int_t)cell, "lost", list);
}

/* ---- partitions ---- */

static bool has_children(const json_t *partitions, uint64_t number)
{
	const json_t *p;
	size_t i;

	json_array_foreach (partitions, i, p)
		if (exh_json_u64(p, "parent", UINT64_MAX) == number)
			return true;
	return false;
}

static bool is_readable_kind(const json_t *contents)
{
	static const char *const kinds[] = {"encryption", "raid", "lvm", "swap"};
	const char *kind = exh_json_str(contents, "kind");

	for (size_t i = 0; kind && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i], kind))
			return false;
	return true;
}

static void tell_not_supported(struct exh_rescue *r, const json_t *contents)
{
	const char *type = exh_json_str(contents, "type"), *kind = exh_json_str(contents, "kind");

	exh_problems_add(r->facts,
			 exh_problem_at(EXH_P_NOT_SUPPORTED, r->start, r->length,
					"partition %llu (%s): which files its lost ranges hit "
					"cannot be told",
					(unsigned long long)r->partition,
					type   ? type
					: kind ? kind
					       : "unknown"));
}

/* Everything in a partition is at least that: in a partition. */
static int look_inside(struct exh_rescue *r, const json_t *partitions, const json_t *p)
{
	const json_t *contents = json_object_get(p, "contents");
	uint64_t media = exh_image_media_size(r->image);
	int result;

	r->partition = exh_json_u64(p, "number", 0);
	r->start = exh_json_u64(p, "start", 0);
	if (r->start >= media)
		return 0;
	r->length = exh_min(exh_json_u64(p, "length", 0), media - r->start);
	if (!exh_rescue_lost_in(r->lost, r->start, r->length))
		return 0;
	result = exh_claims_add(r->ctx, &r->claims, r->start, r->length, EXH_LOST_NOT_ANALYSED);
	if (result < 0 || has_children(partitions, r->partition))
		return result;
	if (is_readable_kind(contents))
		return exh_rescue_partition(r, p);
	tell_not_supported(r, contents);
	return 0;
}

static json_t *place_row(const struct exh_rescue *r, const json_t *place, bool is_partition)
{
	uint64_t start = exh_json_u64(place, "start", 0), media = exh_image_media_size(r->image),
		 length;
	json_t *row = json_object();

	length = start < media ? exh_min(exh_json_u64(place, "length", 0), media - start) : 0;
	if (is_partition)
		json_object_set(row, "number", json_object_get(place, "number"));
	json_object_set_new(row, "start", json_integer((json_int_t)start));
	json_object_set(row, "length", json_object_get(place, "length"));
	json_object_set_new(row, "lost",
			    json_integer((json_int_t)exh_rescue_lost_in(r->lost, start, length)));
	json_object_set_new(row, "totals", exh_rescue_totals(r->image, start, length));
	if (is_partition && exh_json_str(json_object_get(place, "contents"), "type"))
		json_object_set(row, "type",
				json_object_get(json_object_get(place, "contents"), "type"));
	return row;
}

static void put_places(struct exh_rescue *r, const char *key)
{
	bool is_partition = !strcmp(key, "partitions");
	json_t *list = json_array(), *place;
	size_t i;

	json_array_foreach (json_object_get(r->scan, key), i, place)
		json_array_append_new(list, place_row(r, place, is_partition));
	json_object_set_new(r->facts, key, list);
}

/* A table at a place that was lost is not there to be read. */
static void put_tables(struct exh_rescue *r)
{
	const json_t *table;
	size_t i;

	json_array_foreach (json_object_get(r->scan, "tables"), i, table) {
		uint64_t start = exh_json_u64(table, "start", 0),
			 size = exh_json_u64(table, "sector_size", 512), lost;
		const char *scheme = exh_json_str(table, "scheme");

		lost = exh_rescue_lost_in(r->lost, start, size);
		if (lost && scheme && strcmp(scheme, "none"))
			json_array_append_new(json_object_get(r->facts, "metadata"),
					      json_pack("{s:s, s:s, s:I, s:[{s:I, s:I}]}", "kind",
							"partition-table", "name", scheme, "lost",
							(json_int_t)lost, "ranges", "start",
							(json_int_t)start, "length",
							(json_int_t)size));
	}
}

/* ---- what it all adds up to ---- */

static int claim_the_rest(struct exh_rescue *r)
{
	uint64_t media = exh_image_media_size(r->image), file = r->image->mapped->file_media_size;
	int result = exh_claims_add(r->ctx, &r->claims, 0, media, EXH_LOST_OUTSIDE);

	if (!result && media > file)
		result = exh_claims_add(r->ctx, &r->claims, file, media - file, EXH_LOST_PAST_END);
	return result ? result : exh_claims_settle(r->ctx, &r->claims);
}

static void put_lost(struct exh_rescue *r)
{
	uint64_t sums[EXH_NR_LOST_CLASSES] = {0};

	for (size_t i = 0; i < r->claims.nr; i++)
		sums[r->claims.list[i].what] += r->claims.list[i].length;
	json_object_set_new(
		r->facts, "lost",
		json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "file_content",
			  (json_int_t)(sums[EXH_LOST_CONTENT] + sums[EXH_LOST_DELETED]),
			  "file_system_metadata", (json_int_t)sums[EXH_LOST_METADATA],
			  "unallocated", (json_int_t)sums[EXH_LOST_UNALLOCATED], "slack",
			  (json_int_t)(sums[EXH_LOST_SLACK] + sums[EXH_LOST_VOLUME_SLACK]),
			  "outside_partitions", (json_int_t)sums[EXH_LOST_OUTSIDE], "past_end",
			  (json_int_t)sums[EXH_LOST_PAST_END], "in_use_by_unknown",
			  (json_int_t)sums[EXH_LOST_IN_USE], "not_analysed",
			  (json_int_t)sums[EXH_LOST_NOT_ANALYSED]));
	json_object_set_new(
		r->facts, "lost_details",
		json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "bytes", (json_int_t)r->lost->bytes,
			  "ranges", (json_int_t)r->lost->nr, "content_of_allocated_files",
			  (json_int_t)sums[EXH_LOST_CONTENT], "content_of_deleted_files",
			  (json_int_t)sums[EXH_LOST_DELETED], "slack_of_files",
			  (json_int_t)sums[EXH_LOST_SLACK], "slack_of_volumes",
			  (json_int_t)sums[EXH_LOST_VOLUME_SLACK]));
}

/* The worst first; of equal ones those that are not deleted. */
static int by_lost(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	uint64_t lost_x = exh_json_u64(x, "lost", 0), lost_y = exh_json_u64(y, "lost", 0);
	bool deleted_x = json_is_false(json_object_get(x, "allocated")),
	     deleted_y = json_is_false(json_object_get(y, "allocated"));
	const char *path_x = exh_json_str(x, "path"), *path_y = exh_json_str(y, "path");

	if (lost_x == lost_y) {
		lost_x = exh_json_u64(x, "not_located", 0);
		lost_y = exh_json_u64(y, "not_located", 0);
	}
	if (lost_x != lost_y)
		return lost_x > lost_y ? -1 : 1;
	if (deleted_x != deleted_y)
		return deleted_x ? 1 : -1;
	return strcmp(path_x ? path_x : "", path_y ? path_y : "");
}

static int sort_files(struct exh_rescue *r)
{
	json_t *list = json_object_get(r->facts, "files"), *sorted = json_array(), *row;
	size_t n = json_array_size(list), i;
	_cleanup_free_ json_t **rows = calloc(n + 1, sizeof(*rows));

	if (!rows || !sorted) {
		json_decref(sorted);
		return exh_fail(r->ctx, EXH_E_NOMEM, "out of memory");
	}
	json_array_foreach (list, i, row)
		rows[i] = row;
	qsort(rows, n, sizeof(*rows), by_lost);
	for (i = 0; i < n; i++)
		json_array_append(sorted, rows[i]);
	json_object_set_new(r->facts, "files", sorted);
	return 0;
}

static int analyse(struct exh_rescue *r)
{
	json_t *partitions, *p;
	size_t i;
	int result = exh_scan(r->ctx, r->image, NULL, &r->scan);

	if (result < 0)
		return result;
	exh_scan_assume_whole(r->scan);
	json_object_set(r->facts, "problems", json_object_get(r->scan, "problems"));
	put_totals(r);
	put_places(r, "partitions");
	put_places(r, "gaps");
	put_tables(r);
	json_object_set_new(r->facts, "map", exh_rescue_cells(r->lost));
	partitions = json_object_get(r->scan, "partitions");
	json_array_foreach (partitions, i, p)
		if (!result)
			result = look_inside(r, partitions, p);
	if (!result)
		result = claim_the_rest(r);
	if (result < 0)
		return result;
	put_lost(r);
	return sort_files(r);
}

static int require_losses(struct exh_ctx *ctx, struct exh_image *image)
{
	const char *format = exh_json_str(image->facts, "format");
	bool is_raw = format && (!strcmp(format, "raw") || !strcmp(format, "split-raw"));

	if (!is_raw || image->mapped || exh_image_has_losses(image))
		return 0;
	return exh_fail(ctx, EXH_E_USAGE,
			"a raw image does not tell what was lost; name its MAPFILE");
}

int exh_rescue(struct exh_ctx *ctx, struct exh_image *image,
	       const struct exh_rescue_options *options, json_t **facts)
{
	static const char *const lists[] = {"files", "metadata", "unreachable", "filesystems"};
	struct exh_rescue r = {.ctx = ctx, .image = image};
	int result = exh_image_require(ctx, image);

	if (!result && require_losses(ctx, image) < 0)
		return -EXH_E_USAGE;
	*facts = r.facts = exh_image_begin(image, "rescue");
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		json_object_set_new(r.facts, lists[i], json_array());
	if (!result)
		result = exh_rescue_losses(ctx, image, r.facts);
	r.lost = exh_image_lost(image);
	if (!result) {
		r.claims.lost = r.lost->list;
		r.claims.nr_lost = r.lost->nr;
		result = analyse(&r);
	}
	if (!result && options && options->domain)
		result = exh_rescue_domain_text(&r, options->domain);
	exh_claims_clear(&r.claims);
	json_decref(r.scan);
	return exh_prefix(ctx, result, "%s: rescue", image->path);
}
