// SPDX-License-Identifier: GPL-2.0-only
/* Everything that writes or reconfigures a device or a file, tried one after another. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <linux/audit.h>
#include <linux/blkzoned.h>
#include <linux/cdrom.h>
#include <linux/fs.h>
#include <linux/hdreg.h>
#include <linux/loop.h>
#include <linux/netlink.h>
#include <scsi/scsi_ioctl.h>
#include <scsi/sg.h>
#include "pattern.h"
#include "wploop_test.h"
#include "wptool.h"

/* A result that may differ between kernels in its errno, but not in what it means. */
static void tell(const char *what, long result)
{
	printf("%s: %s\n", what, result < 0 ? "refused" : "DONE");
}

static void tell_errno(const char *what, long result)
{
	printf("%s: %s\n", what, result < 0 ? name_of(errno) : "done");
}

static long try_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd;
}

static void open_for_writing(const char *device)
{
	tell_errno("open for writing", try_open(device, O_WRONLY));
	tell_errno("open for both", try_open(device, O_RDWR));
	tell_errno("open for both, direct", try_open(device, O_RDWR | O_DIRECT));
	tell_errno("open for both, exclusive", try_open(device, O_RDWR | O_EXCL));
	tell_errno("open to truncate", try_open(device, O_WRONLY | O_TRUNC));
}

static long map_for_writing(int fd)
{
	void *place = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (place == MAP_FAILED)
		return -1;
	memset(place, 'x', 4096);
	msync(place, 4096, MS_SYNC);
	return 0;
}

/* The device is open for reading only, which is the most that can be had. */
static void write_by_call(int fd)
{
	static char page[4096] __attribute__((aligned(4096)));
	struct iovec iov = {page, sizeof(page)};
	int other = open_or_die("/bin/busybox", O_RDONLY), ends[2];

	tell("write", write(fd, page, sizeof(page)));
	tell("pwrite", pwrite(fd, page, sizeof(page), 0));
	tell("pwritev2, synchronous", pwritev2(fd, &iov, 1, 0, RWF_DSYNC));
	tell("map shared, to write", map_for_writing(fd));
	tell("ftruncate", ftruncate(fd, 0));
	tell("fallocate, zero", fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, 4096));
	tell("fallocate, punch",
	     fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
	tell("sendfile into it", sendfile(fd, other, NULL, 4096));
	tell("copy_file_range into it", copy_file_range(other, NULL, fd, NULL, 4096, 0));
	if (!pipe(ends) && write(ends[1], page, sizeof(page)) > 0)
		tell("splice into it", splice(ends[0], NULL, fd, NULL, 4096, 0));
}

static void write_by_ioctl(int fd)
{
	uint64_t range[2] = {0, 4096};
	struct blk_zone_range zone = {0, 8};

	tell("BLKDISCARD", ioctl(fd, BLKDISCARD, range));
	tell("BLKSECDISCARD", ioctl(fd, BLKSECDISCARD, range));
	tell("BLKZEROOUT", ioctl(fd, BLKZEROOUT, range));
	tell("BLKRESETZONE", ioctl(fd, BLKRESETZONE, &zone));
	tell("BLKOPENZONE", ioctl(fd, BLKOPENZONE, &zone));
	tell("BLKFINISHZONE", ioctl(fd, BLKFINISHZONE, &zone));
}

static void configure(int fd)
{
	struct loop_info64 info = {0};
	struct sg_io_hdr sg = {.interface_id = 'S'};
	int zero = 0, other = open_or_die("/bin/busybox", O_RDONLY);

	tell_errno("BLKROSET 0", ioctl(fd, BLKROSET, &zero));
	tell("BLKRRPART", ioctl(fd, BLKRRPART));
	tell_errno("LOOP_SET_FD", ioctl(fd, LOOP_SET_FD, other));
	tell_errno("LOOP_CHANGE_FD", ioctl(fd, LOOP_CHANGE_FD, other));
	tell_errno("LOOP_SET_STATUS64", ioctl(fd, LOOP_SET_STATUS64, &info));
	tell_errno("LOOP_SET_CAPACITY", ioctl(fd, LOOP_SET_CAPACITY));
	tell_errno("LOOP_SET_BLOCK_SIZE", ioctl(fd, LOOP_SET_BLOCK_SIZE, 4096));
	tell_errno("LOOP_SET_DIRECT_IO", ioctl(fd, LOOP_SET_DIRECT_IO, 1));
	tell_errno("LOOP_CLR_FD", ioctl(fd, LOOP_CLR_FD));
	tell_errno("SG_IO", ioctl(fd, SG_IO, &sg));
	tell_errno("SCSI_IOCTL_SEND_COMMAND", ioctl(fd, SCSI_IOCTL_SEND_COMMAND, &sg));
	tell_errno("HDIO_DRIVE_CMD", ioctl(fd, HDIO_DRIVE_CMD, &sg));
	tell_errno("CDROMEJECT", ioctl(fd, CDROMEJECT));
	tell_errno("an ioctl of nobody", ioctl(fd, _IO(0xfe, 99)));
}

