// SPDX-License-Identifier: Apache-2.0
/* What was found, as rows. */
#include "subject.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <tsk/fs/tsk_ntfs.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/text.h"

#define EXT_JOURNAL	8
#define EXT_RESIZE	7
#define RANGES_IN_A_ROW 65536

bool exh_subject_is_below(const struct exh_subject *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s->path && s->path_length > n && !strncmp(s->path, prefix, n);
}

static const char *stream_of(const TSK_FS_ATTR *attr)
{
	if (!attr->name || !attr->name[0] || attr->type == TSK_FS_ATTR_TYPE_HFS_DATA)
		return NULL;
	return attr->name;
}

json_t *exh_subject_path(const struct exh_subject *s, const char *stream)
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

static void add_identity(json_t *row, const struct exh_subject *s)
{
	const char *volume = s->h->walk->volume;

	json_object_set_new(row, "inode", json_integer((json_int_t)s->file->meta->addr));
	if (volume)
		json_object_set_new(row, "volume", exh_json_text(volume, strlen(volume)));
}

/* ---- what cannot be reached any more ---- */

int exh_tell_unreachable(struct exh_hits *h, json_t *path, TSK_INUM_T inode, const char *what,
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

static const char *kind_of(const struct exh_subject *s, const char *stream)
{
	if (stream)
		return "stream";
	return s->file->meta->type == TSK_FS_META_TYPE_LNK ? "symlink" : "file";
}

static void add_unknown(json_t *row, const struct exh_tally *unknown)
{
	struct exh_tally part = *unknown;

	if (!unknown->nr)
		return;
	part.nr = (size_t)exh_min(unknown->nr, RANGES_IN_A_ROW);
	json_object_set_new(row, "not_located", json_integer((json_int_t)unknown->bytes));
	json_object_set_new(row, "not_located_ranges", exh_tally_text(&part));
}

int exh_tell_file(const struct exh_subject *s, const TSK_FS_ATTR *attr,
		  const struct exh_loss_of_file *loss)
{
	const char *stream = attr ? stream_of(attr) : NULL;
	const TSK_FS_META_NAME_LIST *name = s->file->meta->name2;
	json_t *row = json_pack("{s:s, s:b, s:I}", "kind", kind_of(s, stream), "allocated",
				s->is_allocated, "size",
				(json_int_t)(attr ? attr->size : s->file->meta->size));

	if (!row)
		return exh_fail(s->h->w->ctx, EXH_E_NOMEM, "out of memory");
	add_identity(row, s);
	if (s->path)
		json_object_set_new(row, "path", exh_subject_path(s, stream));
	else if (name)
		json_object_set_new(row, "name", exh_json_text(name->name, strlen(name->name)));
	if (attr && attr->flags & TSK_FS_ATTR_COMP)
		json_object_set_new(row, "compressed", json_true());
	add_unknown(row, &loss->unknown);
	s->h->files++;
	return tell_ranges(s->h, "files", row, &loss->lost);
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

static const char *structure_kind(const struct exh_subject *s, const TSK_FS_ATTR *attr)
{
	TSK_INUM_T inode = s->file->meta->addr;

	if (attr && attr->type == TSK_FS_ATTR_TYPE_UNIX_EXTENT)
		return "extent-tree";
	if (attr && attr->type == TSK_FS_ATTR_TYPE_UNIX_INDIR)
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
static json_t *structure_name(const struct exh_subject *s)
{
	bool is_own = s->is_structure && exh_subject_is_below(s, "/$") &&
		      !exh_subject_is_below(s, "/$Extend/");

	if (!s->path_length)
		return json_string("/");
	return exh_json_text(s->path + is_own, s->path_length - is_own);
}

/* Which records of $MFT were lost. */
static void add_records(json_t *row, const struct exh_subject *s, const TSK_FS_ATTR *attr)
{
	uint64_t size = ((const NTFS_INFO *)s->h->walk->fs)->mft_rsize_b;
	struct exh_tally items = {0};

	for (const TSK_FS_ATTR_RUN *run = attr->nrd.run; size && run; run = run->next) {
		const struct exh_claims *c = &s->h->claims;
		struct exh_extent e;
		size_t i;

		if (!exh_extent_of(s->h->walk, attr, run, &e) ||
		    !exh_claims_meet(c, e.start, e.length, &i))
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

static int tell_kind(const struct exh_subject *s, const TSK_FS_ATTR *attr, const char *kind,
		     const struct exh_tally *t)
{
	json_t *row = json_pack("{s:s, s:b}", "kind", kind, "allocated", s->is_allocated);

	if (!row)
		return exh_fail(s->h->w->ctx, EXH_E_NOMEM, "out of memory");
	add_identity(row, s);
	if (s->path)
		json_object_set_new(row, "name", structure_name(s));
	else if (s->is_structure)
		json_object_set_new(row, "name",
				    json_sprintf("inode %" PRIuINUM, s->file->meta->addr));
	if (s->is_allocated && (!strcmp(kind, "directory") || !strcmp(kind, "mft")))
		s->h->names_lost = true;
	if (!strcmp(kind, "mft") && attr && attr->type == TSK_FS_ATTR_TYPE_NTFS_DATA)
		add_records(row, s, attr);
	return tell_ranges(s->h, "metadata", row, t);
}

int exh_tell_structure(const struct exh_subject *s, const TSK_FS_ATTR *attr,
		       const struct exh_tally *t)
{
	return tell_kind(s, attr, structure_kind(s, attr), t);
}

int exh_tell_map(const struct exh_subject *s, const struct exh_tally *t)
{
	bool is_tree = s->file->meta->content_type == TSK_FS_META_CONTENT_TYPE_EXT4_EXTENTS;

	return tell_kind(s, NULL, is_tree ? "extent-tree" : "indirect-blocks", t);
}
