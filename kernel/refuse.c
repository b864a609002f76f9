// SPDX-License-Identifier: GPL-2.0-only
/* What happened and was not to happen: counted, logged, traced, audited, and put into the stream of
 * events. */
#include <linux/audit.h>
#include <linux/backing-dev.h>
#include <linux/blk-mq.h>
#include <linux/cred.h>
#include <linux/kdev_t.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include "compat.h"
#include "driver.h"

static struct wploop_event wpl_event(enum wploop_event_type type)
{
	struct wploop_event e = {
		.time_ns = ktime_get_real_ns(),
		.type = type,
		.flags = current->flags & PF_KTHREAD ? WPLOOP_BY_KERNEL : 0,
		.pid = task_tgid_nr(current),
		.uid = from_kuid(&init_user_ns, current_uid()),
		.extent = WPLOOP_NO_EXTENT,
	};

	get_task_comm(e.comm, current);
	return e;
}

static bool wpl_by_kernel(const struct wploop_event *e)
{
	return e->flags & WPLOOP_BY_KERNEL;
}

static void wpl_audit(struct wpl_disk *d, const struct wploop_event *e, const char *what,
		      const char *kind)
{
	struct audit_buffer *ab;

	if (!audit_enabled || !__ratelimit(&d->audit))
		return;
	ab = audit_log_start(audit_context(), GFP_ATOMIC, AUDIT_KERNEL_OTHER);
	if (!ab)
		return;
	audit_log_format(ab, "module=wploop op=%s dev=%s seq=%llu", what, d->disk->disk_name,
			 e->sequence);
	if (kind)
		audit_log_format(ab, " kind=%s start=%llu length=%llu", kind, e->start, e->length);
	/* in hexadecimal, as the audit tools read a name that may hold anything */
	audit_log_format(ab, " kernel=%d pid=%u uid=%u comm=%*phN res=%d", wpl_by_kernel(e), e->pid,
			 e->uid, (int)strlen(e->comm), e->comm, !e->error);
	audit_log_end(ab);
}

static void wpl_remember_refusal(struct wpl_disk *d, const struct wploop_event *e)
{
	unsigned long flags;

	spin_lock_irqsave(&d->refusals, flags);
	if (!d->first_refusal.sequence || e->sequence < d->first_refusal.sequence)
		d->first_refusal = *e;
	if (e->sequence > d->last_refusal.sequence)
		d->last_refusal = *e;
	spin_unlock_irqrestore(&d->refusals, flags);
}

static void wpl_refuse(struct wpl_disk *d, struct wploop_event *e)
{
	const char *kind = wpl_kind_name(e->kind);

	atomic64_inc(&d->count.refused[e->kind]);
	wpl_log_add(d, e);
	wpl_remember_refusal(d, e);
	wpl_audit(d, e, "refused", kind);
	if (__ratelimit(&d->talk))
		pr_warn("%s: refused %s (op %#x) of %llu bytes at %llu, by %*pE (%spid %u, uid "
			"%u)\n",
			d->disk->disk_name, kind, e->op, e->length, e->start, (int)strlen(e->comm),
			e->comm, wpl_by_kernel(e) ? "a thread of the kernel, " : "", e->pid,
			e->uid);
}

static u32 wpl_request_minor(const struct wpl_disk *d, struct request *rq)
{
	if (rq->bio && rq->bio->bi_bdev)
		return MINOR(rq->bio->bi_bdev->bd_dev);
	return rq->part ? MINOR(rq->part->bd_dev) : d->disk->first_minor;
}

/**
 * wpl_refuse_request - puts a request on record that will not be served; the caller ends it
 * @d: the device
 * @rq: the request
 * @kind: what it is
 */
void wpl_refuse_request(struct wpl_disk *d, struct request *rq, enum wploop_kind kind)
{
	struct wploop_event e = wpl_event(WPLOOP_EVENT_REFUSED);

	e.kind = kind;
	e.op = (__force u32)req_op(rq);
	e.error = EIO;
	e.minor = wpl_request_minor(d, rq);
	e.length = blk_rq_bytes(rq);
	/* a passthrough request has no place on the device */
	if (!blk_rq_is_passthrough(rq))
		e.start = (u64)blk_rq_pos(rq) << SECTOR_SHIFT;
	atomic64_add(e.length, &d->count.refused_bytes);
	wpl_refuse(d, &e);
}

