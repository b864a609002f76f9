/* SPDX-License-Identifier: Apache-2.0 */
/* What the verify worker said, checked: everything else of it is dropped. The owner's side. */
#ifndef EXH_HASH_ANSWER_H
#define EXH_HASH_ANSWER_H

#include "digest.h"
#include "mapper/source/image.h"

/** exh_answer_digests - {ALG: hex} with exactly the members of set, or NULL where one is not there
 * or no digest of that kind. */
json_t *exh_answer_digests(const json_t *said, const struct exh_digests *set);

/** exh_answer_files - [{ALG: hex}, ...] for nr_files files from the worker's rows; what it did not
 * say is absent. */
json_t *exh_answer_files(const json_t *rows, size_t nr_files, const struct exh_digests *set);

/** exh_answer_damage - the list of lost ranges; NULL where a row is no range of the media, or they
 * are not in order. */
json_t *exh_answer_damage(const json_t *rows, uint64_t media_size);

/** exh_answer_problems - add the problems whose code we know to facts, at most a few hundred. */
void exh_answer_problems(const json_t *answer, json_t *facts);

/** exh_answer_self_test - {ALG: "passed"|"no-vector"}. */
json_t *exh_answer_self_test(const json_t *said);

/** exh_damage_problems - a problem for each lost range of the first hundred, and one that sums up
 * the rest. */
void exh_damage_problems(const json_t *damage, json_t *facts);

#endif
