// SPDX-License-Identifier: Apache-2.0
/* Does the record of a case hold, and if not, where? */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "key.h"
#include "seal.h"
#include "verify.h"

#define PEM_LIMIT (64U << 10)

static const struct exh_place_found in_ledger = {EXH_NOWHERE, EXH_NOWHERE, EXH_NOWHERE,
						 EXH_LEDGER_NAME};

static void check_first(struct exh_verification *v, const struct exh_entry *entry)
{
	const char *id = exh_json_str(exh_entry_json(entry), "case"),
		   *key = exh_json_str(exh_entry_json(entry), "key");
	const char *file =
		exh_json_str(json_object_get(exh_entry_json(entry), "case_file"), "sha256");
	struct exh_place_found where = {0, entry->start, entry->length, EXH_CASE_FILE};

	if (strcmp(entry->event, "genesis") || !id || !key || !file ||
	    exh_json_u64(exh_entry_json(entry), "v", 0) != v->chain.version)
		exh_check_fails(v, "first-entry", EXH_ALTERED, &where,
				"entry 0 is not the first entry of a ledger of version 1 to %d",
				EXH_LEDGER_VERSION);
	else if (strcmp(id, v->identity.case_id))
		exh_check_fails(v, "first-entry", EXH_ALTERED, &where,
				"the ledger is that of case %.64s, not of %s", id,
				v->identity.case_id);
	else if (strcmp(key, v->identity.fingerprint))
		exh_check_fails(v, "key", EXH_ALTERED, &where,
				"the ledger began with key %.64s; " EXH_CASE_FILE " has key %s",
				key, v->identity.fingerprint);
	else if (strcmp(file, v->identity.sha256))
		exh_check_fails(v, "case-file", EXH_ALTERED, &where,
				EXH_CASE_FILE
				": was changed: entry 0 names SHA-256 %.64s, found %s",
				file, v->identity.sha256);
	else
		exh_check_holds(v, "first-entry",
				"case, key and " EXH_CASE_FILE " are as entry 0 names them");
}

static void note_unsealed(struct exh_verification *v, const struct exh_entry *entry)
{
	size_t used = strlen(v->unsealed_events);
	const char *step;

	if (!v->has_head || entry->number < v->head.entries ||
	    used >= sizeof(v->unsealed_events) - 80)
		return;
	step = exh_json_str(exh_entry_json(entry), "step");
	snprintf(v->unsealed_events + used, sizeof(v->unsealed_events) - used, "%s%.32s%s%.32s",
		 used ? ", " : "", entry->event, step ? " " : "", step ? step : "");
}

static void note_event(struct exh_verification *v, const struct exh_entry *entry)
{
	struct exh_place_found where = {entry->number, entry->start, entry->length,
					EXH_LEDGER_NAME};
	bool is_unsealed = !strcmp(entry->event, "found-unsealed");
	const json_t *json;
	const char *step;

	note_unsealed(v, entry);
	if (!is_unsealed && strcmp(entry->event, "interrupted") != 0)
		return;
	json = exh_entry_json(entry);
	step = exh_json_str(json, "step");
	if (is_unsealed)
		exh_check_warns(v, "head", EXH_P_FOUND_UNSEALED, &where,
				"entries %" PRIu64 " to %" PRIu64
				" were found without a head that covers them, and sealed later",
				exh_json_u64(json, "first", 0), exh_json_u64(json, "last", 0));
	else
		exh_check_warns(v, "step", EXH_P_STEP_INTERRUPTED, &where,
				"step %" PRIu64 " (%.64s) was interrupted",
				exh_json_u64(json, "number", 0), step ? step : "unnamed");
}

/* A clock that was set decides nothing; that it was is said. */
static void note_clock(struct exh_verification *v, const struct exh_entry *entry)
{
	int64_t step = v->before.is_known ? exh_clock_step(&v->before, &entry->moment) : 0;

	/* the writer may have seen more than the two times say */
	if (!step)
		step = entry->clock_step;
	v->before = entry->moment;
	if (!step)
		return;
	if (!v->clock_steps++)
		v->first_step = entry->number;
	if (llabs(step) > llabs(v->largest_step))
		v->largest_step = step;
}

