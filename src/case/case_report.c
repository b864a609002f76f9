// SPDX-License-Identifier: Apache-2.0
/* Has the report room render a case, and puts what it wrote on record. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "examine.h"
#include "report/report.h"

static int open_out_dir(struct exh_ctx *ctx, const struct exh_case *c, const char *out_dir)
{
	const char *dir = out_dir ? out_dir : "report";
	int base = out_dir ? AT_FDCWD : exh_case_dirfd(c), fd;

	if (mkdirat(base, dir, 0700) < 0 && errno != EEXIST)
		return exh_fail_errno(ctx, "%s: cannot be made", dir);
	fd = openat(base, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? exh_fail_errno(ctx, "%s: cannot be opened", dir) : fd;
}

/* The renderers name files below their directory, the record names them below the case. */
static json_t *with_directory(const json_t *written, const char *dir)
{
	json_t *list = json_array();
	const json_t *file;
	size_t i;

	json_array_foreach (written, i, file) {
		json_t *entry = json_copy((json_t *)file);
		const char *name = exh_json_str(file, "path");
		_cleanup_free_ char *path = NULL;

		if (asprintf(&path, "%s/%s", dir, name ? name : "") < 0)
			path = NULL;
		json_object_set_new(entry, "path", json_string(path ? path : ""));
		json_array_append_new(list, entry);
	}
	return list;
}

int exh_case_write_report(struct exh_ctx *ctx, struct exh_case *c,
			  const struct exh_report_options *options, json_t **written)
{
	struct exh_case_verify_options how = {.size = sizeof(how)};
	_cleanup_json_ json_t *verification = NULL, *model = NULL, *files = NULL, *event = NULL;
	const char *out_dir = options->out_dir;
	_cleanup_fd_ int dir = -1;
	int r = exh_case_verify(ctx, exh_case_dir(c), &how, &verification);

	if (r >= 0)
		r = exh_report_model(ctx, exh_case_dirfd(c), verification, options->language,
				     &model);
	if (r >= 0)
		r = dir = open_out_dir(ctx, c, out_dir);
	if (r >= 0)
		r = exh_report_write(ctx, model, options->formats, dir, &files);
	if (!json_array_size(files))
		return r;
	/* beside an error too: what was written is recorded */
	*written = with_directory(files, out_dir ? out_dir : "report");
	/* what lies outside the case is recorded, and nothing can be promised about its stay */
	event = json_pack("{s:O}", out_dir ? "outside" : "files", *written);
	return exh_first_error(r, exh_case_event(ctx, c, "report", event));
}

/* Where nothing is said, all that can be made here; without the program for the PDF that is said.
 */
static const char *formats_of(struct exh_ctx *ctx, const char *formats, json_t *facts)
{
	if (formats)
		return formats;
	if (exh_report_pdf_possible(ctx))
		return EXH_ALL_FORMATS;
	exh_problems_add(facts, exh_problem(EXH_P_PDF_NOT_MADE,
					    "report.pdf: weasyprint is not installed (%s)",
					    EXH_PDF_PACKAGES));
	return NULL;
}

int exh_report_as(struct exh_ctx *ctx, const char *case_dir,
		  const struct exh_report_options *options, json_t **facts)
{
	struct exh_report_options how = *options;
	_cleanup_case_ struct exh_case *c = NULL;
	_cleanup_json_ json_t *written = NULL;
	struct stat st;
	int r;

	*facts = exh_facts_new("report");
	if (fstatat(AT_FDCWD, case_dir, &st, 0) < 0)
		return exh_fail_errno(ctx, "%s: cannot be opened", case_dir);
	r = exh_case_open(ctx, case_dir, NULL, &c);
	if (r < 0)
		return r;
	how.formats = formats_of(ctx, how.formats, *facts);
	r = exh_case_write_report(ctx, c, &how, &written);
	if (written)
		json_object_set(*facts, "files", written);
	return r;
}

int exh_report(struct exh_ctx *ctx, const char *case_dir, const char *formats, const char *out_dir,
	       json_t **facts)
{
	struct exh_report_options options = {
		.size = sizeof(options), .formats = formats, .out_dir = out_dir};

	return exh_report_as(ctx, case_dir, &options, facts);
}
