/* SPDX-License-Identifier: Apache-2.0 */
/* What libtsk and libblkid say about tables, in the shape of our own rows. */
#ifndef EXH_SCAN_FOREIGN_H
#define EXH_SCAN_FOREIGN_H

#include <jansson.h>

/** exh_foreign_tsk - rows of libtsk's reading of one scheme; NULL where it read none. The caller
 * owns them. */
json_t *exh_foreign_tsk(const json_t *tsk, const char *scheme);

/** exh_foreign_blkid - rows of libblkid's reading of the disk's own table, without nested labels;
 * the caller owns them. */
json_t *exh_foreign_blkid(const json_t *blkid);

/** exh_foreign_nested - rows of the labels that libblkid found inside partitions, with
 * "parent_start"; the caller owns them. */
json_t *exh_foreign_nested(const json_t *blkid);

/** exh_foreign_is_known - is this a scheme of the contract? */
int exh_foreign_is_known(const char *scheme);

#endif
