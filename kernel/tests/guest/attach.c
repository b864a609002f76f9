// SPDX-License-Identifier: GPL-2.0-only
/* ATTACH as a command, and all the ways to say it wrongly. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/fs.h>
#include "wptool.h"

#define MOST 4096

static uint64_t size_of(int fd)
{
	struct stat st;
	uint64_t size = 0;

	if (fstat(fd, &st))
		die("fstat");
	if (!S_ISBLK(st.st_mode))
		return st.st_size;
	if (ioctl(fd, BLKGETSIZE64, &size))
		die("size");
	return size;
}

static int fd_of(const char *path, int flags)
{
	static struct {
		char path[256];
		int fd;
	} seen[64];
	size_t i;

	for (i = 0; i < 63 && seen[i].path[0]; i++)
		if (!strcmp(seen[i].path, path))
			return seen[i].fd;
	snprintf(seen[i].path, sizeof(seen[i].path), "%s", path);
	seen[i].fd = open_or_die(path, flags);
	return seen[i].fd;
}

/* PATH, PATH:OFFSET:LENGTH, or -:LENGTH for what could not be read */
static struct wploop_extent extent_in(char *text)
{
	char *offset = strchr(text, ':'), *length = offset ? strchr(offset + 1, ':') : NULL;
	struct wploop_extent e = {.fd = -1};

	if (offset)
		*offset++ = 0;
	if (length)
		*length++ = 0;
	if (!strcmp(text, "-")) {
		e.flags = WPLOOP_EXTENT_UNREADABLE;
		e.length = number_in(offset);
		return e;
	}
	e.fd = fd_of(text, O_RDONLY);
	e.offset = offset ? number_in(offset) : 0;
	e.length = length ? number_in(length) : size_of(e.fd) - e.offset;
	return e;
}

/* Each option is one word: partscan, direct, direct-only, pin, quiet, block=N, limit=N, label=TEXT
 */
static int option_in(const char *text, struct wploop_attach *a, int *quiet)
{
	if (!strcmp(text, "partscan"))
		a->flags |= WPLOOP_PARTSCAN;
	else if (!strcmp(text, "direct"))
		a->flags |= WPLOOP_DIRECT;
	else if (!strcmp(text, "direct-only"))
		a->flags |= WPLOOP_DIRECT | WPLOOP_DIRECT_ONLY;
	else if (!strcmp(text, "pin"))
		a->flags |= WPLOOP_PIN;
	else if (!strcmp(text, "quiet"))
		*quiet = 1;
	else if (!strncmp(text, "block=", 6))
		a->block_size = (uint32_t)number_in(text + 6);
	else if (!strncmp(text, "limit=", 6))
		a->size_limit = number_in(text + 6);
	else if (!strncmp(text, "label=", 6))
		snprintf(a->label, sizeof(a->label), "%s", text + 6);
	else
		return 0;
	return 1;
}

int cmd_attach(char **args)
{
	struct wploop_extent extents[MOST];
	struct wploop_attach a = {.size = sizeof(a), .extents = (uintptr_t)extents};
	int quiet = 0;

	for (; *args && a.extent_count < MOST; args++)
		if (!option_in(*args, &a, &quiet))
			extents[a.extent_count++] = extent_in(*args);
	if (ioctl(control(), WPLOOP_ATTACH, &a)) {
		printf("attach: %s, extent %d\n", name_of(errno), (int)a.failed_extent);
		return 1;
	}
	printf("wploop%u\n", a.number);
	if (!quiet)
		fprintf(stderr, "size %llu tail %llu active %#x\n", a.device_size, a.tail,
			a.active);
	return 0;
}

static int file_fd;

