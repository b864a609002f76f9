// SPDX-License-Identifier: Apache-2.0
#include "language.h"

#include <stddef.h>
#include <string.h>

static const char *const english[EXH_NR_TEXTS] = {
#define EXH_TEXT(id, text) [EXH_T_##id] = text,
#include "en.def"
#undef EXH_TEXT
};

static const struct exh_language languages[] = {
	{"en", english},
};

const struct exh_language *exh_language_named(const char *code)
{
	for (size_t i = 0; code && i < sizeof(languages) / sizeof(languages[0]); i++)
		if (!strcmp(languages[i].code, code))
			return &languages[i];
	return &languages[0];
}

const char *exh_say(const struct exh_language *language, enum exh_text id)
{
	const char *text = language->texts[id] ? language->texts[id] : english[id];

	return text ? text : "";
}
