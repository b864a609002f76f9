/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ways to attach. A way is one file and one row of the table in method.c.
 *
 * A device is a row of state["devices"]: {"scope": "disk"|"partition", "partition"?, "name":
 * "disk"|"pN", "start", "length", and what the method adds: "device" or "file", "read_only", and an
 * object of its own under the method's name}.
 */
#ifndef EXH_ATTACH_METHOD_H
#define EXH_ATTACH_METHOD_H

#include <stdbool.h>
#include <stdint.h>

#include "mapper/source/image.h"
#include "state.h"

/* What a device is to sit on. */
struct exh_backing {
	int fd; /* a description of its own, read-only; borrowed. -1: the pieces of the image */
	const struct exh_image *image;
	uint64_t offset; /* where the device begins in the file, or in the media */
	uint64_t length;
	bool has_losses; /* no read-ahead: an error must stay where it is */
};

struct exh_attach_method {
	const char *name;
	bool needs_root;
	/* Only files of our own file server; otherwise a single raw file may be used without it. */
	bool needs_files;
	/* Raw sets of any number of files, also with holes, without the file server. */
	bool takes_pieces;
	/* The kernel keeps others from writing to the evidence files; the keeper asks it to. */
	bool holds_files;
	/* The length of a device is a multiple of the sector. */
	bool whole_sectors;
	/* 0, or the error that says why this machine cannot. */
	int (*available)(struct exh_ctx *ctx);
	/* Makes the device, with the state saved before, and reads back what the kernel says: 0, or
	 * an error after undoing it. */
	int (*add)(struct exh_ctx *ctx, struct exh_attachment *a, const struct exh_backing *backing,
		   json_t *device);
	/* Is it still as it was made? 0 yes, 1 it is gone, negative with the difference as text.
	 * Opens nothing. */
	int (*check)(struct exh_ctx *ctx, const struct exh_attachment *a, const json_t *device);
	/* Adds to the facts of a device what was refused and counted. NULL where nothing is. */
	void (*observe)(const struct exh_attachment *a, const json_t *device, json_t *facts);
	/* Appends who uses it. */
	void (*users)(const struct exh_attachment *a, const json_t *device, json_t *list);
	/* Undoes it and waits until the kernel has let go. Nothing to undo is no error. */
	int (*remove)(struct exh_ctx *ctx, struct exh_attachment *a, const json_t *device);
	/* Devices of this attachment that the state does not know: appends rows as above. */
	void (*find)(const struct exh_attachment *a, json_t *devices);
};

extern const struct exh_attach_method exh_method_wploop;
extern const struct exh_attach_method exh_method_loop;
extern const struct exh_attach_method exh_method_fuse;

/** exh_method_named - a row of the table, or NULL. */
const struct exh_attach_method *exh_method_named(const char *name);

/**
 * exh_method_choose - the method that was asked for, or the best one that this machine has where
 * name is NULL or "auto"
 *
 * facts gets the problem root-missing where root would have given devices.
 */
int exh_method_choose(struct exh_ctx *ctx, const char *name, json_t *facts,
		      const struct exh_attach_method **ret);

#endif