/* What must go on working: questions about the device. */
static void ask(int fd)
{
	int read_only = 0, sector = 0;
	uint64_t size = 0;

	tell_errno("fsync", fsync(fd));
	tell_errno("BLKFLSBUF", ioctl(fd, BLKFLSBUF));
	ioctl(fd, BLKROGET, &read_only);
	ioctl(fd, BLKSSZGET, &sector);
	ioctl(fd, BLKGETSIZE64, &size);
	printf("read-only %d, sector %d, size %llu\n", read_only, sector, (unsigned long long)size);
}

int cmd_write_all(char **args)
{
	int fd;

	open_for_writing(args[0]);
	fd = open_or_die(args[0], O_RDONLY);
	write_by_call(fd);
	write_by_ioctl(fd);
	configure(fd);
	ask(fd);
	return 0;
}

/* open PATH rw|ro [TIMES] */
int cmd_open(char **args)
{
	uint64_t times = args[2] ? number_in(args[2]) : 1;
	long result = 0;

	while (times--)
		result = try_open(args[0], strcmp(args[1], "rw") ? O_RDONLY : O_RDWR);
	tell_errno(args[0], result);
	return 0;
}

int cmd_setrw(char **args)
{
	int zero = 0;

	tell_errno("BLKROSET 0", ioctl(open_or_die(args[0], O_RDONLY), BLKROSET, &zero));
	return 0;
}

/* What succeeds is undone: the file is there under its name afterwards. */
static void change_name(const char *path)
{
	char moved[4096], kept[4096], other[4096];

	snprintf(moved, sizeof(moved), "%s.moved", path);
	snprintf(kept, sizeof(kept), "%s.kept", path);
	snprintf(other, sizeof(other), "%s.other", path);
	if (link(path, kept))
		die("link");
	tell_errno("rename", rename(path, moved));
	rename(moved, path);
	close(open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	tell_errno("replace", rename(other, path));
	if (access(other, F_OK) && (unlink(path) || link(kept, path)))
		die("undo");
	tell_errno("unlink", unlink(path));
	if (access(path, F_OK) && link(kept, path))
		die("undo");
	unlink(kept);
	unlink(other);
}

/* file PATH: what can be done to a file that is evidence */
int cmd_file(char **args)
{
	const char *path = args[0];

	tell_errno("open for writing", try_open(path, O_WRONLY));
	tell_errno("open for both", try_open(path, O_RDWR));
	tell_errno("open to append", try_open(path, O_WRONLY | O_APPEND));
	tell_errno("open to truncate", try_open(path, O_WRONLY | O_TRUNC));
	tell_errno("truncate", truncate(path, 0));
	tell_errno("open for reading", try_open(path, O_RDONLY));
	change_name(path);
	return 0;
}

static void describe(const unsigned char *bytes, ssize_t got, uint64_t offset)
{
	uint64_t sum = 0xcbf29ce484222325ull;

	for (ssize_t i = 0; i < got; i++)
		sum = (sum ^ bytes[i]) * 0x100000001b3ull;
	printf("%zd bytes, sum %016llx%s\n", got, (unsigned long long)sum,
	       pattern_holds(bytes, got, offset) ? ", as written there" : "");
}

/* read PATH OFFSET LENGTH [direct] */
int cmd_read(char **args)
{
	int flags = args[3] && !strcmp(args[3], "direct") ? O_DIRECT : 0;
	size_t length = number_in(args[2]);
	uint64_t offset = number_in(args[1]);
	unsigned char *bytes = NULL;
	ssize_t got;

	if (posix_memalign((void **)&bytes, 4096, length))
		die("memory");
	got = pread(open_or_die(args[0], O_RDONLY | flags), bytes, length, offset);
	if (got < 0)
		printf("%s\n", name_of(errno));
	else
		describe(bytes, got, offset);
	return 0;
}

static const struct {
	const char *name;
	uint32_t op;
	uint32_t flags;
	uint64_t length;
} operations[] = {
	{"write", 1, 0, 4096},
	{"write, forced to the medium", 1, WPLOOP_TEST_FUA, 4096},
	{"write behind a flush", 1, WPLOOP_TEST_PREFLUSH, 4096},
	{"discard", 3, 0, 4096},
	{"secure erase", 5, 0, 4096},
	{"zone append", 7, 0, 4096},
	{"write of zeroes", 9, 0, 4096},
	{"zone open", 11, 0, 0},
	{"zone close", 13, 0, 0},
	{"zone finish", 15, 0, 0},
	{"zone reset", 17, 0, 0},
	{"reset of all zones", 19, 0, 0},
	{"driver command in", 34, 0, 0},
	{"driver command out", 35, 0, 0},
	{"operation 4", 4, 0, 0},
	{"operation 21", 21, 0, 4096},
	{"operation 36", 36, 0, 0},
	{"operation 255", 255, 0, 4096},
};

static void send_one(unsigned long request, int fd, const char *name, struct wploop_test *t)
{
	t->fd = fd;
	if (ioctl(open_or_die(WPLOOP_TEST, O_RDONLY), request, t))
		printf("%s: not sent, %s\n", name, name_of(errno));
	else
		printf("%s: %s\n", name, t->result ? "refused" : "DONE");
}

static int send_all(const char *device, unsigned long request, uint64_t sector, uint32_t flags)
{
	int fd = open_or_die(device, O_RDONLY);

	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		struct wploop_test t = {.op = operations[i].op,
					.flags = operations[i].flags | flags,
					.start = sector,
					.length = operations[i].length};

		send_one(request, fd, operations[i].name, &t);
	}
	return fd;
}