static void try_attach(const char *what, const struct wploop_attach *a,
		       const struct wploop_extent *e)
{
	struct wploop_attach ask = *a;
	struct wploop_extent extent = *e;
	struct wploop_detach d = {.size = sizeof(d)};

	if (!ask.extents)
		ask.extents = (uintptr_t)&extent;
	if (ioctl(control(), WPLOOP_ATTACH, &ask)) {
		printf("%s: %s\n", what, name_of(errno));
		return;
	}
	printf("%s: attached\n", what);
	d.number = ask.number;
	for (int tries = 50; tries && ioctl(control(), WPLOOP_DETACH, &d); tries--)
		usleep(20000);
}

#define TRY_ATTACH(what, field)                                                                    \
	do {                                                                                       \
		struct wploop_attach a = good;                                                     \
		struct wploop_extent e = piece;                                                    \
		field;                                                                             \
		try_attach(what, &a, &e);                                                          \
	} while (0)

static void bad_attachments(void)
{
	const struct wploop_attach good = {.size = sizeof(good), .extent_count = 1};
	const struct wploop_extent piece = {.fd = file_fd, .length = 65536};

	TRY_ATTACH("as it should be", (void)0);
	TRY_ATTACH("size 0", a.size = 0);
	TRY_ATTACH("size 4", a.size = 4);
	TRY_ATTACH("size too large to be one", a.size = 1 << 20);
	TRY_ATTACH("unknown flag", a.flags = 1u << 31);
	TRY_ATTACH("only direct, but not direct", a.flags = WPLOOP_DIRECT_ONLY);
	TRY_ATTACH("reserved0", a.reserved0 = 1);
	TRY_ATTACH("reserved", a.reserved[3] = 1);
}

static void bad_numbers(void)
{
	const struct wploop_attach good = {.size = sizeof(good), .extent_count = 1};
	const struct wploop_extent piece = {.fd = file_fd, .length = 65536};

	TRY_ATTACH("no extents", a.extent_count = 0);
	TRY_ATTACH("too many extents", a.extent_count = WPLOOP_MAX_EXTENTS + 1);
	TRY_ATTACH("address of nothing", a.extents = 8);
	TRY_ATTACH("block 256", a.block_size = 256);
	TRY_ATTACH("block 1000", a.block_size = 1000);
	TRY_ATTACH("block 8192", a.block_size = 8192);
	TRY_ATTACH("label without an end", memset(a.label, 'x', sizeof(a.label)));
	TRY_ATTACH("limit below a block", a.size_limit = 511);
}

static void bad_extents(void)
{
	const struct wploop_attach good = {.size = sizeof(good), .extent_count = 1};
	const struct wploop_extent piece = {.fd = file_fd, .length = 65536};

	TRY_ATTACH("extent: unknown flag", e.flags = 2);
	TRY_ATTACH("extent: reserved", e.reserved = 1);
	TRY_ATTACH("extent: length 0", e.length = 0);
	TRY_ATTACH("extent: no such descriptor", e.fd = 999);
	TRY_ATTACH("extent: negative descriptor", e.fd = -1);
	TRY_ATTACH("extent: end behind the file", e.length = 65537);
	TRY_ATTACH("extent: start behind the file", e.offset = 65536);
	TRY_ATTACH("extent: sum too large", e.offset = ~0ull - 10);
}

static void bad_gaps_and_files(void)
{
	const struct wploop_attach good = {.size = sizeof(good), .extent_count = 1};
	const struct wploop_extent piece = {.fd = file_fd, .length = 65536};

	TRY_ATTACH("unreadable: with a file", e.flags = WPLOOP_EXTENT_UNREADABLE);
	TRY_ATTACH("unreadable: with an offset",
		   (e.flags = WPLOOP_EXTENT_UNREADABLE, e.fd = -1, e.offset = 1));
	TRY_ATTACH("unreadable: larger than a device",
		   (e.flags = WPLOOP_EXTENT_UNREADABLE, e.fd = -1, e.length = ~0ull));
	TRY_ATTACH("unreadable: alone", (e.flags = WPLOOP_EXTENT_UNREADABLE, e.fd = -1));
	TRY_ATTACH("a directory", e.fd = open_or_die("/", O_RDONLY));
	TRY_ATTACH("a character device", e.fd = open_or_die("/dev/null", O_RDONLY));
	TRY_ATTACH("only a path", e.fd = open_or_die("/etc/passwd", O_PATH));
}

