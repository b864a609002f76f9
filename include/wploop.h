/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * wploop: evidence files as block devices that cannot be written.
 *
 * All requests go to WPLOOP_CONTROL. Each takes one structure that begins with its own size in
 * bytes, so that both sides can grow: a caller with a shorter structure gets defaults, a longer one
 * is taken as long as what this kernel does not know is zero (E2BIG). Unknown flags and non-zero
 * reserved fields are refused with EINVAL. All numbers are in bytes unless a name says otherwise.
 * An attachment has no request that changes it: what ATTACH made stays as it is until DETACH.
 */
#ifndef WPLOOP_H
#define WPLOOP_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define WPLOOP_CONTROL "/dev/wploop-control"
#define WPLOOP_API     1

#define WPLOOP_MIN_BLOCK   512
#define WPLOOP_MAX_BLOCK   4096
#define WPLOOP_MAX_EXTENTS (1u << 20)
#define WPLOOP_MAX_HELD	   (1u << 16)
#define WPLOOP_LABEL_SIZE  64
#define WPLOOP_NAME_SIZE   32
#define WPLOOP_COMM_SIZE   16

/* Nothing in particular: no extent failed, no extent is concerned. */
#define WPLOOP_NO_EXTENT 0xffffffffu

/**
 * enum wploop_kind - what was refused; the index into wploop_info.refused
 * @WPLOOP_KIND_WRITE: a write, with or without FUA or flush
 * @WPLOOP_KIND_WRITE_ZEROES: a write of zeroes that carries no data
 * @WPLOOP_KIND_DISCARD: a discard (TRIM)
 * @WPLOOP_KIND_SECURE_ERASE: a secure erase
 * @WPLOOP_KIND_ZONE: any operation on zones
 * @WPLOOP_KIND_PASSTHROUGH: a command in the driver's own language, in either direction
 * @WPLOOP_KIND_UNKNOWN: an operation this driver has no name for
 * @WPLOOP_KIND_OPEN: the device opened for writing
 * @WPLOOP_KIND_SETRW: BLKROSET asked to take the write protection away
 * @WPLOOP_KIND_IOCTL: an ioctl that this device does not have; questions that programs ask every
 * disk are not counted
 * @WPLOOP_KINDS: how many there are in this version
 * @WPLOOP_KINDS_ROOM: how many counters the interface has room for
 */
enum wploop_kind {
	WPLOOP_KIND_WRITE = 0,
	WPLOOP_KIND_WRITE_ZEROES = 1,
	WPLOOP_KIND_DISCARD = 2,
	WPLOOP_KIND_SECURE_ERASE = 3,
	WPLOOP_KIND_ZONE = 4,
	WPLOOP_KIND_PASSTHROUGH = 5,
	WPLOOP_KIND_UNKNOWN = 6,
	WPLOOP_KIND_OPEN = 7,
	WPLOOP_KIND_SETRW = 8,
	WPLOOP_KIND_IOCTL = 9,
	WPLOOP_KINDS = 10,
	WPLOOP_KINDS_ROOM = 16,
};

/**
 * struct wploop_version - who answers
 * @size: size of this structure
 * @api: out: WPLOOP_API of the module
 * @max_extents: out: most extents of one device
 * @ring: out: how many events other than read errors a device remembers; of those half as many
 * @module: out: version of the module, a string
 * @reserved: zero
 */
struct wploop_version {
	__u32 size;
	__u32 api;
	__u32 max_extents;
	__u32 ring;
	char module[WPLOOP_NAME_SIZE];
	__u64 reserved[4];
};

/* This part of the medium could not be read when it was acquired: reading it is an I/O error. @fd
 * must be -1 and @offset 0. */
#define WPLOOP_EXTENT_UNREADABLE (1u << 0)

/**
 * struct wploop_extent - a piece of the device; the device is its extents one after another
 * @fd: an open regular file, or a block device that is read-only; needs to be open for reading. It
 * may be closed after ATTACH
 * @flags: WPLOOP_EXTENT_*
 * @offset: where in the file the piece begins
 * @length: its length, not 0; the file must have it all
 * @reserved: zero
 *
 * Several extents may name one descriptor.
 */
struct wploop_extent {
	__s32 fd;
	__u32 flags;
	__u64 offset;
	__u64 length;
	__u64 reserved;
};

