// SPDX-License-Identifier: Apache-2.0
/* Reading the ledger and saying where it does not hold. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"
#include "ledger.h"
#include "skim.h"

/* A line as it lies in the file. text is NULL where it is longer than any entry. */
struct line {
	const char *text;
	uint64_t start, length;
};

/* What the first entry of a ledger of this version names as the digest before it. */
static int seed(struct exh_ctx *ctx, unsigned version, const char *case_id, const char *fingerprint,
		char out[EXH_SHA256_HEX])
{
	char text[160];
	int n = snprintf(text, sizeof(text), "exhibit-ledger-v%u\n%s\n%s\n", version, case_id,
			 fingerprint);

	return exh_case_sha256(ctx, text, (size_t)n, out);
}

int exh_chain_init(struct exh_ctx *ctx, struct exh_chain *chain, int fd, const char *case_id,
		   const char *fingerprint)
{
	int r;

	chain->fd = fd;
	chain->version = EXH_LEDGER_VERSION;
	chain->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	chain->md = EVP_MD_CTX_new();
	chain->whole = EVP_MD_CTX_new();
	chain->buffer = malloc(EXH_LEDGER_LINE_MAX);
	if (!exh_tree_init(&chain->tree) || !chain->sha256 || !chain->md || !chain->buffer ||
	    !chain->whole || !EVP_DigestInit_ex2(chain->whole, chain->sha256, NULL))
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	r = seed(ctx, 1, case_id, fingerprint, chain->first[1]);
	if (r >= 0)
		r = seed(ctx, 2, case_id, fingerprint, chain->first[2]);
	memcpy(chain->last, chain->first[EXH_LEDGER_VERSION], sizeof(chain->last));
	return r;
}

void exh_chain_clear(struct exh_chain *chain)
{
	EVP_MD_free(chain->sha256);
	EVP_MD_CTX_free(chain->md);
	EVP_MD_CTX_free(chain->whole);
	exh_tree_clear(&chain->tree);
	free(chain->buffer);
	memset(chain, 0, sizeof(*chain));
}

static int digest(struct exh_ctx *ctx, struct exh_chain *chain, const void *bytes, size_t n,
		  char out[EXH_SHA256_HEX])
{
	unsigned char value[32];

	if (!EVP_DigestInit_ex2(chain->md, chain->sha256, NULL) ||
	    !EVP_DigestUpdate(chain->md, bytes, n) || !EVP_DigestFinal_ex(chain->md, value, NULL))
		return exh_fail(ctx, EXH_E_MISSING, EXH_LEDGER_NAME ": libcrypto cannot digest it");
	exh_hex(value, sizeof(value), out);
	return 0;
}

static int tell(struct exh_ctx *ctx, struct exh_chain *chain, enum exh_finding_kind kind,
		uint64_t start, uint64_t end, const char *text)
{
	struct exh_finding finding = {
		.kind = kind,
		.number = chain->entries,
		.start = start,
		.length = end - start,
		.text = text,
	};

	if (kind == EXH_CHAIN_BROKEN)
		chain->breaks++;
	return chain->on_finding ? chain->on_finding(ctx, &finding, chain->opaque) : 0;
}

static int begin_torn(struct exh_chain *chain, const struct line *line, const char *why)
{
	if (chain->has_torn)
		return 0;
	chain->has_torn = true;
	chain->torn_start = line->start;
	snprintf(chain->torn_text, sizeof(chain->torn_text), "%s", why);
	return 0;
}

/* The unexplained bytes before an entry that does not declare them are a break. */
static int give_up_torn(struct exh_ctx *ctx, struct exh_chain *chain, uint64_t end)
{
	if (!chain->has_torn)
		return 0;
	chain->has_torn = false;
	chain->is_resyncing = true;
	return tell(ctx, chain, EXH_CHAIN_BROKEN, chain->torn_start, end, chain->torn_text);
}

/* Digests [start, end) of the ledger. */
static int digest_range(struct exh_ctx *ctx, struct exh_chain *chain, uint64_t start, uint64_t end,
			char out[EXH_SHA256_HEX])
{
	uint64_t n = end - start;
	_cleanup_free_ char *bytes = n <= EXH_LEDGER_TORN_MAX ? malloc(n + 1) : NULL;
	int64_t got;

	if (!bytes)
		return exh_fail(ctx, EXH_E_FORMAT,
				EXH_LEDGER_NAME ": %" PRIu64 " bytes from offset %" PRIu64
						" are no entries",
				n, start);
	got = exh_pread_all(chain->fd, bytes, n, start);
	if (got < 0 || (uint64_t)got != n)
		return exh_fail_errno(ctx, EXH_LEDGER_NAME ": cannot be read at offset %" PRIu64,
				      start);
	return digest(ctx, chain, bytes, n, out);
}

