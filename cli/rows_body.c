// SPDX-License-Identifier: Apache-2.0
/* The body file of The Sleuth Kit, version 3, from which mactime makes a timeline:
 * MD5|name|inode|mode_as_string|UID|GID|size|atime|mtime|ctime|crtime, times in seconds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rows.h"

/* The letters of fls. */
static const struct {
	const char *kind;
	char letter;
} letters[] = {
	{"file", 'r'},	   {"stream", 'r'}, {"directory", 'd'},	       {"symlink", 'l'},
	{"fifo", 'p'},	   {"socket", 's'}, {"character-device", 'c'}, {"block-device", 'b'},
	{"whiteout", 'w'}, {"shadow", 'h'}, {"virtual", 'v'},	       {"virtual-directory", 'V'},
};

static char letter_of(const json_t *row)
{
	const char *kind = cli_row_text(row, "kind");

	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (!strcmp(kind, letters[i].kind))
			return letters[i].letter;
	return '-';
}

static void put_mode(const json_t *row)
{
	const char *mode = view_str(row, "mode");
	unsigned long bits = mode ? strtoul(mode, NULL, 8) : 0777;
	char letter = letter_of(row), text[10] = "rwxrwxrwx";

	for (int i = 0; i < 9; i++)
		if (!(bits >> (8 - i) & 1))
			text[i] = '-';
	printf("%c/%c%s|", letter, letter, text);
}

/* A bar would end the field. */
static void put_name(const char *text)
{
	char *visible = view_visible(text);

	for (const char *p = visible; *p; p++) {
		if (*p == '|')
			fputs("\\x7c", stdout);
		else
			putchar(*p);
	}
	free(visible);
}

static void put_time(const json_t *times, const char *key, const char *end)
{
	struct tm tm = {0};
	const char *text = view_str(times, key);
	bool valid = text && strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

	printf("%lld%s", valid ? (long long)timegm(&tm) : 0LL, end);
}

static void put_path(const json_t *row)
{
	const char *target = view_str(row, "target"), *volume = view_str(row, "volume");
	uint64_t partition = 0;

	view_u64(row, "partition", &partition);
	if (partition)
		printf("p%llu", (unsigned long long)partition);
	if (volume) {
		putchar(partition ? '/' : ' ');
		put_name(volume);
	}
	put_name(cli_row_text(row, "path"));
	if (target) {
		fputs(" -> ", stdout);
		put_name(target);
	}
	if (json_is_true(json_object_get(row, "reallocated")))
		fputs(" (deleted-realloc)", stdout);
	else if (json_is_false(json_object_get(row, "allocated")))
		fputs(" (deleted)", stdout);
}

static void put(const json_t *row)
{
	const json_t *times = json_object_get(row, "times");
	const char *md5 = view_str(json_object_get(row, "digests"), "md5");
	char number[VIEW_SIZE_TEXT];

	printf("%s|", md5 ? md5 : "0");
	put_path(row);
	printf("|%s|", view_decimal(row, "inode", number) ? number : "0");
	put_mode(row);
	printf("%s|", view_decimal(row, "uid", number) ? number : "0");
	printf("%s|", view_decimal(row, "gid", number) ? number : "0");
	printf("%s|", view_decimal(row, "size", number) ? number : "0");
	put_time(times, "accessed", "|");
	put_time(times, "modified", "|");
	put_time(times, "changed", "|");
	put_time(times, "created", "\n");
}

const struct cli_row_format cli_rows_body = {.name = "body", .row = put};