/* Let the kernel look for partitions, once, when the device appears. */
#define WPLOOP_PARTSCAN (1u << 0)
/* Read past the page cache where the files allow it. */
#define WPLOOP_DIRECT (1u << 1)
/* With WPLOOP_DIRECT: rather fail (EOPNOTSUPP) than read through the page cache. */
#define WPLOOP_DIRECT_ONLY (1u << 2)
/* The files cannot be renamed, replaced or unlinked either. */
#define WPLOOP_PIN (1u << 3)

/**
 * struct wploop_attach - a new device
 * @size: size of this structure
 * @flags: WPLOOP_PARTSCAN, _DIRECT, _DIRECT_ONLY, _PIN
 * @extents: address of @extent_count struct wploop_extent
 * @extent_count: at least 1
 * @block_size: logical block size, a power of two from 512 to 4096; 0 is 512
 * @size_limit: the device ends here; 0 is no limit
 * @label: text for people, ended by a zero byte; "" is none
 * @number: out: N of /dev/wploopN
 * @active: out: the flags in force; without WPLOOP_DIRECT reads go through the page cache
 * @device_size: out: what the device has, a multiple of the block size
 * @tail: out: bytes of the last, incomplete block, which the device does not have
 * @diskseq: out: number of this attachment, never used again while the machine runs
 * @failed_extent: out, also on failure: the extent whose file made ATTACH fail, or WPLOOP_NO_EXTENT
 * @major: out: device number, major
 * @minor: out: device number, minor
 * @reserved0: zero
 * @reserved: zero
 *
 * Fails with EPERM (needs CAP_SYS_ADMIN), EBADF (not open for reading), EINVAL (not a file or block
 * device, bad field), ETXTBSY (somebody has the file open for writing, or it is in use for
 * swapping), EACCES (a block device that is not read-only), ERANGE (the extent ends after the
 * file), EOPNOTSUPP (WPLOOP_DIRECT_ONLY cannot be had, or WPLOOP_PIN in a kernel without swapping).
 */
struct wploop_attach {
	__u32 size;
	__u32 flags;
	__u64 extents;
	__u32 extent_count;
	__u32 block_size;
	__u64 size_limit;
	char label[WPLOOP_LABEL_SIZE];
	__u32 number;
	__u32 active;
	__u64 device_size;
	__u64 tail;
	__u64 diskseq;
	__u32 failed_extent;
	__u32 major;
	__u32 minor;
	__u32 reserved0;
	__u64 reserved[4];
};

/**
 * struct wploop_detach - end of a device
 * @size: size of this structure
 * @number: N of /dev/wploopN
 * @diskseq: if not 0, the device must be this attachment (ESTALE)
 * @reserved: zero
 *
 * Fails with EBUSY while anybody has the device or a partition of it open, ENODEV if there is none.
 */
struct wploop_detach {
	__u32 size;
	__u32 number;
	__u64 diskseq;
	__u64 reserved[2];
};

/**
 * struct wploop_list - which devices there are
 * @size: size of this structure
 * @room: how many numbers fit at @numbers
 * @numbers: address of @room __u32
 * @count: out: how many devices there are; the first @room of them are written, in ascending order
 * @reserved0: zero
 * @reserved: zero
 */
struct wploop_list {
	__u32 size;
	__u32 room;
	__u64 numbers;
	__u32 count;
	__u32 reserved0;
	__u64 reserved[2];
};

/* Events: one record for each thing that happened, never more than one thing in a record. */
enum wploop_event_type {
	WPLOOP_EVENT_ATTACHED = 1,
	WPLOOP_EVENT_DETACHED = 2,
	WPLOOP_EVENT_REFUSED = 3,	  /* see kind */
	WPLOOP_EVENT_READ_ERROR = 4,	  /* see error: bytes that could not be read */
	WPLOOP_EVENT_BACKING_CHANGED = 5, /* see changes and extent */
};

/* Who did it is a thread of the kernel: the process that is behind it is not known. */
#define WPLOOP_BY_KERNEL (1u << 0)

