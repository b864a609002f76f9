// SPDX-License-Identifier: Apache-2.0
/* Groups problems by code, so that a hundred thousand of them stay one page. */
#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"

#define WORST 5

static const char *const severities[] = {"error", "warning", "note"};

#define NR_SEVERITIES (sizeof(severities) / sizeof(severities[0]))

static size_t rank_of(const char *severity)
{
	for (size_t i = 0; severity && i < NR_SEVERITIES; i++)
		if (!strcmp(severities[i], severity))
			return i;
	return 0; /* what cannot be ranked is taken as the worst */
}

static json_t *group_for(json_t *groups, const json_t *problem)
{
	const char *code = exh_json_str(problem, "code");
	json_t *group = json_object_get(groups, code ? code : "?");
	const char *meaning;

	if (group)
		return group;
	code = code ? code : "?";
	meaning = exh_problem_meaning(code);
	group = json_pack("{s:s, s:s, s:i, s:[]}", "code", code, "severity",
			  severities[rank_of(exh_json_str(problem, "severity"))], "count", 0,
			  "worst");
	if (meaning)
		json_object_set_new(group, "meaning", json_string(meaning));
	json_object_set_new(groups, code, group);
	return group;
}

/* Keeps the longest ranges; of equal ones those that came first. */
static void keep_worst(json_t *worst, json_t *problem)
{
	uint64_t length = exh_json_u64(problem, "length", 0);
	size_t at = json_array_size(worst);

	while (at > 0 && exh_json_u64(json_array_get(worst, at - 1), "length", 0) < length)
		at--;
	if (at >= WORST)
		return;
	json_array_insert(worst, at, problem);
	if (json_array_size(worst) > WORST)
		json_array_remove(worst, WORST);
}

static void add(json_t *object, const char *key, uint64_t n)
{
	json_object_set_new(object, key,
			    json_integer((json_int_t)(exh_json_u64(object, key, 0) + n)));
}

struct grouping {
	json_t *groups, *totals;
};

static void take(json_t *problem, void *opaque)
{
	struct grouping *g = opaque;
	json_t *group = group_for(g->groups, problem);

	add(group, "count", 1);
	add(g->totals, exh_json_str(group, "severity"), 1);
	keep_worst(json_object_get(group, "worst"), problem);
}

static int worst_first(const void *a, const void *b)
{
	json_t *const *x = a, *const *y = b;
	size_t i = rank_of(exh_json_str(*x, "severity")), j = rank_of(exh_json_str(*y, "severity"));
	uint64_t m = exh_json_u64(*x, "count", 0), n = exh_json_u64(*y, "count", 0);

	if (i != j)
		return i < j ? -1 : 1;
	if (m != n)
		return m > n ? -1 : 1;
	return strcmp(exh_json_str(*x, "code"), exh_json_str(*y, "code"));
}

static json_t *sorted(json_t *groups)
{
	size_t n = json_object_size(groups), i = 0;
	_cleanup_free_ json_t **list = calloc(n + 1, sizeof(*list));
	json_t *array = json_array(), *group;
	const char *code;

	if (!list)
		return array;
	json_object_foreach (groups, code, group)
		list[i++] = group;
	qsort(list, n, sizeof(*list), worst_first);
	for (i = 0; i < n; i++)
		json_array_append(array, list[i]);
	return array;
}

static void each_of(const json_t *list, json_t *seen, void (*see)(json_t *problem, void *opaque),
		    void *opaque)
{
	json_t *problem;
	size_t i;

	json_array_foreach (list, i, problem) {
		_cleanup_free_ char *line = exh_json_dump_line(problem);

		if (!line || !json_is_object(problem) || json_object_get(seen, line))
			continue;
		json_object_set_new(seen, line, json_true());
		see(problem, opaque);
	}
}

void exh_problems_each(const json_t *model, void (*see)(json_t *problem, void *opaque),
		       void *opaque)
{
	static const char *const parts[] = {"before", "scan",	"analysis",
					    "files",  "rescue", "after"};
	const json_t *examination = exh_object(model, "examination");
	_cleanup_json_ json_t *seen = json_object();

	each_of(exh_list(model, "problems"), seen, see, opaque);
	each_of(exh_list(exh_object(exh_object(model, "ledger"), "verification"), "problems"), seen,
		see, opaque);
	each_of(exh_list(examination, "problems"), seen, see, opaque);
	each_of(exh_list(exh_object(model, "rescue"), "problems"), seen, see, opaque);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		each_of(exh_list(exh_object(examination, parts[i]), "problems"), seen, see, opaque);
}

void exh_problems_group(json_t *model)
{
	_cleanup_json_ json_t *groups = json_object();
	struct grouping g = {
		.groups = groups,
		.totals = json_pack("{s:i, s:i, s:i}", "error", 0, "warning", 0, "note", 0),
	};

	exh_problems_each(model, take, &g);
	json_object_set_new(model, "problem_totals", g.totals);
	json_object_set_new(model, "problem_groups", sorted(groups));
}
