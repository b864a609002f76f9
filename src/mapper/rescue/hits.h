/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One partition and its lost ranges, inside the worker: the runs of every file are walked once and
 * met with the ranges.
 */
#ifndef EXH_RESCUE_HITS_H
#define EXH_RESCUE_HITS_H

#include "claims.h"
#include "mapper/files/files.h"

#define EXH_NTFS_RESERVED  24 /* records of the file system's own files */
#define EXH_EXT_FIRST_FILE 11
#define EXH_UFS_FIRST_FILE 3

struct exh_hits {
	struct exh_worker *w;
	struct exh_source *slice;
	const struct exh_repair *repair; /* of the file system at hand */
	uint64_t partition;
	struct exh_claims claims;
	struct exh_walk *walk;	  /* the one at hand */
	uint8_t *seen;		  /* a bit for each inode that a name leads to, or NULL */
	bool names_lost;	  /* a directory, or what leads to one, is hit */
	struct exh_range *bitmap; /* bytes of the bitmap of NTFS or exFAT that are lost */
	size_t nr_bitmap;
	uint64_t first_bit,
		bit; /* where in the partition its first bit is, and the bytes of each */
	uint64_t files;
};

/* Ranges inside a file or on the medium, as they are sent. */
struct exh_tally {
	struct exh_range *list;
	size_t nr, room;
	uint64_t bytes;
};

int exh_tally_add(struct exh_ctx *ctx, struct exh_tally *t, uint64_t start, uint64_t length);
json_t *exh_tally_text(const struct exh_tally *t);
void exh_tally_clear(struct exh_tally *t);

/** exh_hits_file_system - everything about one file system; for exh_file_systems_each(). */
int exh_hits_file_system(struct exh_walk *walk, void *hits);

/**
 * exh_hits_structure - the file system keeps something in [start, start + length): claim what is
 * lost of it, and say so
 *
 * kind is a word ("inode-table"), name says which. unit and first: the range holds numbered items
 * of unit bytes from first on; 0: it does not. detail may be NULL.
 */
struct exh_structure {
	const char *kind, *name;
	uint64_t start, length, unit, first;
};
int exh_hits_structure(struct exh_hits *h, const struct exh_structure *s);

/** exh_hits_structures - claims of what lies at places of its own: superblocks, tables, FATs. */
int exh_hits_structures(struct exh_hits *h);
int exh_hits_ext(struct exh_hits *h);
int exh_hits_fat(struct exh_hits *h);
int exh_hits_ufs(struct exh_hits *h);
int exh_hits_iso(struct exh_hits *h);

/** exh_hits_iso_trees - directories of those trees of an ISO 9660 volume that libtsk does not show;
 * the claims must be settled. */
int exh_hits_iso_trees(struct exh_hits *h);

/** exh_hits_inode - meet the file of this number, if it is allocated; path is NULL where no name
 * leads to it. */
int exh_hits_inode(struct exh_hits *h, TSK_INUM_T inode, const char *path);
bool exh_hits_has_seen(const struct exh_hits *h, TSK_INUM_T inode);

/** exh_hits_reserved - the root directory and the file system's own files. */
int exh_hits_reserved(struct exh_hits *h);

/** exh_hits_unnamed - where names were lost: all files that none has led to. */
int exh_hits_unnamed(struct exh_hits *h);

/** exh_hits_rest - claims of all that nobody else has claimed inside this file system. */
int exh_hits_rest(struct exh_hits *h);

/** exh_hits_compressed - content of a compressed attribute of NTFS (see compressed.c). */
int exh_hits_compressed(struct exh_hits *h, const TSK_FS_ATTR *attr, enum exh_lost_class what,
			struct exh_tally *t);

#endif
