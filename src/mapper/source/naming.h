/* SPDX-License-Identifier: Apache-2.0 */
/* Which files belong to a set, told by their names alone. */
#ifndef EXH_SOURCE_NAMING_H
#define EXH_SOURCE_NAMING_H

#include "image.h"

struct exh_name_set {
	enum exh_naming naming;
	char **names; /* in the directory, in order */
	size_t nr_names;
	json_t *missing; /* [{"place", "name"}]: what lies between the first name and the last one
			    found */
};

/**
 * exh_naming_find - the set that name belongs to
 *
 * dirfd is the directory, name any member of the set. A name without siblings is a set of one.
 */
int exh_naming_find(struct exh_ctx *ctx, int dirfd, const char *name, struct exh_name_set *set);

/**
 * exh_naming_ewf_sibling - how the segment at a place (from 0) of an EWF set is called
 *
 * name is any segment of the set, without its directory. False where name is no name of a segment.
 */
bool exh_naming_ewf_sibling(const char *name, uint64_t place, char *out, size_t size);

void exh_naming_clear(struct exh_name_set *set);

#endif
