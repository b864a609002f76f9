/* SPDX-License-Identifier: Apache-2.0 */
/* The facts of a scan, for the rooms that need partitions. The entrance is exh_scan() in
 * <exhibit.h>. */
#ifndef EXH_SCAN_SCAN_H
#define EXH_SCAN_SCAN_H

#include <jansson.h>
#include <stdint.h>

/** exh_scan_partition - the partition of this number in the facts of a scan, borrowed; NULL where
 * there is none. */
const json_t *exh_scan_partition(const json_t *facts, uint64_t number);

/**
 * exh_scan_assume_whole - for readers of files: where there are no partitions because the first
 * sector is lost, and a file system begins at the first byte, let that be partition 0
 *
 * Whether the disk had a table nobody knows any more: the gap and the problem stay.
 */
void exh_scan_assume_whole(json_t *facts);

/** exh_scan_partition_sector_size - bytes in a sector of the table that this partition stands in.
 */
uint32_t exh_scan_partition_sector_size(const json_t *facts, const json_t *partition);

#endif
