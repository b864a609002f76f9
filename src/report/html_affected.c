// SPDX-License-Identifier: Apache-2.0
/* What the lost areas belonged to, and the files they hit. */
#include <string.h>

#include "base/facts.h"
#include "chapters.h"
#include "model.h"

#define MAX_FILES 60

static void classes(struct exh_html *h, const json_t *lost)
{
	static const struct exh_column columns[] = {{EXH_T_WHAT, ""},
						    {EXH_T_SIZE_BYTES, "n w20"},
						    {EXH_T_SIZE, "n w16"},
						    {EXH_T_NONE, NULL}};
	const char *class;
	json_t *bytes;

	exh_table(h, EXH_T_CAP_AFFECTED, "media", columns);
	json_object_foreach ((json_t *)lost, class, bytes) {
		if (!json_is_integer(bytes) || !json_integer_value(bytes))
			continue;
		exh_html(h, "<tr>");
		exh_cell(h, "", exh_word(h, EXH_W_LOST_CLASS, class));
		exh_cell_number(h, lost, class);
		exh_cell(h, "n", exh_size(h, exh_json_u64(lost, class, 0)).text);
		exh_html(h, "</tr>\n");
	}
	exh_table_end(h);
}

static void hit_files(struct exh_html *h, const json_t *files)
{
	static const struct exh_column columns[] = {
		{EXH_T_PARTITION, "n w10"},  {EXH_T_PATH, "name"}, {EXH_T_SIZE_BYTES, "n w15"},
		{EXH_T_LOST_BYTES, "n w15"}, {EXH_T_NONE, NULL},
	};
	size_t n = json_array_size(files), i;
	const json_t *file;

	if (!n)
		return;
	exh_table(h, EXH_T_CAP_HIT_FILES, "media", columns);
	json_array_foreach (files, i, file) {
		const char *path = exh_json_str(file, "path");

		if (i == MAX_FILES)
			break;
		exh_html(h, "<tr>");
		exh_cell_number(h, file, "partition");
		exh_cell(h, "name", path ? path : exh_json_str(file, "name"));
		exh_cell_number(h, file, "size");
		exh_cell_number(h, file, "lost");
		exh_html(h, "</tr>\n");
	}
	if (n > MAX_FILES)
		exh_table_rest(h, 4, EXH_T_REST,
			       (const char *const[]){exh_grouped(h, n - MAX_FILES).text,
						     exh_grouped(h, n).text, "report.json", NULL});
	exh_table_end(h);
}

void exh_losses_affect(struct exh_html *h)
{
	const json_t *rescue = exh_object(h->model, "rescue");

	if (!rescue && !exh_json_u64(exh_object(h->model, "losses"), "ranges", 0))
		return;
	exh_heading(h, EXH_T_H_AFFECTED);
	if (!rescue) {
		exh_paragraph(h, EXH_T_NOT_AFFECTED_KNOWN);
		return;
	}
	exh_paragraph(h, EXH_T_AFFECTED_INTRO);
	classes(h, exh_object(rescue, "lost"));
	hit_files(h, exh_list(rescue, "files"));
}
