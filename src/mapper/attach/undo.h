/* SPDX-License-Identifier: Apache-2.0 */
/* Taking an attachment apart, whatever state it is in. */
#ifndef EXH_ATTACH_UNDO_H
#define EXH_ATTACH_UNDO_H

#include "state.h"

/**
 * exh_undo - undo everything of a locked attachment and remove its directory
 *
 * Mounts, devices, file server, keeper, in that order; each waits for the kernel's real release. While somebody uses a device nothing
 * is undone: the problem device-busy names them and -EXH_E_BUSY is returned. A half-made or half-undone attachment is fine.
 */
int exh_undo(struct exh_ctx *ctx, struct exh_attachment *a, json_t *facts);

/** exh_is_stale - did a crash leave it behind? why gets a borrowed text. The attachment must not be locked by another command. */
bool exh_is_stale(const struct exh_attachment *a, const char **why);

/** exh_attachment_facts - the object of the contract for this attachment, with its events; the caller owns it. */
json_t *exh_attachment_facts(struct exh_ctx *ctx, const struct exh_attachment *a);

#endif
