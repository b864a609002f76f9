/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Ed25519 key of a case. The private part lies in $EXHIBIT_KEY_DIR, else
 * $XDG_DATA_HOME/exhibit/keys, else
 * ~/.local/share/exhibit/keys, as CASEID.pem with mode 600, or as a link to a key that was given;
 * never in the case directory. It is in memory only while a head is signed, or, where it is kept
 * under a passphrase, while the case is open.
 */
#ifndef EXH_CASE_KEY_H
#define EXH_CASE_KEY_H

#include <openssl/evp.h>

#include "base/ctx.h"
#include "files.h"

static inline void exh_cleanup_pkey(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

#define _cleanup_pkey_ __attribute__((cleanup(exh_cleanup_pkey)))

/** exh_key_dir - where private keys are kept, whether or not it is there; the caller frees it.
 * -EXH_E_MISSING where there is no such place. */
int exh_key_dir(struct exh_ctx *ctx, char **ret);

/* Where the key of a new case comes from. */
struct exh_key_source {
	const char *given;    /* file with a private key, or NULL: a new one is made */
	bool with_passphrase; /* a new one is stored under a passphrase */
};

/**
 * exh_key_make - make the key pair of a case and store its private part, or take one that is there
 *
 * source may be NULL. pem_ret gets the public key as PEM, key_ret the pair; the caller frees both.
 * -EXH_E_USAGE where the place for keys, or the given key, is inside case_dir.
 */
int exh_key_make(struct exh_ctx *ctx, const char *case_id, const char *case_dir,
		 const struct exh_key_source *source, EVP_PKEY **key_ret, char **pem_ret,
		 char fingerprint[EXH_SHA256_HEX]);

/** exh_key_remove - take back what exh_key_make() stored, where the making of the case failed. */
void exh_key_remove(struct exh_ctx *ctx, const char *case_id);

/**
 * exh_key_load - the private key of a case, which must have this fingerprint
 *
 * -EXH_E_MISSING where it is not there; the text names where it was looked for. -EXH_E_PERMISSION
 * where its passphrase is not known; is_locked says whether it has one. The caller frees the key.
 */
int exh_key_load(struct exh_ctx *ctx, const char *case_id, const char *fingerprint, EVP_PKEY **ret,
		 bool *is_locked);

/** exh_key_path - where the private key of a case is looked for; the caller frees it. */
int exh_key_path(struct exh_ctx *ctx, const char *case_id, char **ret);

/** exh_key_read - any private Ed25519 key; the caller frees it. Errors as above, -EXH_E_FORMAT
 * where it is none. */
int exh_key_read(struct exh_ctx *ctx, const char *path, EVP_PKEY **ret, bool *is_locked);

/** exh_key_fingerprint - SHA-256 of the SubjectPublicKeyInfo in DER. exh_key_public_pem - the
 * public key; the caller frees it. */
int exh_key_fingerprint(struct exh_ctx *ctx, EVP_PKEY *key, char out[EXH_SHA256_HEX]);
int exh_key_public_pem(struct exh_ctx *ctx, EVP_PKEY *key, char **ret);

/**
 * exh_key_public - read a public Ed25519 key from PEM text; name is for messages only
 *
 * fingerprint is the SHA-256 of its SubjectPublicKeyInfo (RFC 8410) in DER. The caller frees the
 * key.
 */
int exh_key_public(struct exh_ctx *ctx, const char *name, const char *pem, EVP_PKEY **ret,
		   char fingerprint[EXH_SHA256_HEX]);

#endif
