// SPDX-License-Identifier: GPL-2.0-only
/*
 * storm SECONDS FILE FILE: attaching, detaching, opening, reading, killing, asking, holding and
 * unloading, all at once. storm SECONDS DEVICE: reads of all sizes at once; each delivers what
 * stands there, or an error.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/fs.h>
#include "pattern.h"
#include "wptool.h"

enum {
	ATTACHED,
	DETACHED,
	READS,
	ERRORS,
	WRONG,
	UNLOADED,
	HELD,
	EVENTS,
	KILLED,
	OVERRUN,
	COUNTERS
};

static struct {
	volatile int stop;
	long count[COUNTERS];
} * shared;

static void note(int what)
{
	__atomic_add_fetch(&shared->count[what], 1, __ATOMIC_RELAXED);
}

/* Reads once, somewhere, and looks at each byte. */
static void read_somewhere(int fd, uint64_t size, size_t most)
{
	static unsigned char block[262144] __attribute__((aligned(4096)));
	uint64_t offset = ((uint64_t)random() * 512) % size;
	size_t n = (1 + random() % (most / 512)) * 512;
	ssize_t got = pread(fd, block, n, offset);

	if (got < 0) {
		note(ERRORS);
		return;
	}
	note(READS);
	if (!pattern_holds(block, got, offset))
		note(WRONG);
}

static uint64_t device_size(int fd)
{
	uint64_t size = 0;

	return ioctl(fd, BLKGETSIZE64, &size) ? 0 : size;
}

static void read_device(const char *device, int flags, int times)
{
	int fd = open(device, O_RDONLY | O_CLOEXEC | flags);
	uint64_t size = fd < 0 ? 0 : device_size(fd);

	while (size && times--)
		read_somewhere(fd, size, 65536);
	if (fd >= 0)
		close(fd);
}

static void detach_number(int c, uint32_t number)
{
	struct wploop_detach d = {.size = sizeof(d), .number = number};

	while (ioctl(c, WPLOOP_DETACH, &d)) {
		if (errno != EBUSY || shared->stop)
			return;
		usleep(500);
	}
	note(DETACHED);
}

static void attacher(char **files)
{
	struct wploop_extent e[2] = {
		{.fd = open_or_die(files[0], O_RDONLY), .length = 1 << 20},
		{.fd = -1, .flags = WPLOOP_EXTENT_UNREADABLE, .length = 65536}};
	struct wploop_attach a;
	char device[64];
	int c = control();

	while (!shared->stop) {
		a = (struct wploop_attach){.size = sizeof(a),
					   .extents = (uintptr_t)e,
					   .extent_count = 1 + random() % 2,
					   .flags = random() % 2 ? WPLOOP_PIN : WPLOOP_DIRECT};
		if (ioctl(c, WPLOOP_ATTACH, &a)) {
			note(WRONG);
			continue;
		}
		note(ATTACHED);
		snprintf(device, sizeof(device), "/dev/wploop%u", a.number);
		read_device(device, 0, random() % 4);
		detach_number(c, a.number);
	}
}

static void opener(char **files)
{
	char device[64];

	(void)files;
	while (!shared->stop) {
		snprintf(device, sizeof(device), "/dev/wploop%ld", random() % 5);
		read_device(device, random() % 2 ? O_DIRECT : 0, 8);
		close(open(device, O_RDWR | O_CLOEXEC));
	}
}

/* Detaches whatever is there, also while others read it. */
static void detacher(char **files)
{
	struct wploop_detach d = {.size = sizeof(d)};
	int c = control();

	(void)files;
	while (!shared->stop) {
		/* number 0 stays: it keeps the module */
		d.number = 1 + random() % 4;
		if (!ioctl(c, WPLOOP_DETACH, &d))
			note(DETACHED);
		usleep(random() % 3000);
	}
}

static void asker(char **files)
{
	struct wploop_extent_info extents[4];
	struct wploop_info info;
	struct wploop_events ask;
	struct wploop_event event;
	int c = control(), fd;

	(void)files;
	while (!shared->stop) {
		info = (struct wploop_info){.size = sizeof(info),
					    .number = random() % 5,
					    .extents = (uintptr_t)extents,
					    .extent_room = 4};
		ioctl(c, WPLOOP_INFO, &info);
		ask = (struct wploop_events){
			.size = sizeof(ask), .number = info.number, .flags = O_NONBLOCK};
		fd = ioctl(c, WPLOOP_EVENTS, &ask);
		while (fd >= 0 && read(fd, &event, sizeof(event)) > 0)
			note(EVENTS);
		if (fd >= 0)
			close(fd);
	}
}

