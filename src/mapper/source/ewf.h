/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Expert Witness Compression Format as the files of ewf_*.c share it.
 *
 * Source of all format facts: "Expert Witness Compression Format specification" (libewf
 * documentation, J. Metz), named below as EWF with its chapter. Numbers are little-endian.
 */
#ifndef EXH_SOURCE_EWF_H
#define EXH_SOURCE_EWF_H

#include <pthread.h>

#include "source.h"

struct ewf;
struct ewf_offsets;
struct ewf_place;

#define EWF_FILE_HEADER	 13
#define EWF_DESCRIPTOR	 76
#define EWF_TABLE_HEADER 24
#define EWF_MAX_ENTRIES                                                                            \
	(4U << 20)		  /* in one table; EnCase stays at 16375, FTK and libewf at 65534 */
#define EWF_MAX_CHUNK (64U << 20) /* bytes of media in a chunk */

/* One table of chunk offsets: EWF 3.9. Both copies are in the file; the second is used when the
 * first is damaged. */
struct ewf_table {
	size_t file;
	uint32_t nr_entries;
	uint64_t base; /* added to each entry */
	uint64_t entries,
		entries2;     /* where the arrays are; entries2 is 0 when there is no second copy */
	bool has_footer;      /* a checksum follows the array */
	uint64_t offset;      /* of its header, for messages */
	bool bad, bad2;	      /* the header of that copy does not match its checksum */
	bool compared;	      /* both copies were looked at, and what is wrong was told */
	uint64_t data_end;    /* where the last chunk ends */
	uint64_t first_chunk; /* of the media */
};

/* How a chunk is stored. */
enum ewf_coding {
	EWF_PLAIN,   /* as it is, with an Adler-32 behind it */
	EWF_DEFLATE, /* RFC 1950 */
	EWF_BZIP2,   /* version 2 only */
	EWF_FILL,    /* not at all: eight bytes, over and over; version 2 only */
};

enum ewf_end { EWF_END_BROKEN, EWF_END_NEXT, EWF_END_DONE };

struct ewf_segment {
	size_t file;
	uint32_t number; /* from the file header */
	size_t first_table, nr_tables;
	uint64_t nr_chunks;
	enum ewf_end end;
	uint8_t set_id[16];
	bool has_set_id;
	enum ewf_coding coding; /* of texts; version 2 only */
};

/* A run of chunks that no table tells of. */
struct ewf_hole {
	uint64_t first_chunk, nr_chunks;
	enum exh_loss_reason reason;
};

/* What the versions of the format do in different ways. */
struct ewf_version {
	const char *variant;
	/* Does the file begin with the signature of a segment? Sets the segment number. */
	bool (*is_segment)(const struct exh_source_file *f, uint32_t *number);
	/* Looks for the set's identifier, in silence: sets has_set_id and set_id. */
	void (*identify)(const struct exh_source *s, struct ewf_segment *segment);
	/*
	 * Follows the sections of one file and notes what is in them. Where they cannot be followed
	 * to their end, segment->end is EWF_END_BROKEN and a problem names the place. Tables are
	 * appended to e->tables.
	 */
	int (*walk)(struct exh_ctx *ctx, struct exh_source *s, struct ewf *e,
		    struct ewf_segment *segment);
	size_t words;	    /* of 32 bits in an entry of a table */
	bool states_chunks; /* does a table say with which chunk of the media it begins? */
	/* Where entry i of a table is; false where the entry cannot be right. */
	bool (*locate)(const struct exh_source *s, const struct ewf *e,
		       const struct ewf_offsets *offsets, uint32_t i, struct ewf_place *place);
	/* What the container says about itself; fills image["header"]. */
	int (*header)(struct exh_ctx *ctx, struct exh_source *s, json_t *image);
};

struct ewf {
	const struct ewf_version *version;
	bool encrypted;
	enum ewf_coding coding; /* of packed chunks */
	json_t *header;		/* version 2 only */
	bool smart;		/* S01 and the first EWF: 94-byte volume, tables without footer */
	bool has_volume;
	uint32_t nr_chunks, sectors_per_chunk, bytes_per_sector;
	uint64_t nr_sectors;
	uint8_t media_type, media_flags, compression;
	uint32_t chunk_size;
	uint64_t media_size;
	uint8_t set_id[16];

