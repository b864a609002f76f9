// SPDX-License-Identifier: Apache-2.0
/* Digital Forensics XML (dfxml-working-group/dfxml_schema, 2.0.0-beta.0). What its schema has no
 * element for stands in a namespace of our own, where the schema allows that. */
#include <exhibit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "cli.h"
#include "rows.h"

/* One document is written at a time. */
static struct {
	bool in_volume, local_times;
	uint64_t start, id;
} document;

/* ---- XML ---- */

/* XML has no way to write control characters, U+FFFE and U+FFFF: they are shown instead. */
static void put_text(const char *text)
{
	char *visible = view_visible(text);

	for (const char *p = visible; *p; p++) {
		if (!strncmp(p, "\xef\xbf\xbe", 3) || !strncmp(p, "\xef\xbf\xbf", 3)) {
			printf("\\u{%s}", p[2] == '\xbe' ? "fffe" : "ffff");
			p += 2;
		} else if (*p == '&') {
			fputs("&amp;", stdout);
		} else if (*p == '<') {
			fputs("&lt;", stdout);
		} else if (*p == '>') {
			fputs("&gt;", stdout);
		} else if (*p == '"') {
			fputs("&quot;", stdout);
		} else {
			putchar(*p);
		}
	}
	free(visible);
}

static void element(const char *indent, const char *name, const char *text)
{
	if (!text)
		return;
	printf("%s<%s>", indent, name);
	put_text(text);
	printf("</%s>\n", name);
}

static void number(const char *indent, const char *name, const json_t *object, const char *key)
{
	char text[VIEW_SIZE_TEXT];

	element(indent, name, view_decimal(object, key, text));
}

/* ---- what made the document ---- */

static void put_environment(void)
{
	struct utsname machine;
	char now[32];
	time_t t = time(NULL);
	struct tm utc;

	gmtime_r(&t, &utc);
	strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", &utc);
	puts("    <execution_environment>");
	if (!uname(&machine)) {
		element("      ", "os_sysname", machine.sysname);
		element("      ", "os_release", machine.release);
		element("      ", "os_version", machine.version);
		element("      ", "arch", machine.machine);
	}
	element("      ", "start_time", now);
	puts("    </execution_environment>");
}

static void head(const struct cli *cli)
{
	document.in_volume = document.local_times = false;
	document.start = document.id = 0;
	puts("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	     "<dfxml version=\"2.0.0-beta.0\""
	     " xmlns=\"http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML\""
	     " xmlns:dc=\"http://purl.org/dc/elements/1.1/\""
	     " xmlns:exhibit=\"urn:exhibit:1\">\n"
	     "  <metadata>\n    <dc:type>Disk Image</dc:type>\n  </metadata>\n  <creator>");
	element("    ", "program", "exhibit");
	element("    ", "version", exh_version());
	put_environment();
	puts("  </creator>\n  <source>");
	element("    ", "image_filename", cli->args.operands.list[0]);
	puts("  </source>");
}

/* ---- volumes ---- */

static void end_volume(void)
{
	if (document.in_volume)
		puts("  </volume>");
	document.in_volume = false;
}

static void volume(const json_t *v)
{
	const char *name = view_str(v, "volume"), *clock = view_str(v, "clock");

	end_volume();
	document.in_volume = true;
	document.start = 0;
	document.local_times = clock && !strcmp(clock, "local");
	view_u64(v, "start", &document.start);
	printf("  <volume offset=\"%llu\"", (unsigned long long)document.start);
	if (name) {
		fputs(" exhibit:name=\"", stdout);
		put_text(name);
		putchar('"');
	}
	puts(">");
	number("    ", "partition_offset", v, "start");
	number("    ", "block_size", v, "block_size");
	element("    ", "ftype_str", view_str(v, "type"));
	number("    ", "block_count", v, "block_count");
}

/* ---- files ---- */

static const struct {
	const char *kind, *name_type;
	int meta_type; /* as libtsk counts them */
} kinds[] = {
	{"file", "r", 1},
	{"directory", "d", 2},
	{"fifo", "p", 3},
	{"character-device", "c", 4},
	{"block-device", "b", 5},
	{"symlink", "l", 6},
	{"shadow", "h", 7},
	{"socket", "s", 8},
	{"whiteout", "w", 9},
	{"virtual", "v", 10},
	{"virtual-directory", "v", 11},
	{"stream", "r", 1},
};

static int kind_of(const json_t *row)
{
	const char *kind = cli_row_text(row, "kind");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kind, kinds[i].kind))
			return (int)i;
	return -1;
}

