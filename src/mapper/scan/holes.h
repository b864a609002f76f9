/* SPDX-License-Identifier: Apache-2.0 */
/* Where a sparse evidence file has no data, its bytes are known to be zero without reading them. */
#ifndef EXH_SCAN_HOLES_H
#define EXH_SCAN_HOLES_H

#include "mapper/source/source.h"

/** exh_hole_end - the end of the hole that offset is in, at most limit; offset itself where it is
 * in none, or where the container or its file system do not tell. */
uint64_t exh_hole_end(const struct exh_source *s, uint64_t offset, uint64_t limit);

#endif
