/* SPDX-License-Identifier: Apache-2.0 */
/* One reading of a content: every digest, the type, and what cannot be read. */
#ifndef EXH_FILES_READER_H
#define EXH_FILES_READER_H

#include <jansson.h>
#include <magic.h>

#include "content.h"
#include "hash/digest.h"
#include "mapper/source/source.h"

#define EXH_MAX_READERS 9 /* the threads of a queue, and the walk itself */

/* What is to be found out about each content; made before the sandbox closes. */
struct exh_reading {
	struct exh_digests digests; /* none: no digests */
	bool type;		    /* ask libmagic */
	bool only_hit;		    /* read to the end, and keep only the rows of what lost bytes */
	bool runs;		    /* rows say where the pieces are */
	unsigned readers;
	magic_t magic[EXH_MAX_READERS]; /* a database cannot be asked by two threads at once */
};

/**
 * exh_reading_prepare - fetch the digests, prove that they work, load the databases of libmagic
 *
 * names of digests with commas, or NULL; reading->type, ->readers and so on are set already.
 */
int exh_reading_prepare(struct exh_ctx *ctx, struct exh_reading *reading, const char *names);

/** exh_reading_wants_bytes - is there anything for which contents must be read? */
bool exh_reading_wants_bytes(const struct exh_reading *reading);

struct exh_reader;

/** exh_reader_new - a reader for one thread, the number of which is below reading->readers;
 * partition and reading stay the caller's. */
int exh_reader_new(struct exh_ctx *ctx, const struct exh_reading *reading,
		   struct exh_source *partition, unsigned number, struct exh_reader **ret);
void exh_reader_free(struct exh_reader *reader);

/**
 * exh_reader_take - read a content once, and put into row what was found
 *
 * "digests" and "mime"; or, where bytes are lost, "lost", "ranges" and "error", and never a digest.
 * on_bytes is told now and then how many bytes more were done. 0, 1 where bytes are lost, or a
 * negative error of this machine.
 */
int exh_reader_take(struct exh_reader *reader, const struct exh_content *content, json_t *row,
		    void (*on_bytes)(uint64_t bytes, void *opaque), void *opaque);

/** exh_reader_error - the text of a negative answer. */
const char *exh_reader_error(const struct exh_reader *reader);

#endif
