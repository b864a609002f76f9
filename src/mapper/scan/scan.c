// SPDX-License-Identifier: Apache-2.0
/* exh_scan(): asks each prober in a sandbox of its own and puts their answers together. */
#include "scan.h"

#include <exhibit.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "describe.h"
#include "host.h"
#include "layout.h"
#include "mapper/source/image.h"
#include "merge.h"
#include "rows.h"
#include "search.h"

#define ANSWER_LIMIT   (32U << 20)
#define MAX_CONTAINERS 16
#define MAX_PLACES     4096 /* that are looked into */

const json_t *exh_scan_partition(const json_t *facts, uint64_t number)
{
	const json_t *p;
	size_t i;

	json_array_foreach (json_object_get(facts, "partitions"), i, p) {
		if (exh_json_u64(p, "number", UINT64_MAX) == number)
			return p;
	}
	return NULL;
}

void exh_scan_assume_whole(json_t *facts)
{
	json_t *partitions = json_object_get(facts, "partitions");
	const json_t *gap = json_array_get(json_object_get(facts, "gaps"), 0);
	const json_t *contents = json_object_get(gap, "contents");
	const char *kind = exh_json_str(contents, "kind");
	json_t *row;

	if (json_array_size(partitions) || exh_json_u64(gap, "start", 1) || !kind ||
	    strcmp(kind, "filesystem"))
		return;
	row = json_pack("{s:i, s:i, s:O, s:s, s:O}", "number", 0, "start", 0, "length",
			json_object_get(gap, "length"), "scheme", "none", "contents", contents);
	json_array_append_new(partitions, row);
	json_array_clear(json_object_get(facts, "gaps"));
}

uint32_t exh_scan_partition_sector_size(const json_t *facts, const json_t *partition)
{
	const char *scheme = exh_json_str(partition, "scheme");
	const json_t *t;
	size_t i;

	json_array_foreach (json_object_get(facts, "tables"), i, t) {
		const char *s = exh_json_str(t, "scheme");
		uint64_t size = exh_json_u64(t, "sector_size", 0);

		if (scheme && s && !strcmp(s, scheme) && size)
			return (uint32_t)size;
	}
	return (uint32_t)exh_json_u64(json_object_get(facts, "image"), "sector_size", 512);
}

/* An opinion that is missing makes the answer incomplete only where nobody else gave one. */
static void opinion_failed(struct exh_scan_run *s, const char *who, const json_t *own)
{
	if (json_array_size(json_object_get(own, "tables")))
		exh_problems_add(s->facts, exh_problem(EXH_P_PROBES_DISAGREE,
						       "%s gave no opinion on the tables: %s", who,
						       s->ctx->text));
	else
		exh_scan_died(s, who);
}

static bool is_sector_size(uint64_t size)
{
	return size == 512 || size == 1024 || size == 2048 || size == 4096;
}

static int begin_args(struct exh_scan_run *s, const struct exh_scan_options *options)
{
	uint32_t forced =
		options && options->sector_size ? options->sector_size : s->image->sector_size;
	json_t *never = json_object_get(s->image->facts, "acquisition_errors");

	s->args =
		json_pack("{s:I, s:i, s:i}", "media_size", (json_int_t)s->media_size, "sector_size",
			  (int)exh_image_sector_size(s->image), "forced_sector_size", (int)forced);
	if (json_array_size(never))
		json_object_set(s->args, "never_acquired", never);
	if (forced && !is_sector_size(forced))
		return exh_fail(
			s->ctx, EXH_E_USAGE,
			"sectors of %u bytes: a partition table counts in 512, 1024, 2048 or 4096",
			forced);
	return 0;
}

/* Where libblkid will look besides head and tail: at the tables of the chain and at labels inside
 * partitions. */
