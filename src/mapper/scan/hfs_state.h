/* SPDX-License-Identifier: Apache-2.0 */
/* The state of HFS and HFS+ volumes. */
#ifndef EXH_SCAN_HFS_STATE_H
#define EXH_SCAN_HFS_STATE_H

#include "fs_state.h"

enum exh_fs_state exh_hfs_state(const struct exh_reader *r, uint64_t start, uint64_t length);

/** exh_hfsplus_state - also where it is case-sensitive (HFSX); unknown inside a wrapper of HFS. */
enum exh_fs_state exh_hfsplus_state(const struct exh_reader *r, uint64_t start, uint64_t length);

#endif
