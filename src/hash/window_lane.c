// SPDX-License-Identifier: Apache-2.0
/* The windows of the media as one more consumer of the stream. */
#include <stdlib.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "consumers.h"

struct windows {
	struct exh_consumer consumer;
	const struct exh_digest *digest;
	EVP_MD_CTX *md;
	uint64_t window, done, length;
	json_t *values;
};

static int fail_crypto(struct exh_ctx *ctx)
{
	return exh_fail(ctx, EXH_E_SYSTEM, "windows: libcrypto failed");
}

static int end_window(struct exh_ctx *ctx, struct windows *w)
{
	unsigned char value[EVP_MAX_MD_SIZE];
	char hex[EXH_DIGEST_HEX];
	unsigned int size = 0;

	if (!EVP_DigestFinal_ex(w->md, value, &size) || size != w->digest->size)
		return fail_crypto(ctx);
	exh_hex(value, size, hex);
	return json_array_append_new(w->values, json_string(hex))
		       ? exh_fail(ctx, EXH_E_NOMEM, "out of memory")
		       : 0;
}

/* The part of a batch that lies in the window where the media stands now. */
static int update_part(struct exh_ctx *ctx, struct windows *w, const uint8_t *media, size_t n)
{
	if (w->done % w->window == 0 && !EVP_DigestInit_ex(w->md, w->digest->md, NULL))
		return fail_crypto(ctx);
	if (!EVP_DigestUpdate(w->md, media, n))
		return fail_crypto(ctx);
	w->done += n;
	return w->done % w->window == 0 || w->done == w->length ? end_window(ctx, w) : 0;
}

static int update(struct exh_ctx *ctx, struct exh_consumer *self, const struct exh_batch *batch)
{
	struct windows *w = (struct windows *)self;
	int r = 0;

	if (batch->media_length &&
	    (batch->media_start != w->done || batch->media_length > w->length - w->done))
		return exh_fail(ctx, EXH_E_RANGE, "media bytes from %llu came where %llu were due",
				(unsigned long long)batch->media_start,
				(unsigned long long)w->done);
	for (size_t at = 0, n; at < batch->media_length && !r; at += n) {
		const uint8_t *media = exh_batch_media(batch, at, &n);

		n = exh_min(n, w->window - w->done % w->window);
		r = update_part(ctx, w, media, n);
	}
	return r;
}

static int finish(struct exh_ctx *ctx, struct exh_consumer *self, json_t *answer)
{
	struct windows *w = (struct windows *)self;

	if (w->done != w->length)
		return exh_fail(ctx, EXH_E_RANGE, "the media ended after %llu of %llu bytes",
				(unsigned long long)w->done, (unsigned long long)w->length);
	return json_object_set(answer, "windows", w->values)
		       ? exh_fail(ctx, EXH_E_NOMEM, "out of memory")
		       : 0;
}

static void windows_free(struct exh_consumer *self)
{
	struct windows *w = (struct windows *)self;

	EVP_MD_CTX_free(w->md);
	json_decref(w->values);
	free(w);
}

int exh_windows_new(struct exh_ctx *ctx, const struct exh_digest *digest, uint64_t window,
		    uint64_t length, struct exh_consumer **ret)
{
	struct windows *w = calloc(1, sizeof(*w));

	if (!w)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	w->consumer = (struct exh_consumer){update, finish, windows_free};
	w->digest = digest;
	w->window = window;
	w->length = length;
	w->md = EVP_MD_CTX_new();
	w->values = json_array();
	*ret = &w->consumer;
	if (w->md && w->values)
		return 0;
	windows_free(&w->consumer);
	return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
}
