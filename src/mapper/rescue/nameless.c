// SPDX-License-Identifier: Apache-2.0
/* Files that are found by their number: the file system's own, and those that no name leads to any
 * more. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "hits.h"

#define MAX_PARENTS 256

/* A record of NTFS has its name and its parent's number, so that the path is known without any
 * directory. */
static char *path_by_records(TSK_FS_INFO *fs, TSK_INUM_T inode)
{
	char *path = strdup("");

	for (int depth = 0; path && depth < MAX_PARENTS && inode != fs->root_inum; depth++) {
		TSK_FS_FILE *file = tsk_fs_file_open_meta(fs, NULL, inode);
		const TSK_FS_META_NAME_LIST *name = file && file->meta ? file->meta->name2 : NULL;
		char *longer = NULL;

		if (!name || asprintf(&longer, "/%s%s", name->name, path) < 0)
			longer = NULL;
		inode = name ? name->par_inode : 0;
		free(path);
		path = longer;
		tsk_fs_file_close(file);
	}
	tsk_error_reset();
	if (inode == fs->root_inum)
		return path;
	free(path);
	return NULL;
}

/* Records of NTFS that only continue another one have no name of their own. */
static bool is_wanted(struct exh_hits *h, TSK_INUM_T inode)
{
	TSK_FS_INFO *fs = h->walk->fs;
	TSK_FS_FILE *file = tsk_fs_file_open_meta(fs, NULL, inode);
	bool wanted = file && file->meta && file->meta->flags & TSK_FS_META_FLAG_ALLOC &&
		      (!TSK_FS_TYPE_ISNTFS(fs->ftype) || file->meta->name2);

	tsk_fs_file_close(file);
	tsk_error_reset();
	return wanted;
}

int exh_hits_unnamed(struct exh_hits *h)
{
	TSK_FS_INFO *fs = h->walk->fs;
	bool is_ntfs = TSK_FS_TYPE_ISNTFS(fs->ftype), is_ufs = TSK_FS_TYPE_ISFFS(fs->ftype);
	int r = 0;

	if (!h->names_lost || !h->seen || (!is_ntfs && !is_ufs && !TSK_FS_TYPE_ISEXT(fs->ftype)))
		return 0;
	for (TSK_INUM_T i = is_ntfs  ? EXH_NTFS_RESERVED
			    : is_ufs ? EXH_UFS_FIRST_FILE
				     : EXH_EXT_FIRST_FILE;
	     !r && i < fs->last_inum; i++) {
		_cleanup_free_ char *path = NULL;

		exh_emit_progress(h->w, "rescue", h->walk->rows, 0);
		if (exh_hits_has_seen(h, i) || !is_wanted(h, i))
			continue;
		path = is_ntfs ? path_by_records(fs, i) : NULL;
		r = exh_hits_inode(h, i, path);
	}
	return r;
}

/* What is met whether or not a directory has a name for it. */
int exh_hits_reserved(struct exh_hits *h)
{
	TSK_FS_INFO *fs = h->walk->fs;
	bool is_ntfs = TSK_FS_TYPE_ISNTFS(fs->ftype);
	TSK_INUM_T end = is_ntfs			? EXH_NTFS_RESERVED
			 : TSK_FS_TYPE_ISEXT(fs->ftype) ? EXH_EXT_FIRST_FILE
							: 0;
	int r = exh_hits_inode(h, fs->root_inum, "");

	for (TSK_INUM_T i = is_ntfs ? 0 : 1; !r && i < end; i++) {
		_cleanup_free_ char *path = is_ntfs ? path_by_records(fs, i) : NULL;

		if (i != fs->root_inum)
			r = exh_hits_inode(h, i, path);
	}
	return r;
}
