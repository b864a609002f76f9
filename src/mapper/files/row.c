// SPDX-License-Identifier: Apache-2.0
/* A name of a file system as rows of the contract's list of files. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "files.h"
#include "partial.h"

static const char *const kinds[] = {
	[TSK_FS_META_TYPE_REG] = "file",
	[TSK_FS_META_TYPE_DIR] = "directory",
	[TSK_FS_META_TYPE_FIFO] = "fifo",
	[TSK_FS_META_TYPE_CHR] = "character-device",
	[TSK_FS_META_TYPE_BLK] = "block-device",
	[TSK_FS_META_TYPE_LNK] = "symlink",
	[TSK_FS_META_TYPE_SHAD] = "shadow",
	[TSK_FS_META_TYPE_SOCK] = "socket",
	[TSK_FS_META_TYPE_WHT] = "whiteout",
	[TSK_FS_META_TYPE_VIRT] = "virtual",
	[TSK_FS_META_TYPE_VIRT_DIR] = "virtual-directory",
};

static const TSK_FS_META_TYPE_ENUM type_of_name[] = {
	[TSK_FS_NAME_TYPE_FIFO] = TSK_FS_META_TYPE_FIFO,
	[TSK_FS_NAME_TYPE_CHR] = TSK_FS_META_TYPE_CHR,
	[TSK_FS_NAME_TYPE_DIR] = TSK_FS_META_TYPE_DIR,
	[TSK_FS_NAME_TYPE_BLK] = TSK_FS_META_TYPE_BLK,
	[TSK_FS_NAME_TYPE_REG] = TSK_FS_META_TYPE_REG,
	[TSK_FS_NAME_TYPE_LNK] = TSK_FS_META_TYPE_LNK,
	[TSK_FS_NAME_TYPE_SOCK] = TSK_FS_META_TYPE_SOCK,
	[TSK_FS_NAME_TYPE_SHAD] = TSK_FS_META_TYPE_SHAD,
	[TSK_FS_NAME_TYPE_WHT] = TSK_FS_META_TYPE_WHT,
	[TSK_FS_NAME_TYPE_VIRT] = TSK_FS_META_TYPE_VIRT,
	[TSK_FS_NAME_TYPE_VIRT_DIR] = TSK_FS_META_TYPE_VIRT_DIR,
};

/* The metadata are evidence of what the file was; the name only repeats it, and is all there is
 * when they went to another file. */
static const char *kind_of(const TSK_FS_FILE *file, bool reallocated)
{
	size_t type = TSK_FS_META_TYPE_UNDEF;

	if (file->meta && !reallocated)
		type = file->meta->type;
	else if ((size_t)file->name->type < sizeof(type_of_name) / sizeof(type_of_name[0]))
		type = type_of_name[file->name->type];
	return type < sizeof(kinds) / sizeof(kinds[0]) && kinds[type] ? kinds[type] : "unknown";
}

bool exh_row_has_local_times(TSK_FS_TYPE_ENUM type)
{
	return TSK_FS_TYPE_ISFAT(type);
}

/* RFC 3339 knows years of four digits. 0 is how libtsk says that there is none. */
static void add_time(json_t *times, const char *key, time_t seconds, uint32_t nanoseconds)
{
	struct tm tm;
	char text[64];
	size_t n;

	if (!seconds || !gmtime_r(&seconds, &tm) || tm.tm_year < -1900 || tm.tm_year > 8099)
		return;
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	if (nanoseconds && nanoseconds < 1000000000)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ".%09u", nanoseconds);
	snprintf(text + n, sizeof(text) - n, "Z");
	json_object_set_new(times, key, json_string(text));
}

static json_t *times_of(const TSK_FS_META *meta)
{
	json_t *times = json_object();

	add_time(times, "modified", meta->mtime, meta->mtime_nano);
	add_time(times, "accessed", meta->atime, meta->atime_nano);
	add_time(times, "changed", meta->ctime, meta->ctime_nano);
	add_time(times, "created", meta->crtime, meta->crtime_nano);
	return times;
}

