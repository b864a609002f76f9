// SPDX-License-Identifier: Apache-2.0
#include "host.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "rows.h"

#define MAX_ENTRIES 4096

/* Serial numbers of FAT and NTFS are written in either case. */
static size_t key_of(const char *name, char key[256])
{
	size_t n = 0;

	for (; name && name[n] && n < 255; n++)
		key[n] = (char)tolower((unsigned char)name[n]);
	key[n] = 0;
	return n;
}

static void remember(json_t *set, const char *name, const char *where)
{
	char key[256];

	if (key_of(name, key) && !json_object_get(set, key) && json_object_size(set) < MAX_ENTRIES)
		json_object_set_new(set, key, json_string(where));
}

/* Each entry of a directory, with what its link leads to where it is one. */
static void each_entry(const char *root, const char *path, json_t *set,
		       void (*take)(json_t *set, int dirfd, const char *name))
{
	char full[4096];
	_cleanup_dir_ DIR *dir = NULL;
	const struct dirent *e;

	if (snprintf(full, sizeof(full), "%s%s", root, path) >= (int)sizeof(full))
		return;
	dir = opendir(full);
	while (dir && (e = readdir(dir)))
		if (*e->d_name != '.')
			take(set, dirfd(dir), e->d_name);
}

static void take_link(json_t *set, int dirfd, const char *name)
{
	char target[256], where[320];
	ssize_t n = readlinkat(dirfd, name, target, sizeof(target) - 1);
	const char *last;

	if (n <= 0)
		return;
	target[n] = 0;
	last = strrchr(target, '/');
	snprintf(where, sizeof(where), "/dev/%s", last ? last + 1 : target);
	remember(set, name, where);
}

static void take_btrfs(json_t *set, int dirfd, const char *name)
{
	(void)dirfd;
	if (strchr(name, '-'))
		remember(set, name, "a mounted btrfs");
}

static void take_backup(json_t *set, int dirfd, const char *name)
{
	(void)dirfd;
	remember(set, name, "a volume group");
}

static bool read_small(int dirfd, const char *directory, const char *name, char text[256])
{
	char path[300];
	_cleanup_fd_ int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "%.200s/dm/%s", directory, name);
	fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, 255);
	if (n <= 0)
		return false;
	text[n] = 0;
	text[strcspn(text, "\n")] = 0;
	return true;
}

/* "group-volume", with hyphens inside a name doubled. */
static void take_mapped(json_t *set, int dirfd, const char *name)
{
	char text[256], group[256];
	size_t used = 0;

	if (!read_small(dirfd, name, "uuid", text) || strncmp(text, "LVM-", 4) ||
	    !read_small(dirfd, name, "name", text))
		return;
	for (const char *p = text; *p; p++) {
		if (*p == '-' && *++p != '-')
			break;
		group[used++] = *p;
	}
	group[used] = 0;
	remember(set, group, "an active volume group");
}

/* The cache keeps what has gone: a pulled disk, a loop device with nothing bound to it. */
static bool has_capacity(const char *root, const char *line)
{
	const char *number = strstr(line, " DEVNO=\"");
	dev_t device = number ? strtoull(number + strlen(" DEVNO=\""), NULL, 16) : 0;
	unsigned long long sectors = 0;
	_cleanup_file_ FILE *f = NULL;
	char path[4096];

	if (snprintf(path, sizeof(path), "%s/sys/dev/block/%u:%u/size", root, major(device),
		     minor(device)) >= (int)sizeof(path))
		return false;
	f = fopen(path, "re");
	return f && fscanf(f, "%llu", &sectors) == 1 && sectors;
}

/* <device DEVNO="0x0801" ... UUID="..." TYPE="...">/dev/sda1</device>, a line each */
static void read_blkid_cache(const char *root, json_t *set)
{
	char path[4096], line[1024];
	_cleanup_file_ FILE *f = NULL;

	if (snprintf(path, sizeof(path), "%s/run/blkid/blkid.tab", root) >= (int)sizeof(path))
		return;
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		char *uuid = strstr(line, " UUID=\""), *device = strchr(line, '>');
		char *end = device ? strchr(device, '<') : NULL;

		if (!uuid || !end || !has_capacity(root, line))
			continue;
		uuid += strlen(" UUID=\"");
		*end = 0;
		uuid[strcspn(uuid, "\"")] = 0;
		remember(set, uuid, device + 1);
	}
}

json_t *exh_host_identities(const char *root)
{
	json_t *uuids = json_object(), *groups = json_object();

	each_entry(root, "/dev/disk/by-uuid", uuids, take_link);
	each_entry(root, "/sys/fs/btrfs", uuids, take_btrfs);
	read_blkid_cache(root, uuids);
	each_entry(root, "/sys/block", groups, take_mapped);
	each_entry(root, "/etc/lvm/backup", groups, take_backup);
	return json_pack("{s:o, s:o}", "uuids", uuids, "groups", groups);
}

static void check(json_t *facts, const json_t *row, const json_t *set, const char *name,
		  const char *what)
{
	char key[256];
	const char *where = key_of(name, key) ? exh_json_str(set, key) : NULL;

	if (!where)
		return;
	exh_problems_add(facts,
			 exh_problem_at(EXH_P_HOST_CLASH, exh_row_start(row), exh_row_length(row),
					"partition %llu has the %s %s, and so has this machine "
					"(%s): do not attach it where the machine could take one "
					"for the other",
					(unsigned long long)exh_json_u64(row, "number", 0), what,
					name, where));
}

void exh_host_clashes(json_t *facts, const json_t *identities)
{
	const json_t *uuids = json_object_get(identities, "uuids");
	const json_t *groups = json_object_get(identities, "groups"), *row;
	size_t i;

	json_array_foreach (json_object_get(facts, "partitions"), i, row) {
		const json_t *contents = json_object_get(row, "contents");

		check(facts, row, uuids, exh_json_str(contents, "uuid"), "UUID");
		check(facts, row, groups, exh_json_str(contents, "volume_group"), "volume group");
	}
}
