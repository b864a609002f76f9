/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clock of the machine, as far as the machine can tell about it. What stands in an entry about
 * it is evidence about the times, and decides nothing.
 */
#ifndef EXH_CASE_CLOCK_H
#define EXH_CASE_CLOCK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define EXH_BOOT_ID 37

/* When an entry was made. */
struct exh_moment {
	bool is_known;
	int64_t time_us;	   /* since 1970, by the clock that can be set */
	int64_t boottime_us;	   /* since the boot, by the one that cannot; -1: not known */
	char boot_id[EXH_BOOT_ID]; /* "": not known */
};

/** exh_clock_json - {"boot_id"?, "boottime_us"?, "synchronised"?, "error_us"?}; the caller owns it.
 */
json_t *exh_clock_json(void);

/** exh_moment_at - set the time of a moment from "time" of an entry. */
void exh_moment_at(struct exh_moment *m, const char *when);

/** exh_moment_of - "time" and "clock" of an entry. */
void exh_moment_of(const json_t *entry, struct exh_moment *ret);

/**
 * exh_clock_step - by how many microseconds the clock was set between two entries; 0 where nothing
 * says so
 *
 * Within one boot both clocks are compared; what a slow correction can explain is no step. Across
 * boots only a way back can be seen.
 */
int64_t exh_clock_step(const struct exh_moment *before, const struct exh_moment *after);

#endif