/* The chain stands right behind this entry. */
static int note_heads(struct exh_ctx *ctx, struct exh_verification *v)
{
	int r = 0;

	if (v->has_head && v->chain.entries == v->head.entries)
		v->head_reached = r = exh_seal_fits(ctx, &v->chain, &v->head);
	if (r >= 0 && v->has_anchor && v->chain.entries == v->anchor.entries)
		v->anchor_reached = r = exh_seal_fits(ctx, &v->chain, &v->anchor);
	return r < 0 ? r : exh_witnesses_note(ctx, v);
}

static int on_entry(struct exh_ctx *ctx, const struct exh_entry *entry, void *opaque)
{
	struct exh_verification *v = opaque;
	int r = note_heads(ctx, v);

	if (r < 0)
		return r;
	if (!entry->start)
		check_first(v, entry);
	note_clock(v, entry);
	note_event(v, entry);
	exh_verify_note_files(v, entry);
	return exh_steps_note(ctx, &v->steps, entry);
}

static int on_finding(struct exh_ctx *ctx, const struct exh_finding *f, void *opaque)
{
	struct exh_verification *v = opaque;
	struct exh_place_found where = {f->number, f->start, f->length, EXH_LEDGER_NAME};

	(void)ctx;
	if (f->kind == EXH_CHAIN_BROKEN)
		exh_check_fails(v, "chain", EXH_ALTERED, &where,
				"entry %" PRIu64 ", bytes %" PRIu64 " to %" PRIu64 ": %s",
				f->number, f->start, f->start + f->length, f->text);
	else if (f->kind == EXH_CHAIN_TORN)
		exh_check_warns(v, "chain", EXH_P_TORN_ENTRY, &where,
				"before entry %" PRIu64 ", bytes %" PRIu64 " to %" PRIu64 ": %s",
				f->number, f->start, f->start + f->length, f->text);
	else
		v->torn_tail = f->length;
	return 0;
}

static int read_chain(struct exh_ctx *ctx, struct exh_verification *v, int fd)
{
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return exh_fail_errno(ctx, EXH_LEDGER_NAME);
	v->size = (uint64_t)st.st_size;
	r = exh_chain_init(ctx, &v->chain, fd, v->identity.case_id, v->identity.fingerprint);
	v->chain.on_entry = on_entry;
	v->chain.on_finding = on_finding;
	v->chain.opaque = v;
	if (r == 0)
		r = exh_chain_read(ctx, &v->chain, v->size);
	return r < 0 ? r : exh_chain_finish(ctx, &v->chain, v->size);
}

static void read_head(struct exh_ctx *ctx, struct exh_verification *v)
{
	static const struct exh_place_found where = {EXH_NOWHERE, EXH_NOWHERE, EXH_NOWHERE,
						     EXH_HEAD_NAME};
	int r = exh_head_read(ctx, v->dirfd, EXH_HEAD_NAME, &v->head);

	v->has_head = r == 0;
	if (r == 1)
		exh_check_fails(v, "head", EXH_UNSEALED, &where,
				EXH_HEAD_NAME ": is not there; nothing seals the entries");
	else if (r == -EXH_E_FORMAT)
		exh_check_fails(v, "head", EXH_ALTERED, &where, "%s", ctx->text);
	else if (r < 0)
		exh_check_fails(v, "head", EXH_UNREADABLE, &where, "%s", ctx->text);
}

