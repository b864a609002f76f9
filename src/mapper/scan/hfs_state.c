// SPDX-License-Identifier: Apache-2.0
/* HFS (Inside Macintosh: Files, master directory block) and HFS+ (Apple TN1150: volume header,
 * journal), one of which may stand inside the other. */
#include "hfs_state.h"

#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"

#define HEADER	     1024
#define UNMOUNTED    0x0100
#define INCONSISTENT 0x0800
#define JOURNALED    0x2000
#define IN_VOLUME    1 /* where the journal is */

static bool get(const struct exh_reader *r, uint64_t start, uint64_t length, void *buf, size_t n,
		uint64_t at)
{
	return exh_range_inside(at, n, length) && !exh_reader_read(r, buf, n, start + at);
}

/* The journal's header has the byte order of the machine that wrote it. Where its two ends meet,
 * there is nothing to replay. */
static bool has_journal_to_replay(const struct exh_reader *r, uint64_t start, uint64_t length,
				  const uint8_t *header)
{
	uint8_t info[52], journal[24];
	uint64_t at;

	if (!(exh_be32(header + 4) & JOURNALED) ||
	    exh_mul_overflows(exh_be32(header + 12), exh_be32(header + 40), &at) || !at ||
	    !get(r, start, length, info, sizeof(info), at) || !(exh_be32(info) & IN_VOLUME) ||
	    !get(r, start, length, journal, sizeof(journal), exh_be64(info + 36)))
		return false;
	return (!memcmp(journal, "JNLx", 4) || !memcmp(journal, "xLNJ", 4)) &&
	       memcmp(journal + 8, journal + 16, 8) != 0;
}

enum exh_fs_state exh_hfsplus_state(const struct exh_reader *r, uint64_t start, uint64_t length)
{
	uint8_t header[512];
	uint32_t attributes;

	if (!get(r, start, length, header, sizeof(header), HEADER) ||
	    (memcmp(header, "H+", 2) && memcmp(header, "HX", 2)))
		return EXH_FS_UNKNOWN;
	attributes = exh_be32(header + 4);
	return !(attributes & UNMOUNTED) || (attributes & INCONSISTENT) ||
			       has_journal_to_replay(r, start, length, header)
		       ? EXH_FS_DIRTY
		       : EXH_FS_CLEAN;
}

enum exh_fs_state exh_hfs_state(const struct exh_reader *r, uint64_t start, uint64_t length)
{
	uint8_t header[64];

	if (!get(r, start, length, header, sizeof(header), HEADER) || memcmp(header, "BD", 2))
		return EXH_FS_UNKNOWN;
	return exh_be16(header + 10) & UNMOUNTED ? EXH_FS_CLEAN : EXH_FS_DIRTY;
}
