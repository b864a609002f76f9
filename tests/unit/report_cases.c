// SPDX-License-Identifier: Apache-2.0
#include "report_cases.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"

#define GIB  ((json_int_t)1 << 30)
#define MIB  ((json_int_t)1 << 20)
#define KIB  ((json_int_t)1 << 10)
#define SIZE (2 * GIB)

#define MD5_A	 "5a105e8b9d40e1329780d62ea2265d8a"
#define SHA1_A	 "b3a1c5f0d2e4968712ab34cd56ef7890a1b2c3d4"
#define SHA256_A "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
#define SHA256_B "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"

#define HOSTILE                                                                                    \
	"<script>alert(1)</script>\"'&</td></title></style><img src=http://127.0.0.1:9/x "         \
	"onerror=alert(2)>"                                                                        \
	"\xe2\x80\xae"                                                                             \
	"gpj.exe\x01\x1b[31m\n\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d"

struct made {
	char dir[200];
	FILE *ledger;
	unsigned seq, steps;
	char prev[65];
};

static void sha256(const void *bytes, size_t n, char out[65])
{
	unsigned char digest[32];

	EVP_Digest(bytes, n, digest, NULL, EVP_sha256(), NULL);
	exh_hex(digest, sizeof(digest), out);
}

static void write_file(const struct made *m, const char *name, const char *bytes, size_t n)
{
	char path[400];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", m->dir, name);
	f = fopen(path, "w");
	if (!f || fwrite(bytes, 1, n, f) != n || fclose(f))
		abort();
}

static void entry(struct made *m, json_t *members)
{
	_cleanup_json_ json_t *owned = members;
	_cleanup_free_ char *line = NULL;
	char time[32];

	snprintf(time, sizeof(time), "2026-03-14T09:%02u:%02u.000000Z", m->seq / 60 % 60,
		 m->seq % 60);
	json_object_set_new(members, "seq", json_integer(m->seq++));
	json_object_set_new(members, "time", json_string(time));
	json_object_set_new(members, "prev", json_string(m->prev));
	line = exh_json_dump_line(members);
	fprintf(m->ledger, "%s\n", line);
	sha256(line, strlen(line), m->prev);
}

static void write_public_key(const struct made *m)
{
	static const char pem[] = "-----BEGIN PUBLIC KEY-----\n"
				  "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
				  "-----END PUBLIC KEY-----\n";

	write_file(m, "public.pem", pem, sizeof(pem) - 1);
}

static struct made open_case(const char *dir, json_t *operator)
{
	_cleanup_json_ json_t *about =
		json_pack("{s:s, s:i, s:s, s:s, s:o}", "schema", "exhibit/1", "v", 1, "case",
			  "3f2c9a10-77d1-4c0e-9f5b-0e6c5a1d2b34", "created",
			  "2026-03-14T09:00:00.000000Z", "operator", operator);
	_cleanup_free_ char *text = json_dumps(about, JSON_INDENT(1));
	struct made m = {0};
	char path[256];

	snprintf(m.dir, sizeof(m.dir), "%s", dir);
	snprintf(path, sizeof(path), "%s/facts", dir);
	if (mkdir(dir, 0700) || mkdir(path, 0700))
		abort();
	write_file(&m, "case.json", text, strlen(text));
	write_public_key(&m);
	snprintf(path, sizeof(path), "%s/ledger.jsonl", dir);
	m.ledger = fopen(path, "w");
	memset(m.prev, '0', 64);
	entry(&m, json_pack("{s:s, s:i}", "event", "genesis", "v", 1));
	return m;
}

static void begin(struct made *m, const char *step)
{
	entry(m, json_pack("{s:s, s:s}", "event", "begin", "step", step));
}

static void end(struct made *m, const char *step, json_t *facts)
{
	_cleanup_json_ json_t *owned = facts;
	_cleanup_free_ char *text = json_dumps(facts, JSON_INDENT(1));
	char path[64], digest[65];

	snprintf(path, sizeof(path), "facts/%04u-%s.json", ++m->steps, step);
	write_file(m, path, text, strlen(text));
	sha256(text, strlen(text), digest);
	entry(m, json_pack("{s:s, s:s, s:{s:s, s:s, s:I}}", "event", "end", "step", step, "facts",
			   "path", path, "sha256", digest, "bytes", (json_int_t)strlen(text)));
}

