// SPDX-License-Identifier: Apache-2.0
/* The windows of an earlier verify, read and compared each for itself. */
#include <openssl/crypto.h>
#include <unistd.h>

#include "answer.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "base/worker.h"
#include "references.h"
#include "verify.h"
#include "windows.h"

void exh_verify_begin(json_t *facts, struct timespec *start)
{
	char text[32];

	clock_gettime(CLOCK_MONOTONIC, start);
	exh_time_now(text);
	json_object_set_new(facts, "started", json_string(text));
}

void exh_verify_end(json_t *facts, const struct timespec *start, unsigned threads)
{
	struct timespec now;
	char text[32];

	exh_time_now(text);
	clock_gettime(CLOCK_MONOTONIC, &now);
	json_object_set_new(facts, "finished", json_string(text));
	json_object_set_new(facts, "seconds",
			    json_real((double)(now.tv_sec - start->tv_sec) +
				      (double)(now.tv_nsec - start->tv_nsec) / 1e9));
	json_object_set_new(
		facts, "threads",
		json_integer(threads ? (json_int_t)threads : sysconf(_SC_NPROCESSORS_ONLN)));
	json_object_set_new(facts, "libcrypto", json_string(OpenSSL_version(OPENSSL_VERSION)));
}

int exh_verify_undecided(struct exh_ctx *ctx, json_t *facts, int r)
{
	json_object_set_new(facts, "verdict", json_string("undecided"));
	if (r == -EXH_E_INTERRUPTED)
		exh_add_interrupted(facts);
	if (r != -EXH_E_WORKER)
		return r;
	exh_problems_add(facts, exh_problem(EXH_P_PROBER_FAILED, "%s", ctx->text));
	return 0;
}

static int plan(struct exh_ctx *ctx, const struct exh_image *image, const json_t *earlier,
		const struct exh_verify_options *options)
{
	uint64_t window = exh_json_u64(earlier, "size", 0);

	if (!window)
		return exh_fail(ctx, EXH_E_STATE,
				"there are no windows of this image to compare with; "
				"'exhibit verify IMAGE --case DIR' records them");
	if (options->window && options->window != window)
		return exh_fail(ctx, EXH_E_USAGE,
				"windows of %llu bytes were asked for, the earlier ones have %llu",
				(unsigned long long)options->window, (unsigned long long)window);
	return exh_windows_check(ctx, window, exh_image_media_size(image));
}

/* A difference is one even where other windows could not be read. */
static int take_answer(struct exh_ctx *ctx, const struct exh_image *image, const json_t *answer,
		       const json_t *earlier, bool changed, json_t *facts)
{
	uint64_t size = exh_image_media_size(image), window = exh_json_u64(earlier, "size", 0);
	_cleanup_json_ json_t *damage = exh_answer_damage(json_object_get(answer, "damage"), size);
	_cleanup_json_ json_t *windows =
		damage ? exh_windows_take(json_object_get(answer, "windows"), window, size, damage)
		       : NULL;
	size_t compared, differing;

	if (!windows || exh_json_u64(answer, "bytes", UINT64_MAX) != size ||
	    exh_json_u64(answer, "losses", UINT64_MAX) != json_array_size(damage))
		return exh_fail(ctx, EXH_E_WORKER,
				"worker windows gave an answer that is not whole");
	json_object_set(facts, "damage", damage);
	json_object_set_new(facts, "bytes", json_integer((json_int_t)size));
	exh_damage_problems(damage, facts);
	differing = exh_windows_compare(windows, earlier, facts, &compared);
	json_object_set(facts, "windows", windows);
	json_object_set_new(
		facts, "verdict",
		json_string(exh_verdict(
			compared, differing,
			changed || compared < json_array_size(json_object_get(windows, "list")))));
	return 0;
}

static int run_worker(struct exh_ctx *ctx, const struct exh_image *image, const json_t *earlier,
		      unsigned threads, json_t *answer)
{
	_cleanup_json_ json_t *args = json_pack(
		"{s:O, s:i}", "window", json_object_get(earlier, "size"), "threads", (int)threads);

	return exh_image_collect(ctx, image, "windows", args, answer, EXH_VERIFY_ANSWER_LIMIT);
}

int exh_verify_ranges(struct exh_ctx *ctx, const struct exh_image *image,
		      const struct exh_verify_options *options, json_t **facts)
{
	const json_t *earlier = json_object_get(options->baseline, "windows");
	_cleanup_json_ json_t *found = exh_image_begin(image, "verify"), *answer = json_object();
	struct timespec start;
	bool changed;
	int r = plan(ctx, image, earlier, options);

	if (r < 0)
		return r;
	exh_verify_begin(found, &start);
	r = run_worker(ctx, image, earlier, options->threads, answer);
	exh_verify_end(found, &start, options->threads);
	changed = exh_image_check_unchanged(ctx, image, found) > 0;
	json_object_set_new(found, "read_from", json_string("cache"));
	exh_answer_problems(answer, found);
	if (!r)
		r = take_answer(ctx, image, answer, earlier, changed, found);
	if (r < 0)
		r = exh_verify_undecided(ctx, found, r);
	*facts = steal(&found);
	return r;
}
