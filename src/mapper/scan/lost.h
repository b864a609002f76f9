/* SPDX-License-Identifier: Apache-2.0 */
/* Signs of file systems and containers in space that no table describes. */
#ifndef EXH_SCAN_LOST_H
#define EXH_SCAN_LOST_H

#include "reader.h"

#define EXH_LOST_STEP 512 /* nothing is searched between the boundaries of this */

struct exh_lost {
	const char *type; /* as in contents.type; ext2 stands for its successors too */
	uint64_t start;
	uint64_t size; /* by its own superblock; 0: unknown */
};

/**
 * exh_lost_in_sector - what begins somewhere because of what stands in these EXH_LOST_STEP bytes
 *
 * at is where they are on the media. Calls found for each sign whose surroundings bear it out:
 * backup copies and pieces of larger structures are none.
 */
void exh_lost_in_sector(const struct exh_reader *r, const uint8_t *sector, uint64_t at,
			void (*found)(const struct exh_lost *, void *opaque), void *opaque);

#endif
