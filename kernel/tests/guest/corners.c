// SPDX-License-Identifier: GPL-2.0-only
/* Entrances that few programs use: 32-bit calls, io_uring, BLKPG, mappings, short lists. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <linux/io_uring.h>
#include "wptool.h"

/* linux/blkdev.h of 6.12 and later */
#define URING_DISCARD _IO(0x12, 0)

/* The entrance of 32-bit programs, and the number that ioctl has there. Addresses must be low. */
static long ioctl_32(int fd, unsigned int request, const void *argument)
{
	long result = 54;

	__asm__ volatile("int $0x80"
			 : "+a"(result)
			 : "b"((long)fd), "c"((long)request), "d"(argument)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

static void tell_32(const char *what, long result)
{
	printf("%s: %s\n", what, result < 0 ? name_of(-result) : "done");
}

static struct {
	struct wploop_version version;
	struct wploop_extent extent;
	struct wploop_attach attach;
	struct wploop_info info;
	struct wploop_list list;
	struct wploop_events events;
	struct wploop_event event;
	struct wploop_hold hold;
	struct wploop_hold_check check;
	struct wploop_detach detach;
	uint32_t numbers[4];
	int32_t fds[1];
} * low;

static void hold_32(int c, int file)
{
	int fd;

	low->fds[0] = file;
	low->hold = (struct wploop_hold){
		.size = sizeof(low->hold), .fds = (uintptr_t)low->fds, .count = 1};
	fd = (int)ioctl_32(c, WPLOOP_HOLD, &low->hold);
	tell_32("hold", fd);
	low->check.size = sizeof(low->check);
	tell_32("check", ioctl_32(fd, WPLOOP_HOLD_CHECK, &low->check));
	printf("held %u\n", low->check.count);
	close(fd);
}

static void ask_32(int c)
{
	int fd;

	low->info = (struct wploop_info){.size = sizeof(low->info), .number = low->attach.number};
	tell_32("info", ioctl_32(c, WPLOOP_INFO, &low->info));
	printf("size %llu\n", low->info.device_size);
	low->list = (struct wploop_list){
		.size = sizeof(low->list), .room = 4, .numbers = (uintptr_t)low->numbers};
	tell_32("list", ioctl_32(c, WPLOOP_LIST, &low->list));
	printf("listed %u\n", low->list.count);
	low->events =
		(struct wploop_events){.size = sizeof(low->events), .number = low->attach.number};
	fd = (int)ioctl_32(c, WPLOOP_EVENTS, &low->events);
	tell_32("events", fd);
	if (read(fd, &low->event, sizeof(low->event)) != sizeof(low->event))
		die("read");
	printf("event %u\n", low->event.type);
	close(fd);
}

/* What a 32-bit program may ask of the disk, and what not. */
static void device_32(uint32_t number)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/wploop%u", number);
	fd = open_or_die(path, O_RDONLY);
	low->fds[0] = 0;
	tell_32("BLKROSET 0", ioctl_32(fd, BLKROSET, low->fds));
	tell_32("BLKROGET", ioctl_32(fd, BLKROGET, low->fds));
	printf("read-only %d\n", low->fds[0]);
	tell_32("an ioctl of nobody", ioctl_32(fd, _IO(0xfe, 99), low));
	close(fd);
}

/* compat FILE: each request as a 32-bit program makes it */
int cmd_compat(char **args)
{
	int c = control(), file = open_or_die(args[0], O_RDONLY), tries = 100;

	low = mmap(NULL, sizeof(*low), PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (low == MAP_FAILED)
		die("memory");
	low->version.size = sizeof(low->version);
	tell_32("version", ioctl_32(c, WPLOOP_VERSION, &low->version));
	printf("api %u\n", low->version.api);
	low->extent = (struct wploop_extent){.fd = file, .length = 65536};
	low->attach = (struct wploop_attach){
		.size = sizeof(low->attach), .extents = (uintptr_t)&low->extent, .extent_count = 1};
	tell_32("attach", ioctl_32(c, WPLOOP_ATTACH, &low->attach));
	ask_32(c);
	device_32(low->attach.number);
	hold_32(c, file);
	low->detach =
		(struct wploop_detach){.size = sizeof(low->detach), .number = low->attach.number};
	while (ioctl_32(c, WPLOOP_DETACH, &low->detach) == -EBUSY && tries--)
		usleep(20000);
	tell_32("detach, again", ioctl_32(c, WPLOOP_DETACH, &low->detach));
	return 0;
}

/* short-list ROOM: what LIST writes where there is room for fewer than there are */
int cmd_short_list(char **args)
{
	uint32_t numbers[8];
	struct wploop_list list = {.size = sizeof(list),
				   .room = (uint32_t)number_in(args[0]),
				   .numbers = (uintptr_t)numbers};

	memset(numbers, 0xee, sizeof(numbers));
	if (ioctl(control(), WPLOOP_LIST, &list))
		die("list");
	printf("room %u: count %u,", list.room, list.count);
	for (uint32_t i = 0; i < 8 && numbers[i] != 0xeeeeeeee; i++)
		printf(" %u", numbers[i]);
	printf("\n");
	return 0;
}

/* mapped FILE COMMAND: runs the command while the file is mapped for writing and no descriptor of
 * it is left */
int cmd_mapped(char **args)
{
	int fd = open_or_die(args[0], O_RDWR);
	char *place = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (place == MAP_FAILED)
		die("mmap");
	close(fd);
	fflush(stdout);
	if (system(args[1]) < 0)
		die("system");
	place[0] ^= 1;
	place[0] ^= 1;
	return 0;
}

static void tell_writer(const char *when, const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	printf("%s: %s\n", when, fd < 0 ? name_of(errno) : "done");
	if (fd >= 0)
		close(fd);
}

/* hold-copies FILE: the protection lasts as long as any copy of the descriptor, in any process */
int cmd_hold_copies(char **args)
{
	int32_t file = open_or_die(args[0], O_RDONLY);
	struct wploop_hold h = {.size = sizeof(h), .fds = (uintptr_t)&file, .count = 1};
	int first = ioctl(control(), WPLOOP_HOLD, &h), second = dup(first);
	pid_t child = first < 0 ? -1 : fork();

	if (child < 0)
		die("hold");
	if (!child)
		pause();
	close(file);
	close(first);
	tell_writer("a copy is left", args[0]);
	close(second);
	tell_writer("a child has it", args[0]);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	tell_writer("nobody has it", args[0]);
	return 0;
}

/* through-path FILE: a descriptor that is a path, or only reads, is no way to one that writes */
int cmd_through_path(char **args)
{
	int path = open(args[0], O_PATH | O_CLOEXEC), reader = open_or_die(args[0], O_RDONLY);
	char again[64];
	int fd;

	snprintf(again, sizeof(again), "/proc/self/fd/%d", path);
	fd = open(again, O_RDWR | O_CLOEXEC);
	printf("by a path: %s\n", fd < 0 ? name_of(errno) : "done");
	snprintf(again, sizeof(again), "/proc/self/fd/%d", reader);
	fd = open(again, O_WRONLY | O_CLOEXEC);
	printf("by a descriptor that reads: %s\n", fd < 0 ? name_of(errno) : "done");
	printf("truncate it: %s\n", truncate(again, 0) ? name_of(errno) : "done");
	return 0;
}

static int partition(int fd, int op, int number, long long start, long long length)
{
	struct blkpg_partition p = {.start = start, .length = length, .pno = number};
	struct blkpg_ioctl_arg ask = {.op = op, .datalen = sizeof(p), .data = &p};

	return ioctl(fd, BLKPG, &ask);
}

/* blkpg DEVICE add|del|resize NUMBER [START LENGTH] */
int cmd_blkpg(char **args)
{
	int op = !strcmp(args[1], "add")   ? BLKPG_ADD_PARTITION
		 : !strcmp(args[1], "del") ? BLKPG_DEL_PARTITION
					   : BLKPG_RESIZE_PARTITION;
	long long start = args[3] ? (long long)number_in(args[3]) : 0;
	long long length = args[3] ? (long long)number_in(args[4]) : 0;

	printf("%s: %s\n", args[1],
	       partition(open_or_die(args[0], O_RDONLY), op, (int)number_in(args[2]), start, length)
		       ? name_of(errno)
		       : "done");
	return 0;
}

/**
 * struct ring - the least of io_uring: one question, one answer
 * @fd: of the ring
 * @p: where its parts are
 * @queue: both queues
 * @ask: the place of the question
 */
struct ring {
	int fd;
	struct io_uring_params p;
	char *queue;
	struct io_uring_sqe *ask;
};

static uint32_t *ring_at(struct ring *r, uint32_t offset)
{
	return (uint32_t *)(r->queue + offset);
}

static int ring_open(struct ring *r)
{
	r->fd = (int)syscall(SYS_io_uring_setup, 2, &r->p);
	if (r->fd < 0)
		return -1;
	r->queue = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, IORING_OFF_SQ_RING);
	r->ask = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, IORING_OFF_SQES);
	if (r->queue == MAP_FAILED || r->ask == MAP_FAILED)
		die("ring");
	return 0;
}

