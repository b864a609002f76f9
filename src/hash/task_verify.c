// SPDX-License-Identifier: Apache-2.0
/*
 * The worker that reads everything once. args: "algorithms" over the media, "file_algorithms" over
 * each container file, "threads", "whole": {"length", "algorithms"} for digests over the first
 * bytes of the media only, and "window": bytes of each window.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "consumers.h"
#include "tasks.h"
#include "tell.h"

#define MAX_LANES (3 * EXH_MAX_DIGESTS + 1)

struct setup {
	struct exh_digests media, files, whole, windows;
	uint64_t whole_length, window;
};

struct pipeline {
	struct exh_consumer *consumers[MAX_LANES];
	struct exh_lane *lanes[MAX_LANES];
	size_t nr_consumers, nr_lanes;
};

static int take_names(struct exh_ctx *ctx, const json_t *names, struct exh_digests *set)
{
	const json_t *name;
	size_t i;
	int r = 0;

	json_array_foreach (names, i, name) {
		r = exh_digests_add(ctx, set, json_string_value(name));
		if (r < 0)
			break;
	}
	return r;
}

/* libcrypto reads its configuration and modules now; inside the sandbox it could not. */
int exh_task_verify_prepare(struct exh_worker *w, const json_t *args)
{
	struct setup *setup = calloc(1, sizeof(*setup));
	const json_t *whole = json_object_get(args, "whole");
	int r;

	if (!setup)
		return exh_fail(w->ctx, EXH_E_NOMEM, "out of memory");
	w->prepared = setup;
	setup->whole_length = exh_json_u64(whole, "length", 0);
	r = take_names(w->ctx, json_object_get(args, "algorithms"), &setup->media);
	if (!r)
		r = take_names(w->ctx, json_object_get(args, "file_algorithms"), &setup->files);
	if (!r)
		r = take_names(w->ctx, json_object_get(whole, "algorithms"), &setup->whole);
	setup->window = exh_json_u64(args, "window", 0);
	if (!r && setup->window)
		r = exh_digests_add(w->ctx, &setup->windows, "sha256");
	return r;
}

static int test_set(struct exh_ctx *ctx, const struct exh_digests *set, json_t *results)
{
	for (size_t i = 0; i < set->nr; i++) {
		int r = exh_digest_self_test(ctx, &set->list[i]);

		if (r < 0)
			return r;
		json_object_set_new(results, set->list[i].name,
				    json_string(r ? "no-vector" : "passed"));
	}
	return 0;
}

static int self_test(struct exh_worker *w, const struct setup *setup)
{
	_cleanup_json_ json_t *results = json_object();
	int r = test_set(w->ctx, &setup->media, results);

	if (!r)
		r = test_set(w->ctx, &setup->files, results);
	if (!r)
		r = test_set(w->ctx, &setup->whole, results);
	if (!r)
		r = test_set(w->ctx, &setup->windows, results);
	return r ? r : exh_emit_as(w, "self_test", steal(&results));
}

static int add_media_digests(struct exh_ctx *ctx, struct pipeline *p, const struct exh_digests *set,
			     const char *key, uint64_t length)
{
	for (size_t i = 0; i < set->nr; i++) {
		int r = exh_media_digest_new(ctx, &set->list[i], key, length,
					     &p->consumers[p->nr_consumers]);

		if (r < 0)
			return r;
		p->nr_consumers++;
	}
	return 0;
}

static int add_consumers(struct exh_ctx *ctx, struct pipeline *p, const struct setup *setup,
			 const struct exh_source *s)
{
	int r = add_media_digests(ctx, p, &setup->media, "digests", s->size);

	if (!r && setup->whole_length && setup->whole_length < s->size)
		r = add_media_digests(ctx, p, &setup->whole, "whole_sectors", setup->whole_length);
	for (size_t i = 0; i < setup->files.nr && !r; i++) {
		r = exh_file_digests_new(ctx, &setup->files.list[i], s,
					 &p->consumers[p->nr_consumers]);
		p->nr_consumers += !r;
	}
	if (!r && setup->window) {
		r = exh_windows_new(ctx, &setup->windows.list[0], setup->window, s->size,
				    &p->consumers[p->nr_consumers]);
		p->nr_consumers += !r;
	}
	return r;
}

