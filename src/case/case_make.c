// SPDX-License-Identifier: Apache-2.0
/* Makes a case: beside its place, under a name of its own, then renamed, so that a crash leaves a
 * whole case or none. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"
#include "base/version.h"
#include "case_private.h"
#include "key.h"
#include "operator.h"

static const char *const folders[] = {"facts", "output", "report"};
static const char *const files[] = {EXH_CASE_FILE, EXH_CASE_PUBLIC, EXH_LEDGER_NAME, EXH_HEAD_NAME,
				    "steps.lock"};

/* RFC 9562 section 5.4: version 4, random. */
static int random_uuid(struct exh_ctx *ctx, char out[EXH_CASE_ID_LENGTH + 1])
{
	unsigned char b[16];
	char hex[33];

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		return exh_fail_errno(ctx, "no random numbers");
	b[6] = (unsigned char)(0x40 | (b[6] & 0x0f));
	b[8] = (unsigned char)(0x80 | (b[8] & 0x3f));
	exh_hex(b, sizeof(b), hex);
	snprintf(out, EXH_CASE_ID_LENGTH + 1, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
		 hex + 16, hex + 20);
	return 0;
}

json_t *exh_case_tool(struct exh_ctx *ctx)
{
	_cleanup_fd_ int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	json_t *tool = json_pack("{s:s, s:s}", "name", "exhibit", "version", EXH_VERSION);
	char sha256[EXH_SHA256_HEX];
	uint64_t bytes;

	if (fd >= 0 && exh_case_digest_fd(ctx, fd, "/proc/self/exe", sha256, &bytes) == 0)
		json_object_set_new(tool, "sha256", json_string(sha256));
	return tool;
}

static int make_folders(struct exh_ctx *ctx, int dirfd)
{
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (mkdirat(dirfd, folders[i], 0700) < 0)
			return exh_fail_errno(ctx, "%s: cannot be made", folders[i]);
	return 0;
}

static int write_identity(struct exh_ctx *ctx, int dirfd, const char *case_id,
			  const struct exh_operator *who, const char *pem, const char *fingerprint)
{
	_cleanup_json_ json_t *operator= NULL, *json = NULL;
	int r = exh_operator_json(ctx, who, &operator);

	if (r >= 0)
		r = exh_file_write(ctx, dirfd, EXH_CASE_PUBLIC, pem, strlen(pem), 0600);
	if (r < 0)
		return r;
	json = exh_identity_json(case_id, operator, pem, fingerprint);
	return exh_json_write_file(ctx, dirfd, EXH_CASE_FILE, json);
}

/* What binds the record to its evidence, from the facts of a command: what the container is, and
 * every digest that is known by now. */
static json_t *evidence_of(const json_t *facts)
{
	static const char *const of_image[] = {"path", "format", "media_size", "segments",
					       "stored_hashes"};
	static const char *const of_facts[] = {"digests", "segments_digests"};
	const json_t *image = json_object_get(facts, "image");
	json_t *evidence = json_object();

	for (size_t i = 0; i < sizeof(of_image) / sizeof(of_image[0]); i++)
		if (json_object_get(image, of_image[i]))
			json_object_set(evidence, of_image[i], json_object_get(image, of_image[i]));
	for (size_t i = 0; i < sizeof(of_facts) / sizeof(of_facts[0]); i++)
		if (json_object_size(json_object_get(facts, of_facts[i])) ||
		    json_array_size(json_object_get(facts, of_facts[i])))
			json_object_set(evidence, of_facts[i], json_object_get(facts, of_facts[i]));
	return json_pack("[o]", evidence);
}

static int first_entry(struct exh_ctx *ctx, struct exh_chain *chain,
		       const struct exh_identity *identity, const json_t *facts)
{
	_cleanup_json_ json_t *data =
		json_pack("{s:i, s:s, s:s, s:o, s:o}", "v", EXH_LEDGER_VERSION, "case",
			  identity->case_id, "key", identity->fingerprint, "case_file",
			  exh_case_file_json(EXH_CASE_FILE, identity->sha256, identity->bytes),
			  "tool", exh_case_tool(ctx));

	if (json_object_get(facts, "image"))
		json_object_set_new(data, "evidence", evidence_of(facts));
	return exh_chain_append(ctx, chain, "genesis", data);
}