/* Returns what the kernel answered: a count or a negative error. */
static int ring_do(struct ring *r, const struct io_uring_sqe *ask)
{
	uint32_t tail = *ring_at(r, r->p.sq_off.tail), head;
	struct io_uring_cqe *answers = (void *)ring_at(r, r->p.cq_off.cqes);

	r->ask[0] = *ask;
	ring_at(r, r->p.sq_off.array)[tail & 1] = 0;
	__atomic_store_n(ring_at(r, r->p.sq_off.tail), tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, r->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		die("ring");
	head = *ring_at(r, r->p.cq_off.head);
	__atomic_store_n(ring_at(r, r->p.cq_off.head), head + 1, __ATOMIC_RELEASE);
	return answers[head & *ring_at(r, r->p.cq_off.ring_mask)].res;
}

static void ring_tell(struct ring *r, const char *what, struct io_uring_sqe ask)
{
	printf("%s: %s\n", what, ring_do(r, &ask) < 0 ? "refused" : "DONE");
}

/* uring DEVICE: what io_uring can ask of a device that is open for reading */
int cmd_uring(char **args)
{
	static char page[4096] __attribute__((aligned(4096)));
	int fd = open_or_die(args[0], O_RDONLY | O_DIRECT);
	struct ring r = {.fd = -1};
	const uint64_t at = (uintptr_t)page;

	if (ring_open(&r)) {
		printf("no io_uring: %s\n", name_of(errno));
		return 0;
	}
	printf("read: %d\n", ring_do(&r, &(struct io_uring_sqe){
						 .opcode = IORING_OP_READ,
						 .fd = fd,
						 .addr = at,
						 .len = 4096,
					 }));
	ring_tell(&r, "write",
		  (struct io_uring_sqe){
			  .opcode = IORING_OP_WRITE, .fd = fd, .addr = at, .len = 4096});
	ring_tell(&r, "fallocate",
		  (struct io_uring_sqe){.opcode = IORING_OP_FALLOCATE, .fd = fd, .addr = 4096});
	ring_tell(&r, "command of a driver",
		  (struct io_uring_sqe){.opcode = IORING_OP_URING_CMD, .fd = fd, .cmd_op = 0x80});
	ring_tell(&r, "discard",
		  (struct io_uring_sqe){.opcode = IORING_OP_URING_CMD,
					.fd = fd,
					.cmd_op = URING_DISCARD,
					.addr = 0,
					.addr3 = 4096});
	return 0;
}

/* nowait DEVICE: reads that must not wait; each says so, or delivers */
int cmd_nowait(char **args)
{
	static char page[4096] __attribute__((aligned(4096)));
	const struct iovec iov = {page, sizeof(page)};
	int fd = open_or_die(args[0], O_RDONLY | O_DIRECT), delivered = 0, would_wait = 0;

	for (int i = 0; i < 100; i++) {
		ssize_t got = preadv2(fd, &iov, 1, i * 4096, RWF_NOWAIT);

		if (got == sizeof(page))
			delivered++;
		else if (got < 0 && errno == EAGAIN)
			would_wait++;
		else
			printf("page %d: %zd %s\n", i, got, name_of(errno));
	}
	printf("delivered or would wait: %d\n", delivered + would_wait);
	return 0;
}

/* fail-reads DEVICE OFFSET TIMES: reads a sector directly again and again; each must fail */
int cmd_fail_reads(char **args)
{
	static char sector[512] __attribute__((aligned(4096)));
	int fd = open_or_die(args[0], O_RDONLY | O_DIRECT), failed = 0;
	uint64_t offset = number_in(args[1]), times = number_in(args[2]);

	for (uint64_t i = 0; i < times; i++)
		failed += pread(fd, sector, sizeof(sector), offset) < 0;
	printf("failed: %d\n", failed);
	return 0;
}
