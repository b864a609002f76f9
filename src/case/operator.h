/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What only people know about a case, from options and from a file of lines "name: value".
 *
 * A line that begins with a blank goes on with the value before it; "#" begins a line of comment. A
 * name that is not in operator.def, or stands twice, is an error: nobody's typing is dropped.
 */
#ifndef EXH_CASE_OPERATOR_H
#define EXH_CASE_OPERATOR_H

#include <exhibit.h>

#include "base/ctx.h"

/**
 * exh_operator_json - the fields as they go on record; the caller owns them
 *
 * who may be NULL. An option outranks the file. What was not supplied is absent; "file" names the
 * file and its SHA-256.
 */
int exh_operator_json(struct exh_ctx *ctx, const struct exh_operator *who, json_t **ret);

#endif
