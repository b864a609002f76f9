// SPDX-License-Identifier: GPL-2.0-only
/* The disk of an attachment: read-only before anybody can see it, and without a way to become
 * anything else. */
#include <linux/backing-dev.h>
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "compat.h"
#include "driver.h"

static unsigned int check_seconds = 5;
module_param(check_seconds, uint, 0644);
MODULE_PARM_DESC(check_seconds, "how often backing files are looked at; 0: only when asked");

/* Looking at a file may wait for whoever serves it: not in a queue of others. */
static struct workqueue_struct *wpl_check_work;

static int wpl_open(WPL_OPEN_ARGS)
{
	struct wpl_disk *d = wpl_opened_disk()->private_data;

	if (d->dying)
		return -ENXIO;
	if (!wpl_opened_for_writing())
		return 0;
	wpl_refuse_call(d, WPLOOP_KIND_OPEN, (__force u32)mode, EROFS, NULL);
	return -EROFS;
}

static int wpl_ioctl(struct block_device *bdev, WPL_MODE mode, unsigned int cmd, unsigned long arg)
{
	if (!wpl_is_question(cmd))
		wpl_refuse_call(bdev->bd_disk->private_data, WPLOOP_KIND_IOCTL, cmd, ENOTTY, bdev);
	return -ENOTTY;
}

static int wpl_set_read_only(struct block_device *bdev, bool read_only)
{
	if (read_only)
		return 0;
	wpl_refuse_call(bdev->bd_disk->private_data, WPLOOP_KIND_SETRW, BLKROSET, EROFS, bdev);
	return -EROFS;
}

static const struct block_device_operations wpl_disk_ops = {
	.owner = THIS_MODULE,
	.open = wpl_open,
	.ioctl = wpl_ioctl,
	.compat_ioctl = wpl_ioctl,
	.set_read_only = wpl_set_read_only,
};

static blk_status_t wpl_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *data)
{
	struct request *rq = data->rq;
	struct wpl_request *r = blk_mq_rq_to_pdu(rq);
	struct wpl_disk *d = rq->q->queuedata;
	enum wploop_kind kind;

	blk_mq_start_request(rq);
	switch (wpl_classify((__force u32)req_op(rq), &kind)) {
	case WPL_READ:
		queue_work(d->work, &r->work);
		return BLK_STS_OK;
	case WPL_FLUSH:
		/* nothing is ever written, so all that was written is safe */
		atomic64_inc(&d->count.flushes);
		blk_mq_end_request(rq, BLK_STS_OK);
		return BLK_STS_OK;
	case WPL_REFUSED:
		break;
	}
	wpl_refuse_request(d, rq, kind);
	return BLK_STS_IOERR;
}

static int wpl_init_request(struct blk_mq_tag_set *set, struct request *rq, unsigned int index,
			    WPL_NODE node)
{
	struct wpl_request *r = blk_mq_rq_to_pdu(rq);

	INIT_WORK(&r->work, wpl_read);
	return 0;
}

static const struct blk_mq_ops wpl_queue_ops = {
	.queue_rq = wpl_queue_rq,
	.init_request = wpl_init_request,
};

/**
 * wpl_disk_check - looks at each backing file, and puts on record what changed
 * @d: the device
 */
void wpl_disk_check(struct wpl_disk *d)
{
	u32 i, changes;

	mutex_lock(&d->check_lock);
	for (i = 0; i < d->file_count; i++) {
		changes = wpl_file_check(&d->files[i]);
		if (changes)
			wpl_note_change(d, i, changes);
		cond_resched();
	}
	mutex_unlock(&d->check_lock);
}

static void wpl_check_again(struct wpl_disk *d)
{
	unsigned int seconds = READ_ONCE(check_seconds);

	queue_delayed_work(wpl_check_work, &d->check, (seconds ? seconds : 5) * HZ);
}

static void wpl_check(struct work_struct *work)
{
	struct wpl_disk *d = container_of(to_delayed_work(work), struct wpl_disk, check);

	if (READ_ONCE(check_seconds))
		wpl_disk_check(d);
	wpl_check_again(d);
}

