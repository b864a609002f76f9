// SPDX-License-Identifier: Apache-2.0
/* Words of the contract and what a reader gets to see for them. */
#include "html.h"

#include <string.h>

#include "base/facts.h"
#include "chapters.h"
#include "model.h"

struct row {
	const char *word;
	enum exh_text text;
};

static const struct row verdicts[] = {
	{"match", EXH_T_V_MATCH},
	{"mismatch", EXH_T_V_MISMATCH},
	{"not-compared", EXH_T_V_NOT_COMPARED},
	{"no-reference", EXH_T_V_NOT_COMPARED},
	{"incomplete", EXH_T_V_INCOMPLETE},
	{"undecided", EXH_T_V_UNDECIDED},
	{"unchanged", EXH_T_V_UNCHANGED},
	{"changed", EXH_T_V_CHANGED},
	{"intact", EXH_T_V_INTACT},
	{"altered", EXH_T_V_ALTERED},
	{"truncated", EXH_T_V_TRUNCATED},
	{"unsealed", EXH_T_V_UNSEALED},
	{"unreadable", EXH_T_V_UNREADABLE},
	{"missing", EXH_T_V_MISSING},
	{NULL, EXH_T_NONE},
};

static const struct row read_from[] = {
	{"medium", EXH_T_FROM_MEDIUM},
	{"cache", EXH_T_FROM_CACHE},
	{"mixed", EXH_T_FROM_MIXED},
	{NULL, EXH_T_NONE},
};

static const struct row reasons[] = {
	{"checksum", EXH_T_LOST_CHECKSUM},
	{"missing-segment", EXH_T_LOST_SEGMENT},
	{"truncated", EXH_T_LOST_TRUNCATED},
	{"io-error", EXH_T_LOST_IO},
	{"decompress", EXH_T_LOST_DECOMPRESS},
	{"not-rescued", EXH_T_LOST_RESCUE},
	{NULL, EXH_T_NONE},
};

static const struct row sources[] = {
	{"stored", EXH_T_SOURCE_STORED},
	{"sidecar", EXH_T_SOURCE_SIDECAR},
	{"case", EXH_T_SOURCE_CASE},
	{"option", EXH_T_SOURCE_OPTION},
	{NULL, EXH_T_NONE},
};

static const struct row kinds[] = {
	{"filesystem", EXH_T_KIND_FILESYSTEM},
	{"encryption", EXH_T_KIND_ENCRYPTION},
	{"raid", EXH_T_KIND_RAID},
	{"lvm", EXH_T_KIND_LVM},
	{"swap", EXH_T_KIND_SWAP},
	{"container", EXH_T_KIND_CONTAINER},
	{"empty", EXH_T_KIND_EMPTY},
	{"unknown", EXH_T_KIND_UNKNOWN},
	{NULL, EXH_T_NONE},
};

static const struct row *const lists[EXH_NR_WORD_LISTS] = {
	[EXH_W_VERDICT] = verdicts, [EXH_W_READ_FROM] = read_from, [EXH_W_REASON] = reasons,
	[EXH_W_SOURCE] = sources,   [EXH_W_KIND] = kinds,
};

const char *exh_word(const struct exh_html *h, enum exh_word_list list, const char *word)
{
	for (const struct row *r = lists[list]; word && r->word; r++)
		if (!strcmp(r->word, word))
			return exh_say(h->language, r->text);
	return word ? word : "";
}

const json_t *exh_examination(const struct exh_html *h)
{
	return exh_object(h->model, "examination");
}

const json_t *exh_analysis(const struct exh_html *h)
{
	const json_t *analysis = exh_object(exh_examination(h), "analysis");

	return analysis ? analysis : exh_object(exh_examination(h), "command");
}

const char *exh_supplied(const struct exh_html *h, const char *key)
{
	const json_t *c = exh_object(h->model, "case");
	const char *value = exh_json_str(exh_object(c, "operator"), key);

	return value ? value : exh_json_str(c, key);
}

const char *exh_full_list_path(const struct exh_html *h)
{
	const char *path = exh_json_str(h->model, "examination_path");

	return path ? path : "report.json";
}
