/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows: the SHA-256 of each part of the media, so that a difference has a place. The owner's
 * side.
 */
#ifndef EXH_HASH_WINDOWS_H
#define EXH_HASH_WINDOWS_H

#include <jansson.h>

#include "digest.h"

#define EXH_MIN_WINDOW	4096
#define EXH_MAX_WINDOWS 2000000

/** exh_windows_check - can media of this size be cut into such windows? -EXH_E_USAGE says why not.
 */
int exh_windows_check(struct exh_ctx *ctx, uint64_t window, uint64_t media_size);

/**
 * exh_windows_take - {"size","root"?,"list"} of the contract from what a worker said
 *
 * values: the hex of each window. A window with lost bytes has the status "unreadable" and no
 * digest; there is no root then. The caller owns it. NULL where the worker's list is not whole.
 */
json_t *exh_windows_take(const json_t *values, uint64_t window, uint64_t media_size,
			 const json_t *damage);

/**
 * exh_windows_compare - compare with the windows of an earlier verify
 *
 * Gives each window that differs the status "differs", and adds a problem for each run of them.
 * What could not be read in either of the two is not compared. Returns how many differ; *compared
 * is how many could be compared: 0 where the sizes are not the same.
 */
size_t exh_windows_compare(json_t *windows, const json_t *earlier, json_t *facts, size_t *compared);

/**
 * exh_windows_root - the root of the tree over n leaves, as hex: RFC 9162, 2.1.1
 *
 * A leaf's entry is the 32 bytes of a window's SHA-256. 0, or -1 when libcrypto fails.
 */
int exh_windows_root(const unsigned char (*entries)[32], size_t n, char out[EXH_DIGEST_HEX]);

#endif
