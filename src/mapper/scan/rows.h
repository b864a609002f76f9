/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of partitions as the merging of opinions handles them. */
#ifndef EXH_SCAN_ROWS_H
#define EXH_SCAN_ROWS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/** exh_row_take - a fresh row with the keys of a partition that have the expected shape; NULL where
 * it has no sane place. */
json_t *exh_row_take(const json_t *untrusted);

/** exh_row_start, exh_row_length - of a row that exh_row_take() made. */
uint64_t exh_row_start(const json_t *row);
uint64_t exh_row_length(const json_t *row);

/** exh_row_same_place - do both rows mean the same bytes? */
bool exh_row_same_place(const json_t *a, const json_t *b);

/** exh_row_find - the row of a list that means the same bytes, or NULL. Lists mostly run in step,
 * so it looks at index hint first. */
json_t *exh_row_find(const json_t *list, const json_t *row, size_t hint);

/** exh_row_has - row[key] is this word. */
bool exh_row_has(const json_t *row, const char *key, const char *word);

#endif
