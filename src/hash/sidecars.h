/* SPDX-License-Identifier: Apache-2.0 */
/* Files beside an image that state its digests. Found by their names alone; a worker reads them. */
#ifndef EXH_HASH_SIDECARS_H
#define EXH_HASH_SIDECARS_H

#include "references.h"

#define EXH_SIDECAR_LIMIT (1U << 20) /* bytes */

/**
 * exh_sidecars_read - find the sidecars of an image and add what they state
 *
 * Looks for NAME and STEM with .md5, .sha1, .sha224, .sha256, .sha384, .sha512, .txt and .info
 * behind it, where NAME is the first file of the set or the one that was asked for. A sidecar that
 * is of no use is a problem in facts, not an error.
 */
int exh_sidecars_read(struct exh_ctx *ctx, const struct exh_image *image,
		      struct exh_references *refs, json_t *facts);

#endif