static int start_lanes(struct exh_ctx *ctx, struct exh_crew *crew, struct pipeline *p)
{
	int r = 0;

	for (; p->nr_lanes < p->nr_consumers && !r; p->nr_lanes += !r)
		r = exh_lane_start(ctx, crew, p->consumers[p->nr_lanes], &p->lanes[p->nr_lanes]);
	return r;
}

/* Always joins every lane; the first error is the one that counts. */
static int join_lanes(struct exh_ctx *ctx, struct pipeline *p, int r)
{
	for (size_t i = 0; i < p->nr_lanes; i++) {
		struct exh_ctx own = {.helper = -1};
		int ended = exh_lane_join(&own, p->lanes[i]);

		if (!r && ended < 0)
			r = exh_fail(ctx, (enum exh_error) - ended, "%s", own.text);
	}
	p->nr_lanes = 0;
	return r;
}

static int feed(struct exh_worker *w, struct pipeline *p, struct exh_stream *stream, uint64_t size)
{
	struct exh_batch *batch;
	int r;

	while (!(r = exh_stream_next(w->ctx, stream, &batch))) {
		uint64_t done = batch->media_start + batch->media_length;

		for (size_t i = 0; i < p->nr_lanes; i++)
			exh_lane_push(p->lanes[i], batch);
		if (batch->media_length)
			exh_emit_progress(w, "verify", done, size);
		exh_batch_put(batch);
	}
	return r < 0 ? r : 0;
}

static int stream_by(struct exh_worker *w, struct exh_crew *crew, struct pipeline *p,
		     struct exh_source *s)
{
	struct exh_stream_options options = {.crew = crew};
	struct exh_stream *stream;
	int r = exh_stream_open(w->ctx, s, &options, &stream);

	if (r < 0)
		return r;
	r = start_lanes(w->ctx, crew, p);
	if (!r)
		r = feed(w, p, stream, s->size);
	r = join_lanes(w->ctx, p, r);
	if (!r)
		r = exh_emit_as(w, "read_from", json_string(exh_stream_read_from(stream)));
	exh_stream_close(stream);
	return r;
}

static int stream_all(struct exh_worker *w, const json_t *args, struct pipeline *p,
		      struct exh_source *s)
{
	struct exh_crew *crew = NULL;
	int r = exh_crew_start(w->ctx, (unsigned)exh_json_u64(args, "threads", 0), &crew);

	if (!r)
		r = stream_by(w, crew, p, s);
	exh_crew_end(crew);
	return r;
}

static int tell(struct exh_worker *w, struct pipeline *p, struct exh_source *s,
		size_t problems_before)
{
	static const char *const lists[] = {"files", "windows"};
	_cleanup_json_ json_t *answer = json_object();
	int r = 0;

	for (size_t i = 0; i < p->nr_consumers && !r; i++)
		r = p->consumers[i]->finish(w->ctx, p->consumers[i], answer);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && !r; i++) {
		r = exh_tell_rows(w, lists[i], json_object_get(answer, lists[i]));
		json_object_del(answer, lists[i]);
	}
	if (!r)
		r = exh_emit(w, steal(&answer));
	return r ? r : exh_tell_source(w, s, problems_before);
}

int exh_task_verify(struct exh_worker *w, const json_t *args)
{
	const struct setup *setup = w->prepared;
	_cleanup_source_ struct exh_source *s = NULL;
	struct pipeline p = {.nr_lanes = 0};
	size_t problems_before;
	int r = self_test(w, setup);

	if (!r)
		r = exh_source_open(w, args, &s);
	if (r)
		return r;
	problems_before = json_array_size(s->problems);
	r = add_consumers(w->ctx, &p, setup, s);
	if (!r)
		r = stream_all(w, args, &p, s);
	if (!r)
		r = tell(w, &p, s, problems_before);
	for (size_t i = 0; i < p.nr_consumers; i++)
		exh_consumer_free(p.consumers[i]);
	return r;
}
