/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources: evidence files -> bytes of the media, or an error. Never a guess. This is the worker's
 * side; it runs in the sandbox.
 *
 * There is no member that writes. source.c is the checking layer that everybody calls: it keeps the
 * bounds, refuses short reads and keeps the list of lost ranges. A format is one file and one row
 * in its table.
 */
#ifndef EXH_SOURCE_SOURCE_H
#define EXH_SOURCE_SOURCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"
#include "base/worker.h"

enum exh_loss_reason {
	EXH_LOST_CHECKSUM,
	EXH_LOST_DECOMPRESS,
	EXH_LOST_MISSING_SEGMENT,
	EXH_LOST_TRUNCATED,
	EXH_LOST_IO_ERROR,
	EXH_LOST_NOT_RESCUED,
};

/* A range of the media that cannot be read. */
struct exh_loss {
	uint64_t start, length;
	enum exh_loss_reason reason;
};

/** exh_loss_reason_name - the word of the contract: "checksum", "missing-segment", ... */
const char *exh_loss_reason_name(enum exh_loss_reason reason);

/* One evidence file as a worker has it. */
struct exh_source_file {
	char *path; /* for messages only */
	int fd;
	int direct_fd; /* the same file without the page cache (O_DIRECT), or -1; only streams use
			  it */
	uint64_t size;
};

struct exh_source;

/*
 * A step of a whole reading: container bytes to fetch, and media that can be made of them. Either
 * part may be empty. Media come in media order; the bytes of each file come once each, in file
 * order.
 */
struct exh_span {
	size_t file;
	uint64_t file_start;
	size_t file_length;
	uint64_t media_start;
	size_t media_length;
	bool separate; /* the media are not in these container bytes: read them by ->read */
};

/* Where a whole reading stands; a format uses the members as it likes. Begins with all 0. */
struct exh_cursor {
	size_t file, table;
	uint64_t file_pos, media_pos;
};

/* Media that lie in equal parts, each stride bytes behind the one before; the last part may be
 * shorter. */
struct exh_layout {
	const uint8_t *first;
	size_t part, stride;
};

struct exh_source_ops {
	const char *format; /* "raw", "split-raw", "ewf": the contract's word */
	/* 0: these files are mine, 1: they are not, negative: error. */
	int (*probe)(struct exh_ctx *ctx, const struct exh_source *s);
	/*
	 * Fills size, sector_size, complete, priv, and tells problems with exh_source_problem(). An
	 * incomplete set opens (the checking layer decides whether it may be used) unless nothing
	 * at all can be told about the media.
	 */
	int (*open)(struct exh_ctx *ctx, struct exh_source *s);
	/*
	 * Reads as much of [offset, offset + n) as there is before the first lost byte; n > 0 and
	 * the range is inside the media. Returns the count of good bytes. If it is less than n,
	 * *loss is the lost range that the next byte is in (it may begin earlier). Threads may call
	 * it at once.
	 */
	size_t (*read)(struct exh_source *s, void *buf, uint64_t offset, size_t n,
		       struct exh_loss *loss);
	/* Makes [offset, offset + n), which is inside the media, ready for somebody who is going to
	 * read it soon; tells nothing. Any thread. NULL where there is nothing to do. */
	void (*prepare)(struct exh_source *s, uint64_t offset, size_t n);

	/*
	 * The end of the zeros that begin at offset, as far as the container shows without its
	 * media being read, and not behind limit; offset where it shows none. May look at less than
	 * there is, to return soon. May be NULL. Threads may call it at once.
	 */
	uint64_t (*zeros)(struct exh_source *s, uint64_t offset, uint64_t limit);
	/* The next step of a whole reading, of at most about limit bytes of either kind: 0, or 1 at
	 * the end. */
	int (*next_span)(struct exh_source *s, struct exh_cursor *at, size_t limit,
			 struct exh_span *span);
	/*
	 * Makes the media of a span from its container bytes, which are all there. NULL: the bytes
	 * are the media. Lost media are zeroed and put on the list of losses. Returns the count of
	 * lost bytes. Threads may call it at once.
	 */
	uint64_t (*decode)(struct exh_source *s, const struct exh_span *span,
			   const uint8_t *file_bytes, uint8_t *media);
	/*
	 * Are the media of a span in its container bytes as they are, and good? Then they need not
	 * be made. May be NULL. Threads may call it at once.
	 */
	bool (*in_place)(struct exh_source *s, const struct exh_span *span,
			 const uint8_t *file_bytes, struct exh_layout *layout);
	/* The largest media a span can have when limit is smaller than one unit of decoding. 0:
	 * limit holds. */
	size_t (*unit)(const struct exh_source *s);
	/* Adds what only this format knows to the image object. May be NULL. */
	int (*facts)(struct exh_ctx *ctx, struct exh_source *s, json_t *image);
	void (*close)(struct exh_source *s);
};

