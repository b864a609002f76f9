// SPDX-License-Identifier: Apache-2.0
#include "pages.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/checked.h"

#define PAGE   4096ULL
#define STEP   (32ULL << 20) /* looked at together, and this far ahead; no read-ahead is as long */
#define MEMORY (8 * STEP)
#define UNIT                                                                                       \
	(4ULL << 20) /* dropped together: the kernel lets go of a large folio only as a whole */

struct exh_pages {
	const struct exh_source_file *file;
	uint64_t looked, dropped;
	unsigned char present[MEMORY / PAGE]; /* a ring: bit 0 of the byte of each page, as
						 mincore(2) sets it */
};

struct exh_pages *exh_pages_new(void)
{
	return calloc(1, sizeof(struct exh_pages));
}

/* Where nobody can tell, the pages count as somebody else's. A mapping is only asked, never read.
 */
static void look_at_step(struct exh_pages *p)
{
	size_t n = exh_min(STEP, p->file->size - p->looked);
	unsigned char *present = p->present + p->looked % MEMORY / PAGE;
	void *map = mmap(NULL, n, PROT_READ, MAP_SHARED, p->file->fd, (off_t)p->looked);

	if (map == MAP_FAILED || mincore(map, n, present))
		memset(present, 1, STEP / PAGE);
	if (map != MAP_FAILED)
		munmap(map, n);
	p->looked += STEP;
}

void exh_pages_look(struct exh_pages *p, const struct exh_source_file *f, uint64_t end)
{
	if (p->file != f) {
		p->file = f;
		p->looked = p->dropped = 0;
	}
	while (p->looked < f->size && p->looked < end + STEP)
		look_at_step(p);
}

static bool was_present(const struct exh_pages *p, uint64_t offset)
{
	return p->present[offset % MEMORY / PAGE] & 1;
}

void exh_pages_drop(struct exh_pages *p, const struct exh_source_file *f, uint64_t end)
{
	uint64_t to = end >= f->size ? f->size : end / UNIT * UNIT;
	uint64_t at = exh_max(p->dropped, p->looked > MEMORY ? p->looked - MEMORY : 0);

	while (at < to) {
		uint64_t start = at;
		bool present = was_present(p, at);

		while (at < to && was_present(p, at) == present)
			at += PAGE;
		if (!present)
			posix_fadvise(f->fd, (off_t)start, (off_t)(at - start),
				      POSIX_FADV_DONTNEED);
	}
	p->dropped = exh_max(p->dropped, to);
}
