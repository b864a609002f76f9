// SPDX-License-Identifier: Apache-2.0
/* What a container has lost by itself, as lost ranges like any other. */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "mapper/source/stream.h"
#include "rescue.h"
#include "tasks.h"

#define ANSWER_LIMIT (256U << 20)
#define MAX_LISTED   1000000

/* ---- the worker: reads everything once ---- */

static int read_all(struct exh_worker *w, struct exh_source *s)
{
	struct exh_stream *stream;
	struct exh_batch *batch;
	int r = exh_stream_open(w->ctx, s, NULL, &stream);

	if (r < 0)
		return r;
	while (!(r = exh_stream_next(w->ctx, stream, &batch))) {
		if (batch->media_length)
			exh_emit_progress(w, "rescue", batch->media_start + batch->media_length,
					  s->size);
		exh_batch_put(batch);
	}
	exh_stream_close(stream);
	return r < 0 ? r : 0;
}

int exh_task_losses(struct exh_worker *w, const json_t *args)
{
	_cleanup_source_ struct exh_source *s = NULL;
	_cleanup_json_ json_t *losses = NULL;
	json_t *loss;
	size_t i;
	int r = exh_source_open(w, args, &s);

	if (!r)
		r = read_all(w, s);
	if (r < 0)
		return r;
	losses = exh_source_losses(s);
	if (json_array_size(losses) > MAX_LISTED)
		return exh_fail(w->ctx, EXH_E_RANGE, "more than %d lost ranges", MAX_LISTED);
	json_array_foreach (losses, i, loss)
		if (!r)
			r = exh_emit_row(w, "damage", json_incref(loss));
	return r;
}

/* ---- the owner ---- */

struct ranges {
	struct exh_range *list;
	size_t n;
};

static void add(struct ranges *all, uint64_t start, uint64_t length, uint64_t media)
{
	if (length && exh_range_inside(start, length, media))
		all->list[all->n++] = (struct exh_range){start, length};
}

static void add_rows(struct ranges *all, const json_t *rows, uint64_t media)
{
	const json_t *row;
	size_t i;

	json_array_foreach (rows, i, row)
		add(all, exh_json_u64(row, "start", UINT64_MAX), exh_json_u64(row, "length", 0),
		    media);
}

static int by_start(const void *a, const void *b)
{
	const struct exh_range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static bool is_plain(const struct exh_image *image)
{
	const char *format = exh_json_str(image->facts, "format");

	return format && (!strcmp(format, "raw") || !strcmp(format, "split-raw"));
}

/* Without a mapfile there is nothing yet that the ranges could be laid over with. */
static int require_mapped(struct exh_ctx *ctx, struct exh_image *image)
{
	if (image->mapped)
		return 0;
	image->mapped = calloc(1, sizeof(*image->mapped));
	if (!image->mapped)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	image->mapped->file_media_size = exh_image_media_size(image);
	return 0;
}

static int replace(struct exh_ctx *ctx, struct exh_image *image, struct ranges *all)
{
	struct exh_lost *old = image->mapped->lost, *made = NULL;
	uint64_t media = exh_image_media_size(image);
	int r;

	for (size_t i = 0; old && i < old->nr; i++)
		all->list[all->n++] = old->list[i];
	qsort(all->list, all->n, sizeof(*all->list), by_start);
	r = exh_lost_new(ctx, all->list, all->n, media, old ? old->holes : EXH_HOLES_EIO, &made);
	if (r < 0)
		return r;
	exh_lost_free(old);
	image->mapped->lost = made;
	return 0;
}

static int find_damage(struct exh_ctx *ctx, struct exh_image *image, json_t *answer)
{
	if (is_plain(image) && (image->mapped || !exh_image_has_losses(image)))
		return 0;
	return exh_image_collect(ctx, image, "losses", NULL, answer, ANSWER_LIMIT);
}

int exh_rescue_losses(struct exh_ctx *ctx, struct exh_image *image, json_t *facts)
{
	const json_t *errors = json_object_get(image->facts, "acquisition_errors"), *damage;
	_cleanup_json_ json_t *answer = json_object();
	uint64_t media = exh_image_media_size(image);
	struct ranges all = {0};
	int r = find_damage(ctx, image, answer);

	if (!r)
		r = require_mapped(ctx, image);
	if (r < 0)
		return r;
	damage = json_object_get(answer, "damage");
	all.list = calloc(json_array_size(damage) + json_array_size(errors) +
				  (image->mapped->lost ? image->mapped->lost->nr : 0) + 1,
			  sizeof(*all.list));
	if (!all.list)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	add_rows(&all, damage, media);
	add_rows(&all, errors, media);
	if (json_array_size(damage))
		json_object_set(facts, "damage", (json_t *)damage);
	r = replace(ctx, image, &all);
	free(all.list);
	return r;
}
