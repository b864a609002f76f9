// SPDX-License-Identifier: Apache-2.0
#include <bzlib.h>
#include <string.h>

#include "ewf2.h"

/* What a stream has before its first block, and EnCase leaves out: EWF2 7.1. */
static const char bare_block_head[] = {'B', 'Z', 'h', '9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59};

static bool is_stream(const uint8_t *stored, size_t n)
{
	return n > 4 && !memcmp(stored, bare_block_head, 3) && stored[3] >= '1' && stored[3] <= '9';
}

/* libbz2 checks the CRC of a block when it is asked for more than the block has: MORE is room for
 * that byte. */
static bool is_whole(bz_stream *z, int result, bool bare, char *more)
{
	if (result == BZ_OK && !z->avail_out) {
		z->next_out = more;
		z->avail_out = 1;
		result = BZ2_bzDecompress(z);
		if (!z->avail_out)
			return false;
		z->avail_out = 0;
	}
	return result == BZ_STREAM_END || (bare && result == BZ_OK && !z->avail_in);
}

int exh_ewf2_unbzip2(const uint8_t *stored, size_t n, uint8_t *out, size_t room, size_t *length)
{
	bool bare = !is_stream(stored, n);
	bz_stream z = {.next_out = (char *)out, .avail_out = (unsigned)room};
	int result = BZ_OK;
	bool whole;
	char more;

	if (n > UINT32_MAX || room > UINT32_MAX || BZ2_bzDecompressInit(&z, 0, 0) != BZ_OK)
		return -1;
	if (bare) {
		z.next_in = (char *)bare_block_head;
		z.avail_in = sizeof(bare_block_head);
		result = BZ2_bzDecompress(&z);
	}
	z.next_in = (char *)stored;
	z.avail_in = (unsigned)n;
	if (result == BZ_OK)
		result = BZ2_bzDecompress(&z);
	whole = is_whole(&z, result, bare, &more);
	*length = room - z.avail_out;
	BZ2_bzDecompressEnd(&z);
	return *length && whole ? 0 : -1;
}