/* Local times whose zone nobody knows have no letter for one. */
static void put_time(const char *name, const json_t *times, const char *key)
{
	const char *text = view_str(times, key);
	size_t n = text ? strlen(text) : 0;

	if (n && document.local_times && text[n - 1] == 'Z')
		n--;
	if (n)
		printf("      <%s>%.*s</%s>\n", name, (int)n, text, name);
}

static void put_allocation(const json_t *row)
{
	bool allocated = json_is_true(json_object_get(row, "allocated"));

	if (json_is_true(json_object_get(row, "reallocated")))
		puts("      <alloc_inode>1</alloc_inode>\n      <alloc_name>0</alloc_name>");
	else
		printf("      <alloc>%d</alloc>\n", allocated);
}

static void put_mode(const json_t *row)
{
	const char *mode = view_str(row, "mode");

	if (mode)
		printf("      <mode>%lu</mode>\n", strtoul(mode, NULL, 8));
}

static void put_run(const json_t *run)
{
	uint64_t offset = 0, length = 0, start = 0;

	view_u64(run, "offset", &offset);
	view_u64(run, "length", &length);
	printf("        <byte_run file_offset=\"%llu\"", (unsigned long long)offset);
	if (view_u64(run, "start", &start))
		printf(" fs_offset=\"%llu\" img_offset=\"%llu\"",
		       (unsigned long long)(start - document.start), (unsigned long long)start);
	else
		fputs(" fill=\"0\"", stdout);
	printf(" len=\"%llu\"/>\n", (unsigned long long)length);
}

static void put_runs(const json_t *runs)
{
	const json_t *run;
	size_t i;

	if (!json_array_size(runs))
		return;
	puts("      <byte_runs>");
	json_array_foreach (runs, i, run)
		put_run(run);
	puts("      </byte_runs>");
}

static void put_digests(json_t *digests)
{
	static const char *const names[] = {"md5", "sha1", "sha224", "sha256", "sha384", "sha512"};
	const char *name;
	json_t *value;

	json_object_foreach (digests, name, value) {
		const char *type = "other";

		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (!strcmp(name, names[i]))
				type = name;
		printf("      <hashdigest type=\"%s\">%s</hashdigest>\n", type,
		       json_string_value(value));
	}
}

static void put_own(const json_t *row)
{
	const json_t *item;
	uint64_t start, length;
	size_t i;

	json_array_foreach (json_object_get(row, "known"), i, item)
		element("      ", "exhibit:known", json_string_value(item));
	json_array_foreach (json_object_get(row, "ranges"), i, item)
		if (view_u64(item, "start", &start) && view_u64(item, "length", &length))
			printf("      <exhibit:lost file_offset=\"%llu\" len=\"%llu\"/>\n",
			       (unsigned long long)start, (unsigned long long)length);
}

static void put(const json_t *row)
{
	const char *path = cli_row_text(row, "path");
	const json_t *times = json_object_get(row, "times");
	char decimal[VIEW_SIZE_TEXT];
	int kind = kind_of(row);

	puts("    <fileobject>");
	element("      ", "filename", path + (*path == '/'));
	element("      ", "error", view_str(row, "error"));
	snprintf(decimal, sizeof(decimal), "%llu", (unsigned long long)++document.id);
	element("      ", "id", decimal);
	element("      ", "name_type", kind < 0 ? NULL : kinds[kind].name_type);
	number("      ", "filesize", row, "size");
	put_allocation(row);
	number("      ", "inode", row, "inode");
	if (kind >= 0)
		printf("      <meta_type>%d</meta_type>\n", kinds[kind].meta_type);
	put_mode(row);
	number("      ", "uid", row, "uid");
	number("      ", "gid", row, "gid");
	put_time("mtime", times, "modified");
	put_time("ctime", times, "changed");
	put_time("atime", times, "accessed");
	put_time("crtime", times, "created");
	element("      ", "link_target", view_str(row, "target"));
	element("      ", "libmagic", view_str(row, "mime"));
	put_runs(json_object_get(row, "runs"));
	put_digests(json_object_get(row, "digests"));
	put_own(row);
	puts("    </fileobject>");
}

static void tail(const json_t *facts)
{
	const json_t *p;
	size_t i;

	end_volume();
	json_array_foreach (json_object_get(facts, "problems"), i, p) {
		printf("  <exhibit:problem code=\"%s\" severity=\"%s\">", cli_row_text(p, "code"),
		       cli_row_text(p, "severity"));
		put_text(cli_row_text(p, "text"));
		puts("</exhibit:problem>");
	}
	puts("</dfxml>");
}

const struct cli_row_format cli_rows_dfxml = {
	.name = "dfxml", .head = head, .volume = volume, .row = put, .tail = tail, .runs = true};