/**
 * wpl_refuse_call - puts an open or ioctl on record that is answered with an error
 * @d: the device
 * @kind: what it is
 * @op: flags of the open, number of the ioctl
 * @error: the answer, positive
 * @part: the device or partition, NULL if only the disk is known
 */
void wpl_refuse_call(struct wpl_disk *d, enum wploop_kind kind, u32 op, int error,
		     struct block_device *part)
{
	struct wploop_event e = wpl_event(WPLOOP_EVENT_REFUSED);

	e.kind = kind;
	e.op = op;
	e.error = error;
	e.minor = part ? MINOR(part->bd_dev) : d->disk->first_minor;
	wpl_refuse(d, &e);
}

/* Reading ahead makes large pieces in the page cache, and one sector fails all of a piece. Whoever
 * opens the device from now on gets pages. */
static void wpl_stop_reading_ahead(struct wpl_disk *d)
{
	if (wpl_caches_large(d->disk))
		WRITE_ONCE(d->disk->bdi->ra_pages, 0);
}

/**
 * wpl_note_read_error - puts on record what could not be read
 * @d: the device
 * @start: first byte
 * @length: how many
 * @error: errno, positive; ENODATA where the file ended
 * @extent: where it should have been
 */
void wpl_note_read_error(struct wpl_disk *d, u64 start, u64 length, int error, u32 extent)
{
	struct wploop_event e = wpl_event(WPLOOP_EVENT_READ_ERROR);

	e.start = start;
	e.length = length;
	e.error = error;
	e.extent = extent;
	atomic64_inc(&d->count.read_errors);
	atomic64_add(length, &d->count.error_bytes);
	if (error == ENODATA)
		atomic64_inc(&d->count.short_reads);
	wpl_stop_reading_ahead(d);
	wpl_log_add(d, &e);
	if (__ratelimit(&d->talk))
		pr_warn("%s: cannot read %llu bytes at %llu (error %d)\n", d->disk->disk_name,
			length, start, error);
}

static u32 wpl_first_extent_of(const struct wpl_disk *d, u32 file)
{
	u32 i;

	for (i = 0; i < d->extent_count; i++)
		if (d->extents[i].file == file)
			return i;
	return WPLOOP_NO_EXTENT;
}

/**
 * wpl_note_change - puts on record that a backing file is not as it was
 * @d: the device
 * @file: its index
 * @changes: WPLOOP_CHANGED_*
 */
void wpl_note_change(struct wpl_disk *d, u32 file, u32 changes)
{
	struct wploop_event e = wpl_event(WPLOOP_EVENT_BACKING_CHANGED);

	e.changes = changes;
	e.extent = wpl_first_extent_of(d, file);
	atomic64_inc(&d->count.changes_seen);
	wpl_log_add(d, &e);
	wpl_audit(d, &e, "backing-changed", NULL);
	if (__ratelimit(&d->talk))
		pr_warn("%s: the file of extent %u changed (%#x)\n", d->disk->disk_name, e.extent,
			changes);
}

/**
 * wpl_note_life - puts the beginning or the end of an attachment on record
 * @d: the device
 * @type: WPLOOP_EVENT_ATTACHED or _DETACHED
 */
void wpl_note_life(struct wpl_disk *d, enum wploop_event_type type)
{
	struct wploop_event e = wpl_event(type);
	bool begins = type == WPLOOP_EVENT_ATTACHED;

	e.length = d->geometry.size;
	wpl_log_add(d, &e);
	wpl_audit(d, &e, begins ? "attach" : "detach", NULL);
	pr_info("%s: %s, %llu bytes, write-protected\n", d->disk->disk_name,
		begins ? "attached" : "detached", d->geometry.size);
}
