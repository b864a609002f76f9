// SPDX-License-Identifier: Apache-2.0
/*
 * Block devices of the stock loop driver, one for each range: offset and size limit, read-only, no partition scan, no autoclear.
 * The free text that LOOP_CONFIGURE keeps with a device says whose it is, so that a device is found again whatever was lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/facts.h"
#include "method.h"
#include "process.h"
#include "users.h"

#define CONTROL	      "/dev/loop-control"
#define OWNER_PREFIX  "exhibit:"
#define TRIES	      64
#define RELEASE_TRIES 250 /* of 20 ms */

static void owner_name(const struct exh_attachment *a, uint8_t out[LO_NAME_SIZE])
{
	memset(out, 0, LO_NAME_SIZE);
	snprintf((char *)out, LO_NAME_SIZE, OWNER_PREFIX "%s", a->id);
}

static int loop_number(const json_t *device)
{
	return (int)(json_int_t)exh_json_u64(json_object_get(device, "loop"), "number", UINT32_MAX);
}

static int sysfs(int number, const char *name, char *out, size_t size)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/block/loop%d/%s", number, name);
	return exh_read_line(path, out, size);
}

static bool is_bound(int number)
{
	char line[4096];

	return sysfs(number, "loop/backing_file", line, sizeof(line)) == 0;
}

static int open_node(int number)
{
	char path[32];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "/dev/loop%d", number);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISBLK(st.st_mode) || major(st.st_rdev) != LOOP_MAJOR)) {
		close(fd);
		errno = ENOTBLK;
		return -1;
	}
	return fd;
}

static bool is_ours(const struct exh_attachment *a, int fd)
{
	uint8_t expected[LO_NAME_SIZE];
	struct loop_info64 info;

	owner_name(a, expected);
	return ioctl(fd, LOOP_GET_STATUS64, &info) == 0 &&
	       !memcmp(info.lo_file_name, expected, LO_NAME_SIZE);
}

static int available(struct exh_ctx *ctx)
{
	_cleanup_fd_ int control = open(CONTROL, O_RDWR | O_CLOEXEC);

	if (control < 0)
		return exh_prefix(ctx, exh_fail_errno(ctx, CONTROL),
				  "the loop driver cannot be used (try: modprobe loop)");
	return 0;
}

static int marker_dir(struct exh_ctx *ctx)
{
	_cleanup_free_ char *runtime = NULL, *path = NULL;
	int fd;

	if (exh_runtime_path(ctx, &runtime) < 0)
		return -1;
	if (asprintf(&path, "%s/devices", runtime) < 0) {
		path = NULL;
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? exh_fail_errno(ctx, "%s", path) : fd;
}

static int put_marker(struct exh_ctx *ctx, int dirfd, int number, const char *id)
{
	_cleanup_fd_ int fd = -1;
	char name[32];

	/* no temporary name: what counts is that it exists, and a crash must leave nothing that has another name */
	snprintf(name, sizeof(name), "loop%d", number);
	fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || exh_write_all(fd, id, strlen(id)) < 0)
		return exh_fail_errno(ctx, "devices/%s: cannot be written", name);
	return 0;
}

static void take_marker(int dirfd, int number)
{
	char name[32];

	snprintf(name, sizeof(name), "loop%d", number);
	unlinkat(dirfd, name, 0);
}

static uint64_t device_number(uint64_t kernel_encoded)
{
	return makedev((kernel_encoded >> 8) & 0xfff,
		       (kernel_encoded & 0xff) | ((kernel_encoded >> 12) & 0xfff00));
}

static int differs(struct exh_ctx *ctx, int number, const char *what, uint64_t is, uint64_t wanted)
{
	return exh_fail(ctx, EXH_E_STATE, "/dev/loop%d: its %s is %llu and should be %llu", number, what,
			(unsigned long long)is, (unsigned long long)wanted);
}

static int check_status(struct exh_ctx *ctx, int number, int fd, const struct loop_config *asked)
{
	struct loop_info64 info;
	struct stat st;

	if (ioctl(fd, LOOP_GET_STATUS64, &info) < 0 || fstat((int)asked->fd, &st) < 0)
		return exh_fail_errno(ctx, "/dev/loop%d: its state cannot be read back", number);
	if (info.lo_flags != LO_FLAGS_READ_ONLY)
		return differs(ctx, number, "set of flags", info.lo_flags, LO_FLAGS_READ_ONLY);
	if (info.lo_offset != asked->info.lo_offset)
		return differs(ctx, number, "offset", info.lo_offset, asked->info.lo_offset);
	if (info.lo_sizelimit != asked->info.lo_sizelimit)
		return differs(ctx, number, "size limit", info.lo_sizelimit, asked->info.lo_sizelimit);
	if (info.lo_inode != st.st_ino)
		return differs(ctx, number, "backing inode", info.lo_inode, st.st_ino);
	if (S_ISREG(st.st_mode) && device_number(info.lo_device) != st.st_dev)
		return differs(ctx, number, "backing device", device_number(info.lo_device), st.st_dev);
	if (memcmp(info.lo_file_name, asked->info.lo_file_name, LO_NAME_SIZE))
		return exh_fail(ctx, EXH_E_STATE, "/dev/loop%d: bears another name", number);
	return 0;
}

