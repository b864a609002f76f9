// SPDX-License-Identifier: Apache-2.0
#include "list.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "mapper/source/image.h"

struct list {
	FILE *out;
	const struct exh_files_options *caller;
	bool failed;
};

static int write_row(const json_t *row, void *opaque)
{
	struct list *l = opaque;
	_cleanup_free_ char *line = exh_json_dump_line(row);

	l->failed = !line || fprintf(l->out, "%s\n", line) < 0;
	if (l->failed)
		return 1;
	return l->caller->on_row ? l->caller->on_row(row, l->caller->opaque) : 0;
}

static void pass_volume(const json_t *volume, void *opaque)
{
	const struct list *l = opaque;

	l->caller->on_volume(volume, l->caller->opaque);
}

/* How long the list is, for those who do not read it. */
static json_t *rows_of(const json_t *facts)
{
	const json_t *fs;
	uint64_t rows = 0;
	size_t i;

	json_array_foreach (json_object_get(facts, "filesystems"), i, fs)
		rows += exh_json_u64(fs, "allocated", 0) + exh_json_u64(fs, "deleted", 0);
	return json_integer((json_int_t)rows);
}

static int list_into(struct exh_ctx *ctx, struct list *l, struct exh_image *image, const char *path,
		     json_t **facts)
{
	struct exh_files_options options = *l->caller;
	int r;

	options.on_row = write_row;
	options.on_volume = options.on_volume ? pass_volume : NULL;
	options.opaque = l;
	r = exh_files(ctx, image, &options, facts);
	if ((fflush(l->out) || l->failed) && r >= 0)
		r = exh_fail_errno(ctx, "%s: cannot be written", path);
	return r;
}

int exh_case_list(struct exh_ctx *ctx, struct exh_case *c, struct exh_image *image,
		  const struct exh_files_options *options, json_t **facts)
{
	struct list l = {.caller = options};
	_cleanup_free_ char *path = NULL;
	_cleanup_file_ FILE *out = NULL;
	json_t *file = NULL;
	int r, fd = exh_case_new_output(ctx, c, "files.jsonl", &path);

	if (fd < 0)
		return fd;
	l.out = out = fdopen(fd, "w");
	r = out ? list_into(ctx, &l, image, path, facts)
		: exh_fail_errno(ctx, "%s: cannot be written", path);
	if (!*facts)
		return r;
	if (!exh_case_file(ctx, c, path, &file))
		json_object_set_new(*facts, "list", file);
	json_object_set_new(*facts, "rows", rows_of(*facts));
	return r;
}

int exh_case_files(struct exh_ctx *ctx, struct exh_image *image, const char *dir,
		   const struct exh_files_options *options, json_t **facts)
{
	_cleanup_json_ json_t *evidence = exh_image_begin(image, "files");
	const struct exh_case_making making = {.evidence = evidence};
	_cleanup_case_ struct exh_case *c = NULL;
	int result, r = exh_case_open(ctx, dir, &making, &c);

	*facts = NULL;
	if (r == 0)
		r = exh_case_begin(ctx, c, "files");
	if (r < 0)
		return r;
	result = exh_case_list(ctx, c, image, options, facts);
	if (result < 0)
		exh_add_failure(ctx, "files", facts);
	if (exh_interrupted(ctx))
		exh_add_interrupted(*facts);
	r = exh_case_end(ctx, c, "files", *facts, NULL);
	if (r == 0)
		r = exh_case_seal(ctx, c);
	return r < 0 ? r : result;
}
