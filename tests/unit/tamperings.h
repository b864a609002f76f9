/* SPDX-License-Identifier: Apache-2.0 */
/* What can be done to a case of make_case(), and as what it must be named. */
#ifndef EXH_TESTS_TAMPERINGS_H
#define EXH_TESTS_TAMPERINGS_H

#include "case_fixture.h"

struct tampering {
	const char *name;
	void (*tamper)(const char *dir);
	const char *verdict, *text;
	const char *offline; /* what the verifier of exports says, where that is not the text */
};

extern const struct tampering tamperings[];
extern const size_t nr_tamperings;

#endif
