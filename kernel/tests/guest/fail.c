// SPDX-License-Identifier: GPL-2.0-only
/* fail-nth FILE FILE: lets the first allocation of a request fail, then the second, until none is
 * left to fail. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "wptool.h"

#define MOST 2000

static int fds[2];

static int attach_once(int c)
{
	struct wploop_extent e[2] = {{.fd = fds[0], .length = 65536},
				     {.fd = fds[1], .length = 65536}};
	struct wploop_attach a = {
		.size = sizeof(a), .extents = (uintptr_t)e, .extent_count = 2, .flags = WPLOOP_PIN};
	int ret = ioctl(c, WPLOOP_ATTACH, &a);

	return ret ? -1 : (int)a.number;
}

static int hold_once(int c)
{
	struct wploop_hold h = {
		.size = sizeof(h), .fds = (uintptr_t)fds, .count = 2, .flags = WPLOOP_PIN};

	return ioctl(c, WPLOOP_HOLD, &h);
}

static int events_once(int c)
{
	struct wploop_events e = {.size = sizeof(e)};

	return ioctl(c, WPLOOP_EVENTS, &e);
}

static void detach(int c, int number)
{
	struct wploop_detach d = {.size = sizeof(d), .number = (uint32_t)number};

	for (int tries = 100; tries && ioctl(c, WPLOOP_DETACH, &d); tries--)
		usleep(20000);
}

static void undo(int c, int result, int is_number)
{
	if (result < 0)
		return;
	if (is_number)
		detach(c, result);
	else
		close(result);
}

/* Runs it with the Nth failure; returns whether there was an Nth. */
static int with_failure(int c, int (*request)(int), int is_number, int n, int *failed)
{
	int nth = open_or_die("/proc/thread-self/fail-nth", O_RDWR), result, error;
	char text[16] = "";

	snprintf(text, sizeof(text), "%d", n);
	if (write(nth, text, strlen(text)) < 0)
		die("fail-nth");
	result = request(c);
	error = errno;
	memset(text, 0, sizeof(text));
	if (pread(nth, text, sizeof(text) - 1, 0) < 0 || pwrite(nth, "0", 1, 0) < 0)
		die("fail-nth");
	close(nth);
	/* device_add_disk() makes EINVAL of a name that it had no memory for */
	if (result < 0 && error != ENOMEM && error != EINVAL)
		printf("failure %d: %s\n", n, name_of(error));
	*failed += result < 0;
	undo(c, result, is_number);
	return number_in(text) == 0;
}

static void fail_each(const char *what, int c, int (*request)(int), int is_number)
{
	int n = 1, failed = 0;

	while (n < MOST && with_failure(c, request, is_number, n, &failed))
		n++;
	printf("%s: %s, ended %s\n", what, failed ? "failed now and then" : "never failed",
	       n < MOST ? "without failure" : "NOT");
	fprintf(stderr, "%s: %d allocations, %d failures\n", what, n - 1, failed);
}

int cmd_fail_nth(char **args)
{
	int c = control(), number;

	for (int i = 0; i < 2; i++)
		fds[i] = open_or_die(args[i], O_RDONLY);
	fail_each("attach", c, attach_once, 1);
	fail_each("hold", c, hold_once, 0);
	number = attach_once(c);
	fail_each("events", c, events_once, 0);
	detach(c, number);
	return 0;
}
