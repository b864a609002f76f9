/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test module does that user space cannot. */
#ifndef WPLOOP_TEST_H
#define WPLOOP_TEST_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define WPLOOP_TEST "/dev/wploop-test"

#define WPLOOP_TEST_FUA	     (1u << 0)
#define WPLOOP_TEST_PREFLUSH (1u << 1)
/* A bio is sent by a worker of the kernel, not by the calling process. */
#define WPLOOP_TEST_WORKER (1u << 2)

/**
 * struct wploop_test - one request
 * @fd: a block device, or for SHRINK a file
 * @op: REQ_OP_*, as this kernel numbers them; for WRONG what to do
 * @flags: WPLOOP_TEST_FUA, _PREFLUSH, _WORKER
 * @result: out: 0 or a negative errno
 * @start: sector on what @fd names; for SHRINK the new size in bytes
 * @length: bytes, at most a page
 */
struct wploop_test {
	__s32 fd;
	__u32 op;
	__u32 flags;
	__s32 result;
	__u64 start;
	__u64 length;
};

/* A bio, as a file system sends it. */
#define WPLOOP_TEST_BIO _IOWR('T', 1, struct wploop_test)
/* A request, handed to the driver itself: what the block layer would stop arrives. */
#define WPLOOP_TEST_REQUEST _IOWR('T', 2, struct wploop_test)
/* Makes a file shorter behind the back of whoever protects it. */
#define WPLOOP_TEST_SHRINK _IOWR('T', 3, struct wploop_test)

/* Does one thing wrong, @op of enum wploop_test_wrong, for the kernel that watches itself to see.
 */
#define WPLOOP_TEST_WRONG _IOWR('T', 4, struct wploop_test)

enum wploop_test_wrong {
	WPLOOP_TEST_LEAK,
	WPLOOP_TEST_SLEEP,
	WPLOOP_TEST_ORDER,
	WPLOOP_TEST_WARN,
	WPLOOP_TEST_AFTER_FREE,
};

#endif
