// SPDX-License-Identifier: Apache-2.0
#include "rows.h"

#include <string.h>

#include "base/checked.h"
#include "base/facts.h"

uint64_t exh_row_start(const json_t *row)
{
	return exh_json_u64(row, "start", 0);
}

uint64_t exh_row_length(const json_t *row)
{
	return exh_json_u64(row, "length", 0);
}

json_t *exh_row_take(const json_t *untrusted)
{
	static const struct {
		const char *key;
		json_type type;
	} keys[] = {
		{"number", JSON_INTEGER}, {"start", JSON_INTEGER},  {"length", JSON_INTEGER},
		{"scheme", JSON_STRING},  {"type", JSON_STRING},    {"type_id", JSON_STRING},
		{"guid", JSON_STRING},	  {"name", JSON_STRING},    {"attributes", JSON_ARRAY},
		{"role", JSON_STRING},	  {"parent", JSON_INTEGER},
	};
	uint64_t start = exh_json_u64(untrusted, "start", UINT64_MAX), end;
	json_t *row;

	if (exh_add_overflows(start, exh_json_u64(untrusted, "length", UINT64_MAX), &end))
		return NULL;
	row = json_object();
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		json_t *value = json_object_get(untrusted, keys[i].key);

		if (value && json_typeof(value) == keys[i].type)
			json_object_set(row, keys[i].key, value);
	}
	if (json_is_boolean(json_object_get(untrusted, "bootable")))
		json_object_set(row, "bootable", json_object_get(untrusted, "bootable"));
	return row;
}

bool exh_row_same_place(const json_t *a, const json_t *b)
{
	return exh_row_start(a) == exh_row_start(b) && exh_row_length(a) == exh_row_length(b);
}

json_t *exh_row_find(const json_t *list, const json_t *row, size_t hint)
{
	json_t *r = json_array_get(list, hint);
	size_t i;

	if (r && exh_row_same_place(r, row))
		return r;
	json_array_foreach (list, i, r) {
		if (exh_row_same_place(r, row))
			return r;
	}
	return NULL;
}

bool exh_row_has(const json_t *row, const char *key, const char *word)
{
	const char *value = exh_json_str(row, key);

	return value && !strcmp(value, word);
}
