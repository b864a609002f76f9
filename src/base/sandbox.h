/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXH_BASE_SANDBOX_H
#define EXH_BASE_SANDBOX_H

#include "ctx.h"
#include "worker.h"

/**
 * exh_sandbox_enter - give up everything that reading given descriptors does not need
 *
 * No new privileges, no dumps, limits of the kind, Landlock without a single rule where the kernel
 * has it, and a seccomp filter that answers EPERM to whatever is not on its list. Not an error: a
 * kernel without Landlock.
 */
int exh_sandbox_enter(struct exh_ctx *ctx, enum exh_worker_kind kind);

/** exh_sandbox_landlock_abi - the Landlock version of this kernel, 0 where there is none. */
int exh_sandbox_landlock_abi(void);

#endif
