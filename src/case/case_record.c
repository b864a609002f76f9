// SPDX-License-Identifier: Apache-2.0
/* What single commands ask of a case: to record their facts, and what an earlier verification read.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "case_private.h"
#include "mapper/source/image.h"

#define FACTS_LIMIT ((size_t)512 << 20)

int exh_case_record(struct exh_ctx *ctx, const char *dir, const char *step, const json_t *facts)
{
	const struct exh_case_making making = {.evidence = facts};
	_cleanup_case_ struct exh_case *c = NULL;
	int r = exh_case_open(ctx, dir, &making, &c);

	if (r == 0)
		r = exh_case_begin(ctx, c, step);
	if (r == 0)
		r = exh_case_end(ctx, c, step, facts, NULL);
	return r < 0 ? r : exh_case_seal(ctx, c);
}

static int collect_verified(struct exh_ctx *ctx, const struct exh_entry *entry, void *opaque)
{
	const char *step;
	json_t *file;

	if (strcmp(entry->event, "end") != 0)
		return 0;
	step = exh_json_str(exh_entry_json(entry), "step");
	file = json_object_get(exh_entry_json(entry), "facts");
	if (step && !strncmp(step, "verify", strlen("verify")) && file &&
	    json_array_append((json_t *)opaque, file) < 0)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	return 0;
}

static int read_ledger(struct exh_ctx *ctx, int dirfd, const struct exh_identity *identity,
		       json_t *verified)
{
	_cleanup_fd_ int fd =
		openat(dirfd, EXH_LEDGER_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct exh_chain chain = {0};
	int r;

	if (fd < 0)
		return exh_fail_errno(ctx, EXH_LEDGER_NAME ": cannot be opened");
	r = exh_chain_init(ctx, &chain, fd, identity->case_id, identity->fingerprint);
	chain.on_entry = collect_verified;
	chain.opaque = verified;
	if (r == 0)
		r = exh_ledger_lock(ctx, fd, LOCK_SH);
	if (r == 0)
		r = exh_chain_catch_up(ctx, &chain);
	exh_chain_clear(&chain);
	return r;
}

static const char *base_name(const json_t *segment)
{
	const char *path = exh_json_str(segment, "path"), *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

static bool same_segments(const json_t *a, const json_t *b)
{
	const json_t *one;
	size_t i;

	if (!json_array_size(a) || json_array_size(a) != json_array_size(b))
		return false;
	json_array_foreach (a, i, one) {
		const json_t *other = json_array_get(b, i);
		const char *name = base_name(one), *other_name = base_name(other);

		if (!name || !other_name || strcmp(name, other_name) ||
		    !json_equal(json_object_get(one, "size"), json_object_get(other, "size")))
			return false;
	}
	return true;
}

/* The same exhibit wherever it lies now: a case and its images may have moved. */
static bool same_image(const json_t *a, const json_t *b)
{
	const char *format = exh_json_str(a, "format"), *other = exh_json_str(b, "format");

	return format && other && !strcmp(format, other) &&
	       json_equal(json_object_get(a, "media_size"), json_object_get(b, "media_size")) &&
	       same_segments(json_object_get(a, "segments"), json_object_get(b, "segments"));
}

/*
 * Digests of a whole reading only; and not of one that already differed from an earlier reading,
 * which would make a change the new standard.
 */
static bool can_be_baseline(const json_t *facts)
{
	const char *command = exh_json_str(facts, "command"),
		   *verdict = exh_json_str(facts, "verdict");

	return command && !strcmp(command, "verify") && verdict &&
	       (!strcmp(verdict, "match") || !strcmp(verdict, "no-reference")) &&
	       !json_object_get(facts, "fill") &&
	       !json_array_size(json_object_get(facts, "damage")) &&
	       json_object_size(json_object_get(facts, "digests"));
}

/* Parses a facts file if it is the one that was recorded; NULL where it is not. */
static json_t *read_recorded(struct exh_ctx *ctx, int dirfd, const json_t *file)
{
	const char *path = exh_json_str(file, "path"), *stated = exh_json_str(file, "sha256");
	_cleanup_fd_ int fd = path ? exh_case_open_below(dirfd, path) : -1;
	uint64_t n = exh_json_u64(file, "bytes", UINT64_MAX);
	_cleanup_free_ char *text = n <= FACTS_LIMIT ? malloc(n + 1) : NULL;
	char found[EXH_SHA256_HEX];

	if (fd < 0 || !text || !stated || exh_pread_all(fd, text, n + 1, 0) != (int64_t)n ||
	    exh_case_sha256(ctx, text, n, found) < 0 || strcmp(found, stated)) {
		exh_note(ctx, "%s: is not what the record names; its digests are not used",
			 path ? path : "facts");
		return NULL;
	}
	return json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
}

static int find_baseline(struct exh_ctx *ctx, int dirfd, const struct exh_image *image,
			 const json_t *verified, json_t **baseline)
{
	for (size_t i = json_array_size(verified); i-- > 0;) {
		_cleanup_json_ json_t *facts =
			read_recorded(ctx, dirfd, json_array_get(verified, i));

		if (!facts || !can_be_baseline(facts) ||
		    !same_image(json_object_get(facts, "image"), image->facts))
			continue;
		*baseline = steal(&facts);
		return 0;
	}
	return 1;
}

int exh_case_baseline(struct exh_ctx *ctx, const char *dir, struct exh_image *image, json_t **facts)
{
	_cleanup_json_ json_t *verified = json_array();
	_cleanup_identity_ struct exh_identity identity = {0};
	_cleanup_free_ char *path = NULL;
	_cleanup_fd_ int dirfd = -1;
	enum exh_case_place place;
	int r = exh_case_locate(ctx, dir, &path);

	if (r == 0)
		r = exh_case_place(ctx, path, &place);
	if (r)
		return r;
	if (place == EXH_PLACE_FREE)
		return 1;
	dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return exh_fail_errno(ctx, "%s: cannot be opened", path);
	r = exh_identity_read(ctx, dirfd, &identity);
	if (r == 1)
		r = exh_fail(ctx, EXH_E_STATE, EXH_CASE_FILE ": is not there");
	if (r == 0)
		r = read_ledger(ctx, dirfd, &identity, verified);
	return r < 0 ? exh_prefix(ctx, r, "%s", path)
		     : find_baseline(ctx, dirfd, image, verified, facts);
}
