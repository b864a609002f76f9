// SPDX-License-Identifier: Apache-2.0
#include "plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "base/facts.h"
#include "base/problem.h"
#include "extents.h"

/* A forged table can have thousands of entries; each device costs kernel memory. */
#define MAX_PARTITIONS 256

#define MIN_SECTOR 512U
#define MAX_SECTOR 4096U

void exh_plan_clear(struct exh_plan *plan)
{
	json_decref(plan->devices);
	json_decref(plan->files);
	json_decref(plan->partitions);
	*plan = (struct exh_plan){0};
}

static bool is_sector_size(uint64_t n)
{
	return n >= MIN_SECTOR && n <= MAX_SECTOR && !(n & (n - 1));
}

/* The user's word, else that of the first valid table, else the container's. */
static uint32_t choose_sector_size(const struct exh_image *image, const json_t *scan)
{
	uint64_t size = image->sector_size;
	const json_t *table;
	size_t i;

	json_array_foreach (json_object_get(scan, "tables"), i, table)
		if (!size && json_is_true(json_object_get(table, "valid")))
			size = exh_json_u64(table, "sector_size", 0);
	if (!size)
		size = exh_image_sector_size(image);
	return is_sector_size(size) ? (uint32_t)size : MIN_SECTOR;
}

static bool is_wanted(const struct exh_attach_options *options, uint64_t number)
{
	if (!options->partitions)
		return true;
	for (size_t i = 0; i < options->nr_partitions; i++)
		if (options->partitions[i] == number)
			return true;
	return false;
}

/* Adds the rows of one range, whose bounds have been checked. */
static int add_range(struct exh_ctx *ctx, struct exh_plan *plan,
		     const struct exh_attach_method *method, json_t *facts, json_t *row,
		     bool is_past_end)
{
	uint64_t start = exh_json_u64(row, "start", 0), bytes = exh_json_u64(row, "bytes", 0);
	uint64_t rest = method->whole_sectors ? bytes % plan->sector_size : 0;
	const char *name = exh_json_str(row, "name");

	if (rest == bytes) {
		exh_problems_add(facts,
				 exh_problem_at(EXH_P_NOT_ATTACHED, start, bytes,
						"%s: has no whole sector of %" PRIu32 " bytes",
						name, plan->sector_size));
		json_decref(row);
		return 0;
	}
	if (rest)
		exh_problems_add(facts,
				 exh_problem_at(EXH_P_DEVICE_SHORTENED, start + bytes - rest, rest,
						"%s: its last %" PRIu64
						" bytes are no whole sector of %" PRIu32
						" and not in the device",
						name, rest, plan->sector_size));
	json_object_set_new(row, "length", json_integer((json_int_t)(bytes - rest)));
	json_object_set_new(row, "past_end", json_boolean(is_past_end));
	json_array_append_new(plan->files,
			      json_pack("{s:s, s:I, s:I}", "name", name, "start", (json_int_t)start,
					"length", (json_int_t)bytes));
	plan->needs_files |= is_past_end && !plan->by_pieces;
	plan->has_losses |= is_past_end;
	return json_array_append_new(plan->devices, row) < 0
		       ? exh_fail(ctx, EXH_E_NOMEM, "out of memory")
		       : 0;
}

static json_t *not_attached(uint64_t number, uint64_t start, uint64_t length, const char *why)
{
	return exh_problem_at(EXH_P_NOT_ATTACHED, start, length, "partition %" PRIu64 ": %s",
			      number, why);
}

static int add_partition(struct exh_ctx *ctx, const struct exh_image *image, const json_t *p,
			 const struct exh_attach_method *method, json_t *facts,
			 struct exh_plan *plan)
{
	uint64_t number = exh_json_u64(p, "number", UINT64_MAX), size = exh_image_media_size(image);
	uint64_t start = exh_json_u64(p, "start", UINT64_MAX),
		 length = exh_json_u64(p, "length", 0), end;
	const char *why = NULL;
	bool is_past_end;
	char name[32];

	if (number == UINT64_MAX || start > INT64_MAX || exh_add_overflows(start, length, &end))
		return exh_problems_add(facts, exh_problem(EXH_P_NOT_ATTACHED,
							   "a partition with impossible bounds"));
	is_past_end = end > size;
	if (!length)
		why = "is empty";
	else if (is_past_end && !image->allow_incomplete)
		why = "ends behind the end of the image (--allow-incomplete REASON attaches it)";
	else if (json_array_size(plan->partitions) >= MAX_PARTITIONS)
		why = "there are too many; name it with -p";
	if (why)
		return exh_problems_add(facts, not_attached(number, start, length, why));
	snprintf(name, sizeof(name), "p%" PRIu64, number);
	json_array_append_new(plan->partitions,
			      json_pack("{s:I, s:I, s:I, s:O*}", "number", (json_int_t)number,
					"start", (json_int_t)start, "length", (json_int_t)length,
					"contents", json_object_get(p, "contents")));
	return add_range(ctx, plan, method, facts,
			 json_pack("{s:s, s:I, s:s, s:I, s:I}", "scope", "partition", "partition",
				   (json_int_t)number, "name", name, "start", (json_int_t)start,
				   "bytes", (json_int_t)length),
			 is_past_end);
}

static int check_wanted(struct exh_ctx *ctx, const struct exh_attach_options *options,
			const json_t *partitions)
{
	for (size_t i = 0; options->partitions && i < options->nr_partitions; i++) {
		uint64_t number = options->partitions[i];
		const json_t *p;
		bool found = false;
		size_t at;

		json_array_foreach (partitions, at, p)
			found |= exh_json_u64(p, "number", UINT64_MAX) == number;
		if (!found)
			return exh_fail(ctx, EXH_E_USAGE, "there is no partition %" PRIu64, number);
	}
	return 0;
}

static bool is_plain_raw(const struct exh_image *image)
{
	const char *format = exh_json_str(image->facts, "format");

	return image->nr_files == 1 && format && !strcmp(format, "raw") &&
	       !exh_image_has_losses(image) && !exh_image_lost(image);
}

int exh_plan_make(struct exh_ctx *ctx, const struct exh_image *image, const json_t *scan,
		  const struct exh_attach_options *options, const struct exh_attach_method *method,
		  json_t *facts, struct exh_plan *plan)
{
	const json_t *partitions = json_object_get(scan, "partitions"), *p;
	int r = check_wanted(ctx, options, partitions);
	size_t i;

	if (r < 0)
		return r;
	*plan = (struct exh_plan){.sector_size = choose_sector_size(image, scan),
				  .by_pieces = method->takes_pieces && exh_extents_fit(image),
				  .has_losses = exh_image_has_losses(image),
				  .devices = json_array(),
				  .files = json_array(),
				  .partitions = json_array()};
	plan->needs_files = method->needs_files || (!plan->by_pieces && !is_plain_raw(image));
	r = add_range(ctx, plan, method, facts,
		      json_pack("{s:s, s:s, s:i, s:I}", "scope", "disk", "name", "disk", "start", 0,
				"bytes", (json_int_t)exh_image_media_size(image)),
		      false);
	json_array_foreach (partitions, i, p)
		if (r >= 0 && is_wanted(options, exh_json_u64(p, "number", UINT64_MAX)))
			r = add_partition(ctx, image, p, method, facts, plan);
	if (!r && !json_array_size(plan->devices))
		r = exh_fail(ctx, EXH_E_STATE, "%s: there is nothing that could be a device",
			     image->path);
	if (r < 0)
		exh_plan_clear(plan);
	return r;
}
