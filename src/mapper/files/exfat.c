// SPDX-License-Identifier: Apache-2.0
/* Directory entry sets of exFAT (Microsoft, "exFAT file system specification", sections 6 and 7.4
 * to 7.7). */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
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
#define NO_FAT_CHAIN   0x02
#define FIRST_CLUSTER  2
#define MAX_DIRECTORY  (16 << 20) /* the specification allows 256 MiB; nobody makes one */
#define MAX_DEPTH      32	  /* of directories below one that libtsk does not take */

struct entry_set {
	json_t *name;
	bool is_directory, is_chained;
	uint32_t first;
	uint64_t size, valid;
};

struct geometry {
	uint64_t fat, heap, cluster; /* bytes */
	uint32_t clusters;
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
	set->is_chained = !(p[ENTRY + 1] & NO_FAT_CHAIN);
	set->valid = exh_le64(p + ENTRY + 8);
	set->first = exh_le32(p + ENTRY + 20);
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

/* Section 3.1: the main boot sector. 0, or 1 where it is none. */
static int read_geometry(struct exh_walk *walk, struct geometry *g)
{
	uint8_t boot[512];

	if (exh_source_read(walk->w->ctx, walk->slice, boot, sizeof(boot), 0) < 0 ||
	    memcmp(boot + 3, "EXFAT   ", 8) != 0 || boot[108] < 9 || boot[108] > 12 ||
	    boot[109] > 25 - boot[108])
		return 1;
	g->fat = (uint64_t)exh_le32(boot + 80) << boot[108];
	g->heap = (uint64_t)exh_le32(boot + 88) << boot[108];
	g->clusters = exh_le32(boot + 92);
	g->cluster = 1ULL << (boot[108] + boot[109]);
	return 0;
}

/* The cluster behind this one, or 0 where the chain cannot be followed. */
static uint32_t next_cluster(struct exh_walk *walk, const struct geometry *g, uint32_t cluster)
{
	uint8_t entry[4];

	if (exh_source_read(walk->w->ctx, walk->slice, entry, sizeof(entry),
			    g->fat + 4 * (uint64_t)cluster) < 0)
		return 0;
	return exh_le32(entry);
}

/* A chain that ends early leaves bytes of which nobody knows where they are; what is not valid yet
 * reads as zeros. */
static int content_of(struct exh_walk *walk, const struct geometry *g, const struct entry_set *set,
		      struct exh_content *content)
{
	uint64_t valid = exh_min(set->valid, set->size), left = valid;
	uint32_t cluster = set->first;
	int r = 0;

	*content = (struct exh_content){.size = set->size};
	while (!r && left && cluster >= FIRST_CLUSTER && cluster - FIRST_CLUSTER < g->clusters) {
		uint64_t start = g->heap + (cluster - FIRST_CLUSTER) * g->cluster;
		uint64_t n = exh_min(left, g->cluster);

		if (!set->is_chained)
			n = exh_min(left, (g->clusters - (cluster - FIRST_CLUSTER)) * g->cluster);
		r = exh_content_add(walk->w->ctx, content, EXH_PIECE_DATA, start, n);
		left -= n;
		cluster = set->is_chained && left ? next_cluster(walk, g, cluster) : 0;
	}
	if (!r)
		r = exh_content_add(walk->w->ctx, content, EXH_PIECE_UNKNOWN, 0, left);
	if (!r)
		r = exh_content_add(walk->w->ctx, content, EXH_PIECE_HOLE, 0, set->size - valid);
	return r;
}

static int put_row(struct exh_walk *walk, const struct entry_set *set, json_t *path,
		   struct exh_content *content)
{
	json_t *row = json_pack("{s:I, s:o, s:b, s:s, s:{}}", "partition",
				(json_int_t)walk->partition, "path", path, "allocated", 1, "kind",
				set->is_directory ? "directory" : "file", "times");

	if (!row)
		return exh_fail(walk->w->ctx, EXH_E_NOMEM, "out of memory");
	if (set->size <= INT64_MAX)
		json_object_set_new(row, "size", json_integer((json_int_t)set->size));
	return exh_walk_put(walk, row, set->is_directory ? NULL : content);
}

static int emit_sets(struct exh_walk *walk, const struct geometry *g, const uint8_t *bytes,
		     size_t n, const TSK_FS_DIR *known, const char *path, unsigned depth);

static int say_cut(struct exh_walk *walk, const char *path, const char *why)
{
	return exh_emit_problem(walk->w,
				exh_problem(EXH_P_LIST_INCOMPLETE,
					    "partition %llu: %s: what is in this directory is not "
					    "listed: %s",
					    (unsigned long long)walk->partition, path, why));
}

/* libtsk does not go into a directory that it does not take. */
static int enter(struct exh_walk *walk, const struct geometry *g, const struct exh_content *content,
		 const char *path, unsigned depth)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	uint64_t at = 0;

	if (depth >= MAX_DEPTH)
		return say_cut(walk, path, "it is too deep");
	if (content->size > MAX_DIRECTORY)
		return say_cut(walk, path, "it is too large");
	bytes = calloc(1, content->size + 1);
	if (!bytes)
		return exh_fail(walk->w->ctx, EXH_E_NOMEM, "out of memory");
	for (size_t i = 0; i < content->nr; i++) {
		const struct exh_piece *piece = &content->pieces[i];

		if (piece->kind == EXH_PIECE_UNKNOWN ||
		    (piece->kind == EXH_PIECE_DATA &&
		     exh_source_read(walk->w->ctx, walk->slice, bytes + at, piece->length,
				     piece->start) < 0))
			return say_cut(walk, path, "it cannot be read");
		at += piece->length;
	}
	return emit_sets(walk, g, bytes, content->size, NULL, path, depth + 1);
}

static int emit_set(struct exh_walk *walk, const struct geometry *g, const struct entry_set *set,
		    const char *above, unsigned depth)
{
	_cleanup_json_ json_t *path = json_sprintf("%s/%s", above, json_string_value(set->name));
	struct exh_content content = {0};
	int r = path ? content_of(walk, g, set, &content)
		     : exh_fail(walk->w->ctx, EXH_E_NOMEM, "out of memory");

	if (!r)
		r = put_row(walk, set, json_incref(path), &content);
	if (!r && set->is_directory)
		r = enter(walk, g, &content, json_string_value(path), depth);
	exh_content_clear(&content);
	return r;
}

static int emit_sets(struct exh_walk *walk, const struct geometry *g, const uint8_t *bytes,
		     size_t n, const TSK_FS_DIR *known, const char *path, unsigned depth)
{
	int r = 0;

	for (size_t at = 0; !r && at + ENTRY <= n;) {
		struct entry_set set = {0};
		size_t size = parse_set(bytes + at, n - at, &set);

		if (size && !(known && libtsk_has(known, json_string_value(set.name))))
			r = emit_set(walk, g, &set, path, depth);
		json_decref(set.name);
		at += size ? size : ENTRY;
	}
	return r;
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
	_cleanup_json_ json_t *above = exh_json_text(path, path_length);
	_cleanup_free_ uint8_t *bytes = NULL;
	struct geometry g;
	ssize_t n = inode == TSK_FS_ORPHANDIR_INUM(walk->fs) || read_geometry(walk, &g)
			    ? -1
			    : read_directory(dir, inode, &bytes);

	if (!above || n < 0)
		return 0;
	return emit_sets(walk, &g, bytes, (size_t)n, dir, json_string_value(above), 0);
}
