// SPDX-License-Identifier: Apache-2.0
/*
 * The log is a ring of blocks of 512 bytes. The first word of each is the number of the lap that
 * wrote it, or behind the magic of a record's header: so the head is where that number changes, and
 * the last record stands right before it. xfs_log_format.h and xfs_log_recover.c of Linux.
 */
#include "xfs_log.h"

#include "base/bytes.h"
#include "base/checked.h"

#define BLOCK	     512ULL
#define RECORD_MAGIC 0xfeedbabeU
#define MAX_RECORD   1024 /* blocks of the largest record, with its headers */
#define UNMOUNT	     0x20 /* XLOG_UNMOUNT_TRANS */
#define HEADER_BYTES 32768

struct log {
	const struct exh_reader *r;
	uint64_t start, blocks;
};

static bool get_block(const struct log *l, uint64_t i, uint8_t block[BLOCK])
{
	return i < l->blocks && !exh_reader_read(l->r, block, BLOCK, l->start + i * BLOCK);
}

static bool get_lap(const struct log *l, uint64_t i, uint32_t *lap)
{
	uint8_t block[BLOCK];

	if (!get_block(l, i, block))
		return false;
	*lap = exh_be32(block) == RECORD_MAGIC ? exh_be32(block + 4) : exh_be32(block);
	return true;
}

/* The first block that another lap wrote than the first one; the count of blocks where there is
 * none. */
static bool find_head(const struct log *l, uint64_t *head)
{
	uint64_t low = 0, high = l->blocks;
	uint32_t first, lap;

	if (!get_lap(l, 0, &first))
		return false;
	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;

		if (!get_lap(l, middle, &lap))
			return false;
		if (lap == first)
			low = middle;
		else
			high = middle;
	}
	*head = high;
	return true;
}

/* An unmount record has one operation, and ends where the head is. */
static enum exh_fs_state judge(const struct log *l, uint64_t at, const uint8_t *header,
			       uint64_t head)
{
	uint32_t size = exh_be32(header + 320);
	bool large = (exh_be32(header + 8) & 2) && size > HEADER_BYTES;
	uint64_t headers = large ? (size + HEADER_BYTES - 1) / HEADER_BYTES : 1;
	uint64_t end = at + headers + (exh_be32(header + 12) + BLOCK - 1) / BLOCK;
	uint8_t block[BLOCK];

	if (exh_be32(header + 40) != 1 || end != head)
		return EXH_FS_DIRTY;
	if (!get_block(l, at + headers, block))
		return EXH_FS_UNKNOWN;
	return block[9] & UNMOUNT ? EXH_FS_CLEAN : EXH_FS_DIRTY;
}

static enum exh_fs_state last_record(const struct log *l)
{
	uint8_t block[BLOCK];
	uint64_t head;

	if (!find_head(l, &head))
		return EXH_FS_UNKNOWN;
	for (uint64_t back = 1; back <= MAX_RECORD && back <= head; back++) {
		if (!get_block(l, head - back, block))
			return EXH_FS_UNKNOWN;
		if (exh_be32(block) == RECORD_MAGIC)
			return judge(l, head - back, block, head);
	}
	return EXH_FS_UNKNOWN;
}

enum exh_fs_state exh_xfs_log_state(const struct exh_reader *r, uint64_t start, uint64_t length)
{
	uint64_t block_size, log_block, group, offset, bytes;
	struct log l = {.r = r};
	uint8_t sb[BLOCK];

	if (length < BLOCK || exh_reader_read(r, sb, BLOCK, start) < 0)
		return EXH_FS_UNKNOWN;
	block_size = exh_be32(sb + 4);
	log_block = exh_be64(sb + 48);
	/* a block number has the allocation group above sb_agblklog bits */
	if (!log_block || sb[124] > 31)
		return EXH_FS_UNKNOWN;
	group = log_block >> sb[124];
	if (exh_mul_overflows(group, exh_be32(sb + 84), &offset) ||
	    exh_add_overflows(offset, log_block & ((1ULL << sb[124]) - 1), &offset) ||
	    exh_mul_overflows(offset, block_size, &offset) ||
	    exh_mul_overflows(exh_be32(sb + 96), block_size, &bytes) ||
	    !exh_range_inside(offset, bytes, length))
		return EXH_FS_UNKNOWN;
	l.start = start + offset;
	l.blocks = bytes / BLOCK;
	return l.blocks ? last_record(&l) : EXH_FS_UNKNOWN;
}
