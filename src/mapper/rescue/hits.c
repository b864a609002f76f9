// SPDX-License-Identifier: Apache-2.0
#include "hits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tsk/fs/tsk_ntfs.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/problem.h"
#include "base/text.h"

#define NTFS_BITMAP	6
#define EXT_JOURNAL	8
#define EXT_RESIZE	7
#define MAX_SEEN	(1ULL << 33)
#define RANGES_IN_A_ROW 65536

/* A file whose attributes are being met with the lost ranges. */
struct subject {
	struct exh_hits *h;
	TSK_FS_FILE *file;
	const char *path; /* NULL: no name leads to it */
	size_t path_length;
	bool is_allocated, is_structure, is_directory;
};

/* ---- which file is what ---- */

bool exh_hits_has_seen(const struct exh_hits *h, TSK_INUM_T inode)
{
	return h->seen && inode < MAX_SEEN && h->seen[inode / 8] & 1U << inode % 8;
}

static void see(struct exh_hits *h, TSK_INUM_T inode)
{
	if (h->seen && inode <= h->walk->fs->last_inum && inode < MAX_SEEN)
		h->seen[inode / 8] |= (uint8_t)(1U << inode % 8);
}

static bool has_prefix(const struct subject *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s->path && s->path_length > n && !strncmp(s->path, prefix, n);
}

/* The file systems' own files: records of NTFS, inodes of ext and HFS+, and what libtsk shows of
 * FAT as files. */
static bool is_structure(const struct subject *s)
{
	TSK_FS_TYPE_ENUM type = s->h->walk->fs->ftype;
	TSK_INUM_T inode = s->file->meta->addr;

	if (s->file->meta->type == TSK_FS_META_TYPE_VIRT)
		return true;
	if (TSK_FS_TYPE_ISNTFS(type))
		return (inode < EXH_NTFS_RESERVED && inode != s->h->walk->fs->root_inum) ||
		       has_prefix(s, "/$Extend/");
	if (TSK_FS_TYPE_ISEXT(type))
		return inode < EXH_EXT_FIRST_FILE && inode != s->h->walk->fs->root_inum;
	return TSK_FS_TYPE_ISHFS(type) && inode < 16 && has_prefix(s, "/$");
}

static bool is_content(const TSK_FS_ATTR *attr)
{
	switch ((int)attr->type) {
	case TSK_FS_ATTR_TYPE_DEFAULT:
	case TSK_FS_ATTR_TYPE_NTFS_DATA:
	case TSK_FS_ATTR_TYPE_HFS_DATA:
	case TSK_FS_ATTR_TYPE_HFS_RSRC:
		return true;
	}
	return false;
}

static const char *stream_of(const TSK_FS_ATTR *attr)
{
	if (!attr->name || !attr->name[0] || attr->type == TSK_FS_ATTR_TYPE_HFS_DATA)
		return NULL;
	return attr->name;
}

static json_t *path_of(const struct subject *s, const char *stream)
{
	_cleanup_free_ char *joined = NULL;
	int n;

	if (!s->path_length)
		return json_string("/");
	n = asprintf(&joined, "%.*s%s%s", (int)s->path_length, s->path, stream ? ":" : "",
		     stream ? stream : "");

	if (n < 0) {
		joined = NULL;
		return NULL;
	}
	return exh_json_text(joined, (size_t)n);
}

static void add_identity(json_t *row, const struct subject *s)
{
	const char *volume = s->h->walk->volume;

	json_object_set_new(row, "inode", json_integer((json_int_t)s->file->meta->addr));
	if (volume)
		json_object_set_new(row, "volume", exh_json_text(volume, strlen(volume)));
}

/* ---- what cannot be reached any more ---- */

static int tell_unreachable(struct exh_hits *h, json_t *path, TSK_INUM_T inode, const char *what,
			    const char *because)
{
	json_t *row = json_pack("{s:o, s:I, s:s, s:s}", "path", path, "inode", (json_int_t)inode,
				"what", what, "because", because);

	if (!row)
		return exh_fail(h->w->ctx, EXH_E_NOMEM, "out of memory");
	if (h->walk->volume)
		json_object_set_new(row, "volume",
				    exh_json_text(h->walk->volume, strlen(h->walk->volume)));
	return exh_emit_row(h->w, "unreachable", row);
}

static const char *home_of_metadata(TSK_FS_TYPE_ENUM type)
{
	if (TSK_FS_TYPE_ISNTFS(type))
		return "its record in $MFT is lost";
	if (TSK_FS_TYPE_ISEXT(type))
		return "its inode cannot be read";
	return "its metadata cannot be read";
}

