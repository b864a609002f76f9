// SPDX-License-Identifier: Apache-2.0
/*
 * NTFS as ntfs3 and libfsntfs document it: the dirty bit is in $Volume (record 3), and $LogFile
 * (record 2) begins with two restart pages, of which the newer one says whether the log was closed.
 */
#include "ntfs_state.h"

#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"

#define LARGEST_RECORD 4096
#define LOG_FILE       2
#define VOLUME	       3
#define DATA	       0x80
#define VOLUME_INFO    0x70
#define NO_CLIENT      0xffff
#define CLOSED	       2 /* RESTART_VOLUME_IS_CLEAN */
#define RESTART_PAGE   4096

struct volume {
	const struct exh_reader *r;
	uint64_t start, length, cluster, mft;
	size_t record_size;
};

static bool get(const struct volume *v, void *buf, size_t n, uint64_t at)
{
	return exh_range_inside(at, n, v->length) && !exh_reader_read(v->r, buf, n, v->start + at);
}

uint64_t exh_ntfs_records(const uint8_t boot[512], size_t *record_size, uint64_t *cluster)
{
	unsigned sector = exh_le16(boot + 11), per_cluster = boot[13];
	int8_t clusters = (int8_t)boot[64];
	uint64_t mft;

	*cluster = (uint64_t)sector *
		   (per_cluster > 128 ? 1U << (256 - per_cluster) % 32 : per_cluster);
	*record_size =
		clusters < 0 ? (clusters > -16 ? 1U << -clusters : 0) : (size_t)clusters * *cluster;
	if (!*cluster || *record_size < 512 || *record_size > LARGEST_RECORD ||
	    exh_mul_overflows(exh_le64(boot + 48), *cluster, &mft))
		return 0;
	return mft;
}

/* The attribute of a type in a record, and the bytes that it has; NULL where there is none. */
static const uint8_t *attribute(const uint8_t *record, size_t size, uint32_t wanted, size_t *n)
{
	size_t at = exh_le16(record + 20);

	while (at + 24 <= size) {
		uint32_t type = exh_le32(record + at), length = exh_le32(record + at + 4);

		if (type == 0xffffffff || length < 24 || length > size - at)
			return NULL;
		*n = length;
		if (type == wanted)
			return record + at;
		at += length;
	}
	return NULL;
}

static bool get_record(const struct volume *v, unsigned number, uint8_t *record)
{
	return get(v, record, v->record_size, v->mft + number * v->record_size) &&
	       !memcmp(record, "FILE", 4);
}

static enum exh_fs_state volume_flags(const struct volume *v)
{
	uint8_t record[LARGEST_RECORD];
	const uint8_t *a;
	size_t n, content;

	if (!get_record(v, VOLUME, record))
		return EXH_FS_UNKNOWN;
	a = attribute(record, v->record_size, VOLUME_INFO, &n);
	content = a && !a[8] ? exh_le16(a + 20) : 0;
	if (!content || content + 12 > n)
		return EXH_FS_UNKNOWN;
	return exh_le16(a + content + 10) & 1 ? EXH_FS_DIRTY : EXH_FS_CLEAN;
}

/* Where the first run of $LogFile begins; 0 where that cannot be told. A run is a byte with the
 * sizes of two numbers, and these numbers: its length and its first cluster. */
static uint64_t log_start(const struct volume *v)
{
	uint8_t record[LARGEST_RECORD];
	uint64_t cluster = 0, at;
	const uint8_t *a, *run;
	size_t n, runs;

	if (!get_record(v, LOG_FILE, record))
		return 0;
	a = attribute(record, v->record_size, DATA, &n);
	runs = a && a[8] && n >= 64 ? exh_le16(a + 32) : 0;
	if (runs < 64 || runs >= n)
		return 0;
	run = a + runs;
	if (!(run[0] & 0xf) || run[0] >> 4 > 8 || runs + 1 + (run[0] & 0xf) + (run[0] >> 4) > n)
		return 0;
	for (unsigned i = run[0] >> 4; i; i--)
		cluster = cluster << 8 | run[(run[0] & 0xf) + i];
	return exh_mul_overflows(cluster, v->cluster, &at) ? 0 : at;
}

/* A log of only FF was never used since it was emptied. */
static enum exh_fs_state log_state(const struct volume *v)
{
	uint64_t at = log_start(v), newest = 0;
	enum exh_fs_state state = EXH_FS_UNKNOWN;

	for (int i = 0; at && i < 2; i++) {
		uint8_t page[RESTART_PAGE];
		size_t area;
		bool open;

		if (!get(v, page, sizeof(page), at + (uint64_t)i * RESTART_PAGE))
			break;
		if (exh_le32(page) == 0xffffffff && state == EXH_FS_UNKNOWN)
			state = EXH_FS_CLEAN;
		area = exh_le16(page + 24);
		if (memcmp(page, "RSTR", 4) || area < 30 || area + 16 > 510)
			continue;
		open = exh_le16(page + area + 12) != NO_CLIENT &&
		       !(exh_le16(page + area + 14) & CLOSED);
		if (newest && exh_le64(page + area) <= newest)
			continue;
		newest = exh_le64(page + area);
		state = open ? EXH_FS_DIRTY : EXH_FS_CLEAN;
	}
	return state;
}

enum exh_fs_state exh_ntfs_state(const struct exh_reader *r, uint64_t start, uint64_t length)
{
	struct volume v = {.r = r, .start = start, .length = length};
	uint8_t boot[512];
	enum exh_fs_state flags;

	if (!get(&v, boot, sizeof(boot), 0))
		return EXH_FS_UNKNOWN;
	v.mft = exh_ntfs_records(boot, &v.record_size, &v.cluster);
	flags = v.mft ? volume_flags(&v) : EXH_FS_UNKNOWN;
	if (flags == EXH_FS_CLEAN && log_state(&v) == EXH_FS_DIRTY)
		return EXH_FS_DIRTY;
	return flags;
}