static json_t *path_json(const char *path, size_t length, const char *stream)
{
	_cleanup_free_ char *joined = NULL;
	int n;

	if (!stream)
		return exh_json_text(path, length);
	n = asprintf(&joined, "%.*s:%s", (int)length, path, stream);
	if (n < 0) {
		joined = NULL;
		return NULL;
	}
	return exh_json_text(joined, (size_t)n);
}

/* NTFS counts a sequence number up when it frees an entry: the file that a deleted name meant has
 * the next one, if it is still there. */
bool exh_row_is_reallocated(const TSK_FS_FILE *file)
{
	if (file->name->flags & TSK_FS_NAME_FLAG_ALLOC || !file->meta)
		return false;
	if (file->meta->flags & TSK_FS_META_FLAG_ALLOC)
		return true;
	return TSK_FS_TYPE_ISNTFS(file->fs_info->ftype) &&
	       file->name->meta_seq != file->meta->seq &&
	       file->name->meta_seq + 1 != file->meta->seq;
}

/* A link says where it leads; what libtsk makes up for file systems without owners is no fact. */
static void add_metadata(const struct exh_walk *walk, const TSK_FS_META *meta, json_t *row)
{
	TSK_FS_TYPE_ENUM type = walk->fs->ftype;
	char mode[16];

	if (meta->type == TSK_FS_META_TYPE_LNK && meta->link)
		json_object_set_new(row, "target", exh_json_text(meta->link, strlen(meta->link)));
	if (TSK_FS_TYPE_ISNTFS(type) || TSK_FS_TYPE_ISFAT(type) || type == TSK_FS_TYPE_EXFAT)
		return;
	snprintf(mode, sizeof(mode), "%04o", (unsigned)meta->mode & 07777);
	json_object_set_new(row, "mode", json_string(mode));
	json_object_set_new(row, "uid", json_integer(meta->uid));
	json_object_set_new(row, "gid", json_integer(meta->gid));
}

static json_t *row_of(const struct exh_walk *walk, const TSK_FS_FILE *file, json_t *path,
		      const TSK_FS_ATTR *attr, bool is_stream)
{
	bool allocated = file->name->flags & TSK_FS_NAME_FLAG_ALLOC;
	bool reallocated = exh_row_is_reallocated(file);
	json_t *row =
		json_pack("{s:I, s:o, s:I, s:b, s:s}", "partition", (json_int_t)walk->partition,
			  "path", path, "inode", (json_int_t)file->name->meta_addr, "allocated",
			  allocated, "kind", is_stream ? "stream" : kind_of(file, reallocated));

	if (!row)
		return NULL;
	if (reallocated)
		json_object_set_new(row, "reallocated", json_true());
	else if (file->meta && (attr ? attr->size : file->meta->size) >= 0)
		json_object_set_new(row, "size",
				    json_integer(attr ? attr->size : file->meta->size));
	json_object_set_new(row, "times",
			    file->meta && !reallocated ? times_of(file->meta) : json_object());
	if (file->meta && !reallocated)
		add_metadata(walk, file->meta, row);
	if (walk->volume)
		json_object_set_new(row, "volume",
				    exh_json_text(walk->volume, strlen(walk->volume)));
	if (walk->name_type)
		json_object_set_new(row, "filesystem",
				    json_string(tsk_fs_type_toname(walk->fs->ftype)));
	return row;
}

/* Directories and links are told by their entries; of a deleted file of no bytes nothing is left
 * that a digest could be of. */
static bool has_content(const TSK_FS_FILE *file, const TSK_FS_ATTR *attr, bool is_stream)
{
	const TSK_FS_META *meta = file->meta;

	if (!meta || exh_row_is_reallocated(file))
		return false;
	if (!(file->name->flags & TSK_FS_NAME_FLAG_ALLOC) && (attr ? attr->size : meta->size) <= 0)
		return false;
	if (is_stream)
		return attr->type != TSK_FS_ATTR_TYPE_NTFS_IDXROOT;
	return meta->type == TSK_FS_META_TYPE_REG || meta->type == TSK_FS_META_TYPE_VIRT;
}

