// SPDX-License-Identifier: Apache-2.0
#include "subject.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tsk/fs/tsk_ntfs.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/problem.h"
#include "base/text.h"
#include "mapper/files/partial.h"

#define NTFS_BITMAP 6
#define MAX_SEEN    (1ULL << 33)

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

/* The file systems' own files: records of NTFS, inodes of ext and HFS+, and what libtsk shows of
 * FAT as files. */
static bool is_structure(const struct exh_subject *s)
{
	TSK_FS_TYPE_ENUM type = s->h->walk->fs->ftype;
	TSK_INUM_T inode = s->file->meta->addr;

	if (s->file->meta->type == TSK_FS_META_TYPE_VIRT)
		return true;
	if (TSK_FS_TYPE_ISNTFS(type))
		return (inode < EXH_NTFS_RESERVED && inode != s->h->walk->fs->root_inum) ||
		       exh_subject_is_below(s, "/$Extend/");
	if (TSK_FS_TYPE_ISEXT(type))
		return inode < EXH_EXT_FIRST_FILE && inode != s->h->walk->fs->root_inum;
	return TSK_FS_TYPE_ISHFS(type) && inode < 16 && exh_subject_is_below(s, "/$");
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

/* ---- runs ---- */

/* The last block of a file of UFS may be shorter than the others; libtsk's run has it whole. */
static uint64_t end_of_fragments(const struct exh_walk *walk, const TSK_FS_ATTR *attr)
{
	uint64_t block = walk->fs->block_size;

	if (!TSK_FS_TYPE_ISFFS(walk->fs->ftype) || attr->type != TSK_FS_ATTR_TYPE_DEFAULT ||
	    attr->size < 0)
		return INT64_MAX;
	return ((uint64_t)attr->size + block - 1) / block * block;
}

/* Runs without bytes on the medium are none. */
bool exh_extent_of(const struct exh_walk *walk, const TSK_FS_ATTR *attr, const TSK_FS_ATTR_RUN *run,
		   struct exh_extent *e)
{
	uint64_t block = walk->fs->block_size, end = end_of_fragments(walk, attr);
	bool fits = !(run->flags & (TSK_FS_ATTR_RUN_FLAG_SPARSE | TSK_FS_ATTR_RUN_FLAG_FILLER)) &&
		    run->len && !exh_mul_overflows(run->addr, block, &e->start) &&
		    !exh_mul_overflows(run->len, block, &e->length) &&
		    !exh_mul_overflows(run->offset, block, &e->offset) &&
		    e->length <= INT64_MAX - e->start && e->length <= INT64_MAX - e->offset;

	if (!fits || e->offset >= end)
		return false;
	e->length = exh_min(e->length, end - e->offset);
	/* libtsk counts these in bytes; each is one block */
	if (attr->type == TSK_FS_ATTR_TYPE_UNIX_EXTENT)
		e->length = exh_min(e->length, block);
	return true;
}

/* The bytes of an attribute that a reader would get from the medium. */
static uint64_t valid_bytes(const struct exh_subject *s, const TSK_FS_ATTR *attr)
{
	uint64_t size = attr->size > 0 ? (uint64_t)attr->size : 0;

	if (TSK_FS_TYPE_ISNTFS(s->h->walk->fs->ftype) && attr->nrd.initsize >= 0)
		size = exh_min(size, (uint64_t)attr->nrd.initsize);
	return size;
}

int exh_meet_content(const struct exh_subject *s, uint64_t skip, uint64_t valid,
		     const struct exh_extent *e, struct exh_tally *t)
{
	struct exh_claims *c = &s->h->claims;
	enum exh_lost_class what = s->is_allocated ? EXH_LOST_CONTENT : EXH_LOST_DELETED;
	uint64_t end = e->start + e->length;
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

int exh_meet_structure(const struct exh_subject *s, const struct exh_extent *e, struct exh_tally *t)
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

static bool belongs_to_structure(const struct exh_subject *s, const TSK_FS_ATTR *attr)
{
	return s->is_structure || s->is_directory || !is_content(attr);
}

/* libtsk fills in for runs that no record tells of; by the rules of ext and APFS these are holes.
 */
static int note_unknown(const struct exh_subject *s, const TSK_FS_ATTR *attr,
			const TSK_FS_ATTR_RUN *run, struct exh_tally *unknown)
{
	const TSK_FS_INFO *fs = s->h->walk->fs;
	uint64_t start, length, size = attr->size > 0 ? (uint64_t)attr->size : 0;

	if (!(run->flags & TSK_FS_ATTR_RUN_FLAG_FILLER) || !s->is_allocated ||
	    TSK_FS_TYPE_ISEXT(fs->ftype) || TSK_FS_TYPE_ISAPFS(fs->ftype) ||
	    exh_mul_overflows(run->offset, fs->block_size, &start) ||
	    exh_mul_overflows(run->len, fs->block_size, &length) || start >= size)
		return 0;
	return exh_tally_add(s->h->w->ctx, unknown, start, exh_min(length, size - start));
}

static int meet_runs(struct exh_subject *s, const TSK_FS_ATTR *attr, struct exh_loss_of_file *loss)
{
	uint64_t valid = valid_bytes(s, attr);
	bool structure = belongs_to_structure(s, attr);
	int r = 0;

	if (!structure && attr->flags & TSK_FS_ATTR_COMP &&
	    TSK_FS_TYPE_ISNTFS(s->h->walk->fs->ftype))
		return exh_hits_compressed(s->h, attr,
					   s->is_allocated ? EXH_LOST_CONTENT : EXH_LOST_DELETED,
					   &loss->lost);
	for (const TSK_FS_ATTR_RUN *run = attr->nrd.run; !r && run; run = run->next) {
		struct exh_extent e;

		if (!structure)
			r = note_unknown(s, attr, run, &loss->unknown);
		if (r || !exh_extent_of(s->h->walk, attr, run, &e))
			continue;
		r = structure ? exh_meet_structure(s, &e, &loss->lost)
			      : exh_meet_content(s, attr->nrd.skiplen, valid, &e, &loss->lost);
	}
	return r;
}

/* ---- one file ---- */

static int remember_bitmap(struct exh_hits *h, const TSK_FS_ATTR *attr)
{
	struct exh_tally t = {0};
	int r = 0;

	for (const TSK_FS_ATTR_RUN *run = attr->nrd.run; !r && run; run = run->next) {
		struct exh_extent e;
		size_t i;

		if (!exh_extent_of(h->walk, attr, run, &e) ||
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
	h->bit = h->walk->fs->block_size;
	if (h->repair->kind == EXH_LAYOUT_EXFAT)
		exh_fat_heap(h->repair, &h->first_bit, &h->bit);
	h->bitmap = t.list;
	h->nr_bitmap = t.nr;
	return r;
}

static bool is_bitmap(const struct exh_subject *s, const TSK_FS_ATTR *attr)
{
	if (s->h->walk->fs->ftype == TSK_FS_TYPE_EXFAT)
		return s->is_structure && s->path && !strcmp(s->path, "/$ALLOC_BITMAP");
	return TSK_FS_TYPE_ISNTFS(s->h->walk->fs->ftype) &&
	       attr->type == TSK_FS_ATTR_TYPE_NTFS_DATA && s->file->meta->addr == NTFS_BITMAP;
}

static bool leads_to_content(const TSK_FS_ATTR *attr)
{
	return attr->type == TSK_FS_ATTR_TYPE_UNIX_EXTENT ||
	       attr->type == TSK_FS_ATTR_TYPE_UNIX_INDIR ||
	       attr->type == TSK_FS_ATTR_TYPE_NTFS_ATTRLIST;
}

static int tell_attribute(struct exh_subject *s, const TSK_FS_ATTR *attr,
			  const struct exh_loss_of_file *loss)
{
	int r;

	if (!loss->lost.nr && !loss->unknown.nr)
		return 0;
	if (!belongs_to_structure(s, attr))
		return exh_tell_file(s, attr, loss);
	r = exh_tell_structure(s, attr, &loss->lost);
	if (!r && leads_to_content(attr) && s->path && s->is_allocated)
		r = exh_tell_unreachable(s->h, exh_subject_path(s, NULL), s->file->meta->addr,
					 "content", "what tells where it lies is lost");
	return r;
}

static int meet_attribute(struct exh_subject *s, const TSK_FS_ATTR *attr)
{
	struct exh_loss_of_file loss = {0};
	int r = 0;

	if (!(attr->flags & TSK_FS_ATTR_NONRES))
		return 0;
	r = meet_runs(s, attr, &loss);
	if (!r)
		r = tell_attribute(s, attr, &loss);
	exh_tally_clear(&loss.lost);
	exh_tally_clear(&loss.unknown);
	if (!r && is_bitmap(s, attr))
		r = remember_bitmap(s->h, attr);
	return r;
}

/* Not every reader of libtsk says so when it could not read where the content lies. */
static bool lacks_runs(const struct exh_subject *s)
{
	TSK_FS_META_TYPE_ENUM type = s->file->meta->type;

	/* the catalog is all that a directory of HFS+ has */
	if (TSK_FS_TYPE_ISHFS(s->h->walk->fs->ftype) && s->is_directory)
		return false;
	return s->file->meta->attr_state != TSK_FS_META_ATTR_STUDIED && s->is_allocated &&
	       (type == TSK_FS_META_TYPE_DIR || type == TSK_FS_META_TYPE_REG ||
		type == TSK_FS_META_TYPE_LNK);
}

static int meet_without_runs(struct exh_subject *s)
{
	int r = exh_meet_partial(s);

	if (r < 0 || !s->path)
		return r < 0 ? r : 0;
	return exh_tell_unreachable(s->h, exh_subject_path(s, NULL), s->file->meta->addr, "content",
				    r ? "what tells where it lies cannot be read"
				      : "a part of what tells where it lies is lost");
}

static int meet_file(struct exh_subject *s)
{
	int n, r = 0;

	tsk_error_reset();
	n = tsk_fs_file_attr_getsize(s->file);
	if (lacks_runs(s))
		r = meet_without_runs(s);
	for (int i = 0; !r && i < n; i++) {
		const TSK_FS_ATTR *attr = tsk_fs_file_attr_get_idx(s->file, i);

		if (attr)
			r = meet_attribute(s, attr);
	}
	tsk_error_reset();
	return r;
}

static void complete(struct exh_subject *s)
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

static const char *home_of_metadata(TSK_FS_TYPE_ENUM type)
{
	if (TSK_FS_TYPE_ISNTFS(type))
		return "its record in $MFT is lost";
	if (TSK_FS_TYPE_ISEXT(type))
		return "its inode cannot be read";
	return "its metadata cannot be read";
}

static int visit(struct exh_walk *walk, const TSK_FS_FILE *file, const char *path, size_t n)
{
	struct exh_hits *h = walk->opaque;
	struct exh_subject s = {.h = h,
				.file = (TSK_FS_FILE *)file, /* libtsk loads attributes on demand */
				.path = path,
				.path_length = n,
				.is_allocated = file->name->flags & TSK_FS_NAME_FLAG_ALLOC};

	/* a medium that is written once deletes nothing: what libtsk calls an orphan is in another
	 * tree, or its directory is lost */
	if (TSK_FS_TYPE_ISISO9660(walk->fs->ftype))
		s.is_allocated = true;
	walk->rows++;
	if (!file->meta) {
		/* an inode of 0 is how some file systems say that the name has none */
		return s.is_allocated && file->name->meta_addr
			       ? exh_tell_unreachable(
					 h, exh_subject_path(&s, NULL), file->name->meta_addr,
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
	return exh_tell_unreachable(h, n ? exh_json_text(path, n) : json_string("/"), inode,
				    "directory-entries", "a part of the directory cannot be read");
}

int exh_hits_inode(struct exh_hits *h, TSK_INUM_T inode, const char *path)
{
	TSK_FS_FILE *file = tsk_fs_file_open_meta(h->walk->fs, NULL, inode);
	struct exh_subject s = {.h = h,
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
	if (!r && TSK_FS_TYPE_ISISO9660(walk->fs->ftype)) {
		r = exh_claims_settle(h->w->ctx, &h->claims);
		r = r ? r : exh_hits_iso_trees(h);
	}
	if (!r)
		r = exh_hits_rest(h);
	free(h->seen);
	h->seen = NULL;
	free(h->bitmap);
	h->bitmap = NULL;
	h->nr_bitmap = 0;
	h->first_bit = 0;
	return r;
}
