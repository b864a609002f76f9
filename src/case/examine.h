/* SPDX-License-Identifier: Apache-2.0 */
/* One examination, as its parts share it. */
#ifndef EXH_CASE_EXAMINE_H
#define EXH_CASE_EXAMINE_H

#include "case.h"

struct exh_examination {
	struct exh_ctx *ctx;
	struct exh_image *image;
	const struct exh_examine_options *options;
	struct exh_case *kase;
	json_t *facts;	    /* what becomes the examine facts */
	json_t *scan;	    /* scan facts */
	json_t *attachment; /* borrowed: the entry in facts["attachments"] */
	json_t *mounts;	    /* {"N": directory}, with --mount */
};

/** exh_examine_check_command - can every placeholder of the command be filled by this scan?
 * -EXH_E_USAGE names the one that cannot. */
int exh_examine_check_command(struct exh_examination *x, const json_t *scan);

/** exh_examine_run_command - fill the placeholders, run the command confined, keep what it printed,
 * and record it. */
int exh_examine_run_command(struct exh_examination *x);

/** exh_examine_mount - mount what has a safe way of being mounted, below a directory of its own. */
int exh_examine_mount(struct exh_examination *x);

/** exh_case_write_report - render what options say (formats NULL: all that need no other program),
 * record the files and seal. written gets the list. */
int exh_case_write_report(struct exh_ctx *ctx, struct exh_case *c,
			  const struct exh_report_options *options, json_t **written);

#endif
