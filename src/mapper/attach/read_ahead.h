/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who reads a file from front to back? For such readers the next part is made ready before they
 * ask, by threads that have nothing else to answer. Somebody who jumps about costs nothing.
 */
#ifndef EXH_ATTACH_READ_AHEAD_H
#define EXH_ATTACH_READ_AHEAD_H

#include <stddef.h>
#include <stdint.h>

#include "mapper/source/source.h"

struct exh_read_ahead;

/** exh_read_ahead_new - for a server with so many threads; half of them at most prepare at once. */
struct exh_read_ahead *exh_read_ahead_new(unsigned threads);
void exh_read_ahead_free(struct exh_read_ahead *r);

/** exh_read_ahead_note - somebody reads [offset, offset + n) of the media, in a file that ends at
 * end. Returns the reader, or -1 where he is not one of those. Any thread. */
int exh_read_ahead_note(struct exh_read_ahead *r, uint64_t offset, size_t n, uint64_t end);

/** exh_read_ahead_work - after the answer: prepare a part of what this reader will want. Any
 * thread; several share the work. */
void exh_read_ahead_work(struct exh_read_ahead *r, int reader, struct exh_source *s);

#endif
