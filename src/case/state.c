// SPDX-License-Identifier: Apache-2.0
#include "state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"

#define STATE_LIMIT   (64U << 10)
#define SAVE_EVERY    256 /* entries */
#define BASE64_LENGTH 44  /* of a hash */

struct saved {
	char origin[96];
	uint64_t entries, start, end, steps;
	char sha256[EXH_SHA256_HEX], last[EXH_SHA256_HEX];
	struct exh_moment moment;
	unsigned char range[EXH_TREE_LEVELS][EXH_TREE_HASH];
	json_t *open; /* as in struct exh_steps */
};

static void state_origin(const struct exh_case *c, char out[96])
{
	snprintf(out, 96, "exhibit-state/%s", c->identity.case_id);
}

/* ---- writing ---- */

static void put_tree(FILE *f, const struct exh_tree *tree)
{
	fprintf(f, "tree");
	for (unsigned level = 0; level < EXH_TREE_LEVELS; level++) {
		unsigned char base64[BASE64_LENGTH + 1];

		if (!(tree->size >> level & 1))
			continue;
		EVP_EncodeBlock(base64, tree->range[level], EXH_TREE_HASH);
		fprintf(f, " %s", (const char *)base64);
	}
	fprintf(f, "\n");
}

static void put_open_steps(FILE *f, const struct exh_steps *steps)
{
	const char *key;
	json_t *begin;

	json_object_foreach (steps->open, key, begin) {
		_cleanup_free_ char *line = exh_json_dump_line(begin);

		fprintf(f, "open %s\n", line ? line : "");
	}
}

