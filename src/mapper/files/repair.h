/* SPDX-License-Identifier: Apache-2.0 */
/*
 * File systems keep second copies of what they cannot do without, and mark most of the rest so that
 * a reader notices what does not belong there. Both let libtsk go on behind a lost sector without
 * taking it for something else.
 */
#ifndef EXH_FILES_REPAIR_H
#define EXH_FILES_REPAIR_H

#include "mapper/source/lost.h"
#include "mapper/source/tsk_image.h"

enum exh_layout_kind {
	EXH_LAYOUT_OTHER,
	EXH_LAYOUT_NTFS,
	EXH_LAYOUT_FAT,
	EXH_LAYOUT_EXFAT,
	EXH_LAYOUT_EXT,
	EXH_LAYOUT_ISO,
	EXH_LAYOUT_UFS
};

#define EXH_MAX_TABLES 16

/* A place that has a second copy. */
struct exh_twin {
	uint64_t start, length; /* bytes of the partition */
	uint64_t copy;
};

/* Entries of a FAT: where they are lost, "bad cluster" stands in, which libtsk takes for in use and
 * the end of no file. */
struct exh_fat_entries {
	uint64_t start, end;
	unsigned bits;
};

struct exh_repair {
	struct exh_tsk_repair tsk; /* for exh_tsk_open() */
	enum exh_layout_kind kind;
	struct exh_source *source;
	struct exh_twin twins[4];
	size_t nr_twins;
	struct exh_fat_entries fat;
	uint64_t ufs_superblock;
	struct exh_range tables[EXH_MAX_TABLES]; /* nothing stands in for these */
	unsigned nr_tables;
	uint64_t errors_from, errors_to; /* here nothing stands in but a copy */
};

/**
 * exh_repair_plan - find out what may stand in for lost sectors of this partition
 *
 * source must outlive the plan.
 */
void exh_repair_plan(struct exh_repair *plan, struct exh_source *source);

/** exh_repair_read - n bytes from at, or the same from a second copy; false where both are lost. */
bool exh_repair_read(const struct exh_repair *plan, void *buf, size_t n, uint64_t at);

#endif
