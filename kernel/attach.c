// SPDX-License-Identifier: GPL-2.0-only
/* ATTACH: from what the caller says to a device. */
#include <linux/blkdev.h>
#include <linux/cred.h>
#include <linux/module.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>
#include "control.h"

/**
 * struct wpl_building - an attachment that is being made
 * @disk: it
 * @ask: what the caller wants, and later the answer
 * @of_fd: index of the file + 1, for each descriptor that was seen
 * @room: for how many files there is room in disk->files
 */
struct wpl_building {
	struct wpl_disk *disk;
	struct wploop_attach ask;
	struct xarray of_fd;
	u32 room;
};

static int wpl_more_room(struct wpl_building *b)
{
	u32 room = b->room ? b->room * 2 : 4;
	struct wpl_file *files;

	if (b->disk->file_count < b->room)
		return 0;
	files = kvcalloc(room, sizeof(*files), GFP_KERNEL_ACCOUNT);
	if (!files)
		return -ENOMEM;
	if (b->disk->file_count)
		memcpy(files, b->disk->files, b->disk->file_count * sizeof(*files));
	kvfree(b->disk->files);
	b->disk->files = files;
	b->room = room;
	return 0;
}

/* The index of the file of a descriptor, which is opened if it was not seen before. */
static int wpl_file_of(struct wpl_building *b, int fd, u32 *index)
{
	void *seen = xa_load(&b->of_fd, fd);
	struct wpl_disk *d = b->disk;
	int ret;

	if (seen) {
		*index = xa_to_value(seen);
		return 0;
	}
	ret = wpl_more_room(b);
	if (ret)
		return ret;
	ret = wpl_file_open(&d->files[d->file_count], fd, b->ask.flags);
	if (ret)
		return ret;
	*index = d->file_count++;
	return xa_err(xa_store(&b->of_fd, fd, xa_mk_value(*index), GFP_KERNEL));
}

static int wpl_take_extent(struct wpl_building *b, u32 i, const struct wploop_extent *from)
{
	struct wpl_extent *e = &b->disk->extents[i];
	int ret = wpl_check_extent(from);

	if (ret)
		return ret;
	*e = (struct wpl_extent){
		.length = from->length, .offset = from->offset, .file = WPL_NO_FILE};
	if (from->flags & WPLOOP_EXTENT_UNREADABLE)
		return 0;
	ret = wpl_file_of(b, from->fd, &e->file);
	if (ret)
		return ret;
	if (from->offset + from->length > wpl_file_size(&b->disk->files[e->file]))
		return -ERANGE;
	return 0;
}