/* Asks the kernel instead of believing that it did what it was told. */
static int read_back(struct exh_ctx *ctx, int number, int fd, const struct loop_config *asked)
{
	uint64_t size = 0;
	int read_only = 0, sector = 0, r = check_status(ctx, number, fd, asked);
	char line[32];

	if (r < 0)
		return r;
	if (ioctl(fd, BLKROGET, &read_only) < 0 || ioctl(fd, BLKGETSIZE64, &size) < 0 ||
	    ioctl(fd, BLKSSZGET, &sector) < 0 || sysfs(number, "ro", line, sizeof(line)) < 0)
		return exh_fail_errno(ctx, "/dev/loop%d: its state cannot be read back", number);
	if (!read_only || strcmp(line, "1"))
		return exh_fail(ctx, EXH_E_STATE, "/dev/loop%d: is not read-only", number);
	if (size != asked->info.lo_sizelimit)
		return differs(ctx, number, "size", size, asked->info.lo_sizelimit);
	if (sector != (int)asked->block_size)
		return differs(ctx, number, "sector", (uint64_t)sector, asked->block_size);
	return 0;
}

static int wait_for_release(struct exh_ctx *ctx, int number)
{
	for (int tries = 0; is_bound(number); tries++) {
		if (tries >= RELEASE_TRIES)
			return exh_fail(ctx, EXH_E_BUSY, "/dev/loop%d: the kernel has not let it go", number);
		usleep(20000);
	}
	return 0;
}

/* LOOP_CLR_FD is lazy: it says yes while somebody else has the device open. */
static int clear(struct exh_ctx *ctx, const struct exh_attachment *a, int number,
		 const json_t *device)
{
	unsigned long read_ahead =
		(unsigned long)exh_json_u64(json_object_get(device, "loop"), "read_ahead", UINT64_MAX);
	int fd = open_node(number);
	int r = 0;

	if (fd < 0)
		return errno == ENOENT || errno == ENXIO
			       ? 0
			       : exh_fail_errno(ctx, "/dev/loop%d: cannot be opened", number);
	if (!is_ours(a, fd)) {
		close(fd);
		return 0;
	}
	if (read_ahead != ULONG_MAX)
		ioctl(fd, BLKRASET, read_ahead);
	if (ioctl(fd, LOOP_CLR_FD, 0) < 0 && errno != ENXIO)
		r = exh_fail_errno(ctx, "/dev/loop%d: cannot be released", number);
	close(fd);
	return r < 0 ? r : wait_for_release(ctx, number);
}

static void note_device(json_t *device, int number, int fd, const struct loop_config *asked)
{
	json_t *loop = json_object_get(device, "loop");
	uint64_t sequence = 0;
	char node[32];

	snprintf(node, sizeof(node), "/dev/loop%d", number);
	json_object_set_new(device, "device", json_string(node));
	json_object_set_new(device, "read_only", json_true());
	json_object_set_new(loop, "offset", json_integer((json_int_t)asked->info.lo_offset));
	if (ioctl(fd, BLKGETDISKSEQ, &sequence) == 0)
		json_object_set_new(loop, "diskseq", json_integer((json_int_t)sequence));
}

/* An error inside a range that was read ahead would hit sectors that are good. */
static void stop_read_ahead(json_t *device, int fd)
{
	long before;

	if (ioctl(fd, BLKRAGET, &before) == 0 && ioctl(fd, BLKRASET, 0UL) == 0)
		json_object_set_new(json_object_get(device, "loop"), "read_ahead", json_integer(before));
}

/* One try: 0 done, 1 somebody else was faster. Runs under the lock of the marker directory. */
static int try_free_device(struct exh_ctx *ctx, struct exh_attachment *a, int control, int markers,
			   const struct loop_config *asked, json_t *device)
{
	int number = ioctl(control, LOOP_CTL_GET_FREE);
	_cleanup_fd_ int fd = -1;
	int r;

	if (number < 0)
		return exh_fail_errno(ctx, "no loop device is free");
	json_object_set_new(device, "loop", json_pack("{s:i}", "number", number));
	r = exh_attachment_save(ctx, a);
	if (!r)
		r = put_marker(ctx, markers, number, a->id);
	if (r < 0)
		return r;
	fd = open_node(number);
	if (fd < 0)
		r = exh_fail_errno(ctx, "/dev/loop%d: cannot be opened", number);
	else if (ioctl(fd, LOOP_CONFIGURE, asked) < 0)
		r = errno == EBUSY ? 1 : exh_fail_errno(ctx, "/dev/loop%d: cannot be set up", number);
	if (r) {
		take_marker(markers, number);
		json_object_del(device, "loop");
		return r;
	}
	r = read_back(ctx, number, fd, asked);
	if (!r)
		note_device(device, number, fd, asked);
	return r;
}

