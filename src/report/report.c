// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "model.h"

static const struct exh_renderer renderers[] = {
	{"html", "report.html", exh_render_html},
	{"json", "report.json", exh_render_json},
};

#define NR_RENDERERS (sizeof(renderers) / sizeof(renderers[0]))

static const struct exh_renderer *renderer_named(const char *name)
{
	for (size_t i = 0; i < NR_RENDERERS; i++)
		if (!strcmp(renderers[i].name, name))
			return &renderers[i];
	return NULL;
}

static int choose(struct exh_ctx *ctx, const char *formats, bool wanted[NR_RENDERERS])
{
	_cleanup_free_ char *copy = strdup(formats);
	char *rest = NULL;

	if (!copy)
		return exh_fail(ctx, EXH_E_NOMEM, "report: out of memory");
	for (char *name = strtok_r(copy, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
		const struct exh_renderer *r = renderer_named(name);

		if (!r)
			return exh_fail(ctx, EXH_E_USAGE,
					"report: there is no format '%s'; known are html and json",
					name);
		wanted[r - renderers] = true;
	}
	return 0;
}

static int write_one(struct exh_ctx *ctx, const struct exh_renderer *renderer, const json_t *model,
		     int dirfd, json_t *written)
{
	_cleanup_free_ char *text = NULL;
	char digest[65];
	size_t n;
	int r = renderer->render(ctx, model, &text, &n);

	if (r < 0)
		return r;
	r = exh_sha256_hex(ctx, text, n, digest);
	if (r < 0)
		return r;
	r = exh_file_write(ctx, dirfd, renderer->file_name, text, n, 0600);
	if (r < 0)
		return r;
	json_array_append_new(written, json_pack("{s:s, s:s, s:I}", "path", renderer->file_name,
						 "sha256", digest, "bytes", (json_int_t)n));
	return 0;
}

int exh_report_write(struct exh_ctx *ctx, const json_t *model, const char *formats, int dirfd,
		     json_t **written)
{
	_cleanup_json_ json_t *list = json_array();
	bool wanted[NR_RENDERERS] = {false};
	int r = choose(ctx, formats ? formats : "html,json", wanted);

	for (size_t i = 0; i < NR_RENDERERS && r == 0; i++)
		if (wanted[i])
			r = exh_prefix(ctx, write_one(ctx, &renderers[i], model, dirfd, list),
				       "report: %s", renderers[i].file_name);
	if (written)
		*written = steal(&list);
	return r;
}
