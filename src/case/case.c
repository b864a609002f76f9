// SPDX-License-Identifier: Apache-2.0
/* An open case: finding it, opening it for writing, sealing it. */
#include "case.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"
#include "case_private.h"
#include "key.h"
#include "seal.h"
#include "state.h"

const char *exh_case_dir(const struct exh_case *c)
{
	return c->dir;
}

int exh_case_dirfd(const struct exh_case *c)
{
	return c->dirfd;
}

const json_t *exh_case_json(const struct exh_case *c)
{
	return c->identity.json;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void exh_case_close(struct exh_case *c)
{
	if (!c)
		return;
	exh_case_unmark(c);
	while (c->own) {
		struct exh_own_step *step = c->own;

		c->own = step->outer;
		free(step->name);
		json_decref(step->outputs);
		free(step);
	}
	exh_chain_clear(&c->chain);
	exh_steps_clear(&c->steps);
	exh_identity_clear(&c->identity);
	EVP_PKEY_free(c->unlocked);
	json_decref(c->tool);
	close_fd(c->steps_fd);
	close_fd(c->ledger_fd);
	close_fd(c->dirfd);
	free(c->dir);
	free(c);
}

int exh_case_locate(struct exh_ctx *ctx, const char *dir, char **ret)
{
	_cleanup_free_ char *for_parent = NULL, *for_name = NULL, *parent = NULL;
	const char *name;

	*ret = realpath(dir, NULL);
	if (*ret)
		return 0;
	if (errno != ENOENT)
		return exh_fail_errno(ctx, "%s", dir);
	for_parent = strdup(dir);
	for_name = strdup(dir);
	if (!for_parent || !for_name)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	parent = realpath(dirname(for_parent), NULL);
	if (!parent)
		return exh_fail_errno(ctx, "%s: the directory it would be made in", dir);
	name = basename(for_name);
	return asprintf(ret, "%s/%s", strcmp(parent, "/") ? parent : "", name) < 0
		       ? exh_fail(ctx, EXH_E_NOMEM, "out of memory")
		       : 0;
}

/* The first name in alphabetical order and the number of names; 0 for an empty directory. */
static size_t look_into(DIR *d, char first[NAME_MAX + 1])
{
	const struct dirent *e;
	size_t n = 0;

	while ((e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (!n++ || strcmp(e->d_name, first) < 0)
			snprintf(first, NAME_MAX + 1, "%s", e->d_name);
	}
	return n;
}

static int refuse(struct exh_ctx *ctx, const char *path, const char *first, size_t n)
{
	_cleanup_free_ char *name = exh_text_visible(first);

	if (n == 1)
		return exh_fail(ctx, EXH_E_STATE,
				"%s: is not a case and not empty: it holds '%s'; name a new or "
				"empty directory",
				path, name ? name : "");
	return exh_fail(ctx, EXH_E_STATE,
			"%s: is not a case and not empty: it holds '%s' and %zu more; name a new "
			"or empty directory",
			path, name ? name : "", n - 1);
}

int exh_case_place(struct exh_ctx *ctx, const char *path, enum exh_case_place *ret)
{
	_cleanup_dir_ DIR *d = opendir(path);
	char first[NAME_MAX + 1];
	size_t n;

	*ret = EXH_PLACE_FREE;
	if (!d && errno == ENOENT)
		return 0;
	if (!d && errno == ENOTDIR)
		return exh_fail(ctx, EXH_E_STATE, "%s: is a file; a case is a directory", path);
	if (!d)
		return exh_fail_errno(ctx, "%s: cannot be opened", path);
	n = look_into(d, first);
	if (!n)
		return 0;
	*ret = EXH_PLACE_CASE;
	if (faccessat(dirfd(d), EXH_CASE_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	    faccessat(dirfd(d), EXH_LEDGER_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	return refuse(ctx, path, first, n);
}

static int on_entry(struct exh_ctx *ctx, const struct exh_entry *entry, void *opaque)
{
	struct exh_case *c = opaque;

	int r = 0;

	if (entry->number + 1 == c->head.entries)
		r = exh_seal_fits(ctx, &c->chain, &c->head);
	if (r < 0)
		return r;
	c->head_matches = c->head_matches || r;
	return exh_steps_note(ctx, &c->steps, entry);
}

static int record_fails(struct exh_ctx *ctx, const char *how)
{
	return exh_fail(ctx, EXH_E_STATE,
			"%s; nothing is added to a record that does not hold: look at it with "
			"'exhibit case "
			"verify' and go on in a new case",
			how);
}

static int check_head(struct exh_ctx *ctx, const struct exh_case *c)
{
	if (strcmp(c->head.case_id, c->identity.case_id) ||
	    strcmp(c->head.key, c->identity.fingerprint) ||
	    !exh_head_is_signed_by(&c->head, c->identity.key) || !exh_head_is_as_written(&c->head))
		return record_fails(ctx, EXH_HEAD_NAME
				    ": is not the one that was signed with the key of the case");
	if (c->chain.entries < c->head.entries)
		return record_fails(ctx,
				    EXH_LEDGER_NAME ": has fewer entries than its head states");
	return c->head_matches ? 0
			       : record_fails(ctx, EXH_LEDGER_NAME
					      ": is not the one its head was made for");
}

/* The caller frees the key. One that needs a passphrase is asked for once and kept while the case
 * is open. */
static int load_key(struct exh_ctx *ctx, struct exh_case *c, EVP_PKEY **ret)
{
	int r;

	if (c->unlocked) {
		*ret = c->unlocked;
		return EVP_PKEY_up_ref(c->unlocked) ? 0 : -EXH_E_NOMEM;
	}
	r = exh_key_load(ctx, c->identity.case_id, c->identity.fingerprint, ret, &c->is_locked);
	if (r == 0 && c->is_locked && EVP_PKEY_up_ref(*ret))
		c->unlocked = *ret;
	return r;
}

static int can_seal(struct exh_ctx *ctx, struct exh_case *c, bool *ret)
{
	_cleanup_pkey_ EVP_PKEY *key = NULL;
	int r = load_key(ctx, c, &key);

	*ret = r == 0;
	/* without the key the work is recorded; a passphrase that was mistyped is better told now
	 */
	return r < 0 && c->is_locked ? r : 0;
}

/* In a long ledger only what came after the last writer is read entry by entry. */
static int read_ledger(struct exh_ctx *ctx, struct exh_case *c)
{
	int r = exh_state_load(ctx, c);

	if (r == 0 && c->head.entries == c->chain.entries)
		r = exh_seal_fits(ctx, &c->chain, &c->head);
	if (r < 0)
		return r;
	c->head_matches = c->chain.entries && r;
	return exh_chain_catch_up(ctx, &c->chain);
}

static int read_and_recover(struct exh_ctx *ctx, struct exh_case *c, bool sealable)
{
	uint64_t entries;
	int r = exh_head_read(ctx, c->dirfd, EXH_HEAD_NAME, &c->head);

	if (r == 1)
		return record_fails(ctx, EXH_HEAD_NAME ": is not there");
	if (r == 0)
		r = read_ledger(ctx, c);
	if (r == 0)
		r = check_head(ctx, c);
	if (r < 0)
		return r;
	entries = c->chain.entries;
	r = exh_case_recover_locked(ctx, c, sealable);
	if (r < 0 || !sealable || c->chain.entries == entries)
		return r;
	return exh_case_seal_locked(ctx, c);
}

static int open_files(struct exh_ctx *ctx, struct exh_case *c)
{
	int r;

	c->dirfd = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->dirfd < 0)
		return exh_fail_errno(ctx, "%s: cannot be opened", c->dir);
	r = exh_identity_read(ctx, c->dirfd, &c->identity);
	if (r == 1)
		return record_fails(ctx, EXH_CASE_FILE ": is not there");
	if (r < 0)
		return r;
	c->ledger_fd =
		openat(c->dirfd, EXH_LEDGER_NAME, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (c->ledger_fd < 0 && errno == ENOENT)
		return record_fails(ctx, EXH_LEDGER_NAME ": is not there");
	if (c->ledger_fd < 0)
		return exh_fail_errno(ctx, EXH_LEDGER_NAME ": cannot be opened for writing");
	c->steps_fd = exh_steps_open_lock(ctx, c->dirfd, O_CREAT);
	return c->steps_fd < 0 ? c->steps_fd : 0;
}

/* A passphrase is asked for before the ledger is locked. */
static int open_existing(struct exh_ctx *ctx, struct exh_case *c)
{
	bool sealable = false;
	int r = open_files(ctx, c);

	if (r == 0)
		r = can_seal(ctx, c, &sealable);
	if (r == 0)
		r = exh_chain_init(ctx, &c->chain, c->ledger_fd, c->identity.case_id,
				   c->identity.fingerprint);
	if (r == 0)
		r = exh_ledger_lock(ctx, c->ledger_fd, LOCK_EX);
	if (r < 0)
		return r;
	c->chain.on_entry = on_entry;
	c->chain.opaque = c;
	r = read_and_recover(ctx, c, sealable);
	flock(c->ledger_fd, LOCK_UN);
	return r;
}

static void cleanup_case(struct exh_case **c)
{
	exh_case_close(*c);
}

int exh_case_open(struct exh_ctx *ctx, const char *dir, const struct exh_case_making *making,
		  struct exh_case **ret)
{
	_cleanup_(cleanup_case) struct exh_case *c = calloc(1, sizeof(*c));
	enum exh_case_place place;
	int r;

	if (!c)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	c->dirfd = c->ledger_fd = c->steps_fd = -1;
	r = exh_case_locate(ctx, dir, &c->dir);
	if (r == 0)
		r = exh_case_place(ctx, c->dir, &place);
	if (r == 0 && place == EXH_PLACE_FREE)
		r = exh_case_make(ctx, c->dir, making);
	if (r >= 0)
		r = exh_prefix(ctx, open_existing(ctx, c), "%s", c->dir);
	if (r < 0)
		return r;
	exh_case_mark(c);
	*ret = steal(&c);
	return 0;
}

int exh_case_recover(struct exh_ctx *ctx, const char *dir)
{
	_cleanup_(cleanup_case) struct exh_case *c = NULL;
	_cleanup_free_ char *path = NULL;
	enum exh_case_place place;
	int r = exh_case_locate(ctx, dir, &path);

	if (r == 0)
		r = exh_case_place(ctx, path, &place);
	if (r == 0 && place == EXH_PLACE_FREE)
		return exh_fail(ctx, EXH_E_STATE, "%s: there is no case", path);
	if (r == 0)
		r = exh_case_open(ctx, path, NULL, &c);
	return r < 0 ? r : exh_case_seal(ctx, c);
}

/* A head that states more than the ledger has was there before; signing now would cover up what was
 * cut off. */
static int check_not_shorter(struct exh_ctx *ctx, const struct exh_case *c)
{
	struct exh_head now;
	int r = exh_head_read(ctx, c->dirfd, EXH_HEAD_NAME, &now);

	if (r == 0 && now.entries > c->chain.entries)
		return record_fails(ctx,
				    EXH_LEDGER_NAME ": has fewer entries than its head states");
	return r < 0 ? r : 0;
}

int exh_case_seal_locked(struct exh_ctx *ctx, struct exh_case *c)
{
	_cleanup_pkey_ EVP_PKEY *key = NULL;
	struct exh_head head;
	int r = load_key(ctx, c, &key);

	if (r == 0)
		r = check_not_shorter(ctx, c);
	if (r == 0)
		r = exh_seal_describe(ctx, &c->chain, &c->identity, &head);
	if (r == 0)
		r = exh_head_write(ctx, c->dirfd, &head, key);
	if (r == 0)
		exh_state_save(ctx, c, key);
	return r;
}

int exh_case_seal(struct exh_ctx *ctx, struct exh_case *c)
{
	int r = exh_ledger_lock(ctx, c->ledger_fd, LOCK_EX);

	if (r < 0)
		return r;
	r = exh_chain_catch_up(ctx, &c->chain);
	if (r == 0)
		r = exh_case_seal_locked(ctx, c);
	flock(c->ledger_fd, LOCK_UN);
	return r;
}
