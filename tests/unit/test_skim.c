// SPDX-License-Identifier: Apache-2.0
/* Of every line that is skimmed the JSON parser must say the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "case/skim.h"

static const char example[] =
	"{\"a\":[],\"b\":[1,-2,{\"c\":{}},\"x\\\"\\\\\\n\"],\"clock\":{\"boot_id\":\"e08f8c5f\","
	"\"boottime_us\":642410246,\"step_us\":-5,\"synchronised\":false},\"event\":\"note\","
	"\"n\":null,\"prev\":\"754138ab58c3756bc5f238c15cdd262eb9172e60b7e54a25a697c2d8ecd977b3\","
	"\"seq\":12,\"time\":\"2026-11-24T13:20:44.971892Z\",\"torn\":{\"bytes\":1},\"z\":true}\n";

/* 1 where the line was skimmed; what the parser says then is the same. */
static int compare(const char *line, size_t n)
{
	_cleanup_json_ json_t *json = NULL;
	struct exh_entry entry = {.text = line, .length = n, .parsed = &json};
	struct exh_moment moment;
	bool same;

	if (!exh_skim(&entry))
		return 0;
	json = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
	exh_moment_of(json, &moment);
	same = json && exh_json_u64(json, "seq", UINT64_MAX) == entry.seq &&
	       !strcmp(exh_json_str(json, "prev"), entry.prev) &&
	       !strcmp(exh_json_str(json, "event"), entry.event) &&
	       !strcmp(exh_json_str(json, "time"), entry.time) &&
	       (json_object_get(json, "torn") != NULL) == entry.has_torn &&
	       moment.is_known == entry.moment.is_known && moment.time_us == entry.moment.time_us &&
	       moment.boottime_us == entry.moment.boottime_us &&
	       !strcmp(moment.boot_id, entry.moment.boot_id) &&
	       json_integer_value(json_object_get(json_object_get(json, "clock"), "step_us")) ==
		       entry.clock_step;
	if (!same) {
		print_error("not the same: %.*s\n", (int)n, line);
		fail();
	}
	return 1;
}

static void a_line_of_ours_is_skimmed(void **state)
{
	(void)state;
	assert_int_equal(compare(example, sizeof(example) - 1), 1);
}

/* Every byte exchanged for each that means something, left out, or doubled. */
static void whatever_is_skimmed_the_parser_says_too(void **state)
{
	static const char bytes[] = "{}[]\",:\\0-.eun tz\x01\x7f\xff";
	size_t n = sizeof(example) - 1, skimmed = 0;

	(void)state;
	for (size_t at = 0; at + 1 < n; at++) {
		char line[sizeof(example) + 2];

		for (size_t i = 0; i < sizeof(bytes); i++) {
			memcpy(line, example, n);
			line[at] = bytes[i];
			skimmed += (size_t)compare(line, n);
		}
		memcpy(line, example, at);
		memcpy(line + at, example + at + 1, n - at - 1);
		skimmed += (size_t)compare(line, n - 1);
		memcpy(line, example, at + 1);
		memcpy(line + at + 1, example + at, n - at);
		skimmed += (size_t)compare(line, n + 1);
	}
	assert_true(skimmed > 1000);
}

static void lines_of_another_form_are_left_to_the_parser(void **state)
{
	static const char *const lines[] = {
		"\n",
		"{}\n",
		"[]\n",
		"{\"event\":\"a\",\"event\":\"b\"}\n",
		"{\"seq\":1 }\n",
		"{\"z\":1,\"a\":1}\n",
		"{\"a\":1.5}\n",
		"{\"a\":01}\n",
		"{\"a\":\"\\u0041\"}\n",
		"{\"a\":12345678901234567890}\n",
		"{\"a\":{\"b\":1,\"b\":2}}\n",
		"{\"a\"}\n",
		"{\"a\":[1,]}\n",
		"{\"a\":1,}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(compare(lines[i], strlen(lines[i])), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_of_ours_is_skimmed),
		cmocka_unit_test(whatever_is_skimmed_the_parser_says_too),
		cmocka_unit_test(lines_of_another_form_are_left_to_the_parser),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