/* What about a backing file is no longer as it was at ATTACH or HOLD. */
#define WPLOOP_CHANGED_SIZE	 (1u << 0)
#define WPLOOP_CHANGED_MTIME	 (1u << 1)
#define WPLOOP_CHANGED_CTIME	 (1u << 2)
#define WPLOOP_CHANGED_INODE	 (1u << 3) /* device, inode number, mode or link count 0 */
#define WPLOOP_CHANGED_WRITABLE	 (1u << 4) /* a block device lost its read-only flag */
#define WPLOOP_CHANGED_UNREACHED (1u << 5) /* its state can no longer be asked for */

/**
 * struct wploop_event - one event, 128 bytes
 * @sequence: 1, 2, 3... for each device
 * @lost: how many events this reader lost just before this one
 * @time_ns: when, in nanoseconds since 1970 (UTC)
 * @start: first byte on the device
 * @length: how many bytes
 * @type: enum wploop_event_type
 * @kind: enum wploop_kind, of refusals
 * @op: number of the block operation or ioctl as this kernel has it, of refusals; the flags of an
 * open
 * @error: errno, positive, of read errors and of what a refusal answered
 * @flags: WPLOOP_BY_*
 * @pid: process (thread group) that did it
 * @uid: its real user, as the first user namespace numbers them
 * @changes: WPLOOP_CHANGED_*
 * @extent: first extent concerned, or WPLOOP_NO_EXTENT
 * @minor: minor number of the partition or disk that was addressed
 * @comm: its name, ended by a zero byte
 * @reserved: zero
 */
struct wploop_event {
	__u64 sequence;
	__u64 lost;
	__u64 time_ns;
	__u64 start;
	__u64 length;
	__u32 type;
	__u32 kind;
	__u32 op;
	__s32 error;
	__u32 flags;
	__u32 pid;
	__u32 uid;
	__u32 changes;
	__u32 extent;
	__u32 minor;
	char comm[WPLOOP_COMM_SIZE];
	__u64 reserved[4];
};

/**
 * struct wploop_events - WPLOOP_EVENTS: a descriptor to read the events of a device from
 * @size: size of this structure
 * @number: N of /dev/wploopN
 * @flags: 0, or O_NONBLOCK; the descriptor is close-on-exec
 * @reserved0: zero
 * @diskseq: if not 0, the device must be this attachment (ESTALE)
 * @reserved: zero
 *
 * The ioctl returns the descriptor. It begins with the oldest event that is still remembered; each
 * descriptor has its own place. read() gives whole struct wploop_event, as many as fit (EINVAL if
 * not one does); it waits, or with O_NONBLOCK fails with EAGAIN, and returns 0 after the last event
 * of a device that was detached. poll() reports POLLIN, and POLLHUP after detach. It does not keep
 * the device from being detached.
 */
struct wploop_events {
	__u32 size;
	__u32 number;
	__u32 flags;
	__u32 reserved0;
	__u64 diskseq;
	__u64 reserved[2];
};

/**
 * struct wploop_extent_info - an extent as it is in force
 * @flags: WPLOOP_EXTENT_*
 * @changes: WPLOOP_CHANGED_* seen so far
 * @offset: see struct wploop_extent
 * @length: see struct wploop_extent
 * @inode: inode number of the file
 * @file_size: size of the file at ATTACH
 * @major: device number of the file system (of the device itself, for a block device), major
 * @minor: the same, minor
 * @reserved: zero
 */
struct wploop_extent_info {
	__u32 flags;
	__u32 changes;
	__u64 offset;
	__u64 length;
	__u64 inode;
	__u64 file_size;
	__u32 major;
	__u32 minor;
	__u64 reserved[2];
};

/**
 * struct wploop_info - everything about a device
 * @size: size of this structure
 * @number: N of /dev/wploopN
 * @extents: address of @extent_room struct wploop_extent_info, or 0
 * @extent_room: how many of them are wanted
 * @extent_count: out: how many there are; the first @extent_room of them are written
 * @file_count: out: how many different descriptors they came from
 * @active: out: WPLOOP_PARTSCAN, _DIRECT, _PIN as in force
 * @block_size: out: logical block size
 * @openers: out: how many times the device and its partitions are open
 * @device_size: out: size of the device
 * @tail: out: bytes of the last, incomplete block, which the device does not have
 * @unreadable: out: sum of the unreadable extents
 * @diskseq: out: number of this attachment
 * @attached_ns: out: since when, in nanoseconds since 1970 (UTC)
 * @attached_uid: out: user who attached it
 * @attached_pid: out: process that attached it
 * @major: out: device number, major
 * @minor: out: device number, minor
 * @label: out: see struct wploop_attach
 * @name: out: "wploopN"
 * @reads: out: read requests served, with or without error
 * @read_bytes: out: bytes delivered
 * @read_errors: out: ranges that could not be read
 * @error_bytes: out: bytes that could not be read
 * @short_reads: out: of these ranges, how many because a file ended too early
 * @flushes: out: flush requests, which have nothing to do
 * @refused: out: refusals of each enum wploop_kind
 * @refused_bytes: out: bytes that refused requests wanted to change
 * @changes_seen: out: how many WPLOOP_EVENT_BACKING_CHANGED there were
 * @events: out: sequence of the last event
 * @first_refusal: out: the first refusal; its sequence is 0 if there was none
 * @last_refusal: out: the last refusal
 * @reserved: zero
 *
 * The backing files are looked at before the answer is given.
 */