/* A structure of the future: longer, and zero behind what we know, or not. */
static void future_attachments(void)
{
	struct {
		struct wploop_attach a;
		uint64_t more[4];
	} ask = {.a = {.size = sizeof(ask), .extent_count = 1}};
	struct wploop_extent piece = {.fd = file_fd, .length = 65536};
	struct wploop_detach d = {.size = sizeof(d)};

	ask.a.extents = (uintptr_t)&piece;
	ask.more[2] = 1;
	printf("longer, with something unknown: %s\n",
	       ioctl(control(), WPLOOP_ATTACH, &ask) ? name_of(errno) : "attached");
	ask.more[2] = 0;
	if (ioctl(control(), WPLOOP_ATTACH, &ask))
		die("longer, zero");
	printf("longer, zero: attached, size %s\n", ask.a.size == sizeof(ask) ? "kept" : "changed");
	d.number = ask.a.number;
	for (int tries = 50; tries && ioctl(control(), WPLOOP_DETACH, &d); tries--)
		usleep(20000);
}

#define TRY(what, request, ...)                                                                    \
	do {                                                                                       \
		__VA_ARGS__;                                                                       \
		int got = ioctl(control(), request, &ask);                                         \
		printf("%s: %s\n", what, got < 0 ? name_of(errno) : "done");                       \
	} while (0)

static void bad_others(void)
{
	int32_t fd = file_fd;

	TRY("no such request", _IO(WPLOOP_IOC, 77), uint32_t ask = 4);
	TRY("detach: none there", WPLOOP_DETACH, struct wploop_detach ask = {.size = sizeof(ask)});
	TRY("detach: reserved", WPLOOP_DETACH,
	    struct wploop_detach ask = {.size = sizeof(ask), .reserved = {1}});
	TRY("list: reserved", WPLOOP_LIST,
	    struct wploop_list ask = {.size = sizeof(ask), .reserved0 = 1});
	TRY("info: none there", WPLOOP_INFO,
	    struct wploop_info ask = {.size = sizeof(ask), .number = 7});
	TRY("info: room without a place", WPLOOP_INFO,
	    struct wploop_info ask = {.size = sizeof(ask), .extent_room = 1});
	TRY("events: none there", WPLOOP_EVENTS, struct wploop_events ask = {.size = sizeof(ask)});
	TRY("events: flags", WPLOOP_EVENTS,
	    struct wploop_events ask = {.size = sizeof(ask), .flags = O_RDWR});
	TRY("hold: nothing", WPLOOP_HOLD, struct wploop_hold ask = {.size = sizeof(ask)});
	TRY("hold: flags", WPLOOP_HOLD,
	    struct wploop_hold ask = {
		    .size = sizeof(ask), .count = 1, .fds = (uintptr_t)&fd, .flags = 1});
	TRY("hold: too many", WPLOOP_HOLD,
	    struct wploop_hold ask = {
		    .size = sizeof(ask), .count = WPLOOP_MAX_HELD + 1, .fds = (uintptr_t)&fd});
	TRY("hold: address of nothing", WPLOOP_HOLD,
	    struct wploop_hold ask = {.size = sizeof(ask), .count = 1, .fds = 8});
}

int cmd_abi(char **args)
{
	struct wploop_list list = {.size = sizeof(list)};

	file_fd = open_or_die(args[0], O_RDONLY);
	bad_attachments();
	bad_numbers();
	bad_extents();
	bad_gaps_and_files();
	future_attachments();
	bad_others();
	if (ioctl(control(), WPLOOP_LIST, &list))
		die("list");
	printf("left behind: %u\n", list.count);
	return 0;
}
