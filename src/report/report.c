// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/program.h"
#include "model.h"

/* In the order of writing: what a report names with its digest comes before it. */
static const struct exh_renderer renderers[] = {
	{"json", "report.json", "facts", true, exh_render_json},
	{"problems", "problems.csv", "problems", true, exh_render_problems},
	{"case", "report.case.jsonld", "case", true, exh_render_case},
	{"dfxml", "report.dfxml", "dfxml", true, exh_render_dfxml},
	{"html", "report.html", NULL, true, exh_render_html},
	{"pdf", "report.pdf", NULL, false, exh_render_pdf},
};

#define NR_RENDERERS (sizeof(renderers) / sizeof(renderers[0]))

static const struct exh_renderer *renderer_named(const char *name)
{
	for (size_t i = 0; i < NR_RENDERERS; i++)
		if (!strcmp(renderers[i].name, name))
			return &renderers[i];
	return NULL;
}

static int unknown(struct exh_ctx *ctx, const char *name)
{
	char known[128] = "";

	for (size_t i = 0; i < NR_RENDERERS; i++)
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s",
			 i ? ", " : "", renderers[i].name);
	return exh_fail(ctx, EXH_E_USAGE, "report: there is no format '%s'; known are %s", name,
			known);
}

/* A document that people read refers to the facts and to the full list of irregularities. */
static void add_companions(bool wanted[NR_RENDERERS])
{
	bool document = false;

	for (size_t i = 0; i < NR_RENDERERS; i++)
		document |= wanted[i] && !renderers[i].about;
	wanted[renderer_named("json") - renderers] |= document;
	wanted[renderer_named("problems") - renderers] |= document;
}

static int choose(struct exh_ctx *ctx, const char *formats, bool wanted[NR_RENDERERS])
{
	_cleanup_free_ char *copy = strdup(formats ? formats : "");
	char *rest = NULL;

	if (!copy)
		return exh_fail(ctx, EXH_E_NOMEM, "report: out of memory");
	for (size_t i = 0; i < NR_RENDERERS && !formats; i++)
		wanted[i] = renderers[i].by_default;
	for (char *name = strtok_r(copy, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
		const struct exh_renderer *r = renderer_named(name);

		if (!r)
			return unknown(ctx, name);
		wanted[r - renderers] = true;
	}
	add_companions(wanted);
	return 0;
}

struct writing {
	const json_t *model;
	int dirfd;
	json_t *written, *annexes;
};

static int write_one(struct exh_ctx *ctx, const struct exh_renderer *renderer, struct writing *w)
{
	_cleanup_free_ char *text = NULL;
	json_t *file;
	char digest[65];
	size_t n;
	int r = renderer->render(ctx, w->model, w->annexes, &text, &n);

	if (r > 0)
		return 0;
	if (r == 0)
		r = exh_sha256_hex(ctx, text, n, digest);
	if (r == 0)
		r = exh_file_write(ctx, w->dirfd, renderer->file_name, text, n, 0600);
	if (r < 0)
		return r;
	file = json_pack("{s:s, s:s, s:I}", "path", renderer->file_name, "sha256", digest, "bytes",
			 (json_int_t)n);
	json_array_append_new(w->written, file);
	if (renderer->about) {
		file = json_copy(file);
		json_object_set_new(file, "about", json_string(renderer->about));
		json_array_append_new(w->annexes, file);
	}
	return 0;
}

/* The ledger lies in the case already. */
static json_t *first_annexes(const json_t *model)
{
	const json_t *ledger = exh_object(model, "ledger");
	json_t *annexes = json_array();

	if (exh_json_str(ledger, "sha256"))
		json_array_append_new(annexes, json_pack("{s:s, s:s, s:O, s:O}", "path",
							 "ledger.jsonl", "about", "ledger", "bytes",
							 json_object_get(ledger, "bytes"), "sha256",
							 json_object_get(ledger, "sha256")));
	return annexes;
}

int exh_report_write(struct exh_ctx *ctx, const json_t *model, const char *formats, int dirfd,
		     json_t **written)
{
	_cleanup_json_ json_t *list = json_array();
	_cleanup_json_ json_t *annexes = first_annexes(model);
	struct writing w = {model, dirfd, list, annexes};
	bool wanted[NR_RENDERERS] = {false};
	int r = choose(ctx, formats, wanted);

	for (size_t i = 0; i < NR_RENDERERS && r == 0; i++)
		if (wanted[i])
			r = exh_prefix(ctx, write_one(ctx, &renderers[i], &w), "%s",
				       renderers[i].file_name);
	if (written)
		*written = steal(&list);
	return r;
}

bool exh_report_pdf_possible(struct exh_ctx *ctx)
{
	_cleanup_free_ char *path = NULL;

	return exh_program_find(ctx, "weasyprint", &path) == 0;
}
