/* SPDX-License-Identifier: Apache-2.0 */
/* How the kernel may mount a file system without writing, replaying or mixing it up with one of the host's. */
#ifndef EXH_ATTACH_MOUNT_OPTIONS_H
#define EXH_ATTACH_MOUNT_OPTIONS_H

struct exh_mount_options {
	const char *type;   /* as scan names it */
	const char *kernel; /* as the kernel names it */
	const char *data;   /* options beside ro,nodev,nosuid,noexec,noatime; "" for none */
};

/** exh_mount_options - the row for a file system; NULL where no safe way to mount it is known. */
const struct exh_mount_options *exh_mount_options(const char *type);

#endif
