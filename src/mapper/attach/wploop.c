// SPDX-License-Identifier: Apache-2.0
/*
 * Block devices of the wploop module, one for each range. Raw sets are given to it as pieces of
 * their files, with holes where nothing can be read; everything else as a range of a file of our
 * file server. What the module made is read back; its label says whose a device is.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/facts.h"
#include "extents.h"
#include "method.h"
#include "process.h"
#include "users.h"
#include "wploop_device.h"

#define WAIT_TRIES 250 /* of 20 ms */

/* What the module is asked for, and the descriptors that must live until it has answered. */
struct asked {
	struct wploop_extent *extents;
	uint32_t nr;
	int *fds; /* for each file of the image */
	size_t nr_fds;
	uint64_t unreadable;
};

static void cleanup_asked(struct asked *a)
{
	for (size_t i = 0; i < a->nr_fds; i++)
		if (a->fds[i] >= 0)
			close(a->fds[i]);
	free(a->fds);
	free(a->extents);
}

static const json_t *own(const json_t *device)
{
	return json_object_get(device, "wploop");
}

static uint32_t number_of(const json_t *device)
{
	return (uint32_t)exh_json_u64(own(device), "number", UINT32_MAX);
}

static int available(struct exh_ctx *ctx)
{
	_cleanup_fd_ int control = exh_wploop_control();
	struct wploop_version version;

	if (control < 0 && (errno == ENOENT || errno == ENXIO || errno == ENODEV))
		return exh_fail(ctx, EXH_E_MISSING,
				"the wploop module is not loaded (try: modprobe wploop)");
	if (control < 0)
		return exh_fail_errno(ctx, WPLOOP_CONTROL);
	if (exh_wploop_version(control, &version) < 0)
		return exh_fail_errno(ctx, WPLOOP_CONTROL ": does not say who it is");
	if (version.api != WPLOOP_API)
		return exh_fail(ctx, EXH_E_UNSUPPORTED,
				"the wploop module speaks version %u, this program %u: install "
				"both from one release",
				version.api, (unsigned)WPLOOP_API);
	return 0;
}

static int fd_of(struct exh_ctx *ctx, const struct exh_image *image, struct asked *a, int file)
{
	if (a->fds[file] < 0)
		a->fds[file] = exh_image_reopen(image, (size_t)file, 0);
	return a->fds[file] >= 0
		       ? 0
		       : exh_fail_errno(ctx, "%s: cannot be opened again", image->files[file].path);
}

static int ask_for_pieces(struct exh_ctx *ctx, const struct exh_backing *backing, struct asked *a)
{
	_cleanup_(exh_extents_clear) struct exh_extents e = {0};
	int r = exh_extents_make(ctx, backing->image, backing->offset, backing->length, &e);

	if (r < 0)
		return r;
	a->fds = malloc(backing->image->nr_files * sizeof(*a->fds));
	a->extents = calloc(e.nr, sizeof(*a->extents));
	if (!a->fds || !a->extents)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	while (a->nr_fds < backing->image->nr_files)
		a->fds[a->nr_fds++] = -1;
	a->unreadable = e.unreadable;
	for (size_t i = 0; !r && i < e.nr; i++) {
		struct wploop_extent *out = &a->extents[a->nr++];
		int file = e.list[i].file;

		*out = (struct wploop_extent){
			.fd = -1, .flags = WPLOOP_EXTENT_UNREADABLE, .length = e.list[i].length};
		if (file < 0)
			continue;
		r = fd_of(ctx, backing->image, a, file);
		out->fd = a->fds[file];
		out->flags = 0;
		out->offset = e.list[i].offset;
	}
	return r;
}

static int ask(struct exh_ctx *ctx, const struct exh_backing *backing, struct asked *a)
{
	if (backing->fd < 0)
		return ask_for_pieces(ctx, backing, a);
	a->extents = calloc(1, sizeof(*a->extents));
	if (!a->extents)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	a->extents[0] = (struct wploop_extent){
		.fd = backing->fd, .offset = backing->offset, .length = backing->length};
	a->nr = 1;
	return 0;
}

