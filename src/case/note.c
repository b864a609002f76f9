// SPDX-License-Identifier: Apache-2.0
#include "note.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define KEY_BYTES	32
#define SIGNATURE_BYTES 64
#define ED25519_TYPE	1		/* of signatures, in c2sp.org/signed-note */
#define DASH		"\xe2\x80\x94 " /* U+2014 and a space */
#define STORED_BYTES	(EXH_NOTE_ID + SIGNATURE_BYTES)
#define BASE64_LENGTH	92 /* of STORED_BYTES */

struct signature_line {
	char name[EXH_NOTE_NAME_MAX + 1];
	bool is_ed25519; /* by its length; what follows is set only then */
	unsigned char id[EXH_NOTE_ID], signature[SIGNATURE_BYTES];
};

/* No space of any kind and no plus: they end the name. */
static bool is_name(const char *name, size_t n)
{
	size_t used;
	uint32_t cp;

	if (!n || n > EXH_NOTE_NAME_MAX)
		return false;
	for (size_t at = 0; at < n; at += used) {
		used = exh_utf8_next((const unsigned char *)name + at, n - at, &cp);
		if (!used || cp <= ' ' || cp == '+' || cp == 0x85 || cp == 0xa0 || cp == 0x1680 ||
		    (cp >= 0x2000 && cp <= 0x200a) || cp == 0x2028 || cp == 0x2029 ||
		    cp == 0x202f || cp == 0x205f || cp == 0x3000)
			return false;
	}
	return true;
}

static bool is_base64(const char *text, size_t n)
{
	size_t letters = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789+/");

	return n && n % 4 == 0 && letters + 2 >= n && letters <= n &&
	       strspn(text + letters, "=") >= n - letters;
}

static bool parse_line(const char *line, size_t n, struct signature_line *out)
{
	unsigned char decoded[BASE64_LENGTH];
	const char *name = line + sizeof(DASH) - 1, *space;
	size_t length;

	if (n < sizeof(DASH) || memcmp(line, DASH, sizeof(DASH) - 1) != 0)
		return false;
	space = memchr(name, ' ', n - (sizeof(DASH) - 1));
	if (!space || !is_name(name, (size_t)(space - name)))
		return false;
	length = n - (size_t)(space + 1 - line);
	if (!is_base64(space + 1, length))
		return false;
	snprintf(out->name, sizeof(out->name), "%.*s", (int)(space - name), name);
	out->is_ed25519 =
		length == BASE64_LENGTH && space[length] == '=' && space[length - 1] != '=' &&
		EVP_DecodeBlock(decoded, (const unsigned char *)space + 1, BASE64_LENGTH) ==
			STORED_BYTES + 1;
	if (out->is_ed25519) {
		memcpy(out->id, decoded, EXH_NOTE_ID);
		memcpy(out->signature, decoded + EXH_NOTE_ID, SIGNATURE_BYTES);
	}
	return true;
}

/* The next line of signatures from *at on; false where there is none, or none of the right form. */
static bool next_line(const struct exh_note *note, size_t *at, struct signature_line *out)
{
	const char *line = note->bytes + *at;
	const char *end = *at < note->n ? memchr(line, '\n', note->n - *at) : NULL;

	if (!end)
		return false;
	*at += (size_t)(end - line) + 1;
	return parse_line(line, (size_t)(end - line), out);
}

static bool is_plain_text(const char *bytes, size_t n)
{
	size_t used;
	uint32_t cp;

	for (size_t at = 0; at < n; at += used) {
		used = exh_utf8_next((const unsigned char *)bytes + at, n - at, &cp);
		if (!used || (cp < ' ' && cp != '\n'))
			return false;
	}
	return true;
}

/* The text ends before the last empty line. 0 where there is none. */
static size_t text_length(const char *bytes, size_t n)
{
	for (size_t at = n; at-- > 1;)
		if (bytes[at] == '\n' && bytes[at - 1] == '\n')
			return at;
	return 0;
}

int exh_note_parse(struct exh_ctx *ctx, const char *bytes, size_t n, struct exh_note *note)
{
	struct signature_line line;
	size_t at;

	memset(note, 0, sizeof(*note));
	if (!n)
		return exh_fail(ctx, EXH_E_FORMAT, "is empty");
	if (n >= sizeof(note->bytes) || !is_plain_text(bytes, n) || bytes[n - 1] != '\n')
		return exh_fail(ctx, EXH_E_FORMAT, "is no signed note");
	memcpy(note->bytes, bytes, n);
	note->n = n;
	note->text = text_length(bytes, n);
	if (!note->text || note->text + 1 == n)
		return exh_fail(ctx, EXH_E_FORMAT, "is a note without a signature");
	for (at = note->text + 1; at < n;)
		if (!next_line(note, &at, &line))
			return exh_fail(ctx, EXH_E_FORMAT, "has a line of signature that is none");
	return exh_note_signatures(note) <= EXH_NOTE_SIGNATURES
		       ? 0
		       : exh_fail(ctx, EXH_E_FORMAT, "has more than %d signatures",
				  EXH_NOTE_SIGNATURES);
}

