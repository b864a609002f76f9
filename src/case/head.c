// SPDX-License-Identifier: Apache-2.0
#include "head.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"

#define HEAD_VERSION  1
#define HEAD_LIMIT    (64U << 10)
#define BASE64_LENGTH 88 /* of 64 bytes */

bool exh_is_case_id(const char *text)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (!text || strlen(text) != EXH_CASE_ID_LENGTH)
		return false;
	for (size_t i = 0; i < EXH_CASE_ID_LENGTH; i++)
		if (shape[i] == '-' ? text[i] != '-' : !strchr("0123456789abcdef", text[i]))
			return false;
	return true;
}

/* What is signed: a text of its own, so that no other document with this key can be taken for a
 * head. */
static size_t signed_text(const struct exh_head *h, char out[512])
{
	return (size_t)snprintf(out, 512,
				"exhibit-ledger-head-v1\ncase %s\nkey %s\nentries %" PRIu64
				"\nbytes %" PRIu64 "\nlast %s\ntime %s\n",
				h->case_id, h->key, h->entries, h->bytes, h->last, h->time);
}

static bool is_time(const char *text)
{
	size_t n = text ? strlen(text) : 0;

	return n >= 20 && n < 32 && strspn(text, "0123456789-:.TZ") == n;
}

static bool decode_signature(const char *text, unsigned char signature[64])
{
	unsigned char decoded[BASE64_LENGTH];

	if (!text || strlen(text) != BASE64_LENGTH || strcmp(text + BASE64_LENGTH - 2, "=="))
		return false;
	if (EVP_DecodeBlock(decoded, (const unsigned char *)text, BASE64_LENGTH) != 66)
		return false;
	memcpy(signature, decoded, 64);
	return true;
}

static bool from_json(const json_t *json, struct exh_head *h)
{
	const char *id = exh_json_str(json, "case"), *key = exh_json_str(json, "key");
	const char *last = exh_json_str(json, "last"), *when = exh_json_str(json, "time");

	h->entries = exh_json_u64(json, "entries", 0);
	h->bytes = exh_json_u64(json, "bytes", 0);
	if (exh_json_u64(json, "v", 0) != HEAD_VERSION || !h->entries || !h->bytes ||
	    !exh_is_case_id(id) || !exh_is_sha256_hex(key) || !exh_is_sha256_hex(last) ||
	    !is_time(when))
		return false;
	strcpy(h->case_id, id);
	strcpy(h->key, key);
	strcpy(h->last, last);
	strcpy(h->time, when);
	return decode_signature(exh_json_str(json, "signature"), h->signature);
}

json_t *exh_head_json(const struct exh_head *h)
{
	unsigned char signature[BASE64_LENGTH + 1];

	EVP_EncodeBlock(signature, h->signature, sizeof(h->signature));
	return json_pack("{s:i, s:s, s:s, s:I, s:I, s:s, s:s, s:s}", "v", HEAD_VERSION, "case",
			 h->case_id, "key", h->key, "entries", (json_int_t)h->entries, "bytes",
			 (json_int_t)h->bytes, "last", h->last, "time", h->time, "signature",
			 (const char *)signature);
}

/* The line as it is stored, which the caller frees. */
static char *stored_form(const struct exh_head *head, size_t *n_ret)
{
	_cleanup_json_ json_t *json = exh_head_json(head);
	char *line = exh_json_dump_line(json);

	if (!line)
		return NULL;
	*n_ret = strlen(line) + 1;
	line[*n_ret - 1] = '\n';
	return line;
}

/* What the signature does not cover could say anything, so there must not be any. */
static bool is_stored_form(const struct exh_head *head, const char *text, size_t n)
{
	size_t expected = 0;
	_cleanup_free_ char *line = stored_form(head, &expected);

	return line && n == expected && !memcmp(line, text, n);
}

int exh_head_parse(struct exh_ctx *ctx, const char *text, size_t n, struct exh_head *head)
{
	_cleanup_json_ json_t *json = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);

	memset(head, 0, sizeof(*head));
	if (!n)
		return exh_fail(ctx, EXH_E_FORMAT, "is empty");
	if (!from_json(json, head))
		return exh_fail(ctx, EXH_E_FORMAT, "is no head of a ledger");
	return is_stored_form(head, text, n)
		       ? 0
		       : exh_fail(ctx, EXH_E_FORMAT,
				  "holds more than the members of a head, or in another form");
}

int exh_head_read(struct exh_ctx *ctx, int dirfd, const char *name, struct exh_head *head)
{
	_cleanup_free_ char *text = NULL;
	size_t n;
	int r = exh_file_read(ctx, dirfd, name, HEAD_LIMIT, &text, &n);

	if (r < 0)
		return ctx->err == ENOENT ? 1 : r;
	return exh_prefix(ctx, exh_head_parse(ctx, text, n, head), "%s", name);
}

bool exh_head_is_signed_by(const struct exh_head *head, EVP_PKEY *key)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	char text[512];
	size_t n = signed_text(head, text);
	bool good = md && EVP_DigestVerifyInit(md, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestVerify(md, head->signature, sizeof(head->signature),
				     (const unsigned char *)text, n) == 1;

	EVP_MD_CTX_free(md);
	return good;
}

static int sign(struct exh_ctx *ctx, struct exh_head *head, EVP_PKEY *key)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	char text[512];
	size_t n = signed_text(head, text), length = sizeof(head->signature);
	bool good =
		md && EVP_DigestSignInit(md, NULL, NULL, NULL, key) == 1 &&
		EVP_DigestSign(md, head->signature, &length, (const unsigned char *)text, n) == 1;

	EVP_MD_CTX_free(md);
	return good ? 0 : exh_fail(ctx, EXH_E_MISSING, "libcrypto cannot sign the head");
}

int exh_head_write(struct exh_ctx *ctx, int dirfd, struct exh_head *head, EVP_PKEY *key)
{
	_cleanup_free_ char *line = NULL;
	size_t n;
	int r;

	exh_time_now(head->time);
	r = sign(ctx, head, key);
	if (r < 0)
		return r;
	line = stored_form(head, &n);
	if (!line)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	r = exh_file_write(ctx, dirfd, EXH_HEAD_NAME, line, n, 0600);
	return r < 0 ? r : exh_fsync_dir(ctx, dirfd, "the case directory");
}
