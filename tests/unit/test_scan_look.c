// SPDX-License-Identifier: Apache-2.0
/* Readers of contents that die: what else there is to tell is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/worker.h"
#include "mapper/scan/search.h"

#define PLACES 4

static bool goes_without(const json_t *args, size_t i, const char *step)
{
	const json_t *s;
	size_t k;

	json_array_foreach (json_object_get(args, "without"), k, s) {
		if (i == exh_json_u64(args, "first", 0) && !strcmp(json_string_value(s), step))
			return true;
	}
	return false;
}

static bool step(struct exh_worker *w, const json_t *args, size_t i, const char *name,
		 const char *deadly)
{
	if (goes_without(args, i, name))
		return false;
	exh_emit(w, json_pack("{s:i, s:s}", "at", (int)i, "by", name));
	if (exh_json_u64(args, "deadly_place", 99) == i && !strcmp(deadly, name))
		raise(SIGKILL);
	return true;
}

/* A reader that says of each place which steps it took, and dies where it was told to. */
static int mortal(struct exh_worker *w, const json_t *args)
{
	const char *deadly = exh_json_str(args, "deadly_step");

	for (size_t i = exh_json_u64(args, "first", 0); i < PLACES; i++) {
		json_t *row = json_pack("{s:i}", "index", (int)i);

		step(w, args, i, "the reader of the evidence", deadly);
		if (step(w, args, i, "libblkid", deadly))
			json_object_set_new(row, "libblkid", json_true());
		if (step(w, args, i, "libmagic", deadly))
			json_object_set_new(row, "libmagic", json_true());
		exh_emit_row(w, "contents", row);
	}
	return 0;
}

static int stillborn(struct exh_worker *w, const json_t *args)
{
	(void)args;
	return exh_fail(w->ctx, EXH_E_MISSING, "there is no database");
}

/* Says that it is at a place that nobody asked for, and dies. */
static int liar(struct exh_worker *w, const json_t *args)
{
	(void)args;
	exh_emit(w, json_pack("{s:i, s:s}", "at", 1000000, "by", "libblkid"));
	raise(SIGKILL);
	return 0;
}

static json_t *looked(const struct exh_task *task, const char *deadly_step, json_t **facts)
{
	const struct exh_task tasks[] = {*task, {0}};
	struct exh_ctx ctx = {.helper = -1};
	struct exh_image image = {.missing = json_array()};
	struct exh_scan_run run = {.ctx = &ctx, .image = &image};
	json_t *places = json_array(), *answer = NULL;

	image.files = calloc(1, sizeof(*image.files));
	assert_int_equal(exh_workers_start(&ctx, tasks), 0);
	for (int i = 0; i < PLACES; i++)
		json_array_append_new(places,
				      json_pack("{s:i, s:i}", "start", i * 512, "length", 512));
	run.facts = *facts = exh_facts_new("scan");
	run.args = json_pack("{s:i, s:s}", "deadly_place", 1, "deadly_step", deadly_step);
	assert_int_equal(exh_scan_look_inside(&run, places, &answer), 0);
	exh_workers_stop(&ctx);
	json_decref(run.args);
	json_decref(image.missing);
	free(image.files);
	return answer;
}

static const json_t *row(const json_t *answer, size_t i)
{
	return json_array_get(json_object_get(answer, "contents"), i);
}

static size_t nr_problems(const json_t *facts)
{
	return json_array_size(json_object_get(facts, "problems"));
}

static void what_kills_a_library_costs_its_word_on_that_place(void **state)
{
	static const struct exh_task task = {"scan-contents", EXH_PROBER, NULL, mortal};
	json_t *facts;
	_cleanup_json_ json_t *answer = looked(&task, "libblkid", &facts);

	(void)state;
	for (size_t i = 0; i < PLACES; i++) {
		assert_int_equal(exh_json_u64(row(answer, i), "index", 99), i);
		assert_int_equal(json_is_true(json_object_get(row(answer, i), "libblkid")), i != 1);
		assert_true(json_is_true(json_object_get(row(answer, i), "libmagic")));
	}
	assert_int_equal(nr_problems(facts), 1);
	json_decref(facts);
}

static void what_kills_the_reader_of_the_evidence_costs_the_place(void **state)
{
	static const struct exh_task task = {"scan-contents", EXH_PROBER, NULL, mortal};
	json_t *facts;
	_cleanup_json_ json_t *answer = looked(&task, "the reader of the evidence", &facts);

	(void)state;
	assert_int_equal(json_array_size(json_object_get(answer, "contents")), PLACES - 1);
	assert_int_equal(exh_json_u64(row(answer, 1), "index", 99), 2);
	assert_int_equal(nr_problems(facts), 1);
	json_decref(facts);
}

static void a_worker_that_never_begins_is_asked_once(void **state)
{
	static const struct exh_task dead = {"scan-contents", EXH_PROBER, NULL, stillborn};
	static const struct exh_task lying = {"scan-contents", EXH_PROBER, NULL, liar};
	const struct exh_task *tasks[] = {&dead, &lying};

	(void)state;
	for (int i = 0; i < 2; i++) {
		json_t *facts;
		_cleanup_json_ json_t *answer = looked(tasks[i], "none", &facts);

		assert_null(row(answer, 0));
		assert_int_equal(nr_problems(facts), 1);
		json_decref(facts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_kills_a_library_costs_its_word_on_that_place),
		cmocka_unit_test(what_kills_the_reader_of_the_evidence_costs_the_place),
		cmocka_unit_test(a_worker_that_never_begins_is_asked_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
