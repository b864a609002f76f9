// SPDX-License-Identifier: GPL-2.0-only
/* Backing files: opened for reading only, kept from others, and looked at. */
#include <linux/blkdev.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/slab.h>
#include "driver.h"

/**
 * struct wpl_pin - an inode that we have marked as S_SWAPFILE
 * @list: all of them, under wpl_pins_lock
 * @inode: held by the files that pin it
 * @count: how many of them
 */
struct wpl_pin {
	struct list_head list;
	struct inode *inode;
	unsigned int count;
};

static LIST_HEAD(wpl_pins);
static DEFINE_MUTEX(wpl_pins_lock);

static struct wpl_pin *wpl_pin_find(const struct inode *inode)
{
	struct wpl_pin *pin;

	list_for_each_entry(pin, &wpl_pins, list)
		if (pin->inode == inode)
			return pin;
	return NULL;
}

static int wpl_pin_first(struct inode *inode)
{
	struct wpl_pin *pin = kzalloc(sizeof(*pin), GFP_KERNEL);
	bool taken;

	if (!pin)
		return -ENOMEM;
	inode_lock(inode);
	taken = IS_SWAPFILE(inode);
	if (!taken)
		inode->i_flags |= S_SWAPFILE;
	inode_unlock(inode);
	if (taken) {
		kfree(pin);
		return -ETXTBSY;
	}
	pin->inode = inode;
	pin->count = 1;
	list_add(&pin->list, &wpl_pins);
	return 0;
}

static int wpl_pin_inode(struct inode *inode)
{
	struct wpl_pin *pin;
	int ret = 0;

	mutex_lock(&wpl_pins_lock);
	pin = wpl_pin_find(inode);
	if (pin)
		pin->count++;
	else
		ret = wpl_pin_first(inode);
	mutex_unlock(&wpl_pins_lock);
	return ret;
}

static void wpl_unpin_inode(struct inode *inode)
{
	struct wpl_pin *pin;

	mutex_lock(&wpl_pins_lock);
	pin = wpl_pin_find(inode);
	if (!WARN_ON_ONCE(!pin) && !--pin->count) {
		inode_lock(inode);
		inode->i_flags &= ~S_SWAPFILE;
		inode_unlock(inode);
		list_del(&pin->list);
		kfree(pin);
	}
	mutex_unlock(&wpl_pins_lock);
}

static struct block_device *wpl_file_bdev(const struct wpl_file *f)
{
	return S_ISBLK(file_inode(f->file)->i_mode) ? I_BDEV(f->file->f_mapping->host) : NULL;
}

u64 wpl_file_size(const struct wpl_file *f)
{
	return f->last.size;
}

static int wpl_look(const struct wpl_file *f, struct wpl_state *state)
{
	struct block_device *bdev = wpl_file_bdev(f);
	struct kstat stat;
	int ret;

	ret = vfs_getattr_nosec(&f->file->f_path, &stat, STATX_BASIC_STATS, AT_STATX_SYNC_AS_STAT);
	if (ret)
		return ret;
	*state = (struct wpl_state){
		.device = bdev ? bdev->bd_dev : stat.dev,
		.inode = stat.ino,
		.size = bdev ? bdev_nr_bytes(bdev) : stat.size,
		.mode = stat.mode & S_IFMT,
		.unlinked = !stat.nlink,
	};
	/* The times of a device node are not those of its contents. */
	if (!bdev) {
		state->mtime = stat.mtime;
		state->ctime = stat.ctime;
	}
	return 0;
}

static u32 wpl_compare(const struct wpl_state *a, const struct wpl_state *b)
{
	u32 changes = 0;

	if (a->size != b->size)
		changes |= WPLOOP_CHANGED_SIZE;
	if (!timespec64_equal(&a->mtime, &b->mtime))
		changes |= WPLOOP_CHANGED_MTIME;
	if (!timespec64_equal(&a->ctime, &b->ctime))
		changes |= WPLOOP_CHANGED_CTIME;
	if (a->device != b->device || a->inode != b->inode || a->mode != b->mode ||
	    a->unlinked != b->unlinked)
		changes |= WPLOOP_CHANGED_INODE;
	return changes;
}

static u32 wpl_changes_since(const struct wpl_file *f, const struct wpl_state *then,
			     struct wpl_state *now)
{
	struct block_device *bdev = wpl_file_bdev(f);
	u32 changes;

	if (wpl_look(f, now)) {
		*now = *then;
		return WPLOOP_CHANGED_UNREACHED;
	}
	changes = wpl_compare(then, now);
	if (bdev && !bdev_read_only(bdev))
		changes |= WPLOOP_CHANGED_WRITABLE;
	return changes;
}

/**
 * wpl_file_check - what is different since the last look?
 * @f: the file
 *
 * States that last (not reached, writable) are told once.
 *
 * Return: WPLOOP_CHANGED_*, 0 if nothing is.
 */
u32 wpl_file_check(struct wpl_file *f)
{
	u32 lasting = WPLOOP_CHANGED_UNREACHED | WPLOOP_CHANGED_WRITABLE;
	struct wpl_state now;
	u32 changes = wpl_changes_since(f, &f->last, &now);

	changes &= ~(f->changes & lasting);
	f->last = now;
	f->changes |= changes;
	return changes;
}

