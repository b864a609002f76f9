// SPDX-License-Identifier: Apache-2.0
/* Every irregularity, one a row, where there are more than a report prints. RFC 4180. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"
#include "model.h"
#include "report.h"

/* A quote mark in front of what a spreadsheet would take for a formula. */
static void cell(FILE *f, const char *text)
{
	_cleanup_free_ char *visible = exh_text_visible(text ? text : "");

	fputc('"', f);
	if (visible && strchr("=+-@", *visible) && *visible)
		fputc('\'', f);
	for (const char *p = visible ? visible : ""; *p; p++) {
		if (*p == '"')
			fputc('"', f);
		fputc(*p, f);
	}
	fputc('"', f);
}

static void number(FILE *f, const json_t *problem, const char *key)
{
	fputc(',', f);
	if (json_is_integer(json_object_get(problem, key)))
		fprintf(f, "%" PRIu64, exh_json_u64(problem, key, 0));
}

static void row(json_t *problem, void *opaque)
{
	FILE *f = opaque;

	cell(f, exh_json_str(problem, "severity"));
	fputc(',', f);
	cell(f, exh_json_str(problem, "code"));
	number(f, problem, "start");
	number(f, problem, "length");
	fputc(',', f);
	cell(f, exh_json_str(problem, "text"));
	fputs("\r\n", f);
}

static bool all_are_printed(const json_t *model)
{
	const json_t *group;
	size_t i;

	json_array_foreach (exh_list(model, "problem_groups"), i, group)
		if (exh_json_u64(group, "count", 0) > json_array_size(exh_list(group, "worst")))
			return false;
	return true;
}

int exh_render_problems(struct exh_ctx *ctx, const json_t *model, const json_t *annexes,
			char **text_ret, size_t *n_ret)
{
	FILE *f;

	(void)annexes;
	if (all_are_printed(model))
		return 1;
	f = open_memstream(text_ret, n_ret);
	if (!f)
		return exh_fail_errno(ctx, "out of memory");
	fputs("severity,code,start,length,text\r\n", f);
	exh_problems_each(model, row, f);
	return fclose(f) ? exh_fail_errno(ctx, "out of memory") : 0;
}
