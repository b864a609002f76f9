// SPDX-License-Identifier: Apache-2.0
/* Heads of version 1: one JSON line. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "head.h"

#define HEAD_VERSION  1
#define BASE64_LENGTH 88 /* of 64 bytes */

/* What is signed: a text of its own, so that no other document with this key can be taken for a
 * head. */
static size_t signed_text(const struct exh_head *h, char out[512])
{
	return (size_t)snprintf(out, 512,
				"exhibit-ledger-head-v1\ncase %s\nkey %s\nentries %" PRIu64
				"\nbytes %" PRIu64 "\nlast %s\ntime %s\n",
				h->case_id, h->key, h->entries, h->bytes, h->last, h->time);
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

	h->version = HEAD_VERSION;
	h->entries = exh_json_u64(json, "entries", 0);
	h->bytes = exh_json_u64(json, "bytes", 0);
	if (exh_json_u64(json, "v", 0) != HEAD_VERSION || !h->entries || !h->bytes ||
	    !exh_is_case_id(id) || !exh_is_sha256_hex(key) || !exh_is_sha256_hex(last) ||
	    !exh_is_time_text(when))
		return false;
	strcpy(h->case_id, id);
	strcpy(h->key, key);
	strcpy(h->last, last);
	strcpy(h->time, when);
	return decode_signature(exh_json_str(json, "signature"), h->signature);
}

json_t *exh_head_v1_json(const struct exh_head *h)
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
	_cleanup_json_ json_t *json = exh_head_v1_json(head);
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

bool exh_head_v1_parse(const char *text, size_t n, struct exh_head *head, const char **why)
{
	_cleanup_json_ json_t *json = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);

	*why = "is no head of a ledger";
	if (!from_json(json, head))
		return false;
	*why = "holds more than the members of a head, or in another form";
	return is_stored_form(head, text, n);
}

bool exh_head_v1_is_signed_by(const struct exh_head *head, EVP_PKEY *key)
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

int exh_head_v1_sign(struct exh_ctx *ctx, struct exh_head *head, EVP_PKEY *key, char **line_ret,
		     size_t *n_ret)
{
	int r = sign(ctx, head, key);

	if (r < 0)
		return r;
	*line_ret = stored_form(head, n_ret);
	return *line_ret ? 0 : exh_fail(ctx, EXH_E_NOMEM, "out of memory");
}
