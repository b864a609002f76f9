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
	const char *about;     /* what it is beside the report, or NULL: it is a report itself */
	bool by_default;
	/* Renders the model into one string; the caller frees it. annexes are the files written so
	 * far that have an about: [{"path", "about", "bytes", "sha256"}]. 1: there is nothing that
	 * the other documents do not have. */
	int (*render)(struct exh_ctx *ctx, const json_t *model, const json_t *annexes,
		      char **text_ret, size_t *n_ret);
};

/* The rows of the table that a caller asks for. */
#define EXH_ALL_FORMATS "html,pdf,json,case,dfxml"

/* What makes the PDF, in the words of an error. */
#define EXH_PDF_PACKAGES                                                                           \
	"it makes the PDF; Debian: apt-get install weasyprint fonts-liberation2 fonts-dejavu-core"

/**
 * exh_report_model - everything a report says, as one JSON object
 *
 * {"schema", "command": "report", "version", "problems", "made": {"time", "version", "id",
 * "language"}, "case": case.json, "ledger": {"entries", "bytes", "sha256", "first": [...], "last":
 * [...], "head", "key_fingerprint", "verification"}, "steps": [{"seq", "step", "time", "path",
 * "sha256", "bytes", "state": "match"|"mismatch"|"missing"|"unreadable"}], "unfinished",
 * "examination": the newest examine facts, or what the single steps of the case give in the same
 * shape ("composed": true), "examination_path", "summary", "comparison", "container", "losses",
 * "problem_groups", "findings", "custody": the entries of the ledger about handlings, "exhibits",
 * "refused_writes",
 * "results": files in the case, "rescue": facts of the newest such step}
 *
 * casefd is the case directory. verification, the facts of case verify, is borrowed and may be
 * NULL. language is a code such as "de" (NULL: English); one that is not there is -EXH_E_USAGE. The
 * bytes of a facts file are used only where their SHA-256 is the one in the ledger; each
 * file that differs is a problem and decides the outcome. What is absent or cannot be read in the
 * case is a problem in the model, not an error: a report can always be made. Otherwise it fails
 * only without memory.
 */
int exh_report_model(struct exh_ctx *ctx, int casefd, const json_t *verification,
		     const char *language, json_t **model_ret);

/**
 * exh_report_write - render formats ("html,json"; NULL: all that need no other program) below dirfd
 *
 * An existing report of the same name is replaced, whole or not at all. What a report names with
 * its digest (the facts, and the list of irregularities where it is longer than what is printed) is
 * written with it. written (may be NULL) gets [{"path", "sha256", "bytes"}], also beside an error.
 * An unknown format is -EXH_E_USAGE before anything is written; "pdf" without WeasyPrint is
 * -EXH_E_MISSING, with the others written.
 */
int exh_report_write(struct exh_ctx *ctx, const json_t *model, const char *formats, int dirfd,
		     json_t **written);

/** exh_report_pdf_possible - is the program there that makes the PDF? */
bool exh_report_pdf_possible(struct exh_ctx *ctx);

/* The rows of the table; see struct exh_renderer. */
#define EXH_RENDERER(name)                                                                         \
	int exh_render_##name(struct exh_ctx *ctx, const json_t *model, const json_t *annexes,     \
			      char **text_ret, size_t *n_ret)
EXH_RENDERER(json);
EXH_RENDERER(problems);
EXH_RENDERER(case);
EXH_RENDERER(dfxml);
EXH_RENDERER(html);
EXH_RENDERER(pdf);

#endif
