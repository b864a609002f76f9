/* SPDX-License-Identifier: Apache-2.0 */
/* Was a file system cleanly unmounted? Read from its own flags, without following anything else. */
#ifndef EXH_SCAN_FS_STATE_H
#define EXH_SCAN_FS_STATE_H

#include "reader.h"

enum exh_fs_state { EXH_FS_UNKNOWN, EXH_FS_CLEAN, EXH_FS_DIRTY };

/**
 * exh_fs_state - the state of the file system of this type (as in contents.type) in [start, start +
 * length)
 *
 * EXH_FS_UNKNOWN where nobody here knows how to tell, or where its flags cannot be read.
 */
enum exh_fs_state exh_fs_state(const struct exh_reader *r, const char *type, uint64_t start,
			       uint64_t length);

/** exh_fs_far_place - where, far from its head, a file system with this first sector keeps its
 * label; 0: nowhere, or unknown. */
uint64_t exh_fs_far_place(const uint8_t boot[512]);

#endif
