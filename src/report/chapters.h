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

/** exh_cover - the first page; chapters are those of its table of contents, ended by a row without
 * an anchor. */
void exh_cover(struct exh_html *h, const struct exh_chapter *chapters);

void exh_chapter_request(struct exh_html *h);
void exh_chapter_image(struct exh_html *h);
void exh_chapter_integrity(struct exh_html *h);
void exh_chapter_partitions(struct exh_html *h);
void exh_chapter_protection(struct exh_html *h);
void exh_chapter_analysis(struct exh_html *h);
void exh_chapter_losses(struct exh_html *h);
void exh_chapter_problems(struct exh_html *h);
void exh_chapter_record(struct exh_html *h);
void exh_chapter_tools(struct exh_html *h);
void exh_chapter_meaning(struct exh_html *h);
void exh_chapter_signatures(struct exh_html *h);

/** exh_partition_map - the media as a drawing to scale (inline SVG); nothing where there is no
 * scan. */
void exh_partition_map(struct exh_html *h);

/** exh_style - the style sheet; report_id must be letters, digits and '-'. The caller frees it. */
char *exh_style(const char *report_id);

/** exh_map_style - the rules of the partition map, for a drawing that stands alone. */
const char *exh_map_style(void);

/** exh_examination - the examination of the model, or NULL. */
const json_t *exh_examination(const struct exh_html *h);

/** exh_analysis - the wrapped command of the examination, or NULL. */
const json_t *exh_analysis(const struct exh_html *h);

/** exh_supplied - a field that only people know, or NULL. */
const char *exh_supplied(const struct exh_html *h, const char *key);

/** exh_full_list_path - the file that holds what a report shows only in part. */
const char *exh_full_list_path(const struct exh_html *h);

#endif
