/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of a report. A language is one file of texts like en.def and one row in language.c;
 * what it leaves out is printed in English. {1}, {2}, ... stand for values.
 */
#ifndef EXH_REPORT_LANGUAGE_H
#define EXH_REPORT_LANGUAGE_H

enum exh_text {
	EXH_T_NONE,
#define EXH_TEXT(id, text) EXH_T_##id,
#include "en.def"
#undef EXH_TEXT
	EXH_NR_TEXTS
};

struct exh_language {
	const char *code; /* BCP 47, for the lang attribute */
	const char *const *texts;
};

/** exh_language_named - a language by its code; English where the code is NULL or unknown. */
const struct exh_language *exh_language_named(const char *code);

/** exh_say - a text in a language; borrowed, never NULL. */
const char *exh_say(const struct exh_language *language, enum exh_text id);

#endif
