// SPDX-License-Identifier: Apache-2.0
/*
 * A walk through the directories of a file system with a stack of its own: libtsk's walk recurses,
 * stops at 128 levels, and follows a directory as often as it is linked. What is cut here is said.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/problem.h"
#include "base/text.h"
#include "files.h"

#define MAX_DEPTH  4096 /* as deep as a path of PATH_MAX bytes can be */
#define MAX_PATH   65536
#define MAX_VISITS 16 /* of one directory, by all names that lead to it, deleted ones too */
#define MAX_NAMED                                                                                  \
	20 /* directories that are named in problems; of the others there is the number            \
	    */

struct level {
	TSK_FS_DIR *dir;
	TSK_INUM_T inode;
	size_t next;
	size_t path_length;
};

struct visit {
	TSK_INUM_T inode;
	unsigned times; /* 0: the slot is free */
};

struct state {
	struct exh_walk *walk;
	struct level *stack;
	size_t depth, room;
	char path[MAX_PATH];
	size_t path_length;
	struct visit *visits; /* a hash table with open addressing */
	size_t nr_visits, visits_room;
	TSK_LIST *named; /* unallocated metadata that a name leads to: no orphans */
	uint64_t unreadable, cut;
};

static size_t slot_of(const struct state *s, TSK_INUM_T inode)
{
	size_t at = (size_t)(inode * 0x9e3779b97f4a7c15ULL >> 20) & (s->visits_room - 1);

	while (s->visits[at].times && s->visits[at].inode != inode)
		at = (at + 1) & (s->visits_room - 1);
	return at;
}

static int grow_visits(struct state *s)
{
	struct state bigger = {.visits_room = s->visits_room ? s->visits_room * 2 : 1024};

	bigger.visits = calloc(bigger.visits_room, sizeof(*bigger.visits));
	if (!bigger.visits)
		return exh_fail(s->walk->w->ctx, EXH_E_NOMEM, "out of memory");
	for (size_t i = 0; i < s->visits_room; i++)
		if (s->visits[i].times)
			bigger.visits[slot_of(&bigger, s->visits[i].inode)] = s->visits[i];
	free(s->visits);
	s->visits = bigger.visits;
	s->visits_room = bigger.visits_room;
	return 0;
}

/* 0: go in, 1: it was seen often enough. */
static int note_visit(struct state *s, TSK_INUM_T inode)
{
	struct visit *v;
	int r = s->nr_visits * 2 >= s->visits_room ? grow_visits(s) : 0;

	if (r < 0)
		return r;
	v = &s->visits[slot_of(s, inode)];
	if (!v->times)
		s->nr_visits++;
	v->inode = inode;
	return v->times++ >= MAX_VISITS;
}

static int report(struct state *s, uint64_t *count, const char *what)
{
	_cleanup_json_ json_t *path =
		s->path_length ? exh_json_text(s->path, s->path_length) : json_string("/");

	if (++*count > MAX_NAMED)
		return 0;
	return exh_emit_problem(s->walk->w,
				exh_problem(EXH_P_LIST_INCOMPLETE, "partition %llu: %s: %s",
					    (unsigned long long)s->walk->partition,
					    path ? json_string_value(path) : "a directory", what));
}

static int forget_error(void)
{
	tsk_error_reset();
	return 0;
}

static int report_unreadable(struct state *s, TSK_INUM_T inode)
{
	const char *error = tsk_error_get();
	char what[512];

	if (s->walk->unreadable) {
		tsk_error_reset();
		return s->walk->unreadable(s->walk, inode, s->path, s->path_length);
	}

	snprintf(what, sizeof(what), "what is in this directory is not listed whole: %s",
		 error ? error : "unknown");
	tsk_error_reset();
	return report(s, &s->unreadable, what);
}

/*
 * Of a deleted directory little may be left, and that is no fault of the list. Where a piece of an
 * allocated one is lost, the names in the others are listed; nothing but names is taken from the
 * view with zeros.
 */