/* ---- runs ---- */

struct extent {
	uint64_t start, length; /* bytes of the partition */
	uint64_t offset;	/* inside the attribute */
};

/* Runs without bytes on the medium are none. */
static bool extent_of(const struct exh_walk *walk, const TSK_FS_ATTR_RUN *run, struct extent *e)
{
	uint64_t block = walk->fs->block_size;

	return !(run->flags & (TSK_FS_ATTR_RUN_FLAG_SPARSE | TSK_FS_ATTR_RUN_FLAG_FILLER)) &&
	       run->len && !exh_mul_overflows(run->addr, block, &e->start) &&
	       !exh_mul_overflows(run->len, block, &e->length) &&
	       !exh_mul_overflows(run->offset, block, &e->offset) &&
	       e->length <= INT64_MAX - e->start && e->length <= INT64_MAX - e->offset;
}

/* The bytes of an attribute that a reader would get from the medium. */
static uint64_t valid_bytes(const struct subject *s, const TSK_FS_ATTR *attr)
{
	uint64_t size = attr->size > 0 ? (uint64_t)attr->size : 0;

	if (TSK_FS_TYPE_ISNTFS(s->h->walk->fs->ftype) && attr->nrd.initsize >= 0)
		size = exh_min(size, (uint64_t)attr->nrd.initsize);
	return size;
}

static int meet_content(struct subject *s, const TSK_FS_ATTR *attr, const struct extent *e,
			struct exh_tally *t)
{
	struct exh_claims *c = &s->h->claims;
	enum exh_lost_class what = s->is_allocated ? EXH_LOST_CONTENT : EXH_LOST_DELETED;
	uint64_t skip = attr->nrd.skiplen, valid = valid_bytes(s, attr), end = e->start + e->length;
	size_t i;
	int r = 0;

	if (!exh_claims_meet(c, e->start, e->length, &i))
		return 0;
	for (; !r && i < c->nr_lost && c->lost[i].start < end; i++) {
		uint64_t from = exh_max(c->lost[i].start, e->start);
		uint64_t to = exh_min(c->lost[i].start + c->lost[i].length, end);
		uint64_t at = e->offset + (from - e->start), first = exh_max(at, skip);
		uint64_t last = exh_min(at + (to - from), valid + skip);

		if (first < last) {
			r = exh_tally_add(s->h->w->ctx, t, first - skip, last - first);
			if (!r)
				r = exh_claims_add(s->h->w->ctx, c, from + (first - at),
						   last - first, what);
		}
		if (!r && s->is_allocated)
			r = exh_claims_add(s->h->w->ctx, c, from, to - from, EXH_LOST_SLACK);
	}
	return r;
}

static int meet_structure(struct subject *s, const struct extent *e, struct exh_tally *t)
{
	struct exh_claims *c = &s->h->claims;
	uint64_t end = e->start + e->length;
	size_t i;
	int r;

	if (!exh_claims_meet(c, e->start, e->length, &i))
		return 0;
	r = s->is_allocated
		    ? exh_claims_add(s->h->w->ctx, c, e->start, e->length, EXH_LOST_METADATA)
		    : 0;
	for (; !r && i < c->nr_lost && c->lost[i].start < end; i++) {
		uint64_t from = exh_max(c->lost[i].start, e->start);
		uint64_t to = exh_min(c->lost[i].start + c->lost[i].length, end);

		r = exh_tally_add(s->h->w->ctx, t, from, to - from);
	}
	return r;
}

static bool belongs_to_structure(const struct subject *s, const TSK_FS_ATTR *attr)
{
	return s->is_structure || s->is_directory || !is_content(attr);
}

static int meet_runs(struct subject *s, const TSK_FS_ATTR *attr, struct exh_tally *t)
{
	bool structure = belongs_to_structure(s, attr);
	int r = 0;

	if (!structure && attr->flags & TSK_FS_ATTR_COMP &&
	    TSK_FS_TYPE_ISNTFS(s->h->walk->fs->ftype))
		return exh_hits_compressed(
			s->h, attr, s->is_allocated ? EXH_LOST_CONTENT : EXH_LOST_DELETED, t);
	for (const TSK_FS_ATTR_RUN *run = attr->nrd.run; !r && run; run = run->next) {
		struct extent e;

		if (!extent_of(s->h->walk, run, &e))
			continue;
		/* libtsk counts these in bytes; each is one block */
		if (attr->type == TSK_FS_ATTR_TYPE_UNIX_EXTENT)
			e.length = exh_min(e.length, s->h->walk->fs->block_size);
		r = structure ? meet_structure(s, &e, t) : meet_content(s, attr, &e, t);
	}
	return r;
}