/* bio DEVICE SECTOR [worker]: from where file systems send */
int cmd_bio(char **args)
{
	uint32_t who = args[2] && !strcmp(args[2], "worker") ? WPLOOP_TEST_WORKER : 0;
	struct wploop_test flush = {.op = 1, .flags = WPLOOP_TEST_PREFLUSH | who};
	int fd = send_all(args[0], WPLOOP_TEST_BIO, number_in(args[1]), who);

	send_one(WPLOOP_TEST_BIO, fd, "flush (nothing to do)", &flush);
	return 0;
}

/* request DEVICE SECTOR: into the driver itself */
int cmd_request(char **args)
{
	send_all(args[0], WPLOOP_TEST_REQUEST, number_in(args[1]), 0);
	return 0;
}

int cmd_shrink(char **args)
{
	struct wploop_test t = {.start = number_in(args[1])};

	send_one(WPLOOP_TEST_SHRINK, open_or_die(args[0], O_RDONLY), "shrink", &t);
	return 0;
}

/* wrong leak|sleep|order|warn|after-free: what only a kernel that watches itself survives unharmed
 */
int cmd_wrong(char **args)
{
	static const char *const names[] = {"leak", "sleep", "order", "warn", "after-free"};
	struct wploop_test t = {0};

	while (t.op < sizeof(names) / sizeof(names[0]) && strcmp(args[0], names[t.op]))
		t.op++;
	if (ioctl(open_or_die(WPLOOP_TEST, O_RDONLY), WPLOOP_TEST_WRONG, &t))
		die("wrong");
	return 0;
}

int cmd_stat(char **args)
{
	struct stat st;

	if (stat(args[0], &st))
		die(args[0]);
	printf("size %lld mtime %lld.%09ld atime %lld.%09ld\n", (long long)st.st_size,
	       (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (long long)st.st_atim.tv_sec,
	       st.st_atim.tv_nsec);
	return 0;
}

/* fill FILE SIZE [OFFSET]: bytes that say where they stand, as if the file began at OFFSET */
int cmd_fill(char **args)
{
	uint64_t size = number_in(args[1]), first = args[2] ? number_in(args[2]) : 0, done = 0;
	int fd = open(args[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	unsigned char block[65536];

	if (fd < 0)
		die(args[0]);
	while (done < size) {
		size_t n = size - done < sizeof(block) ? size - done : sizeof(block);

		pattern_make(block, n, first + done);
		if (write(fd, block, n) != (ssize_t)n)
			die("write");
		done += n;
	}
	return 0;
}

/* sync-file PATH: into the journal of its file system */
int cmd_sync_file(char **args)
{
	if (fsync(open_or_die(args[0], O_RDONLY)))
		die("fsync");
	return 0;
}

/* audit on|off: for the whole kernel */
int cmd_audit(char **args)
{
	struct {
		struct nlmsghdr head;
		struct audit_status status;
	} ask = {.head = {.nlmsg_len = sizeof(ask),
			  .nlmsg_type = AUDIT_SET,
			  .nlmsg_flags = NLM_F_REQUEST},
		 .status = {.mask = AUDIT_STATUS_ENABLED, .enabled = !strcmp(args[0], "on")}};
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

	if (s < 0 ||
	    sendto(s, &ask, sizeof(ask), 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		die("audit");
	return 0;
}