/* Contents that the metadata promise and that have no place are unknown, not empty. */
static int content_of(struct exh_walk *walk, const TSK_FS_FILE *file, const TSK_FS_ATTR *attr,
		      struct exh_content *content)
{
	int r = 1;

	if (!attr)
		attr = tsk_fs_file_attr_get((TSK_FS_FILE *)file);
	if (attr)
		return exh_content_of(walk->w->ctx, walk->fs, attr, content);
	tsk_error_reset();
	if (file->name && file->name->flags & TSK_FS_NAME_FLAG_ALLOC)
		r = exh_partial_content(walk, file, content, NULL, NULL);
	if (r <= 0)
		return r;
	*content =
		(struct exh_content){.size = file->meta->size > 0 ? (uint64_t)file->meta->size : 0};
	return exh_content_add(walk->w->ctx, content, EXH_PIECE_UNKNOWN, 0, content->size);
}

static int emit(struct exh_walk *walk, const TSK_FS_FILE *file, const char *path, size_t length,
		const TSK_FS_ATTR *attr, const char *stream)
{
	bool reads = has_content(file, attr, stream);
	struct exh_content content = {0};
	int r = reads ? content_of(walk, file, attr, &content) : 0;
	json_t *row;

	if (r < 0)
		return r;
	row = row_of(walk, file, path_json(path, length, stream), attr, stream);
	if (!row) {
		exh_content_clear(&content);
		return exh_fail(walk->w->ctx, EXH_E_NOMEM, "out of memory");
	}
	if (content.encrypted)
		json_object_set_new(row, "encrypted", json_true());
	if (content.recovered)
		json_object_set_new(row, "recovered", json_true());
	return exh_walk_put(walk, row, reads ? &content : NULL);
}

int exh_walk_put(struct exh_walk *walk, json_t *row, struct exh_content *content)
{
	bool allocated = json_is_true(json_object_get(row, "allocated"));
	int r;

	walk->rows++;
	*(allocated ? &walk->allocated : &walk->deleted) += 1;
	r = walk->put(walk, row, content);
	if (content)
		exh_content_clear(content);
	return r;
}

/*
 * NTFS and HFS+ keep several contents for a file. The unnamed one is the file's own; the index of a
 * directory is the directory's. Every other one is a stream of its own.
 */
static bool is_content(const TSK_FS_ATTR *attr)
{
	return attr->type == TSK_FS_ATTR_TYPE_NTFS_DATA ||
	       attr->type == TSK_FS_ATTR_TYPE_NTFS_IDXROOT ||
	       attr->type == TSK_FS_ATTR_TYPE_HFS_DATA || attr->type == TSK_FS_ATTR_TYPE_HFS_RSRC;
}

static const char *stream_name(const TSK_FS_ATTR *attr)
{
	if (!attr->name || !attr->name[0] || attr->type == TSK_FS_ATTR_TYPE_HFS_DATA)
		return NULL;
	if (attr->type == TSK_FS_ATTR_TYPE_NTFS_IDXROOT && !strcmp(attr->name, "$I30"))
		return NULL;
	return attr->name;
}

int exh_row_emit(struct exh_walk *walk, const TSK_FS_FILE *file, const char *path,
		 size_t path_length)
{
	TSK_FS_FILE *with_attributes = (TSK_FS_FILE *)file; /* libtsk loads them on demand */
	bool done = false;
	int r = 0, n = 0;

	if (file->meta &&
	    (TSK_FS_TYPE_ISNTFS(walk->fs->ftype) || TSK_FS_TYPE_ISHFS(walk->fs->ftype)))
		n = tsk_fs_file_attr_getsize(with_attributes);
	for (int i = 0; !r && i < n; i++) {
		const TSK_FS_ATTR *attr = tsk_fs_file_attr_get_idx(with_attributes, i);

		if (!attr || !is_content(attr))
			continue;
		r = emit(walk, file, path, path_length, attr, stream_name(attr));
		done = true;
	}
	tsk_error_reset();
	return r || done ? r : emit(walk, file, path, path_length, NULL, NULL);
}
