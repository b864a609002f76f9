/* SPDX-License-Identifier: Apache-2.0 */
/* Problems: what a result cannot say, must warn of, or wants noted. One stable code each. */
#ifndef EXH_BASE_PROBLEM_H
#define EXH_BASE_PROBLEM_H

#include <jansson.h>
#include <stdint.h>

enum exh_problem {
#define EXH_PROBLEM(id, code, severity, meaning) EXH_P_##id,
#include "problems.def"
#undef EXH_PROBLEM
	EXH_NR_PROBLEMS
};

/** exh_problem - a problem object {"code","severity","text"}; the caller owns it. NULL only when
 * memory is out. */
json_t *exh_problem(enum exh_problem id, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** exh_problem_at - the same with the range [start, start + length) of the media, in bytes. */
json_t *exh_problem_at(enum exh_problem id, uint64_t start, uint64_t length, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** exh_problem_code - the stable kebab-case word. */
const char *exh_problem_code(enum exh_problem id);

/** exh_problem_meaning - the sentence of the manual's table for a code, or NULL for an unknown one.
 */
const char *exh_problem_meaning(const char *code);

/** exh_problems_add - append a problem to facts["problems"], making the list if need be; steals the
 * problem. */
int exh_problems_add(json_t *facts, json_t *problem);

/** exh_problems_move - append all problems of one object to another's. */
int exh_problems_move(json_t *facts, const json_t *from);

/** exh_problems_has - is a problem of this code among facts["problems"]? */
int exh_problems_has(const json_t *facts, enum exh_problem id);

#endif
