// SPDX-License-Identifier: GPL-2.0-only
/* /dev/wploop-control: the requests of include/wploop.h, and the module itself. */
#include <linux/capability.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include "control.h"

/**
 * wpl_take - a structure of the caller, shorter or longer than ours
 * @to: ours
 * @size: of ours
 * @from: the caller's, which begins with its size
 * @user_size: the size it gave
 *
 * Return: 0; -E2BIG if the caller wants what we do not know, -EINVAL, -EFAULT.
 */
int wpl_take(void *to, size_t size, const void __user *from, u32 *user_size)
{
	if (get_user(*user_size, (const u32 __user *)from))
		return -EFAULT;
	if (*user_size < 2 * sizeof(u32))
		return -EINVAL;
	if (*user_size > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(to, size, from, *user_size);
}

/**
 * wpl_give - the answer, as much of it as the caller has room for
 * @to: the caller's structure
 * @from: ours
 * @size: of ours
 * @user_size: what wpl_take() said; the caller finds it unchanged
 *
 * Return: 0 or -EFAULT.
 */
int wpl_give(void __user *to, const void *from, size_t size, u32 user_size)
{
	size_t common = min_t(size_t, size, user_size);

	/* the first field is the size: the caller's stays */
	if (copy_to_user(to + sizeof(u32), from + sizeof(u32), common - sizeof(u32)))
		return -EFAULT;
	return 0;
}

static int wpl_version(void __user *from)
{
	struct wploop_version v;
	u32 size;
	int ret;

	ret = wpl_take(&v, sizeof(v), from, &size);
	if (ret)
		return ret;
	v = (struct wploop_version){
		.api = WPLOOP_API,
		.max_extents = WPLOOP_MAX_EXTENTS,
		.ring = WPL_RING,
		.module = WPLOOP_MODULE_VERSION,
	};
	return wpl_give(from, &v, sizeof(v), size);
}

static long wpl_control_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *from = (void __user *)arg;

	switch (cmd) {
	case WPLOOP_VERSION:
		return wpl_version(from);
	case WPLOOP_LIST:
		return wpl_list(from);
	case WPLOOP_INFO:
		return wpl_info(from);
	case WPLOOP_EVENTS:
		return wpl_events(from);
	case WPLOOP_ATTACH:
		return capable(CAP_SYS_ADMIN) ? wpl_attach(from) : -EPERM;
	case WPLOOP_DETACH:
		return capable(CAP_SYS_ADMIN) ? wpl_detach(from) : -EPERM;
	case WPLOOP_HOLD:
		return capable(CAP_SYS_ADMIN) ? wpl_hold(from) : -EPERM;
	default:
		return -ENOTTY;
	}
}

static const struct file_operations wpl_control_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.unlocked_ioctl = wpl_control_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice wpl_control = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "wploop-control",
	.fops = &wpl_control_fops,
	.mode = 0600,
};

static int __init wpl_init(void)
{
	int ret = wpl_disk_init();

	if (ret)
		return ret;
	ret = misc_register(&wpl_control);
	if (ret)
		wpl_disk_exit();
	else
		pr_info("wploop %s: devices made by this driver cannot be written\n",
			WPLOOP_MODULE_VERSION);
	return ret;
}

/* Each attachment, hold and reader of events keeps the module: there is none when this runs. */
static void __exit wpl_exit(void)
{
	misc_deregister(&wpl_control);
	wpl_disk_exit();
}

module_init(wpl_init);
module_exit(wpl_exit);
MODULE_DESCRIPTION("Evidence files as block devices that cannot be written");
MODULE_AUTHOR("The exhibit developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(WPLOOP_MODULE_VERSION);