static void close_case(struct made *m)
{
	_cleanup_json_ json_t *head =
		json_pack("{s:i, s:s, s:s, s:i, s:i, s:s, s:s, s:s}", "v", 1, "case",
			  "3f2c9a10-77d1-4c0e-9f5b-0e6c5a1d2b34", "key", SHA256_B, "entries",
			  (int)m->seq, "bytes", (int)ftell(m->ledger), "last", m->prev, "time",
			  "2026-03-14T09:30:00.000000Z", "signature",
			  "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNF"
			  "Z4mrze8BI0VniQ==");
	_cleanup_free_ char *line = exh_json_dump_line(head);

	write_file(m, "ledger.head", line, strlen(line));
	fclose(m->ledger);
}

/* ---- facts ---- */

static json_t *an_operator(void)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "case_number", "2026-0417",
			 "exhibit_number", "A-03", "examiner", "M. Okafor", "organisation",
			 "Forensic Laboratory North", "authority",
			 "Search warrant 12 Gs 88/26 of 2 March 2026", "purpose",
			 "List of all files of the system partition, deleted files included");
}

static json_t *an_image(void)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:i, s:i, s:b, s:[{s:s, s:I}, {s:s, s:I}], s:{s:s, "
			 "s:s}, s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s}, s:[]}",
			 "path", "/evidence/2026-0417/A-03/laptop.E01", "format", "ewf", "variant",
			 "EnCase 6", "media_size", SIZE, "sector_size", 512, "chunk_size", 32768,
			 "complete", 1, "segments", "path", "/evidence/2026-0417/A-03/laptop.E01",
			 "size", 650 * MIB, "path", "/evidence/2026-0417/A-03/laptop.E02", "size",
			 312 * MIB + 4711, "stored_hashes", "md5", MD5_A, "sha1", SHA1_A, "header",
			 "case_number", "2026-0417", "evidence_number", "A-03", "examiner",
			 "J. Lindqvist", "acquired", "2026-03-04T14:22:07", "software",
			 "ADI4.7.1.2", "model", "Samsung SSD 860 EVO", "serial_number",
			 "S3Z2NB0K512345", "acquisition_errors");
}

static json_t *a_problem(const char *code, const char *severity, const char *text)
{
	return json_pack("{s:s, s:s, s:s}", "code", code, "severity", severity, "text", text);
}

static json_t *a_reading(const char *sha256_value, const char *md5_value, const char *from,
			 const char *verdict)
{
	bool equal = !strcmp(md5_value, MD5_A);
	json_t *v = json_pack("{s:s, s:s, s:[], s:o, s:I, s:{s:s, s:s, s:s}, s:[{s:s, s:s}, {s:s, "
			      "s:s}], s:[], s:s, s:s, s:s, s:s, s:f}",
			      "schema", "exhibit/1", "command", "verify", "problems", "image",
			      an_image(), "bytes", SIZE, "digests", "md5", md5_value, "sha1",
			      SHA1_A, "sha256", sha256_value, "segments_digests", "path",
			      "/evidence/2026-0417/A-03/laptop.E01", "sha256", SHA256_B, "path",
			      "/evidence/2026-0417/A-03/laptop.E02", "sha256", SHA256_A, "damage",
			      "read_from", from, "verdict", verdict, "started",
			      "2026-03-14T09:01:02.000000Z", "finished",
			      "2026-03-14T09:01:09.500000Z", "seconds", 7.5);

	json_object_set_new(
		v, "references",
		json_pack("[{s:s, s:s, s:s, s:s}, {s:s, s:s, s:s, s:s}, {s:s, s:s, s:s, s:s, s:s}]",
			  "source", "stored", "algorithm", "md5", "value", MD5_A, "verdict",
			  equal ? "match" : "mismatch", "source", "stored", "algorithm", "sha1",
			  "value", SHA1_A, "verdict", "match", "source", "sidecar", "algorithm",
			  "md5", "value", MD5_A, "verdict", equal ? "match" : "mismatch", "note",
			  "laptop.E01.txt"));
	return v;
}

