// SPDX-License-Identifier: Apache-2.0
/*
 * The worker that reads windows, each for itself, with as many threads as there are processors.
 * args: "window", "threads". No digest over the media or the container comes of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"
#include "digest.h"
#include "tasks.h"
#include "tell.h"

#define MAX_THREADS 64
#define PIECE	    (1U << 20)
#define HEX	    65

struct ranges {
	struct exh_worker *worker;
	struct exh_source *source;
	const struct exh_digest *digest;
	uint64_t window, nr_windows;
	uint64_t next, bytes; /* shared by the threads: atomic */
	bool failed;
	char (*values)[HEX];
};

int exh_task_windows_prepare(struct exh_worker *w, const json_t *args)
{
	struct exh_digests *set = calloc(1, sizeof(*set));

	(void)args;
	w->prepared = set;
	return set ? exh_digests_add(w->ctx, set, "sha256")
		   : exh_fail(w->ctx, EXH_E_NOMEM, "out of memory");
}

static bool hash_window(struct ranges *ranges, EVP_MD_CTX *md, uint8_t *piece, uint64_t i)
{
	uint64_t start = i * ranges->window, size = ranges->source->size;
	uint64_t end = start + exh_min(ranges->window, size - start);
	unsigned char value[EVP_MAX_MD_SIZE];
	struct exh_ctx ctx = {.helper = -1};

	if (!EVP_DigestInit_ex(md, ranges->digest->md, NULL))
		return false;
	while (start < end) {
		size_t n = exh_min(PIECE, end - start);
		uint64_t done;

		if (exh_source_read_around(&ctx, ranges->source, piece, n, start, NULL, NULL) < 0 ||
		    !EVP_DigestUpdate(md, piece, n))
			return false;
		start += n;
		done = __atomic_add_fetch(&ranges->bytes, n, __ATOMIC_RELAXED);
		exh_emit_progress(ranges->worker, "verify", done, size);
	}
	if (!EVP_DigestFinal_ex(md, value, NULL))
		return false;
	exh_hex(value, ranges->digest->size, ranges->values[i]);
	return true;
}

static void *hash_windows(void *opaque)
{
	struct ranges *ranges = opaque;
	_cleanup_md_ctx_ EVP_MD_CTX *md = EVP_MD_CTX_new();
	_cleanup_free_ uint8_t *piece = malloc(PIECE);
	bool ok = md && piece;

	while (ok) {
		uint64_t i = __atomic_fetch_add(&ranges->next, 1, __ATOMIC_RELAXED);

		if (i >= ranges->nr_windows)
			return NULL;
		ok = hash_window(ranges, md, piece, i);
	}
	__atomic_store_n(&ranges->failed, true, __ATOMIC_RELAXED);
	return NULL;
}

static unsigned count_threads(const json_t *args, uint64_t nr_windows)
{
	uint64_t asked = exh_json_u64(args, "threads", 0);
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (!asked)
		asked = (uint64_t)(processors > 0 ? processors : 1);
	return (unsigned)exh_max(exh_min(exh_min(asked, MAX_THREADS), nr_windows), 1);
}

static int run_threads(struct ranges *ranges, unsigned wanted)
{
	pthread_t threads[MAX_THREADS];
	unsigned started = 0;

	while (started < wanted && !pthread_create(&threads[started], NULL, hash_windows, ranges))
		started++;
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	if (!started)
		return exh_fail(ranges->worker->ctx, EXH_E_SYSTEM, "no thread for the windows");
	return ranges->failed
		       ? exh_fail(ranges->worker->ctx, EXH_E_SYSTEM, "a window could not be hashed")
		       : 0;
}

static int tell(struct exh_worker *w, const struct ranges *ranges, size_t problems_before)
{
	int r = 0;

	for (uint64_t i = 0; i < ranges->nr_windows && !r; i++)
		r = exh_emit_row(w, "windows", json_string(ranges->values[i]));
	return r ? r : exh_tell_source(w, ranges->source, problems_before);
}

int exh_task_windows(struct exh_worker *w, const json_t *args)
{
	const struct exh_digests *set = w->prepared;
	_cleanup_source_ struct exh_source *s = NULL;
	_cleanup_free_ char(*values)[HEX] = NULL;
	struct ranges ranges = {
		.worker = w, .digest = &set->list[0], .window = exh_json_u64(args, "window", 1)};
	size_t problems_before;
	int r = exh_digest_self_test(w->ctx, ranges.digest);

	if (r >= 0)
		r = exh_source_open(w, args, &s);
	if (r < 0)
		return r;
	problems_before = json_array_size(s->problems);
	ranges.source = s;
	ranges.nr_windows = s->size / ranges.window + (s->size % ranges.window != 0);
	ranges.values = values = calloc(ranges.nr_windows + 1, HEX);
	if (!values)
		return exh_fail(w->ctx, EXH_E_NOMEM, "out of memory");
	r = run_threads(&ranges, count_threads(args, ranges.nr_windows));
	return r ? r : tell(w, &ranges, problems_before);
}