static TSK_FS_DIR *open_directory(struct state *s, TSK_INUM_T inode, bool allocated, int *r)
{
	TSK_FS_DIR *dir = tsk_fs_dir_open_meta(s->walk->fs, inode);

	if (dir)
		return dir;
	*r = allocated ? report_unreadable(s, inode) : forget_error();
	if (*r < 0 || !allocated || !s->walk->around)
		return NULL;
	dir = tsk_fs_dir_open_meta(s->walk->around, inode);
	if (dir)
		dir->fs_info = s->walk->fs;
	tsk_error_reset();
	return dir;
}

static int push(struct state *s, TSK_INUM_T inode, size_t parent_length, bool allocated)
{
	struct level *grown;
	TSK_FS_DIR *dir;
	int r = 0;

	if (s->depth == s->room) {
		grown = realloc(s->stack, (s->room + 64) * sizeof(*grown));
		if (!grown)
			return exh_fail(s->walk->w->ctx, EXH_E_NOMEM, "out of memory");
		s->stack = grown;
		s->room += 64;
	}
	dir = open_directory(s, inode, allocated, &r);
	if (!dir)
		return r;
	s->stack[s->depth++] = (struct level){dir, inode, 0, parent_length};
	if (s->walk->fs->ftype == TSK_FS_TYPE_EXFAT && allocated && !s->walk->visit)
		return exh_exfat_emit_missing(s->walk, dir, inode, s->path, s->path_length);
	return 0;
}

static void pop(struct state *s)
{
	struct level *top = &s->stack[--s->depth];

	tsk_fs_dir_close(top->dir);
	s->path_length = top->path_length;
}

static bool is_above(const struct state *s, TSK_INUM_T inode)
{
	for (size_t i = 0; i < s->depth; i++)
		if (s->stack[i].inode == inode)
			return true;
	return false;
}

static bool is_directory(const TSK_FS_FILE *file)
{
	bool deleted = !(file->name->flags & TSK_FS_NAME_FLAG_ALLOC);

	if (!TSK_FS_IS_DIR_NAME(file->name->type) &&
	    !(file->name->type == TSK_FS_NAME_TYPE_UNDEF && file->meta &&
	      TSK_FS_IS_DIR_META(file->meta->type)))
		return false;
	/* a deleted name whose metadata are in use again leads into somebody else's directory */
	return !deleted || (file->meta && !exh_row_is_reallocated(file));
}

/* The orphans come last, when it is known what has a name. libtsk would walk everything once more
 * to find that out. */
static void hand_over_named(struct state *s)
{
	TSK_FS_INFO *fs = s->walk->fs;

	if (fs->list_inum_named)
		return;
	tsk_list_add(&s->named, TSK_FS_ORPHANDIR_INUM(fs));
	fs->list_inum_named = s->named;
	s->named = NULL;
}

static int enter(struct state *s, const TSK_FS_FILE *file, size_t parent_length)
{
	TSK_INUM_T inode = file->name->meta_addr;
	int r;

	if (is_above(s, inode))
		return 0;
	if (s->depth >= MAX_DEPTH)
		return report(s, &s->cut, "too deep; what is in it is not listed");
	r = note_visit(s, inode);
	if (r > 0)
		return report(s, &s->cut, "linked too often; it is not listed once more");
	if (!r && inode == TSK_FS_ORPHANDIR_INUM(s->walk->fs))
		hand_over_named(s);
	return r < 0 ? r
		     : push(s, inode, parent_length, file->name->flags & TSK_FS_NAME_FLAG_ALLOC);
}

static int take_name(struct state *s, const TSK_FS_FILE *file)
{
	size_t length = strlen(file->name->name), parent_length = s->path_length, depth = s->depth;
	int r;

	if (s->path_length + length + 1 > sizeof(s->path))
		return report(s, &s->cut, "a path that is too long; it is not listed");
	s->path[s->path_length++] = '/';
	memcpy(s->path + s->path_length, file->name->name, length);
	s->path_length += length;
	r = s->walk->visit ? s->walk->visit(s->walk, file, s->path, s->path_length)
			   : exh_row_emit(s->walk, file, s->path, s->path_length);
	if (!r && is_directory(file))
		r = enter(s, file, parent_length);
	if (s->depth == depth)
		s->path_length = parent_length;
	return r;
}