	struct ewf_segment *segments;
	size_t nr_segments;
	struct ewf_table *tables; /* in the order of their chunks */
	size_t nr_tables;
	struct ewf_hole *holes;
	size_t nr_holes;

	json_t *stored_hashes, *acquisition_errors;

	struct ewf_table_cache *table_cache;
	struct ewf_chunk_cache *chunk_cache;
	struct ewf_inflaters *inflaters;
};

/* ewf_sections.c */

extern const struct ewf_version exh_ewf1;

/* A section as its descriptor has it: EWF 3.1. Payload is [payload, payload + payload_size) of the
 * file; what is behind the end of the file is for the reader of the payload to see. */
struct ewf_section {
	char type[17];
	uint64_t offset, next, size;
	uint64_t payload, payload_size;
};

/** exh_ewf_read_section - read a descriptor; NULL, or why it cannot be used. next is offset in the
 * last one, else behind it. */
const char *exh_ewf_read_section(const struct exh_source *s, const struct ewf_segment *segment,
				 uint64_t offset, struct ewf_section *section);

/** exh_ewf_add_table - a new table of 0s at the end of e->tables; NULL when memory is out. */
struct ewf_table *exh_ewf_add_table(struct ewf *e);

/* ewf_volume.c: the contents of sections. Payload is [offset, offset + size) of the file. */

/** exh_ewf_read_set_id - the identifier in a volume section that is whole; false where there is
 * none.
 */
bool exh_ewf_read_set_id(const struct exh_source *s, struct ewf_segment *segment, uint64_t offset,
			 uint64_t size);
int exh_ewf_read_volume(struct exh_ctx *ctx, struct exh_source *s, struct ewf *e,
			struct ewf_segment *segment, uint64_t offset, uint64_t size);
int exh_ewf_read_digest(struct exh_ctx *ctx, struct exh_source *s, struct ewf *e,
			struct ewf_segment *segment, uint64_t offset, uint64_t size);
int exh_ewf_read_hash(struct exh_ctx *ctx, struct exh_source *s, struct ewf *e,
		      struct ewf_segment *segment, uint64_t offset, uint64_t size);
int exh_ewf_read_error2(struct exh_ctx *ctx, struct exh_source *s, struct ewf *e,
			struct ewf_segment *segment, uint64_t offset, uint64_t size);

/** exh_ewf_check_volume - are the sizes that were read possible? Sets e->has_volume, or refuses the
 * source. */
void exh_ewf_check_volume(struct exh_source *s, struct ewf *e, const struct ewf_segment *segment);

/** exh_ewf_take_hash - note a stored hash; one of only 0s is none. */
void exh_ewf_take_hash(struct exh_source *s, struct ewf *e, const char *algorithm,
		       const uint8_t *bytes, size_t n);

/** exh_ewf_take_error - note a range of sectors that the acquiring tool could not read. */
void exh_ewf_take_error(struct ewf *e, uint64_t first_sector, uint32_t nr_sectors);

/* ewf_tables.c */

/* The offsets of one table in memory. */
struct ewf_offsets {
	unsigned refs;
	size_t table;
	bool readable;	    /* false: neither copy holds */
	uint32_t overflow;  /* entries from here on are full 32-bit offsets of uncompressed chunks;
			       version 1 only */
	uint32_t entries[]; /* in the byte order of the machine */
};

/* Where a chunk is in its file. */
struct ewf_place {
	uint64_t offset, size; /* 0 where nothing is stored */
	enum ewf_coding coding;
	uint64_t pattern; /* of EWF_FILL */
};

struct ewf_table_cache *exh_ewf_table_cache_new(void);
void exh_ewf_table_cache_free(struct ewf_table_cache *cache);

/** exh_ewf_offsets_get - the offsets of a table, read and checked when nobody has them yet. NULL
 * when memory is out. */
struct ewf_offsets *exh_ewf_offsets_get(struct exh_source *s, struct ewf *e, size_t table);
void exh_ewf_offsets_put(struct ewf *e, struct ewf_offsets *offsets);

