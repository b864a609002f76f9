// SPDX-License-Identifier: Apache-2.0
#include "problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <exhibit.h>

#include "cleanup.h"
#include "text.h"

#define SEVERITY_ERROR	 "error"
#define SEVERITY_WARNING "warning"
#define SEVERITY_NOTE	 "note"

static const struct {
	const char *code, *severity, *meaning;
} problems[] = {
#define EXH_PROBLEM(id, code, severity, meaning)                                                   \
	[EXH_P_##id] = {code, SEVERITY_##severity, meaning},
#include "problems.def"
#undef EXH_PROBLEM
};

static json_t *problem_new(enum exh_problem id, const char *fmt, va_list ap)
{
	_cleanup_free_ char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0) {
		text = NULL;
		return NULL;
	}
	return json_pack("{s:s, s:s, s:o}", "code", problems[id].code, "severity",
			 problems[id].severity, "text", exh_json_text(text, strlen(text)));
}

json_t *exh_problem(enum exh_problem id, const char *fmt, ...)
{
	va_list ap;
	json_t *problem;

	va_start(ap, fmt);
	problem = problem_new(id, fmt, ap);
	va_end(ap);
	return problem;
}

json_t *exh_problem_at(enum exh_problem id, uint64_t start, uint64_t length, const char *fmt, ...)
{
	va_list ap;
	json_t *problem;

	va_start(ap, fmt);
	problem = problem_new(id, fmt, ap);
	va_end(ap);
	if (problem) {
		json_object_set_new(problem, "start", json_integer((json_int_t)start));
		json_object_set_new(problem, "length", json_integer((json_int_t)length));
	}
	return problem;
}

const char *exh_problem_code(enum exh_problem id)
{
	return problems[id].code;
}

const char *exh_problem_meaning(const char *code)
{
	for (size_t i = 0; i < EXH_NR_PROBLEMS; i++)
		if (!strcmp(problems[i].code, code))
			return problems[i].meaning;
	return NULL;
}

static json_t *problems_of(json_t *facts)
{
	json_t *list = json_object_get(facts, "problems");

	if (!list) {
		list = json_array();
		json_object_set_new(facts, "problems", list);
	}
	return list;
}

int exh_problems_add(json_t *facts, json_t *problem)
{
	return json_array_append_new(problems_of(facts), problem);
}

int exh_problems_move(json_t *facts, const json_t *from)
{
	const json_t *list = json_object_get(from, "problems");

	return list ? json_array_extend(problems_of(facts), (json_t *)list) : 0;
}

int exh_problems_has(const json_t *facts, enum exh_problem id)
{
	const json_t *list = json_object_get(facts, "problems");
	const json_t *p;
	size_t i;

	json_array_foreach (list, i, p) {
		const char *code = json_string_value(json_object_get(p, "code"));

		if (code && !strcmp(code, problems[id].code))
			return 1;
	}
	return 0;
}

void exh_each_problem_code(void (*callback)(const char *code, const char *severity,
					    const char *meaning, void *opaque),
			   void *opaque)
{
	for (size_t i = 0; i < EXH_NR_PROBLEMS; i++)
		callback(problems[i].code, problems[i].severity, problems[i].meaning, opaque);
}
