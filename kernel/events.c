// SPDX-License-Identifier: GPL-2.0-only
/* The events of a device: rings that keep the newest, and descriptors that read them. */
#include <linux/anon_inodes.h>
#include <linux/blkdev.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "driver.h"
#define CREATE_TRACE_POINTS
#include "trace.h"

/**
 * struct wpl_reader - an open descriptor
 * @log: what it reads
 * @lock: of @next, between threads that read at once
 * @next: sequence of the event it has not seen yet
 */
struct wpl_reader {
	struct wpl_log *log;
	struct mutex lock;
	u64 next;
};

struct wpl_log *wpl_log_create(void)
{
	struct wpl_log *log = kvzalloc(sizeof(*log), GFP_KERNEL);

	if (!log)
		return NULL;
	kref_init(&log->ref);
	spin_lock_init(&log->lock);
	init_waitqueue_head(&log->wait);
	log->others = (struct wpl_ring){.events = log->room, .mask = WPL_RING - 1};
	log->errors = (struct wpl_ring){.events = log->room + WPL_RING, .mask = WPL_ERROR_RING - 1};
	return log;
}

static void wpl_log_free(struct kref *ref)
{
	kvfree(container_of(ref, struct wpl_log, ref));
}

void wpl_log_put(struct wpl_log *log)
{
	if (log)
		kref_put(&log->ref, wpl_log_free);
}

/**
 * wpl_log_end - no more events: readers come to an end behind the last one
 * @log: of a device that is no more
 */
void wpl_log_end(struct wpl_log *log)
{
	unsigned long flags;

	spin_lock_irqsave(&log->lock, flags);
	log->ended = true;
	spin_unlock_irqrestore(&log->lock, flags);
	wake_up_interruptible_poll(&log->wait, EPOLLIN | EPOLLRDNORM | EPOLLHUP);
}

static void wpl_log_trace(const struct wpl_disk *d, const struct wploop_event *e)
{
	const char *name = d->disk->disk_name;

	switch (e->type) {
	case WPLOOP_EVENT_ATTACHED:
		trace_wploop_attached(name, e);
		break;
	case WPLOOP_EVENT_DETACHED:
		trace_wploop_detached(name, e);
		break;
	case WPLOOP_EVENT_REFUSED:
		trace_wploop_refused(name, e);
		break;
	case WPLOOP_EVENT_READ_ERROR:
		trace_wploop_read_error(name, e);
		break;
	case WPLOOP_EVENT_BACKING_CHANGED:
		trace_wploop_backing_changed(name, e);
		break;
	}
}

static void wpl_ring_add(struct wpl_ring *ring, const struct wploop_event *e)
{
	ring->events[ring->count++ & ring->mask] = *e;
}

/* The oldest event of a ring whose sequence is @next or more; NULL if there is none. */
static const struct wploop_event *wpl_ring_from(const struct wpl_ring *ring, u64 next)
{
	u64 high = ring->count, middle, low = high > ring->mask ? high - ring->mask - 1 : 0;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (ring->events[middle & ring->mask].sequence < next)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ring->count ? &ring->events[low & ring->mask] : NULL;
}

/* The same of both rings. */
static const struct wploop_event *wpl_log_from(const struct wpl_log *log, u64 next)
{
	const struct wploop_event *error = wpl_ring_from(&log->errors, next);
	const struct wploop_event *other = wpl_ring_from(&log->others, next);

	if (error && other)
		return error->sequence < other->sequence ? error : other;
	return error ? error : other;
}

/**
 * wpl_log_add - puts an event on record
 * @d: its device
 * @e: the event; its sequence is set. May be called where sleeping is not allowed
 */
void wpl_log_add(struct wpl_disk *d, struct wploop_event *e)
{
	struct wpl_log *log = d->log;
	unsigned long flags;

	spin_lock_irqsave(&log->lock, flags);
	e->sequence = ++log->last;
	wpl_ring_add(e->type == WPLOOP_EVENT_READ_ERROR ? &log->errors : &log->others, e);
	spin_unlock_irqrestore(&log->lock, flags);
	wake_up_interruptible_poll(&log->wait, EPOLLIN | EPOLLRDNORM);
	wpl_log_trace(d, e);
}

