/* SPDX-License-Identifier: Apache-2.0 */
/* The name of the volume group that a physical volume of LVM2 belongs to. */
#ifndef EXH_SCAN_VOLUME_GROUP_H
#define EXH_SCAN_VOLUME_GROUP_H

#include "reader.h"

/** exh_volume_group - a JSON string, or NULL where the metadata cannot be read; the caller owns it.
 */
json_t *exh_volume_group(const struct exh_reader *r, uint64_t start, uint64_t length);

#endif
