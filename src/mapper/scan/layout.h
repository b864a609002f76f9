/* SPDX-License-Identifier: Apache-2.0 */
/* How the partitions lie on the media: gaps, overlaps, and what does not fit into the image. */
#ifndef EXH_SCAN_LAYOUT_H
#define EXH_SCAN_LAYOUT_H

#include <jansson.h>
#include <stdint.h>

/**
 * exh_layout - set facts["gaps"] and add the problems of sizes and places
 *
 * areas are the ranges that the tables themselves take: [{"start","length"}], untrusted.
 * device_size is that of the device which the table describes, or 0.
 */
void exh_layout(json_t *facts, const json_t *areas, uint64_t media_size, uint32_t sector_size,
		uint64_t device_size);

#endif
