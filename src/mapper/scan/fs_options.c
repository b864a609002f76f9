// SPDX-License-Identifier: Apache-2.0
#include "fs_options.h"

#include <stdio.h>
#include <string.h>

static const struct exh_fs_options table[] = {
	{"ext2", "ext2", "", NULL},
	{"ext3", "ext4", "noload", NULL},
	{"ext4", "ext4", "noload", NULL},
	{"xfs", "xfs", "norecovery,nouuid", NULL},
	{"btrfs", "btrfs", "rescue=nologreplay",
	 "The kernel refuses or mixes up a second file system with the same UUID: attach one copy "
	 "at a time."},
	{"ntfs", "ntfs3", "", "ntfs-3g shows system files with show_sys_files."},
	{"exfat", "exfat", "", NULL},
	{"fat12", "vfat", "", NULL},
	{"fat16", "vfat", "", NULL},
	{"fat32", "vfat", "", NULL},
	{"hfs", "hfs", "", NULL},
	{"hfsplus", "hfsplus", "", NULL},
	{"iso9660", "iso9660", "", NULL},
	{"udf", "udf", "", NULL},
	{"ufs1", "ufs", "ufstype=44bsd", NULL},
	{"ufs2", "ufs", "ufstype=ufs2", NULL},
	{"f2fs", "f2fs", "norecovery", NULL},
	{"jfs", "jfs", "", "jfs does not replay its log when it is mounted read-only."},
	{"reiserfs", "reiserfs", "nolog", NULL},
	{"nilfs2", "nilfs2", "norecovery", NULL},
	{"squashfs", "squashfs", "", NULL},
	{"erofs", "erofs", "", NULL},
	{"cramfs", "cramfs", "", NULL},
	{"romfs", "romfs", "", NULL},
	{"minix", "minix", "", NULL},
	{"befs", "befs", "", NULL},
};

const struct exh_fs_options *exh_fs_options(const char *type)
{
	for (size_t i = 0; type && i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(table[i].type, type))
			return &table[i];
	return NULL;
}

/* What has to be opened before there is anything to mount. */
static const struct {
	const char *type, *command;
} openers[] = {
	{"crypto_LUKS", "cryptsetup open --readonly --type luks DEVICE NAME"},
	{"BitLocker", "cryptsetup open --readonly --type bitlk DEVICE NAME"},
	{"cs_fvault2", "cryptsetup open --readonly --type fvault2 DEVICE NAME"},
	{"corestorage", "cryptsetup open --readonly --type fvault2 DEVICE NAME"},
	{"LVM2_member", "lvm vgchange --devices DEVICE --readonly -a y VG"},
	{"ldm", "ldmtool scan DEVICE"},
	{"linux_raid_member", "mdadm --assemble --readonly /dev/mdN DEVICE..."},
};

char *exh_fs_advice(const char *type)
{
	const struct exh_fs_options *row = exh_fs_options(type);
	char *text = NULL;

	if (row) {
		if (asprintf(&text, "mount -t %s -o %s%s%s DEVICE DIR", row->kernel,
			     EXH_FS_GENERAL_OPTIONS, *row->options ? "," : "", row->options) < 0)
			return NULL;
		return text;
	}
	for (size_t i = 0; type && i < sizeof(openers) / sizeof(openers[0]); i++)
		if (!strcmp(openers[i].type, type))
			return strdup(openers[i].command);
	return NULL;
}