/* tsk_fs_dir_get() leaves them out where the sequence number is another, as it is after every
 * deletion on NTFS. */
static void add_metadata(TSK_FS_INFO *fs, TSK_FS_FILE *file)
{
	if (!file->meta && file->name->meta_addr &&
	    fs->file_add_meta(fs, file, file->name->meta_addr))
		tsk_error_reset();
}

/* Each directory counts as much as its siblings, whatever is in it: a guess that costs nothing. */
static double part_behind(const struct state *s)
{
	double part = 0, weight = 1;

	for (size_t i = 0; i < s->depth && i < 8; i++) {
		size_t names = tsk_fs_dir_getsize(s->stack[i].dir);
		bool inside = i + 1 < s->depth;

		if (!names)
			break;
		part += weight * (double)(s->stack[i].next - inside) / (double)names;
		weight /= (double)names;
	}
	return part;
}

static bool is_empty(const TSK_FS_META *meta)
{
	return !meta->size && !meta->mtime && !meta->atime && !meta->ctime && !meta->crtime;
}

/* libtsk makes empty metadata of a record of NTFS that is none and of an inode that it could not
 * read, and has no call to drop them. */
static void drop_empty_metadata(TSK_FS_FILE *file)
{
	TSK_FS_FILE *holder;

	if (!file->meta || file->meta->type != TSK_FS_META_TYPE_UNDEF ||
	    !(TSK_FS_TYPE_ISNTFS(file->fs_info->ftype) ||
	      file->name->flags & TSK_FS_NAME_FLAG_ALLOC || is_empty(file->meta)))
		return;
	holder = calloc(1, sizeof(*holder));
	if (!holder)
		return;
	holder->tag = TSK_FS_FILE_TAG;
	holder->meta = file->meta;
	file->meta = NULL;
	tsk_fs_file_close(holder);
}

static int take_next(struct state *s)
{
	struct level *top = &s->stack[s->depth - 1];
	TSK_FS_FILE *file;
	int r = 0;

	if (top->next >= tsk_fs_dir_getsize(top->dir)) {
		pop(s);
		return 0;
	}
	file = tsk_fs_dir_get(top->dir, top->next++);
	if (!file) {
		tsk_error_reset();
		return 0;
	}
	if (file->name && file->name->name && !TSK_FS_ISDOT(file->name->name)) {
		add_metadata(s->walk->fs, file);
		drop_empty_metadata(file);
		if (file->meta && file->meta->flags & TSK_FS_META_FLAG_UNALLOC &&
		    !exh_row_is_reallocated(file))
			tsk_list_add(&s->named, file->name->meta_addr);
		r = take_name(s, file);
	}
	tsk_fs_file_close(file);
	s->walk->part = part_behind(s);
	return r;
}

static int say_the_rest(struct state *s)
{
	uint64_t unnamed = 0;

	if (s->unreadable > MAX_NAMED)
		unnamed += s->unreadable - MAX_NAMED;
	if (s->cut > MAX_NAMED)
		unnamed += s->cut - MAX_NAMED;
	if (!unnamed)
		return 0;
	return exh_emit_problem(
		s->walk->w,
		exh_problem(EXH_P_LIST_INCOMPLETE,
			    "partition %llu: %llu further directories could not be listed whole",
			    (unsigned long long)s->walk->partition, (unsigned long long)unnamed));
}

int exh_walk_all(struct exh_walk *walk)
{
	_cleanup_free_ struct state *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return exh_fail(walk->w->ctx, EXH_E_NOMEM, "out of memory");
	s->walk = walk;
	r = push(s, walk->fs->root_inum, 0, true);
	while (!r && s->depth)
		r = take_next(s);
	while (s->depth)
		pop(s);
	if (!r)
		r = say_the_rest(s);
	tsk_list_free(s->named);
	free(s->visits);
	free(s->stack);
	return r;
}
