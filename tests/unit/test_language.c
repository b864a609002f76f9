// SPDX-License-Identifier: Apache-2.0
/* Each language of the reports has all texts, with the same values in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/language.h"

static unsigned placeholders_of(const char *text)
{
	unsigned set = 0;

	for (; *text; text++)
		if (text[0] == '{' && text[1] >= '1' && text[1] <= '9' && text[2] == '}')
			set |= 1u << (text[1] - '0');
	return set;
}

static void test_languages_say_the_same(void **state)
{
	const struct exh_language *en = exh_language_named("en"), *other;
	size_t differ = 0;

	(void)state;
	for (size_t i = 1; (other = exh_language_at(i)); i++)
		for (size_t id = 1; id < EXH_NR_TEXTS; id++) {
			const char *text = other->texts[id] ? other->texts[id] : "";

			if (!*text)
				fail_msg("%s has no text %zu: %s", other->code, id, en->texts[id]);
			if (placeholders_of(text) != placeholders_of(en->texts[id]))
				fail_msg("%s: other values in: %s", other->code, text);
			differ += strcmp(text, en->texts[id]) != 0;
		}
	assert_true(differ > EXH_NR_TEXTS * 3 / 4);
	assert_null(exh_language_at(7));
}

static void test_unknown_language(void **state)
{
	struct exh_ctx ctx = {.helper = -1};

	(void)state;
	assert_int_equal(exh_language_check(&ctx, NULL), 0);
	assert_int_equal(exh_language_check(&ctx, "de"), 0);
	assert_int_equal(exh_language_check(&ctx, "tlh"), -EXH_E_USAGE);
	assert_non_null(strstr(ctx.text, "known are en, de"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_languages_say_the_same),
		cmocka_unit_test(test_unknown_language),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
