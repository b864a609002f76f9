/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mapfiles of GNU ddrescue (its manual, "Mapfile structure"; what the manual leaves open was tried
 * with ddrescuelog 1.27): which areas of a medium were rescued.
 */
#ifndef EXH_RESCUE_MAPFILE_H
#define EXH_RESCUE_MAPFILE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"

#define EXH_MAP_RESCUED	    '+'
#define EXH_MAP_NON_TRIED   '?'
#define EXH_MAP_NON_TRIMMED '*'
#define EXH_MAP_NON_SCRAPED '/'
#define EXH_MAP_BAD	    '-'

struct exh_map_block {
	uint64_t start, length; /* bytes of the medium; the end is at most INT64_MAX */
	char status;		/* EXH_MAP_* */
};

struct exh_mapfile {
	uint64_t current_pos;
	char current_status; /* '?' copying, '*' trimming, '/' scraping, '-' retrying, 'F' filling,
				'G' generating, '+' finished; 0 where the file is empty */
	int current_pass;
	struct exh_map_block *blocks; /* contiguous, ascending; the first may begin above 0 */
	size_t nr_blocks, room;
	json_t *comments; /* strings: what stands before the first block */
};

/**
 * exh_mapfile_parse - all that ddrescuelog accepts, and nothing else
 *
 * bytes need no 0 at the end; name is for messages. -EXH_E_FORMAT names the line. Release with
 * exh_mapfile_clear() in any case.
 */
int exh_mapfile_parse(struct exh_ctx *ctx, const char *name, const char *bytes, size_t n,
		      struct exh_mapfile *map);

void exh_mapfile_clear(struct exh_mapfile *map);

/**
 * exh_mapfile_history - what the comments tell of the rescue, as far as they are known words
 *
 * {"program"?, "command_line"?, "started"?, "updated"?, "state"?, "comments"}; the caller owns it.
 */
json_t *exh_mapfile_history(const struct exh_mapfile *map);

/** exh_map_status_name - "rescued", "non_tried", ...: the word of the contract; NULL for no status.
 */
const char *exh_map_status_name(char status);

/** exh_map_state_name - "copying", "finished", ...: what ddrescue was doing; NULL for no state. */
const char *exh_map_state_name(char status);

#endif