static json_t *a_scan(void)
{
	json_t *p = json_pack(
		"[{s:i, s:I, s:I, s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s}},"
		" {s:i, s:I, s:I, s:s, s:s, s:s, s:{s:s, s:s}},"
		" {s:i, s:I, s:I, s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:b}},"
		" {s:i, s:I, s:I, s:s, s:s, s:s, s:{s:s, s:s}}]",
		"number", 1, "start", MIB, "length", 100 * MIB, "scheme", "gpt", "type",
		"EFI System", "type_id", "C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "name", "EFI",
		"contents", "kind", "filesystem", "type", "fat32", "label", "SYSTEM", "number", 2,
		"start", 101 * MIB, "length", 16 * MIB, "scheme", "gpt", "type",
		"Microsoft reserved", "type_id", "E3C9E316-0B5C-4DB8-817D-F92DF00215AE", "contents",
		"kind", "unknown", "type", "", "number", 3, "start", 117 * MIB, "length",
		1400 * MIB, "scheme", "gpt", "type", "Microsoft basic data", "type_id",
		"EBD0A0A2-B9E5-4433-87C0-68B6B72699C7", "name", "Basic data partition", "contents",
		"kind", "filesystem", "type", "ntfs", "label", "Windows", "uuid",
		"01D9A3B2C4E5F607", "dirty", 1, "number", 4, "start", 1600 * MIB, "length",
		440 * MIB, "scheme", "gpt", "type", "Linux filesystem data", "type_id",
		"0FC63DAF-8483-4772-8E79-3D69D8477DE4", "contents", "kind", "encryption", "type",
		"crypto_LUKS");

	return json_pack(
		"{s:s, s:s, s:o, s:o, s:o, s:[{s:s, s:i, s:i, s:s, s:b}, {s:s, s:I, s:i, s:s, "
		"s:b}], s:[{s:i, s:I}, {s:I, s:I}, {s:I, s:I, s:b}]}",
		"schema", "exhibit/1", "command", "scan", "image", an_image(), "problems",
		json_pack("[o]", a_problem("dirty-filesystem", "note",
					   "partition 3: NTFS: $LogFile holds unwritten changes")),
		"partitions", p, "tables", "scheme", "gpt", "start", 512, "sector_size", 512,
		"copy", "primary", "valid", 1, "scheme", "gpt", "start", SIZE - 512, "sector_size",
		512, "copy", "backup", "valid", 1, "gaps", "start", 0, "length", MIB, "start",
		1517 * MIB, "length", 83 * MIB, "start", 2040 * MIB, "length", 8 * MIB, "zero", 1);
}

static json_t *attachments(void)
{
	return json_pack("[{s:s, s:s, s:s, s:s, s:[{s:s, s:s, s:i, s:I, s:b}, {s:s, s:i, s:s, s:I, "
			 "s:I, s:b}, {s:s, s:i, s:s, s:I, s:I, s:b}]}]",
			 "id", "k3f9", "image", "/evidence/2026-0417/A-03/laptop.E01", "method",
			 "loop", "since", "2026-03-14T09:01:12.000000Z", "devices", "scope", "disk",
			 "device", "/dev/loop4", "start", 0, "length", SIZE, "read_only", 1,
			 "scope", "partition", "partition", 1, "device", "/dev/loop5", "start", MIB,
			 "length", 100 * MIB, "read_only", 1, "scope", "partition", "partition", 3,
			 "device", "/dev/loop6", "start", 117 * MIB, "length", 1400 * MIB,
			 "read_only", 1);
}

static json_t *an_analysis(void)
{
	return json_pack(
		"{s:[s,s,s,s], s:i, s:f, s:b, s:[s,s,s,s], s:{s:s, s:s, s:I}, s:{s:s, s:s, s:i}}",
		"argv", "fls", "-r", "-p", "/dev/loop6", "exit_status", 0, "seconds", 12.25,
		"confined", 1, "protections", "mount and process name spaces of its own",
		"evidence files bind-mounted read-only",
		"without CAP_SYS_ADMIN, CAP_MKNOD, CAP_SYS_RAWIO",
		"system calls that change loop devices refused", "stdout", "path",
		"output/0001-stdout", "sha256", SHA256_B, "bytes", 48 * MIB + 17, "stderr", "path",
		"output/0001-stderr", "sha256", SHA256_A, "bytes", 0);
}

static json_t *an_examination(void)
{
	json_t *e = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "schema",
			      "exhibit/1", "command", "examine", "version", "0.1.0", "image",
			      an_image(), "before", a_reading(SHA256_A, MD5_A, "mixed", "match"),
			      "scan", a_scan(), "attachments", attachments(), "analysis",
			      an_analysis(), "after", a_reading(SHA256_A, MD5_A, "medium", "match"),
			      "verdict", "unchanged");

	json_object_set_new(e, "tools",
			    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "exhibit", "0.1.0",
				      "binary_sha256", SHA256_B, "kernel", "6.1.0-28-amd64",
				      "libtsk", "4.11.1", "libewf", "20140813", "openssl",
				      "3.0.19"));
	json_object_set_new(e, "host",
			    json_pack("{s:s, s:s, s:s, s:b}", "name", "lab-ws-07", "system",
				      "Debian GNU/Linux 12 (bookworm)", "processor",
				      "AMD EPYC 7763", "clock_synchronised", 1));
	json_object_set_new(e, "started", json_string("2026-03-14T09:01:01.000000Z"));
	json_object_set_new(e, "finished", json_string("2026-03-14T09:01:48.000000Z"));
	json_object_set_new(e, "problems",
			    json_pack("[o]", a_problem("writes-detected-only", "note",
						       "laptop.E01: opened for writing by others "
						       "would be seen, not prevented")));
	return e;
}

