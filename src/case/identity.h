/* SPDX-License-Identifier: Apache-2.0 */
/* case.json: who the case is, and with which key it is sealed. */
#ifndef EXH_CASE_IDENTITY_H
#define EXH_CASE_IDENTITY_H

#include <exhibit.h>
#include <openssl/evp.h>

#include "base/ctx.h"
#include "case.h"
#include "files.h"
#include "head.h"

#define EXH_CASE_FILE	"case.json"
#define EXH_CASE_PUBLIC "public.pem"

struct exh_identity {
	json_t *json;
	char case_id[EXH_CASE_ID_LENGTH + 1];
	char fingerprint[EXH_SHA256_HEX];
	EVP_PKEY *key;		     /* public */
	char sha256[EXH_SHA256_HEX]; /* of the file */
	uint64_t bytes;
};

/** exh_identity_read - read case.json below dirfd; 1 where there is none, -EXH_E_FORMAT where it
 * does not hold in itself. */
int exh_identity_read(struct exh_ctx *ctx, int dirfd, struct exh_identity *ret);
void exh_identity_clear(struct exh_identity *identity);

#define _cleanup_identity_ __attribute__((cleanup(exh_identity_clear)))

/** exh_identity_json - case.json of a new case; the caller owns it. NULL where memory is out.
 * operator is what exh_operator_json() gave. */
json_t *exh_identity_json(const char *case_id, json_t *operator, const char * pem,
			  const char *fingerprint);

/**
 * exh_case_make - make a case at path, all of it or nothing
 *
 * path is absolute, absent or an empty directory. Returns 1 where somebody else made something
 * there in the meantime.
 */
int exh_case_make(struct exh_ctx *ctx, const char *path, const struct exh_case_making *making);

#endif
