/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Ed25519 key of a case. The private part lies in $EXHIBIT_KEY_DIR, else
 * $XDG_DATA_HOME/exhibit/keys, else
 * ~/.local/share/exhibit/keys, as CASEID.pem with mode 600; never in the case directory. It is in
 * memory only while a head is signed.
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

/**
 * exh_key_make - make the key pair of a case and store its private part
 *
 * pem_ret gets the public key as PEM, which the caller frees. -EXH_E_USAGE where the place for keys
 * is inside case_dir.
 */
int exh_key_make(struct exh_ctx *ctx, const char *case_id, const char *case_dir, char **pem_ret,
		 char fingerprint[EXH_SHA256_HEX]);

/** exh_key_remove - take back what exh_key_make() stored, where the making of the case failed. */
void exh_key_remove(struct exh_ctx *ctx, const char *case_id);

/**
 * exh_key_load - the private key of a case, which must have this fingerprint
 *
 * -EXH_E_MISSING where it is not there; the text names where it was looked for. The caller frees
 * the key.
 */
int exh_key_load(struct exh_ctx *ctx, const char *case_id, const char *fingerprint, EVP_PKEY **ret);

/**
 * exh_key_public - read a public Ed25519 key from PEM text; name is for messages only
 *
 * fingerprint is the SHA-256 of its SubjectPublicKeyInfo (RFC 8410) in DER. The caller frees the
 * key.
 */
int exh_key_public(struct exh_ctx *ctx, const char *name, const char *pem, EVP_PKEY **ret,
		   char fingerprint[EXH_SHA256_HEX]);

#endif
