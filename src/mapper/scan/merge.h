/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One list of partitions from several opinions.
 *
 * Our own readers lead where they know the scheme; libblkid, then libtsk give the schemes that they
 * alone know. Whoever says the same about a partition stands in its "sources"; whoever does not is
 * named in a problem.
 */
#ifndef EXH_SCAN_MERGE_H
#define EXH_SCAN_MERGE_H

#include <jansson.h>
#include <stdint.h>

struct exh_opinions {
	const json_t *own;   /* what scan-tables said, or NULL where it failed */
	const json_t *tsk;   /* scan-tsk, or NULL where it gave no opinion */
	const json_t *blkid; /* scan-blkid, or NULL */
};

/**
 * exh_merge - set "tables", "partitions" and "other_entries" of facts, and add the problems
 *
 * facts["sector_size"] is set already. The opinions are untrusted: only the keys and shapes that
 * are expected are taken. A disk without a table
 * gets partition 0; one whose first sector cannot be read, or that our readers could not look at,
 * does not.
 */
void exh_merge(const struct exh_opinions *opinions, uint64_t media_size, json_t *facts);

#endif
