// SPDX-License-Identifier: GPL-2.0-only
#ifdef __KERNEL__
#include <linux/blk_types.h>
#include <linux/blkzoned.h>
#include <linux/cdrom.h>
#include <linux/hdreg.h>
#include <linux/kernel.h>
#include <linux/loop.h>
#else
#include <linux/cdrom.h>
#include <linux/hdreg.h>
#include <linux/loop.h>
#include <string.h>
#include "req_op.h"
#define SECTOR_SIZE 512
#define __force
#endif
#include "logic.h"

#define WPL_ATTACH_FLAGS (WPLOOP_PARTSCAN | WPLOOP_DIRECT | WPLOOP_DIRECT_ONLY | WPLOOP_PIN)

static enum wploop_kind wpl_kind_of(__u32 op)
{
	static const struct {
		__u32 op;
		enum wploop_kind kind;
	} named[] = {
		{(__force __u32)REQ_OP_WRITE, WPLOOP_KIND_WRITE},
		{(__force __u32)REQ_OP_WRITE_ZEROES, WPLOOP_KIND_WRITE_ZEROES},
		{(__force __u32)REQ_OP_DISCARD, WPLOOP_KIND_DISCARD},
		{(__force __u32)REQ_OP_SECURE_ERASE, WPLOOP_KIND_SECURE_ERASE},
		{(__force __u32)REQ_OP_ZONE_APPEND, WPLOOP_KIND_ZONE},
		{(__force __u32)REQ_OP_ZONE_OPEN, WPLOOP_KIND_ZONE},
		{(__force __u32)REQ_OP_ZONE_CLOSE, WPLOOP_KIND_ZONE},
		{(__force __u32)REQ_OP_ZONE_FINISH, WPLOOP_KIND_ZONE},
		{(__force __u32)REQ_OP_ZONE_RESET, WPLOOP_KIND_ZONE},
		{(__force __u32)REQ_OP_ZONE_RESET_ALL, WPLOOP_KIND_ZONE},
		{(__force __u32)REQ_OP_DRV_IN, WPLOOP_KIND_PASSTHROUGH},
		{(__force __u32)REQ_OP_DRV_OUT, WPLOOP_KIND_PASSTHROUGH},
	};
	__u32 i;