/* ---- rows ---- */

/* A row longer than a line may be goes out in pieces; the owner puts them together. */
static int tell_ranges(struct exh_hits *h, const char *list, json_t *row, const struct exh_tally *t)
{
	struct exh_tally part = *t;
	int r = 0;

	json_object_set_new(row, "lost", json_integer((json_int_t)t->bytes));
	for (size_t done = 0; !r && done < t->nr; done += part.nr) {
		json_t *piece = done ? json_object() : json_incref(row);

		part.list = t->list + done;
		part.nr = (size_t)exh_min(t->nr - done, RANGES_IN_A_ROW);
		json_object_set_new(piece, "ranges", exh_tally_text(&part));
		if (done)
			json_object_set_new(piece, "continues", json_true());
		r = exh_emit_row(h->w, list, piece);
	}
	json_decref(row);
	return r;
}

static const char *kind_of(const struct subject *s, const char *stream)
{
	if (stream)
		return "stream";
	return s->file->meta->type == TSK_FS_META_TYPE_LNK ? "symlink" : "file";
}

static int tell_file(struct subject *s, const TSK_FS_ATTR *attr, const struct exh_tally *t)
{
	const char *stream = stream_of(attr);
	const TSK_FS_META_NAME_LIST *name = s->file->meta->name2;
	json_t *row = json_pack("{s:s, s:b, s:I}", "kind", kind_of(s, stream), "allocated",
				s->is_allocated, "size", (json_int_t)attr->size);

	if (!row)
		return exh_fail(s->h->w->ctx, EXH_E_NOMEM, "out of memory");
	add_identity(row, s);
	if (s->path)
		json_object_set_new(row, "path", path_of(s, stream));
	else if (name)
		json_object_set_new(row, "name", exh_json_text(name->name, strlen(name->name)));
	if (attr->flags & TSK_FS_ATTR_COMP)
		json_object_set_new(row, "compressed", json_true());
	s->h->files++;
	return tell_ranges(s->h, "files", row, t);
}

static const struct {
	const char *path, *kind;
} own_files[] = {
	{"/$MFT", "mft"},
	{"/$MFTMirr", "mft-mirror"},
	{"/$LogFile", "journal"},
	{"/$Bitmap", "bitmap"},
	{"/$Boot", "boot-sector"},
	{"/$Secure", "security"},
	{"/$FAT1", "fat"},
	{"/$FAT2", "fat"},
	{"/$MBR", "boot-sector"},
	{"/$ALLOC_BITMAP", "bitmap"},
	{"/$UPCASE_TABLE", "upcase-table"},
};

static const char *structure_kind(const struct subject *s, const TSK_FS_ATTR *attr)
{
	TSK_INUM_T inode = s->file->meta->addr;

	if (attr->type == TSK_FS_ATTR_TYPE_UNIX_EXTENT)
		return "extent-tree";
	if (attr->type == TSK_FS_ATTR_TYPE_UNIX_INDIR)
		return "indirect-blocks";
	if (TSK_FS_TYPE_ISEXT(s->h->walk->fs->ftype) && s->is_structure)
		return inode == EXT_JOURNAL  ? "journal"
		       : inode == EXT_RESIZE ? "group-descriptors"
					     : "reserved-inode";
	for (size_t i = 0; s->path && i < sizeof(own_files) / sizeof(own_files[0]); i++)
		if (strlen(own_files[i].path) == s->path_length &&
		    !strncmp(own_files[i].path, s->path, s->path_length))
			return own_files[i].kind;
	if (s->is_directory)
		return "directory";
	return s->is_structure ? "file-system-file" : "attribute";
}

/* The file system's own files are known by names without a path. */
static json_t *structure_name(const struct subject *s)
{
	bool is_own = s->is_structure && has_prefix(s, "/$") && !has_prefix(s, "/$Extend/");

	if (!s->path_length)
		return json_string("/");
	return exh_json_text(s->path + is_own, s->path_length - is_own);
}