/* Who has the file of an extent open for writing. */
static char *writers_of(const struct wploop_extent *extent)
{
	struct exh_target target = {.what = EXH_WRITERS_OF_FILE};
	_cleanup_json_ json_t *list = json_array();
	struct stat st;

	if (fstat(extent->fd, &st) < 0)
		return NULL;
	target.device = st.st_dev;
	target.inode = st.st_ino;
	exh_users_find(&target, list);
	return exh_users_text(list);
}

static int refused_attach(struct exh_ctx *ctx, const struct asked *a,
			  const struct wploop_attach *attach)
{
	const struct wploop_extent *extent =
		attach->failed_extent < a->nr ? &a->extents[attach->failed_extent] : NULL;
	_cleanup_free_ char *writers = NULL;
	char link[64], path[PATH_MAX] = "the evidence";
	int error = errno;
	ssize_t n;

	if (extent && extent->fd >= 0) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", extent->fd);
		n = readlink(link, path, sizeof(path) - 1);
		path[n < 0 ? 0 : n] = 0;
	}
	if (error == ETXTBSY && extent)
		writers = writers_of(extent);
	if (error == ETXTBSY)
		return exh_fail(ctx, EXH_E_BUSY,
				"%s: is open for writing by %s; nothing is attached "
				"while evidence can be changed",
				path,
				writers && *writers ? writers
						    : "somebody who cannot be seen from here");
	errno = error;
	return exh_fail_errno(ctx, "%s: wploop makes no device of it", path);
}

static int differs(struct exh_ctx *ctx, uint32_t number, const char *what, uint64_t is,
		   uint64_t wanted)
{
	return exh_fail(ctx, EXH_E_STATE, "/dev/wploop%u: its %s is %llu and should be %llu",
			number, what, (unsigned long long)is, (unsigned long long)wanted);
}

static int check_extent(struct exh_ctx *ctx, uint32_t number, const struct wploop_extent *wanted,
			const struct wploop_extent_info *is)
{
	struct stat st;

	if (is->flags != wanted->flags)
		return differs(ctx, number, "kind of a piece", is->flags, wanted->flags);
	if (is->offset != wanted->offset || is->length != wanted->length)
		return differs(ctx, number, "piece's offset", is->offset, wanted->offset);
	if (wanted->fd < 0)
		return 0;
	if (fstat(wanted->fd, &st) < 0)
		return exh_fail_errno(ctx, "/dev/wploop%u: its file", number);
	if (S_ISREG(st.st_mode) && is->inode != st.st_ino)
		return differs(ctx, number, "backing inode", is->inode, st.st_ino);
	if (makedev(is->major, is->minor) != (S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev))
		return differs(ctx, number, "backing device", makedev(is->major, is->minor),
			       S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev);
	return 0;
}

static int check_pieces(struct exh_ctx *ctx, const struct asked *a, const struct wploop_info *info,
			const struct wploop_extent_info *extents)
{
	int r = 0;

	if (info->extent_count != a->nr)
		return differs(ctx, info->number, "number of pieces", info->extent_count, a->nr);
	if (info->unreadable != a->unreadable)
		return differs(ctx, info->number, "unreadable part", info->unreadable,
			       a->unreadable);
	for (uint32_t i = 0; !r && i < a->nr; i++)
		r = check_extent(ctx, info->number, &a->extents[i], &extents[i]);
	return r;
}

/* devtmpfs makes the node at once; where udev does it, it takes a moment. */
static int open_node(struct exh_ctx *ctx, const struct wploop_info *info)
{
	char path[48];
	struct stat st;

	snprintf(path, sizeof(path), "/dev/wploop%u", info->number);
	for (int tries = 0; tries < WAIT_TRIES; tries++) {
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

		if (fd >= 0 && !fstat(fd, &st) && S_ISBLK(st.st_mode) &&
		    st.st_rdev == makedev(info->major, info->minor))
			return fd;
		if (fd >= 0)
			close(fd);
		else if (errno != ENOENT)
			break;
		usleep(20000);
	}
	return exh_fail_errno(ctx, "%s: is not there or another device (is /dev a devtmpfs?)",
			      path);
}

