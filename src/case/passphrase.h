/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The passphrase of a private key: from the file that $EXHIBIT_PASSPHRASE_FILE names (its first
 * line), else $EXHIBIT_PASSPHRASE, else the terminal. It is never stored.
 */
#ifndef EXH_CASE_PASSPHRASE_H
#define EXH_CASE_PASSPHRASE_H

#include "base/ctx.h"

#define EXH_PASSPHRASE_MAX 1024

/**
 * exh_passphrase_get - the passphrase of what name says; is_new: a terminal is asked twice
 *
 * -EXH_E_PERMISSION where there is none to be had, or it is empty. Wipe out with OPENSSL_cleanse().
 */
int exh_passphrase_get(struct exh_ctx *ctx, const char *name, bool is_new,
		       char out[EXH_PASSPHRASE_MAX]);

#endif
