// SPDX-License-Identifier: GPL-2.0-only
/* wptool COMMAND...: the requests of include/wploop.h from a shell, for the tests. Prints what they
 * say in a form that does not change from run to run. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "wptool.h"

const char *name_of(int error)
{
	const char *name = strerrorname_np(error < 0 ? -error : error);

	return !error ? "ok" : name ? name : "?";
}

void die(const char *what)
{
	printf("%s: %s\n", what, name_of(errno));
	exit(1);
}

int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		die(path);
	return fd;
}

int control(void)
{
	return open_or_die(WPLOOP_CONTROL, O_RDONLY);
}

/* With M for MiB. */
uint64_t number_in(const char *text)
{
	char *end;
	uint64_t number = strtoull(text, &end, 0);

	return *end == 'M' ? number << 20 : number;
}

/* The N of /dev/wploopN, wploopN or N. */
uint32_t device_in(const char *text)
{
	const char *digits = strpbrk(text, "0123456789");

	return digits ? (uint32_t)number_in(digits) : 0;
}

static int cmd_list(char **args)
{
	uint32_t numbers[64];
	struct wploop_list list = {.size = sizeof(list), .room = 64, .numbers = (uintptr_t)numbers};

	(void)args;
	if (ioctl(control(), WPLOOP_LIST, &list))
		die("list");
	for (uint32_t i = 0; i < list.count && i < list.room; i++)
		printf("wploop%u\n", numbers[i]);
	return 0;
}

static int cmd_version(char **args)
{
	struct wploop_version v = {.size = sizeof(v)};

	(void)args;
	if (ioctl(control(), WPLOOP_VERSION, &v))
		die("version");
	printf("api %u, extents %u, ring %s\n", v.api, v.max_extents,
	       v.ring >= 1024 ? "at least 1024" : "too small");
	return 0;
}

static int cmd_detach(char **args)
{
	struct wploop_detach d = {.size = sizeof(d), .number = device_in(args[0])};

	/* whoever looks at every new device may have it open for a moment */
	for (int tries = args[1] ? 1 : 50; tries; tries--) {
		if (!ioctl(control(), WPLOOP_DETACH, &d))
			return 0;
		if (errno != EBUSY)
			break;
		if (tries > 1)
			usleep(20000);
	}
	die("detach");
	return 1;
}

static int cmd_info(char **args)
{
	struct wploop_info info = {.size = sizeof(info), .number = device_in(args[0])};

	if (ioctl(control(), WPLOOP_INFO, &info))
		die("info");
	printf("size %llu tail %llu block %u extents %u files %u unreadable %llu active %#x label "
	       "'%s'\n",
	       info.device_size, info.tail, info.block_size, info.extent_count, info.file_count,
	       info.unreadable, info.active, info.label);
	return 0;
}

static int cmd_counters(char **args)
{
	struct wploop_info i = {.size = sizeof(i), .number = device_in(args[0])};

	if (ioctl(control(), WPLOOP_INFO, &i))
		die("info");
	printf("write %llu zeroes %llu discard %llu erase %llu zone %llu passthrough %llu unknown "
	       "%llu "
	       "open %llu setrw %llu ioctl %llu bytes %llu\n",
	       i.refused[0], i.refused[1], i.refused[2], i.refused[3], i.refused[4], i.refused[5],
	       i.refused[6], i.refused[7], i.refused[8], i.refused[9], i.refused_bytes);
	return 0;
}

static int cmd_errors(char **args)
{
	struct wploop_info i = {.size = sizeof(i), .number = device_in(args[0])};

	if (ioctl(control(), WPLOOP_INFO, &i))
		die("info");
	printf("errors %llu bytes %llu short %llu changes %llu\n", i.read_errors, i.error_bytes,
	       i.short_reads, i.changes_seen);
	return 0;
}

static int events_of(const char *device, int flags)
{
	struct wploop_events ask = {
		.size = sizeof(ask), .number = device_in(device), .flags = flags};
	int fd = ioctl(control(), WPLOOP_EVENTS, &ask);

	if (fd < 0)
		die("events");
	return fd;
}

static void show_event(const struct wploop_event *e)
{
	static const char *const types[] = {"?",       "attached",   "detached",
					    "refused", "read-error", "changed"};

	printf("%s kind %u error %s start %llu length %llu changes %#x extent %d lost %llu%s%s\n",
	       e->type < 6 ? types[e->type] : "?", e->kind, name_of(e->error), e->start, e->length,
	       e->changes, (int)e->extent, e->lost, e->type == WPLOOP_EVENT_REFUSED ? " by " : "",
	       e->type == WPLOOP_EVENT_REFUSED ? e->comm : "");
}

/* events DEVICE [follow]: what there is; or on and on, until the device is gone */
static int cmd_events(char **args)
{
	int fd = events_of(args[0], args[1] ? 0 : O_NONBLOCK);
	struct wploop_event e[16];
	ssize_t got;

	while ((got = read(fd, e, sizeof(e))) > 0)
		for (size_t i = 0; i < got / sizeof(e[0]); i++)
			show_event(&e[i]);
	if (got < 0 && errno != EAGAIN)
		die("read");
	printf(got ? "no more for now\n" : "end\n");
	return 0;
}

