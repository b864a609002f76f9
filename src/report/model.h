/* SPDX-License-Identifier: Apache-2.0 */
/* The parts the model is made of. Each fills members of the model from what stands there already.
 */
#ifndef EXH_REPORT_MODEL_H
#define EXH_REPORT_MODEL_H

#include <jansson.h>
#include <stddef.h>

#include "base/ctx.h"

#define EXH_LEDGER_SHOWN 20 /* entries printed from each end of a long ledger */

/** exh_sha256_hex - SHA-256 of n bytes as hex. */
int exh_sha256_hex(struct exh_ctx *ctx, const void *bytes, size_t n, char out[65]);

/** exh_record_read - model["ledger"], ["steps"], ["unfinished"], ["custody"], ["exhibits"] from the
 * files of the case; what is missing becomes a problem. */
int exh_record_read(struct exh_ctx *ctx, int casefd, json_t *model);

/**
 * exh_record_facts - the facts of a step, parsed from the very bytes whose SHA-256 stands in the
 * ledger
 *
 * Sets step["state"]. 0 with *facts_ret (which may be NULL: only check) owned by the caller, or 1
 * where the file is not what the ledger says.
 */
int exh_record_facts(struct exh_ctx *ctx, int casefd, json_t *step, json_t **facts_ret);

/**
 * exh_compare - model["comparison"] (a row for each algorithm), ["container"] (a row for each
 * file), and
 * ["comparisons"]: {"made", "agree", "from_outside", "from_outside_agree"}, where the latter two
 * count the references that are older than the case: stored in the container, in a sidecar file, or
 * given by the operator.
 */
void exh_compare(json_t *model);

/** exh_losses_sum - model["losses"]: {"ranges", "bytes", "by_reason", "largest": [...], "spans":
 * [[start, end]...]}. */
void exh_losses_sum(json_t *model);

/** exh_problems_group - model["problem_totals"] and model["problem_groups"], worst first, every
 * problem counted once. */
void exh_problems_group(json_t *model);

/** exh_problems_each - see every problem once: of the report itself, of the record, and of the
 * examination and its parts. */
void exh_problems_each(const json_t *model, void (*see)(json_t *problem, void *opaque),
		       void *opaque);

/**
 * exh_findings_number - model["findings"]: [{"id": "F-001", "kind", "fact", "command"?,
 * "other_tool"?, "start"?, "length"?}]
 *
 * fact is a JSON pointer into the model. command gives the finding again; other_tool is a program
 * of others that ought to agree.
 */
void exh_findings_number(json_t *model);

/** exh_object - object[key] if it is an object, else NULL. exh_list - the same for arrays.
 * Borrowed. */
const json_t *exh_object(const json_t *object, const char *key);
const json_t *exh_list(const json_t *object, const char *key);

#endif