static int wpl_alloc_tags(struct wpl_disk *d)
{
	d->tags = (struct blk_mq_tag_set){
		.ops = &wpl_queue_ops,
		.nr_hw_queues = 1,
		.queue_depth = WPL_DEPTH,
		.numa_node = NUMA_NO_NODE,
		.cmd_size = sizeof(struct wpl_request),
		.flags = WPL_QUEUE_FLAGS,
		.driver_data = d,
	};
	return blk_mq_alloc_tag_set(&d->tags);
}

/* Where bytes are lost, no read may fail because of its neighbours; elsewhere long reads are to be
 * expected. */
static unsigned long wpl_read_ahead(const struct wpl_disk *d)
{
	return d->geometry.unreadable ? 0 : SZ_1M >> PAGE_SHIFT;
}

static int wpl_alloc_gendisk(struct wpl_disk *d)
{
	const struct wpl_limits limits = {
		.block = d->block, .segments = WPL_SEGMENTS, .sectors = WPL_SECTORS};
	struct gendisk *disk = wpl_alloc_disk(&d->tags, &limits, d);

	if (IS_ERR(disk))
		return PTR_ERR(disk);
	snprintf(disk->disk_name, DISK_NAME_LEN, "wploop%u", d->number);
	disk->fops = &wpl_disk_ops;
	disk->private_data = d;
	if (!(d->active & WPLOOP_PARTSCAN))
		disk->flags |= GENHD_FL_NO_PART;
	disk->bdi->ra_pages = wpl_read_ahead(d);
	set_disk_ro(disk, true);
	set_capacity(disk, d->geometry.size >> SECTOR_SHIFT);
	d->disk = disk;
	return 0;
}

/**
 * wpl_disk_create - makes the disk of an attachment and lets everybody see it
 * @d: all that does not change is set
 *
 * Return: 0, or an error and nothing is left.
 */
int wpl_disk_create(struct wpl_disk *d)
{
	int ret;

	INIT_DELAYED_WORK(&d->check, wpl_check);
	/* One worker for each request that waits: where one sleeps, the queue wakes the next. */
	d->work = alloc_workqueue("wploop%u", WQ_FREEZABLE | WPL_PER_CPU, WPL_DEPTH, d->number);
	if (!d->work)
		return -ENOMEM;
	ret = wpl_alloc_tags(d);
	if (ret)
		goto destroy_work;
	ret = wpl_alloc_gendisk(d);
	if (ret)
		goto free_tags;
	ret = device_add_disk(NULL, d->disk, wpl_groups);
	if (ret)
		goto put_disk;
	/* The kernel looks for partitions once; a later request to look again would change the
	 * device. */
	set_bit(GD_SUPPRESS_PART_SCAN, &d->disk->state);
	wpl_check_again(d);
	return 0;

put_disk:
	put_disk(d->disk);
free_tags:
	blk_mq_free_tag_set(&d->tags);
destroy_work:
	destroy_workqueue(d->work);
	return ret;
}

/**
 * wpl_disk_close - no more opens, if there are none now
 * @d: the device, its lock held
 *
 * Return: 0, or -EBUSY.
 */
int wpl_disk_close(struct wpl_disk *d)
{
	int ret = 0;

	lockdep_assert_held(&d->lock);
	mutex_lock(&d->disk->open_mutex);
	if (disk_openers(d->disk))
		ret = -EBUSY;
	else
		d->dying = true;
	mutex_unlock(&d->disk->open_mutex);
	return ret;
}

/**
 * wpl_disk_destroy - takes the disk apart
 * @d: a device that wpl_disk_close() closed
 */
void wpl_disk_destroy(struct wpl_disk *d)
{
	cancel_delayed_work_sync(&d->check);
	del_gendisk(d->disk);
	destroy_workqueue(d->work);
	put_disk(d->disk);
	blk_mq_free_tag_set(&d->tags);
}

int wpl_disk_init(void)
{
	wpl_check_work = alloc_workqueue("wploop-check", WQ_FREEZABLE | WQ_UNBOUND, 0);
	return wpl_check_work ? 0 : -ENOMEM;
}

void wpl_disk_exit(void)
{
	destroy_workqueue(wpl_check_work);
}
