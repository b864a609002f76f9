/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the chain needs of an entry, taken from its line without building an object: most of the
 * time that a long ledger takes goes into objects that nobody asks for.
 */
#ifndef EXH_CASE_SKIM_H
#define EXH_CASE_SKIM_H

#include <stdbool.h>

#include "ledger.h"

/**
 * exh_skim - fill in seq, prev, event, has_torn, moment and clock_step of an entry from its text
 *
 * True only for a line in the form that we write ourselves: compact, keys in order, whole numbers,
 * no \u in a string. Of such a line the JSON parser would say the same. False: ask the parser.
 */
bool exh_skim(struct exh_entry *entry);

#endif
