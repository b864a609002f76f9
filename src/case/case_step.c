// SPDX-License-Identifier: Apache-2.0
/* Steps and other events of an open case. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "case_private.h"

#define NAME_LIMIT 64

static bool is_word(const char *name, const char *letters)
{
	size_t n = strlen(name);

	return n && n < NAME_LIMIT && *name != '.' && strspn(name, letters) == n;
}

static bool is_step_name(const char *name)
{
	return is_word(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

static bool is_output_name(const char *name)
{
	return is_word(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
}

/* Sealing is part of every entry, but an entry counts without it: a missing key is told once, and
 * again when the command seals. */
static void seal_or_tell(struct exh_ctx *ctx, struct exh_case *c)
{
	if (exh_case_seal_locked(ctx, c) == 0 || c->told_key_missing)
		return;
	c->told_key_missing = true;
	exh_note(ctx, "%s", ctx->text);
}

static int lock_and_catch_up(struct exh_ctx *ctx, struct exh_case *c)
{
	int r = exh_ledger_lock(ctx, c->ledger_fd, LOCK_EX);

	if (r < 0)
		return r;
	r = exh_chain_catch_up(ctx, &c->chain);
	if (r < 0)
		flock(c->ledger_fd, LOCK_UN);
	return r;
}

int exh_case_event(struct exh_ctx *ctx, struct exh_case *c, const char *event, const json_t *data)
{
	int r = lock_and_catch_up(ctx, c);

	if (r < 0)
		return exh_prefix(ctx, r, "%s", c->dir);
	r = exh_chain_append(ctx, &c->chain, event, data);
	if (r == 0)
		seal_or_tell(ctx, c);
	flock(c->ledger_fd, LOCK_UN);
	return exh_prefix(ctx, r, "%s", c->dir);
}

static struct exh_own_step *new_step(const char *name)
{
	struct exh_own_step *step = calloc(1, sizeof(*step));

	if (!step)
		return NULL;
	step->name = strdup(name);
	step->outputs = json_array();
	if (step->name && step->outputs)
		return step;
	free(step->name);
	free(step);
	return NULL;
}

static void free_step(struct exh_own_step *step)
{
	free(step->name);
	json_decref(step->outputs);
	free(step);
}

/* The byte is locked before the entry can be seen, so that nobody takes the step for a dead one. */
static int append_begin(struct exh_ctx *ctx, struct exh_case *c, struct exh_own_step *step)
{
	_cleanup_json_ json_t *data = NULL;
	int r;

	step->begin = c->chain.entries;
	step->number = c->steps.count + 1;
	if (!c->tool)
		c->tool = exh_case_tool(ctx);
	data = json_pack("{s:s, s:I, s:O}", "step", step->name, "number", (json_int_t)step->number,
			 "tool", c->tool);
	r = exh_step_lock(ctx, c->steps_fd, step->begin);
	if (r < 0)
		return r;
	r = exh_chain_append(ctx, &c->chain, "begin", data);
	if (r == 0)
		seal_or_tell(ctx, c);
	else
		exh_step_unlock(c->steps_fd, step->begin);
	return r;
}

int exh_case_begin(struct exh_ctx *ctx, struct exh_case *c, const char *name)
{
	struct exh_own_step *step;
	int r;

	if (!is_step_name(name))
		return exh_fail(ctx, EXH_E_USAGE, "'%s' is no name of a step", name);
	step = new_step(name);
	if (!step)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	r = lock_and_catch_up(ctx, c);
	if (r == 0) {
		r = append_begin(ctx, c, step);
		flock(c->ledger_fd, LOCK_UN);
	}
	if (r < 0) {
		free_step(step);
		return exh_prefix(ctx, r, "%s", c->dir);
	}
	step->outer = c->own;
	c->own = step;
	return 0;
}

