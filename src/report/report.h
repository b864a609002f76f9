/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts and ledger, only read, to documents. A renderer is one file and one row in the table of report.c.
 */
#ifndef EXH_REPORT_REPORT_H
#define EXH_REPORT_REPORT_H

#include <jansson.h>

#include "base/ctx.h"

struct exh_renderer {
	const char *name;      /* as in -f */
	const char *file_name; /* "report.html" */
	/* Renders the model into one string; the caller frees it. */
	int (*render)(struct exh_ctx *ctx, const json_t *model, char **text_ret, size_t *n_ret);
};

/**
 * exh_report_model - everything a report says, as one JSON object
 *
 * {"case": case.json, "ledger": {"entries": [...], "head": {...}, "verification": <case verify facts>}, "examination": <the newest
 * examine facts, or what the single steps of the case give in the same shape>, "steps": [{"path", "sha256", "facts"}], "made":
 * {"time", "version"}}. verification may be NULL.
 */
int exh_report_model(struct exh_ctx *ctx, int casefd, const json_t *verification, json_t **model_ret);

/** exh_report_write - render formats ("html,json"; NULL: both) below dirfd; written gets [{"path", "sha256", "bytes"}]. */
int exh_report_write(struct exh_ctx *ctx, const json_t *model, const char *formats, int dirfd,
		     json_t **written);

#endif
