/* SPDX-License-Identifier: Apache-2.0 */
/* The owner's side of a rescue: the parts of rescue.c. */
#ifndef EXH_RESCUE_RESCUE_H
#define EXH_RESCUE_RESCUE_H

#include <exhibit.h>

#include "claims.h"
#include "mapper/source/image.h"

struct exh_rescue {
	struct exh_ctx *ctx;
	struct exh_image *image;
	json_t *facts;
	json_t *scan;
	const struct exh_lost *lost; /* of the image, all reasons together */
	struct exh_claims claims;    /* of the whole media */
	/* the partition at hand */
	uint64_t partition, start, length;
	size_t problems;
	json_t *last_row;
};

/** exh_rescue_partition - run the worker on one partition and take its rows; a worker that fails is
 * a problem. */
int exh_rescue_partition(struct exh_rescue *r, const json_t *partition);

/** exh_rescue_losses - lay what the container itself has lost over the image too: errors of the
 * acquisition and, where the format has checksums, chunks that do not hold. */
int exh_rescue_losses(struct exh_ctx *ctx, struct exh_image *image, json_t *facts);

/** exh_rescue_totals - "totals" of a range of the media by status; the caller owns it. */
json_t *exh_rescue_totals(const struct exh_image *image, uint64_t start, uint64_t length);

/** exh_rescue_cells - "map": how much is lost in each of equal pieces of the media. */
json_t *exh_rescue_cells(const struct exh_lost *lost);

/** exh_rescue_lost_in - bytes of the list inside a range. */
uint64_t exh_rescue_lost_in(const struct exh_lost *lost, uint64_t start, uint64_t length);

/** exh_rescue_domain_text - a domain map of the pieces that another pass is worth; the caller frees
 * it. */
int exh_rescue_domain_text(struct exh_rescue *r, char **text);

#endif