/* Does this entry declare exactly the unexplained bytes before it? */
static bool declares_torn(struct exh_ctx *ctx, struct exh_chain *chain,
			  const struct exh_entry *entry)
{
	const json_t *torn = json_object_get(exh_entry_json(entry), "torn");
	const char *stated = exh_json_str(torn, "sha256");
	uint64_t length = entry->start - chain->torn_start;
	char found[EXH_SHA256_HEX];

	if (exh_json_u64(torn, "start", UINT64_MAX) != chain->torn_start ||
	    exh_json_u64(torn, "bytes", UINT64_MAX) != length || !stated)
		return false;
	return digest_range(ctx, chain, chain->torn_start, entry->start, found) == 0 &&
	       !strcmp(found, stated);
}

static int cover_from_file(struct exh_ctx *ctx, struct exh_chain *chain, uint64_t end)
{
	char bytes[16384];

	while (chain->hashed < end) {
		uint64_t left = end - chain->hashed;
		size_t want = left < sizeof(bytes) ? (size_t)left : sizeof(bytes);

		if (exh_pread_all(chain->fd, bytes, want, chain->hashed) != (int64_t)want)
			return exh_fail_errno(ctx,
					      EXH_LEDGER_NAME ": cannot be read at offset %" PRIu64,
					      chain->hashed);
		if (!EVP_DigestUpdate(chain->whole, bytes, want))
			return exh_fail(ctx, EXH_E_MISSING,
					EXH_LEDGER_NAME ": libcrypto cannot digest it");
		chain->hashed += want;
	}
	return 0;
}

int exh_chain_cover(struct exh_ctx *ctx, struct exh_chain *chain, uint64_t end, const char *text,
		    uint64_t length)
{
	int r = cover_from_file(ctx, chain, end - length);

	if (r < 0)
		return r;
	if (length && !EVP_DigestUpdate(chain->whole, text, length))
		return exh_fail(ctx, EXH_E_MISSING, EXH_LEDGER_NAME ": libcrypto cannot digest it");
	chain->hashed += length;
	return 0;
}

int exh_chain_rewind(struct exh_ctx *ctx, struct exh_chain *chain)
{
	chain->hashed = 0;
	return EVP_DigestInit_ex2(chain->whole, chain->sha256, NULL)
		       ? 1
		       : exh_fail(ctx, EXH_E_MISSING,
				  EXH_LEDGER_NAME ": libcrypto cannot digest it");
}

int exh_chain_whole(struct exh_ctx *ctx, struct exh_chain *chain, char out[EXH_SHA256_HEX])
{
	unsigned char value[32];

	if (!EVP_MD_CTX_copy_ex(chain->md, chain->whole) ||
	    !EVP_DigestFinal_ex(chain->md, value, NULL))
		return exh_fail(ctx, EXH_E_MISSING, EXH_LEDGER_NAME ": libcrypto cannot digest it");
	exh_hex(value, sizeof(value), out);
	return 0;
}

int exh_chain_root(struct exh_ctx *ctx, struct exh_chain *chain, unsigned char out[EXH_TREE_HASH])
{
	return exh_tree_root(&chain->tree, out)
		       ? 0
		       : exh_fail(ctx, EXH_E_MISSING,
				  EXH_LEDGER_NAME ": libcrypto cannot digest it");
}

static int advance(struct exh_ctx *ctx, struct exh_chain *chain, const struct exh_entry *entry)
{
	int r = exh_chain_cover(ctx, chain, entry->start + entry->length, entry->text,
				entry->length);

	if (r < 0)
		return r;
	if (!exh_tree_add(&chain->tree, entry->text, entry->length))
		return exh_fail(ctx, EXH_E_MISSING, EXH_LEDGER_NAME ": libcrypto cannot digest it");
	chain->entries = entry->seq + 1;
	chain->start = entry->start;
	chain->end = entry->start + entry->length;
	memcpy(chain->last, entry->sha256, sizeof(chain->last));
	chain->moment = entry->moment;
	if (!chain->is_closed && !strcmp(entry->event, "close")) {
		chain->is_closed = true;
		chain->closed_by = entry->number;
	}
	chain->is_resyncing = false;
	return 0;
}

