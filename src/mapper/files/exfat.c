// SPDX-License-Identifier: Apache-2.0
/* Directory entry sets of exFAT (Microsoft, "exFAT file system specification", sections 6 and 7.4
 * to 7.7). */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/problem.h"
#include "base/text.h"
#include "files.h"

#define ENTRY	       32
#define TYPE_FILE      0x85 /* in use; the same without the highest bit is a deleted one */
#define TYPE_STREAM    0xc0
#define TYPE_NAME      0xc1
#define NAME_UNITS     15
#define ATTR_DIRECTORY 0x10
#define MAX_DIRECTORY  (16 << 20) /* the specification allows 256 MiB; nobody makes one */

struct entry_set {
	json_t *name;
	bool is_directory;
	uint64_t size;
};

/* The sum over all bytes of the set but the two that hold it. */
static uint16_t set_checksum(const uint8_t *set, size_t n)
{
	uint16_t sum = 0;

	for (size_t i = 0; i < n; i++)
		if (i != 2 && i != 3)
			sum = (uint16_t)((sum << 15 | sum >> 1) + set[i]);
	return sum;
}

/* Bytes of the whole set at p, or 0 where there is none that can be relied on. */
static size_t parse_set(const uint8_t *p, size_t n, struct entry_set *set)
{
	uint8_t name[(UINT8_MAX + 1) * 2];
	size_t size = ((size_t)p[1] + 1) * ENTRY, units;

	if (p[0] != TYPE_FILE || p[1] < 2 || size > n || p[ENTRY] != TYPE_STREAM ||
	    set_checksum(p, size) != exh_le16(p + 2))
		return 0;
	units = p[ENTRY + 3];
	if (!units || (units + NAME_UNITS - 1) / NAME_UNITS > (size_t)p[1] - 1)
		return 0;
	for (size_t i = 0; i < units; i++)
		memcpy(name + 2 * i, p + (2 + i / NAME_UNITS) * ENTRY + 2 + i % NAME_UNITS * 2, 2);
	set->name = exh_json_utf16le(name, units);
	set->is_directory = exh_le16(p + 4) & ATTR_DIRECTORY;
	set->size = exh_le64(p + ENTRY + 24);
	return set->name ? size : 0;
}

static bool libtsk_has(const TSK_FS_DIR *dir, const char *name)
{
	for (size_t i = 0; i < dir->names_used; i++)
		if (dir->names[i].name && !strcmp(dir->names[i].name, name))
			return true;
	return false;
}

static int emit_set(struct exh_walk *walk, const struct entry_set *set, const char *path,
		    size_t length)
{
	_cleanup_json_ json_t *above = exh_json_text(path, length);
	json_t *row;
	int r;

	row = json_pack("{s:I, s:o, s:b, s:s, s:{}}", "partition", (json_int_t)walk->partition,
			"path",
			json_sprintf("%s/%s", above ? json_string_value(above) : "",
				     json_string_value(set->name)),
			"allocated", 1, "kind", set->is_directory ? "directory" : "file", "times");
	if (!row)
		return exh_fail(walk->w->ctx, EXH_E_NOMEM, "out of memory");
	if (set->size <= INT64_MAX)
		json_object_set_new(row, "size", json_integer((json_int_t)set->size));
	r = exh_walk_put(walk, row, NULL);
	if (r < 0 || !set->is_directory)
		return r;
	return exh_emit_problem(walk->w,
				exh_problem(EXH_P_LIST_INCOMPLETE,
					    "partition %llu: %s/%s: what is in this directory is "
					    "not listed: its times are not set",
					    (unsigned long long)walk->partition,
					    above ? json_string_value(above) : "",
					    json_string_value(set->name)));
}

static ssize_t read_directory(const TSK_FS_DIR *dir, TSK_INUM_T inode, uint8_t **bytes)
{
	TSK_FS_FILE *file = tsk_fs_file_open_meta(dir->fs_info, NULL, inode);
	ssize_t n = -1;

	if (file && file->meta && file->meta->size > 0 && file->meta->size <= MAX_DIRECTORY) {
		*bytes = malloc((size_t)file->meta->size);
		n = *bytes ? tsk_fs_file_read(file, 0, (char *)*bytes, (size_t)file->meta->size,
					      TSK_FS_FILE_READ_FLAG_NONE)
			   : -1;
	}
	tsk_fs_file_close(file);
	tsk_error_reset();
	return n;
}

int exh_exfat_emit_missing(struct exh_walk *walk, const TSK_FS_DIR *dir, TSK_INUM_T inode,
			   const char *path, size_t path_length)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	ssize_t n =
		inode == TSK_FS_ORPHANDIR_INUM(walk->fs) ? -1 : read_directory(dir, inode, &bytes);
	int r = 0;

	for (ssize_t at = 0; !r && at + ENTRY <= n;) {
		struct entry_set set = {0};
		size_t size = parse_set(bytes + at, (size_t)(n - at), &set);

		if (size && !libtsk_has(dir, json_string_value(set.name)))
			r = emit_set(walk, &set, path, path_length);
		json_decref(set.name);
		at += size ? (ssize_t)size : ENTRY;
	}
	return r;
}
