/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts and ledger, only read, to documents. A renderer is one file and one row in the table of
 * report.c.
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
 * {"schema", "command": "report", "version", "problems", "made": {"time", "version", "id"}, "case":
 * case.json, "ledger": {"entries", "bytes", "sha256", "first": [...], "last": [...], "head",
 * "key_fingerprint", "verification"}, "steps": [{"seq", "step", "time", "path", "sha256", "bytes",
 * "state": "match"|"mismatch"|"missing"|"unreadable"}], "unfinished", "examination": the newest
 * examine facts, or what the single steps of the case give in the same shape ("composed": true),
 * "examination_path", "summary", "comparison", "container", "losses", "problem_groups"}
 *
 * casefd is the case directory. verification, the facts of case verify, is borrowed and may be
 * NULL. The bytes of a facts file are used only where their SHA-256 is the one in the ledger; each
 * file that differs is a problem and decides the outcome. What is absent or cannot be read in the
 * case is a problem in the model, not an error: a report can always be made. Fails only without
 * memory.
 */
int exh_report_model(struct exh_ctx *ctx, int casefd, const json_t *verification,
		     json_t **model_ret);

/**
 * exh_report_write - render formats ("html,json"; NULL: both) below dirfd
 *
 * An existing report of the same name is replaced, whole or not at all. written (may be NULL) gets
 * [{"path", "sha256", "bytes"}], also beside an error. An unknown format is -EXH_E_USAGE before
 * anything is written.
 */
int exh_report_write(struct exh_ctx *ctx, const json_t *model, const char *formats, int dirfd,
		     json_t **written);

/** exh_render_html, exh_render_json - the rows of the table; see struct exh_renderer. */
int exh_render_html(struct exh_ctx *ctx, const json_t *model, char **text_ret, size_t *n_ret);
int exh_render_json(struct exh_ctx *ctx, const json_t *model, char **text_ret, size_t *n_ret);

#endif
