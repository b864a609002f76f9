// SPDX-License-Identifier: Apache-2.0
#include "language.h"

#include <stdio.h>
#include <string.h>

static const char *const english[EXH_NR_TEXTS] = {
#define EXH_TEXT(id, text) [EXH_T_##id] = text,
#include "en.def"
#undef EXH_TEXT
};

static const char *const german[EXH_NR_TEXTS] = {
#define EXH_TEXT(id, text) [EXH_T_##id] = text,
#include "de.def"
#undef EXH_TEXT
};

static const struct exh_language languages[] = {
	{"en", english},
	{"de", german},
};

#define NR_LANGUAGES (sizeof(languages) / sizeof(languages[0]))

const struct exh_language *exh_language_at(size_t i)
{
	return i < NR_LANGUAGES ? &languages[i] : NULL;
}

int exh_language_check(struct exh_ctx *ctx, const char *code)
{
	char known[64] = "";

	for (size_t i = 0; i < NR_LANGUAGES; i++) {
		if (!code || !strcmp(languages[i].code, code))
			return 0;
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s",
			 i ? ", " : "", languages[i].code);
	}
	return exh_fail(ctx, EXH_E_USAGE, "report: there is no language '%s'; known are %s", code,
			known);
}

const struct exh_language *exh_language_named(const char *code)
{
	for (size_t i = 0; code && i < NR_LANGUAGES; i++)
		if (!strcmp(languages[i].code, code))
			return &languages[i];
	return &languages[0];
}

const char *exh_say(const struct exh_language *language, enum exh_text id)
{
	const char *text = language->texts[id] ? language->texts[id] : english[id];

	return text ? text : "";
}