static int check_block_layer(struct exh_ctx *ctx, const struct wploop_info *info, int fd,
			     uint64_t length, uint32_t block_size)
{
	uint64_t size = 0;
	int read_only = 0, sector = 0;
	char path[64], line[16];

	snprintf(path, sizeof(path), "/sys/block/wploop%u/ro", info->number);
	if (ioctl(fd, BLKROGET, &read_only) < 0 || ioctl(fd, BLKGETSIZE64, &size) < 0 ||
	    ioctl(fd, BLKSSZGET, &sector) < 0 || exh_read_line(path, line, sizeof(line)) < 0)
		return exh_fail_errno(ctx, "/dev/wploop%u: its state cannot be read back",
				      info->number);
	if (!read_only || strcmp(line, "1"))
		return exh_fail(ctx, EXH_E_STATE, "/dev/wploop%u: is not read-only", info->number);
	if (size != length || info->device_size != length)
		return differs(ctx, info->number, "size", size, length);
	if ((uint32_t)sector != block_size || info->block_size != block_size)
		return differs(ctx, info->number, "sector", (uint64_t)sector, block_size);
	return 0;
}

static void note_device(json_t *device, const struct wploop_info *info)
{
	json_object_set_new(device, "device", json_sprintf("/dev/wploop%u", info->number));
	json_object_set_new(device, "read_only", json_true());
	json_object_set_new(device, "direct_io", json_boolean(info->active & WPLOOP_DIRECT));
	if (info->unreadable)
		json_object_set_new(device, "unreadable",
				    json_integer((json_int_t)info->unreadable));
}

/* Asks the kernel instead of believing that it did what it was told. */
static int read_back(struct exh_ctx *ctx, int control, const struct asked *asked,
		     const struct wploop_attach *attach, json_t *device)
{
	_cleanup_free_ struct wploop_extent_info *extents =
		calloc(asked->nr ? asked->nr : 1, sizeof(*extents));
	_cleanup_fd_ int fd = -1;
	struct wploop_info info;
	int r;

	if (!extents)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	if (exh_wploop_info(control, attach->number, &info, extents, asked->nr) < 0)
		return exh_fail_errno(ctx, "/dev/wploop%u: says nothing about itself",
				      attach->number);
	if (info.diskseq != attach->diskseq || strcmp(info.label, attach->label))
		return exh_fail(ctx, EXH_E_STATE, "/dev/wploop%u: is another attachment",
				attach->number);
	r = check_pieces(ctx, asked, &info, extents);
	if (r < 0)
		return r;
	fd = open_node(ctx, &info);
	if (fd < 0)
		return fd;
	/* an error inside a range that was read ahead would hit sectors that are good */
	if ((attach->flags & WPLOOP_DIRECT) && ioctl(fd, BLKRASET, 0UL) < 0)
		return exh_fail_errno(ctx, "/dev/wploop%u: reading ahead cannot be stopped",
				      attach->number);
	r = check_block_layer(ctx, &info, fd, exh_json_u64(device, "length", 0),
			      attach->block_size);
	if (!r)
		note_device(device, &info);
	return r;
}

static int detach_device(int control, uint32_t number, uint64_t diskseq)
{
	struct wploop_detach detach = {
		.size = sizeof(detach), .number = number, .diskseq = diskseq};

	return ioctl(control, WPLOOP_DETACH, &detach);
}

static int add(struct exh_ctx *ctx, struct exh_attachment *a, const struct exh_backing *backing,
	       json_t *device)
{
	_cleanup_(cleanup_asked) struct asked asked = {0};
	_cleanup_fd_ int control = exh_wploop_control();
	struct wploop_attach attach = {
		.size = sizeof(attach),
		.flags = (backing->fd < 0 ? WPLOOP_PIN : 0) |
			 (backing->has_losses ? WPLOOP_DIRECT : 0),
		.block_size = (uint32_t)exh_json_u64(a->state, "sector_size", WPLOOP_MIN_BLOCK)};
	int r;

	if (control < 0)
		return exh_fail_errno(ctx, WPLOOP_CONTROL);
	r = ask(ctx, backing, &asked);
	if (!r)
		r = exh_attachment_save(ctx, a);
	if (r < 0)
		return r;
	attach.extents = (uintptr_t)asked.extents;
	attach.extent_count = asked.nr;
	exh_wploop_label(a->id, exh_json_str(device, "name"), attach.label);
	if (ioctl(control, WPLOOP_ATTACH, &attach) < 0)
		return refused_attach(ctx, &asked, &attach);
	json_object_set_new(device, "wploop",
			    json_pack("{s:I, s:I}", "number", (json_int_t)attach.number, "diskseq",
				      (json_int_t)attach.diskseq));
	r = read_back(ctx, control, &asked, &attach, device);
	if (r < 0) {
		detach_device(control, attach.number, attach.diskseq);
		return r;
	}
	return exh_attachment_save(ctx, a);
}

