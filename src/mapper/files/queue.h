/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows whose contents are still to be read. They are read by several threads, batch by batch in the
 * order of the medium, and sent in the order in which they came. Memory is bounded: who puts in a
 * row waits until there is room.
 */
#ifndef EXH_FILES_QUEUE_H
#define EXH_FILES_QUEUE_H

#include "base/worker.h"
#include "reader.h"

struct exh_queue;

/** exh_queue_new - begin the threads. partition and reading stay the caller's and outlive it. */
int exh_queue_new(struct exh_worker *w, const struct exh_reading *reading,
		  struct exh_source *partition, struct exh_queue **ret);

/**
 * exh_queue_put - a further row; steals row, and what is in content (NULL: there is nothing to
 * read)
 *
 * A content that only libtsk can read is read before this returns.
 */
int exh_queue_put(struct exh_queue *queue, json_t *row, struct exh_content *content);

/** exh_queue_set_part - which part of all rows is in, as far as that can be guessed; progress
 * reckons the bytes that will come from it. */
void exh_queue_set_part(struct exh_queue *queue, double part);

/** exh_queue_flush - read and send everything that is left. */
int exh_queue_flush(struct exh_queue *queue);

/** exh_queue_unreadable - how many contents of allocated files could not be read whole, so far. */
uint64_t exh_queue_unreadable(struct exh_queue *queue);

/** exh_queue_free - end the threads; what was not flushed is lost. NULL is fine. */
void exh_queue_free(struct exh_queue *queue);

#endif