static json_t *part(json_t *examination, const char *name)
{
	return json_object_get(examination, name);
}

static void set_damage(json_t *reading, unsigned n, json_int_t step)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(list,
				      json_pack("{s:I, s:I, s:s}", "start", 300 * MIB + i * step,
						"length", i % 7 ? 32 * KIB : 512 * KIB, "reason",
						i % 3 ? "checksum" : "decompress"));
	json_object_set_new(reading, "damage", list);
	json_object_del(reading, "digests");
	json_object_del(reading, "references");
	json_object_set_new(reading, "verdict", json_string("undecided"));
}

static json_t *lost(unsigned n, json_int_t step)
{
	json_t *e = an_examination();

	set_damage(part(e, "before"), n, step);
	set_damage(part(e, "after"), n, step);
	json_object_set_new(e, "verdict", json_string("undecided"));
	json_object_set_new(part(e, "image"), "acquisition_errors",
			    json_pack("[{s:I, s:I}]", "start", 900 * MIB, "length", 64 * KIB));
	json_array_append_new(part(e, "problems"),
			      a_problem("chunk-damaged", "error",
					"laptop.E01: chunk 9600 does not match its checksum"));
	return e;
}

static json_t *with_many_problems(unsigned n)
{
	json_t *e = lost(n, 16 * KIB), *list = part(part(e, "before"), "problems");

	for (unsigned i = 0; i < n; i++) {
		char text[80];

		snprintf(text, sizeof(text), "laptop.E01: chunk %u does not match its checksum", i);
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:I, s:i}", "code",
						      "chunk-damaged", "severity", "error", "text",
						      text, "start", (json_int_t)i * 16 * KIB,
						      "length", 32768));
	}
	return e;
}

static json_t *with_partitions(unsigned n)
{
	json_t *e = an_examination(), *list = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(list,
				      json_pack("{s:i, s:I, s:I, s:s, s:s, s:s, s:{s:s, s:s, s:s}}",
						"number", (int)i + 1, "start", MIB + i * 15 * MIB,
						"length", i % 5 ? 15 * MIB : 9 * MIB, "scheme",
						"gpt", "type", "Linux filesystem data", "type_id",
						"0FC63DAF-8483-4772-8E79-3D69D8477DE4", "contents",
						"kind", i % 9 ? "filesystem" : "swap", "type",
						i % 9 ? "ext4" : "swap", "uuid",
						"5d1c7a52-5c9a-4a53-8f1f-2b7d4d8f0c11"));
	json_array_append_new(list, json_pack("{s:i, s:I, s:I, s:s, s:s, s:i}", "number",
					      (int)n + 1, "start", 400 * MIB, "length", 200 * MIB,
					      "scheme", "bsd", "type", "nested", "parent", 27));
	json_object_set_new(part(e, "scan"), "partitions", list);
	return e;
}

/* Puts the hostile text in place of every text of a tree, except where a word of the contract
 * decides something. */
static void poison(json_t *value)
{
	static const char *const words[] = {"verdict", "severity", "kind", "source",
					    "scope",   "sha256",   NULL};
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_array(value))
		json_array_foreach (value, i, member) {
			if (json_is_string(member))
				json_array_set_new(value, i, json_string(HOSTILE));
			else
				poison(member);
		}
	if (!json_is_object(value))
		return;
	json_object_foreach (value, key, member) {
		bool keep = false;

		for (i = 0; words[i]; i++)
			keep |= !strcmp(words[i], key);
		if (json_is_string(member) && !keep)
			json_object_set_new(value, key, json_string(HOSTILE));
		else
			poison(member);
	}
}

static json_t *poisoned(json_t *value)
{
	poison(value);
	return value;
}

/* ---- cases ---- */

static void one_examination(const char *dir, json_t *operator, json_t * facts)
{
	struct made m = open_case(dir, operator);

	begin(&m, "examine");
	end(&m, "examine", facts);
	close_case(&m);
}

static void healthy(const char *dir)
{
	one_examination(dir, an_operator(), an_examination());
}

