/* SPDX-License-Identifier: Apache-2.0 */
/* Case directories made up for the tests of the report: what an examination leaves behind, healthy
 * and otherwise. */
#ifndef EXH_TEST_REPORT_CASES_H
#define EXH_TEST_REPORT_CASES_H

#include <jansson.h>

/* The names of all made-up cases, ended by NULL. */
extern const char *const report_cases[];

/* Makes the case called name in the new directory dir. */
void report_case_make(const char *name, const char *dir);

/* Makes a case in dir with one examination that left these facts; steals them. */
void report_case_of(const char *dir, json_t *facts);

/* The facts of a healthy examination; the caller owns them. */
json_t *report_facts(void);

#endif
