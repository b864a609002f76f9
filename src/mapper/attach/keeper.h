/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keeper: one process for each attachment. It owns the file server, and holds the evidence
 * files or the leases on them; it looks into no evidence. Until the owner commits, it ends with the
 * owner; afterwards it lives until exh_process_end(). When it goes, the file server goes.
 */
#ifndef EXH_ATTACH_KEEPER_H
#define EXH_ATTACH_KEEPER_H

#include "plan.h"
#include "state.h"

struct exh_keeper {
	int sock;
};

/**
 * exh_keeper_start - fork the keeper and wait until files are served and protected
 *
 * plan says what the file server shows through the mount that fuse_fd belongs to; fuse_fd is -1
 * where no file server is needed, and is closed in any case. holds_files: the kernel is asked to
 * keep others from writing (guard.h); otherwise they are watched (leases.h). Records "keeper" and
 * "hold" or "leases" in the state and saves it. Leaves ctx's helper shared with the keeper: the
 * owner no longer waits for its end.
 */
int exh_keeper_start(struct exh_ctx *ctx, struct exh_attachment *a, const struct exh_image *image,
		     const struct exh_plan *plan, int fuse_fd, bool holds_files,
		     struct exh_keeper *k);

/** exh_keeper_commit - from now on it outlives the owner. */
int exh_keeper_commit(struct exh_ctx *ctx, struct exh_keeper *k);

/** exh_keeper_forget - close the way to it. Before the commit that ends it. */
void exh_keeper_forget(struct exh_keeper *k);

#endif
