/* SPDX-License-Identifier: Apache-2.0 */
/* The list of lost ranges of one source: sorted, without overlaps, safe between threads. */
#ifndef EXH_SOURCE_LOSSES_H
#define EXH_SOURCE_LOSSES_H

#include <jansson.h>

#include "source.h"

struct exh_losses;

struct exh_losses *exh_losses_new(void);
void exh_losses_free(struct exh_losses *l);

/** exh_losses_add - what is on the list already stays as it is; only bytes that are new to it are
 * added. */
int exh_losses_add(struct exh_losses *l, const struct exh_loss *loss);

/** exh_losses_find - the first lost range that meets [start, start + n); false where there is none.
 */
bool exh_losses_find(struct exh_losses *l, uint64_t start, uint64_t n, struct exh_loss *found);

json_t *exh_losses_json(struct exh_losses *l);

#endif
