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

#endif
