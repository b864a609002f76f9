/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of a report. A language is one file of texts like en.def, with the same ids, and its
 * rows in language.c. {1}, {2}, ... stand for values. What was recorded in English (the texts and
 * meanings of problems, the words of tools) is printed as it was recorded.
 */
#ifndef EXH_REPORT_LANGUAGE_H
#define EXH_REPORT_LANGUAGE_H

#include <stddef.h>

#include "base/ctx.h"

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

/** exh_language_check - is there this language? NULL is fine; otherwise -EXH_E_USAGE with those
 * that there are. */
int exh_language_check(struct exh_ctx *ctx, const char *code);

/** exh_language_at - the languages one after the other; NULL behind the last. */
const struct exh_language *exh_language_at(size_t i);

/** exh_say - a text in a language; borrowed, never NULL. */
const char *exh_say(const struct exh_language *language, enum exh_text id);

#endif
