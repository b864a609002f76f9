/* SPDX-License-Identifier: Apache-2.0 */
/* The search for what is left of earlier partitions, and the probers that a scan asks. */
#ifndef EXH_SCAN_SEARCH_H
#define EXH_SCAN_SEARCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "mapper/source/image.h"

/* A scan under way. */
struct exh_scan_run {
	struct exh_ctx *ctx;
	struct exh_image *image;
	json_t *facts, *args;
	uint64_t media_size;
	bool deep;
};

/**
 * exh_scan_ask - run one prober in a sandbox of its own
 *
 * Its death is *died, and its text in ->ctx for the caller to tell; what must stop the whole scan
 * is returned. The caller owns *answer, which is NULL where the prober died.
 */
int exh_scan_ask(struct exh_scan_run *run, const char *task, json_t **answer, bool *died);

/** exh_scan_died - put the death of a prober into the facts. */
void exh_scan_died(struct exh_scan_run *run, const char *what);

/**
 * exh_scan_look_inside - ask what each place [{"start","length"}] holds; steals places
 *
 * What kills a worker is a problem in the facts, and another worker goes on behind it: the answer
 * has no row for a place that could not be looked into. The caller owns it in every case.
 */
int exh_scan_look_inside(struct exh_scan_run *run, json_t *places, json_t **answer);

/** exh_scan_may_leave_out - can a worker go on with a place without this step, of those that it
 * announces? */
bool exh_scan_may_leave_out(const char *step);

/**
 * exh_scan_search - look for lost partitions in the gaps, and on a disk without a table in all of
 * it
 *
 * Sets "zero" of gaps where it is known, and "found" of the place:
 * [{"start","length"?,"contents"}].
 */
int exh_scan_search(struct exh_scan_run *run);

#endif
