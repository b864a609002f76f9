// SPDX-License-Identifier: Apache-2.0
/* Words of the contract and what a reader gets to see for them. */
#include "html.h"

#include <stdio.h>
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

static const struct row copies[] = {
	{"primary", EXH_T_COPY_PRIMARY},
	{"backup", EXH_T_COPY_BACKUP},
	{NULL, EXH_T_NONE},
};

static const struct row events[] = {
	{"genesis", EXH_T_E_GENESIS},
	{"begin", EXH_T_E_BEGIN},
	{"end", EXH_T_E_END},
	{"report", EXH_T_E_REPORT},
	{"interrupted", EXH_T_E_INTERRUPTED},
	{"found-unsealed", EXH_T_E_UNSEALED},
	{"note", EXH_T_E_NOTE},
	{"exhibit", EXH_T_E_EXHIBIT},
	{"transfer", EXH_T_E_TRANSFER},
	{"countersignature", EXH_T_E_COUNTERSIGNED},
	{"timestamp-request", EXH_T_E_TIMESTAMP_REQUEST},
	{"timestamp", EXH_T_E_TIMESTAMPED},
	{"export", EXH_T_E_EXPORT},
	{"close", EXH_T_E_CLOSE},
	{NULL, EXH_T_NONE},
};

static const struct row annexes[] = {
	{"facts", EXH_T_ANNEX_FACTS},	    {"ledger", EXH_T_ANNEX_LEDGER},
	{"problems", EXH_T_ANNEX_PROBLEMS}, {"case", EXH_T_ANNEX_CASE},
	{"dfxml", EXH_T_ANNEX_DFXML},	    {NULL, EXH_T_NONE},
};

static const struct row lost_classes[] = {
	{"file_content", EXH_T_A_FILE_CONTENT},
	{"file_system_metadata", EXH_T_A_METADATA},
	{"unallocated", EXH_T_A_UNALLOCATED},
	{"slack", EXH_T_A_SLACK},
	{"outside_partitions", EXH_T_A_OUTSIDE},
	{"past_end", EXH_T_A_PAST_END},
	{"in_use_by_unknown", EXH_T_A_UNKNOWN},
	{"not_analysed", EXH_T_NOT_LOOKED_AT},
	{NULL, EXH_T_NONE},
};

/* Members of the facts that are printed with their names. */
static const struct row labels[] = {
	{"id", EXH_T_L_ID},
	{"image", EXH_T_IMAGE_FILE},
	{"method", EXH_T_L_METHOD},
	{"since", EXH_T_L_SINCE},
	{"sector_size", EXH_T_SECTOR_SIZE},
	{"backing", EXH_T_L_BACKING},
	{"case", EXH_T_L_CASE},
	{"files", EXH_T_L_FILES},
	{"held", EXH_T_L_HELD},
	{"exhibit", EXH_T_L_EXHIBIT},
	{"binary_sha256", EXH_T_L_BINARY},
	{"kernel", EXH_T_L_KERNEL},
	{"clock_synchronised", EXH_T_L_CLOCK},
	{"name", EXH_T_NAME},
	{"label", EXH_T_L_LABEL},
	{"description", EXH_T_DESCRIPTION},
	{"source", EXH_T_L_SOURCE},
	{"serial_number", EXH_T_SERIAL_NUMBER},
	{"model", EXH_T_DEVICE_MODEL},
	{"seal_state", EXH_T_L_SEAL_STATE},
	{"occurred", EXH_T_OCCURRED},
	{"by", EXH_T_ENTERED_BY},
	{"received_from", EXH_T_RECEIVED_FROM},
	{"make", EXH_T_MAKE},
	{"serial", EXH_T_SERIAL_NUMBER},
	{"role", EXH_T_ROLE},
	{"authority", EXH_T_L_TIME_AUTHORITY},
	{"generated", EXH_T_L_GENERATED},
	{"outside", EXH_T_L_OUTSIDE},
	{"seals", EXH_T_L_SEAL},
	{"released_by", EXH_T_RELEASED_BY},
	{"received_by", EXH_T_RECEIVED_BY},
	{"purpose", EXH_T_PURPOSE},
	{"place", EXH_T_PLACE},
	{"condition", EXH_T_CONDITION},
	{"verdict", EXH_T_VERDICT},
	{"path", EXH_T_FILE},
	{"text", EXH_T_NOTES},
	{"reason", EXH_T_REASON},
	{"examiner", EXH_T_EXAMINER},
	{NULL, EXH_T_NONE},
};

static const struct row *const lists[EXH_NR_WORD_LISTS] = {
	[EXH_W_VERDICT] = verdicts, [EXH_W_READ_FROM] = read_from,
	[EXH_W_REASON] = reasons,   [EXH_W_SOURCE] = sources,
	[EXH_W_KIND] = kinds,	    [EXH_W_COPY] = copies,
	[EXH_W_EVENT] = events,	    [EXH_W_ANNEX] = annexes,
	[EXH_W_LABEL] = labels,	    [EXH_W_LOST_CLASS] = lost_classes,
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

const json_t *exh_image(const struct exh_html *h)
{
	return exh_object(exh_examination(h), "image");
}

const char *exh_image_path(const struct exh_html *h)
{
	return exh_json_str(exh_image(h), "path");
}

const char *exh_file_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash && slash[1] ? slash + 1 : path;
}

const json_t *exh_file_list(const json_t *files)
{
	const json_t *list = exh_object(files, "list");

	return list ? list : files;
}

struct exh_shown exh_algorithm(const char *name)
{
	static const char *const known[][2] = {{"md5", "MD5"},	      {"sha1", "SHA-1"},
					       {"sha224", "SHA-224"}, {"sha256", "SHA-256"},
					       {"sha384", "SHA-384"}, {"sha512", "SHA-512"}};
	struct exh_shown s;

	snprintf(s.text, sizeof(s.text), "%.60s", name);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(name, known[i][0]))
			snprintf(s.text, sizeof(s.text), "%s", known[i][1]);
	return s;
}

struct exh_shown exh_label(const struct exh_html *h, const char *key)
{
	struct exh_shown s;

	snprintf(s.text, sizeof(s.text), "%.60s", exh_word(h, EXH_W_LABEL, key));
	for (char *p = s.text; *p; p++)
		*p = *p == '_' ? ' ' : *p;
	return s;
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
