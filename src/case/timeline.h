/* SPDX-License-Identifier: Apache-2.0 */
/* Entries as rows of a timeline: who, when, where and why, as far as an entry says so. */
#ifndef EXH_CASE_TIMELINE_H
#define EXH_CASE_TIMELINE_H

#include "ledger.h"

struct exh_timeline {
	json_t *rows;	   /* one for each entry */
	json_t *exhibits;  /* their entries, each with "transfers" and "holder" */
	json_t *by_label;  /* label -> the same objects */
	json_t *witnesses; /* entries of countersignatures and time stamps */
};

bool exh_timeline_init(struct exh_timeline *t);
void exh_timeline_clear(struct exh_timeline *t);

/** exh_timeline_add - the next entry, in order. */
void exh_timeline_add(struct exh_timeline *t, const struct exh_entry *entry);

#endif