static void check_ledger(struct exh_ctx *ctx, struct exh_verification *v)
{
	_cleanup_fd_ int fd =
		openat(v->dirfd, EXH_LEDGER_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int r;

	if (fd < 0 && errno == ENOENT) {
		read_head(ctx, v);
		exh_check_fails(v, "chain", EXH_TRUNCATED, &in_ledger,
				EXH_LEDGER_NAME ": is not there; its head states %" PRIu64
						" entries",
				v->head.entries);
		return;
	}
	r = fd < 0 ? exh_fail_errno(ctx, EXH_LEDGER_NAME ": cannot be opened")
		   : exh_ledger_lock(ctx, fd, LOCK_SH);
	if (r == 0) {
		read_head(ctx, v);
		r = read_chain(ctx, v, fd);
	}
	if (r < 0) {
		exh_check_fails(v, "chain", EXH_UNREADABLE, &in_ledger, "%s", ctx->text);
		return;
	}
	if (!v->chain.breaks)
		exh_check_holds(v, "chain",
				"every entry follows the one before it: %" PRIu64 " in all",
				v->chain.entries);
	exh_verify_head(v);
}

static void check_public(struct exh_ctx *ctx, struct exh_verification *v)
{
	static const struct exh_place_found where = {EXH_NOWHERE, EXH_NOWHERE, EXH_NOWHERE,
						     EXH_CASE_PUBLIC};
	_cleanup_free_ char *pem = NULL;
	_cleanup_pkey_ EVP_PKEY *key = NULL;
	char fingerprint[EXH_SHA256_HEX];
	size_t n;
	int r = exh_file_read(ctx, v->dirfd, EXH_CASE_PUBLIC, PEM_LIMIT, &pem, &n);

	if (r < 0 && ctx->err == ENOENT) {
		exh_check_warns(v, "key", EXH_P_FILE_MISSING, &where,
				EXH_CASE_PUBLIC ": is not there");
		return;
	}
	if (r == 0)
		r = exh_key_public(ctx, EXH_CASE_PUBLIC, pem, &key, fingerprint);
	if (r == -EXH_E_FORMAT)
		exh_check_fails(v, "key", EXH_ALTERED, &where, "%s", ctx->text);
	else if (r < 0)
		exh_check_fails(v, "key", EXH_UNREADABLE, &where, "%s", ctx->text);
	else if (strcmp(fingerprint, v->identity.fingerprint))
		exh_check_fails(v, "key", EXH_ALTERED, &where,
				EXH_CASE_PUBLIC ": is not the key of the case, but %s",
				fingerprint);
}

static void check_steps(struct exh_verification *v)
{
	const char *key;
	json_t *begin;

	json_object_foreach (v->steps.open, key, begin) {
		const char *step = exh_json_str(begin, "step");
		uint64_t seq = exh_json_u64(begin, "seq", 0);
		struct exh_place_found where = {seq, EXH_NOWHERE, EXH_NOWHERE, EXH_LEDGER_NAME};

		if (exh_step_is_live(v->steps_fd, seq))
			exh_check_holds(v, "step",
					"step %" PRIu64
					" (%.64s) goes on in another process or this one",
					exh_json_u64(begin, "number", 0), step ? step : "unnamed");
		else
			exh_check_warns(v, "step", EXH_P_STEP_INTERRUPTED, &where,
					"step %" PRIu64
					" (%.64s) was interrupted: it has a beginning and no end",
					exh_json_u64(begin, "number", 0), step ? step : "unnamed");
	}
}

static void check_clock(struct exh_verification *v)
{
	struct exh_place_found where = {v->first_step, EXH_NOWHERE, EXH_NOWHERE, EXH_LEDGER_NAME};

	if (v->clock_steps)
		exh_check_warns(v, "clock", EXH_P_CLOCK_STEPPED, &where,
				"the clock of the machine was set %" PRIu64
				" times, first before entry %" PRIu64
				", at most by %.1f seconds; the order of the entries does not "
				"depend on it",
				v->clock_steps, v->first_step, (double)v->largest_step / 1e6);
}

/* False where there is no identity to compare anything with. */
static bool check_identity(struct exh_ctx *ctx, struct exh_verification *v)
{
	static const struct exh_place_found where = {EXH_NOWHERE, EXH_NOWHERE, EXH_NOWHERE,
						     EXH_CASE_FILE};
	int r = exh_identity_read(ctx, v->dirfd, &v->identity);

	if (r == 0)
		return true;
	if (r == 1 && faccessat(v->dirfd, EXH_LEDGER_NAME, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		exh_check_fails(v, "case-file", EXH_UNREADABLE, &where, "there is no case");
	else if (r == 1)
		exh_check_fails(v, "case-file", EXH_ALTERED, &where,
				EXH_CASE_FILE ": is not there");
	else
		exh_check_fails(v, "case-file", r == -EXH_E_FORMAT ? EXH_ALTERED : EXH_UNREADABLE,
				&where, "%s", ctx->text);
	return false;
}

static int check_all(struct exh_ctx *ctx, struct exh_verification *v,
		     const struct exh_case_verify_options *options)
{
	int r = 0;

	if (options && options->head) {
		r = exh_head_read(ctx, AT_FDCWD, options->head, &v->anchor);
		if (r == 1)
			r = exh_fail(ctx, EXH_E_USAGE, "%s: is not there", options->head);
		v->has_anchor = r == 0;
	}
	if (r < 0 || !check_identity(ctx, v))
		return r;
	v->steps_fd =
		openat(v->dirfd, "steps.lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	r = exh_witnesses_read(ctx, v);
	if (r < 0)
		return r;
	check_public(ctx, v);
	check_ledger(ctx, v);
	r = exh_verify_anchors(ctx, v, options);
	if (r >= 0)
		r = exh_witnesses_check(ctx, v, options);
	exh_verify_files(ctx, v);
	check_steps(v);
	check_clock(v);
	return r;
}

static void conclude(struct exh_verification *v)
{
	static const char *const words[] = {
		[EXH_INTACT] = "intact",	 [EXH_UNSEALED] = "unsealed",
		[EXH_UNREADABLE] = "unreadable", [EXH_TRUNCATED] = "truncated",
		[EXH_ALTERED] = "altered",
	};

	if (v->identity.json) {
		json_object_set_new(v->facts, "case", json_string(v->identity.case_id));
		json_object_set_new(v->facts, "key", json_string(v->identity.fingerprint));
	}
	if (v->has_head)
		json_object_set_new(v->facts, "head", exh_head_json(&v->head));
	if (v->chain.entries)
		json_object_set_new(v->facts, "ledger_version", json_integer(v->chain.version));
	json_object_set_new(v->facts, "entries", json_integer((json_int_t)v->chain.entries));
	json_object_set_new(v->facts, "sealed_entries",
			    json_integer(v->head_holds ? (json_int_t)v->head.entries : 0));
	json_object_set_new(v->facts, "findings", json_integer((json_int_t)v->nr_findings));
	json_object_set(v->facts, "checks", v->checks);
	json_object_set_new(v->facts, "verdict", json_string(words[v->verdict]));
}

static void clear(struct exh_verification *v)
{
	exh_chain_clear(&v->chain);
	exh_steps_clear(&v->steps);
	exh_identity_clear(&v->identity);
	exh_witnesses_clear(v);
	json_decref(v->checks);
	json_decref(v->files);
	if (v->steps_fd >= 0)
		close(v->steps_fd);
	if (v->dirfd >= 0)
		close(v->dirfd);
}

int exh_case_verify(struct exh_ctx *ctx, const char *dir,
		    const struct exh_case_verify_options *options, json_t **facts)
{
	struct exh_verification v = {
		.facts = exh_facts_new("case verify"),
		.checks = json_array(),
		.files = json_object(),
		.steps_fd = -1,
		.dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	};
	int r = 0;

	if (v.dirfd < 0)
		exh_check_fails(&v, "case", EXH_UNREADABLE, NULL, "%s: cannot be opened: %s", dir,
				strerror(errno));
	else
		r = check_all(ctx, &v, options);
	conclude(&v);
	clear(&v);
	*facts = v.facts;
	return r;
}
