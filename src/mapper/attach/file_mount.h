/* SPDX-License-Identifier: Apache-2.0 */
/* Mount and unmount of our FUSE file system. The session itself is served by the sandboxed worker
 * "fuse". */
#ifndef EXH_ATTACH_FILE_MOUNT_H
#define EXH_ATTACH_FILE_MOUNT_H

#include <stdbool.h>

#include "base/ctx.h"

#define EXH_FILE_MOUNT_TYPE "fuse.exhibit"

/**
 * exh_file_mount - mount on dir, read-only; returns the descriptor that whoever serves it reads
 * requests from
 *
 * With root by mount(2), without it by fusermount3. As soon as no copy of the descriptor is left,
 * every access fails.
 */
int exh_file_mount(struct exh_ctx *ctx, const char *dir);

/** exh_file_mount_advice - what to do where /dev/fuse could not be opened for this errno. */
const char *exh_file_mount_advice(int error);

/** exh_file_mount_read_far - let the kernel read far ahead in the files of this mount, as it does
 * not by itself; fd is one of them. Needs root, and is no error without. */
void exh_file_mount_read_far(int fd);

/** exh_file_unmount - undo it, also where the server is dead. Nothing mounted is no error;
 * EXH_E_BUSY while somebody uses it. */
int exh_file_unmount(struct exh_ctx *ctx, const char *dir);

/** exh_file_mounted - is one of ours mounted on dir? */
bool exh_file_mounted(const char *dir);

#endif