static int add(struct exh_ctx *ctx, struct exh_attachment *a, const struct exh_backing *backing,
	       json_t *device)
{
	_cleanup_fd_ int control = open(CONTROL, O_RDWR | O_CLOEXEC), markers = marker_dir(ctx), fd = -1;
	struct loop_config asked = {
		.fd = (uint32_t)backing->fd,
		.block_size = (uint32_t)exh_json_u64(a->state, "sector_size", 512),
		.info = {.lo_offset = backing->offset,
			 .lo_sizelimit = exh_json_u64(device, "length", 0),
			 .lo_flags = LO_FLAGS_READ_ONLY},
	};
	int r = 1;

	if (markers < 0)
		return -ctx->code;
	if (control < 0)
		return exh_fail_errno(ctx, CONTROL);
	owner_name(a, asked.info.lo_file_name);
	for (int tries = 0; r == 1 && tries < TRIES; tries++) {
		/* between looking for a free device and taking it, no other exhibit may do the same */
		flock(markers, LOCK_EX);
		r = try_free_device(ctx, a, control, markers, &asked, device);
		flock(markers, LOCK_UN);
	}
	if (r)
		return r < 0 ? r : exh_fail(ctx, EXH_E_BUSY, "no loop device could be had");
	fd = open_node(loop_number(device));
	if (fd >= 0 && backing->has_losses)
		stop_read_ahead(device, fd);
	return exh_attachment_save(ctx, a);
}

static int check(struct exh_ctx *ctx, const struct exh_attachment *a, const json_t *device)
{
	int number = loop_number(device);
	unsigned long long size, offset;
	char line[64];

	(void)a;
	if (number < 0 || !is_bound(number))
		return 1;
	if (sysfs(number, "ro", line, sizeof(line)) < 0 || strcmp(line, "1"))
		return exh_fail(ctx, EXH_E_STATE, "/dev/loop%d: is not read-only", number);
	if (sysfs(number, "size", line, sizeof(line)) < 0 || sscanf(line, "%llu", &size) != 1 ||
	    size * 512 != exh_json_u64(device, "length", 0))
		return exh_fail(ctx, EXH_E_STATE, "/dev/loop%d: has another size", number);
	if (sysfs(number, "loop/offset", line, sizeof(line)) < 0 ||
	    sscanf(line, "%llu", &offset) != 1 ||
	    offset != exh_json_u64(json_object_get(device, "loop"), "offset", UINT64_MAX))
		return exh_fail(ctx, EXH_E_STATE, "/dev/loop%d: has another offset", number);
	if (sysfs(number, "diskseq", line, sizeof(line)) == 0 &&
	    exh_json_u64(json_object_get(device, "loop"), "diskseq", 0) &&
	    strtoull(line, NULL, 10) != exh_json_u64(json_object_get(device, "loop"), "diskseq", 0))
		return exh_fail(ctx, EXH_E_STATE, "/dev/loop%d: was set up anew by somebody else", number);
	return 0;
}

static void users(const struct exh_attachment *a, const json_t *device, json_t *list)
{
	int number = loop_number(device);
	_cleanup_fd_ int fd = number < 0 || !is_bound(number) ? -1 : open_node(number);
	struct exh_target target = {.what = EXH_USERS_OF_DEVICE};
	struct stat st;

	if (fd < 0 || !is_ours(a, fd) || fstat(fd, &st) < 0)
		return;
	target.device = st.st_rdev;
	exh_users_find(&target, list);
}

static int remove_device(struct exh_ctx *ctx, struct exh_attachment *a, const json_t *device)
{
	_cleanup_fd_ int markers = marker_dir(ctx);
	int number = loop_number(device);
	int r = number < 0 ? 0 : clear(ctx, a, number, device);

	if (!r && number >= 0 && markers >= 0) {
		flock(markers, LOCK_EX);
		if (!is_bound(number))
			take_marker(markers, number);
	}
	return r;
}

static bool knows(const json_t *devices, int number)
{
	const json_t *device;
	size_t i;

	json_array_foreach(devices, i, device)
		if (loop_number(device) == number)
			return true;
	return false;
}

static void find(const struct exh_attachment *a, json_t *devices)
{
	_cleanup_dir_ DIR *d = opendir("/sys/block");
	const struct dirent *e;
	int number;

	while (d && (e = readdir(d))) {
		_cleanup_fd_ int fd = -1;

		if (sscanf(e->d_name, "loop%d", &number) != 1 || knows(devices, number) ||
		    !is_bound(number))
			continue;
		fd = open_node(number);
		if (fd >= 0 && is_ours(a, fd))
			json_array_append_new(devices, json_pack("{s:{s:i}}", "loop", "number", number));
	}
}

const struct exh_attach_method exh_method_loop = {
	.name = "loop",
	.needs_root = true,
	.whole_sectors = true,
	.available = available,
	.add = add,
	.check = check,
	.users = users,
	.remove = remove_device,
	.find = find,
};
