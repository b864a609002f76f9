/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keeper's part where the wploop module is used: it holds the evidence files, so that nobody
 * can write, cut, rename or remove them, and takes down what the devices refused.
 */
#ifndef EXH_ATTACH_GUARD_H
#define EXH_ATTACH_GUARD_H

#include <stddef.h>

#include "mapper/source/image.h"

struct exh_guard;

/**
 * exh_guard_take - hold every file of the image
 *
 * id is that of the attachment, eventfd a file opened for appending (see events.h). Fails where
 * somebody has a file open for writing, and says who. Release with exh_guard_end().
 */
int exh_guard_take(struct exh_ctx *ctx, const struct exh_image *image, const char *id, int eventfd,
		   struct exh_guard **ret);

/** exh_guard_held - how many files are held. */
size_t exh_guard_held(const struct exh_guard *g);

/** exh_guard_watch - from now on listen to the devices of the attachment, from their first event
 * on. */
void exh_guard_watch(struct exh_guard *g);

/** exh_guard_fd - readable when there is something to take down; -1 where g is NULL. */
int exh_guard_fd(const struct exh_guard *g);

/** exh_guard_drain - write down what there is now. */
void exh_guard_drain(struct exh_guard *g);

/** exh_guard_end - the same for the last time; a held file that changed is an event too. Lets the
 * files go. NULL is fine. */
void exh_guard_end(struct exh_guard *g);

#endif
