/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image as the unprivileged owner sees it: names, descriptors, and what a worker said about it.
 * Nothing here looks into a file.
 */
#ifndef EXH_SOURCE_IMAGE_H
#define EXH_SOURCE_IMAGE_H

#include <exhibit.h>
#include <sys/stat.h>

#include "base/ctx.h"
#include "mapped.h"

struct exh_image_file {
	char *path; /* absolute */
	int fd;
	struct stat st; /* when it was opened */
	bool noatime;
};

enum exh_naming {
	EXH_NAMED_SINGLE,  /* one file, or a block device */
	EXH_NAMED_NUMBERS, /* .000 or .001 and on */
	EXH_NAMED_LETTERS, /* .aa and on */
	EXH_NAMED_EWF,	   /* .E01, .EAA ...; .s01; .Ex01 ... */
};

struct exh_image {
	char *path;
	enum exh_naming naming;
	struct exh_image_file *files;
	size_t nr_files;
	json_t *missing; /* names of the set that are not there, where the names alone tell */
	char *allow_incomplete;
	uint32_t sector_size;
	json_t *facts;		   /* the "image" object of the contract */
	json_t *problems;	   /* what opening found */
	struct exh_mapped *mapped; /* by its mapfile, or NULL */
	char *refusal;		   /* why nothing but exh_info() may use it, or NULL */
};

/** exh_image_require - 0 where the image may be read, or the error that says why not. */
int exh_image_require(struct exh_ctx *ctx, const struct exh_image *image);

/** exh_image_begin - facts for a command on this image: the envelope, "image" and the problems of
 * opening. */
json_t *exh_image_begin(const struct exh_image *image, const char *command);

uint64_t exh_image_media_size(const struct exh_image *image);

/** exh_image_sector_size - bytes in a sector: the user's word, else the container's, else 512. */
uint32_t exh_image_sector_size(const struct exh_image *image);

/** exh_image_has_losses - is any byte known to be unreadable? (Chunks that nobody has read yet may
 * still be damaged.) */
bool exh_image_has_losses(const struct exh_image *image);

/**
 * exh_image_spec - fill in what a worker needs to open this image as a source
 *
 * Sets args["source"], and *fds, *nr_fds (the image's own, borrowed) for an exh_job_spec. A task's
 * own descriptors, if any, come behind them. The worker sees what is not rescued as lost.
 */
int exh_image_spec(struct exh_ctx *ctx, const struct exh_image *image, json_t *args, int **fds,
		   int *nr_fds);

/** exh_image_spec_lost - the same with other ranges that are lost; NULL: none but those of the
 * container itself. */
int exh_image_spec_lost(struct exh_ctx *ctx, const struct exh_image *image,
			const struct exh_lost *lost, json_t *args, int **fds, int *nr_fds);

/** exh_image_lost - the ranges that its mapfile does not call rescued, borrowed; NULL where there
 * is no mapfile. Ranges of a damaged container are not among them. */
const struct exh_lost *exh_image_lost(const struct exh_image *image);

/** exh_image_reopen - a further description of file i with other flags (O_DIRECT), the same inode;
 * -1 with errno. */
int exh_image_reopen(const struct exh_image *image, size_t i, int flags);

/**
 * exh_image_collect - run a worker on this image to its end and merge its lines into facts
 *
 * args may be NULL; it is borrowed and "source" is added to a copy. See exh_job_collect().
 */
int exh_image_collect(struct exh_ctx *ctx, const struct exh_image *image, const char *task,
		      const json_t *args, json_t *facts, size_t limit);

/**
 * exh_image_check_unchanged - compare size, mtime, ctime, inode and device of every file with those
 * at the opening
 *
 * Adds a problem evidence-changed to facts for each file that differs, and returns 1 then, 0
 * otherwise.
 */
int exh_image_check_unchanged(struct exh_ctx *ctx, const struct exh_image *image, json_t *facts);

#endif