static json_t *places_for_blkid(const json_t *own)
{
	json_t *places = json_array();
	const json_t *row;
	size_t i;

	json_array_foreach (json_object_get(own, "areas"), i, row)
		json_array_append_new(places,
				      json_integer((json_int_t)exh_json_u64(row, "start", 0)));
	json_array_foreach (json_object_get(own, "entries"), i, row) {
		if (json_array_size(places) < MAX_PLACES)
			json_array_append_new(
				places, json_integer((json_int_t)exh_json_u64(row, "start", 0)));
	}
	return places;
}

static int read_tables(struct exh_scan_run *s)
{
	_cleanup_json_ json_t *own = NULL, *tsk = NULL, *blkid = NULL;
	struct exh_opinions opinions;
	uint32_t sector_size;
	bool died;
	int r = exh_scan_ask(s, "scan-tables", &own, &died);

	if (r < 0)
		return r;
	if (died)
		exh_scan_died(s, "the readers of partition tables");
	sector_size = (uint32_t)exh_json_u64(own, "sector_size", exh_image_sector_size(s->image));
	if (!is_sector_size(sector_size))
		sector_size = 512;
	json_object_set_new(s->args, "sector_size", json_integer(sector_size));
	if (json_is_true(json_object_get(own, "chain_cut")))
		json_object_set_new(s->args, "skip", json_pack("[s]", "mbr"));
	json_object_set_new(s->args, "places", places_for_blkid(own));
	r = exh_scan_ask(s, "scan-tsk", &tsk, &died);
	if (r < 0)
		return r;
	if (died)
		opinion_failed(s, "libtsk", own);
	r = exh_scan_ask(s, "scan-blkid", &blkid, &died);
	if (r < 0)
		return r;
	if (died)
		opinion_failed(s, "libblkid", own);
	opinions = (struct exh_opinions){.own = own, .tsk = tsk, .blkid = blkid};
	json_object_set_new(s->facts, "sector_size", json_integer(sector_size));
	exh_merge(&opinions, s->media_size, s->facts);
	exh_layout(s->facts, json_object_get(own, "areas"), s->media_size, sector_size,
		   exh_json_u64(own, "device_size", 0));
	return 0;
}

static void add_places(json_t *places, const json_t *rows)
{
	const json_t *row;
	size_t i;

	json_array_foreach (rows, i, row)
		json_array_append_new(places, json_pack("{s:O, s:O}", "start",
							json_object_get(row, "start"), "length",
							json_object_get(row, "length")));
}

static int look_inside(struct exh_scan_run *s)
{
	json_t *parts = json_object_get(s->facts, "partitions"),
	       *gaps = json_object_get(s->facts, "gaps");
	_cleanup_json_ json_t *answer = NULL;
	json_t *places = json_array();
	int r;

	json_array_append_new(
		places, json_pack("{s:i, s:I}", "start", 0, "length", (json_int_t)s->media_size));
	add_places(places, parts);
	json_object_set_new(s->args, "surveyed", json_integer((json_int_t)json_array_size(places)));
	add_places(places, gaps);
	r = exh_scan_look_inside(s, places, &answer);
	if (r < 0)
		return r;
	exh_describe(s->facts, answer);
	return 0;
}

/* A fresh list of volumes with the keys that are expected. */
static json_t *take_volumes(const json_t *answer)
{
	json_t *volumes = json_array();
	const json_t *v;
	size_t i;

	json_array_foreach (json_object_get(answer, "volumes"), i, v) {
		json_t *row = json_object();

		if (exh_json_str(v, "name"))
			json_object_set(row, "name", json_object_get(v, "name"));
		if (exh_json_str(v, "uuid"))
			json_object_set(row, "uuid", json_object_get(v, "uuid"));
		json_object_set_new(row, "encrypted",
				    json_boolean(json_is_true(json_object_get(v, "encrypted"))));
		if (json_is_boolean(json_object_get(v, "dirty")))
			json_object_set(row, "dirty", json_object_get(v, "dirty"));
		json_array_append_new(volumes, row);
	}
	return volumes;
}

