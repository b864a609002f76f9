// SPDX-License-Identifier: Apache-2.0
#include "holes.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"

/* The end of the hole in one file. */
static uint64_t end_in_file(const struct exh_source_file *f, uint64_t offset)
{
	off_t data = lseek(f->fd, (off_t)offset, SEEK_DATA);

	if (data >= 0)
		return exh_max(offset, exh_min((uint64_t)data, f->size));
	return errno == ENXIO ? f->size : offset;
}

uint64_t exh_hole_end(const struct exh_source *s, uint64_t offset, uint64_t limit)
{
	uint64_t base = 0, at = offset;

	if (strcmp(s->format, "raw") && strcmp(s->format, "split-raw"))
		return offset;
	for (size_t i = 0; i < s->nr_files && at < limit; i++) {
		uint64_t end = base + s->files[i].size;

		if (at >= base && at < end) {
			at = base + end_in_file(&s->files[i], at - base);
			if (at < end)
				break;
		}
		base = end;
	}
	return exh_min(at, limit);
}
