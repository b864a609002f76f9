/* SPDX-License-Identifier: Apache-2.0 */
/* The list of every file as an output of a case: a row a line, so that no list is too long. */
#ifndef EXH_CASE_LIST_H
#define EXH_CASE_LIST_H

#include "case.h"

/**
 * exh_case_list - exh_files() into output/NNNN-files.jsonl of the step that c has begun
 *
 * options' on_row gets each row as well; where it has none, rows are in the output only. facts gets
 * "list" ({"path", "sha256", "bytes"} of the output) and "rows" beside what exh_files() leaves,
 * also where it failed half way.
 */
int exh_case_list(struct exh_ctx *ctx, struct exh_case *c, struct exh_image *image,
		  const struct exh_files_options *options, json_t **facts);

#endif