static void holder(char **files)
{
	int32_t fds[2] = {open_or_die(files[0], O_RDONLY), open_or_die(files[1], O_RDONLY)};
	struct wploop_hold h = {
		.size = sizeof(h), .fds = (uintptr_t)fds, .count = 2, .flags = WPLOOP_PIN};
	int c = control(), fd;

	while (!shared->stop) {
		fd = ioctl(c, WPLOOP_HOLD, &h);
		if (fd < 0) {
			note(WRONG);
			continue;
		}
		note(HELD);
		/* protected: nobody may get it for writing now */
		if (open(files[1], O_WRONLY | O_CLOEXEC) >= 0)
			note(WRONG);
		close(fd);
	}
}

static void unloader(char **files)
{
	(void)files;
	while (!shared->stop) {
		if (!syscall(SYS_delete_module, "wploop", O_NONBLOCK))
			note(UNLOADED);
		usleep(1000);
	}
}

static void reader(char **files)
{
	int fd = open_or_die(files[0], O_RDONLY | (random() % 2 ? O_DIRECT : 0));
	uint64_t size = device_size(fd);

	while (!shared->stop)
		read_somewhere(fd, size, 262144);
}

static pid_t start(void (*run)(char **), char **files)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	srandom(getpid());
	run(files);
	_exit(0);
}

/* Ends all: an orderly end within half a minute, or it hangs. */
static void stop_all(const pid_t *pids, size_t n)
{
	int status;

	shared->stop = 1;
	for (size_t i = 0; i < n; i++) {
		int tries = 3000;

		while (!waitpid(pids[i], &status, WNOHANG) && tries--)
			usleep(10000);
		if (tries < 0)
			note(OVERRUN);
	}
}

static void detach_all(void)
{
	uint32_t numbers[64];
	struct wploop_list list = {.size = sizeof(list), .room = 64, .numbers = (uintptr_t)numbers};
	int c = control();

	shared->stop = 0;
	if (ioctl(c, WPLOOP_LIST, &list))
		die("list");
	for (uint32_t i = 0; i < list.count; i++)
		if (numbers[i])
			detach_number(c, numbers[i]);
}

/* Starts them, kills one now and then, and puts another in its place. */
static void run_all(void (*const *what)(char **), size_t n, char **files, int seconds,
		    int kill_some)
{
	time_t end = time(NULL) + seconds;
	pid_t pids[16];

	for (size_t i = 0; i < n; i++)
		pids[i] = start(what[i], files);
	while (time(NULL) < end) {
		size_t i = random() % n;

		usleep(50000);
		if (!kill_some)
			continue;
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
		note(KILLED);
		pids[i] = start(what[i], files);
	}
	stop_all(pids, n);
}

static void storm_of_devices(int seconds, char **files)
{
	static void (*const all[])(char **) = {attacher, attacher, opener, opener,   detacher,
					       asker,	 holder,   opener, unloader, attacher};

	run_all(all, sizeof(all) / sizeof(all[0]), files, seconds, 1);
	detach_all();
	printf("attached %s, detached %s, read %s, held %s, events %s, killed %s\n",
	       shared->count[ATTACHED] ? "often" : "never",
	       shared->count[DETACHED] ? "often" : "never",
	       shared->count[READS] ? "often" : "never", shared->count[HELD] ? "often" : "never",
	       shared->count[EVENTS] ? "often" : "never",
	       shared->count[KILLED] ? "often" : "never");
	printf("unloaded while in use: %ld\n", shared->count[UNLOADED]);
}

static void storm_of_reads(int seconds, char **device)
{
	static void (*const all[])(char **) = {reader, reader, reader, reader, reader, reader};

	run_all(all, sizeof(all) / sizeof(all[0]), device, seconds, 0);
	printf("read %s, errors %s\n", shared->count[READS] ? "often" : "never",
	       shared->count[ERRORS] ? "some" : "none");
}

int cmd_storm(char **args)
{
	int seconds = (int)number_in(args[0]);

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		die("memory");
	if (!strncmp(args[1], "/dev/", 5))
		storm_of_reads(seconds, args + 1);
	else
		storm_of_devices(seconds, args + 1);
	printf("wrong: %ld, did not end: %ld\n", shared->count[WRONG], shared->count[OVERRUN]);
	fprintf(stderr,
		"attached %ld detached %ld reads %ld errors %ld held %ld events %ld killed %ld\n",
		shared->count[ATTACHED], shared->count[DETACHED], shared->count[READS],
		shared->count[ERRORS], shared->count[HELD], shared->count[EVENTS],
		shared->count[KILLED]);
	return 0;
}
