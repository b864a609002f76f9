// SPDX-License-Identifier: Apache-2.0
#include "answer.h"

#include <string.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"

#define MAX_PROBLEMS 300
#define MAX_LISTED   100

/* Reasons of the contract. Ranges that the opening of the image told of need no second problem. */
static const struct reason {
	const char *name, *text;
	enum exh_problem problem;
	bool once;
} reasons[] = {
	{"checksum", "does not match its checksum", EXH_P_CHUNK_DAMAGED, false},
	{"decompress", "cannot be inflated", EXH_P_CHUNK_DAMAGED, false},
	{"io-error", "could not be read from its medium", EXH_P_READ_ERROR, false},
	{"missing-segment", "is in a segment that is not there", EXH_P_SEGMENT_MISSING, true},
	{"truncated", "is in a part that was cut off", EXH_P_SEGMENT_TRUNCATED, true},
	{"not-rescued", "was never rescued", EXH_P_NOT_RESCUED, true},
};

#define NR_REASONS (sizeof(reasons) / sizeof(reasons[0]))

static const struct reason *find_reason(const char *name)
{
	for (size_t i = 0; name && i < NR_REASONS; i++)
		if (!strcmp(reasons[i].name, name))
			return &reasons[i];
	return NULL;
}

/* A checked digest in a new string, or NULL. */
static json_t *checked_hex(const char *value, const struct exh_digest *digest)
{
	char hex[EXH_DIGEST_HEX];

	if (!value || exh_digest_hex(value, strlen(value), digest->size, hex))
		return NULL;
	return json_string(hex);
}

json_t *exh_answer_digests(const json_t *said, const struct exh_digests *set)
{
	_cleanup_json_ json_t *taken = json_object();

	for (size_t i = 0; i < set->nr; i++) {
		json_t *hex = checked_hex(exh_json_str(said, set->list[i].name), &set->list[i]);

		if (!hex || json_object_set_new(taken, set->list[i].name, hex))
			return NULL;
	}
	return steal(&taken);
}

json_t *exh_answer_files(const json_t *rows, size_t nr_files, const struct exh_digests *set)
{
	json_t *files = json_array();
	const json_t *row;
	size_t i;

	for (i = 0; i < nr_files; i++)
		json_array_append_new(files, json_object());
	json_array_foreach (rows, i, row) {
		const char *name = exh_json_str(row, "algorithm");
		const struct exh_digest *digest = name ? exh_digests_find(set, name) : NULL;
		json_t *file = json_array_get(files, exh_json_u64(row, "file", nr_files));
		json_t *hex = digest ? checked_hex(exh_json_str(row, "value"), digest) : NULL;

		if (file && hex)
			json_object_set(file, digest->name, hex);
		json_decref(hex);
	}
	return files;
}

json_t *exh_answer_damage(const json_t *rows, uint64_t media_size)
{
	_cleanup_json_ json_t *damage = json_array();
	uint64_t end = 0;
	const json_t *row;
	size_t i;

	json_array_foreach (rows, i, row) {
		uint64_t start = exh_json_u64(row, "start", UINT64_MAX);
		uint64_t length = exh_json_u64(row, "length", 0);
		const struct reason *reason = find_reason(exh_json_str(row, "reason"));

		if (!reason || !length || start < end ||
		    !exh_range_inside(start, length, media_size))
			return NULL;
		end = start + length;
		json_array_append_new(
			damage, json_pack("{s:I, s:I, s:s}", "start", (json_int_t)start, "length",
					  (json_int_t)length, "reason", reason->name));
	}
	return steal(&damage);
}

static int find_problem(const char *code)
{
	for (int id = 0; code && id < EXH_NR_PROBLEMS; id++)
		if (!strcmp(exh_problem_code((enum exh_problem)id), code))
			return id;
	return -1;
}

void exh_answer_problems(const json_t *answer, json_t *facts)
{
	const json_t *p;
	size_t i;

	json_array_foreach (json_object_get(answer, "problems"), i, p) {
		int id = find_problem(exh_json_str(p, "code"));
		const char *text = exh_json_str(p, "text");
		uint64_t length = exh_json_u64(p, "length", 0);

		if (i == MAX_PROBLEMS)
			break;
		if (id < 0 || !text)
			continue;
		exh_problems_add(facts, length ? exh_problem_at((enum exh_problem)id,
								exh_json_u64(p, "start", 0), length,
								"%s", text)
					       : exh_problem((enum exh_problem)id, "%s", text));
	}
}

json_t *exh_answer_self_test(const json_t *said)
{
	json_t *results = json_object();
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)said, name, value) {
		const char *word = json_string_value(value);

		if (word && (!strcmp(word, "passed") || !strcmp(word, "no-vector")) &&
		    json_object_size(results) < 3 * EXH_MAX_DIGESTS)
			json_object_set(results, name, value);
	}
	return results;
}

void exh_damage_problems(const json_t *damage, json_t *facts)
{
	size_t listed = 0, i;
	const json_t *row;

	json_array_foreach (damage, i, row) {
		uint64_t start = exh_json_u64(row, "start", 0),
			 length = exh_json_u64(row, "length", 0);
		const struct reason *reason = find_reason(exh_json_str(row, "reason"));

		if (reason->once && exh_problems_has(facts, reason->problem))
			continue;
		if (listed++ < MAX_LISTED)
			exh_problems_add(
				facts,
				exh_problem_at(reason->problem, start, length,
					       "%llu bytes of media from %llu: what holds them %s",
					       (unsigned long long)length,
					       (unsigned long long)start, reason->text));
	}
	if (listed > MAX_LISTED)
		exh_problems_add(
			facts,
			exh_problem(EXH_P_CHUNK_DAMAGED,
				    "%zu lost ranges in all; the list of damage has every one",
				    listed));
}
