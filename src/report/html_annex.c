// SPDX-License-Identifier: Apache-2.0
/* What lies beside the report, what its words mean, and what it is aligned with. */
#include <string.h>

#include "base/facts.h"
#include "chapters.h"
#include "model.h"

static void attachments(struct exh_html *h)
{
	static const struct exh_column columns[] = {
		{EXH_T_FILE, "name w17"}, {EXH_T_WHAT, "w25"}, {EXH_T_SIZE_BYTES, "n w13"},
		{EXH_T_SHA256, ""},	  {EXH_T_NONE, NULL},
	};
	const json_t *file;
	size_t i;

	if (!json_array_size(h->annexes))
		return;
	exh_table(h, EXH_T_CAP_ANNEXES, "hashes", columns);
	json_array_foreach (h->annexes, i, file) {
		exh_html(h, "<tr>");
		exh_cell(h, "name", exh_json_str(file, "path"));
		exh_cell(h, "", exh_word(h, EXH_W_ANNEX, exh_json_str(file, "about")));
		exh_cell_number(h, file, "bytes");
		exh_cell_hex(h, exh_json_str(file, "sha256"));
		exh_html(h, "</tr>\n");
	}
	exh_table_end(h);
	exh_remark(h, EXH_T_ANNEXES_REMARK);
}

static void pairs(struct exh_html *h, enum exh_text caption, const enum exh_text (*rows)[2],
		  size_t n)
{
	exh_facts_begin(h, caption);
	for (size_t i = 0; i < n; i++)
		exh_fact_words(h, rows[i][0], rows[i][1]);
	exh_facts_end(h);
}

void exh_chapter_annexes(struct exh_html *h)
{
	static const enum exh_text words[][2] = {
		{EXH_T_G_MEDIA, EXH_T_G_MEDIA_IS},     {EXH_T_G_IMAGE, EXH_T_G_IMAGE_IS},
		{EXH_T_G_DIGEST, EXH_T_G_DIGEST_IS},   {EXH_T_G_PARTITION, EXH_T_G_PARTITION_IS},
		{EXH_T_G_GAP, EXH_T_G_GAP_IS},	       {EXH_T_G_LEDGER, EXH_T_G_LEDGER_IS},
		{EXH_T_G_HEAD, EXH_T_G_HEAD_IS},       {EXH_T_G_LOST, EXH_T_G_LOST_IS},
		{EXH_T_G_REFUSED, EXH_T_G_REFUSED_IS},
	};
	static const enum exh_text standards[][2] = {
		{EXH_T_A_17025, EXH_T_A_17025_IS}, {EXH_T_A_27037, EXH_T_A_27037_IS},
		{EXH_T_A_SWGDE, EXH_T_A_SWGDE_IS}, {EXH_T_A_NIST, EXH_T_A_NIST_IS},
		{EXH_T_A_FRE, EXH_T_A_FRE_IS},	   {EXH_T_A_ACPO, EXH_T_A_ACPO_IS},
	};

	attachments(h);
	pairs(h, EXH_T_CAP_GLOSSARY, words, sizeof(words) / sizeof(words[0]));
	pairs(h, EXH_T_CAP_ALIGNED, standards, sizeof(standards) / sizeof(standards[0]));
	exh_remark(h, EXH_T_ALIGNED_REMARK);
}
