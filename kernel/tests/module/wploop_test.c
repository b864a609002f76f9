// SPDX-License-Identifier: GPL-2.0-only
/* For the tests alone: sends what only the kernel can send, and does what nobody should. */
#include <linux/bio.h>
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>
#include "wploop_test.h"

static struct block_device *bdev_of(struct file *file)
{
	return S_ISBLK(file_inode(file)->i_mode) ? I_BDEV(file->f_mapping->host) : NULL;
}

static blk_opf_t opf_of(const struct wploop_test *t)
{
	return (__force blk_opf_t)t->op | (t->flags & WPLOOP_TEST_FUA ? REQ_FUA : 0) |
	       (t->flags & WPLOOP_TEST_PREFLUSH ? REQ_PREFLUSH : 0);
}

static bool carries_data(u32 op)
{
	return op == (__force u32)REQ_OP_WRITE || op == (__force u32)REQ_OP_ZONE_APPEND;
}

static int send_bio(struct block_device *bdev, struct wploop_test *t)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	struct bio *bio;

	if (!page)
		return -ENOMEM;
	bio = bio_alloc(bdev, 1, opf_of(t), GFP_KERNEL);
	bio->bi_iter.bi_sector = t->start;
	if (carries_data(t->op) && t->length)
		__bio_add_page(bio, page, t->length, 0);
	else
		bio->bi_iter.bi_size = t->length;
	t->result = submit_bio_wait(bio);
	bio_put(bio);
	__free_page(page);
	return 0;
}

struct errand {
	struct work_struct work;
	struct block_device *bdev;
	struct wploop_test *t;
	int ret;
};

static void run_errand(struct work_struct *work)
{
	struct errand *e = container_of(work, struct errand, work);

	e->ret = send_bio(e->bdev, e->t);
}

static int send_bio_by_worker(struct block_device *bdev, struct wploop_test *t)
{
	struct errand e = {.bdev = bdev, .t = t};

	INIT_WORK_ONSTACK(&e.work, run_errand);
	queue_work(system_long_wq, &e.work);
	flush_work(&e.work);
	destroy_work_on_stack(&e.work);
	return e.ret;
}

/* Reads and flushes would be served later, and by then the request is gone: only refusals come back
 * at once. */
static bool served_later(u32 op)
{
	return op == (__force u32)REQ_OP_READ || op == (__force u32)REQ_OP_FLUSH;
}

static int send_request(struct block_device *bdev, struct wploop_test *t)
{
	struct request_queue *q = bdev_get_queue(bdev);
	struct blk_mq_queue_data data = {.last = true};
	blk_status_t status;

	if (served_later(t->op))
		return -EINVAL;
	data.rq = blk_mq_alloc_request(q, opf_of(t), 0);
	if (IS_ERR(data.rq))
		return PTR_ERR(data.rq);
	data.rq->__sector = t->start;
	data.rq->__data_len = t->length;
	status = q->mq_ops->queue_rq(data.rq->mq_hctx, &data);
	t->result = blk_status_to_errno(status);
	if (status)
		blk_mq_end_request(data.rq, status);
	return 0;
}

static int shrink(struct file *file, struct wploop_test *t)
{
	struct inode *inode = file_inode(file);
	int writers = atomic_xchg(&inode->i_writecount, 0);
	bool pinned = IS_SWAPFILE(inode);

	inode->i_flags &= ~S_SWAPFILE;
	t->result = vfs_truncate(&file->f_path, t->start);
	if (pinned)
		inode->i_flags |= S_SWAPFILE;
	atomic_set(&inode->i_writecount, writers);
	return 0;
}

static noinline void wrong_leak(void)
{
	void *lost = kmalloc(128, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(lost);
}

static noinline void wrong_sleep(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	might_sleep();
	spin_unlock(&lock);
}

static noinline void wrong_order(void)
{
	static DEFINE_MUTEX(one);
	static DEFINE_MUTEX(other);

	mutex_lock(&one);
	mutex_lock(&other);
	mutex_unlock(&other);
	mutex_unlock(&one);
	mutex_lock(&other);
	mutex_lock(&one);
	mutex_unlock(&one);
	mutex_unlock(&other);
}

static noinline int wrong_after_free(void)
{
	int *gone = kzalloc(128, GFP_KERNEL);

	if (!gone)
		return -ENOMEM;
	kfree(gone);
	OPTIMIZER_HIDE_VAR(gone);
	return READ_ONCE(*gone);
}

static int go_wrong(struct wploop_test *t)
{
	switch (t->op) {
	case WPLOOP_TEST_LEAK:
		wrong_leak();
		return 0;
	case WPLOOP_TEST_SLEEP:
		wrong_sleep();
		return 0;
	case WPLOOP_TEST_ORDER:
		wrong_order();
		return 0;
	case WPLOOP_TEST_WARN:
		WARN(1, "on purpose\n");
		return 0;
	case WPLOOP_TEST_AFTER_FREE:
		t->result = wrong_after_free();
		return 0;
	default:
		return -EINVAL;
	}
}

static int serve(unsigned int cmd, struct file *file, struct wploop_test *t)
{
	struct block_device *bdev = bdev_of(file);

	if (t->length > PAGE_SIZE)
		return -EINVAL;
	if (cmd == WPLOOP_TEST_SHRINK)
		return bdev ? -EINVAL : shrink(file, t);
	if (!bdev)
		return -ENOTBLK;
	if (cmd == WPLOOP_TEST_REQUEST)
		return send_request(bdev, t);
	return t->flags & WPLOOP_TEST_WORKER ? send_bio_by_worker(bdev, t) : send_bio(bdev, t);
}

static long test_ioctl(struct file *control, unsigned int cmd, unsigned long arg)
{
	struct wploop_test t;
	struct file *file;
	int ret;

	if (cmd != WPLOOP_TEST_BIO && cmd != WPLOOP_TEST_REQUEST && cmd != WPLOOP_TEST_SHRINK &&
	    cmd != WPLOOP_TEST_WRONG)
		return -ENOTTY;
	if (copy_from_user(&t, (void __user *)arg, sizeof(t)))
		return -EFAULT;
	if (cmd == WPLOOP_TEST_WRONG)
		return go_wrong(&t);
	file = fget(t.fd);
	if (!file)
		return -EBADF;
	ret = serve(cmd, file, &t);
	fput(file);
	if (!ret && copy_to_user((void __user *)arg, &t, sizeof(t)))
		ret = -EFAULT;
	return ret;
}

static const struct file_operations test_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = test_ioctl,
};

static struct miscdevice test_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "wploop-test",
	.fops = &test_fops,
	.mode = 0600,
};
module_misc_device(test_device);
MODULE_DESCRIPTION("Sends to wploop what only the kernel can send; for its tests");
MODULE_LICENSE("GPL");