static char *text_of(struct exh_ctx *ctx, struct exh_case *c, size_t *n_ret)
{
	char origin[96], sha256[EXH_SHA256_HEX], *text = NULL;
	const struct exh_moment *m = &c->chain.moment;
	FILE *f;

	if (exh_chain_whole(ctx, &c->chain, sha256) < 0)
		return NULL;
	f = open_memstream(&text, n_ret);
	if (!f)
		return NULL;
	state_origin(c, origin);
	fprintf(f, "%s\nentries %" PRIu64 "\nbytes %" PRIu64 " %" PRIu64 " %s\nlast %s\n", origin,
		c->chain.entries, c->chain.start, c->chain.end, sha256, c->chain.last);
	fprintf(f, "moment %d %" PRId64 " %" PRId64 " %s\n", m->is_known, m->time_us,
		m->boottime_us, *m->boot_id ? m->boot_id : "-");
	fprintf(f, "steps %" PRIu64 "\n", c->steps.count);
	put_tree(f, &c->chain.tree);
	put_open_steps(f, &c->steps);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

void exh_state_save(struct exh_ctx *ctx, struct exh_case *c, EVP_PKEY *key)
{
	_cleanup_free_ struct exh_note *note = malloc(sizeof(*note));
	struct exh_ctx own = {.helper = -1};
	_cleanup_free_ char *text = NULL;
	char origin[EXH_ORIGIN_MAX];
	size_t n = 0;

	(void)ctx;
	if (!note || c->chain.version < 2 || c->chain.is_closed || c->chain.end < EXH_STATE_FROM ||
	    c->chain.entries < c->state_entries + SAVE_EVERY)
		return;
	text = text_of(&own, c, &n);
	exh_head_origin(c->identity.case_id, origin);
	if (!text || exh_note_begin(&own, text, n, note) < 0 ||
	    exh_note_sign(&own, note, origin, key) < 0)
		return;
	if (exh_file_write(&own, c->dirfd, EXH_STATE_NAME, note->bytes, note->n, 0600) == 0)
		c->state_entries = c->chain.entries;
}

/* ---- reading ---- */

static bool take_tree(const char *line, struct saved *s)
{
	unsigned char decoded[BASE64_LENGTH];

	for (unsigned level = 0; level < EXH_TREE_LEVELS; level++) {
		if (!(s->entries >> level & 1))
			continue;
		if (*line != ' ' || strlen(line) < 1 + BASE64_LENGTH ||
		    EVP_DecodeBlock(decoded, (const unsigned char *)line + 1, BASE64_LENGTH) != 33)
			return false;
		memcpy(s->range[level], decoded, EXH_TREE_HASH);
		line += 1 + BASE64_LENGTH;
	}
	return !*line;
}

static bool take_open(const char *line, struct saved *s)
{
	json_t *begin = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	char key[24];

	if (!begin)
		return false;
	snprintf(key, sizeof(key), "%" PRIu64, exh_json_u64(begin, "seq", UINT64_MAX));
	return json_object_set_new(s->open, key, begin) == 0;
}

static bool take_line(const char *line, struct saved *s)
{
	int known;

	if (!strncmp(line, "tree", 4))
		return take_tree(line + 4, s);
	if (!strncmp(line, "open ", 5))
		return take_open(line + 5, s);
	if (sscanf(line, "entries %" SCNu64, &s->entries) == 1 ||
	    sscanf(line, "bytes %" SCNu64 " %" SCNu64 " %64[0-9a-f]", &s->start, &s->end,
		   s->sha256) == 3 ||
	    sscanf(line, "last %64[0-9a-f]", s->last) == 1 ||
	    sscanf(line, "steps %" SCNu64, &s->steps) == 1)
		return true;
	if (sscanf(line, "moment %d %" SCNd64 " %" SCNd64 " %36s", &known, &s->moment.time_us,
		   &s->moment.boottime_us, s->moment.boot_id) != 4)
		return false;
	s->moment.is_known = known != 0;
	if (!strcmp(s->moment.boot_id, "-"))
		*s->moment.boot_id = 0;
	return true;
}

static bool take_text(const struct exh_case *c, char *text, struct saved *s)
{
	char *rest = NULL, *line = strtok_r(text, "\n", &rest), origin[96];

	state_origin(c, origin);
	if (!line || strcmp(line, origin) != 0)
		return false;
	while ((line = strtok_r(NULL, "\n", &rest)))
		if (!take_line(line, s))
			return false;
	return s->entries && s->start < s->end && exh_is_sha256_hex(s->sha256) &&
	       exh_is_sha256_hex(s->last);
}

static bool read_signed(struct exh_case *c, struct exh_note *note)
{
	struct exh_ctx own = {.helper = -1};
	_cleanup_free_ char *text = NULL;
	char origin[EXH_ORIGIN_MAX];
	size_t n;

	exh_head_origin(c->identity.case_id, origin);
	return exh_file_read(&own, c->dirfd, EXH_STATE_NAME, STATE_LIMIT, &text, &n) == 0 &&
	       exh_note_parse(&own, text, n, note) == 0 &&
	       exh_note_is_signed_by(note, origin, c->identity.key);
}

/* The bytes it describes must be those that are there. */
static int apply(struct exh_ctx *ctx, struct exh_case *c, struct saved *s)
{
	struct exh_chain *chain = &c->chain;
	char found[EXH_SHA256_HEX];

	if (exh_chain_cover(ctx, chain, s->end, NULL, 0) < 0 ||
	    exh_chain_whole(ctx, chain, found) < 0 || strcmp(found, s->sha256) != 0)
		return 1;
	chain->version = 2;
	chain->entries = c->state_entries = s->entries;
	chain->start = s->start;
	chain->end = chain->read = s->end;
	memcpy(chain->last, s->last, sizeof(chain->last));
	chain->moment = s->moment;
	chain->tree.size = s->entries;
	memcpy(chain->tree.range, s->range, sizeof(s->range));
	json_decref(c->steps.open);
	c->steps = (struct exh_steps){.count = s->steps, .open = json_incref(s->open)};
	return 0;
}

int exh_state_load(struct exh_ctx *ctx, struct exh_case *c)
{
	_cleanup_free_ struct exh_note *note = malloc(sizeof(*note));
	_cleanup_free_ struct saved *s = calloc(1, sizeof(*s));
	_cleanup_json_ json_t *open = json_object();

	if (!note || !s || !open)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	s->open = open;
	if (!read_signed(c, note))
		return 1;
	note->bytes[note->text] = 0;
	if (!take_text(c, note->bytes, s) || s->entries > c->head.entries || s->end > c->head.bytes)
		return 1;
	/* what was read of other bytes must not stay in the digest of the whole */
	return apply(ctx, c, s) ? exh_chain_rewind(ctx, &c->chain) : 0;
}