/* Says in words what is wrong with a readable entry that does not continue the chain. */
static void explain(const struct exh_chain *chain, const struct exh_entry *entry, char out[200])
{
	uint64_t seq = entry->seq;

	if (!strcmp(entry->sha256, chain->last))
		snprintf(out, 200, "is a copy of the entry before it");
	else if (seq < chain->entries)
		snprintf(out, 200, "says it is entry %" PRIu64 ": a copy, or out of its order",
			 seq);
	else if (seq > chain->entries)
		snprintf(out, 200,
			 "says it is entry %" PRIu64 ": the entries before it are not there", seq);
	else if (!chain->entries)
		snprintf(out, 200, "is not the first entry of this case with this key");
	else if (entry->has_torn)
		snprintf(out, 200, "declares an unfinished write that is not there");
	else
		snprintf(out, 200,
			 "names another digest than that of the entry before it: one of the two "
			 "was changed");
}

/* The first entry says which version the ledger has, and what it names as the digest before it must
 * fit that. */
static bool begins(struct exh_chain *chain, const struct exh_entry *entry)
{
	uint64_t version = exh_json_u64(exh_entry_json(entry), "v", 0);

	if (version < 1 || version > EXH_LEDGER_VERSION ||
	    strcmp(entry->prev, chain->first[version]) != 0)
		return false;
	chain->version = (unsigned)version;
	return true;
}

static bool continues(struct exh_chain *chain, const struct exh_entry *entry)
{
	if (entry->seq != chain->entries)
		return false;
	return chain->entries ? !strcmp(entry->prev, chain->last) : begins(chain, entry);
}

static int take_good(struct exh_ctx *ctx, struct exh_chain *chain, struct exh_entry *entry)
{
	int r;

	entry->number = chain->entries;
	r = advance(ctx, chain, entry);
	return r >= 0 && chain->on_entry ? chain->on_entry(ctx, entry, chain->opaque) : r;
}

/* Only what a recovery says about the closing itself may stand behind it. */
static int check_closed(struct exh_ctx *ctx, struct exh_chain *chain, const struct exh_entry *entry)
{
	char why[80];

	if (!chain->is_closed || !strcmp(entry->event, "found-unsealed"))
		return 0;
	snprintf(why, sizeof(why), "was added behind the closing entry, %" PRIu64,
		 chain->closed_by);
	return tell(ctx, chain, EXH_CHAIN_BROKEN, entry->start, entry->start + entry->length, why);
}

static int take_entry(struct exh_ctx *ctx, struct exh_chain *chain, struct exh_entry *entry)
{
	bool is_next = continues(chain, entry);
	bool has_torn = entry->has_torn;
	char why[200];
	int r;

	if (is_next && chain->has_torn && declares_torn(ctx, chain, entry)) {
		chain->has_torn = false;
		r = tell(ctx, chain, EXH_CHAIN_TORN, chain->torn_start, entry->start,
			 "an unfinished write, declared by the entry behind it");
		if (r >= 0)
			r = check_closed(ctx, chain, entry);
		return r < 0 ? r : take_good(ctx, chain, entry);
	}
	r = give_up_torn(ctx, chain, entry->start);
	if (r < 0)
		return r;
	if (is_next && !has_torn && !chain->is_resyncing) {
		r = check_closed(ctx, chain, entry);
		return r < 0 ? r : take_good(ctx, chain, entry);
	}
	if (!chain->is_resyncing) {
		explain(chain, entry, why);
		r = tell(ctx, chain, EXH_CHAIN_BROKEN, entry->start, entry->start + entry->length,
			 why);
	}
	return r < 0 ? r : take_good(ctx, chain, entry);
}

const json_t *exh_entry_json(const struct exh_entry *entry)
{
	if (!*entry->parsed)
		*entry->parsed =
			json_loadb(entry->text, entry->length, JSON_REJECT_DUPLICATES, NULL);
	return *entry->parsed;
}

static bool copy_member(const json_t *json, const char *key, char *out, size_t room)
{
	const char *text = exh_json_str(json, key);

	if (!text || strlen(text) >= room)
		return false;
	strcpy(out, text);
	return true;
}

/* The same as exh_skim(), for a line in any form. */
static bool parse(struct exh_entry *entry)
{
	const json_t *json = exh_entry_json(entry), *clock = json_object_get(json, "clock");

	entry->seq = exh_json_u64(json, "seq", UINT64_MAX);
	entry->has_torn = json_object_get(json, "torn") != NULL;
	entry->clock_step = json_integer_value(json_object_get(clock, "step_us"));
	exh_moment_of(json, &entry->moment);
	return entry->seq < INT64_MAX && copy_member(json, "prev", entry->prev, 65) &&
	       copy_member(json, "event", entry->event, sizeof(entry->event)) &&
	       copy_member(json, "time", entry->time, sizeof(entry->time));
}

