// SPDX-License-Identifier: Apache-2.0
/* PDF/A-2b of the very same HTML. WeasyPrint does it, as a program; what it is given refers to
 * nothing outside itself. */
#include "base/cleanup.h"
#include "base/program.h"
#include "report.h"

#define SECONDS 900

int exh_render_pdf(struct exh_ctx *ctx, const json_t *model, const json_t *annexes, char **text_ret,
		   size_t *n_ret)
{
	static const char *const argv[] = {
		"weasyprint", "--quiet",       "--encoding", "utf-8", "--media-type",
		"print",      "--pdf-variant", "pdf/a-2b",   "-",     "-",
		NULL};
	struct exh_program program = {
		.argv = argv,
		.to_install = EXH_PDF_PACKAGES,
		.seconds = SECONDS,
	};
	_cleanup_free_ char *html = NULL;
	int r = exh_render_html(ctx, model, annexes, &html, &program.input_size);

	if (r < 0)
		return r;
	program.input = html;
	exh_note(ctx, "making the PDF");
	return exh_program_run(ctx, &program, text_ret, n_ret);
}
