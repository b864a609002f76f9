/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's list of mounts: proc(5), /proc/PID/mountinfo. */
#ifndef EXH_ATTACH_MOUNTINFO_H
#define EXH_ATTACH_MOUNTINFO_H

#include <stdbool.h>
#include <sys/types.h>

struct exh_mount {
	dev_t device;
	char *dir;     /* mount point, unescaped */
	char *type;    /* with the subtype: "fuse.exhibit" */
	char *source;  /* unescaped */
	bool is_read_only;
};

/**
 * exh_mountinfo_each - call back for each mount that a process sees ("self" or a number), in the order of mounting
 *
 * The mount is borrowed for the call. A callback that returns true ends the walk. Returns whether one did; false also where the
 * list cannot be read.
 */
bool exh_mountinfo_each(const char *pid, bool (*callback)(const struct exh_mount *, void *opaque),
			void *opaque);

/**
 * exh_mountinfo_at - what is mounted on dir (as the kernel writes it) in our own view
 *
 * 0 and the topmost mount in *ret, or 1 where there is none. Release with exh_mount_clear().
 */
int exh_mountinfo_at(const char *dir, struct exh_mount *ret);
void exh_mount_clear(struct exh_mount *m);

#endif
