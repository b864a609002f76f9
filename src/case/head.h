/* SPDX-License-Identifier: Apache-2.0 */
/* The signed head: how many entries the ledger has and what the last one is. docs/ledger.md has the
 * format. */
#ifndef EXH_CASE_HEAD_H
#define EXH_CASE_HEAD_H

#include <jansson.h>
#include <openssl/evp.h>
#include <stdint.h>

#include "base/ctx.h"
#include "files.h"

#define EXH_HEAD_NAME	   "ledger.head"
#define EXH_CASE_ID_LENGTH 36

struct exh_head {
	char case_id[EXH_CASE_ID_LENGTH + 1];
	char key[EXH_SHA256_HEX]; /* fingerprint of the signer */
	uint64_t entries;
	uint64_t bytes;		   /* length of the ledger up to the end of the last entry */
	char last[EXH_SHA256_HEX]; /* of the last entry's line with its newline */
	char time[32];
	unsigned char signature[64];
};

/** exh_is_case_id - is this a UUID in lower case? text may be NULL. */
bool exh_is_case_id(const char *text);

/** exh_head_parse - head file to struct; -EXH_E_FORMAT where it is none. The signature is not
 * checked. */
int exh_head_parse(struct exh_ctx *ctx, const char *text, size_t n, struct exh_head *head);

/** exh_head_read - the same from a file below dirfd; 1 where there is none. */
int exh_head_read(struct exh_ctx *ctx, int dirfd, const char *name, struct exh_head *head);

/** exh_head_is_signed_by - did the holder of this key sign this head? */
bool exh_head_is_signed_by(const struct exh_head *head, EVP_PKEY *key);

/** exh_head_write - sign with the private key and replace the head of the case below dirfd,
 * durably. */
int exh_head_write(struct exh_ctx *ctx, int dirfd, struct exh_head *head, EVP_PKEY *key);

/** exh_head_json - the head as it stands in its file; the caller owns it. */
json_t *exh_head_json(const struct exh_head *head);

#endif
