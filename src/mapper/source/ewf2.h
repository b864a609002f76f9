/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Version 2 of the Expert Witness Compression Format (Ex01): what it does in another way than
 * version 1. Sets, chunks, caches and streams are the same code for both.
 *
 * Source of all format facts: "Expert Witness Compression Format version 2 specification" (libewf
 * documentation, J. Metz), named below as EWF2 with its chapter. Numbers are little-endian.
 */
#ifndef EXH_SOURCE_EWF2_H
#define EXH_SOURCE_EWF2_H

#include "ewf.h"

#define EWF2_FILE_HEADER  32
#define EWF2_DESCRIPTOR	  64
#define EWF2_TABLE_HEADER 32 /* with its padding */

enum ewf2_section_type {
	EWF2_DEVICE = 1,
	EWF2_CASE = 2,
	EWF2_SECTORS = 3,
	EWF2_TABLE = 4,
	EWF2_ERRORS = 5,
	EWF2_MD5 = 8,
	EWF2_SHA1 = 9,
	EWF2_KEYS = 11,
	EWF2_NEXT = 13,
	EWF2_DONE = 15,
	EWF2_LAST_TYPE = 0x23,
};

struct ewf2_section {
	uint32_t type;
	bool encrypted;
	uint64_t offset;     /* of the descriptor, which stands behind the data */
	uint64_t previous;   /* descriptor of the section before it, or 0 */
	uint64_t data, size; /* with padding */
	uint32_t padding;    /* behind a text; elsewhere it is also between the parts */
};

/* ewf2_sections.c */

extern const struct ewf_version exh_ewf2;

/* ewf2_objects.c: sections that hold text */

/** exh_ewf2_read_device - sizes and the description of the device: EWF2 5.2. */
int exh_ewf2_read_device(struct exh_ctx *ctx, struct exh_source *s, struct ewf *e,
			 const struct ewf_segment *segment, const struct ewf2_section *section);

/** exh_ewf2_read_case - chunks and what people wrote: EWF2 5.3. */
int exh_ewf2_read_case(struct exh_ctx *ctx, struct exh_source *s, struct ewf *e,
		       const struct ewf_segment *segment, const struct ewf2_section *section);

/* ewf2_bzip2.c */

/** exh_ewf2_unbzip2 - unpack a bzip2 stream, or the single bare block that EnCase writes
 * (EWF2 7.1); both are checked by their CRC. 0, or -1. */
int exh_ewf2_unbzip2(const uint8_t *stored, size_t n, uint8_t *out, size_t room, size_t *length);

#endif