static int wpl_take_extents(struct wpl_building *b)
{
	const struct wploop_extent __user *from = u64_to_user_ptr(b->ask.extents);
	struct wpl_disk *d = b->disk;
	struct wploop_extent extent;
	u32 i;
	int ret;

	d->extent_count = b->ask.extent_count;
	d->extents = kvcalloc(d->extent_count, sizeof(*d->extents), GFP_KERNEL_ACCOUNT);
	if (!d->extents)
		return -ENOMEM;
	for (i = 0; i < d->extent_count; i++) {
		if (copy_from_user(&extent, from + i, sizeof(extent)))
			return -EFAULT;
		ret = wpl_take_extent(b, i, &extent);
		if (ret) {
			b->ask.failed_extent = i;
			return ret;
		}
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static bool wpl_direct_possible(const struct wpl_disk *d)
{
	u32 i;

	for (i = 0; i < d->file_count; i++)
		if (!d->files[i].direct || d->files[i].direct > d->block)
			return false;
	return wpl_aligned(d->extents, d->extent_count, d->geometry.size, d->block);
}

static int wpl_choose_mode(struct wpl_building *b)
{
	struct wpl_disk *d = b->disk;

	d->active = b->ask.flags & (WPLOOP_PARTSCAN | WPLOOP_DIRECT | WPLOOP_PIN);
	if (!(d->active & WPLOOP_DIRECT) || wpl_direct_possible(d))
		return 0;
	if (b->ask.flags & WPLOOP_DIRECT_ONLY)
		return -EOPNOTSUPP;
	d->active &= ~WPLOOP_DIRECT;
	return 0;
}

static struct wpl_disk *wpl_disk_new(const struct wploop_attach *ask)
{
	struct wpl_disk *d = kzalloc(sizeof(*d), GFP_KERNEL_ACCOUNT);

	if (!d)
		return NULL;
	kref_init(&d->ref);
	mutex_init(&d->lock);
	mutex_init(&d->check_lock);
	spin_lock_init(&d->refusals);
	ratelimit_state_init(&d->talk, 5 * HZ, 10);
	ratelimit_state_init(&d->audit, 5 * HZ, 20);
	d->block = ask->block_size;
	memcpy(d->label, ask->label, sizeof(d->label));
	d->attached_ns = ktime_get_real_ns();
	d->attached_pid = task_tgid_nr(current);
	d->attached_uid = from_kuid(&init_user_ns, current_uid());
	d->log = wpl_log_create();
	if (!d->log) {
		kfree(d);
		return NULL;
	}
	return d;
}

static void wpl_disk_free(struct kref *ref)
{
	struct wpl_disk *d = container_of(ref, struct wpl_disk, ref);

	wpl_files_close(d->files, d->file_count);
	kvfree(d->extents);
	wpl_log_put(d->log);
	kfree(d);
}

void wpl_disk_put(struct wpl_disk *d)
{
	kref_put(&d->ref, wpl_disk_free);
}

static int wpl_build(struct wpl_building *b)
{
	struct wpl_disk *d = b->disk;
	int ret;

	ret = wpl_take_extents(b);
	if (ret)
		return ret;
	ret = wpl_lay_out(d->extents, d->extent_count, b->ask.size_limit, d->block, &d->geometry);
	if (ret)
		return ret;
	return wpl_choose_mode(b);
}

static void wpl_answer(struct wploop_attach *ask, const struct wpl_disk *d)
{
	dev_t number = disk_devt(d->disk);

	ask->number = d->number;
	ask->active = d->active;
	ask->device_size = d->geometry.size;
	ask->tail = d->geometry.tail;
	ask->diskseq = d->disk->diskseq;
	ask->major = MAJOR(number);
	ask->minor = MINOR(number);
}

/* From here on others see the device: what can fail comes first. */
static int wpl_publish(struct wpl_disk *d)
{
	int ret;

	ret = wpl_devices_reserve(d);
	if (ret)
		return ret;
	ret = wpl_disk_create(d);
	if (ret) {
		wpl_devices_release(d);
		return ret;
	}
	__module_get(THIS_MODULE);
	wpl_note_life(d, WPLOOP_EVENT_ATTACHED);
	return 0;
}

static int wpl_attach_checked(struct wpl_building *b)
{
	int ret;

	b->disk = wpl_disk_new(&b->ask);
	if (!b->disk)
		return -ENOMEM;
	xa_init(&b->of_fd);
	ret = wpl_build(b);
	xa_destroy(&b->of_fd);
	if (!ret)
		ret = wpl_publish(b->disk);
	if (!ret)
		wpl_answer(&b->ask, b->disk);
	else
		wpl_disk_put(b->disk);
	return ret;
}

/**
 * wpl_attach - WPLOOP_ATTACH
 * @from: struct wploop_attach of the caller
 *
 * Return: 0 or an error.
 */
int wpl_attach(void __user *from)
{
	struct wpl_building b = {};
	int ret, faulty;
	u32 size;

	ret = wpl_take(&b.ask, sizeof(b.ask), from, &size);
	if (ret)
		return ret;
	ret = wpl_check_attach(&b.ask);
	if (ret)
		return ret;
	b.ask.failed_extent = WPLOOP_NO_EXTENT;
	ret = wpl_attach_checked(&b);
	faulty = wpl_give(from, &b.ask, sizeof(b.ask), size);
	if (ret)
		return ret;
	/* Only now can others find and detach it. A caller that got no answer finds it in the list.
	 */
	wpl_devices_show(b.disk);
	return faulty;
}
