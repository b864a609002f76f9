// SPDX-License-Identifier: Apache-2.0
/* Putting opinions together: answers of workers that lie, opinions that differ or are missing,
 * partitions that do not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "mapper/scan/describe.h"
#include "mapper/scan/layout.h"
#include "mapper/scan/merge.h"
#include "mapper/scan/scan.h"

#define MEDIA (1 << 20)

static json_t *json(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(value);
	return value;
}

static json_t *merged(const char *own, const char *tsk, const char *blkid)
{
	_cleanup_json_ json_t *o = own ? json(own) : NULL, *t = tsk ? json(tsk) : NULL;
	_cleanup_json_ json_t *b = blkid ? json(blkid) : NULL;
	struct exh_opinions opinions = {o, t, b};
	json_t *facts = exh_facts_new("scan");

	json_object_set_new(facts, "sector_size", json_integer(512));
	exh_merge(&opinions, MEDIA, facts);
	exh_layout(facts, json_object_get(o, "areas"), MEDIA, 512, 0);
	return facts;
}

static size_t nr_partitions(const json_t *facts)
{
	return json_array_size(json_object_get(facts, "partitions"));
}

static void answers_of_the_wrong_shape_are_dropped(void **state)
{
	_cleanup_json_ json_t *facts = merged(
		"{\"tables\": [{\"scheme\": \"mbr\", \"valid\": true}, 7, \"x\"], \"problems\": "
		"[3, {\"code\": 1}],"
		" \"entries\": [1, {\"scheme\": \"mbr\"}, {\"scheme\": \"mbr\", \"start\": -1, "
		"\"length\": 5},"
		" {\"scheme\": \"mbr\", \"start\": 9223372036854775807, \"length\": "
		"9223372036854775807},"
		" {\"scheme\": \"mbr\", \"number\": \"one\", \"start\": 512, \"length\": 512, "
		"\"evil\": {}}]}",
		"{\"opinions\": 5}", "{\"entries\": [null, {\"start\": []}], \"scheme\": 3}");
	const json_t *row;

	(void)state;
	assert_int_equal(nr_partitions(facts), 1);
	row = json_array_get(json_object_get(facts, "partitions"), 0);
	assert_null(json_object_get(row, "evil"));
	assert_null(json_object_get(row, "number"));
}

static void a_disk_without_a_table_is_partition_0(void **state)
{
	_cleanup_json_ json_t *facts = merged("{}", "{}", "{}");
	const json_t *row = exh_scan_partition(facts, 0);

	(void)state;
	assert_int_equal(exh_json_u64(row, "length", 0), MEDIA);
	assert_null(exh_scan_partition(facts, 1));
}

static void a_disk_that_nobody_could_read_has_no_partition_0(void **state)
{
	_cleanup_json_ json_t *lost = merged("{\"unreadable\": true}", "{}", "{}");
	_cleanup_json_ json_t *dead = merged(NULL, "{}", "{}");

	(void)state;
	assert_int_equal(nr_partitions(lost), 0);
	assert_int_equal(nr_partitions(dead), 0);
}

static void another_opinion_is_a_problem_and_not_a_source(void **state)
{
	_cleanup_json_ json_t *facts =
		merged("{\"tables\": [{\"scheme\": \"mbr\", \"valid\": true}],"
		       " \"entries\": [{\"scheme\": \"mbr\", \"number\": 1, \"start\": 512, "
		       "\"length\": 1024}]}",
		       "{\"opinions\": [{\"scheme\": \"mbr\", \"entries\": [{\"start\": 512, "
		       "\"length\": 2048, \"slot\": 0}]}]}",
		       "{\"scheme\": \"mbr\", \"entries\": [{\"scheme\": \"mbr\", \"number\": 1, "
		       "\"start\": 512,"
		       " \"length\": 1024, \"type_byte\": 131}]}");
	const json_t *sources = json_object_get(exh_scan_partition(facts, 1), "sources");

	(void)state;
	assert_true(exh_problems_has(facts, EXH_P_PROBES_DISAGREE));
	assert_int_equal(json_array_size(sources), 2);
	assert_string_equal(json_string_value(json_array_get(sources, 1)), "libblkid");
}

static void a_scheme_that_only_libblkid_knows_is_taken(void **state)
{
	_cleanup_json_ json_t *facts = merged(
		"{}", "{}",
		"{\"scheme\": \"atari\", \"entries\": [{\"scheme\": \"atari\", \"number\": 1, "
		"\"start\": 512, \"length\": 1024, \"text\": \"RAW\"}]}");

	(void)state;
	assert_int_equal(nr_partitions(facts), 1);
	assert_string_equal(exh_json_str(exh_scan_partition(facts, 1), "type"), "RAW");
}

static void where_our_readers_died_the_others_are_taken(void **state)
{
	_cleanup_json_ json_t *blkid = json_loads(
		"{\"scheme\": \"sgi\", \"entries\": [{\"scheme\": \"sgi\", \"number\": 1, "
		"\"start\": 512,"
		" \"length\": 1024, \"type_byte\": 131}, {\"scheme\": \"sgi\", \"number\": 11,"
		" \"start\": 0, \"length\": 4096, \"type_byte\": 6}]}",
		0, NULL);
	_cleanup_json_ json_t *facts = exh_facts_new("scan");
	const struct exh_opinions opinions = {.blkid = blkid};

	(void)state;
	exh_merge(&opinions, MEDIA, facts);
	assert_int_equal(nr_partitions(facts), 1);
	assert_string_equal(exh_json_str(exh_scan_partition(facts, 1), "type_id"), "0x83");
	assert_int_equal(json_array_size(json_object_get(facts, "other_entries")), 1);
}

static void an_mbr_before_an_unprotected_gpt_leads(void **state)
{
	_cleanup_json_ json_t *facts =
		merged("{\"tables\": [{\"scheme\": \"mbr\", \"valid\": true}, {\"scheme\": "
		       "\"gpt\", \"valid\": true, \"used\": true}],"
		       " \"entries\": [{\"scheme\": \"mbr\", \"number\": 2, \"start\": 512, "
		       "\"length\": 1024},"
		       " {\"scheme\": \"gpt\", \"number\": 1, \"start\": 4096, \"length\": 4096}]}",
		       NULL, NULL);

	(void)state;
	assert_true(exh_problems_has(facts, EXH_P_PROTECTIVE_MBR_MISSING));
	assert_int_equal(nr_partitions(facts), 1);
	assert_non_null(exh_scan_partition(facts, 2));
}

static void entries_of_a_hybrid_go_on_above_the_gpt(void **state)
{
	_cleanup_json_ json_t *facts =
		merged("{\"tables\": [{\"scheme\": \"mbr\", \"valid\": true}, {\"scheme\": "
		       "\"gpt\", \"valid\": true, \"used\": true}],"
		       " \"entries\": [{\"scheme\": \"mbr\", \"number\": 1, \"start\": 4096, "
		       "\"length\": 4096},"
		       " {\"scheme\": \"mbr\", \"number\": 2, \"start\": 512, \"length\": 1024, "
		       "\"role\": \"protective\"},"
		       " {\"scheme\": \"gpt\", \"number\": 7, \"start\": 4096, \"length\": 4096}]}",
		       NULL, NULL);

	(void)state;
	assert_true(exh_problems_has(facts, EXH_P_HYBRID_MBR));
	assert_false(exh_problems_has(facts, EXH_P_PARTITIONS_OVERLAP));
	assert_int_equal(exh_json_u64(exh_scan_partition(facts, 8), "parent", 0), 7);
}

static void what_does_not_fit_is_told(void **state)
{
	_cleanup_json_ json_t *facts = merged(
		"{\"tables\": [{\"scheme\": \"mbr\", \"valid\": true}], \"areas\": [{\"start\": 0, "
		"\"length\": 512}],"
		" \"entries\": [{\"scheme\": \"mbr\", \"number\": 1, \"start\": 1024, \"length\": "
		"4096},"
		" {\"scheme\": \"mbr\", \"number\": 2, \"start\": 4608, \"length\": 2097152}]}",
		NULL, NULL);
	const json_t *gaps = json_object_get(facts, "gaps");

	(void)state;
	assert_true(exh_problems_has(facts, EXH_P_PARTITIONS_OVERLAP));
	assert_true(exh_problems_has(facts, EXH_P_PARTITION_PAST_END));
	assert_true(exh_problems_has(facts, EXH_P_IMAGE_SHORTER));
	assert_int_equal(json_array_size(gaps), 1);
	assert_int_equal(exh_json_u64(json_array_get(gaps, 0), "start", 0), 512);
	assert_int_equal(exh_json_u64(json_array_get(gaps, 0), "length", 0), 512);
}

static void what_nobody_looked_into_is_unknown(void **state)
{
	_cleanup_json_ json_t *facts = merged("{}", "{}", "{}");

	(void)state;
	exh_describe(facts, NULL);
	assert_string_equal(
		exh_json_str(json_object_get(exh_scan_partition(facts, 0), "contents"), "kind"),
		"unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_of_the_wrong_shape_are_dropped),
		cmocka_unit_test(a_disk_without_a_table_is_partition_0),
		cmocka_unit_test(a_disk_that_nobody_could_read_has_no_partition_0),
		cmocka_unit_test(another_opinion_is_a_problem_and_not_a_source),
		cmocka_unit_test(a_scheme_that_only_libblkid_knows_is_taken),
		cmocka_unit_test(where_our_readers_died_the_others_are_taken),
		cmocka_unit_test(an_mbr_before_an_unprotected_gpt_leads),
		cmocka_unit_test(entries_of_a_hybrid_go_on_above_the_gpt),
		cmocka_unit_test(what_does_not_fit_is_told),
		cmocka_unit_test(what_nobody_looked_into_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
