// SPDX-License-Identifier: Apache-2.0
#include "mountinfo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"

/* The kernel writes space, tab, newline and backslash as \ooo. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = 0;
}

static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; p; p = strchr(p, ',')) {
		p += *p == ',';
		if (!strncmp(p, word, n) && (!p[n] || p[n] == ','))
			return true;
	}
	return false;
}

/* id parent major:minor root dir options [optional...] - type source super-options */
static int parse(char *line, struct exh_mount *m)
{
	char *fields[6], *type, *source, *save = NULL, *separator = strstr(line, " - ");
	unsigned major, minor;

	if (!separator)
		return -1;
	*separator = 0;
	for (int i = 0; i < 6; i++) {
		fields[i] = strtok_r(i ? NULL : line, " ", &save);
		if (!fields[i])
			return -1;
	}
	type = strtok_r(separator + 3, " ", &save);
	source = type ? strtok_r(NULL, " ", &save) : NULL;
	if (!source || sscanf(fields[2], "%u:%u", &major, &minor) != 2)
		return -1;
	unescape(fields[4]);
	unescape(source);
	*m = (struct exh_mount){.device = makedev(major, minor),
				.dir = fields[4],
				.type = type,
				.source = source,
				.is_read_only = has_word(fields[5], "ro")};
	return 0;
}

bool exh_mountinfo_each(const char *pid, bool (*callback)(const struct exh_mount *, void *opaque),
			void *opaque)
{
	_cleanup_free_ char *line = NULL;
	_cleanup_file_ FILE *f = NULL;
	char path[64];
	size_t size = 0;

	snprintf(path, sizeof(path), "/proc/%s/mountinfo", pid);
	f = fopen(path, "re");
	while (f && getline(&line, &size, f) > 0) {
		struct exh_mount m = {0};

		line[strcspn(line, "\n")] = 0;
		if (!parse(line, &m) && callback(&m, opaque))
			return true;
	}
	return false;
}

struct wanted {
	const char *dir;
	struct exh_mount *found;
};

static bool take_if_at(const struct exh_mount *m, void *opaque)
{
	struct wanted *w = opaque;

	if (strcmp(m->dir, w->dir))
		return false;
	exh_mount_clear(w->found);
	*w->found = *m;
	w->found->dir = strdup(m->dir);
	w->found->type = strdup(m->type);
	w->found->source = strdup(m->source);
	return false;
}

int exh_mountinfo_at(const char *dir, struct exh_mount *ret)
{
	struct wanted w = {dir, ret};

	*ret = (struct exh_mount){0};
	exh_mountinfo_each("self", take_if_at, &w);
	return ret->dir && ret->type && ret->source ? 0 : 1;
}

void exh_mount_clear(struct exh_mount *m)
{
	free(m->dir);
	free(m->type);
	free(m->source);
	*m = (struct exh_mount){0};
}
