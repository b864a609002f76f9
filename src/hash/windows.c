// SPDX-License-Identifier: Apache-2.0
#include "windows.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "base/text.h"
#include "base/tree.h"

#define SHA256_BYTES 32
#define MAX_LISTED   100

int exh_windows_check(struct exh_ctx *ctx, uint64_t window, uint64_t media_size)
{
	if (window < EXH_MIN_WINDOW || window % EXH_MIN_WINDOW)
		return exh_fail(ctx, EXH_E_USAGE,
				"a window of %llu bytes: must be a multiple of %d",
				(unsigned long long)window, EXH_MIN_WINDOW);
	if (media_size / window >= EXH_MAX_WINDOWS)
		return exh_fail(ctx, EXH_E_USAGE,
				"windows of %llu bytes would be more than %d; take larger ones",
				(unsigned long long)window, EXH_MAX_WINDOWS);
	return 0;
}

/* ---- the tree ---- */

int exh_windows_root(const unsigned char (*entries)[SHA256_BYTES], size_t n,
		     char out[EXH_DIGEST_HEX])
{
	unsigned char root[EXH_TREE_HASH];
	struct exh_tree tree;
	bool ok = exh_tree_init(&tree);

	for (size_t i = 0; ok && i < n; i++)
		ok = exh_tree_add(&tree, entries[i], SHA256_BYTES);
	ok = ok && exh_tree_root(&tree, root);
	exh_tree_clear(&tree);
	if (ok)
		exh_hex(root, sizeof(root), out);
	return ok ? 0 : -1;
}

/* ---- what the worker said ---- */

static uint64_t nr_windows(uint64_t window, uint64_t media_size)
{
	return media_size / window + (media_size % window != 0);
}

/* Does a lost range meet the window? *next is the first row that can: both lists are in order. */
static bool is_damaged(const json_t *damage, size_t *next, uint64_t start, uint64_t end)
{
	const json_t *row;

	for (; (row = json_array_get(damage, *next)); (*next)++)
		if (exh_json_u64(row, "start", 0) + exh_json_u64(row, "length", 0) > start)
			return exh_json_u64(row, "start", 0) < end;
	return false;
}

static void hex_to_bytes(const char *hex, unsigned char *out)
{
	for (size_t i = 0; i < SHA256_BYTES; i++) {
		char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};

		out[i] = (unsigned char)strtoul(pair, NULL, 16);
	}
}

static json_t *window_row(uint64_t start, uint64_t length, const char *hex)
{
	json_t *row =
		json_pack("{s:I, s:I}", "start", (json_int_t)start, "length", (json_int_t)length);

	if (hex)
		json_object_set_new(row, "sha256", json_string(hex));
	else
		json_object_set_new(row, "status", json_string("unreadable"));
	return row;
}

/* Fills the list and the tree's entries; the count of readable windows, or -1. */
static int64_t take_values(const json_t *values, uint64_t window, uint64_t media_size,
			   const json_t *damage, json_t *list,
			   unsigned char (*entries)[SHA256_BYTES])
{
	size_t next = 0, readable = 0;

	for (size_t i = 0; i < json_array_size(values); i++) {
		const char *value = json_string_value(json_array_get(values, i));
		uint64_t start = i * window, length = exh_min(window, media_size - start);
		bool damaged = is_damaged(damage, &next, start, start + length);
		char hex[EXH_DIGEST_HEX];

		if (!value || exh_digest_hex(value, strlen(value), SHA256_BYTES, hex))
			return -1;
		hex_to_bytes(hex, entries[i]);
		readable += !damaged;
		if (json_array_append_new(list, window_row(start, length, damaged ? NULL : hex)))
			return -1;
	}
	return (int64_t)readable;
}

json_t *exh_windows_take(const json_t *values, uint64_t window, uint64_t media_size,
			 const json_t *damage)
{
	size_t n = json_array_size(values);
	_cleanup_free_ unsigned char(*entries)[SHA256_BYTES] = calloc(n + 1, sizeof(*entries));
	_cleanup_json_ json_t *list = json_array(), *windows = NULL;
	char root[EXH_DIGEST_HEX];
	int64_t readable;

	if (!entries || n != nr_windows(window, media_size))
		return NULL;
	readable = take_values(values, window, media_size, damage, list, entries);
	if (readable < 0)
		return NULL;
	windows = json_pack("{s:I, s:O}", "size", (json_int_t)window, "list", list);
	if ((uint64_t)readable == n) {
		if (exh_windows_root(entries, n, root))
			return NULL;
		json_object_set_new(windows, "root", json_string(root));
	}
	return steal(&windows);
}

/* ---- comparing ---- */

static void name_difference(json_t *facts, uint64_t start, uint64_t end)
{
	exh_problems_add(facts,
			 exh_problem_at(EXH_P_WINDOW_DIFFERS, start, end - start,
					"bytes %llu to %llu are not those of the earlier verify",
					(unsigned long long)start, (unsigned long long)end - 1));
}

/* A problem for each run of windows that differ. */
static void name_differences(const json_t *list, json_t *facts)
{
	uint64_t start = 0, end = 0;
	size_t runs = 0, i;
	const json_t *row;

	json_array_foreach (list, i, row) {
		const char *status = exh_json_str(row, "status");
		uint64_t at = exh_json_u64(row, "start", 0);

		if (!status || strcmp(status, "differs"))
			continue;
		if (at != end || end == 0) {
			if (end && runs++ < MAX_LISTED)
				name_difference(facts, start, end);
			start = at;
		}
		end = at + exh_json_u64(row, "length", 0);
	}
	if (end && runs++ < MAX_LISTED)
		name_difference(facts, start, end);
	if (runs > MAX_LISTED)
		exh_problems_add(facts, exh_problem(EXH_P_WINDOW_DIFFERS,
						    "%zu ranges differ in all; the list of windows "
						    "has every one",
						    runs));
}

size_t exh_windows_compare(json_t *windows, const json_t *earlier, json_t *facts, size_t *compared)
{
	json_t *list = json_object_get(windows, "list"), *row;
	const json_t *old = json_object_get(earlier, "list");
	size_t differing = 0, i;

	*compared = 0;
	if (exh_json_u64(windows, "size", 0) != exh_json_u64(earlier, "size", 1) ||
	    json_array_size(list) != json_array_size(old))
		return 0;
	json_array_foreach (list, i, row) {
		const char *now = exh_json_str(row, "sha256");
		const char *then = exh_json_str(json_array_get(old, i), "sha256");

		if (!now || !then)
			continue;
		++*compared;
		if (!strcmp(now, then))
			continue;
		differing++;
		json_object_set_new(row, "status", json_string("differs"));
	}
	name_differences(list, facts);
	return differing;
}
