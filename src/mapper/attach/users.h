/* SPDX-License-Identifier: Apache-2.0 */
/* Who uses a device, a file system or a file, as far as /proc shows it. Without root only one's own processes are seen. */
#ifndef EXH_ATTACH_USERS_H
#define EXH_ATTACH_USERS_H

#include <jansson.h>
#include <sys/types.h>

struct exh_target {
	enum {
		EXH_USERS_OF_DEVICE,	  /* whoever has the block device open, mounted, or below another device */
		EXH_USERS_OF_FILE_SYSTEM, /* whoever has a file of it open, or stands in it */
		EXH_WRITERS_OF_FILE,	  /* whoever has the file open for writing */
	} what;
	dev_t device; /* of the device node, or of the file system */
	ino_t inode;  /* of the file */
};

/** exh_users_find - append {"pid","name"}, {"mounted_on","pid"} or {"device"} for each user, this process left out. */
void exh_users_find(const struct exh_target *target, json_t *list);

/** exh_users_waiting - append {"pid","name"} of each process that the kernel keeps waiting for the end of a lease. */
void exh_users_waiting(json_t *list);

/** exh_users_text - "fls (process 12), mounted on /mnt"; the caller frees it. NULL when memory is out. */
char *exh_users_text(const json_t *list);

#endif
