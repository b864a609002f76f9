// SPDX-License-Identifier: GPL-2.0-only
/* The table of devices: DETACH, LIST, INFO, EVENTS. */
#include <linux/blkdev.h>
#include <linux/fcntl.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>
#include "control.h"

/* A number is taken from before its device appears until after it is gone; in the table stand those
 * that can be found. */
static DEFINE_IDA(wpl_numbers);
static DEFINE_XARRAY(wpl_table);

int wpl_devices_reserve(struct wpl_disk *d)
{
	int number = ida_alloc_max(&wpl_numbers, MINORMASK, GFP_KERNEL), ret;

	if (number < 0)
		return number;
	/* so that showing it later cannot fail */
	ret = xa_reserve(&wpl_table, number, GFP_KERNEL);
	if (ret)
		ida_free(&wpl_numbers, number);
	else
		d->number = number;
	return ret;
}

void wpl_devices_release(struct wpl_disk *d)
{
	xa_erase(&wpl_table, d->number);
	ida_free(&wpl_numbers, d->number);
}

void wpl_devices_show(struct wpl_disk *d)
{
	xa_store(&wpl_table, d->number, d, GFP_KERNEL);
}

/* Finds a device and locks it; wpl_devices_done() ends both. */
static struct wpl_disk *wpl_devices_find(u32 number, u64 diskseq)
{
	struct wpl_disk *d;
	int ret = 0;

	xa_lock(&wpl_table);
	d = xa_load(&wpl_table, number);
	if (d)
		kref_get(&d->ref);
	xa_unlock(&wpl_table);
	if (!d)
		return ERR_PTR(-ENODEV);
	if (mutex_lock_killable(&d->lock)) {
		wpl_disk_put(d);
		return ERR_PTR(-EINTR);
	}
	if (d->dying)
		ret = -ENODEV;
	else if (diskseq && diskseq != d->disk->diskseq)
		ret = -ESTALE;
	if (!ret)
		return d;
	mutex_unlock(&d->lock);
	wpl_disk_put(d);
	return ERR_PTR(ret);
}

static void wpl_devices_done(struct wpl_disk *d)
{
	mutex_unlock(&d->lock);
	wpl_disk_put(d);
}

static void wpl_take_apart(struct wpl_disk *d)
{
	/* what changed up to the end belongs on record */
	wpl_disk_check(d);
	wpl_note_life(d, WPLOOP_EVENT_DETACHED);
	wpl_disk_destroy(d);
	wpl_log_end(d->log);
	/* who asked about it meanwhile keeps the structure, not the protection of the files */
	wpl_files_close(d->files, d->file_count);
	d->files = NULL;
	d->file_count = 0;
	wpl_devices_release(d);
}

/**
 * wpl_detach - WPLOOP_DETACH
 * @from: struct wploop_detach of the caller
 *
 * Return: 0 or an error.
 */
int wpl_detach(void __user *from)
{
	struct wploop_detach ask;
	struct wpl_disk *d;
	u32 size;
	int ret;

	ret = wpl_take(&ask, sizeof(ask), from, &size);
	if (ret)
		return ret;
	if (!wpl_all_zero(ask.reserved, ARRAY_SIZE(ask.reserved)))
		return -EINVAL;
	d = wpl_devices_find(ask.number, ask.diskseq);
	if (IS_ERR(d))
		return PTR_ERR(d);
	ret = wpl_disk_close(d);
	if (!ret)
		wpl_take_apart(d);
	wpl_devices_done(d);
	if (ret)
		return ret;
	/* the reference of the table, and that of ATTACH to the module */
	wpl_disk_put(d);
	module_put(THIS_MODULE);
	return 0;
}

static bool wpl_good_list(const struct wploop_list *ask)
{
	return !ask->reserved0 && wpl_all_zero(ask->reserved, ARRAY_SIZE(ask->reserved));
}

/**
 * wpl_list - WPLOOP_LIST
 * @from: struct wploop_list of the caller
 *
 * Return: 0 or an error.
 */
int wpl_list(void __user *from)
{
	struct wploop_list ask;
	unsigned long number;
	struct wpl_disk *d;
	u32 __user *to;
	u32 size;
	int ret;

	ret = wpl_take(&ask, sizeof(ask), from, &size);
	if (ret)
		return ret;
	if (!wpl_good_list(&ask))
		return -EINVAL;
	to = u64_to_user_ptr(ask.numbers);
	ask.count = 0;
	xa_for_each(&wpl_table, number, d) {
		if (ask.count < ask.room && put_user((u32)number, to + ask.count))
			return -EFAULT;
		ask.count++;
	}
	return wpl_give(from, &ask, sizeof(ask), size);
}

