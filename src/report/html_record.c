// SPDX-License-Identifier: Apache-2.0
/* The ledger, the steps, the tools, and where people sign. */
#include <stdio.h>
#include <string.h>

#include "base/facts.h"
#include "chapters.h"
#include "model.h"

#define MAX_STEPS 100

static void ledger_facts(struct exh_html *h, const json_t *ledger)
{
	const json_t *verification = exh_object(ledger, "verification");
	const char *verdict = exh_json_str(verification, "verdict");
	const json_t *head = exh_object(ledger, "head");

	exh_facts_begin(h, EXH_T_CAP_LEDGER);
	exh_fact(h, EXH_T_LEDGER_VERDICT, verdict ? exh_word(h, EXH_W_VERDICT, verdict) : NULL,
		 EXH_T_NOT_VERIFIED);
	exh_fact(h, EXH_T_LEDGER_ENTRIES, exh_grouped(h, exh_json_u64(ledger, "entries", 0)).text,
		 EXH_T_NONE);
	exh_fact_size(h, EXH_T_LEDGER_SIZE, ledger, "bytes", EXH_T_NOT_RECORDED);
	exh_fact_hex(h, EXH_T_LEDGER_SHA256, exh_json_str(ledger, "sha256"), EXH_T_NOT_RECORDED);
	exh_fact_hex(h, EXH_T_KEY_FINGERPRINT, exh_json_str(ledger, "key_fingerprint"),
		     EXH_T_NOT_RECORDED);
	exh_facts_end(h);
	if (!head) {
		exh_paragraph(h, EXH_T_NO_HEAD);
		return;
	}
	exh_facts_begin(h, EXH_T_CAP_HEAD);
	exh_fact_members(h, head);
	exh_facts_end(h);
}

static void entry_details(struct exh_html *h, const json_t *entry)
{
	static const char *const keys[] = {"step", "verdict", "reason", "text", "path"};
	const json_t *facts = exh_object(entry, "facts");
	bool any = false;

	exh_html(h, "<td class=\"name\">");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = exh_json_str(entry, keys[i]);

		if (!value)
			continue;
		exh_html(h, any ? " \xc2\xb7 <bdi>%s</bdi>" : "<bdi>%s</bdi>", value);
		any = true;
	}
	if (exh_json_str(facts, "path"))
		exh_html(h, any ? " \xc2\xb7 <bdi>%s</bdi>" : "<bdi>%s</bdi>",
			 exh_json_str(facts, "path"));
	exh_html(h, "</td>");
}

static void entry_rows(struct exh_html *h, const json_t *entries)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (entries, i, entry) {
		const char *time = exh_json_str(entry, "time");

		exh_html(h, "<tr>");
		exh_cell_number(h, entry, "seq");
		exh_cell(h, "time", time ? exh_utc(time).text : NULL);
		exh_cell(h, exh_short(exh_json_str(entry, "event")), exh_json_str(entry, "event"));
		entry_details(h, entry);
		exh_cell_hex(h, exh_json_str(entry, "prev"));
		exh_html(h, "</tr>\n");
	}
}

static void ledger_table(struct exh_html *h, const json_t *ledger)
{
	static const struct exh_column columns[] = {
		{EXH_T_SEQ, "n w5"},	 {EXH_T_TIME, "time w21"}, {EXH_T_EVENT, "nb w12"},
		{EXH_T_DETAILS, "name"}, {EXH_T_PREVIOUS, "w27"},  {EXH_T_NONE, NULL},
	};
	const json_t *first = exh_list(ledger, "first"), *last = exh_list(ledger, "last");
	uint64_t n = exh_json_u64(ledger, "entries", 0);
	uint64_t shown = json_array_size(first) + json_array_size(last);

	exh_table(h, EXH_T_CAP_ENTRIES, "entries hashes", columns);
	entry_rows(h, first);
	if (n > shown)
		exh_table_rest(h, 5, EXH_T_REST,
			       (const char *const[]){exh_grouped(h, n - shown).text,
						     exh_grouped(h, n).text, "ledger.jsonl", NULL});
	entry_rows(h, last);
	exh_table_end(h);
}