static int begin_ledger(struct exh_ctx *ctx, struct exh_case *c, const json_t *evidence)
{
	int r = exh_identity_read(ctx, c->dirfd, &c->identity);

	c->ledger_fd = openat(c->dirfd, EXH_LEDGER_NAME,
			      O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (c->ledger_fd < 0)
		return exh_fail_errno(ctx, EXH_LEDGER_NAME ": cannot be made");
	if (r == 0)
		r = exh_chain_init(ctx, &c->chain, c->ledger_fd, c->identity.case_id,
				   c->identity.fingerprint);
	if (r == 0)
		r = first_entry(ctx, &c->chain, &c->identity, evidence);
	return r < 0 ? r : exh_case_seal_locked(ctx, c);
}

static int fill(struct exh_ctx *ctx, struct exh_case *c, const char *case_id,
		const struct exh_case_making *making, const char *pem, const char *fingerprint)
{
	int r = make_folders(ctx, c->dirfd);

	if (r >= 0)
		r = write_identity(ctx, c->dirfd, case_id, making ? making->who : NULL, pem,
				   fingerprint);
	if (r >= 0)
		r = begin_ledger(ctx, c, making ? making->evidence : NULL);
	if (r >= 0)
		r = c->steps_fd = exh_steps_open_lock(ctx, c->dirfd, O_CREAT | O_EXCL);
	return r < 0 ? r : exh_fsync_dir(ctx, c->dirfd, c->dir);
}

static void take_back(struct exh_ctx *ctx, const struct exh_case *c, const char *place,
		      const char *case_id)
{
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		unlinkat(c->dirfd, folders[i], AT_REMOVEDIR);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlinkat(c->dirfd, files[i], 0);
	if (strcmp(c->dir, place))
		rmdir(c->dir);
	exh_key_remove(ctx, case_id);
}

static int make_at(struct exh_ctx *ctx, struct exh_case *c, const char *place, const char *case_id,
		   const struct exh_case_making *making)
{
	_cleanup_free_ char *pem = NULL;
	char fingerprint[EXH_SHA256_HEX];
	int r = exh_key_make(ctx, case_id, place, making ? &making->key : NULL, &c->unlocked, &pem,
			     fingerprint);

	if (r >= 0)
		r = fill(ctx, c, case_id, making, pem, fingerprint);
	if (r < 0)
		return r;
	if (!strcmp(c->dir, place) || rename(c->dir, place) == 0)
		return 0;
	if (errno == EEXIST || errno == ENOTEMPTY)
		return 1;
	if (errno == EBUSY)
		return exh_fail_errno(
			ctx, "%s: a case cannot be a mount point; name a directory below it",
			place);
	return exh_fail_errno(ctx, "%s: the case cannot be made", place);
}

static int fsync_parent(struct exh_ctx *ctx, const char *place)
{
	_cleanup_free_ char *copy = strdup(place);
	_cleanup_fd_ int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	/* A parent that cannot be opened cannot be made durable by us either; the case in it is
	 * whole. */
	return fd < 0 ? 0 : exh_fsync_dir(ctx, fd, place);
}

/* An empty directory whose parent is not ours is filled where it is: a crash meanwhile leaves a
 * part of a case, which is refused. */
static int make_dir(struct exh_ctx *ctx, struct exh_case *c, const char *place, const char *case_id)
{
	if (asprintf(&c->dir, "%s.%.8s.new", place, case_id) < 0) {
		c->dir = NULL;
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	}
	if (mkdir(c->dir, 0700) < 0 && (errno == EACCES || errno == EPERM) &&
	    chmod(place, 0700) == 0)
		strcpy(c->dir, place);
	c->dirfd = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return c->dirfd < 0 ? exh_fail_errno(ctx, "%s: cannot be made", c->dir) : 0;
}

int exh_case_make(struct exh_ctx *ctx, const char *place, const struct exh_case_making *making)
{
	struct exh_case *c = calloc(1, sizeof(*c));
	char case_id[EXH_CASE_ID_LENGTH + 1];
	int r;

	if (!c)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	c->dirfd = c->ledger_fd = c->steps_fd = -1;
	r = random_uuid(ctx, case_id);
	if (r == 0)
		r = make_dir(ctx, c, place, case_id);
	if (r == 0) {
		r = make_at(ctx, c, place, case_id, making);
		if (r != 0)
			take_back(ctx, c, place, case_id);
	}
	exh_case_close(c);
	return r ? exh_prefix(ctx, r, "%s: the case cannot be made", place)
		 : fsync_parent(ctx, place);
}
