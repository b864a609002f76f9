/* SPDX-License-Identifier: Apache-2.0 */
/* Digests, and the files that a record names: reached below the case directory and nowhere else. */
#ifndef EXH_CASE_FILES_H
#define EXH_CASE_FILES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/ctx.h"

#define EXH_SHA256_HEX 65

/** exh_case_sha256 - SHA-256 of n bytes as lower-case hex. */
int exh_case_sha256(struct exh_ctx *ctx, const void *bytes, size_t n, char out[EXH_SHA256_HEX]);

/** exh_is_sha256_hex - are these 64 lower-case hex digits? text may be NULL. */
bool exh_is_sha256_hex(const char *text);

/** exh_case_open_below - open a regular file for reading; no link is followed and no way leads out.
 * -1 with errno. */
int exh_case_open_below(int casefd, const char *path);

/**
 * exh_case_digest_file - digest what is stored at path below the case
 *
 * Returns 1 where there is no such file. path may come from a record that somebody changed.
 */
int exh_case_digest_file(struct exh_ctx *ctx, int casefd, const char *path,
			 char sha256[EXH_SHA256_HEX], uint64_t *bytes_ret);

/** exh_case_digest_fd - the same for an open file, from where it stands to its end. */
int exh_case_digest_fd(struct exh_ctx *ctx, int fd, const char *name, char sha256[EXH_SHA256_HEX],
		       uint64_t *bytes_ret);

/** exh_case_file_json - {"path", "sha256", "bytes"}; the caller owns it. */
json_t *exh_case_file_json(const char *path, const char *sha256, uint64_t bytes);

/** exh_fsync_dir - make names in a directory durable. */
int exh_fsync_dir(struct exh_ctx *ctx, int dirfd, const char *name);

#endif