static void wpl_fill_counters(struct wploop_info *info, struct wpl_counters *c)
{
	unsigned int i;

	info->reads = atomic64_read(&c->reads);
	info->read_bytes = atomic64_read(&c->read_bytes);
	info->read_errors = atomic64_read(&c->read_errors);
	info->error_bytes = atomic64_read(&c->error_bytes);
	info->short_reads = atomic64_read(&c->short_reads);
	info->flushes = atomic64_read(&c->flushes);
	for (i = 0; i < WPLOOP_KINDS; i++)
		info->refused[i] = atomic64_read(&c->refused[i]);
	info->refused_bytes = atomic64_read(&c->refused_bytes);
	info->changes_seen = atomic64_read(&c->changes_seen);
}

static void wpl_fill_refusals(struct wploop_info *info, struct wpl_disk *d)
{
	unsigned long flags;

	spin_lock_irqsave(&d->log->lock, flags);
	info->events = d->log->last;
	spin_unlock_irqrestore(&d->log->lock, flags);
	spin_lock_irqsave(&d->refusals, flags);
	info->first_refusal = d->first_refusal;
	info->last_refusal = d->last_refusal;
	spin_unlock_irqrestore(&d->refusals, flags);
}

static void wpl_fill_info(struct wploop_info *info, struct wpl_disk *d)
{
	dev_t devt = disk_devt(d->disk);

	info->number = d->number;
	info->extent_count = d->extent_count;
	info->file_count = d->file_count;
	info->active = d->active;
	info->block_size = d->block;
	info->openers = disk_openers(d->disk);
	info->device_size = d->geometry.size;
	info->tail = d->geometry.tail;
	info->unreadable = d->geometry.unreadable;
	info->diskseq = d->disk->diskseq;
	info->attached_ns = d->attached_ns;
	info->attached_uid = d->attached_uid;
	info->attached_pid = d->attached_pid;
	info->major = MAJOR(devt);
	info->minor = MINOR(devt);
	memcpy(info->label, d->label, sizeof(info->label));
	strscpy(info->name, d->disk->disk_name, sizeof(info->name));
	wpl_fill_counters(info, &d->count);
	wpl_fill_refusals(info, d);
}

static void wpl_fill_extent(struct wploop_extent_info *info, const struct wpl_disk *d, u32 i)
{
	const struct wpl_extent *e = &d->extents[i];
	const struct wpl_file *f;

	*info = (struct wploop_extent_info){.offset = e->offset, .length = e->length};
	if (e->file == WPL_NO_FILE) {
		info->flags = WPLOOP_EXTENT_UNREADABLE;
		return;
	}
	f = &d->files[e->file];
	info->changes = f->changes;
	info->inode = f->first.inode;
	info->file_size = f->first.size;
	info->major = MAJOR(f->first.device);
	info->minor = MINOR(f->first.device);
}

static int wpl_give_extents(struct wploop_extent_info __user *to, u32 room,
			    const struct wpl_disk *d)
{
	struct wploop_extent_info info;
	u32 i;

	for (i = 0; i < room && i < d->extent_count; i++) {
		wpl_fill_extent(&info, d, i);
		if (copy_to_user(to + i, &info, sizeof(info)))
			return -EFAULT;
		cond_resched();
	}
	return 0;
}

static bool wpl_good_info(const struct wploop_info *ask)
{
	return wpl_all_zero(ask->reserved, ARRAY_SIZE(ask->reserved)) &&
	       (ask->extents || !ask->extent_room);
}

/**
 * wpl_info - WPLOOP_INFO
 * @from: struct wploop_info of the caller
 *
 * Return: 0 or an error.
 */
int wpl_info(void __user *from)
{
	struct wploop_info ask;
	struct wpl_disk *d;
	u32 size;
	int ret;

	ret = wpl_take(&ask, sizeof(ask), from, &size);
	if (ret)
		return ret;
	if (!wpl_good_info(&ask))
		return -EINVAL;
	d = wpl_devices_find(ask.number, 0);
	if (IS_ERR(d))
		return PTR_ERR(d);
	wpl_disk_check(d);
	wpl_fill_info(&ask, d);
	ret = wpl_give_extents(u64_to_user_ptr(ask.extents), ask.extent_room, d);
	wpl_devices_done(d);
	return ret ? ret : wpl_give(from, &ask, sizeof(ask), size);
}

/**
 * wpl_events - WPLOOP_EVENTS
 * @from: struct wploop_events of the caller
 *
 * Return: a descriptor, or an error.
 */
int wpl_events(void __user *from)
{
	struct wploop_events ask;
	struct wpl_disk *d;
	u32 size;
	int ret;

	ret = wpl_take(&ask, sizeof(ask), from, &size);
	if (ret)
		return ret;
	if (ask.flags & ~O_NONBLOCK || ask.reserved0 ||
	    !wpl_all_zero(ask.reserved, ARRAY_SIZE(ask.reserved)))
		return -EINVAL;
	d = wpl_devices_find(ask.number, ask.diskseq);
	if (IS_ERR(d))
		return PTR_ERR(d);
	ret = wpl_log_open(d->log, ask.flags);
	wpl_devices_done(d);
	return ret;
}