struct wploop_info {
	__u32 size;
	__u32 number;
	__u64 extents;
	__u32 extent_room;
	__u32 extent_count;
	__u32 file_count;
	__u32 active;
	__u32 block_size;
	__u32 openers;
	__u64 device_size;
	__u64 tail;
	__u64 unreadable;
	__u64 diskseq;
	__u64 attached_ns;
	__u32 attached_uid;
	__u32 attached_pid;
	__u32 major;
	__u32 minor;
	char label[WPLOOP_LABEL_SIZE];
	char name[WPLOOP_NAME_SIZE];
	__u64 reads;
	__u64 read_bytes;
	__u64 read_errors;
	__u64 error_bytes;
	__u64 short_reads;
	__u64 flushes;
	__u64 refused[WPLOOP_KINDS_ROOM];
	__u64 refused_bytes;
	__u64 changes_seen;
	__u64 events;
	struct wploop_event first_refusal;
	struct wploop_event last_refusal;
	__u64 reserved[8];
};

/**
 * struct wploop_hold - WPLOOP_HOLD: protect files that are read by other means
 * @size: size of this structure
 * @flags: 0 or WPLOOP_PIN
 * @fds: address of @count __s32, descriptors open for reading; they may be closed afterwards
 * @count: 1 to WPLOOP_MAX_HELD
 * @failed: out, also on failure: which of them made HOLD fail, or WPLOOP_NO_EXTENT
 * @reserved: zero
 *
 * The ioctl returns a descriptor (close-on-exec); the protection ends when its last copy is closed.
 * Fails as ATTACH does.
 */
struct wploop_hold {
	__u32 size;
	__u32 flags;
	__u64 fds;
	__u32 count;
	__u32 failed;
	__u64 reserved[2];
};

/**
 * struct wploop_hold_check - WPLOOP_HOLD_CHECK, on the descriptor that HOLD returned
 * @size: size of this structure
 * @count: out: how many files are held
 * @changed: out: how many of them are no longer as they were
 * @first_changed: out: index of the first of these, or WPLOOP_NO_EXTENT
 * @changes: out: WPLOOP_CHANGED_* of all of them together
 * @reserved0: zero
 * @reserved: zero
 */
struct wploop_hold_check {
	__u32 size;
	__u32 count;
	__u32 changed;
	__u32 first_changed;
	__u32 changes;
	__u32 reserved0;
	__u64 reserved[2];
};

/* No size stands in the numbers: it stands in the structures. */
#define WPLOOP_IOC	  0xe7
#define WPLOOP_VERSION	  _IO(WPLOOP_IOC, 0) /* struct wploop_version */
#define WPLOOP_ATTACH	  _IO(WPLOOP_IOC, 1) /* struct wploop_attach */
#define WPLOOP_DETACH	  _IO(WPLOOP_IOC, 2) /* struct wploop_detach */
#define WPLOOP_LIST	  _IO(WPLOOP_IOC, 3) /* struct wploop_list */
#define WPLOOP_INFO	  _IO(WPLOOP_IOC, 4) /* struct wploop_info */
#define WPLOOP_EVENTS	  _IO(WPLOOP_IOC, 5) /* struct wploop_events; returns a descriptor */
#define WPLOOP_HOLD	  _IO(WPLOOP_IOC, 6) /* struct wploop_hold; returns a descriptor */
#define WPLOOP_HOLD_CHECK _IO(WPLOOP_IOC, 7) /* struct wploop_hold_check */

#endif
