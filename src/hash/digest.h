/* SPDX-License-Identifier: Apache-2.0 */
/* The digests that libcrypto has, under one name each, and the proof that they work here and now.
 */
#ifndef EXH_HASH_DIGEST_H
#define EXH_HASH_DIGEST_H

#include <openssl/evp.h>

#include "base/ctx.h"

#define EXH_DIGEST_NAME 32
#define EXH_DIGEST_HEX	(2 * EVP_MAX_MD_SIZE + 1)
#define EXH_MAX_DIGESTS 16

struct exh_digest {
	char name[EXH_DIGEST_NAME]; /* "md5", "sha1", "sha256"; others as given, in lower case */
	EVP_MD *md;
	size_t size; /* bytes of a value */
};

/* A set in the order of its making; no digest twice. */
struct exh_digests {
	struct exh_digest list[EXH_MAX_DIGESTS];
	size_t nr;
};

/**
 * exh_digests_add - put the digest that libcrypto knows under this name into the set
 *
 * Any of its names and any case will do ("SHA-256", "SHA2-256"). One that is there already stays as
 * it is. -EXH_E_USAGE for a name that nobody knows, for what has no fixed length, and when the set
 * is full.
 */
int exh_digests_add(struct exh_ctx *ctx, struct exh_digests *set, const char *name);

/** exh_digests_add_list - the same for names with commas between them. */
int exh_digests_add_list(struct exh_ctx *ctx, struct exh_digests *set, const char *names);

/** exh_digests_find - the member with this canonical name, or NULL. */
const struct exh_digest *exh_digests_find(const struct exh_digests *set, const char *name);

/** exh_digests_clear - release what the set holds; it is empty then. */
void exh_digests_clear(struct exh_digests *set);

/**
 * exh_digest_name - the canonical name for any name that libcrypto knows, and the bytes of its
 * values
 *
 * 0, or 1 where it is no digest; never an error text. size may be NULL.
 */
int exh_digest_name(const char *given, char out[EXH_DIGEST_NAME], size_t *size);

/**
 * exh_digest_hex - is this text the hex of exactly size bytes? Puts it into out in lower case.
 *
 * n is the length of the text, which need not end with 0. 0, or 1 where it is not.
 */
int exh_digest_hex(const char *text, size_t n, size_t size, char out[EXH_DIGEST_HEX]);

/**
 * exh_digest_self_test - hash texts whose digests are known
 *
 * 0 when the answers are right, 1 where no answer is known for this digest, -EXH_E_MISSING when
 * libcrypto answers wrongly: nothing that it says may be used then.
 */
int exh_digest_self_test(struct exh_ctx *ctx, const struct exh_digest *digest);

static inline void exh_cleanup_md_ctx(EVP_MD_CTX **c)
{
	EVP_MD_CTX_free(*c);
}

#define _cleanup_digests_ _cleanup_(exh_digests_clear)
#define _cleanup_md_ctx_  _cleanup_(exh_cleanup_md_ctx)

#endif
