/* SPDX-License-Identifier: Apache-2.0 */
/* How large a file system is by its own superblock. */
#ifndef EXH_SCAN_FS_SIZE_H
#define EXH_SCAN_FS_SIZE_H

#include "reader.h"

/**
 * exh_fs_size - bytes of the file system of this type (as in contents.type) in [start, start +
 * length); 0 where nobody here knows how to tell, or its superblock cannot be read
 *
 * Nothing is said about whether the number makes sense.
 */
uint64_t exh_fs_size(const struct exh_reader *r, const char *type, uint64_t start, uint64_t length);

#endif