static void step_table(struct exh_html *h)
{
	static const struct exh_column columns[] = {
		{EXH_T_FILE, "name w24"},      {EXH_T_TIME, "time w21"},
		{EXH_T_SIZE_BYTES, "n w11"},   {EXH_T_SHA256, ""},
		{EXH_T_AGAINST_LEDGER, "w12"}, {EXH_T_NONE, NULL},
	};
	const json_t *steps = exh_list(h->model, "steps"), *step;
	size_t n = json_array_size(steps), i;

	if (!n)
		return;
	exh_table(h, EXH_T_CAP_STEPS, "hashes", columns);
	if (n > MAX_STEPS)
		exh_table_rest(h, 5, EXH_T_REST,
			       (const char *const[]){exh_grouped(h, n - MAX_STEPS).text,
						     exh_grouped(h, n).text, "ledger.jsonl", NULL});
	for (i = n > MAX_STEPS ? n - MAX_STEPS : 0; i < n; i++) {
		const char *time;

		step = json_array_get(steps, i);
		time = exh_json_str(step, "time");
		exh_html(h, "<tr>");
		exh_cell(h, "name", exh_json_str(step, "path"));
		exh_cell(h, "time", time ? exh_utc(time).text : NULL);
		exh_cell_number(h, step, "bytes");
		exh_cell_hex(h, exh_json_str(step, "sha256"));
		exh_cell_verdict(h, exh_json_str(step, "state"));
		exh_html(h, "</tr>\n");
	}
	exh_table_end(h);
}

static void unfinished(struct exh_html *h)
{
	const json_t *list = exh_list(h->model, "unfinished"), *entry;
	size_t i;

	if (!json_array_size(list))
		return;
	exh_heading(h, EXH_T_H_UNFINISHED);
	exh_html(h, "<ul>\n");
	json_array_foreach (list, i, entry) {
		const char *step = exh_json_str(entry, "step"), *time = exh_json_str(entry, "time");

		if (i == MAX_STEPS)
			break;
		exh_html(h, "<li>");
		exh_html_say(h, EXH_T_UNFINISHED_STEP, step ? step : "?",
			     time ? exh_utc(time).text : "?",
			     exh_plain(exh_json_u64(entry, "seq", 0)).text);
		exh_html(h, "</li>\n");
	}
	exh_html(h, "</ul>\n");
}

static bool is_plain(const char *text)
{
	return text && *text &&
	       !text[strspn(
		       text,
		       "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-:.+/=")];
}

/* The signed text of a head of version 1 (src/case/head.c), as commands that anybody can run. */
static void signature_commands(struct exh_html *h, const json_t *head)
{
	const char *id = exh_json_str(head, "case"), *key = exh_json_str(head, "key");
	const char *last = exh_json_str(head, "last"), *time = exh_json_str(head, "time");
	const char *signature = exh_json_str(head, "signature");

	if (exh_json_u64(head, "v", 0) != 1 || !is_plain(id) || !is_plain(key) || !is_plain(last) ||
	    !is_plain(time) || !is_plain(signature))
		return;
	exh_paragraph(h, EXH_T_CHECK_SIGNATURE);
	exh_html(h,
		 "<pre>printf '%%s\\n' exhibit-ledger-head-v1 'case %s' \\\n  'key %s' \\\n"
		 "  'entries %s' 'bytes %s' \\\n  'last %s' \\\n  'time %s' &gt; head.txt\n",
		 id, key, exh_plain(exh_json_u64(head, "entries", 0)).text,
		 exh_plain(exh_json_u64(head, "bytes", 0)).text, last, time);
	exh_html(h,
		 "printf '%%s' %s | \\\n  openssl base64 -d -A &gt; head.sig\n"
		 "openssl pkeyutl -verify -pubin -inkey CASE/public.pem -rawin -in head.txt "
		 "-sigfile head.sig</pre>\n",
		 signature);
}

