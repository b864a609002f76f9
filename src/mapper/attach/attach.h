/* SPDX-License-Identifier: Apache-2.0 */
/* Attaching for those who have scanned already. */
#ifndef EXH_ATTACH_ATTACH_H
#define EXH_ATTACH_ATTACH_H

#include <exhibit.h>

/**
 * exh_attach_with - exh_attach() with the facts of a scan that was made before
 *
 * scan has "partitions" and "tables" as exh_scan() gives them; its problems are not repeated.
 * facts["attachments"] has one entry. On an error everything that was made is undone (facts still
 * say what went wrong, as far as they can).
 */
EXH_MUST_CHECK int exh_attach_with(struct exh_ctx *ctx, struct exh_image *image, const json_t *scan,
				   const struct exh_attach_options *options, json_t **facts);

/** exh_attach_recover - undo what a crash left attached or mounted; what exh_recover() does beside
 * the cases. */
EXH_MUST_CHECK int exh_attach_recover(struct exh_ctx *ctx, json_t **facts);

#endif
