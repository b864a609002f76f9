// SPDX-License-Identifier: Apache-2.0
#include "clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"

static void add_boot_id(json_t *clock)
{
	_cleanup_fd_ int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	char id[37];

	if (fd >= 0 && read(fd, id, 36) == 36)
		json_object_set_new(clock, "boot_id", json_stringn(id, 36));
}

static void add_boottime(json_t *clock)
{
	struct timespec t;

	if (clock_gettime(CLOCK_BOOTTIME, &t) == 0)
		json_object_set_new(
			clock, "boottime_us",
			json_integer((json_int_t)t.tv_sec * 1000000 + t.tv_nsec / 1000));
}

static void add_synchronisation(json_t *clock)
{
	struct timex state = {.modes = 0};
	int r = adjtimex(&state);

	if (r < 0)
		return;
	if (r == TIME_ERROR || (state.status & STA_UNSYNC)) {
		json_object_set_new(clock, "synchronised", json_false());
		return;
	}
	json_object_set_new(clock, "synchronised", json_true());
	json_object_set_new(clock, "error_us", json_integer(state.esterror));
}

json_t *exh_clock_json(void)
{
	json_t *clock = json_object();

	add_boot_id(clock);
	add_boottime(clock);
	add_synchronisation(clock);
	return clock;
}

#define STEP_US 1000000 /* differences below are no step */
#define SLEW_FACTOR                                                                                \
	1000 /* a clock that is corrected slowly runs off by less than a part in this              \
	      */

/* Days from 1970-01-01 to a date of the Gregorian calendar. */
static int64_t days_to(int64_t year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* YYYY-MM-DDTHH:MM:SS.uuuuuuZ, as exh_time_now() writes it. */
static bool parse_time(const char *text, int64_t *us)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd.ddddddZ";
	int d[7] = {0}, field = 0;

	if (strlen(text) != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; shape[i]; i++) {
		if (shape[i] != 'd') {
			if (text[i] != shape[i])
				return false;
			field++;
		} else if (text[i] < '0' || text[i] > '9') {
			return false;
		} else {
			d[field] = d[field] * 10 + text[i] - '0';
		}
	}
	*us = (((days_to(d[0], d[1], d[2]) * 24 + d[3]) * 60 + d[4]) * 60 + d[5]) * 1000000 + d[6];
	return true;
}

void exh_moment_at(struct exh_moment *m, const char *when)
{
	m->is_known = parse_time(when, &m->time_us);
}

void exh_moment_of(const json_t *entry, struct exh_moment *ret)
{
	const json_t *clock = json_object_get(entry, "clock");
	const char *when = exh_json_str(entry, "time"), *boot = exh_json_str(clock, "boot_id");
	uint64_t boottime = exh_json_u64(clock, "boottime_us", UINT64_MAX);

	memset(ret, 0, sizeof(*ret));
	ret->is_known = when && parse_time(when, &ret->time_us);
	ret->boottime_us = boottime < INT64_MAX ? (int64_t)boottime : -1;
	if (boot && strlen(boot) < sizeof(ret->boot_id))
		strcpy(ret->boot_id, boot);
}

static bool same_boot(const struct exh_moment *a, const struct exh_moment *b)
{
	return a->boottime_us >= 0 && b->boottime_us >= a->boottime_us && *a->boot_id &&
	       !strcmp(a->boot_id, b->boot_id);
}

int64_t exh_clock_step(const struct exh_moment *before, const struct exh_moment *after)
{
	int64_t by_clock, elapsed, step;

	if (!before->is_known || !after->is_known)
		return 0;
	by_clock = after->time_us - before->time_us;
	if (!same_boot(before, after))
		return by_clock < 0 ? by_clock : 0;
	elapsed = after->boottime_us - before->boottime_us;
	step = by_clock - elapsed;
	return llabs(step) < STEP_US + elapsed / SLEW_FACTOR ? 0 : step;
}