/* NULL, or what is wrong with a line. */
static const char *read_entry(struct exh_entry *entry)
{
	if (!exh_skim(entry) && !parse(entry))
		return *entry->parsed ? "lacks what every entry has"
				      : "is not readable as an entry";
	return exh_is_sha256_hex(entry->prev) ? NULL : "lacks what every entry has";
}

static int take_line(struct exh_ctx *ctx, struct exh_chain *chain, const struct line *line)
{
	_cleanup_json_ json_t *json = NULL;
	struct exh_entry entry = {
		.start = line->start, .length = line->length, .text = line->text, .parsed = &json};
	const char *why;
	int r;

	if (!line->text)
		return begin_torn(chain, line, "is longer than any entry can be");
	why = read_entry(&entry);
	if (why)
		return begin_torn(chain, line, why);
	r = digest(ctx, chain, line->text, line->length, entry.sha256);
	return r < 0 ? r : take_entry(ctx, chain, &entry);
}

/* The offset behind the next newline from offset on, or size where there is none; only for lines
 * longer than the buffer. */
static int skip_line(struct exh_ctx *ctx, struct exh_chain *chain, uint64_t offset, uint64_t size,
		     uint64_t *end_ret, bool *found)
{
	while (offset < size) {
		size_t want =
			size - offset < EXH_LEDGER_LINE_MAX ? size - offset : EXH_LEDGER_LINE_MAX;
		int64_t got = exh_pread_all(chain->fd, chain->buffer, want, offset);
		const char *newline;

		if (got <= 0)
			return exh_fail_errno(
				ctx, EXH_LEDGER_NAME ": cannot be read at offset %" PRIu64, offset);
		newline = memchr(chain->buffer, '\n', (size_t)got);
		*found = newline != NULL;
		*end_ret = newline ? offset + (uint64_t)(newline - chain->buffer) + 1
				   : offset + (uint64_t)got;
		if (newline)
			return 0;
		offset = *end_ret;
	}
	return 0;
}

/* Takes every whole line in n bytes of the buffer, which are those at chain->read. */
static int take_buffer(struct exh_ctx *ctx, struct exh_chain *chain, size_t n)
{
	const char *p = chain->buffer, *end = p + n, *newline;
	int r = 0;

	while (r >= 0 && (newline = memchr(p, '\n', (size_t)(end - p)))) {
		struct line line = {
			.text = p, .start = chain->read, .length = (uint64_t)(newline + 1 - p)};

		r = take_line(ctx, chain, &line);
		chain->read += line.length;
		p = newline + 1;
	}
	return r;
}

static int take_long_line(struct exh_ctx *ctx, struct exh_chain *chain, uint64_t size,
			  bool *is_whole)
{
	struct line line = {.start = chain->read};
	uint64_t end = chain->read;
	int r = skip_line(ctx, chain, chain->read, size, &end, is_whole);

	if (r < 0 || !*is_whole)
		return r;
	line.length = end - line.start;
	chain->read = end;
	return take_line(ctx, chain, &line);
}

int exh_chain_read(struct exh_ctx *ctx, struct exh_chain *chain, uint64_t size)
{
	while (chain->read < size) {
		uint64_t left = size - chain->read, before = chain->read;
		size_t want = left < EXH_LEDGER_LINE_MAX ? left : EXH_LEDGER_LINE_MAX;
		int64_t got = exh_pread_all(chain->fd, chain->buffer, want, chain->read);
		bool is_whole = false;
		int r;

		if (got < 0 || (size_t)got != want)
			return exh_fail_errno(ctx,
					      EXH_LEDGER_NAME ": cannot be read at offset %" PRIu64,
					      chain->read);
		r = take_buffer(ctx, chain, want);
		if (r < 0)
			return r;
		if (chain->read > before)
			continue;
		if (want < EXH_LEDGER_LINE_MAX)
			return 0;
		r = take_long_line(ctx, chain, size, &is_whole);
		if (r < 0 || !is_whole)
			return r;
	}
	return 0;
}

int exh_chain_finish(struct exh_ctx *ctx, struct exh_chain *chain, uint64_t size)
{
	bool is_cut = chain->read < size;
	uint64_t start = chain->has_torn ? chain->torn_start : chain->read;

	if (start == size)
		return 0;
	chain->has_torn = false;
	return tell(ctx, chain, EXH_CHAIN_TORN_TAIL, start, size,
		    is_cut ? "the last line is unfinished" : chain->torn_text);
}
