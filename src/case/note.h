/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed notes (c2sp.org/signed-note): a text, an empty line, and a line for each signature. Keys
 * are Ed25519; signatures by keys that nobody asked for are left alone.
 */
#ifndef EXH_CASE_NOTE_H
#define EXH_CASE_NOTE_H

#include <jansson.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/ctx.h"

#define EXH_NOTE_MAX	    16384
#define EXH_NOTE_SIGNATURES 64
#define EXH_NOTE_ID	    4
#define EXH_NOTE_NAME_MAX   128

struct exh_note {
	char bytes[EXH_NOTE_MAX]; /* the whole note */
	size_t n, text;		  /* its length, and that of the text with its last newline */
};

/** exh_note_parse - are these n bytes a signed note? -EXH_E_FORMAT says why not. No signature is
 * checked. */
int exh_note_parse(struct exh_ctx *ctx, const char *bytes, size_t n, struct exh_note *note);

/** exh_note_begin - a note of this text, which ends with a newline, without a signature yet. */
int exh_note_begin(struct exh_ctx *ctx, const char *text, size_t n, struct exh_note *note);

/** exh_note_sign - add the signature of a private key under this name. */
int exh_note_sign(struct exh_ctx *ctx, struct exh_note *note, const char *name, EVP_PKEY *key);

/**
 * exh_note_is_signed_by - did the holder of this key sign the text under this name?
 *
 * False where there is no signature of name and key, and where one of them does not hold.
 */
bool exh_note_is_signed_by(const struct exh_note *note, const char *name, EVP_PKEY *key);

/** exh_note_signatures - how many signature lines there are. */
size_t exh_note_signatures(const struct exh_note *note);

/** exh_note_signatures_json - [{"name", "key_id", "signature"}]; the caller owns it. */
json_t *exh_note_signatures_json(const struct exh_note *note);

/** exh_note_key_id - the first bytes of SHA-256(name, newline, 1, public key). */
bool exh_note_key_id(const char *name, EVP_PKEY *key, unsigned char id[EXH_NOTE_ID]);

#endif