static void mismatch(const char *dir)
{
	json_t *e = an_examination();

	json_object_set_new(
		e, "after",
		a_reading(SHA256_B, "00000000000000000000000000000000", "medium", "mismatch"));
	json_object_set_new(e, "verdict", json_string("changed"));
	json_array_append_new(
		part(e, "problems"),
		a_problem("lease-broken", "warning",
			  "laptop.E01: opened for writing at 09:01:33 by another program"));
	one_examination(dir, an_operator(), e);
}

/* The reference never fitted, and the examination changed nothing. */
static void differs(const char *dir)
{
	json_t *e = an_examination();

	json_object_set_new(
		e, "before",
		a_reading(SHA256_A, "11111111111111111111111111111111", "mixed", "mismatch"));
	json_object_set_new(
		e, "after",
		a_reading(SHA256_A, "11111111111111111111111111111111", "medium", "mismatch"));
	one_examination(dir, an_operator(), e);
}

static void interrupted(const char *dir)
{
	json_t *e = an_examination();

	json_object_del(e, "after");
	json_object_del(e, "attachments");
	json_object_set_new(e, "verdict", json_string("undecided"));
	json_object_set_new(e, "analysis",
			    json_pack("{s:[s,s], s:i, s:b}", "argv", "sleep", "1000", "signal", 15,
				      "confined", 1));
	json_array_append_new(part(e, "problems"),
			      a_problem("interrupted", "error", "ended by SIGTERM"));
	one_examination(dir, an_operator(), e);
}

/* Ended by SIGKILL: the ledger knows of a beginning and nothing else. */
static void killed(const char *dir)
{
	struct made m = open_case(dir, an_operator());

	begin(&m, "examine");
	close_case(&m);
}

/* Ended by SIGKILL after the scan: single steps, and an examination without an end. */
static void halfway(const char *dir)
{
	struct made m = open_case(dir, an_operator());

	begin(&m, "examine");
	begin(&m, "verify-before");
	end(&m, "verify-before", a_reading(SHA256_A, MD5_A, "mixed", "match"));
	begin(&m, "scan");
	end(&m, "scan", a_scan());
	begin(&m, "attach");
	close_case(&m);
}

static void losses(const char *dir)
{
	one_examination(dir, an_operator(), lost(23, 8 * MIB));
}

static void hostile(const char *dir)
{
	one_examination(dir, poisoned(an_operator()), poisoned(an_examination()));
}

static void anonymous(const char *dir)
{
	json_t *e = an_examination();

	json_object_del(part(e, "image"), "stored_hashes");
	json_object_del(part(e, "image"), "header");
	json_object_set_new(part(e, "before"), "references", json_array());
	json_object_set_new(part(e, "after"), "references", json_array());
	json_object_del(e, "analysis");
	json_object_set_new(e, "files",
			    json_pack("{s:s, s:i, s:s}", "path", "output/0001-files.jsonl", "rows",
				      50122, "sha256", SHA256_B));
	one_examination(dir, json_object(), e);
}

static void partitions(const char *dir)
{
	one_examination(dir, an_operator(), with_partitions(128));
}

static void problems(const char *dir)
{
	one_examination(dir, an_operator(), with_many_problems(100000));
}

static void steps(const char *dir)
{
	struct made m = open_case(dir, an_operator());

	begin(&m, "scan");
	end(&m, "scan", a_scan());
	begin(&m, "verify");
	end(&m, "verify", a_reading(SHA256_A, MD5_A, "mixed", "match"));
	for (unsigned i = 0; i < 200; i++)
		entry(&m,
		      json_pack("{s:s, s:s}", "event", "note", "text", "a note of the examiner"));
	close_case(&m);
}

static void empty(const char *dir)
{
	struct made m = open_case(dir, json_object());

	close_case(&m);
}

static const struct {
	const char *name;
	void (*make)(const char *dir);
} makers[] = {
	{"healthy", healthy},	  {"mismatch", mismatch},
	{"differs", differs},	  {"interrupted", interrupted},
	{"killed", killed},	  {"halfway", halfway},
	{"losses", losses},	  {"hostile", hostile},
	{"anonymous", anonymous}, {"partitions", partitions},
	{"problems", problems},	  {"steps", steps},
	{"empty", empty},
};

const char *const report_cases[] = {"healthy",	"mismatch", "differs", "interrupted", "killed",
				    "halfway",	"losses",   "hostile", "anonymous",   "partitions",
				    "problems", "steps",    "empty",   NULL};

void report_case_make(const char *name, const char *dir)
{
	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
		if (!strcmp(makers[i].name, name))
			makers[i].make(dir);
}

void report_case_of(const char *dir, json_t *facts)
{
	one_examination(dir, an_operator(), facts);
}

json_t *report_facts(void)
{
	return an_examination();
}