/* event-sum DEVICE: how many events are remembered, and how many are not */
static int cmd_event_sum(char **args)
{
	int fd = events_of(args[0], O_NONBLOCK);
	uint64_t seen = 0, lost = 0, last = 0;
	struct wploop_event e;

	while (read(fd, &e, sizeof(e)) == sizeof(e)) {
		if (e.sequence != last + e.lost + 1)
			printf("sequence %llu follows %llu, lost %llu\n", e.sequence,
			       (unsigned long long)last, e.lost);
		last = e.sequence;
		lost += e.lost;
		seen++;
	}
	printf("%s seen, all %s\n", seen >= 1024 ? "at least 1024" : "fewer than 1024",
	       seen + lost == last ? "accounted for" : "NOT accounted for");
	return 0;
}

/* poll-events DEVICE COMMAND...: quiet before the command, readable after it, hung up after detach
 */
static int cmd_poll(char **args)
{
	struct pollfd p = {.fd = events_of(args[0], O_NONBLOCK), .events = POLLIN};
	struct wploop_event e[64];
	char small[64];

	printf("too small a buffer: %s\n",
	       read(p.fd, small, sizeof(small)) < 0 ? name_of(errno) : "read");
	while (read(p.fd, e, sizeof(e)) > 0)
		;
	printf("quiet: %d\n", poll(&p, 1, 50));
	if (system(args[1]))
		printf("the command failed\n");
	p.revents = 0;
	poll(&p, 1, 2000);
	printf("after the command:%s%s\n", p.revents & POLLIN ? " in" : "",
	       p.revents & POLLHUP ? " hup" : "");
	while (read(p.fd, e, sizeof(e)) > 0)
		;
	if (system(args[2]))
		printf("the command failed\n");
	p.revents = 0;
	poll(&p, 1, 2000);
	printf("after detach:%s%s\n", p.revents & POLLIN ? " in" : "",
	       p.revents & POLLHUP ? " hup" : "");
	return 0;
}

static int hold(char **files, uint32_t flags)
{
	struct wploop_hold h = {.size = sizeof(h), .flags = flags};
	int32_t fds[64];
	int fd;

	for (; h.count < 64 && files[h.count]; h.count++)
		fds[h.count] = open_or_die(files[h.count], O_RDONLY);
	h.fds = (uintptr_t)fds;
	fd = ioctl(control(), WPLOOP_HOLD, &h);
	if (fd < 0) {
		printf("hold: %s, file %d\n", name_of(errno), (int)h.failed);
		exit(1);
	}
	while (h.count--)
		close(fds[h.count]);
	return fd;
}

/* hold pin|nopin COMMAND FILE...: runs the command while the files are held, then says whether they
 * changed */
static int cmd_hold(char **args)
{
	int fd = hold(args + 2, strcmp(args[0], "pin") ? 0 : WPLOOP_PIN);
	struct wploop_hold_check check = {.size = sizeof(check)};

	fflush(stdout);
	if (system(args[1]) < 0)
		die("system");
	if (ioctl(fd, WPLOOP_HOLD_CHECK, &check))
		die("check");
	printf("held %u changed %u first %d changes %#x\n", check.count, check.changed,
	       (int)check.first_changed, check.changes);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(char **args);
	int args;
} commands[] = {
	{"version", cmd_version, 0},
	{"attach", cmd_attach, 1},
	{"list", cmd_list, 0},
	{"detach", cmd_detach, 1},
	{"info", cmd_info, 1},
	{"counters", cmd_counters, 1},
	{"errors", cmd_errors, 1},
	{"events", cmd_events, 1},
	{"event-sum", cmd_event_sum, 1},
	{"poll", cmd_poll, 3},
	{"hold", cmd_hold, 3},
	{"abi", cmd_abi, 1},
	{"write-all", cmd_write_all, 1},
	{"open", cmd_open, 2},
	{"file", cmd_file, 1},
	{"read", cmd_read, 3},
	{"bio", cmd_bio, 2},
	{"request", cmd_request, 2},
	{"shrink", cmd_shrink, 2},
	{"wrong", cmd_wrong, 1},
	{"stat", cmd_stat, 1},
	{"setrw", cmd_setrw, 1},
	{"storm", cmd_storm, 2},
	{"fill", cmd_fill, 2},
	{"audit", cmd_audit, 1},
	{"fail-nth", cmd_fail_nth, 2},
	{"sync-file", cmd_sync_file, 1},
	{"compat", cmd_compat, 1},
	{"short-list", cmd_short_list, 1},
	{"mapped", cmd_mapped, 2},
	{"hold-copies", cmd_hold_copies, 1},
	{"through-path", cmd_through_path, 1},
	{"blkpg", cmd_blkpg, 3},
	{"uring", cmd_uring, 1},
	{"nowait", cmd_nowait, 1},
	{"fail-reads", cmd_fail_reads, 3},
};

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name) && argc - 2 >= commands[i].args)
			return commands[i].run(argv + 2);
	fprintf(stderr, "wptool: unknown command, or too few arguments\n");
	return 2;
}