int exh_note_begin(struct exh_ctx *ctx, const char *text, size_t n, struct exh_note *note)
{
	memset(note, 0, sizeof(*note));
	if (!n || n + 2 >= sizeof(note->bytes) || text[n - 1] != '\n' || !is_plain_text(text, n))
		return exh_fail(ctx, EXH_E_FORMAT, "this text cannot be signed as a note");
	memcpy(note->bytes, text, n);
	note->bytes[n] = '\n';
	note->text = n;
	note->n = n + 1;
	return 0;
}

bool exh_note_key_id(const char *name, EVP_PKEY *key, unsigned char id[EXH_NOTE_ID])
{
	unsigned char bytes[EXH_NOTE_NAME_MAX + 2 + KEY_BYTES], digest[32];
	size_t n = strlen(name), room = KEY_BYTES;

	if (n > EXH_NOTE_NAME_MAX)
		return false;
	memcpy(bytes, name, n);
	bytes[n] = '\n';
	bytes[n + 1] = ED25519_TYPE;
	if (EVP_PKEY_get_raw_public_key(key, bytes + n + 2, &room) != 1 || room != KEY_BYTES ||
	    !EVP_Digest(bytes, n + 2 + KEY_BYTES, digest, NULL, EVP_sha256(), NULL))
		return false;
	memcpy(id, digest, EXH_NOTE_ID);
	return true;
}

static bool sign_text(const struct exh_note *note, EVP_PKEY *key, unsigned char *signature)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t length = SIGNATURE_BYTES;
	bool good = md && EVP_DigestSignInit(md, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestSign(md, signature, &length, (const unsigned char *)note->bytes,
				   note->text) == 1;

	EVP_MD_CTX_free(md);
	return good;
}

int exh_note_sign(struct exh_ctx *ctx, struct exh_note *note, const char *name, EVP_PKEY *key)
{
	unsigned char stored[STORED_BYTES], base64[BASE64_LENGTH + 1];
	size_t room = sizeof(note->bytes) - note->n;
	int n;

	if (!is_name(name, strlen(name)))
		return exh_fail(ctx, EXH_E_USAGE, "'%s' cannot be the name of a key", name);
	if (!exh_note_key_id(name, key, stored) || !sign_text(note, key, stored + EXH_NOTE_ID))
		return exh_fail(ctx, EXH_E_MISSING, "libcrypto cannot sign the note");
	EVP_EncodeBlock(base64, stored, sizeof(stored));
	n = snprintf(note->bytes + note->n, room, DASH "%s %s\n", name, (const char *)base64);
	if (n < 0 || (size_t)n >= room)
		return exh_fail(ctx, EXH_E_RANGE, "the note has too many signatures");
	note->n += (size_t)n;
	return 0;
}

static bool holds(const struct exh_note *note, const struct signature_line *line, EVP_PKEY *key)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool good = md && EVP_DigestVerifyInit(md, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestVerify(md, line->signature, SIGNATURE_BYTES,
				     (const unsigned char *)note->bytes, note->text) == 1;

	EVP_MD_CTX_free(md);
	return good;
}

bool exh_note_is_signed_by(const struct exh_note *note, const char *name, EVP_PKEY *key)
{
	unsigned char id[EXH_NOTE_ID];
	struct signature_line line;
	bool is_signed = false;

	if (!exh_note_key_id(name, key, id))
		return false;
	for (size_t at = note->text + 1; next_line(note, &at, &line);) {
		if (!line.is_ed25519 || strcmp(line.name, name) != 0 ||
		    memcmp(line.id, id, sizeof(id)) != 0)
			continue;
		if (!holds(note, &line, key))
			return false;
		is_signed = true;
	}
	return is_signed;
}

size_t exh_note_signatures(const struct exh_note *note)
{
	struct signature_line line;
	size_t n = 0;

	for (size_t at = note->text + 1; next_line(note, &at, &line);)
		n++;
	return n;
}

json_t *exh_note_signatures_json(const struct exh_note *note)
{
	struct signature_line line;
	json_t *list = json_array();

	for (size_t at = note->text + 1; next_line(note, &at, &line);) {
		char id[2 * EXH_NOTE_ID + 1];
		unsigned char base64[BASE64_LENGTH + 1];

		if (!line.is_ed25519)
			continue;
		exh_hex(line.id, sizeof(line.id), id);
		EVP_EncodeBlock(base64, line.signature, SIGNATURE_BYTES);
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s}", "name", line.name, "key_id", id,
						"signature", (const char *)base64));
	}
	return list;
}
