/* SPDX-License-Identifier: Apache-2.0 */
/* What the devices of an attachment refused, all together. */
#ifndef EXH_ATTACH_REFUSALS_H
#define EXH_ATTACH_REFUSALS_H

#include <jansson.h>

/**
 * exh_refusals_add_up - put the sum of the devices' "refused_writes" into an attachment's facts
 *
 * Where it is not 0, facts get the problem writes-refused with who tried first and last. Nothing
 * happens where no device counts.
 */
void exh_refusals_add_up(json_t *attachment, json_t *facts);

#endif
