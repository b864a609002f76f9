/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between kernels, behind one face; probes.h says which side this kernel is on. */
#ifndef WPL_COMPAT_H
#define WPL_COMPAT_H

#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/pagemap.h>
#include <linux/workqueue.h>
#include "probes.h"

#ifdef WPL_HAVE_SHOULD_MERGE
#define WPL_QUEUE_FLAGS (BLK_MQ_F_SHOULD_MERGE | BLK_MQ_F_STACKING | BLK_MQ_F_NO_SCHED_BY_DEFAULT)
#else
#define WPL_QUEUE_FLAGS (BLK_MQ_F_STACKING | BLK_MQ_F_NO_SCHED_BY_DEFAULT)
#endif

#ifdef WPL_HAVE_WQ_PERCPU
#define WPL_PER_CPU WQ_PERCPU
#else
#define WPL_PER_CPU 0
#endif

#ifdef WPL_HAVE_SIGNED_NODE
#define WPL_NODE int
#else
#define WPL_NODE unsigned int
#endif

#ifdef WPL_HAVE_OPEN_DISK
#define WPL_OPEN_ARGS		 struct gendisk *disk, blk_mode_t mode
#define wpl_opened_disk()	 disk
#define wpl_opened_for_writing() (mode & BLK_OPEN_WRITE)
#define WPL_MODE		 blk_mode_t
#else
#define WPL_OPEN_ARGS		 struct block_device *bdev, fmode_t mode
#define wpl_opened_disk()	 (bdev->bd_disk)
#define wpl_opened_for_writing() (mode & FMODE_WRITE)
#define WPL_MODE		 fmode_t
#endif

/**
 * struct wpl_limits - what the queue of a device may be given at once
 * @block: logical block size
 * @segments: most pieces of memory in a request
 * @sectors: most sectors in a request
 *
 * Nothing is said about discards and writes of zeroes: what is not said, a device cannot do.
 */
struct wpl_limits {
	unsigned int block;
	unsigned int segments;
	unsigned int sectors;
};

#ifdef WPL_HAVE_LIMITS
static inline struct gendisk *wpl_alloc_disk(struct blk_mq_tag_set *set, const struct wpl_limits *l,
					     void *data)
{
	struct queue_limits limits = {
		.logical_block_size = l->block,
		.physical_block_size = l->block,
		.io_min = l->block,
		.max_segments = l->segments,
		.max_segment_size = UINT_MAX,
		.max_hw_sectors = l->sectors,
	};

	return blk_mq_alloc_disk(set, &limits, data);
}
#else
static inline struct gendisk *wpl_alloc_disk(struct blk_mq_tag_set *set, const struct wpl_limits *l,
					     void *data)
{
	struct gendisk *disk = blk_mq_alloc_disk(set, data);

	if (IS_ERR(disk))
		return disk;
	blk_queue_logical_block_size(disk->queue, l->block);
	blk_queue_physical_block_size(disk->queue, l->block);
	blk_queue_io_min(disk->queue, l->block);
	blk_queue_max_segments(disk->queue, l->segments);
	blk_queue_max_segment_size(disk->queue, UINT_MAX);
	blk_queue_max_hw_sectors(disk->queue, l->sectors);
	blk_queue_flag_set(QUEUE_FLAG_NONROT, disk->queue);
	return disk;
}
#endif

/* Does the page cache of the device keep many pages as one, which is lost as one? */
#ifdef WPL_HAVE_BD_MAPPING
static inline bool wpl_caches_large(const struct gendisk *disk)
{
	return mapping_large_folio_support(disk->part0->bd_mapping);
}
#else
static inline bool wpl_caches_large(const struct gendisk *disk)
{
	return false;
}
#endif

#endif