/** exh_ewf1_locate - of struct ewf_version. */
bool exh_ewf1_locate(const struct exh_source *s, const struct ewf *e,
		     const struct ewf_offsets *offsets, uint32_t i, struct ewf_place *place);

/** exh_ewf_find_table - the table that has a chunk, or e->nr_tables. */
size_t exh_ewf_find_table(const struct ewf *e, uint64_t chunk);

/* ewf_chunks.c */

/** exh_ewf_chunk_length - bytes of media in a chunk. */
size_t exh_ewf_chunk_length(const struct ewf *e, uint64_t chunk);

struct ewf_inflaters *exh_ewf_inflaters_new(void);
void exh_ewf_inflaters_free(struct ewf_inflaters *pool);
struct ewf_chunk_cache *exh_ewf_chunk_cache_new(size_t chunk_size);
void exh_ewf_chunk_cache_free(struct ewf_chunk_cache *cache);

/** exh_ewf_unpack - unpack what is stored in this coding into out, which has room bytes; 0 with the
 * length, or -1. */
int exh_ewf_unpack(struct ewf *e, enum ewf_coding coding, const uint8_t *stored, size_t n,
		   uint8_t *out, size_t room, size_t *length);

/**
 * exh_ewf_decode - make a chunk of its stored bytes and check it
 *
 * out has room for chunk_size. 0 with the length in *length, or -1 with the reason.
 */
int exh_ewf_decode(struct ewf *e, const uint8_t *stored, const struct ewf_place *place,
		   uint8_t *out, size_t expected, size_t *length, enum exh_loss_reason *reason);

/** exh_ewf_load - read a chunk from its file and decode it. out has room for chunk_size. Returns as
 * exh_ewf_decode(). */
int exh_ewf_load(struct exh_source *s, struct ewf *e, uint64_t chunk, uint8_t *out, size_t *length,
		 enum exh_loss_reason *reason);

/** exh_ewf_read - the read of exh_source_ops, through the chunk cache. */
size_t exh_ewf_read(struct exh_source *s, void *buf, uint64_t offset, size_t n,
		    struct exh_loss *loss);

/** exh_ewf_prepare - of exh_source_ops: fills the chunk cache. */
void exh_ewf_prepare(struct exh_source *s, uint64_t offset, size_t n);

/** exh_ewf_zeros - the zeros of exh_source_ops: chunks that are a pattern of 0, or so short that
 * they are looked at. */
uint64_t exh_ewf_zeros(struct exh_source *s, uint64_t offset, uint64_t limit);

/** exh_ewf_hole_of - the hole that a chunk without a table is in; NULL where there is none. */
const struct ewf_hole *exh_ewf_hole_of(const struct ewf *e, uint64_t chunk);

/* ewf_stream.c: the whole-reading part of exh_source_ops */

int exh_ewf_next_span(struct exh_source *s, struct exh_cursor *at, size_t limit,
		      struct exh_span *span);
bool exh_ewf_in_place(struct exh_source *s, const struct exh_span *span, const uint8_t *file_bytes,
		      struct exh_layout *layout);
uint64_t exh_ewf_decode_span(struct exh_source *s, const struct exh_span *span,
			     const uint8_t *file_bytes, uint8_t *media);
size_t exh_ewf_unit(const struct exh_source *s);

/* ewf_texts.c */

/**
 * exh_ewf_texts - what people wrote into a segment, as a segment of its own
 *
 * For libewf, which makes a list of all chunks of what it opens: of a large container that takes
 * seconds and hundreds of megabytes. The file header, every header section that is whole, and a
 * "done". Returns the bytes, the caller frees them; NULL when memory is out.
 */
uint8_t *exh_ewf_texts(const struct exh_source *s, const struct ewf_segment *segment, size_t *size);

/* ewf_header.c */

/** exh_ewf1_header - of struct ewf_version: what the container says about itself, read by libewf
 * from memory; fills image["header"]. */
int exh_ewf1_header(struct exh_ctx *ctx, struct exh_source *s, json_t *image);

#endif
