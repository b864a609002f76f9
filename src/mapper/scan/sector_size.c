// SPDX-License-Identifier: Apache-2.0
#include "sector_size.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"

static const uint32_t sizes[] = {512, 1024, 2048, 4096};

#define NR_SIZES (sizeof(sizes) / sizeof(sizes[0]))

struct score {
	int points;
	unsigned links, contents, past_end;
};

void exh_tables_clear(struct exh_tables *tables)
{
	exh_mbr_clear(&tables->mbr);
	exh_gpt_clear(&tables->gpt);
}

static uint64_t protected_sectors(const struct exh_mbr *mbr)
{
	for (size_t i = 0; i < mbr->nr_entries; i++) {
		const struct exh_mbr_entry *e = &mbr->entries[i];

		if (e->role == EXH_MBR_PROTECTS && e->length / mbr->sector_size < UINT32_MAX)
			return (e->start + e->length) / mbr->sector_size;
	}
	return 0;
}

static int read_tables(const struct exh_reader *r, uint32_t size, struct exh_tables *t)
{
	memset(t, 0, sizeof(*t));
	t->sector_size = size;
	t->mbr_found = exh_mbr_read(r, size, &t->mbr);
	if (t->mbr_found == -EXH_E_NOMEM)
		return t->mbr_found;
	if (t->mbr_found < 0)
		snprintf(t->mbr_error, sizeof(t->mbr_error), "%.500s", r->ctx->text);
	t->gpt_found = exh_gpt_read(r, size, protected_sectors(&t->mbr), &t->gpt);
	return t->gpt_found < 0 ? t->gpt_found : 0;
}

/* Does something known begin at this byte? Only signs that hardly occur by chance. */
static bool is_content(const struct exh_reader *r, uint64_t at)
{
	static const struct {
		uint32_t offset;
		uint8_t n;
		const char *bytes;
	} signs[] = {
		{3, 8, "NTFS    "}, {3, 8, "EXFAT   "},	    {3, 8, "-FVE-FS-"},
		{54, 5, "FAT12"},   {54, 5, "FAT16"},	    {82, 5, "FAT32"},
		{0, 4, "XFSB"},	    {0, 6, "LUKS\xba\xbe"}, {512, 8, "LABELONE"},
		{1024, 2, "H+"},    {1024, 2, "BD"},	    {1080, 2, "\x53\xef"},
		{32, 4, "NXSB"},
	};
	uint8_t head[2048];

	if (exh_reader_read(r, head, sizeof(head), at) < 0)
		return false;
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (!memcmp(head + signs[i].offset, signs[i].bytes, signs[i].n))
			return true;
	return false;
}

static struct score score_of(const struct exh_reader *r, const struct exh_mbr *mbr)
{
	struct score s = {.links = mbr->links};
	uint64_t end = 0;

	for (size_t i = 0; i < mbr->nr_entries; i++) {
		const struct exh_mbr_entry *e = &mbr->entries[i];

		if (e->role == EXH_MBR_UNUSED)
			continue;
		end = exh_max(end, e->start + e->length);
		s.past_end += e->start + e->length > r->source->size;
		if (e->role == EXH_MBR_DATA && i < 16)
			s.contents += is_content(r, e->start);
	}
	s.points = (int)(4 * s.links + 3 * s.contents) - (int)(4 * mbr->bad_links + s.past_end);
	if (end == r->source->size)
		s.points += 1;
	return s;
}

static int choose_gpt(const struct exh_tables *all, char *rival, size_t n)
{
	int best = -1;

	for (int i = 0; i < (int)NR_SIZES; i++) {
		const struct exh_gpt *gpt = &all[i].gpt;

		if (all[i].gpt_found || !gpt->used)
			continue;
		if (best < 0 ||
		    (exh_gpt_is_whole(gpt->used) && !exh_gpt_is_whole(all[best].gpt.used)))
			best = i;
	}
	for (int i = 0; i < (int)NR_SIZES; i++)
		if (i != best && !all[i].gpt_found && all[i].gpt.used)
			snprintf(rival, n, "there is %sGPT in sectors of %u bytes too",
				 exh_gpt_is_whole(all[i].gpt.used) ? "a " : "a damaged ", sizes[i]);
	return best;
}

static int choose_mbr(const struct exh_reader *r, const struct exh_tables *all, uint32_t usual,
		      char *evidence, size_t n, char *rival, size_t rival_n)
{
	struct score scores[NR_SIZES];
	int best = 0;

	for (int i = 0; i < (int)NR_SIZES; i++) {
		scores[i] = score_of(r, &all[i].mbr);
		if (sizes[i] == usual)
			best = i;
	}
	for (int i = 0; i < (int)NR_SIZES; i++)
		if (scores[i].points > scores[best].points && scores[i].links + scores[i].contents)
			best = i;
	if (!scores[best].links && !scores[best].contents) {
		snprintf(evidence, n, "assumed: no entry leads to anything known in any size");
		return best;
	}
	snprintf(evidence, n,
		 "in this size %u entries lead to a known content and %u to a link of the chain",
		 scores[best].contents, scores[best].links);
	/* one content may stand there by chance: what an earlier partition left behind */
	if (sizes[best] != usual && scores[best].links + scores[best].contents == 1)
		snprintf(rival, rival_n, "that is one trace only, and %u bytes are the usual size",
			 usual);
	for (int i = 0; i < (int)NR_SIZES; i++)
		if (i != best && scores[i].points == scores[best].points)
			snprintf(rival, rival_n, "sectors of %u bytes fit as well", sizes[i]);
	return best;
}

static bool has_mbr(const struct exh_tables *all)
{
	return !all[0].mbr_found && all[0].mbr.nr_entries;
}

int exh_tables_read(const struct exh_reader *r, uint32_t forced, uint32_t usual,
		    struct exh_tables *tables)
{
	struct exh_tables all[NR_SIZES];
	char evidence[256] = "", rival[128] = "";
	int best = 0, ret = 0, nr = 0;

	if (forced) {
		ret = read_tables(r, forced, tables);
		snprintf(tables->evidence, sizeof(tables->evidence), "as the user says");
		return ret;
	}
	for (; nr < (int)NR_SIZES && !ret; nr++) {
		ret = read_tables(r, sizes[nr], &all[nr]);
		best = sizes[nr] == usual ? nr : best;
	}
	if (!ret) {
		int gpt = choose_gpt(all, rival, sizeof(rival));

		if (gpt >= 0) {
			best = gpt;
			snprintf(evidence, sizeof(evidence),
				 "a GPT header with a good checksum stands there");
		} else if (has_mbr(all)) {
			best = choose_mbr(r, all, usual, evidence, sizeof(evidence), rival,
					  sizeof(rival));
		}
	}
	for (int i = 0; i < nr; i++)
		if (ret || i != best)
			exh_tables_clear(&all[i]);
	if (ret)
		return ret;
	*tables = all[best];
	snprintf(tables->evidence, sizeof(tables->evidence), "%s", evidence);
	snprintf(tables->rival, sizeof(tables->rival), "%s", rival);
	/* the copy that is used is a member of the struct that moved */
	if (tables->gpt.used)
		tables->gpt.used = all[best].gpt.used == &all[best].gpt.primary
					   ? &tables->gpt.primary
					   : &tables->gpt.backup;
	return 0;
}
