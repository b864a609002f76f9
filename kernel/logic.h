/* SPDX-License-Identifier: GPL-2.0-only */
/* What needs no kernel: also compiled into tests/unit/test_wploop_logic.c. */
#ifndef WPL_LOGIC_H
#define WPL_LOGIC_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/errno.h>
#else
#include <errno.h>
#include <stdbool.h>
#endif
#include "wploop.h"

#define WPL_NO_FILE 0xffffffffu
/* A file offset is a positive loff_t. */
#define WPL_MOST ((__u64)0x7fffffffffffffff)

/**
 * struct wpl_extent - a piece of a device
 * @start: its first byte on the device
 * @length: its length in bytes, never 0
 * @offset: its first byte in the file
 * @file: index of the file, or WPL_NO_FILE where the medium could not be read
 */
struct wpl_extent {
	__u64 start;
	__u64 length;
	__u64 offset;
	__u32 file;
};

/**
 * struct wpl_geometry - what the extents amount to
 * @size: size of the device, a multiple of the block size
 * @tail: bytes behind it that do not fill a block
 * @unreadable: bytes of the device that are in no file
 */
struct wpl_geometry {
	__u64 size;
	__u64 tail;
	__u64 unreadable;
};

/* What happens to a block operation; a refused one has a kind as well. */
enum wpl_fate { WPL_READ, WPL_FLUSH, WPL_REFUSED };

enum wpl_fate wpl_classify(__u32 op, enum wploop_kind *kind);
bool wpl_is_question(unsigned int cmd);
const char *wpl_kind_name(__u32 kind);

int wpl_check_attach(struct wploop_attach *a);
int wpl_check_extent(const struct wploop_extent *e);
int wpl_lay_out(struct wpl_extent *extents, __u32 count, __u64 limit, __u32 block,
		struct wpl_geometry *geometry);
__u32 wpl_find(const struct wpl_extent *extents, __u32 count, __u64 position);
bool wpl_aligned(const struct wpl_extent *extents, __u32 count, __u64 size, __u32 alignment);
bool wpl_all_zero(const __u64 *words, unsigned int count);

#endif
