// SPDX-License-Identifier: Apache-2.0
/*
 * One worker looks into all places, because starting one costs more than looking. Whatever kills it
 * is known by the step that it had announced: another worker goes on there, without that step. So a
 * place that kills a library costs what that library would have said of it, and nothing else.
 */
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "search.h"

#define ANSWER_LIMIT (32U << 20)
#define LONGEST	     150 /* seconds, after which nobody goes on behind a death */

struct looking {
	struct exh_scan_run *run;
	const json_t *places;
	json_t *answer;
	json_t *without; /* the steps that the place "first" goes without */
	size_t first;
	time_t began;
};

static time_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* The step that was announced last; NULL where there was none, or one of no place that was asked
 * for. */
static const char *last_step(const struct looking *l, size_t *at)
{
	*at = exh_json_u64(l->answer, "at", json_array_size(l->places));
	if (*at < l->first || *at >= json_array_size(l->places))
		return NULL;
	return exh_json_str(l->answer, "by");
}

static bool is_without(const struct looking *l, const char *step)
{
	const json_t *s;
	size_t i;

	json_array_foreach (l->without, i, s) {
		if (!strcmp(json_string_value(s), step))
			return true;
	}
	return false;
}

static void tell_death(struct looking *l, size_t at, const char *step)
{
	const json_t *place = json_array_get(l->places, at);

	exh_problems_add(l->run->facts,
			 exh_problem_at(EXH_P_PROBER_FAILED, exh_json_u64(place, "start", 0),
					exh_json_u64(place, "length", 0),
					"what begins at %llu is not told by %.40s: %s",
					(unsigned long long)exh_json_u64(place, "start", 0), step,
					l->run->ctx->text));
}

static void give_up(struct looking *l, size_t from)
{
	char what[96];

	snprintf(what, sizeof(what), "the readers of contents, with %zu places not looked into",
		 json_array_size(l->places) - from);
	exh_scan_died(l->run, what);
	l->first = json_array_size(l->places);
}

/* Where the next worker begins, and what it leaves out. */
static void go_on(struct looking *l)
{
	size_t at;
	const char *step = last_step(l, &at);

	if (!step || now() - l->began > LONGEST) {
		give_up(l, step ? at : l->first);
		return;
	}
	tell_death(l, at, step);
	if (at != l->first)
		json_array_clear(l->without);
	l->first = at;
	if (!exh_scan_may_leave_out(step) || is_without(l, step)) {
		json_array_clear(l->without);
		l->first = at + 1;
	} else {
		json_array_append_new(l->without, json_string(step));
	}
}

static int ask(struct looking *l)
{
	json_t *args = l->run->args;

	json_object_set_new(args, "first", json_integer((json_int_t)l->first));
	json_object_set(args, "without", l->without);
	json_object_del(l->answer, "at");
	json_object_del(l->answer, "by");
	return exh_image_collect(l->run->ctx, l->run->image, "scan-contents", args, l->answer,
				 ANSWER_LIMIT);
}

int exh_scan_look_inside(struct exh_scan_run *run, json_t *places, json_t **answer)
{
	_cleanup_json_ json_t *without = json_array();
	struct looking l = {.run = run,
			    .places = places,
			    .answer = json_object(),
			    .without = without,
			    .began = now()};
	int r = 0;

	*answer = l.answer;
	json_object_set_new(run->args, "places", places);
	while (l.first < json_array_size(places)) {
		r = ask(&l);
		if (!r || r == -EXH_E_INTERRUPTED || r == -EXH_E_STATE || r == -EXH_E_NOMEM)
			break;
		go_on(&l);
		r = 0;
	}
	return r;
}