	for (i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (named[i].op == op)
			return named[i].kind;
	return WPLOOP_KIND_UNKNOWN;
}

/**
 * wpl_classify - the whole write protection in one decision: what is not named here is refused
 * @op: REQ_OP_* of a request
 * @kind: set where the answer is WPL_REFUSED
 */
enum wpl_fate wpl_classify(__u32 op, enum wploop_kind *kind)
{
	if (op == (__force __u32)REQ_OP_READ)
		return WPL_READ;
	if (op == (__force __u32)REQ_OP_FLUSH)
		return WPL_FLUSH;
	*kind = wpl_kind_of(op);
	return WPL_REFUSED;
}

/**
 * wpl_is_question - ioctls with which programs ask any disk what it is
 * @cmd: number of the ioctl
 *
 * They are answered with ENOTTY like all others, but to ask is no attempt to change anything.
 */
bool wpl_is_question(unsigned int cmd)
{
	switch (cmd) {
	case CDROM_GET_CAPABILITY:
	case CDROM_DRIVE_STATUS:
	case CDROM_DISC_STATUS:
	case CDROM_MEDIA_CHANGED:
	case CDROM_LAST_WRITTEN:
	case CDROMMULTISESSION:
	case CDROMREADTOCHDR:
	case CDROMREADTOCENTRY:
	case HDIO_GETGEO:
	case HDIO_GET_IDENTITY:
	case LOOP_GET_STATUS:
	case LOOP_GET_STATUS64:
		return true;
	default:
		return false;
	}
}

const char *wpl_kind_name(__u32 kind)
{
	static const char *const names[WPLOOP_KINDS] = {
		[WPLOOP_KIND_WRITE] = "write",	   [WPLOOP_KIND_WRITE_ZEROES] = "write_zeroes",
		[WPLOOP_KIND_DISCARD] = "discard", [WPLOOP_KIND_SECURE_ERASE] = "secure_erase",
		[WPLOOP_KIND_ZONE] = "zone",	   [WPLOOP_KIND_PASSTHROUGH] = "passthrough",
		[WPLOOP_KIND_UNKNOWN] = "unknown", [WPLOOP_KIND_OPEN] = "open",
		[WPLOOP_KIND_SETRW] = "setrw",	   [WPLOOP_KIND_IOCTL] = "ioctl",
	};

	return kind < WPLOOP_KINDS ? names[kind] : "?";
}

bool wpl_all_zero(const __u64 *words, unsigned int count)
{
	while (count--)
		if (words[count])
			return false;
	return true;
}

static bool wpl_good_block(__u32 block)
{
	return block >= WPLOOP_MIN_BLOCK && block <= WPLOOP_MAX_BLOCK && !(block & (block - 1));
}

/**
 * wpl_check_attach - is this request one that ATTACH knows? Puts defaults where they are left out
 * @a: the request; its addresses and descriptors are not looked at
 *
 * Return: 0, or -EINVAL.
 */
int wpl_check_attach(struct wploop_attach *a)
{
	if (a->flags & ~WPL_ATTACH_FLAGS || a->reserved0 ||
	    !wpl_all_zero(a->reserved, sizeof(a->reserved) / sizeof(a->reserved[0])))
		return -EINVAL;
	if (a->flags & WPLOOP_DIRECT_ONLY && !(a->flags & WPLOOP_DIRECT))
		return -EINVAL;
	if (!a->extent_count || a->extent_count > WPLOOP_MAX_EXTENTS)
		return -EINVAL;
	if (!memchr(a->label, 0, sizeof(a->label)))
		return -EINVAL;
	if (!a->block_size)
		a->block_size = WPLOOP_MIN_BLOCK;
	return wpl_good_block(a->block_size) ? 0 : -EINVAL;
}

/**
 * wpl_check_extent - is this an extent at all? Its file is not looked at
 * @e: as the caller gave it
 *
 * Return: 0, or -EINVAL.
 */
int wpl_check_extent(const struct wploop_extent *e)
{
	if (e->flags & ~WPLOOP_EXTENT_UNREADABLE || e->reserved || !e->length)
		return -EINVAL;
	if (e->flags & WPLOOP_EXTENT_UNREADABLE)
		return e->fd == -1 && !e->offset ? 0 : -EINVAL;
	if (e->fd < 0 || e->offset > WPL_MOST || e->length > WPL_MOST - e->offset)
		return -EINVAL;
	return 0;
}

/**
 * wpl_lay_out - puts the extents one after another and finds out how large the device is
 * @extents: @length and @file are given, @start is set
 * @count: how many, at least 1
 * @limit: the device ends here; 0 is no limit
 * @block: block size
 * @geometry: the result
 *
 * Return: 0; -EINVAL if there is not one whole block, or more than a device can have.
 */
int wpl_lay_out(struct wpl_extent *extents, __u32 count, __u64 limit, __u32 block,
		struct wpl_geometry *geometry)
{
	__u64 total = 0, end, unreadable = 0;
	__u32 i;

	for (i = 0; i < count; i++) {
		extents[i].start = total;
		if (extents[i].length > WPL_MOST - total)
			return -EINVAL;
		total += extents[i].length;
	}
	if (limit && limit < total)
		total = limit;
	end = total & ~(__u64)(block - 1);
	if (!end)
		return -EINVAL;
	for (i = 0; i < count && extents[i].start < end; i++)
		if (extents[i].file == WPL_NO_FILE)
			unreadable += extents[i].start + extents[i].length > end
					      ? end - extents[i].start
					      : extents[i].length;
	*geometry =
		(struct wpl_geometry){.size = end, .tail = total - end, .unreadable = unreadable};
	return 0;
}

/**
 * wpl_find - the extent that holds a byte
 * @extents: laid out
 * @count: how many, at least 1
 * @position: byte on the device, before the end of the last extent
 */
__u32 wpl_find(const struct wpl_extent *extents, __u32 count, __u64 position)
{
	__u32 low = 0, high = count - 1, middle;

	while (low < high) {
		middle = low + (high - low + 1) / 2;
		if (extents[middle].start <= position)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/**
 * wpl_aligned - can every block of the device be read from its file in units of @alignment?
 * @extents: laid out
 * @count: how many
 * @size: of the device
 * @alignment: a power of two
 */
bool wpl_aligned(const struct wpl_extent *extents, __u32 count, __u64 size, __u32 alignment)
{
	__u32 i;

	for (i = 0; i < count && extents[i].start < size; i++) {
		if (extents[i].start & (alignment - 1))
			return false;
		if (extents[i].file != WPL_NO_FILE && extents[i].offset & (alignment - 1))
			return false;
	}
	return true;
}
