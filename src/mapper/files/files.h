/* SPDX-License-Identifier: Apache-2.0 */
/*
 * File systems -> files. The owner's side is files.c; lister.c, walk.c and row.c run in a worker,
 * one for each partition.
 *
 * A row: {"partition", "path", "inode", "size"?, "allocated", "kind", "times", "reallocated"?,
 * "volume"?, "filesystem"?}. The path begins with "/"; a stream of a file stands behind ":". size
 * is that of the content in bytes. times has those of "modified", "accessed", "changed", "created"
 * that are set. Where a deleted name leads to metadata that now belongs to another file,
 * "reallocated" is true and size and times, which are the other file's, are left out.
 */
#ifndef EXH_FILES_FILES_H
#define EXH_FILES_FILES_H

#include <exhibit.h>
#include <tsk/libtsk.h>

#include "base/ctx.h"
#include "base/worker.h"
#include "content.h"
#include "mapper/source/source.h"
#include "repair.h"

/**
 * exh_files_list - list the files of these partitions, as exh_files() does for those of a scan
 *
 * partitions has members of the contract's list of partitions: "number", "start", "length", and
 * "contents" where that is known. Adds "files" (unless options has on_row), "filesystems" and
 * problems to facts. Returns 0 also where partitions could not be read: each is a problem then.
 */
int exh_files_list(struct exh_ctx *ctx, struct exh_image *image, const json_t *partitions,
		   const struct exh_files_options *options, json_t *facts);

/* ---- inside the worker ---- */

/* A file system that is being walked. */
struct exh_walk {
	struct exh_worker *w;
	TSK_FS_INFO *fs;
	struct exh_source *slice;	 /* what fs is in */
	const struct exh_repair *repair; /* of slice */
	/* Takes a row, which it owns from then on, and the content behind it; NULL where there is
	 * none. What it wants to keep of the content it moves out of there. */
	int (*put)(struct exh_walk *walk, json_t *row, struct exh_content *content);
	TSK_FS_INFO *around; /* the same with zeros where bytes are lost, to list directories that
				cannot be read whole; or NULL */
	uint64_t partition;
	const char *volume; /* of a container with several, or NULL */
	bool name_type;	    /* rows say which file system: the partition has more than one */
	uint64_t rows, allocated, deleted;
	double part; /* of the tree that is behind the walk, as far as that can be guessed */
	/* Called for every name, with its metadata where there are any; NULL: exh_row_emit(). */
	int (*visit)(struct exh_walk *walk, const TSK_FS_FILE *file, const char *path,
		     size_t path_length);
	/* Called for an allocated directory that cannot be read whole; NULL: that is a problem of
	 * the list. */
	int (*unreadable)(struct exh_walk *walk, TSK_INUM_T inode, const char *path,
			  size_t path_length);
	void *opaque; /* of these three */
};

/** exh_walk_all - a row for every name, allocated and deleted, and every orphan. */
int exh_walk_all(struct exh_walk *walk);

/** exh_walk_put - count a row and put it; steals row, and clears content (which may be NULL). */
int exh_walk_put(struct exh_walk *walk, json_t *row, struct exh_content *content);
/* The file systems that libtsk finds in a partition: one, those that claim the same place, or the
 * volumes of an APFS container. */
struct exh_file_systems {
	struct exh_worker *w;
	struct exh_source *slice; /* the partition */
	uint64_t partition;
	const char *contents; /* what the scan found, or NULL */
	/* Called for each, ready for exh_walk_all(); the file system is closed behind it. */
	int (*each)(struct exh_walk *walk, void *opaque);
	void *opaque;
	unsigned found;
	struct exh_repair repair; /* what stands in for lost sectors */
	struct exh_tsk_repair around;
};

/** exh_file_systems_each - a partition in which none is found is a problem, not an error. */
int exh_file_systems_each(struct exh_file_systems *l);

/** exh_row_emit - the rows of one name: one for the file, and one for each further stream of its
 * content. */
int exh_row_emit(struct exh_walk *walk, const TSK_FS_FILE *file, const char *path,
		 size_t path_length);

/** exh_row_is_reallocated - is this a deleted name whose metadata belong to another file by now? */
bool exh_row_is_reallocated(const TSK_FS_FILE *file);

/**
 * exh_exfat_emit_missing - rows for the entries of an exFAT directory that libtsk does not take
 *
 * libtsk drops an entry whose times are not set. Such a file has a row with neither inode nor
 * times; a directory dropped like this is listed with all that is below it. path is that of the
 * directory.
 */
int exh_exfat_emit_missing(struct exh_walk *walk, const TSK_FS_DIR *dir, TSK_INUM_T inode,
			   const char *path, size_t path_length);

/** exh_row_has_local_times - does this file system keep local times without their zone? */
bool exh_row_has_local_times(TSK_FS_TYPE_ENUM type);

#endif
