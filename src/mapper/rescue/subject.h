/* SPDX-License-Identifier: Apache-2.0 */
/* A file whose attributes are being met with the lost ranges, and how what is found is told. */
#ifndef EXH_RESCUE_SUBJECT_H
#define EXH_RESCUE_SUBJECT_H

#include "hits.h"

struct exh_subject {
	struct exh_hits *h;
	TSK_FS_FILE *file;
	const char *path; /* NULL: no name leads to it */
	size_t path_length;
	bool is_allocated, is_structure, is_directory;
};

struct exh_extent {
	uint64_t start, length; /* bytes of the partition */
	uint64_t offset;	/* inside the attribute */
};

/* What is lost of a content, in bytes of it. */
struct exh_loss_of_file {
	struct exh_tally lost;
	struct exh_tally
		unknown; /* nobody knows where they were, so nobody knows whether they are lost */
};

/** exh_extent_of - false where a run has no bytes on the medium. */
bool exh_extent_of(const struct exh_walk *walk, const TSK_FS_ATTR *attr, const TSK_FS_ATTR_RUN *run,
		   struct exh_extent *e);

/** exh_meet_content - what is lost of an extent of a content of which valid bytes are read from the
 * medium; the first skip bytes of its blocks are not the content's. */
int exh_meet_content(const struct exh_subject *s, uint64_t skip, uint64_t valid,
		     const struct exh_extent *e, struct exh_tally *t);

/** exh_meet_structure - the same of an extent of the file system's own. */
int exh_meet_structure(const struct exh_subject *s, const struct exh_extent *e,
		       struct exh_tally *t);

/** exh_meet_partial - a file of which libtsk cannot read the whole map; 1: nor can this. */
int exh_meet_partial(const struct exh_subject *s);

/** exh_subject_is_below - does the path begin with this, and go on? */
bool exh_subject_is_below(const struct exh_subject *s, const char *prefix);

/** exh_subject_path - the path of the file or one of its streams (NULL: its own content). */
json_t *exh_subject_path(const struct exh_subject *s, const char *stream);

/** exh_tell_unreachable - a row for "unreachable"; steals path. */
int exh_tell_unreachable(struct exh_hits *h, json_t *path, TSK_INUM_T inode, const char *what,
			 const char *because);

/** exh_tell_file - a row for "files". attr is NULL where libtsk has none. */
int exh_tell_file(const struct exh_subject *s, const TSK_FS_ATTR *attr,
		  const struct exh_loss_of_file *loss);

/** exh_tell_structure - a row for "metadata"; a lost directory is noted. attr as above. */
int exh_tell_structure(const struct exh_subject *s, const TSK_FS_ATTR *attr,
		       const struct exh_tally *t);

/** exh_tell_map - a row for "metadata": blocks that tell where the content lies. */
int exh_tell_map(const struct exh_subject *s, const struct exh_tally *t);

#endif
