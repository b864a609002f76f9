// SPDX-License-Identifier: Apache-2.0
#include "search.h"

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "describe.h"
#include "rows.h"

#define ANSWER_LIMIT (32U << 20)
#define MAX_GAPS     2048
#define MAX_TOLD     64

int exh_scan_ask(struct exh_scan_run *run, const char *task, json_t **answer, bool *died)
{
	int r;

	*answer = json_object();
	r = exh_image_collect(run->ctx, run->image, task, run->args, *answer, ANSWER_LIMIT);
	*died = r < 0;
	if (r == -EXH_E_INTERRUPTED || r == -EXH_E_STATE || r == -EXH_E_NOMEM)
		return r;
	if (r < 0) {
		json_decref(*answer);
		*answer = NULL;
	}
	return 0;
}

void exh_scan_died(struct exh_scan_run *run, const char *what)
{
	exh_problems_add(run->facts,
			 exh_problem(EXH_P_PROBER_FAILED, "%s: %s", what, run->ctx->text));
}

/* The rows of the facts that are searched: gaps, and partitions where nothing is known in them,
 * which takes the patience of "deep" unless it is the whole disk. */
static json_t *rows_to_search(const struct exh_scan_run *run)
{
	json_t *rows = json_array(), *row;
	size_t i;

	json_array_foreach (json_object_get(run->facts, "partitions"), i, row) {
		const json_t *contents = json_object_get(row, "contents");

		if ((run->deep || exh_row_has(row, "scheme", "none")) &&
		    exh_row_has(contents, "kind", "unknown") && !exh_json_str(contents, "type"))
			json_array_append(rows, row);
	}
	json_array_foreach (json_object_get(run->facts, "gaps"), i, row) {
		if (json_array_size(rows) < MAX_GAPS)
			json_array_append(rows, row);
	}
	return rows;
}

static json_t *places_of(const json_t *rows)
{
	json_t *places = json_array();
	const json_t *row;
	size_t i;

	json_array_foreach (rows, i, row)
		json_array_append_new(places, json_pack("{s:O, s:O}", "start",
							json_object_get(row, "start"), "length",
							json_object_get(row, "length")));
	return places;
}

/* Every byte of a partition was looked at, of which it was not known whether it is empty. */
static void take_verdict(json_t *partition, bool zero)
{
	json_t *contents = json_object_get(partition, "contents");

	if (!json_object_get(contents, "looked_at"))
		return;
	if (zero) {
		json_object_set_new(contents, "kind", json_string("empty"));
		json_object_del(contents, "description");
	}
	json_object_set_new(contents, "looked_at",
			    json_pack("[{s:O, s:O}]", "start", json_object_get(partition, "start"),
				      "length", json_object_get(partition, "length")));
}

static void take_zeros(json_t *rows, const json_t *answer)
{
	const json_t *said;
	size_t i;

	json_array_foreach (json_object_get(answer, "looked"), i, said) {
		json_t *row =
			json_array_get(rows, exh_json_u64(said, "index", json_array_size(rows)));

		if (!row || !json_is_boolean(json_object_get(said, "zero")))
			continue;
		if (json_object_get(row, "number"))
			take_verdict(row, json_is_true(json_object_get(said, "zero")));
		else
			json_object_set(row, "zero", json_object_get(said, "zero"));
	}
}

/* Where what was found ends: by its own word, else with the place it is in. */
static json_t *place_of(const json_t *said, const json_t *row)
{
	uint64_t start = exh_json_u64(said, "start", UINT64_MAX), length, end;
	uint64_t last = exh_row_start(row) + exh_row_length(row);

	if (start < exh_row_start(row) || start >= last)
		return NULL;
	length = exh_json_u64(said, "length", last - start);
	if (!length || exh_add_overflows(start, length, &end))
		return NULL;
	return json_pack("{s:I, s:I}", "start", (json_int_t)start, "length", (json_int_t)length);
}

static void tell_found(json_t *facts, const json_t *found, unsigned count)
{
	const json_t *contents = json_object_get(found, "contents");
	const char *type = exh_json_str(contents, "type"), *label = exh_json_str(contents, "label");

	if (count > MAX_TOLD)
		return;
	exh_problems_add(
		facts,
		exh_problem_at(EXH_P_LOST_PARTITION, exh_row_start(found), exh_row_length(found),
			       "%s%s%s%s begins at %llu, where no table has a partition",
			       type ? type : "something", label ? " \"" : "", label ? label : "",
			       label ? "\"" : "", (unsigned long long)exh_row_start(found)));
}

/* What stands right at the beginning of a gap is in its contents already. */
static int describe_found(struct exh_scan_run *run, json_t *rows, json_t *places, json_t *owners)
{
	_cleanup_json_ json_t *answer = NULL;
	json_t *place;
	size_t i, from = 0;
	int r = exh_scan_look_inside(run, json_incref(places), &answer);

	json_array_foreach (places, i, place) {
		json_t *contents = exh_describe_contents(answer, i, &from);
		json_t *row =
			json_array_get(rows, (size_t)json_integer_value(json_array_get(owners, i)));
		json_t *found = json_object_get(row, "found");

		if (!exh_json_str(contents, "type")) {
			json_decref(contents);
			continue;
		}
		if (!found) {
			found = json_array();
			json_object_set_new(row, "found", found);
		}
		json_object_set_new(place, "contents", contents);
		json_array_append(found, place);
		tell_found(run->facts, place, (unsigned)i);
		/* it went to the end of the place for want of a better number */
		if (!json_object_get(contents, "size"))
			json_object_del(place, "length");
	}
	return r;
}

int exh_scan_search(struct exh_scan_run *run)
{
	_cleanup_json_ json_t *rows = rows_to_search(run), *answer = NULL, *places = json_array(),
			      *owners = json_array();
	const json_t *said;
	bool died;
	size_t i;
	int r;

	json_object_set_new(run->args, "places", places_of(rows));
	json_object_set_new(run->args, "deep", json_boolean(run->deep));
	r = exh_scan_ask(run, "scan-lost", &answer, &died);
	if (r < 0)
		return r;
	if (died)
		exh_scan_died(run, "the search in gaps");
	take_zeros(rows, answer);
	json_array_foreach (json_object_get(answer, "found"), i, said) {
		uint64_t index = exh_json_u64(said, "index", json_array_size(rows));
		json_t *place = index < json_array_size(rows)
					? place_of(said, json_array_get(rows, index))
					: NULL;

		if (!place)
			continue;
		json_array_append_new(places, place);
		json_array_append_new(owners, json_integer((json_int_t)index));
	}
	return json_array_size(places) ? describe_found(run, rows, places, owners) : 0;
}
