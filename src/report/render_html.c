// SPDX-License-Identifier: Apache-2.0
/* The frame of the HTML report: one file, no script, nothing fetched. */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "chapters.h"
#include "model.h"
#include "report.h"

static const struct exh_chapter chapters[] = {
	{"request", EXH_T_CH_REQUEST, exh_chapter_request},
	{"exhibits", EXH_T_CH_EXHIBITS, exh_chapter_exhibits},
	{"methods", EXH_T_CH_METHODS, exh_chapter_methods},
	{"image", EXH_T_CH_IMAGE, exh_chapter_image},
	{"integrity", EXH_T_CH_INTEGRITY, exh_chapter_integrity},
	{"partitions", EXH_T_CH_PARTITIONS, exh_chapter_partitions},
	{"protection", EXH_T_CH_PROTECTION, exh_chapter_protection},
	{"analysis", EXH_T_CH_ANALYSIS, exh_chapter_analysis},
	{"losses", EXH_T_CH_LOSSES, exh_chapter_losses},
	{"findings", EXH_T_CH_FINDINGS, exh_chapter_findings},
	{"problems", EXH_T_CH_PROBLEMS, exh_chapter_problems},
	{"meaning", EXH_T_CH_MEANING, exh_chapter_meaning},
	{"custody", EXH_T_CH_CUSTODY, exh_chapter_custody},
	{"record", EXH_T_CH_RECORD, exh_chapter_record},
	{"certificate", EXH_T_CH_CERTIFICATE, exh_chapter_certificate},
	{"signatures", EXH_T_CH_SIGNATURES, exh_chapter_signatures},
	{"validation", EXH_T_CH_VALIDATION, exh_chapter_validation},
	{"annexes", EXH_T_CH_ANNEXES, exh_chapter_annexes},
	{NULL, EXH_T_NONE, NULL},
};

/* "Page {1} of {2}" as the content of a margin box. */
static char *page_of(const struct exh_language *language)
{
	const char *p = exh_say(language, EXH_T_PAGE_OF);
	char *css = NULL;
	size_t n;
	FILE *f = open_memstream(&css, &n);

	if (!f)
		return NULL;
	fputc('"', f);
	for (; *p; p++) {
		if (!strncmp(p, "{1}", 3) || !strncmp(p, "{2}", 3)) {
			fprintf(f, "\" counter(%s) \"", p[1] == '1' ? "page" : "pages");
			p += 2;
		} else {
			fputc(*p, f);
		}
	}
	fputc('"', f);
	if (fclose(f)) {
		free(css);
		return NULL;
	}
	return css;
}

/* What the properties of the PDF are made from. */
static void description(struct exh_html *h)
{
	const json_t *made = exh_object(h->model, "made");
	const char *examiner = exh_supplied(h, "examiner"), *time = exh_json_str(made, "time");

	if (examiner) {
		exh_html(h, "<meta name=\"author\" content=\"");
		exh_html_short(h, examiner, 200);
		exh_html(h, "\">\n");
	}
	if (time && exh_is_time(time))
		exh_html(h, "<meta name=\"dcterms.created\" content=\"%s\">\n",
			 exh_to_the_second(time).text);
}

/* The style is allowed by its digest, so that no other style can slip in; nothing else is allowed
 * at all. */
static int head(struct exh_ctx *ctx, struct exh_html *h, const char *id)
{
	_cleanup_free_ char *page = page_of(h->language);
	_cleanup_free_ char *style = page ? exh_style(id, page) : NULL;
	unsigned char digest[32], base64[48];

	if (!style)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	if (!EVP_Digest(style, strlen(style), digest, NULL, EVP_sha256(), NULL))
		return exh_fail(ctx, EXH_E_MISSING, "SHA-256 is not available from libcrypto");
	EVP_EncodeBlock(base64, digest, sizeof(digest));
	exh_html(h,
		 "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
		 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		 "style-src 'sha256-%s'; "
		 "base-uri 'none'; form-action 'none'\">\n"
		 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		 "<meta name=\"generator\" content=\"exhibit %s\">\n",
		 h->language->code, (const char *)base64,
		 exh_json_str(exh_object(h->model, "made"), "version"));
	description(h);
	exh_html(h, "<title>%s %s</title>\n<style>", exh_say(h->language, EXH_T_TITLE), id);
	exh_html_bytes(h, style, strlen(style));
	exh_html(h, "</style>\n</head>\n<body>\n");
	return 0;
}

static void body(struct exh_html *h, const char *id)
{
	unsigned number = 0;

	exh_html(h, "<a class=\"skip\" href=\"#request\">%s</a>\n<main>\n",
		 exh_say(h->language, EXH_T_SKIP));
	exh_cover(h);
	exh_contents(h, chapters);
	for (const struct exh_chapter *c = chapters; c->anchor; c++) {
		exh_html(h, "<section id=\"%s\">\n<h2><span class=\"no\">%u</span> %s</h2>\n",
			 c->anchor, ++number, exh_say(h->language, c->title));
		c->render(h);
		exh_html(h, "</section>\n");
	}
	exh_html(h, "<p class=\"end\">%s<br><span>%s</span></p>\n</main>\n</body>\n</html>\n",
		 exh_say(h->language, EXH_T_END_OF_REPORT), id);
}

int exh_render_html(struct exh_ctx *ctx, const json_t *model, const json_t *annexes,
		    char **text_ret, size_t *n_ret)
{
	struct exh_html h = {
		.model = model,
		.annexes = annexes,
		.language = exh_language_named(exh_json_str(exh_object(model, "made"), "language")),
	};
	const char *id = exh_json_str(exh_object(model, "made"), "id");
	int r = head(ctx, &h, id ? id : "R-0");

	if (r < 0) {
		free(h.data);
		return r;
	}
	body(&h, id ? id : "R-0");
	return exh_html_finish(ctx, &h, text_ret, n_ret);
}
