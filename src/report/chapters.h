/* SPDX-License-Identifier: Apache-2.0 */
/* The chapters of the HTML report, in the order of the table in render_html.c. Each prints the body
 * below its heading. */
#ifndef EXH_REPORT_CHAPTERS_H
#define EXH_REPORT_CHAPTERS_H

#include "html.h"

struct exh_chapter {
	const char *anchor;
	enum exh_text title;
	void (*render)(struct exh_html *h);
};

/** exh_cover - the first page. exh_contents - the second: the table of contents (chapters ends with
 * a row without an anchor) and what identifies the document. */
void exh_cover(struct exh_html *h);
void exh_contents(struct exh_html *h, const struct exh_chapter *chapters);

void exh_chapter_request(struct exh_html *h);
void exh_chapter_exhibits(struct exh_html *h);
void exh_chapter_methods(struct exh_html *h);
void exh_chapter_image(struct exh_html *h);
void exh_chapter_integrity(struct exh_html *h);
void exh_chapter_partitions(struct exh_html *h);
void exh_chapter_protection(struct exh_html *h);
void exh_chapter_analysis(struct exh_html *h);
void exh_chapter_losses(struct exh_html *h);
void exh_chapter_findings(struct exh_html *h);
void exh_chapter_problems(struct exh_html *h);
void exh_chapter_meaning(struct exh_html *h);
void exh_chapter_custody(struct exh_html *h);
void exh_chapter_record(struct exh_html *h);
void exh_chapter_certificate(struct exh_html *h);
void exh_chapter_signatures(struct exh_html *h);
void exh_chapter_validation(struct exh_html *h);
void exh_chapter_annexes(struct exh_html *h);

/** exh_losses_affect - what the lost areas belonged to, where a rescue step says so. */
void exh_losses_affect(struct exh_html *h);

/** exh_refusals - each attempt that the devices of an attachment refused, and who made it. */
void exh_refusals(struct exh_html *h, const json_t *attachment);

/** exh_partition_map - the media as a drawing to scale (inline SVG); nothing where there is no
 * scan. */
void exh_partition_map(struct exh_html *h);

/** exh_style - the style sheet; report_id must be letters, digits and '-', page_of the words for
 * "Page {1} of {2}". The caller frees it. */
char *exh_style(const char *report_id, const char *page_of);

/** exh_examination - the examination of the model, or NULL. */
const json_t *exh_examination(const struct exh_html *h);

/** exh_analysis - the wrapped command of the examination, or NULL. */
const json_t *exh_analysis(const struct exh_html *h);

/** exh_image - the image of the examination, or NULL. exh_image_path - its name, or NULL. */
const json_t *exh_image(const struct exh_html *h);
const char *exh_image_path(const struct exh_html *h);

/** exh_file_name - the last part of a path; NULL for NULL. Borrowed. */
const char *exh_file_name(const char *path);

/** exh_file_list - {"path", "sha256", "rows"?} of a list of files among the facts, or NULL. */
const json_t *exh_file_list(const json_t *files);

/** exh_supplied - a field that only people know, or NULL. */
const char *exh_supplied(const struct exh_html *h, const char *key);

/** exh_full_list_path - the file that holds what a report shows only in part. */
const char *exh_full_list_path(const struct exh_html *h);

#endif
