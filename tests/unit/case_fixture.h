/* SPDX-License-Identifier: Apache-2.0 */
/* Cases in a directory of their own, with a key directory of their own; a check that fails ends the
 * test. */
#ifndef EXH_TESTS_CASE_FIXTURE_H
#define EXH_TESTS_CASE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "case/case_private.h"

extern struct exh_ctx ctx;

/** fixture_set_up, fixture_tear_down - for cmocka_run_group_tests(). */
int fixture_set_up(void **state);
int fixture_tear_down(void **state);

/** fixture_root - the directory that holds all cases of this program. */
const char *fixture_root(void);

/** source_root - the project's own directory, with a slash at its end; the caller frees it. */
char *source_root(void);

/** path_of - the path of a file of the case named dir. */
void path_of(char out[512], const char *dir, const char *name);

/** load, store, copy, drop - whole files of cases; load's result is the caller's. */
char *load(const char *dir, const char *name, size_t *n);
void store(const char *dir, const char *name, const void *bytes, size_t n);
void copy(const char *from_dir, const char *from, const char *to_dir, const char *to);
void drop(const char *dir, const char *name);

/** edit - replace the first occurrence of old, which must be there. */
void edit(const char *dir, const char *name, const char *old, const char *new);

/** line_start - the offset of a line, counted from 0. */
size_t line_start(const char *bytes, size_t n, size_t number);

struct exh_case *open_case(const char *dir);
void add_step(struct exh_case *c, const char *step);

/** make_case - entries: 0 genesis, 1-2 verify, 3-4 scan, 5 begin and 6 end of files with an output.
 */
void make_case(const char *dir);

/** append_chained - add an entry that continues the chain and that nobody seals, as whoever can
 * write files can. */
void append_chained(const char *dir);

json_t *verify_with(const char *dir, const char *key, const char *head);
bool has_problem(const json_t *facts, const char *code);

/** check - does a verification have this verdict, and this text (or NULL) somewhere? */
void check(const json_t *facts, const char *verdict, const char *text);

/** expect - the same for a case as it is now, without anchors. */
void expect(const char *dir, const char *verdict, const char *text);

#endif
