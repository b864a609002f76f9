/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manners towards the page cache: what a whole reading brought in goes again, what was there before
 * stays. For one thread that reads each file from front to back.
 */
#ifndef EXH_SOURCE_PAGES_H
#define EXH_SOURCE_PAGES_H

#include "source.h"

struct exh_pages;

/** exh_pages_new - NULL when memory is out; release with free(). */
struct exh_pages *exh_pages_new(void);

/**
 * exh_pages_look - before a reading of the file up to end: which pages are there?
 *
 * Looks far enough ahead that the kernel's own read-ahead does not count as somebody else's use. A
 * file other than the last one begins at its first byte.
 */
void exh_pages_look(struct exh_pages *p, const struct exh_source_file *f, uint64_t end);

/** exh_pages_drop - after that reading: let go of the pages that were not there. */
void exh_pages_drop(struct exh_pages *p, const struct exh_source_file *f, uint64_t end);

#endif
