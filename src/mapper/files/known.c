// SPDX-License-Identifier: Apache-2.0
/*
 * A worker reads the set and leaves its digests, sorted, in memory that both share and whose size
 * nobody can change. They are only compared here, so a worker that lies makes wrong marks and no
 * more.
 */
#include "known.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/worker.h"

#define MAX_TABLE   (1536ULL << 20) /* 80 million SHA-1 */
#define LEAST_HEX   32		    /* each entry has this much text at least */
#define MOST_BYTES  64
#define MAX_ANSWERS (1 << 20)

struct set {
	char *name;
	char algorithm[EXH_DIGEST_NAME];
	size_t size; /* of a digest */
	uint64_t entries, mapped;
	uint8_t *table;
};

struct exh_known {
	size_t nr;
	struct set *sets;
};

void exh_known_free(struct exh_known *known)
{
	if (!known)
		return;
	for (size_t i = 0; i < known->nr; i++) {
		if (known->sets[i].table)
			munmap(known->sets[i].table, known->sets[i].mapped);
		free(known->sets[i].name);
	}
	free(known->sets);
	free(known);
}

static void cleanup_known(struct exh_known **known)
{
	exh_known_free(*known);
}

/* ---- looking up ---- */

static bool has(const struct set *set, const uint8_t *value)
{
	uint64_t low = 0, high = set->entries;

	while (low < high) {
		uint64_t mid = low + (high - low) / 2;
		int order = memcmp(value, set->table + mid * set->size, set->size);

		if (!order)
			return true;
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return false;
}

static bool parse_hex(const char *hex, uint8_t *out, size_t size)
{
	if (!hex || strlen(hex) != 2 * size)
		return false;
	for (size_t i = 0; i < size; i++)
		if (sscanf(hex + 2 * i, "%2hhx", &out[i]) != 1)
			return false;
	return true;
}

json_t *exh_known_find(const struct exh_known *known, const json_t *digests)
{
	json_t *names = NULL;

	for (size_t i = 0; i < known->nr; i++) {
		const struct set *set = &known->sets[i];
		uint8_t value[MOST_BYTES];

		if (!parse_hex(exh_json_str(digests, set->algorithm), value, set->size) ||
		    !has(set, value))
			continue;
		if (!names)
			names = json_array();
		json_array_append_new(names, json_string(set->name));
	}
	return names;
}

/* ---- loading ---- */

/* Room for as many digests as a text of this size could have; pages that are not used cost
 * nothing. Databases are said to have no more than the most. */
static int make_table(struct exh_ctx *ctx, uint64_t *size)
{
	_cleanup_fd_ int fd = memfd_create("exhibit-known", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	*size = MAX_TABLE;
	if (fd < 0 || ftruncate(fd, (off_t)*size) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return exh_fail_errno(ctx, "no memory for a set of known files");
	return steal_fd(&fd);
}

static int take_answer(struct exh_ctx *ctx, const char *path, const json_t *answer,
		       const struct exh_digests *wanted, struct set *set)
{
	const char *name = exh_json_str(answer, "algorithm");
	const struct exh_digest *digest = name ? exh_digests_find(wanted, name) : NULL;

	set->entries = exh_json_u64(answer, "entries", 0);
	if (!digest || digest->size > MOST_BYTES ||
	    exh_mul_overflows(set->entries, digest->size, &set->mapped) || set->mapped > MAX_TABLE)
		return exh_fail(ctx, EXH_E_WORKER, "%s: a worker sent what is no set", path);
	snprintf(set->algorithm, sizeof(set->algorithm), "%s", name);
	set->size = digest->size;
	return 0;
}

static int run_worker(struct exh_ctx *ctx, int file, int table, const struct exh_digests *wanted,
		      json_t *answer)
{
	_cleanup_json_ json_t *args =
		json_pack("{s:[], s:I}", "digests", "room", (json_int_t)MAX_TABLE);
	const int fds[] = {file, table};
	struct exh_job_spec spec = {.task = "known", .args = args, .fds = fds, .nr_fds = 2};

	for (size_t i = 0; i < wanted->nr; i++)
		json_array_append_new(json_object_get(args, "digests"),
				      json_string(wanted->list[i].name));
	return exh_job_collect(ctx, &spec, answer, MAX_ANSWERS);
}

static void tell(const struct set *set, const char *path, const json_t *answer, json_t *facts)
{
	json_t *row = json_pack("{s:s, s:s, s:I}", "path", path, "algorithm", set->algorithm,
				"entries", (json_int_t)set->entries);
	static const char *const said[] = {"format", "sha256"};

	for (size_t i = 0; row && i < 2; i++)
		if (exh_json_str(answer, said[i]))
			json_object_set(row, said[i], json_object_get(answer, said[i]));
	json_array_append_new(json_object_get(facts, "known_sets"), row);
}

static int load(struct exh_ctx *ctx, const char *path, const struct exh_digests *wanted,
		json_t *facts, struct set *set)
{
	_cleanup_fd_ int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), table = -1;
	_cleanup_json_ json_t *answer = json_object();
	_cleanup_free_ char *copy = strdup(path);
	struct stat st;
	uint64_t size;
	int r;

	if (file < 0 || fstat(file, &st) < 0)
		return exh_fail_errno(ctx, "%s", path);
	if (!S_ISREG(st.st_mode))
		return exh_fail(ctx, EXH_E_USAGE, "%s: is no file", path);
	table = make_table(ctx, &size);
	r = table < 0 ? table : run_worker(ctx, file, table, wanted, answer);
	if (!r)
		r = take_answer(ctx, path, answer, wanted, set);
	if (r < 0)
		return exh_prefix(ctx, r, "%s", path);
	set->name = copy ? strdup(basename(copy)) : NULL;
	if (!set->name)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	tell(set, path, answer, facts);
	if (!set->mapped)
		return 0;
	set->table = mmap(NULL, set->mapped, PROT_READ, MAP_SHARED, table, 0);
	if (set->table == MAP_FAILED) {
		set->table = NULL;
		return exh_fail_errno(ctx, "%s: no memory", path);
	}
	return 0;
}

int exh_known_load(struct exh_ctx *ctx, const char *const *paths, const struct exh_digests *wanted,
		   json_t *facts, struct exh_known **ret)
{
	_cleanup_(cleanup_known) struct exh_known *known = calloc(1, sizeof(*known));
	size_t nr = 0;

	while (paths[nr])
		nr++;
	if (known)
		known->sets = calloc(nr + 1, sizeof(*known->sets));
	if (!known || !known->sets)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	json_object_set_new(facts, "known_sets", json_array());
	for (size_t i = 0; i < nr; i++) {
		int r;

		known->nr++;
		r = load(ctx, paths[i], wanted, facts, &known->sets[i]);
		if (r < 0)
			return r;
	}
	*ret = steal(&known);
	return 0;
}
