// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/text.h"

static void check_json(const char *bytes, size_t n, const char *expected)
{
	json_t *text = exh_json_text(bytes, n);

	assert_non_null(text);
	assert_string_equal(json_string_value(text), expected);
	json_decref(text);
}

static void valid_text_stays_as_it_is(void **state)
{
	const char text[] = "Beweisst\u00fcck \u20ac \U0001f512";

	(void)state;
	check_json("", 0, "");
	check_json(text, sizeof(text) - 1, text);
}

static void bytes_that_are_not_text_are_shown_as_hex(void **state)
{
	(void)state;
	check_json("a\xff"
		   "b",
		   3, "a\\xffb");
	check_json("\xc0\x80", 2, "\\xc0\\x80");	  /* overlong */
	check_json("\xed\xa0\x80", 3, "\\xed\\xa0\\x80"); /* surrogate */
	check_json("\xe2\x82", 2, "\\xe2\\x82");	  /* cut off */
	check_json("a\0b", 3, "a\\x00b");
}

static void half_of_a_surrogate_pair_is_shown_as_hex(void **state)
{
	const unsigned char units[] = {'A',  0,	  0x3d, 0xd8, 0x12, 0xdd, 0x3d,
				       0xd8, 'B', 0,	0,    0,    'C',  0};
	json_t *text = exh_json_utf16le(units, sizeof(units) / 2);

	(void)state;
	assert_non_null(text);
	assert_string_equal(json_string_value(text), "A\xf0\x9f\x94\x92\\ud83dB");
	json_decref(text);
}

static void check_visible(const char *utf8, const char *expected)
{
	char *visible = exh_text_visible(utf8);

	assert_non_null(visible);
	assert_string_equal(visible, expected);
	free(visible);
}

static void nothing_hostile_reaches_a_terminal(void **state)
{
	(void)state;
	check_visible("plain text", "plain text");
	check_visible("a\nb\tc", "a\\nb\\tc");
	check_visible("\x1b[2J", "\\u{1b}[2J");
	check_visible("invoice\xe2\x80\xaegpj.exe", "invoice\\u{202e}gpj.exe");
	check_visible("\xef\xbb\xbf", "\\u{feff}");
}

static void hex_is_lower_case(void **state)
{
	char out[9];

	(void)state;
	exh_hex("\x00\xab\xff\x10", 4, out);
	assert_string_equal(out, "00abff10");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_text_stays_as_it_is),
		cmocka_unit_test(bytes_that_are_not_text_are_shown_as_hex),
		cmocka_unit_test(half_of_a_surrogate_pair_is_shown_as_hex),
		cmocka_unit_test(nothing_hostile_reaches_a_terminal),
		cmocka_unit_test(hex_is_lower_case),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
