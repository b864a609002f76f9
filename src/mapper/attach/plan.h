/* SPDX-License-Identifier: Apache-2.0 */
/* From what a scan found to the devices that are to be made. */
#ifndef EXH_ATTACH_PLAN_H
#define EXH_ATTACH_PLAN_H

#include <exhibit.h>

#include "mapper/source/image.h"
#include "method.h"

struct exh_plan {
	uint32_t sector_size;
	bool needs_files;   /* the devices must sit on files of our file server */
	bool by_pieces;	    /* the devices are put together of the image's own files */
	bool has_losses;    /* some byte of a device is known to be unreadable */
	json_t *devices;    /* rows of state["devices"], each with "bytes": its exact length, and
			       "past_end" */
	json_t *files;	    /* [{"name","start","length"}] for the file server */
	json_t *partitions; /* [{"number","start","length","contents"?}], for exh_mount() */
};

/**
 * exh_plan_make - decide what becomes a device
 *
 * scan is untrusted. Problems (not-attached, device-shortened) go to facts. A partition that was
 * asked for and is not in the scan is -EXH_E_USAGE. Release with exh_plan_clear().
 */
int exh_plan_make(struct exh_ctx *ctx, const struct exh_image *image, const json_t *scan,
		  const struct exh_attach_options *options, const struct exh_attach_method *method,
		  json_t *facts, struct exh_plan *plan);

void exh_plan_clear(struct exh_plan *plan);

#endif
