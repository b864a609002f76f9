/* SPDX-License-Identifier: Apache-2.0 */
/* How the scan reads evidence: like any source, but a range that was never acquired is as
 * unreadable as a lost one. */
#ifndef EXH_SCAN_READER_H
#define EXH_SCAN_READER_H

#include "mapper/source/source.h"

struct exh_reader {
	struct exh_ctx *ctx;
	struct exh_source *source;
	const json_t *never_acquired; /* [{"start","length"}], or NULL; borrowed */
};

/** exh_reader_never_acquired - does the acquiring tool say that a byte of this range could not be
 * read? */
bool exh_reader_never_acquired(const struct exh_reader *r, uint64_t offset, uint64_t n);

/**
 * exh_reader_read - n bytes from offset, or an error whose text says why not
 *
 * As exh_source_read(); -EXH_E_IO also where the acquiring tool could not read, whatever stands in
 * the image there.
 */
int exh_reader_read(const struct exh_reader *r, void *buf, size_t n, uint64_t offset);

#endif