/* 0, 1 where the device is gone or another one has its number. */
static int ask_again(const json_t *device, struct wploop_info *info)
{
	_cleanup_fd_ int control = exh_wploop_control();

	if (control < 0 || number_of(device) == UINT32_MAX ||
	    exh_wploop_info(control, number_of(device), info, NULL, 0) < 0)
		return 1;
	return info->diskseq != exh_json_u64(own(device), "diskseq", 0);
}

static int check(struct exh_ctx *ctx, const struct exh_attachment *a, const json_t *device)
{
	struct wploop_info info;

	(void)a;
	if (ask_again(device, &info))
		return 1;
	if (info.device_size != exh_json_u64(device, "length", 0))
		return exh_fail(ctx, EXH_E_STATE, "/dev/wploop%u: has another size", info.number);
	if (info.changes_seen)
		return exh_fail(
			ctx, EXH_E_STATE,
			"/dev/wploop%u: a file below it is not as it was when it was attached",
			info.number);
	return 0;
}

static void observe(const struct exh_attachment *a, const json_t *device, json_t *facts)
{
	struct wploop_info info;

	(void)a;
	if (!ask_again(device, &info))
		exh_wploop_count(&info, facts);
}

static void users(const struct exh_attachment *a, const json_t *device, json_t *list)
{
	struct exh_target target = {.what = EXH_USERS_OF_DEVICE};
	struct wploop_info info;

	(void)a;
	if (ask_again(device, &info) || !info.openers)
		return;
	target.device = makedev(info.major, info.minor);
	exh_users_find(&target, list);
}

static int remove_device(struct exh_ctx *ctx, struct exh_attachment *a, const json_t *device)
{
	_cleanup_fd_ int control = exh_wploop_control();
	uint32_t number = number_of(device);

	(void)a;
	if (number == UINT32_MAX || control < 0)
		return 0;
	for (int tries = 0; detach_device(control, number, exh_json_u64(own(device), "diskseq", 0));
	     tries++) {
		if (errno == ENODEV || errno == ESTALE)
			return 0;
		if (errno != EBUSY)
			return exh_fail_errno(ctx, "/dev/wploop%u: cannot be released", number);
		if (tries >= WAIT_TRIES)
			return exh_fail(ctx, EXH_E_BUSY, "/dev/wploop%u: is still open", number);
		usleep(20000);
	}
	return 0;
}

static void add_unknown(const struct wploop_info *info, void *opaque)
{
	json_t *devices = opaque;
	const json_t *device;
	size_t i;

	json_array_foreach (devices, i, device)
		if (exh_json_u64(own(device), "diskseq", 0) == info->diskseq)
			return;
	json_array_append_new(devices, json_pack("{s:{s:I, s:I}}", "wploop", "number",
						 (json_int_t)info->number, "diskseq",
						 (json_int_t)info->diskseq));
}

static void find(const struct exh_attachment *a, json_t *devices)
{
	_cleanup_fd_ int control = exh_wploop_control();

	if (control >= 0)
		exh_wploop_each(control, a->id, add_unknown, devices);
}

const struct exh_attach_method exh_method_wploop = {
	.name = "wploop",
	.needs_root = true,
	.whole_sectors = true,
	.takes_pieces = true,
	.holds_files = true,
	.available = available,
	.add = add,
	.check = check,
	.observe = observe,
	.users = users,
	.remove = remove_device,
	.find = find,
};
