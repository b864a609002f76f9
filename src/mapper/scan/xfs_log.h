/* SPDX-License-Identifier: Apache-2.0 */
/* Does XFS have something in its log to replay? */
#ifndef EXH_SCAN_XFS_LOG_H
#define EXH_SCAN_XFS_LOG_H

#include "fs_state.h"

/** exh_xfs_log_state - clean where the last record of the log says that the file system was
 * unmounted; unknown with a log elsewhere or one that makes no sense. */
enum exh_fs_state exh_xfs_log_state(const struct exh_reader *r, uint64_t start, uint64_t length);

#endif
