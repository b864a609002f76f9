/* SPDX-License-Identifier: Apache-2.0 */
/* Exhibits of a case, and who had them. */
#ifndef EXH_CASE_EXHIBITS_H
#define EXH_CASE_EXHIBITS_H

#include "case_private.h"

/**
 * exh_exhibit_find - the entry in which an exhibit of this label was added; the caller owns it
 *
 * holder_ret (may be NULL) gets who received it last, owned by the caller, or NULL. 1 where there
 * is none.
 */
int exh_exhibit_find(struct exh_ctx *ctx, struct exh_case *c, const char *label, json_t **ret,
		     char **holder_ret);

/** exh_text_set - entry[member] = text, made valid; nothing where text is NULL. */
void exh_text_set(json_t *entry, const char *member, const char *text);

/** exh_texts_set - the same for a list that ends with NULL; nothing where it is NULL or empty. */
void exh_texts_set(json_t *entry, const char *member, const char *const *texts);

/** exh_check_occurred - is this a time with its zone (RFC 3339, seconds may be left out)? text may
 * be NULL: not supplied. */
int exh_check_occurred(struct exh_ctx *ctx, const char *text);

/** exh_by_set - entry["by"] = examiner of who; -EXH_E_* where its file cannot be used. */
int exh_by_set(struct exh_ctx *ctx, json_t *entry, const struct exh_operator *who);

/** exh_case_open_there - exh_case_open() of a case that is there already: none is made. */
int exh_case_open_there(struct exh_ctx *ctx, const char *dir, struct exh_case **ret);

/** exh_custody_facts - {"schema", ..., "path", "entry"} of a command that added the last entry. */
json_t *exh_custody_facts(const struct exh_case *c, const char *command);

#endif
