/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is attached, on disk: one directory for each attachment below the runtime directory.
 *
 *   ID/state.json    everything that must be undone, written before it is done
 *   ID/events.jsonl  what the keeper saw
 *   ID/files         mount point of the FUSE files
 *   ID/mounts/NAME   mount points that exhibit made itself
 *   devices/NAME     a file for each block device that is ours, for the udev rule; made before the
 * device
 *
 * state.json: {"v": 1, "id", "boot_id", "phase": "attaching"|"attached"|"detaching", "image",
 * "method", "since", "case"?, "sector_size", "keeper"?: {"pid","start"}, "owner"?: {"pid","start"},
 * "evidence":
 * [{"path","device","inode"}], "fuse"?: {"dir","names"}, "devices": [...], "mounts": [...],
 * "partitions": [...], "leases"?: {"held","files"}, "hold"?: {"files","pinned"}, "mapfile"?:
 * {"path", "sha256", "holes", "not_rescued"}}. Whoever changes an attachment holds the lock of its
 * directory; the kernel drops the lock with the process.
 */
#ifndef EXH_ATTACH_STATE_H
#define EXH_ATTACH_STATE_H

#include <jansson.h>

#include "base/cleanup.h"
#include "base/ctx.h"

#define EXH_MOUNTS_DIR "mounts"

#define EXH_PHASE_ATTACHING "attaching"
#define EXH_PHASE_ATTACHED  "attached"
#define EXH_PHASE_DETACHING "detaching"

struct exh_attachment {
	char *id;
	char *dir; /* absolute path */
	int dirfd; /* holds the lock where it was asked for */
	json_t *state;
};

enum exh_lock {
	EXH_UNLOCKED, /* only look */
	EXH_LOCK,     /* wait a little for another command, then fail with EXH_E_BUSY */
	EXH_TRY_LOCK, /* fail at once */
};

/**
 * exh_runtime_path - where attachments are kept: /run/exhibit, without root
 * $XDG_RUNTIME_DIR/exhibit; EXHIBIT_RUNTIME_DIR overrides
 *
 * The directory is made, and refused where somebody else could have put something into it. The
 * caller frees the path.
 */
int exh_runtime_path(struct exh_ctx *ctx, char **ret);

/** exh_attachment_new - a directory with a fresh id made from the image's name, locked, with the
 * state of an empty attachment. */
int exh_attachment_new(struct exh_ctx *ctx, const char *image_path, struct exh_attachment **ret);

/** exh_attachment_open - an existing one. A state file that cannot be read leaves ->state an empty
 * object. */
int exh_attachment_open(struct exh_ctx *ctx, const char *id, enum exh_lock lock,
			struct exh_attachment **ret);

/** exh_attachment_list - the ids of all attachments, in order, as a JSON list; the caller owns it.
 */
int exh_attachment_list(struct exh_ctx *ctx, json_t **ids);

/** exh_attachment_save - write the state, durably. */
int exh_attachment_save(struct exh_ctx *ctx, struct exh_attachment *a);

/** exh_attachment_phase - set the phase and save. */
int exh_attachment_phase(struct exh_ctx *ctx, struct exh_attachment *a, const char *phase);

/** exh_attachment_is_here - was it made in this boot of the machine? */
bool exh_attachment_is_here(const struct exh_attachment *a);

/** exh_attachment_remove - remove the directory of an attachment of which nothing is left. */
int exh_attachment_remove(struct exh_ctx *ctx, struct exh_attachment *a);

/** exh_attachment_list_of - the list called key in the state, made where it is not there; borrowed.
 */
json_t *exh_attachment_list_of(struct exh_attachment *a, const char *key);

/** exh_attachment_close - forget it; the lock goes. NULL is fine. */
void exh_attachment_close(struct exh_attachment *a);

static inline void exh_cleanup_attachment(struct exh_attachment **a)
{
	exh_attachment_close(*a);
}

#define _cleanup_attachment_ _cleanup_(exh_cleanup_attachment)

#endif
