// SPDX-License-Identifier: GPL-2.0-only
/* /sys/block/wploopN/wploop: what INFO says, for people and scripts. */
#include <linux/blkdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include "driver.h"

static struct wpl_disk *wpl_of(struct device *dev)
{
	return dev_to_disk(dev)->private_data;
}

#define WPL_ATTRIBUTE(name, format, value)                                                         \
	static ssize_t name##_show(struct device *dev, struct device_attribute *attr, char *buf)   \
	{                                                                                          \
		struct wpl_disk *d = wpl_of(dev);                                                  \
                                                                                                   \
		return sysfs_emit(buf, format "\n", value);                                        \
	}                                                                                          \
	static DEVICE_ATTR_RO(name)

#define WPL_COUNTER(name) WPL_ATTRIBUTE(name, "%lld", atomic64_read(&d->count.name))
#define WPL_REFUSED(name, kind)                                                                    \
	WPL_ATTRIBUTE(refused_##name, "%lld", atomic64_read(&d->count.refused[kind]))

WPL_ATTRIBUTE(label, "%s", d->label);
WPL_ATTRIBUTE(extents, "%u", d->extent_count);
WPL_ATTRIBUTE(files, "%u", d->file_count);
WPL_ATTRIBUTE(direct, "%d", !!(d->active & WPLOOP_DIRECT));
WPL_ATTRIBUTE(partscan, "%d", !!(d->active & WPLOOP_PARTSCAN));
WPL_ATTRIBUTE(pin, "%d", !!(d->active & WPLOOP_PIN));
WPL_ATTRIBUTE(tail, "%llu", d->geometry.tail);
WPL_ATTRIBUTE(unreadable, "%llu", d->geometry.unreadable);
WPL_ATTRIBUTE(attached_ns, "%llu", d->attached_ns);
WPL_COUNTER(reads);
WPL_COUNTER(read_bytes);
WPL_COUNTER(read_errors);
WPL_COUNTER(error_bytes);
WPL_COUNTER(short_reads);
WPL_COUNTER(flushes);
WPL_COUNTER(refused_bytes);
WPL_COUNTER(changes_seen);
WPL_REFUSED(write, WPLOOP_KIND_WRITE);
WPL_REFUSED(write_zeroes, WPLOOP_KIND_WRITE_ZEROES);
WPL_REFUSED(discard, WPLOOP_KIND_DISCARD);
WPL_REFUSED(secure_erase, WPLOOP_KIND_SECURE_ERASE);
WPL_REFUSED(zone, WPLOOP_KIND_ZONE);
WPL_REFUSED(passthrough, WPLOOP_KIND_PASSTHROUGH);
WPL_REFUSED(unknown, WPLOOP_KIND_UNKNOWN);
WPL_REFUSED(open, WPLOOP_KIND_OPEN);
WPL_REFUSED(setrw, WPLOOP_KIND_SETRW);
WPL_REFUSED(ioctl, WPLOOP_KIND_IOCTL);

/* The path of the first file; a device of unreadable extents alone has none. */
static ssize_t backing_file_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct wpl_disk *d = wpl_of(dev);
	char *room, *path;
	ssize_t length = 0;

	if (!d->file_count)
		return 0;
	room = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!room)
		return -ENOMEM;
	path = file_path(d->files[0].file, room, PATH_MAX);
	length = IS_ERR(path) ? PTR_ERR(path) : sysfs_emit(buf, "%s\n", path);
	kfree(room);
	return length;
}
static DEVICE_ATTR_RO(backing_file);

static ssize_t wpl_emit_refusal(struct wpl_disk *d, const struct wploop_event *from, char *buf)
{
	struct wploop_event e;
	unsigned long flags;

	spin_lock_irqsave(&d->refusals, flags);
	e = *from;
	spin_unlock_irqrestore(&d->refusals, flags);
	if (!e.sequence)
		return 0;
	return sysfs_emit(buf,
			  "sequence=%llu time_ns=%llu start=%llu length=%llu kind=%s op=%u "
			  "error=%d minor=%u kernel=%d pid=%u uid=%u comm=%*pE\n",
			  e.sequence, e.time_ns, e.start, e.length, wpl_kind_name(e.kind), e.op,
			  e.error, e.minor, !!(e.flags & WPLOOP_BY_KERNEL), e.pid, e.uid,
			  (int)strlen(e.comm), e.comm);
}

static ssize_t first_refusal_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return wpl_emit_refusal(wpl_of(dev), &wpl_of(dev)->first_refusal, buf);
}
static DEVICE_ATTR_RO(first_refusal);

static ssize_t last_refusal_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return wpl_emit_refusal(wpl_of(dev), &wpl_of(dev)->last_refusal, buf);
}
static DEVICE_ATTR_RO(last_refusal);

static struct attribute *wpl_attributes[] = {
	&dev_attr_backing_file.attr,
	&dev_attr_label.attr,
	&dev_attr_extents.attr,
	&dev_attr_files.attr,
	&dev_attr_direct.attr,
	&dev_attr_partscan.attr,
	&dev_attr_pin.attr,
	&dev_attr_tail.attr,
	&dev_attr_unreadable.attr,
	&dev_attr_attached_ns.attr,
	&dev_attr_reads.attr,
	&dev_attr_read_bytes.attr,
	&dev_attr_read_errors.attr,
	&dev_attr_error_bytes.attr,
	&dev_attr_short_reads.attr,
	&dev_attr_flushes.attr,
	&dev_attr_refused_bytes.attr,
	&dev_attr_changes_seen.attr,
	&dev_attr_refused_write.attr,
	&dev_attr_refused_write_zeroes.attr,
	&dev_attr_refused_discard.attr,
	&dev_attr_refused_secure_erase.attr,
	&dev_attr_refused_zone.attr,
	&dev_attr_refused_passthrough.attr,
	&dev_attr_refused_unknown.attr,
	&dev_attr_refused_open.attr,
	&dev_attr_refused_setrw.attr,
	&dev_attr_refused_ioctl.attr,
	&dev_attr_first_refusal.attr,
	&dev_attr_last_refusal.attr,
	NULL,
};

static const struct attribute_group wpl_group = {
	.name = "wploop",
	.attrs = wpl_attributes,
};

const struct attribute_group *wpl_groups[] = {&wpl_group, NULL};
