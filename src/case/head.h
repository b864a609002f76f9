/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signed head: how many entries the ledger has, and what they are. docs/ledger.md has the
 * formats of both versions; the version of a head is that of its ledger.
 */
#ifndef EXH_CASE_HEAD_H
#define EXH_CASE_HEAD_H

#include <jansson.h>
#include <openssl/evp.h>
#include <stdint.h>

#include "base/ctx.h"
#include "base/tree.h"
#include "files.h"
#include "note.h"

#define EXH_HEAD_NAME	   "ledger.head"
#define EXH_HEAD_LIMIT	   (64U << 10) /* bytes of its file */
#define EXH_CASE_ID_LENGTH 36
#define EXH_ORIGIN_MAX	   64

struct exh_head {
	unsigned version;
	char case_id[EXH_CASE_ID_LENGTH + 1];
	char key[EXH_SHA256_HEX]; /* fingerprint of the signer */
	uint64_t entries;
	uint64_t bytes; /* length of the ledger up to the end of the last entry */
	char time[32];

	/* version 1 */
	char last[EXH_SHA256_HEX]; /* of the last entry's line with its newline */
	unsigned char signature[64];

	/* version 2 */
	unsigned char root[EXH_TREE_HASH]; /* of the tree over the entries */
	char sha256[EXH_SHA256_HEX];	   /* of the first bytes of the ledger */
	struct exh_note note;
};

/** exh_is_case_id - is this a UUID in lower case? text may be NULL. */
bool exh_is_case_id(const char *text);

/** exh_head_parse - head file to struct; -EXH_E_FORMAT where it is none. The signature is not
 * checked. */
int exh_head_parse(struct exh_ctx *ctx, const char *text, size_t n, struct exh_head *head);

/** exh_head_read - the same from a file below dirfd; 1 where there is none. */
int exh_head_read(struct exh_ctx *ctx, int dirfd, const char *name, struct exh_head *head);

/** exh_head_is_signed_by - did the holder of this key sign this head as that of a case? */
bool exh_head_is_signed_by(const struct exh_head *head, EVP_PKEY *key);

/** exh_head_is_as_written - heads are written with one signature; whatever else stands there was
 * put there. */
bool exh_head_is_as_written(const struct exh_head *head);

/** exh_head_write - sign with the private key and replace the head of the case below dirfd,
 * durably. */
int exh_head_write(struct exh_ctx *ctx, int dirfd, struct exh_head *head, EVP_PKEY *key);

/** exh_head_json - the head as facts; the caller owns it. */
json_t *exh_head_json(const struct exh_head *head);

/** exh_head_origin - the first line of a head of version 2, and the name of its key. */
void exh_head_origin(const char *case_id, char out[EXH_ORIGIN_MAX]);

/* ---- the versions, for head.c ---- */

bool exh_head_v1_parse(const char *text, size_t n, struct exh_head *head, const char **why);
bool exh_head_v1_is_signed_by(const struct exh_head *head, EVP_PKEY *key);
int exh_head_v1_sign(struct exh_ctx *ctx, struct exh_head *head, EVP_PKEY *key, char **line_ret,
		     size_t *n_ret);
json_t *exh_head_v1_json(const struct exh_head *head);

/** exh_head_v2_parse - fills all but the note from the note's text. */
bool exh_head_v2_parse(const struct exh_note *note, struct exh_head *head);
int exh_head_v2_sign(struct exh_ctx *ctx, struct exh_head *head, EVP_PKEY *key);
json_t *exh_head_v2_json(const struct exh_head *head);

/** exh_is_time_text - could this be a time of ours? text may be NULL. */
bool exh_is_time_text(const char *text);

#endif
