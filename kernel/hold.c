// SPDX-License-Identifier: GPL-2.0-only
/* A hold: files that are read by other means, protected as long as a descriptor lives. */
#include <linux/anon_inodes.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "driver.h"

struct wpl_held {
	struct wpl_file *files;
	u32 count;
};

static void wpl_held_free(struct wpl_held *h)
{
	wpl_files_close(h->files, h->count);
	kfree(h);
}

static int wpl_held_check(const struct wpl_held *h, void __user *to)
{
	struct wploop_hold_check answer;
	u32 size, i, changes;
	int ret;

	ret = wpl_take(&answer, sizeof(answer), to, &size);
	if (ret)
		return ret;
	if (answer.reserved0 || !wpl_all_zero(answer.reserved, ARRAY_SIZE(answer.reserved)))
		return -EINVAL;
	answer = (struct wploop_hold_check){.count = h->count, .first_changed = WPLOOP_NO_EXTENT};
	for (i = 0; i < h->count; i++) {
		changes = wpl_file_changes(&h->files[i]);
		if (changes && !answer.changed++)
			answer.first_changed = i;
		answer.changes |= changes;
		cond_resched();
	}
	return wpl_give(to, &answer, sizeof(answer), size);
}

static long wpl_held_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return cmd == WPLOOP_HOLD_CHECK ? wpl_held_check(file->private_data, (void __user *)arg)
					: -ENOTTY;
}

static int wpl_held_release(struct inode *inode, struct file *file)
{
	wpl_held_free(file->private_data);
	return 0;
}

static void wpl_held_show(struct seq_file *out, struct file *file)
{
	const struct wpl_held *h = file->private_data;

	seq_printf(out, "wploop-held:\t%u\n", h->count);
}

static const struct file_operations wpl_held_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = wpl_held_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = wpl_held_release,
	.show_fdinfo = wpl_held_show,
};

/* Opens and protects each file; @failed is the one that could not be. */
static int wpl_held_fill(struct wpl_held *h, const s32 __user *fds, u32 count, u32 flags,
			 u32 *failed)
{
	s32 fd;
	int ret;

	h->files = kvcalloc(count, sizeof(*h->files), GFP_KERNEL_ACCOUNT);
	if (!h->files)
		return -ENOMEM;
	for (; h->count < count; h->count++) {
		if (get_user(fd, fds + h->count))
			return -EFAULT;
		ret = wpl_file_open(&h->files[h->count], fd, flags);
		if (ret) {
			*failed = h->count;
			return ret;
		}
		cond_resched();
	}
	return 0;
}

static bool wpl_good_hold(const struct wploop_hold *hold)
{
	return !(hold->flags & ~WPLOOP_PIN) && hold->count && hold->count <= WPLOOP_MAX_HELD &&
	       wpl_all_zero(hold->reserved, ARRAY_SIZE(hold->reserved));
}

/* Takes over what was opened: it is freed where no descriptor can be had. */
static int wpl_held_install(struct wpl_held *h)
{
	int fd = anon_inode_getfd("[wploop-hold]", &wpl_held_fops, h, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		wpl_held_free(h);
	return fd;
}

/**
 * wpl_hold - WPLOOP_HOLD
 * @from: struct wploop_hold of the caller
 *
 * Return: a descriptor, or an error.
 */
int wpl_hold(void __user *from)
{
	struct wploop_hold hold;
	struct wpl_held *h;
	u32 size;
	int ret;

	ret = wpl_take(&hold, sizeof(hold), from, &size);
	if (ret)
		return ret;
	if (!wpl_good_hold(&hold))
		return -EINVAL;
	h = kzalloc(sizeof(*h), GFP_KERNEL_ACCOUNT);
	if (!h)
		return -ENOMEM;
	hold.failed = WPLOOP_NO_EXTENT;
	ret = wpl_held_fill(h, u64_to_user_ptr(hold.fds), hold.count, hold.flags, &hold.failed);
	if (wpl_give(from, &hold, sizeof(hold), size))
		ret = -EFAULT;
	if (ret) {
		wpl_held_free(h);
		return ret;
	}
	return wpl_held_install(h);
}
