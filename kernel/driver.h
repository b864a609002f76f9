/* SPDX-License-Identifier: GPL-2.0-only */
/* The inside of wploop. */
#ifndef WPL_DRIVER_H
#define WPL_DRIVER_H

#include <linux/blk-mq.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/stat.h>
#include <linux/workqueue.h>
#include "logic.h"

/* Powers of two. Read errors have a ring of their own: a medium that fails produces more of them
 * than any ring holds, and refusals must not be lost behind them. */
#define WPL_RING       2048
#define WPL_ERROR_RING 1024
#define WPL_DEPTH      128
#define WPL_SEGMENTS   256
#define WPL_SECTORS    2048

/* A file has at most two inodes here: the one it was opened by, and behind a union file system the
 * one with the data. */
#define WPL_INODES 2

/* What is compared to see whether a file changed. */
struct wpl_state {
	dev_t device;
	u64 inode;
	u64 size;
	struct timespec64 mtime;
	struct timespec64 ctime;
	umode_t mode;
	bool unlinked;
};

/**
 * struct wpl_file - a file that is protected
 * @file: our own open description of it, for reading only
 * @inodes: inodes on which writers are kept out
 * @denied: how many of them
 * @pinned: how many of them cannot be renamed or unlinked
 * @first: as it was when the protection began
 * @last: as it was when it was looked at last
 * @changes: WPLOOP_CHANGED_* seen so far
 * @direct: in which units it can be read past the page cache, a power of two; 0: it cannot
 */
struct wpl_file {
	struct file *file;
	struct inode *inodes[WPL_INODES];
	unsigned int denied;
	unsigned int pinned;
	struct wpl_state first;
	struct wpl_state last;
	u32 changes;
	u32 direct;
};

/**
 * struct wpl_ring - the newest events of some kind, in ascending sequence
 * @events: the one with the index N is at N & @mask
 * @mask: how many there is room for, less one
 * @count: how many there were so far: the index of the next
 */
struct wpl_ring {
	struct wploop_event *events;
	u32 mask;
	u64 count;
};

/**
 * struct wpl_log - the events of a device; outlives it while somebody reads
 * @ref: device and readers
 * @lock: of all that follows
 * @last: sequence of the newest event
 * @ended: there will be no more
 * @wait: readers
 * @errors: read errors
 * @others: all other events
 * @room: of both rings
 */
struct wpl_log {
	struct kref ref;
	spinlock_t lock;
	u64 last;
	bool ended;
	wait_queue_head_t wait;
	struct wpl_ring errors;
	struct wpl_ring others;
	struct wploop_event room[WPL_RING + WPL_ERROR_RING];
};

struct wpl_counters {
	atomic64_t reads;
	atomic64_t read_bytes;
	atomic64_t read_errors;
	atomic64_t error_bytes;
	atomic64_t short_reads;
	atomic64_t flushes;
	atomic64_t refused[WPLOOP_KINDS];
	atomic64_t refused_bytes;
	atomic64_t changes_seen;
};

/**
 * struct wpl_disk - an attachment
 * @ref: whoever found it in the table of devices, and the table
 * @lock: held while it is asked about or taken apart
 * @dying: no more opens; written with the open_mutex of the disk and @lock held
 * @number: N of /dev/wploopN
 * @disk: the disk, until it is taken apart
 * @tags: its requests
 * @work: where they are served
 * @extents: see logic.h; do not change
 * @extent_count: how many
 * @files: the files of the extents
 * @file_count: how many
 * @geometry: size, tail, unreadable
 * @active: WPLOOP_* flags in force
 * @block: logical block size
 * @label: from the caller
 * @attached_ns: since when
 * @attached_pid: by which process
 * @attached_uid: of which user
 * @count: what happened so far
 * @log: events
 * @refusals: lock of @first_refusal and @last_refusal
 * @first_refusal: sequence 0 if none
 * @last_refusal: sequence 0 if none
 * @check_lock: of the changing fields of @files
 * @check: looks at the files from time to time
 * @talk: how often the kernel log may hear of refusals and read errors
 * @audit: how often the audit log may
 */
struct wpl_disk {
	struct kref ref;
	struct mutex lock;
	bool dying;
	unsigned int number;
	struct gendisk *disk;
	struct blk_mq_tag_set tags;
	struct workqueue_struct *work;
	struct wpl_extent *extents;
	u32 extent_count;
	struct wpl_file *files;
	u32 file_count;
	struct wpl_geometry geometry;
	u32 active;
	u32 block;
	char label[WPLOOP_LABEL_SIZE];
	u64 attached_ns;
	u32 attached_pid;
	u32 attached_uid;
	struct wpl_counters count;
	struct wpl_log *log;
	spinlock_t refusals;
	struct wploop_event first_refusal;
	struct wploop_event last_refusal;
	struct mutex check_lock;
	struct delayed_work check;
	struct ratelimit_state talk;
	struct ratelimit_state audit;
};

/**
 * struct wpl_request - what a request carries; nothing is allocated while it is served
 * @work: serves it
 * @pieces: its memory in one row
 */
struct wpl_request {
	struct work_struct work;
	struct bio_vec pieces[WPL_SEGMENTS];
};

/* backing.c: files and the protection of them */
int wpl_file_open(struct wpl_file *f, int fd, u32 flags);
void wpl_file_close(struct wpl_file *f);
void wpl_files_close(struct wpl_file *files, u32 count);
u32 wpl_file_changes(struct wpl_file *f);
u32 wpl_file_check(struct wpl_file *f);
u64 wpl_file_size(const struct wpl_file *f);

/* disk.c: from extents and files to a disk, and back */
int wpl_disk_create(struct wpl_disk *d);
int wpl_disk_close(struct wpl_disk *d);
void wpl_disk_destroy(struct wpl_disk *d);
void wpl_disk_check(struct wpl_disk *d);
int wpl_disk_init(void);
void wpl_disk_exit(void);

/* read.c: the one thing that a request may do */
void wpl_read(struct work_struct *work);

/* refuse.c: all that it may not */
void wpl_refuse_request(struct wpl_disk *d, struct request *rq, enum wploop_kind kind);
void wpl_refuse_call(struct wpl_disk *d, enum wploop_kind kind, u32 op, int error,
		     struct block_device *part);
void wpl_note_read_error(struct wpl_disk *d, u64 start, u64 length, int error, u32 extent);
void wpl_note_change(struct wpl_disk *d, u32 file, u32 changes);
void wpl_note_life(struct wpl_disk *d, enum wploop_event_type type);

/* events.c: the record of them, and those who read it */
struct wpl_log *wpl_log_create(void);
void wpl_log_end(struct wpl_log *log);
void wpl_log_put(struct wpl_log *log);
void wpl_log_add(struct wpl_disk *d, struct wploop_event *e);
int wpl_log_open(struct wpl_log *log, u32 flags);

/* hold.c: protection without a device */
int wpl_hold(void __user *from);

/* control.c: what the other entrances need of the main one */
int wpl_take(void *to, size_t size, const void __user *from, u32 *user_size);
int wpl_give(void __user *to, const void *from, size_t size, u32 user_size);

/* sysfs.c */
extern const struct attribute_group *wpl_groups[];

#endif
