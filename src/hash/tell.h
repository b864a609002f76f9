/* SPDX-License-Identifier: Apache-2.0 */
/* What every worker of this room says at its end. The worker's side. */
#ifndef EXH_HASH_TELL_H
#define EXH_HASH_TELL_H

#include "mapper/source/source.h"

/** exh_tell_rows - send each member of a list as a row for the list named key. */
int exh_tell_rows(struct exh_worker *w, const char *key, const json_t *rows);

/** exh_tell_source - send the lost ranges, the problems from number problems_before on, and the
 * sums by which the owner sees that nothing is missing. */
int exh_tell_source(struct exh_worker *w, struct exh_source *s, size_t problems_before);

#endif