/**
 * wpl_file_changes - what is different from the beginning?
 * @f: the file
 *
 * Return: WPLOOP_CHANGED_*, 0 if nothing is.
 */
u32 wpl_file_changes(struct wpl_file *f)
{
	struct wpl_state now;

	return wpl_changes_since(f, &f->first, &now);
}

static int wpl_keep_writers_out(struct wpl_file *f)
{
	for (; f->denied < WPL_INODES && f->inodes[f->denied]; f->denied++)
		/* what deny_write_access() does, which takes files and not inodes */
		if (!atomic_dec_unless_positive(&f->inodes[f->denied]->i_writecount))
			return -ETXTBSY;
	return 0;
}

/* Without swapping the mark exists, and the kernel does not look at it. */
static int wpl_pin_all(struct wpl_file *f)
{
	int ret;

	if (!IS_ENABLED(CONFIG_SWAP))
		return -EOPNOTSUPP;
	for (; f->pinned < f->denied; f->pinned++) {
		ret = wpl_pin_inode(f->inodes[f->pinned]);
		if (ret)
			return ret;
	}
	return 0;
}

/* A device has no count of writers: it must be read-only by itself. */
static int wpl_protect(struct wpl_file *f, u32 flags)
{
	struct block_device *bdev = wpl_file_bdev(f);
	struct inode *real;
	int ret;

	if (bdev)
		return bdev_read_only(bdev) ? 0 : -EACCES;
	f->inodes[0] = file_inode(f->file);
	real = d_real_inode(f->file->f_path.dentry);
	if (real && real != f->inodes[0])
		f->inodes[1] = real;
	ret = wpl_keep_writers_out(f);
	if (!ret && flags & WPLOOP_PIN)
		ret = wpl_pin_all(f);
	return ret;
}

/* A new open description: what the caller's may do, and does to times of access, is not ours. */
static struct file *wpl_reopen(int fd)
{
	struct file *given = fget(fd), *file;

	if (!given)
		return ERR_PTR(-EBADF);
	if (!(given->f_mode & FMODE_READ))
		file = ERR_PTR(-EBADF);
	else if (!S_ISREG(file_inode(given)->i_mode) && !S_ISBLK(file_inode(given)->i_mode))
		file = ERR_PTR(-EINVAL);
	else
		file = dentry_open(&given->f_path, O_RDONLY | O_LARGEFILE | O_NOATIME,
				   current_cred());
	fput(given);
	if (!IS_ERR(file) && !file->f_op->read_iter) {
		fput(file);
		return ERR_PTR(-EINVAL);
	}
	return file;
}

/* The units in which a file can be read past the page cache: a power of two, 0 if it cannot. */
static u32 wpl_direct_alignment(const struct wpl_file *f)
{
	struct block_device *bdev = wpl_file_bdev(f);
	struct kstat stat;

	if (!(f->file->f_mode & FMODE_CAN_ODIRECT))
		return 0;
	if (bdev)
		return bdev_logical_block_size(bdev);
	if (!vfs_getattr_nosec(&f->file->f_path, &stat, STATX_DIOALIGN, AT_STATX_SYNC_AS_STAT) &&
	    stat.result_mask & STATX_DIOALIGN)
		/* memory comes in sectors from the layer above */
		return stat.dio_mem_align <= SECTOR_SIZE ? stat.dio_offset_align : 0;
	bdev = file_inode(f->file)->i_sb->s_bdev;
	return bdev ? bdev_logical_block_size(bdev) : SECTOR_SIZE;
}

/**
 * wpl_file_open - opens what @fd names once more, for reading only, and protects it
 * @f: all zero; wpl_file_close() is needed only after success
 * @fd: descriptor of the calling process
 * @flags: WPLOOP_PIN or not
 *
 * Return: 0 or an error as struct wploop_attach lists them.
 */
int wpl_file_open(struct wpl_file *f, int fd, u32 flags)
{
	int ret;

	f->file = wpl_reopen(fd);
	if (IS_ERR(f->file)) {
		ret = PTR_ERR(f->file);
		f->file = NULL;
		return ret;
	}
	ret = wpl_protect(f, flags);
	if (!ret)
		ret = wpl_look(f, &f->first);
	if (ret) {
		wpl_file_close(f);
		return ret;
	}
	f->last = f->first;
	f->direct = wpl_direct_alignment(f);
	return 0;
}

/**
 * wpl_file_close - ends the protection of a file
 * @f: may be all zero
 */
void wpl_file_close(struct wpl_file *f)
{
	while (f->pinned)
		wpl_unpin_inode(f->inodes[--f->pinned]);
	while (f->denied)
		atomic_inc(&f->inodes[--f->denied]->i_writecount);
	if (f->file)
		fput(f->file);
	f->file = NULL;
}

void wpl_files_close(struct wpl_file *files, u32 count)
{
	while (count--)
		wpl_file_close(&files[count]);
	kvfree(files);
}
