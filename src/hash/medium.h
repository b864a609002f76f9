/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors that read from the medium instead of from the page cache. */
#ifndef EXH_HASH_MEDIUM_H
#define EXH_HASH_MEDIUM_H

#include "mapper/source/image.h"

/**
 * exh_medium_open - a description of each image file with O_DIRECT
 *
 * All or none: fills fds, which has room for one each, and returns 0, or returns 1 where it cannot
 * be done and says why in *why (a constant text). Files in memory have no medium.
 */
int exh_medium_open(const struct exh_image *image, int *fds, const char **why);

/** exh_medium_close - close what exh_medium_open() gave. */
void exh_medium_close(const struct exh_image *image, const int *fds);

#endif
