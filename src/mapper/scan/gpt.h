/* SPDX-License-Identifier: Apache-2.0 */
/* The GUID partition table, both copies: UEFI specification 2.10, section 5.3. */
#ifndef EXH_SCAN_GPT_H
#define EXH_SCAN_GPT_H

#include "reader.h"

#define EXH_GPT_MAX_BYTES (1U << 20) /* of an entry array; the usual one has 16 KiB */

/* One copy of header and entries. */
struct exh_gpt_copy {
	bool present;	 /* the signature is there */
	bool header_ok;	 /* and the header's checksum and fields hold */
	bool entries_ok; /* and those of the entries */
	bool unreadable;
	uint64_t offset; /* where it is, or was looked for: bytes */
	uint64_t my_lba, alternate_lba, first_usable, last_usable, entries_lba;
	uint32_t nr_entries, entry_size;
	uint8_t disk_guid[16];
	uint8_t *entries; /* nr_entries * entry_size bytes, or NULL where they cannot be read */
	char why[256];	  /* what is wrong with it, one clause; empty where it is whole */
};

struct exh_gpt_entry {
	uint64_t first, last; /* sectors, as they stand there */
	uint64_t start,
		length;	 /* bytes; length 0: it ends before it begins, or its numbers overflow */
	unsigned number; /* slot + 1 */
	uint64_t attributes;
	uint8_t type[16], unique[16];
	const uint8_t *name; /* UTF-16LE */
	size_t name_units;
};

struct exh_gpt {
	uint32_t sector_size;
	struct exh_gpt_copy primary, backup;
	const struct exh_gpt_copy
		*used; /* what the partitions are taken from; NULL where there is no GPT */
	json_t *problems;
};

/**
 * exh_gpt_read - read both copies in sectors of sector_size bytes
 *
 * protected_sectors is the size that a protective MBR gives the disk, or 0; the backup is looked
 * for where the primary says, where that size says, and in the last sector of the image. 1 where
 * there is no sign of a GPT. Release it with exh_gpt_clear(), also after an error.
 */
int exh_gpt_read(const struct exh_reader *r, uint32_t sector_size, uint64_t protected_sectors,
		 struct exh_gpt *gpt);

void exh_gpt_clear(struct exh_gpt *gpt);

/** exh_gpt_is_whole - are header and entries of this copy good? */
static inline bool exh_gpt_is_whole(const struct exh_gpt_copy *copy)
{
	return copy->header_ok && copy->entries_ok;
}

/** exh_gpt_entry - slot i of the copy that is used: 0, or 1 where the slot is free. */
int exh_gpt_entry(const struct exh_gpt *gpt, unsigned i, struct exh_gpt_entry *entry);

/** exh_guid_text - a GUID as it lies on disk (UEFI, appendix A), in upper case. */
void exh_guid_text(const uint8_t guid[16], char out[37]);

/** exh_gpt_may_nest - does a partition of this type hold a label with partitions of its own? */
bool exh_gpt_may_nest(const char *guid);

/** exh_gpt_type_name - the usual name of a type GUID in upper case, or NULL. */
const char *exh_gpt_type_name(const char *guid);

#endif
