// SPDX-License-Identifier: Apache-2.0
/* The mounts of this process, as /proc/self/mountinfo tells them (proc(5)). */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "confine_parts.h"

/* Space, tab, newline and backslash stand as \ooo. */
static void decode_octal(char *text)
{
	char *out = text;

	for (; *text; out++) {
		unsigned value;

		if (*text == '\\' && sscanf(text + 1, "%3o", &value) == 1) {
			*out = (char)value;
			text += 4;
		} else {
			*out = *text++;
		}
	}
	*out = 0;
}

static int parse_line(char *line, struct exh_mount_entry *e)
{
	char *type = strstr(line, " - ");
	unsigned long long id;

	if (!type || sscanf(line, "%llu %*u %u:%u %ms %ms", &id, &e->major, &e->minor, &e->root,
			    &e->point) != 5)
		return -1;
	if (sscanf(type, " - %ms", &e->type) != 1)
		return -1;
	e->id = id;
	decode_octal(e->root);
	decode_octal(e->point);
	return 0;
}

static int add_line(struct exh_ctx *ctx, struct exh_mount_table *table, char *line)
{
	struct exh_mount_entry *grown =
		realloc(table->entries, (table->nr + 1) * sizeof(*table->entries));

	if (!grown)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	table->entries = grown;
	table->entries[table->nr] = (struct exh_mount_entry){0};
	if (parse_line(line, &table->entries[table->nr++]) < 0)
		return exh_fail(ctx, EXH_E_SYSTEM,
				"/proc/self/mountinfo: a line is not understood");
	return 0;
}

int exh_mount_table_read(struct exh_ctx *ctx, struct exh_mount_table *table)
{
	_cleanup_file_ FILE *f = fopen("/proc/self/mountinfo", "re");
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	int r = 0;

	*table = (struct exh_mount_table){0};
	if (!f)
		return exh_fail_errno(ctx, "/proc/self/mountinfo");
	while (!r && getline(&line, &size, f) > 0)
		r = add_line(ctx, table, line);
	return r;
}

void exh_mount_table_clear(struct exh_mount_table *table)
{
	for (size_t i = 0; i < table->nr; i++) {
		free(table->entries[i].root);
		free(table->entries[i].point);
		free(table->entries[i].type);
	}
	free(table->entries);
	*table = (struct exh_mount_table){0};
}

const struct exh_mount_entry *exh_mount_table_of(const struct exh_mount_table *table, int fd)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) < 0 || !(st.stx_mask & STATX_MNT_ID))
		return NULL;
	for (size_t i = 0; i < table->nr; i++)
		if (table->entries[i].id == st.stx_mnt_id)
			return &table->entries[i];
	return NULL;
}

/* What of path lies below dir: "" for dir itself, "/..." below it, NULL elsewhere. */
static const char *below(const char *path, const char *dir)
{
	size_t n = strcmp(dir, "/") ? strlen(dir) : 0;

	if (strncmp(path, dir, n) || (path[n] && path[n] != '/'))
		return NULL;
	return path + n;
}

char *exh_mount_alias(const struct exh_mount_entry *home, const char *path,
		      const struct exh_mount_entry *other)
{
	_cleanup_free_ char *inside = NULL;
	const char *rest = below(path, home->point);
	char *alias;

	if (!rest || other->major != home->major || other->minor != home->minor)
		return NULL;
	if (asprintf(&inside, "%s%s", strcmp(home->root, "/") ? home->root : "", rest) < 0) {
		inside = NULL;
		return NULL;
	}
	rest = below(inside, other->root);
	if (!rest ||
	    asprintf(&alias, "%s%s", strcmp(other->point, "/") ? other->point : "", rest) < 0)
		return NULL;
	return alias;
}
