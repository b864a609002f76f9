// SPDX-License-Identifier: Apache-2.0
/*
 * The record of a case with all it names, for somebody who has neither this program nor this
 * machine. It is made beside its place and renamed when it is whole; an entry says what left.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"
#include "countersign.h"
#include "exhibits.h"
#include "offline/offline.h"

#define COPY_SIZE     ((size_t)1 << 20)
#define MANIFEST_NAME "SHA256SUMS"

struct exporting {
	struct exh_case *c;
	int outfd;
	json_t *files; /* {"path", "sha256", "bytes"} */
	uint64_t bytes;
	FILE *manifest;
};

static int take_file(struct exh_ctx *ctx, struct exporting *x, const char *path)
{
	char sha256[EXH_SHA256_HEX];
	uint64_t bytes = 0;
	int r = exh_case_digest_file(ctx, x->outfd, path, sha256, &bytes);

	if (r < 0)
		return r;
	x->bytes += bytes;
	json_array_append_new(x->files, exh_case_file_json(path, sha256, bytes));
	fprintf(x->manifest, "%s  %s\n", sha256, path);
	return 0;
}

static int copy_bytes(struct exh_ctx *ctx, int from, int to, const char *path, uint64_t limit)
{
	_cleanup_free_ char *buffer = malloc(COPY_SIZE);
	uint64_t at = 0;

	if (!buffer)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	while (at < limit) {
		size_t want = limit - at < COPY_SIZE ? (size_t)(limit - at) : COPY_SIZE;
		int64_t got = exh_pread_all(from, buffer, want, at);

		if (exh_interrupted(ctx))
			return exh_fail(ctx, EXH_E_INTERRUPTED, "interrupted");
		if (got < 0)
			return exh_fail_errno(ctx, "%s: cannot be read", path);
		if (!got)
			break;
		if (exh_write_all(to, buffer, (size_t)got) < 0)
			return exh_fail_errno(ctx, "%s: cannot be written", path);
		at += (uint64_t)got;
	}
	return fsync(to) < 0 ? exh_fail_errno(ctx, "%s: cannot be made durable", path) : 0;
}

