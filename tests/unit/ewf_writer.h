/* SPDX-License-Identifier: Apache-2.0 */
/* Writes EWF sets into memory files, from bytes that the test knows. Only what the tests need of
 * the format. */
#ifndef TESTS_EWF_WRITER_H
#define TESTS_EWF_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ewf_recipe {
	uint32_t sectors_per_chunk; /* 0: 4 */
	uint32_t bytes_per_sector;  /* 0: 512 */
	unsigned segments;	    /* 0: 1 */
	unsigned chunks_per_table;  /* 0: all of a segment */
	unsigned plain_every;	    /* every n-th chunk is stored, not deflated; 0: none */
	bool without_table2;
	bool smart; /* S01: short volume, tables with data and without footer */
};

struct ewf_set {
	unsigned nr_files;
	struct {
		uint8_t *bytes;
		size_t size, room;
	} files[16];
};

/** ewf_write - the media as a set. Release with ewf_set_free(). */
void ewf_write(const struct ewf_recipe *recipe, const uint8_t *media, size_t n,
	       struct ewf_set *set);
void ewf_set_free(struct ewf_set *set);

#endif