struct exh_source {
	const struct exh_source_ops *ops;
	const char *format; /* the contract's word; the row's own unless open says better */
	struct exh_source_file *files;
	size_t nr_files;
	size_t nr_descriptors; /* of the worker that belong to the source; a task's own follow */
	json_t *missing;       /* names that the owner did not find, or NULL */
	int naming;	       /* enum exh_naming */
	uint64_t size;	       /* of the media */
	uint32_t sector_size;
	bool complete;
	bool has_losses; /* set by open where it is known before reading */
	char *refusal;	 /* why it must not be used as it is, or NULL */
	json_t *problems;
	void *priv;
	struct exh_losses *losses;
	const struct exh_source *parent; /* of a slice */
};

/**
 * exh_source_open - open the source that args["source"] and the worker's descriptors describe. The
 * caller closes it.
 *
 * The descriptors are one for each file, and one for the list of lost ranges where args["source"]
 * has "lost" (lost.h); with args["direct"] true, as many as there are files follow that were opened
 * with O_DIRECT (-EXH_E_USAGE when they are not there).
 */
int exh_source_open(struct exh_worker *w, const json_t *args, struct exh_source **ret);

/** exh_source_inspect - the same, also where the source must not be used (see ->refusal). */
int exh_source_inspect(struct exh_worker *w, const json_t *args, struct exh_source **ret);

/** exh_source_slice - a window of a source, with the same operations. Closing it leaves the parent
 * open. */
int exh_source_slice(struct exh_ctx *ctx, struct exh_source *parent, uint64_t start,
		     uint64_t length, struct exh_source **ret);

void exh_source_close(struct exh_source *s);

static inline void exh_cleanup_source(struct exh_source **s)
{
	exh_source_close(*s);
}

#define _cleanup_source_ _cleanup_(exh_cleanup_source)

/**
 * exh_source_read - n bytes from offset, all of them, or an error
 *
 * -EXH_E_RANGE outside the media; -EXH_E_IO where a byte is lost: the text names the lost range and
 * it is on the list of losses. What buf holds after an error means nothing. Threads may call it at
 * once, each with a ctx of its own.
 */
int exh_source_read(struct exh_ctx *ctx, struct exh_source *s, void *buf, size_t n,
		    uint64_t offset);

/**
 * exh_source_read_around - read what can be read, zero in buf what cannot, and say which is which
 *
 * lost (may be NULL) is called for each lost range inside [offset, offset + n), in order. For
 * hashing and listing with the losses stated; never for handing out as if it were evidence. Returns
 * the number of lost bytes, or -EXH_E_RANGE.
 */
int64_t exh_source_read_around(struct exh_ctx *ctx, struct exh_source *s, void *buf, size_t n,
			       uint64_t offset, void (*lost)(const struct exh_loss *, void *opaque),
			       void *opaque);

/** exh_source_prepare - somebody will read this range soon; what is outside the media is no error.
 */
void exh_source_prepare(struct exh_source *s, uint64_t offset, size_t n);

/**
 * exh_source_zeros - the end of the zeros at offset that are known without reading them
 *
 * Holes of a sparse file, chunks of a container that hold nothing else. At least offset, at most
 * limit, which is inside the media; asking again at the end may show more. Never what is lost.
 */
uint64_t exh_source_zeros(struct exh_source *s, uint64_t offset, uint64_t limit);

/** exh_source_add_loss - put a range on the list of losses (sorted, joined where reason and border
 * agree). Any thread. */
void exh_source_add_loss(struct exh_source *s, const struct exh_loss *loss);

/** exh_source_losses - the "damage" list of the contract: [{"start","length","reason"}]; the caller
 * owns it. */
json_t *exh_source_losses(struct exh_source *s);

/** exh_source_problem - note a problem for the image; steals it. */
void exh_source_problem(struct exh_source *s, json_t *problem);

/** exh_source_facts - the "image" object of the contract; the caller owns it. */
json_t *exh_source_facts(struct exh_ctx *ctx, struct exh_source *s);

#endif
