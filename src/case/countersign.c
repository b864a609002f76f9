// SPDX-License-Identifier: Apache-2.0
#include "countersign.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "exhibits.h"
#include "key.h"
#include "seal.h"

void exh_countersigner_name(const char *fingerprint, char out[EXH_COUNTERSIGNER_NAME])
{
	snprintf(out, EXH_COUNTERSIGNER_NAME, "exhibit-countersigner/%.16s", fingerprint);
}

static int current_locked(struct exh_ctx *ctx, struct exh_case *c, struct exh_head *head)
{
	int r = exh_chain_catch_up(ctx, &c->chain);

	if (r == 0)
		r = exh_head_read(ctx, c->dirfd, EXH_HEAD_NAME, head);
	if (r == 0)
		r = exh_seal_fits(ctx, &c->chain, head);
	if (r == 0)
		r = exh_case_seal_locked(ctx, c);
	if (r >= 0)
		r = exh_head_read(ctx, c->dirfd, EXH_HEAD_NAME, head);
	return r == 1 ? exh_fail(ctx, EXH_E_STATE, EXH_HEAD_NAME ": is not there") : r;
}

int exh_head_current(struct exh_ctx *ctx, struct exh_case *c, struct exh_head *head)
{
	int r;

	if (c->chain.version < 2)
		return exh_fail(ctx, EXH_E_UNSUPPORTED,
				"%s: the record of this case is of the first version; it verifies "
				"and goes on, but cannot do this: go on in a new case",
				c->dir);
	r = exh_ledger_lock(ctx, c->ledger_fd, LOCK_EX);
	if (r < 0)
		return r;
	r = current_locked(ctx, c, head);
	flock(c->ledger_fd, LOCK_UN);
	return exh_prefix(ctx, r, "%s", c->dir);
}

int exh_case_write_below(struct exh_ctx *ctx, struct exh_case *c, const char *folder,
			 const char *name, const void *bytes, size_t n, json_t **file_ret)
{
	char path[NAME_MAX + 32], sha256[EXH_SHA256_HEX];
	_cleanup_fd_ int fd = -1;
	int r;

	if (mkdirat(c->dirfd, folder, 0700) < 0 && errno != EEXIST)
		return exh_fail_errno(ctx, "%s/%s: cannot be made", c->dir, folder);
	fd = openat(c->dirfd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return exh_fail_errno(ctx, "%s/%s: cannot be opened", c->dir, folder);
	r = exh_file_write(ctx, fd, name, bytes, n, 0600);
	if (r == 0)
		r = exh_fsync_dir(ctx, fd, folder);
	if (r == 0)
		r = exh_fsync_dir(ctx, c->dirfd, c->dir);
	if (r == 0)
		r = exh_case_sha256(ctx, bytes, n, sha256);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (r == 0)
		*file_ret = exh_case_file_json(path, sha256, n);
	return r;
}

int exh_case_event_unless_closed(struct exh_ctx *ctx, struct exh_case *c, const char *event,
				 const json_t *data)
{
	if (!c->chain.is_closed)
		return exh_case_event(ctx, c, event, data);
	exh_note(ctx, "%s: the record is closed; this was made, and no entry says so", c->dir);
	return 1;
}

static int load_signer(struct exh_ctx *ctx, const struct exh_case *c, const char *file,
		       EVP_PKEY **ret, char fingerprint[EXH_SHA256_HEX])
{
	bool is_locked;
	int r = exh_key_read(ctx, file, ret, &is_locked);

	if (r == 0)
		r = exh_key_fingerprint(ctx, *ret, fingerprint);
	if (r == 0 && !strcmp(fingerprint, c->identity.fingerprint))
		return exh_fail(ctx, EXH_E_USAGE,
				"%s: is the key of the case itself; a second person needs a key of "
				"their own (openssl genpkey -algorithm ed25519)",
				file);
	return r;
}

static json_t *entry_of(const struct exh_case_sign_options *options, const struct exh_head *head,
			const char *fingerprint, const char *pem)
{
	json_t *entry = json_pack("{s:s, s:s, s:I, s:s}", "key", fingerprint, "public", pem,
				  "entries", (json_int_t)head->entries, "head_time", head->time);

	exh_text_set(entry, "name", options->name);
	exh_text_set(entry, "role", options->role);
	return entry;
}

static int write_files(struct exh_ctx *ctx, struct exh_case *c, const struct exh_head *head,
		       const char *fingerprint, const char *pem, json_t **files)
{
	json_t *note = NULL, *key = NULL;
	char name[64];
	int r;

	snprintf(name, sizeof(name), "%" PRIu64 "-%.8s.note", head->entries, fingerprint);
	r = exh_case_write_below(ctx, c, EXH_COUNTERSIGNED, name, head->note.bytes, head->note.n,
				 &note);
	snprintf(name, sizeof(name), "%" PRIu64 "-%.8s.pem", head->entries, fingerprint);
	if (r == 0)
		r = exh_case_write_below(ctx, c, EXH_COUNTERSIGNED, name, pem, strlen(pem), &key);
	*files = json_pack("[o*, o*]", note, key);
	return r;
}

static int countersign(struct exh_ctx *ctx, struct exh_case *c,
		       const struct exh_case_sign_options *options, json_t **entry_ret)
{
	_cleanup_pkey_ EVP_PKEY *key = NULL;
	_cleanup_free_ char *pem = NULL;
	char fingerprint[EXH_SHA256_HEX], name[EXH_COUNTERSIGNER_NAME];
	struct exh_head head;
	json_t *files = NULL;
	int r = load_signer(ctx, c, options->signing_key, &key, fingerprint);

	if (r == 0)
		r = exh_key_public_pem(ctx, key, &pem);
	if (r == 0)
		r = exh_head_current(ctx, c, &head);
	if (r < 0 || !pem)
		return r;
	exh_countersigner_name(fingerprint, name);
	r = exh_note_sign(ctx, &head.note, name, key);
	if (r == 0)
		r = write_files(ctx, c, &head, fingerprint, pem, &files);
	if (r < 0) {
		json_decref(files);
		return r;
	}
	*entry_ret = entry_of(options, &head, fingerprint, pem);
	json_object_set_new(*entry_ret, "files", files);
	return exh_case_event_unless_closed(ctx, c, "countersignature", *entry_ret);
}

int exh_case_sign(struct exh_ctx *ctx, const char *dir, const struct exh_case_sign_options *options,
		  json_t **facts)
{
	_cleanup_json_ json_t *entry = NULL;
	_cleanup_case_ struct exh_case *c = NULL;
	int r;

	if (!options->signing_key || !options->name)
		return exh_fail(
			ctx, EXH_E_USAGE,
			"a countersignature needs a key and a name (--signing-key, --name)");
	r = exh_case_open_there(ctx, dir, &c);
	if (r == 0)
		r = countersign(ctx, c, options, &entry);
	if (r < 0)
		return r;
	*facts = exh_custody_facts(c, "case sign");
	if (r == 1)
		json_object_del(*facts, "entry");
	json_object_set(*facts, "countersignature", entry);
	return r == 1 ? 0 : exh_case_seal(ctx, c);
}
