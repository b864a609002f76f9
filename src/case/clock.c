// SPDX-License-Identifier: Apache-2.0
#include "clock.h"

#include <fcntl.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

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
