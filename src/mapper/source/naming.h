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

void exh_naming_clear(struct exh_name_set *set);

#endif
