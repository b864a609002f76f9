// SPDX-License-Identifier: Apache-2.0
/*
 * Heads of version 2: checkpoints (c2sp.org/tlog-checkpoint). Origin, number of entries and root of
 * the tree, then three lines of our own: length and digest of the ledger's file, for who has no
 * more than a shell; the key's fingerprint; the time.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"
#include "head.h"

#define ROOT_BASE64 44

static size_t text_of(const struct exh_head *h, char out[512])
{
	char origin[EXH_ORIGIN_MAX];
	unsigned char root[ROOT_BASE64 + 1];

	exh_head_origin(h->case_id, origin);
	EVP_EncodeBlock(root, h->root, sizeof(h->root));
	return (size_t)snprintf(
		out, 512, "%s\n%" PRIu64 "\n%s\nledger %" PRIu64 " %s\nkey %s\ntime %s\n", origin,
		h->entries, (const char *)root, h->bytes, h->sha256, h->key, h->time);
}

static bool parse_root(const char *text, unsigned char root[EXH_TREE_HASH])
{
	unsigned char decoded[ROOT_BASE64];

	if (strlen(text) != ROOT_BASE64 || text[ROOT_BASE64 - 1] != '=' ||
	    EVP_DecodeBlock(decoded, (const unsigned char *)text, ROOT_BASE64) != 33)
		return false;
	memcpy(root, decoded, EXH_TREE_HASH);
	return true;
}

/* The text must be the one that would be written for what was read: there is one form only. */
bool exh_head_v2_parse(const struct exh_note *note, struct exh_head *h)
{
	char text[512], again[512], root[64], key[80], sha256[80], id[64];

	if (note->text >= sizeof(text))
		return false;
	memcpy(text, note->bytes, note->text);
	text[note->text] = 0;
	if (sscanf(text,
		   "exhibit/%63s\n%" SCNu64 "\n%63s\nledger %" SCNu64 " %79s\nkey %79s\ntime %31s",
		   id, &h->entries, root, &h->bytes, sha256, key, h->time) != 7)
		return false;
	if (!exh_is_case_id(id) || !exh_is_sha256_hex(key) || !exh_is_sha256_hex(sha256) ||
	    !exh_is_time_text(h->time) || !parse_root(root, h->root) || !h->entries || !h->bytes)
		return false;
	h->version = 2;
	memcpy(h->case_id, id, sizeof(h->case_id));
	memcpy(h->key, key, sizeof(h->key));
	memcpy(h->sha256, sha256, sizeof(h->sha256));
	return text_of(h, again) == note->text && !memcmp(again, text, note->text);
}

int exh_head_v2_sign(struct exh_ctx *ctx, struct exh_head *head, EVP_PKEY *key)
{
	char text[512], origin[EXH_ORIGIN_MAX];
	int r = exh_note_begin(ctx, text, text_of(head, text), &head->note);

	exh_head_origin(head->case_id, origin);
	return r < 0 ? r : exh_note_sign(ctx, &head->note, origin, key);
}

json_t *exh_head_v2_json(const struct exh_head *h)
{
	char origin[EXH_ORIGIN_MAX], root[2 * EXH_TREE_HASH + 1];

	exh_head_origin(h->case_id, origin);
	exh_hex(h->root, sizeof(h->root), root);
	return json_pack("{s:i, s:s, s:s, s:s, s:I, s:s, s:I, s:s, s:s, s:s%, s:o}", "v", 2,
			 "origin", origin, "case", h->case_id, "key", h->key, "entries",
			 (json_int_t)h->entries, "root", root, "bytes", (json_int_t)h->bytes,
			 "sha256", h->sha256, "time", h->time, "note", h->note.bytes, h->note.n,
			 "signatures", exh_note_signatures_json(&h->note));
}
