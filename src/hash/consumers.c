// SPDX-License-Identifier: Apache-2.0
#include "consumers.h"

#include <stdlib.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/text.h"

static int fail_crypto(struct exh_ctx *ctx, const struct exh_digest *digest)
{
	return exh_fail(ctx, EXH_E_SYSTEM, "%s: libcrypto failed", digest->name);
}

static int finish_hex(struct exh_ctx *ctx, EVP_MD_CTX *md, const struct exh_digest *digest,
		      char out[EXH_DIGEST_HEX])
{
	unsigned char value[EVP_MAX_MD_SIZE];
	unsigned int size = 0;

	if (!EVP_DigestFinal_ex(md, value, &size) || size != digest->size)
		return fail_crypto(ctx, digest);
	exh_hex(value, size, out);
	return 0;
}

static EVP_MD_CTX *begin_digest(const struct exh_digest *digest)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	if (md && !EVP_DigestInit_ex(md, digest->md, NULL)) {
		EVP_MD_CTX_free(md);
		return NULL;
	}
	return md;
}

/* ---- the media ---- */

struct media_digest {
	struct exh_consumer consumer;
	const struct exh_digest *digest;
	const char *key;
	EVP_MD_CTX *md;
	uint64_t done, length;
};

static int media_update(struct exh_ctx *ctx, struct exh_consumer *self,
			const struct exh_batch *batch)
{
	struct media_digest *m = (struct media_digest *)self;
	size_t end;

	if (!batch->media_length || m->done == m->length)
		return 0;
	if (batch->media_start != m->done)
		return exh_fail(ctx, EXH_E_RANGE, "media bytes from %llu came where %llu were due",
				(unsigned long long)batch->media_start,
				(unsigned long long)m->done);
	end = exh_min(batch->media_length, m->length - m->done);
	for (size_t at = 0, n; at < end; at += n) {
		const uint8_t *media = exh_batch_media(batch, at, &n);

		n = exh_min(n, end - at);
		if (!EVP_DigestUpdate(m->md, media, n))
			return fail_crypto(ctx, m->digest);
	}
	m->done += end;
	return 0;
}

static int media_finish(struct exh_ctx *ctx, struct exh_consumer *self, json_t *answer)
{
	struct media_digest *m = (struct media_digest *)self;
	json_t *found = json_object_get(answer, m->key);
	char hex[EXH_DIGEST_HEX];
	int r;

	if (m->done != m->length)
		return exh_fail(ctx, EXH_E_RANGE, "the media ended after %llu of %llu bytes",
				(unsigned long long)m->done, (unsigned long long)m->length);
	r = finish_hex(ctx, m->md, m->digest, hex);
	if (r < 0)
		return r;
	if (!found) {
		found = json_object();
		json_object_set_new(answer, m->key, found);
	}
	return json_object_set_new(found, m->digest->name, json_string(hex))
		       ? exh_fail(ctx, EXH_E_NOMEM, "out of memory")
		       : 0;
}

static void media_free(struct exh_consumer *self)
{
	struct media_digest *m = (struct media_digest *)self;

	EVP_MD_CTX_free(m->md);
	free(m);
}

int exh_media_digest_new(struct exh_ctx *ctx, const struct exh_digest *digest, const char *key,
			 uint64_t length, struct exh_consumer **ret)
{
	struct media_digest *m = calloc(1, sizeof(*m));

	if (!m)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	m->consumer = (struct exh_consumer){media_update, media_finish, media_free};
	m->digest = digest;
	m->key = key;
	m->length = length;
	m->md = begin_digest(digest);
	if (!m->md) {
		free(m);
		return fail_crypto(ctx, digest);
	}
	*ret = &m->consumer;
	return 0;
}

/* ---- the container files ---- */

struct file_state {
	EVP_MD_CTX *md; /* from its first byte to its last */
	uint64_t done;
	bool unreadable; /* a byte of it could not be read */
	char hex[EXH_DIGEST_HEX];
};

struct file_digests {
	struct exh_consumer consumer;
	const struct exh_digest *digest;
	const struct exh_source *source;
	struct file_state states[];
};

static int end_file(struct exh_ctx *ctx, const struct file_digests *f, struct file_state *s)
{
	int r = finish_hex(ctx, s->md, f->digest, s->hex);

	EVP_MD_CTX_free(steal(&s->md));
	return r;
}

static int file_update(struct exh_ctx *ctx, struct exh_consumer *self,
		       const struct exh_batch *batch)
{
	struct file_digests *f = (struct file_digests *)self;
	struct file_state *s;
	uint64_t size;

	if (!batch->file_length)
		return 0;
	if (batch->file >= f->source->nr_files)
		return exh_fail(ctx, EXH_E_RANGE, "bytes of file %zu came, there is none",
				batch->file);
	s = &f->states[batch->file];
	size = f->source->files[batch->file].size;
	if (batch->file_start != s->done || batch->file_length > size - s->done)
		return exh_fail(ctx, EXH_E_RANGE, "%s: bytes from %llu came where %llu were due",
				f->source->files[batch->file].path,
				(unsigned long long)batch->file_start, (unsigned long long)s->done);
	if (!s->md && !(s->md = begin_digest(f->digest)))
		return fail_crypto(ctx, f->digest);
	if (!EVP_DigestUpdate(s->md, batch->file_bytes, batch->file_length))
		return fail_crypto(ctx, f->digest);
	s->done += batch->file_length;
	s->unreadable |= batch->file_lost > 0;
	return s->done == size ? end_file(ctx, f, s) : 0;
}

/* No byte of an empty file ever comes. */
static int end_if_empty(struct exh_ctx *ctx, struct file_digests *f, size_t i)
{
	struct file_state *s = &f->states[i];

	if (f->source->files[i].size)
		return 0;
	s->md = begin_digest(f->digest);
	return s->md ? end_file(ctx, f, s) : fail_crypto(ctx, f->digest);
}

static int file_finish(struct exh_ctx *ctx, struct exh_consumer *self, json_t *answer)
{
	struct file_digests *f = (struct file_digests *)self;
	json_t *list = json_object_get(answer, "files");

	if (!list) {
		list = json_array();
		json_object_set_new(answer, "files", list);
	}
	for (size_t i = 0; i < f->source->nr_files; i++) {
		json_t *row;
		int r = end_if_empty(ctx, f, i);

		if (r < 0)
			return r;
		if (!f->states[i].hex[0] || f->states[i].unreadable)
			continue;
		row = json_pack("{s:I, s:s, s:s}", "file", (json_int_t)i, "algorithm",
				f->digest->name, "value", f->states[i].hex);
		if (json_array_append_new(list, row))
			return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	}
	return 0;
}

static void file_free(struct exh_consumer *self)
{
	struct file_digests *f = (struct file_digests *)self;

	for (size_t i = 0; i < f->source->nr_files; i++)
		EVP_MD_CTX_free(f->states[i].md);
	free(f);
}

int exh_file_digests_new(struct exh_ctx *ctx, const struct exh_digest *digest,
			 const struct exh_source *source, struct exh_consumer **ret)
{
	struct file_digests *f = calloc(1, sizeof(*f) + source->nr_files * sizeof(f->states[0]));

	if (!f)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	f->consumer = (struct exh_consumer){file_update, file_finish, file_free};
	f->digest = digest;
	f->source = source;
	*ret = &f->consumer;
	return 0;
}
