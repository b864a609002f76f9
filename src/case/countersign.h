/* SPDX-License-Identifier: Apache-2.0 */
/* Heads with the signature of a second person. */
#ifndef EXH_CASE_COUNTERSIGN_H
#define EXH_CASE_COUNTERSIGN_H

#include "case_private.h"

#define EXH_COUNTERSIGNED      "countersigned"
#define EXH_COUNTERSIGNER_NAME 48

/** exh_countersigner_name - under which name a key of this fingerprint countersigns. */
void exh_countersigner_name(const char *fingerprint, char out[EXH_COUNTERSIGNER_NAME]);

/** exh_head_current - the head of an open case, written anew where it does not cover every entry;
 * -EXH_E_UNSUPPORTED for ledgers of the first version. */
int exh_head_current(struct exh_ctx *ctx, struct exh_case *c, struct exh_head *head);

/** exh_case_write_below - write a file into a folder of the case, which is made if need be;
 * file_ret gets {"path", "sha256", "bytes"}, owned by the caller. */
int exh_case_write_below(struct exh_ctx *ctx, struct exh_case *c, const char *folder,
			 const char *name, const void *bytes, size_t n, json_t **file_ret);

/** exh_case_event_unless_closed - exh_case_event(), or 1 and a note where the record is closed. */
int exh_case_event_unless_closed(struct exh_ctx *ctx, struct exh_case *c, const char *event,
				 const json_t *data);

#endif
