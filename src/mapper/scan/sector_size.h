/* SPDX-License-Identifier: Apache-2.0 */
/* In which sectors does a partition table count? No table says so: the evidence on the disk has to.
 */
#ifndef EXH_SCAN_SECTOR_SIZE_H
#define EXH_SCAN_SECTOR_SIZE_H

#include "gpt.h"
#include "mbr.h"

/* The tables of a disk, read in the chosen size. */
struct exh_tables {
	uint32_t sector_size;
	struct exh_mbr mbr;
	struct exh_gpt gpt;
	int mbr_found, gpt_found; /* what the readers returned */
	char mbr_error[512];	  /* why sector 0 cannot be read; empty otherwise */
	char evidence[256];	  /* why this size, a clause for the reader of the result */
	char rival[128]; /* another size that the evidence allows as well; empty otherwise */
};

/**
 * exh_tables_read - read MBR and GPT in the sector size that the evidence speaks for
 *
 * Tries 512, 1024, 2048 and 4096 bytes: a GPT header with a good checksum decides; else what the
 * entries of the MBR lead to under each size (links of the extended chain, file systems, the end of
 * the image). forced is the user's word, or 0; usual is taken where nothing speaks for any size.
 * Release it with exh_tables_clear().
 */
int exh_tables_read(const struct exh_reader *r, uint32_t forced, uint32_t usual,
		    struct exh_tables *tables);

void exh_tables_clear(struct exh_tables *tables);

#endif
