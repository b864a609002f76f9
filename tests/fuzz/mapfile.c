// SPDX-License-Identifier: Apache-2.0
/* A mapfile of these bytes; what was taken must hold what the header promises. */
#include <stdlib.h>

#include "mapper/rescue/mapfile.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct exh_ctx ctx = {.helper = -1};
	struct exh_mapfile map;
	uint64_t end = 0;

	if (!exh_mapfile_parse(&ctx, "map", (const char *)bytes, n, &map)) {
		for (size_t i = 0; i < map.nr_blocks; i++) {
			const struct exh_map_block *b = &map.blocks[i];

			if ((i && b->start != end) || b->length > INT64_MAX - b->start ||
			    !exh_map_status_name(b->status))
				abort();
			end = b->start + b->length;
		}
		json_decref(exh_mapfile_history(&map));
	}
	exh_mapfile_clear(&map);
	return 0;
}