/* 1: an event is there; 0: none, and there may be one later; -EPIPE: none, and there will be none.
 */
static int wpl_reader_next(struct wpl_reader *r, struct wploop_event *e)
{
	const struct wploop_event *from;
	struct wpl_log *log = r->log;
	unsigned long flags;
	int found;

	spin_lock_irqsave(&log->lock, flags);
	from = wpl_log_from(log, r->next);
	found = from ? 1 : log->ended ? -EPIPE : 0;
	if (from) {
		*e = *from;
		/* sequences have no gaps: what is between is in neither ring any more */
		e->lost = e->sequence - r->next;
	}
	spin_unlock_irqrestore(&log->lock, flags);
	return found;
}

static bool wpl_reader_ready(struct wpl_reader *r)
{
	struct wploop_event e;

	return wpl_reader_next(r, &e);
}

static ssize_t wpl_reader_copy(struct wpl_reader *r, char __user *to, size_t room)
{
	struct wploop_event e;
	ssize_t done = 0;
	int found = 0;

	while (room - done >= sizeof(e)) {
		found = wpl_reader_next(r, &e);
		if (found <= 0)
			break;
		if (copy_to_user(to + done, &e, sizeof(e)))
			return done ? done : -EFAULT;
		r->next = e.sequence + 1;
		done += sizeof(e);
	}
	if (done)
		return done;
	return found ? 0 : -EAGAIN;
}

static ssize_t wpl_reader_read(struct file *file, char __user *to, size_t room, loff_t *ppos)
{
	struct wpl_reader *r = file->private_data;
	ssize_t done;
	int ret;

	if (room < sizeof(struct wploop_event))
		return -EINVAL;
	for (;;) {
		ret = mutex_lock_interruptible(&r->lock);
		if (ret)
			return ret;
		done = wpl_reader_copy(r, to, room);
		mutex_unlock(&r->lock);
		if (done != -EAGAIN || file->f_flags & O_NONBLOCK)
			return done;
		ret = wait_event_interruptible(r->log->wait, wpl_reader_ready(r));
		if (ret)
			return ret;
	}
}

static __poll_t wpl_reader_poll(struct file *file, poll_table *wait)
{
	struct wpl_reader *r = file->private_data;
	struct wploop_event e;
	__poll_t mask = 0;

	poll_wait(file, &r->log->wait, wait);
	if (wpl_reader_next(r, &e) == 1)
		mask = EPOLLIN | EPOLLRDNORM;
	if (READ_ONCE(r->log->ended))
		mask |= EPOLLHUP;
	return mask;
}

static int wpl_reader_release(struct inode *inode, struct file *file)
{
	struct wpl_reader *r = file->private_data;

	wpl_log_put(r->log);
	kfree(r);
	return 0;
}

static const struct file_operations wpl_reader_fops = {
	.owner = THIS_MODULE,
	.read = wpl_reader_read,
	.poll = wpl_reader_poll,
	.release = wpl_reader_release,
};

/**
 * wpl_log_open - a descriptor that reads events, from the oldest on
 * @log: of a device
 * @flags: O_NONBLOCK or 0
 *
 * Return: the descriptor, or an error.
 */
int wpl_log_open(struct wpl_log *log, u32 flags)
{
	struct wpl_reader *r = kzalloc(sizeof(*r), GFP_KERNEL);
	int fd;

	if (!r)
		return -ENOMEM;
	mutex_init(&r->lock);
	r->log = log;
	r->next = 1;
	kref_get(&log->ref);
	fd = anon_inode_getfd("[wploop-events]", &wpl_reader_fops, r, O_RDONLY | O_CLOEXEC | flags);
	if (fd < 0) {
		wpl_log_put(log);
		kfree(r);
	}
	return fd;
}
