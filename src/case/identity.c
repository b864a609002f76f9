// SPDX-License-Identifier: Apache-2.0
#include "identity.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"
#include "key.h"

#define CASE_VERSION	1
#define CASE_FILE_LIMIT (1U << 20)

void exh_identity_clear(struct exh_identity *identity)
{
	json_decref(identity->json);
	EVP_PKEY_free(identity->key);
	memset(identity, 0, sizeof(*identity));
}

static int take_members(struct exh_ctx *ctx, struct exh_identity *identity)
{
	const json_t *key = json_object_get(identity->json, "key");
	const char *id = exh_json_str(identity->json, "case"), *pem = exh_json_str(key, "public");
	const char *stated = exh_json_str(key, "fingerprint");
	int r;

	if (exh_json_u64(identity->json, "v", 0) != CASE_VERSION || !exh_is_case_id(id) || !pem ||
	    !stated)
		return exh_fail(ctx, EXH_E_FORMAT,
				EXH_CASE_FILE ": is not the description of a case");
	r = exh_key_public(ctx, EXH_CASE_FILE, pem, &identity->key, identity->fingerprint);
	if (r < 0)
		return r;
	if (strcmp(stated, identity->fingerprint))
		return exh_fail(ctx, EXH_E_FORMAT,
				EXH_CASE_FILE ": its key is not the one its fingerprint names");
	strcpy(identity->case_id, id);
	return 0;
}

int exh_identity_read(struct exh_ctx *ctx, int dirfd, struct exh_identity *ret)
{
	struct exh_identity found __attribute__((cleanup(exh_identity_clear))) = {0};
	_cleanup_free_ char *text = NULL;
	json_error_t error;
	size_t n;
	int r = exh_file_read(ctx, dirfd, EXH_CASE_FILE, CASE_FILE_LIMIT, &text, &n);

	if (r < 0)
		return ctx->err == ENOENT ? 1 : r;
	found.bytes = n;
	r = exh_case_sha256(ctx, text, n, found.sha256);
	if (r < 0)
		return r;
	found.json = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
	if (!found.json)
		return exh_fail(ctx, EXH_E_FORMAT, EXH_CASE_FILE ": line %d: %s", error.line,
				error.text);
	r = take_members(ctx, &found);
	if (r < 0)
		return r;
	*ret = found;
	memset(&found, 0, sizeof(found));
	return 0;
}

json_t *exh_identity_json(const char *case_id, json_t *operator, const char * pem,
			  const char *fingerprint)
{
	char now[32];

	exh_time_now(now);
	return json_pack("{s:s, s:i, s:s, s:s, s:O, s:{s:s, s:s, s:s}}", "schema", EXH_SCHEMA, "v",
			 CASE_VERSION, "case", case_id, "created", now, "operator", operator, "key",
			 "algorithm", "ed25519", "fingerprint", fingerprint, "public", pem);
}
