/* SPDX-License-Identifier: Apache-2.0 */
/* What was found inside partitions and gaps, put into the facts. */
#ifndef EXH_SCAN_DESCRIBE_H
#define EXH_SCAN_DESCRIBE_H

#include <jansson.h>

/**
 * exh_describe - set "contents" of partitions and gaps, and add the problems
 *
 * answer is what scan-contents said of the whole media (index 0), the partitions and the gaps in
 * the order of facts; untrusted, NULL where it said nothing. A partition that nothing was said
 * about is "unknown".
 */
void exh_describe(json_t *facts, const json_t *answer);

/** exh_describe_undecided - say of which partitions it is still not known whether there is anything
 * but zeros in them; the last word, after every search. */
void exh_describe_undecided(json_t *facts);

/** exh_describe_contents - the "contents" that the answer of scan-contents has for a place, as a
 * fresh object; rows come in order, and *from begins with 0. The caller owns it. */
json_t *exh_describe_contents(const json_t *answer, size_t index, size_t *from);

#endif