/* What was copied is digested as it lies there now, and must be what the case has. */
static int copy_file(struct exh_ctx *ctx, struct exporting *x, const char *path)
{
	_cleanup_fd_ int from = exh_case_open_below(x->c->dirfd, path), to = -1;
	char here[EXH_SHA256_HEX], there[EXH_SHA256_HEX];
	uint64_t n;
	int r;

	if (from < 0)
		return exh_fail_errno(ctx, "%s: cannot be opened", path);
	to = openat(x->outfd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (to < 0)
		return exh_fail_errno(ctx, "%s: cannot be made", path);
	r = copy_bytes(ctx, from, to, path, UINT64_MAX);
	if (r == 0)
		r = exh_case_digest_file(ctx, x->c->dirfd, path, here, &n);
	if (r == 0)
		r = exh_case_digest_file(ctx, x->outfd, path, there, &n);
	if (r == 0 && strcmp(here, there) != 0)
		return exh_fail(ctx, EXH_E_STATE, "%s: the copy is not what the case has", path);
	return r < 0 ? r : take_file(ctx, x, path);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_no_dot(const struct dirent *e)
{
	return strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

/* Names come from the case; one that could not stand in a list of digests is no file of ours. */
static bool is_plain_name(const char *name)
{
	return name[strspn(name,
			   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] ==
	       0;
}

static int copy_named(struct exh_ctx *ctx, struct exporting *x, const char *folder,
		      const char *name)
{
	char path[NAME_MAX + 32];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (!is_plain_name(name) || fstatat(x->c->dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode)) {
		_cleanup_free_ char *shown = exh_text_visible(path);

		exh_note(ctx, "%s: is no file of a case and was left out", shown ? shown : "");
		return 0;
	}
	return copy_file(ctx, x, path);
}

static int copy_folder(struct exh_ctx *ctx, struct exporting *x, const char *folder)
{
	_cleanup_fd_ int fd =
		openat(x->c->dirfd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	struct dirent **names = NULL;
	int n = fd < 0 ? 0 : scandirat(fd, ".", &names, is_no_dot, by_name), r = 0;

	if (n <= 0)
		return fd < 0 && errno != ENOENT
			       ? exh_fail_errno(ctx, "%s: cannot be opened", folder)
			       : 0;
	if (mkdirat(x->outfd, folder, 0700) < 0)
		r = exh_fail_errno(ctx, "%s: cannot be made", folder);
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = copy_named(ctx, x, folder, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return r;
}

static int copy_all(struct exh_ctx *ctx, struct exporting *x)
{
	static const char *const folders[] = {"facts", "output", "report", EXH_COUNTERSIGNED,
					      "timestamps"};
	int r = copy_file(ctx, x, EXH_CASE_FILE);

	if (r == 0)
		r = copy_file(ctx, x, EXH_CASE_PUBLIC);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && r == 0; i++)
		r = copy_folder(ctx, x, folders[i]);
	return r;
}

static int write_verifier(struct exh_ctx *ctx, struct exporting *x)
{
	int r = exh_file_write(ctx, x->outfd, "verify.sh", exh_offline_verify_sh,
			       exh_offline_verify_sh_size, 0600);

	if (r == 0)
		r = exh_file_write(ctx, x->outfd, "VERIFY.txt", exh_offline_verify_txt,
				   exh_offline_verify_txt_size, 0600);
	if (r == 0)
		r = take_file(ctx, x, "verify.sh");
	return r < 0 ? r : take_file(ctx, x, "VERIFY.txt");
}

static int write_manifest(struct exh_ctx *ctx, struct exporting *x, const char *text, size_t n,
			  json_t **ret)
{
	char sha256[EXH_SHA256_HEX];
	int r = exh_file_write(ctx, x->outfd, MANIFEST_NAME, text, n, 0600);

	if (r == 0)
		r = exh_case_sha256(ctx, text, n, sha256);
	if (r == 0)
		*ret = json_pack("{s:s, s:I}", "sha256", sha256, "bytes", (json_int_t)n);
	return r;
}

static int fill(struct exh_ctx *ctx, struct exporting *x, json_t **manifest)
{
	char *text = NULL;
	size_t n = 0;
	int r;

	x->manifest = open_memstream(&text, &n);
	if (!x->manifest)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	r = copy_all(ctx, x);
	if (r == 0)
		r = write_verifier(ctx, x);
	fclose(x->manifest);
	if (r == 0)
		r = write_manifest(ctx, x, text, n, manifest);
	free(text);
	return r;
}

/* Ledger and head of one moment: no writer comes between them. */
static int copy_record(struct exh_ctx *ctx, struct exporting *x)
{
	_cleanup_fd_ int to = openat(x->outfd, EXH_LEDGER_NAME, O_WRONLY | O_CREAT | O_EXCL, 0600);
	_cleanup_free_ char *head = NULL;
	size_t n;
	int r = to < 0 ? exh_fail_errno(ctx, EXH_LEDGER_NAME ": cannot be made")
		       : exh_ledger_lock(ctx, x->c->ledger_fd, LOCK_SH);

	if (r < 0)
		return r;
	r = exh_chain_catch_up(ctx, &x->c->chain);
	if (r == 0)
		r = exh_file_read(ctx, x->c->dirfd, EXH_HEAD_NAME, EXH_HEAD_LIMIT, &head, &n);
	if (r == 0)
		r = copy_bytes(ctx, x->c->ledger_fd, to, EXH_LEDGER_NAME, x->c->chain.end);
	if (r == 0 && head)
		r = exh_file_write(ctx, x->outfd, EXH_HEAD_NAME, head, n, 0600);
	flock(x->c->ledger_fd, LOCK_UN);
	return r;
}

static int record(struct exh_ctx *ctx, struct exporting *x, const char *place, json_t *manifest,
		  json_t *facts)
{
	json_t *totals = json_pack("{s:I, s:I}", "files", (json_int_t)json_array_size(x->files),
				   "bytes", (json_int_t)x->bytes);
	_cleanup_json_ json_t *entry =
		json_pack("{s:o, s:O, s:o}", "outside", exh_json_text(place, strlen(place)),
			  "manifest", manifest, "totals", totals);
	int r = exh_case_event_unless_closed(ctx, x->c, "export", entry);

	json_object_set(facts, "files", x->files);
	json_object_set(facts, "manifest", manifest);
	json_object_set(facts, "totals", totals);
	if (r == 0)
		r = exh_case_seal(ctx, x->c);
	return r < 0 ? r : 0;
}

static void remove_below(int fd, const char *folder)
{
	int dirfd = openat(fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_dir_ DIR *d = dirfd < 0 ? NULL : fdopendir(dirfd);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		if (is_no_dot(e) && unlinkat(dirfd, e->d_name, 0) < 0)
			remove_below(dirfd, e->d_name);
	unlinkat(fd, folder, AT_REMOVEDIR);
}

static int export_to(struct exh_ctx *ctx, struct exporting *x, const char *made, const char *place,
		     json_t *facts)
{
	_cleanup_json_ json_t *manifest = NULL;
	struct exh_head head;
	int r = exh_head_current(ctx, x->c, &head);

	if (r == 0 && mkdir(made, 0700) < 0)
		return exh_fail_errno(ctx, "%s: cannot be made", made);
	if (r == 0)
		x->outfd = open(made, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (r == 0 && x->outfd < 0)
		r = exh_fail_errno(ctx, "%s: cannot be opened", made);
	if (r == 0)
		r = fill(ctx, x, &manifest);
	if (r == 0)
		r = record(ctx, x, place, manifest, facts);
	if (r == 0)
		r = copy_record(ctx, x);
	if (r == 0)
		r = exh_fsync_dir(ctx, x->outfd, made);
	if (r == 0 && rename(made, place) < 0)
		r = exh_fail_errno(ctx, "%s: the export cannot be put there", place);
	if (r < 0)
		remove_below(AT_FDCWD, made);
	return r;
}

static int check_place(struct exh_ctx *ctx, const struct exh_case *c, const char *place)
{
	size_t n = strlen(c->dir);
	enum exh_case_place kind;
	int r = exh_case_place(ctx, place, &kind);

	if (r == 0 && kind == EXH_PLACE_CASE)
		return exh_fail(ctx, EXH_E_STATE, "%s: is a case or an export already", place);
	if (r == 0 && !strncmp(place, c->dir, n) && (place[n] == '/' || !place[n]))
		return exh_fail(ctx, EXH_E_USAGE, "%s: an export cannot lie in its case", place);
	return r;
}

int exh_case_export(struct exh_ctx *ctx, const char *dir, const char *out_dir, json_t **facts)
{
	_cleanup_free_ char *place = NULL, *made = NULL;
	_cleanup_case_ struct exh_case *c = NULL;
	struct exporting x = {.outfd = -1};
	int r = exh_case_open_there(ctx, dir, &c);

	if (r == 0)
		r = exh_case_locate(ctx, out_dir, &place);
	if (r == 0 && place)
		r = check_place(ctx, c, place);
	if (r == 0 && asprintf(&made, "%s.%.8s.new", place, c->identity.case_id) < 0) {
		made = NULL;
		r = exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	}
	if (r < 0 || !place || !made)
		return r;
	x.c = c;
	x.files = json_array();
	*facts = exh_facts_new("case export");
	json_object_set_new(*facts, "path", json_string(c->dir));
	json_object_set_new(*facts, "export", exh_json_text(place, strlen(place)));
	r = export_to(ctx, &x, made, place, *facts);
	if (x.outfd >= 0)
		close(x.outfd);
	json_decref(x.files);
	return exh_prefix(ctx, r, "%s", out_dir);
}
