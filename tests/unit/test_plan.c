// SPDX-License-Identifier: Apache-2.0
/* What becomes a device: bounds that lie, ends past the media, rests of sectors. No device is made
 * here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "mapper/attach/plan.h"

#define MEDIA 1049089 /* 2049 sectors and one byte */

static const struct exh_attach_method whole = {.name = "whole", .whole_sectors = true};
static const struct exh_attach_method files = {.name = "files", .needs_files = true};

struct made {
	struct exh_ctx ctx;
	struct exh_image image;
	struct exh_attach_options options;
	struct exh_plan plan;
	json_t *facts;
	int r;
};

static int set_up(void **state)
{
	struct made *m = calloc(1, sizeof(*m));

	m->image.nr_files = 1;
	m->image.path = (char *)"image.raw";
	m->image.facts = json_pack("{s:s, s:i}", "format", "raw", "media_size", MEDIA);
	m->facts = exh_facts_new("attach");
	*state = m;
	return 0;
}

static int tear_down(void **state)
{
	struct made *m = *state;

	exh_plan_clear(&m->plan);
	json_decref(m->image.facts);
	json_decref(m->facts);
	free(m);
	return 0;
}

static void plan(struct made *m, const struct exh_attach_method *method, const char *partitions)
{
	_cleanup_json_ json_t *list = json_loads(partitions, 0, NULL);
	_cleanup_json_ json_t *scan = json_pack("{s:O}", "partitions", list);

	assert_non_null(list);
	m->r = exh_plan_make(&m->ctx, &m->image, scan, &m->options, method, m->facts, &m->plan);
}

static uint64_t length_of(const struct made *m, size_t i)
{
	return exh_json_u64(json_array_get(m->plan.devices, i), "length", UINT64_MAX);
}

static void ranges_become_devices(void **state)
{
	struct made *m = *state;

	plan(m, &whole, "[{\"number\": 1, \"start\": 512, \"length\": 1024}]");
	assert_int_equal(m->r, 0);
	assert_int_equal(json_array_size(m->plan.devices), 2);
	assert_int_equal(length_of(m, 0), MEDIA - 1);
	assert_int_equal(length_of(m, 1), 1024);
	assert_true(exh_problems_has(m->facts, EXH_P_DEVICE_SHORTENED));
	assert_false(m->plan.needs_files);
}

static void files_have_every_byte(void **state)
{
	struct made *m = *state;

	plan(m, &files, "[{\"number\": 0, \"start\": 0, \"length\": 1049089}]");
	assert_int_equal(m->r, 0);
	assert_int_equal(length_of(m, 0), MEDIA);
	assert_int_equal(length_of(m, 1), MEDIA);
	assert_true(m->plan.needs_files);
	assert_int_equal(json_array_size(json_object_get(m->facts, "problems")), 0);
}

static void past_the_end_needs_a_reason(void **state)
{
	static const char past[] = "[{\"number\": 2, \"start\": 1048576, \"length\": 1048576}]";
	struct made *m = *state;

	plan(m, &whole, past);
	assert_int_equal(json_array_size(m->plan.devices), 1);
	assert_true(exh_problems_has(m->facts, EXH_P_NOT_ATTACHED));
	exh_plan_clear(&m->plan);
	m->image.allow_incomplete = (char *)"a reason";
	plan(m, &whole, past);
	assert_int_equal(json_array_size(m->plan.devices), 2);
	assert_int_equal(length_of(m, 1), 1048576);
	assert_true(m->plan.needs_files && m->plan.has_losses);
}

static void bounds_that_lie_are_refused(void **state)
{
	static const char lies[] =
		"[{\"number\": 1, \"start\": 9000000000000000000, \"length\": 9000000000000000000},"
		"{\"number\": 2, \"start\": -512, \"length\": 512}, {\"number\": -1, \"start\": 0, "
		"\"length\": 512},"
		"{\"number\": 3, \"start\": \"0\", \"length\": 512}, {\"number\": 4, \"start\": 0, "
		"\"length\": 0},"
		"{\"number\": 5, \"start\": 0}, 7, null, {\"number\": 6, \"start\": 0, \"length\": "
		"511}]";
	struct made *m = *state;

	m->image.allow_incomplete = (char *)"a reason";
	plan(m, &whole, lies);
	assert_int_equal(m->r, 0);
	assert_int_equal(json_array_size(m->plan.devices), 1);
}

static void a_forged_table_is_cut(void **state)
{
	_cleanup_json_ json_t *list = json_array(), *scan = json_pack("{s:O}", "partitions", list);
	struct made *m = *state;

	for (int i = 0; i < 5000; i++)
		json_array_append_new(list, json_pack("{s:i, s:i, s:i}", "number", i + 1, "start",
						      0, "length", 512));
	m->r = exh_plan_make(&m->ctx, &m->image, scan, &m->options, &whole, m->facts, &m->plan);
	assert_int_equal(m->r, 0);
	assert_int_equal(json_array_size(m->plan.devices), 257);
	assert_true(exh_problems_has(m->facts, EXH_P_NOT_ATTACHED));
}

static void what_is_asked_for_must_be_there(void **state)
{
	static const uint64_t two = 2, three = 3;
	static const char list[] = "[{\"number\": 1, \"start\": 0, \"length\": 512},"
				   "{\"number\": 2, \"start\": 512, \"length\": 512}]";
	struct made *m = *state;

	m->options = (struct exh_attach_options){.partitions = &two, .nr_partitions = 1};
	plan(m, &whole, list);
	assert_int_equal(m->r, 0);
	assert_int_equal(json_array_size(m->plan.devices), 2);
	assert_int_equal(exh_json_u64(json_array_get(m->plan.devices, 1), "start", 0), 512);
	exh_plan_clear(&m->plan);
	m->options.partitions = &three;
	plan(m, &whole, list);
	assert_int_equal(m->r, -EXH_E_USAGE);
}

static void less_than_a_sector_is_no_device(void **state)
{
	struct made *m = *state;

	json_object_set_new(m->image.facts, "media_size", json_integer(100));
	plan(m, &whole, "[]");
	assert_int_equal(m->r, -EXH_E_STATE);
}

static void sector_sizes(void **state)
{
	_cleanup_json_ json_t *scan =
		json_pack("{s:[], s:[{s:i, s:b}, {s:i, s:b}]}", "partitions", "tables",
			  "sector_size", 1000, "valid", 0, "sector_size", 4096, "valid", 1);
	struct made *m = *state;

	m->r = exh_plan_make(&m->ctx, &m->image, scan, &m->options, &whole, m->facts, &m->plan);
	assert_int_equal(m->plan.sector_size, 4096);
	exh_plan_clear(&m->plan);
	m->image.sector_size = 2048;
	m->r = exh_plan_make(&m->ctx, &m->image, scan, &m->options, &whole, m->facts, &m->plan);
	assert_int_equal(m->plan.sector_size, 2048);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ranges_become_devices, set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_have_every_byte, set_up, tear_down),
		cmocka_unit_test_setup_teardown(past_the_end_needs_a_reason, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bounds_that_lie_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_forged_table_is_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_asked_for_must_be_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(less_than_a_sector_is_no_device, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sector_sizes, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