/* Which records of $MFT were lost. */
static void add_records(json_t *row, const struct subject *s, const TSK_FS_ATTR *attr)
{
	uint64_t size = ((const NTFS_INFO *)s->h->walk->fs)->mft_rsize_b;
	struct exh_tally items = {0};

	for (const TSK_FS_ATTR_RUN *run = attr->nrd.run; size && run; run = run->next) {
		const struct exh_claims *c = &s->h->claims;
		struct extent e;
		size_t i;

		if (!extent_of(s->h->walk, run, &e) || !exh_claims_meet(c, e.start, e.length, &i))
			continue;
		for (; i < c->nr_lost && c->lost[i].start < e.start + e.length; i++) {
			uint64_t from = exh_max(c->lost[i].start, e.start) - e.start + e.offset;
			uint64_t to =
				exh_min(c->lost[i].start + c->lost[i].length, e.start + e.length) -
				e.start + e.offset;

			exh_tally_add(s->h->w->ctx, &items, from / size,
				      (to - 1) / size - from / size + 1);
		}
	}
	json_object_set_new(row, "items", exh_tally_text(&items));
	exh_tally_clear(&items);
}

static int tell_structure(struct subject *s, const TSK_FS_ATTR *attr, const struct exh_tally *t)
{
	const char *kind = structure_kind(s, attr);
	json_t *row = json_pack("{s:s, s:b}", "kind", kind, "allocated", s->is_allocated);

	if (!row)
		return exh_fail(s->h->w->ctx, EXH_E_NOMEM, "out of memory");
	add_identity(row, s);
	if (s->path)
		json_object_set_new(row, "name", structure_name(s));
	else if (s->is_structure)
		json_object_set_new(row, "name",
				    json_sprintf("inode %" PRIuINUM, s->file->meta->addr));
	if (s->is_allocated && (s->is_directory || !strcmp(kind, "mft")))
		s->h->names_lost = true;
	if (!strcmp(kind, "mft") && attr->type == TSK_FS_ATTR_TYPE_NTFS_DATA)
		add_records(row, s, attr);
	return tell_ranges(s->h, "metadata", row, t);
}

/* ---- one file ---- */

static int remember_bitmap(struct exh_hits *h, const TSK_FS_ATTR *attr)
{
	struct exh_tally t = {0};
	int r = 0;

	for (const TSK_FS_ATTR_RUN *run = attr->nrd.run; !r && run; run = run->next) {
		struct extent e;
		size_t i;

		if (!extent_of(h->walk, run, &e) ||
		    !exh_claims_meet(&h->claims, e.start, e.length, &i))
			continue;
		for (; !r && i < h->claims.nr_lost && h->claims.lost[i].start < e.start + e.length;
		     i++) {
			const struct exh_range *lost = &h->claims.lost[i];
			uint64_t from = exh_max(lost->start, e.start);
			uint64_t to = exh_min(lost->start + lost->length, e.start + e.length);

			r = exh_tally_add(h->w->ctx, &t, e.offset + (from - e.start), to - from);
		}
	}
	free(h->bitmap);
	h->bitmap = t.list;
	h->nr_bitmap = t.nr;
	return r;
}

static bool leads_to_content(const TSK_FS_ATTR *attr)
{
	return attr->type == TSK_FS_ATTR_TYPE_UNIX_EXTENT ||
	       attr->type == TSK_FS_ATTR_TYPE_UNIX_INDIR ||
	       attr->type == TSK_FS_ATTR_TYPE_NTFS_ATTRLIST;
}

static int meet_attribute(struct subject *s, const TSK_FS_ATTR *attr)
{
	struct exh_tally t = {0};
	int r = 0;

	if (!(attr->flags & TSK_FS_ATTR_NONRES))
		return 0;
	r = meet_runs(s, attr, &t);
	if (!r && t.nr && belongs_to_structure(s, attr)) {
		r = tell_structure(s, attr, &t);
		if (!r && leads_to_content(attr) && s->path && s->is_allocated)
			r = tell_unreachable(s->h, path_of(s, NULL), s->file->meta->addr, "content",
					     "what tells where it lies is lost");
	} else if (!r && t.nr) {
		r = tell_file(s, attr, &t);
	}
	exh_tally_clear(&t);
	if (!r && TSK_FS_TYPE_ISNTFS(s->h->walk->fs->ftype) &&
	    attr->type == TSK_FS_ATTR_TYPE_NTFS_DATA && s->file->meta->addr == NTFS_BITMAP)
		r = remember_bitmap(s->h, attr);
	return r;
}

