// SPDX-License-Identifier: Apache-2.0
#include "mount_options.h"

#include <stddef.h>
#include <string.h>

/* A journal is never replayed (noload, norecovery, nologreplay, nolog), and a copy of a host's file system is told apart (nouuid). */
static const struct exh_mount_options table[] = {
	{"ext2", "ext2", ""},
	{"ext3", "ext4", "noload"},
	{"ext4", "ext4", "noload"},
	{"xfs", "xfs", "norecovery,nouuid"},
	{"btrfs", "btrfs", "rescue=nologreplay"},
	{"ntfs", "ntfs3", ""},
	{"fat12", "vfat", ""},
	{"fat16", "vfat", ""},
	{"fat32", "vfat", ""},
	{"vfat", "vfat", ""},
	{"exfat", "exfat", ""},
	{"hfs", "hfs", ""},
	{"hfsplus", "hfsplus", ""},
	{"ufs1", "ufs", "ufstype=44bsd"},
	{"ufs2", "ufs", "ufstype=ufs2"},
	{"iso9660", "iso9660", ""},
	{"udf", "udf", ""},
	{"f2fs", "f2fs", "norecovery"},
	{"jfs", "jfs", ""},
	{"reiserfs", "reiserfs", "nolog"},
	{"squashfs", "squashfs", ""},
	{"erofs", "erofs", ""},
};

const struct exh_mount_options *exh_mount_options(const char *type)
{
	for (size_t i = 0; type && i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(table[i].type, type))
			return &table[i];
	return NULL;
}
