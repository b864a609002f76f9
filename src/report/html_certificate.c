// SPDX-License-Identifier: Apache-2.0
/*
 * A text for a certification under Fed. R. Evid. 902(14). What is recorded is filled in and says so
 * in the chapters before; everything that a person must know is a blank. Elements: the rule, its
 * committee note, and 28 U.S.C. 1746.
 */
#include <stdio.h>
#include <string.h>

#include "base/facts.h"
#include "chapters.h"
#include "model.h"

static const char blank[] = "<span class=\"blank\">&nbsp;</span>";

/* A text in which {1}, {2}, ... are values, or blanks where the value is not recorded. */
static void clause(struct exh_html *h, enum exh_text id, const char *const *values, size_t n)
{
	const char *p = exh_say(h->language, id);

	exh_html(h, "<li>");
	for (;;) {
		size_t plain = strcspn(p, "{"), which;

		exh_html_escaped(h, p, plain);
		p += plain;
		if (!*p)
			break;
		which = (size_t)(p[1] - '1');
		if (which < n && values[which])
			exh_html(h, "<b><bdi>%s</bdi></b>", values[which]);
		else
			exh_html_bytes(h, blank, sizeof(blank) - 1);
		p += 3;
	}
	exh_html(h, "</li>\n");
}

#define CLAUSE(h, id, ...)                                                                         \
	clause(h, id, (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL},                      \
	       sizeof((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL}) / sizeof(char *) -   \
		       1)

static void item(struct exh_html *h)
{
	const json_t *header = exh_object(exh_image(h), "header");
	uint64_t size = exh_json_u64(exh_image(h), "media_size", UINT64_MAX);

	CLAUSE(h, EXH_T_C_ITEM, exh_supplied(h, "exhibit_number"), exh_json_str(header, "model"),
	       exh_json_str(header, "serial_number"),
	       size == UINT64_MAX ? NULL : exh_grouped(h, size).text,
	       exh_supplied(h, "received_from"));
}

static void copy(struct exh_html *h)
{
	const json_t *image = exh_image(h), *header = exh_object(image, "header");
	size_t files = json_array_size(exh_list(image, "segments"));

	CLAUSE(h, EXH_T_C_COPY, files ? exh_grouped(h, files).text : NULL,
	       exh_file_name(exh_image_path(h)), exh_json_str(image, "format"),
	       exh_json_str(header, "examiner"), exh_json_str(header, "software"),
	       exh_json_str(header, "acquired"));
}

static void process(struct exh_html *h)
{
	const json_t *before = exh_object(exh_examination(h), "before");
	uint64_t bytes = exh_json_u64(before, "bytes", UINT64_MAX);
	const char *self_test = exh_json_str(exh_object(before, "self_test"), "sha256");
	bool passed = self_test && !strcmp(self_test, "passed");

	CLAUSE(h, EXH_T_C_PROCESS, bytes == UINT64_MAX ? NULL : exh_grouped(h, bytes).text,
	       passed && exh_json_str(before, "started")
		       ? exh_utc(exh_json_str(before, "started")).text
		       : NULL);
}

static void values(struct exh_html *h)
{
	const json_t *examination = exh_examination(h);
	const json_t *before = exh_object(examination, "before"),
		     *after = exh_object(examination, "after");
	const json_t *losses = exh_object(h->model, "losses");

	CLAUSE(h, EXH_T_C_VALUES, exh_json_str(exh_object(before, "digests"), "sha256"),
	       exh_json_str(exh_object(after, "digests"), "sha256"),
	       before || after ? exh_grouped(h, exh_json_u64(losses, "bytes", 0)).text : NULL);
}

static void tool(struct exh_html *h)
{
	const json_t *tools = exh_object(exh_examination(h), "tools"),
		     *host = exh_object(exh_examination(h), "host");

	CLAUSE(h, EXH_T_C_TOOL, exh_json_str(tools, "exhibit"),
	       exh_json_str(tools, "binary_sha256"), exh_json_str(host, "kernel"));
}

static void record(struct exh_html *h)
{
	const json_t *ledger = exh_object(h->model, "ledger");

	CLAUSE(h, EXH_T_C_RECORD, exh_json_str(exh_object(h->model, "case"), "case"),
	       ledger ? exh_grouped(h, exh_json_u64(ledger, "entries", 0)).text : NULL,
	       exh_json_str(ledger, "sha256"), exh_json_str(ledger, "key_fingerprint"));
}

void exh_chapter_certificate(struct exh_html *h)
{
	exh_remark(h, EXH_T_CERTIFICATE_REMARK);
	exh_html(h, "<div lang=\"en\">\n<h3>%s</h3>\n<ol class=\"cert\">\n",
		 exh_say(h->language, EXH_T_H_CERTIFICATE));
	CLAUSE(h, EXH_T_C_PERSON, NULL);
	item(h);
	copy(h);
	process(h);
	values(h);
	tool(h);
	record(h);
	CLAUSE(h, EXH_T_C_RESULT, NULL);
	exh_html(h, "</ol>\n<p>%s</p>\n<ul class=\"cert blanks\">\n",
		 exh_say(h->language, EXH_T_C_PERJURY));
	CLAUSE(h, EXH_T_C_EXECUTED, NULL);
	CLAUSE(h, EXH_T_C_SIGNED, NULL);
	exh_html(h, "</ul>\n</div>\n");
}