static void tell_encrypted_volumes(struct exh_scan_run *s, const json_t *partition,
				   const json_t *volumes)
{
	const json_t *v;
	size_t i;

	json_array_foreach (volumes, i, v) {
		const char *name = exh_json_str(v, "name");

		if (json_is_true(json_object_get(v, "encrypted")))
			exh_problems_add(
				s->facts,
				exh_problem_at(EXH_P_NOT_SUPPORTED, exh_row_start(partition),
					       exh_row_length(partition),
					       "the APFS volume \"%s\" is encrypted, which is not "
					       "looked into",
					       name ? name : "without a name"));
	}
}

/* A container is clean where all of its volumes say that they are. */
static void tell_open_volumes(struct exh_scan_run *s, const json_t *partition, json_t *contents,
			      const json_t *volumes)
{
	size_t known = 0, dirty = 0, i;
	const json_t *v;

	json_array_foreach (volumes, i, v) {
		known += json_is_boolean(json_object_get(v, "dirty"));
		dirty += json_is_true(json_object_get(v, "dirty"));
	}
	if (dirty || (known && known == json_array_size(volumes)))
		json_object_set_new(contents, "dirty", json_boolean(dirty > 0));
	if (dirty)
		exh_problems_add(s->facts,
				 exh_problem_at(EXH_P_DIRTY_FILESYSTEM, exh_row_start(partition),
						exh_row_length(partition),
						"%zu of the volumes of the APFS container at %llu "
						"were not cleanly unmounted",
						dirty,
						(unsigned long long)exh_row_start(partition)));
}

/* One worker a container: what kills one leaves the others. */
static int look_into_apfs(struct exh_scan_run *s, const json_t *partition, json_t *contents)
{
	_cleanup_json_ json_t *answer = NULL, *volumes = NULL;
	bool died;
	int r;

	json_object_set(s->args, "start", json_object_get(partition, "start"));
	r = exh_scan_ask(s, "scan-apfs", &answer, &died);
	if (r < 0)
		return r;
	if (died)
		exh_scan_died(s, "the reader of APFS containers");
	volumes = take_volumes(answer);
	if (json_array_size(volumes))
		json_object_set(contents, "volumes", volumes);
	else
		exh_problems_add(s->facts,
				 exh_problem_at(EXH_P_NOT_SUPPORTED, exh_row_start(partition),
						exh_row_length(partition),
						"no volume of the APFS container at %llu can be "
						"read; it is not empty",
						(unsigned long long)exh_row_start(partition)));
	tell_open_volumes(s, partition, contents, volumes);
	tell_encrypted_volumes(s, partition, volumes);
	return 0;
}

static int look_into_containers(struct exh_scan_run *s)
{
	json_t *parts = json_object_get(s->facts, "partitions"), *p;
	unsigned looked_into = 0;
	size_t i;
	int r = 0;

	json_array_foreach (parts, i, p) {
		json_t *contents = json_object_get(p, "contents");
		const char *type = exh_json_str(contents, "type");

		if (!r && type && !strcmp(type, "apfs") && looked_into++ < MAX_CONTAINERS)
			r = look_into_apfs(s, p, contents);
	}
	return r;
}

static void tell_clashes(json_t *facts)
{
	_cleanup_json_ json_t *identities = exh_host_identities("");

	exh_host_clashes(facts, identities);
}

int exh_scan(struct exh_ctx *ctx, struct exh_image *image, const struct exh_scan_options *options,
	     json_t **facts)
{
	struct exh_scan_run s = {.ctx = ctx,
				 .image = image,
				 .media_size = exh_image_media_size(image),
				 .deep = options && options->deep};
	int r;

	*facts = s.facts = exh_image_begin(image, "scan");
	r = exh_image_require(ctx, image);
	if (r < 0)
		return r;
	r = begin_args(&s, options);
	if (!r)
		r = read_tables(&s);
	if (!r)
		r = look_inside(&s);
	if (!r)
		r = look_into_containers(&s);
	if (!r)
		r = exh_scan_search(&s);
	if (!r) {
		exh_describe_undecided(s.facts);
		tell_clashes(s.facts);
	}
	json_decref(s.args);
	return exh_prefix(ctx, r, "%s: scan", image->path);
}
