/* SPDX-License-Identifier: Apache-2.0 */
/* How a file system is mounted so that nothing is replayed, repaired or written. One table, for
 * advice and for mounting. */
#ifndef EXH_SCAN_FS_OPTIONS_H
#define EXH_SCAN_FS_OPTIONS_H

struct exh_fs_options {
	const char *type; /* as in contents.type */
	const char
		*kernel; /* the type that mount(2) gets, always given: the kernel must not guess */
	const char *options; /* for that file system, without ro and the general ones below */
	const char *note;    /* what these options do not cover, a sentence; or NULL */
};

/* For every file system, as mount(8) writes them. */
#define EXH_FS_GENERAL_OPTIONS "ro,nodev,nosuid,noexec,noatime"

/** exh_fs_options - the row for a contents.type, or NULL where no safe way is known. */
const struct exh_fs_options *exh_fs_options(const char *type);

/**
 * exh_fs_advice - how to look into what has this contents.type, as a command line with DEVICE in it
 *
 * The caller frees it. NULL where no safe way is known, or memory is out.
 */
char *exh_fs_advice(const char *type);

#endif
