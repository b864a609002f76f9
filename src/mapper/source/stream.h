/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole media in order, decoded in parallel: one reader in file order, a crew that inflates,
 * batches delivered in media order. The bytes of the container files go with them, each file byte
 * exactly once and in order, so that one pass serves both.
 */
#ifndef EXH_SOURCE_STREAM_H
#define EXH_SOURCE_STREAM_H

#include "base/crew.h"
#include "source.h"

#define EXH_STREAM_BATCHES 32 /* no more than so many are out at once */

struct exh_stream;

struct exh_batch {
	/* Media bytes [media_start, media_start + media_length), which exh_batch_media() gives;
	 * lost ones are 0 there and on the source's list of losses. */
	uint64_t media_start;
	size_t media_length;
	struct exh_layout media;
	/* Bytes of container file number file, [file_start, file_start + file_length). For raw
	 * media, and for chunks that are stored as they are, the same memory as media. */
	size_t file;
	uint64_t file_start;
	size_t file_length;
	const uint8_t *file_bytes;
	uint64_t lost;	    /* count of lost bytes in media */
	uint64_t file_lost; /* count of container bytes that could not be read; they are 0 */
};

struct exh_stream_options {
	struct exh_crew *crew; /* shared with others, and lives longer; NULL: one of its own */
	unsigned threads;      /* of one of its own; 0: as many as there are processors */
};

/** exh_stream_open - begin at the first byte. The source must stay open and must not be a slice. */
int exh_stream_open(struct exh_ctx *ctx, struct exh_source *s,
		    const struct exh_stream_options *options, struct exh_stream **ret);

/**
 * exh_stream_next - the next batch, in order
 *
 * 0 and a reference in *ret that is given back with exh_batch_put(); 1 at the end. A file whose
 * bytes the media does not need (an index, an unused tail) is delivered in batches without media.
 * Memory is bounded: it waits until batches come back.
 */
int exh_stream_next(struct exh_ctx *ctx, struct exh_stream *stream, struct exh_batch **ret);

/** exh_stream_read_from - "medium" when every byte came past the page cache, "cache" when none did,
 * else "mixed". */
const char *exh_stream_read_from(const struct exh_stream *stream);

/** exh_batch_media - the media at offset at of a batch, and in *n how many bytes lie there in one
 * piece. */
const uint8_t *exh_batch_media(const struct exh_batch *batch, size_t at, size_t *n);

/** exh_batch_get - a further reference. Any thread. */
struct exh_batch *exh_batch_get(struct exh_batch *batch);

/** exh_batch_put - give a reference back. Any thread. */
void exh_batch_put(struct exh_batch *batch);

/** exh_stream_close - stop; all batches must have come back. NULL is fine. */
void exh_stream_close(struct exh_stream *stream);

#endif
