/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The master boot record and its chain of extended partitions.
 *
 * The layout is that of the UEFI specification 2.10, section 5.2.1 (legacy MBR) and 5.2.3
 * (protective MBR); the chain of extended boot records is not standardised, and read as the Linux
 * kernel and Windows read it: data entries count from their own record, the link to the next record
 * counts from the first one.
 */
#ifndef EXH_SCAN_MBR_H
#define EXH_SCAN_MBR_H

#include "reader.h"

#define EXH_MBR_PROTECTIVE  0xee
#define EXH_MBR_FREEBSD	    0xa5
#define EXH_MBR_LDM	    0x42
#define EXH_MBR_CHAIN_LIMIT 1024 /* links that are followed in all */

enum exh_mbr_kind {
	EXH_MBR_ABSENT,	     /* no signature, or not a table */
	EXH_MBR_BOOT_SECTOR, /* the first sector of a file system */
	EXH_MBR_FICTITIOUS,  /* the boot block of a BSD disk, whose one entry is a dummy */
	EXH_MBR_TABLE,
};

enum exh_mbr_role {
	EXH_MBR_DATA,
	EXH_MBR_EXTENDED,
	EXH_MBR_PROTECTS,
	EXH_MBR_DUMMY,
	EXH_MBR_UNUSED, /* of type 0, and yet with a range: what a deleted partition leaves */
	EXH_MBR_BROKEN, /* of some type, and without a range */
};

struct exh_mbr_entry {
	uint64_t start, length; /* bytes */
	unsigned number;	/* slot 1 to 4, or from 5 in chain order */
	uint8_t type;
	bool bootable;
	enum exh_mbr_role role;
};

struct exh_mbr {
	enum exh_mbr_kind kind;
	const char *boot_sector_of; /* "ntfs", "exfat", "fat": where kind says so */
	uint32_t sector_size;
	uint32_t signature; /* of the disk; 0: none */
	struct exh_mbr_entry *entries;
	size_t nr_entries, size;
	unsigned nr_data; /* entries that are live partitions */
	bool has_protective;
	uint64_t *tables;   /* where the extended boot records are that were read and are tables */
	unsigned links;	    /* and how many */
	unsigned bad_links; /* that were read and are none */
	bool chain_cut;	    /* at the limit */
	json_t *problems;
};

/**
 * exh_mbr_read - read the table at byte 0 in sectors of sector_size bytes, with all its logical
 * partitions
 *
 * What is wrong with it is in ->problems; 1 where kind is not EXH_MBR_TABLE; an error only where
 * sector 0 cannot be read. Nothing is said here about the end of the image. Release it with
 * exh_mbr_clear(), also after an error.
 */
int exh_mbr_read(const struct exh_reader *r, uint32_t sector_size, struct exh_mbr *mbr);

void exh_mbr_clear(struct exh_mbr *mbr);

/** exh_mbr_is_extended - is this type byte that of an extended partition? */
bool exh_mbr_is_extended(uint8_t type);

/** exh_mbr_may_nest - does a partition of this type hold a label with partitions of its own? */
bool exh_mbr_may_nest(uint8_t type);

/** exh_mbr_type_name - the usual name of a type byte, or NULL. */
const char *exh_mbr_type_name(uint8_t type);

#endif
