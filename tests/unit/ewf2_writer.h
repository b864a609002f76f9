/* SPDX-License-Identifier: Apache-2.0 */
/* Writes Ex01 sets into memory, from bytes that the test knows. Only what the tests need of the
 * format. */
#ifndef TESTS_EWF2_WRITER_H
#define TESTS_EWF2_WRITER_H

#include "ewf_writer.h"

enum ewf2_storing { EWF2_STORE_DEFLATE, EWF2_STORE_BZIP2, EWF2_STORE_BARE_BLOCK, EWF2_STORE_PLAIN };

struct ewf2_recipe {
	enum ewf2_storing storing;
	uint32_t sectors_per_chunk; /* 0: 4 */
	unsigned segments;	    /* 0: 1 */
	unsigned chunks_per_table;  /* 0: all of a segment */
	unsigned plain_every;	    /* every n-th chunk is stored as it is; 0: none */
	bool fill;		    /* chunks of one repeated pattern of 8 bytes are not stored */
	uint32_t flags;		    /* of every section, beside what the writer sets */
};

/** ewf2_write - the media, whole sectors of 512 bytes, as a set. Release with ewf_set_free(). */
void ewf2_write(const struct ewf2_recipe *recipe, const uint8_t *media, size_t n,
		struct ewf_set *set);

#endif
