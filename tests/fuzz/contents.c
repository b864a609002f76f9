// SPDX-License-Identifier: Apache-2.0
/* What is read of file systems here and not by a library: sizes, states, signs of lost ones. */

#include "mapper/scan/contents.h"
#include "mapper/scan/fs_size.h"
#include "mapper/scan/fs_state.h"
#include "mapper/scan/lost.h"
#include "mapper/scan/volume_group.h"

#include "fuzz.h"

static void ignore(const struct exh_lost *lost, void *opaque)
{
	(void)lost;
	(void)opaque;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const char *const types[] = {"ext4",  "btrfs",  "fat12",	  "fat16", "fat32",
					    "exfat", "ntfs",   "xfs",	  "f2fs",  "hfsplus",
					    "jfs",   "apfs",   "iso9660", "swap",  "reiserfs",
					    "hfs",   "nilfs2", "ufs1",	  "ufs2",  "LVM2_member"};
	struct fuzz_media m;
	const struct exh_reader *r = fuzz_open(&m, bytes, n);

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		exh_fs_state(r, types[i], 0, n);
		exh_fs_size(r, types[i], 0, n);
	}
	json_decref(exh_volume_group(r, 0, n));
	json_decref(exh_contents_sign(bytes, n));
	for (size_t at = 0; at + EXH_LOST_STEP <= n; at += EXH_LOST_STEP)
		exh_lost_in_sector(r, bytes + at, at, ignore, NULL);
	return 0;
}
