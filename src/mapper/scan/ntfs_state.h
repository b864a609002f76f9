/* SPDX-License-Identifier: Apache-2.0 */
/* The state of an NTFS volume: its dirty bit and its log. */
#ifndef EXH_SCAN_NTFS_STATE_H
#define EXH_SCAN_NTFS_STATE_H

#include "fs_state.h"

/** exh_ntfs_state - was the volume in [start, start + length) closed, and its log with it? */
enum exh_fs_state exh_ntfs_state(const struct exh_reader *r, uint64_t start, uint64_t length);

/** exh_ntfs_records - the offset of the MFT by the boot sector, the size of its records and that of
 * a cluster; 0 where the boot sector makes no sense. */
uint64_t exh_ntfs_records(const uint8_t boot[512], size_t *record_size, uint64_t *cluster);

#endif