static int meet_file(struct subject *s)
{
	int n, r = 0;

	tsk_error_reset();
	n = tsk_fs_file_attr_getsize(s->file);
	/* not every reader of libtsk says so when it could not read where the content lies */
	if (s->file->meta->attr_state != TSK_FS_META_ATTR_STUDIED && s->path && s->is_allocated &&
	    (s->file->meta->type == TSK_FS_META_TYPE_DIR ||
	     s->file->meta->type == TSK_FS_META_TYPE_REG ||
	     s->file->meta->type == TSK_FS_META_TYPE_LNK))
		r = tell_unreachable(s->h, path_of(s, NULL), s->file->meta->addr, "content",
				     "what tells where it lies cannot be read");
	for (int i = 0; !r && i < n; i++) {
		const TSK_FS_ATTR *attr = tsk_fs_file_attr_get_idx(s->file, i);

		if (attr)
			r = meet_attribute(s, attr);
	}
	tsk_error_reset();
	return r;
}

static void complete(struct subject *s)
{
	s->is_directory = TSK_FS_IS_DIR_META(s->file->meta->type);
	s->is_structure = is_structure(s);
}

/* structures_fat.c knows more of what libtsk shows of FAT as files; the records of NTFS's own files
 * are met without their names. */
static bool is_met_elsewhere(const struct exh_walk *walk, const TSK_FS_FILE *file)
{
	TSK_FS_TYPE_ENUM type = walk->fs->ftype;

	if (TSK_FS_TYPE_ISNTFS(type))
		return file->meta->addr < EXH_NTFS_RESERVED &&
		       file->meta->addr != walk->fs->root_inum;
	return file->meta->type == TSK_FS_META_TYPE_VIRT && TSK_FS_TYPE_ISFAT(type) &&
	       type != TSK_FS_TYPE_EXFAT;
}

static int visit(struct exh_walk *walk, const TSK_FS_FILE *file, const char *path, size_t n)
{
	struct exh_hits *h = walk->opaque;
	struct subject s = {.h = h,
			    .file = (TSK_FS_FILE *)file, /* libtsk loads attributes on demand */
			    .path = path,
			    .path_length = n,
			    .is_allocated = file->name->flags & TSK_FS_NAME_FLAG_ALLOC};

	walk->rows++;
	if (!file->meta) {
		/* an inode of 0 is how some file systems say that the name has none */
		return s.is_allocated && file->name->meta_addr
			       ? tell_unreachable(h, path_of(&s, NULL), file->name->meta_addr,
						  TSK_FS_IS_DIR_NAME(file->name->type) ? "directory"
										       : "file",
						  home_of_metadata(walk->fs->ftype))
			       : 0;
	}
	if (s.is_allocated)
		see(h, file->name->meta_addr);
	if (is_met_elsewhere(walk, file))
		return 0;
	if (!s.is_allocated && exh_row_is_reallocated(file))
		return 0;
	complete(&s);
	return meet_file(&s);
}

static int unreadable(struct exh_walk *walk, TSK_INUM_T inode, const char *path, size_t n)
{
	struct exh_hits *h = walk->opaque;

	h->names_lost = true;
	/* the search for orphans is libtsk's own; where it stops, no name is lost */
	if (inode == TSK_FS_ORPHANDIR_INUM(walk->fs))
		return 0;
	return tell_unreachable(h, n ? exh_json_text(path, n) : json_string("/"), inode,
				"directory-entries", "a part of the directory cannot be read");
}

int exh_hits_inode(struct exh_hits *h, TSK_INUM_T inode, const char *path)
{
	TSK_FS_FILE *file = tsk_fs_file_open_meta(h->walk->fs, NULL, inode);
	struct subject s = {.h = h,
			    .file = file,
			    .path = path,
			    .path_length = path ? strlen(path) : 0,
			    .is_allocated = true};
	int r = 0;

	tsk_error_reset();
	if (file && file->meta && file->meta->flags & TSK_FS_META_FLAG_ALLOC) {
		complete(&s);
		r = meet_file(&s);
	}
	tsk_fs_file_close(file);
	return r;
}

int exh_hits_file_system(struct exh_walk *walk, void *opaque)
{
	struct exh_hits *h = opaque;
	int r;

	h->walk = walk;
	h->names_lost = false;
	h->seen = walk->fs->last_inum < MAX_SEEN ? calloc(1, walk->fs->last_inum / 8 + 1) : NULL;
	walk->visit = visit;
	walk->unreadable = unreadable;
	walk->opaque = h;
	r = exh_hits_structures(h);
	if (!r)
		r = exh_hits_reserved(h);
	if (!r)
		r = exh_walk_all(walk);
	if (!r)
		r = exh_hits_unnamed(h);
	if (!r)
		r = exh_hits_rest(h);
	free(h->seen);
	h->seen = NULL;
	return r;
}