/* A line of a signed note, cut off at its newline; false where there is none, or one that should
 * not stand on a command line. */
static bool note_line(const char **rest, char out[256])
{
	size_t n = strcspn(*rest, "\n");

	if (!n || n > 255 || (*rest)[n] != '\n')
		return false;
	memcpy(out, *rest, n);
	out[n] = 0;
	*rest += n + 1;
	return !out[strspn(out, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"-:.+/= ")];
}

/* The same for a head of version 2, a signed note: its text line by line, and behind the key's name
 * the four bytes that name the key and the signature. */
static void note_commands(struct exh_html *h, const json_t *head)
{
	const char *rest = exh_json_str(head, "note"), *signature;
	char lines[6][256];

	for (size_t i = 0; i < 6; i++)
		if (!rest || !note_line(&rest, lines[i]))
			return;
	signature = strrchr(rest, ' ');
	if (*rest != '\n' || !signature || strlen(signature) != 94 ||
	    signature[1 + strspn(signature + 1,
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				 "0123456789+/=")] != '\n')
		return;
	exh_paragraph(h, EXH_T_CHECK_SIGNATURE);
	exh_html(h, "<pre>printf '%%s\\n'");
	for (size_t i = 0; i < 6; i++)
		exh_html(h, " \\\n  '%s'", lines[i]);
	snprintf(lines[0], sizeof(lines[0]), "%.92s", signature + 1);
	exh_html(h,
		 " &gt; head.txt\n"
		 "printf '%%s' %s | \\\n  openssl base64 -d -A | tail -c 64 &gt; head.sig\n"
		 "openssl pkeyutl -verify -pubin -inkey CASE/public.pem -rawin -in head.txt "
		 "-sigfile head.sig</pre>\n",
		 lines[0]);
}

void exh_chapter_record(struct exh_html *h)
{
	const json_t *ledger = exh_object(h->model, "ledger");

	exh_paragraph(h, EXH_T_RECORD_INTRO);
	if (!ledger) {
		exh_paragraph(h, EXH_T_NO_LEDGER);
		return;
	}
	ledger_facts(h, ledger);
	unfinished(h);
	exh_heading(h, EXH_T_H_CHECK);
	exh_paragraph(h, EXH_T_CHECK_INTRO);
	exh_html(h,
		 "<pre>exhibit case verify CASE\n"
		 "head -c %s CASE/ledger.jsonl | openssl dgst -sha256\n"
		 "openssl pkey -pubin -in CASE/public.pem -outform DER | openssl dgst -sha256\n"
		 "openssl dgst -sha256 CASE/facts/*.json</pre>\n",
		 exh_plain(exh_json_u64(ledger, "bytes", 0)).text);
	signature_commands(h, exh_object(ledger, "head"));
	note_commands(h, exh_object(ledger, "head"));
	exh_remark(h, EXH_T_CHECK_REMARK);
	ledger_table(h, ledger);
	step_table(h);
}

void exh_chapter_signatures(struct exh_html *h)
{
	static const struct exh_column columns[] = {
		{EXH_T_ROLE, "w21"},   {EXH_T_NAME, ""},   {EXH_T_PLACE_DATE, "w26"},
		{EXH_T_SIGNATURE, ""}, {EXH_T_NONE, NULL},
	};
	static const enum exh_text roles[] = {EXH_T_EXAMINER, EXH_T_REVIEWER, EXH_T_AUTHORISED};
	const char *examiner = exh_supplied(h, "examiner");

	exh_paragraph(h, EXH_T_SIGNATURES_INTRO);
	exh_table(h, EXH_T_CAP_SIGNATURES, "sign", columns);
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		exh_html(h, "<tr><th scope=\"row\">%s</th><td>%s</td><td></td><td></td></tr>\n",
			 exh_say(h->language, roles[i]), i == 0 && examiner ? examiner : "");
	exh_table_end(h);
}