static int below(struct exh_ctx *ctx, struct exh_case *c, const char *folder)
{
	int fd = openat(c->dirfd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT && mkdirat(c->dirfd, folder, 0700) == 0)
		fd = openat(c->dirfd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? exh_fail_errno(ctx, "%s/%s: cannot be opened", c->dir, folder) : fd;
}

/* {"files": rows}: how long each list at the top of facts is, for readers of the ledger alone. */
static json_t *count_rows(const json_t *facts)
{
	json_t *rows = json_object(), *value;
	const char *key;

	json_object_foreach ((json_t *)facts, key, value)
		if (json_is_array(value))
			json_object_set_new(rows, key,
					    json_integer((json_int_t)json_array_size(value)));
	return rows;
}

static int write_facts(struct exh_ctx *ctx, struct exh_case *c, const struct exh_own_step *step,
		       const json_t *facts, json_t **file_ret)
{
	_cleanup_fd_ int dirfd = below(ctx, c, "facts");
	_cleanup_free_ char *text =
		json_dumps(facts, JSON_INDENT(1) | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
	char name[NAME_LIMIT + 40], path[sizeof(name) + 8], sha256[EXH_SHA256_HEX];
	size_t n = text ? strlen(text) + 1 : 0;
	int r;

	if (dirfd < 0)
		return dirfd;
	if (!text)
		return exh_fail(ctx, EXH_E_NOMEM, "the facts of %s cannot be written as JSON",
				step->name);
	text[n - 1] = '\n';
	snprintf(name, sizeof(name), "%04" PRIu64 "-%s.json", step->number, step->name);
	snprintf(path, sizeof(path), "facts/%s", name);
	r = exh_case_sha256(ctx, text, n, sha256);
	if (r == 0)
		r = exh_file_write(ctx, dirfd, name, text, n, 0600);
	if (r == 0)
		r = exh_fsync_dir(ctx, dirfd, "facts");
	if (r < 0)
		return r;
	*file_ret = exh_case_file_json(path, sha256, n);
	json_object_set_new(*file_ret, "rows", count_rows(facts));
	return 0;
}

int exh_case_file(struct exh_ctx *ctx, struct exh_case *c, const char *path, json_t **ret)
{
	char sha256[EXH_SHA256_HEX];
	uint64_t bytes = 0;
	int r = exh_case_digest_file(ctx, c->dirfd, path, sha256, &bytes);

	if (r == 1)
		return exh_fail(ctx, EXH_E_STATE, "%s/%s: is not there", c->dir, path);
	if (r < 0)
		return exh_prefix(ctx, r, "%s", c->dir);
	*ret = exh_case_file_json(path, sha256, bytes);
	return 0;
}

static int add_outputs(struct exh_ctx *ctx, struct exh_case *c, const json_t *outputs,
		       json_t *entry)
{
	json_t *files, *path;
	size_t i;

	if (!json_array_size(outputs))
		return 0;
	files = json_array();
	json_object_set_new(entry, "files", files);
	json_array_foreach (outputs, i, path) {
		json_t *file;
		int r = exh_case_file(ctx, c, json_string_value(path), &file);

		if (r < 0)
			return r;
		json_array_append_new(files, file);
	}
	return 0;
}

/* Which map was believed, and what its holes read as. */
static void add_mapfile(const json_t *image, json_t *entry)
{
	static const char *const keys[] = {"path", "bytes", "sha256", "holes", "not_rescued"};
	const json_t *mapfile = json_object_get(image, "mapfile");
	json_t *kept = mapfile ? json_object() : NULL;

	for (size_t i = 0; kept && i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_object_get(mapfile, keys[i]))
			json_object_set(kept, keys[i], json_object_get(mapfile, keys[i]));
	if (kept)
		json_object_set_new(entry, "mapfile", kept);
}

static int record_end(struct exh_ctx *ctx, struct exh_case *c, const struct exh_own_step *step,
		      const json_t *facts, char **path_ret)
{
	_cleanup_json_ json_t *entry =
		json_pack("{s:s, s:I, s:I}", "step", step->name, "number", (json_int_t)step->number,
			  "begin", (json_int_t)step->begin);
	json_t *verdict = json_object_get(facts, "verdict"), *file = NULL;
	int r = write_facts(ctx, c, step, facts, &file);

	if (r < 0)
		return r;
	json_object_set_new(entry, "facts", file);
	if (json_is_string(verdict))
		json_object_set(entry, "verdict", verdict);
	/* the ledger binds the evidence without the file of facts too */
	if (!json_object_get(facts, "fill") && json_object_size(json_object_get(facts, "digests")))
		json_object_set(entry, "digests", json_object_get(facts, "digests"));
	add_mapfile(json_object_get(facts, "image"), entry);
	r = add_outputs(ctx, c, step->outputs, entry);
	if (r == 0)
		r = exh_case_event(ctx, c, "end", entry);
	if (r == 0 && path_ret)
		*path_ret = strdup(exh_json_str(file, "path"));
	return r;
}

int exh_case_end(struct exh_ctx *ctx, struct exh_case *c, const char *name, const json_t *facts,
		 char **path_ret)
{
	struct exh_own_step **at = &c->own, *step;
	int r;

	while (*at && strcmp((*at)->name, name))
		at = &(*at)->outer;
	step = *at;
	if (!step)
		return exh_fail(ctx, EXH_E_STATE, "%s: the step %s was not begun", c->dir, name);
	r = record_end(ctx, c, step, facts, path_ret);
	if (r < 0)
		return r;
	*at = step->outer;
	exh_step_unlock(c->steps_fd, step->begin);
	free_step(step);
	return 0;
}

int exh_case_new_output(struct exh_ctx *ctx, struct exh_case *c, const char *name, char **path_ret)
{
	_cleanup_fd_ int dirfd = below(ctx, c, "output");
	char path[NAME_LIMIT + 40];
	int fd;

	if (dirfd < 0)
		return dirfd;
	if (!is_output_name(name))
		return exh_fail(ctx, EXH_E_USAGE, "'%s' is no name of an output", name);
	snprintf(path, sizeof(path), "output/%04" PRIu64 "-%s",
		 c->own ? c->own->number : c->steps.count, name);
	fd = openat(dirfd, path + sizeof("output/") - 1,
		    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return exh_fail_errno(ctx, "%s/%s: cannot be made", c->dir, path);
	if (c->own)
		json_array_append_new(c->own->outputs, json_string(path));
	if (path_ret)
		*path_ret = strdup(path);
	return fd;
}
