// SPDX-License-Identifier: Apache-2.0
/*
 * Windows' dynamic disks (LDM), as libldm and the kernel's block/partitions/ldm.c document them: a
 * private header in sector 6 of an MBR disk, or in the last sector of the metadata partition of a
 * GPT, which leads to a database of volumes at the end of the disk. Numbers are big-endian.
 */
#include "ldm.h"

#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"

static bool read_header(const struct exh_reader *r, uint64_t at, uint32_t sector_size,
			struct exh_ldm *ldm)
{
	uint8_t h[512];

	if (!exh_range_inside(at, sizeof(h), r->source->size) ||
	    exh_reader_read(r, h, sizeof(h), at) < 0 || memcmp(h, "PRIVHEAD", 8))
		return false;
	ldm->offset = at;
	memcpy(ldm->disk_id, h + 0x30, 36);
	memcpy(ldm->group_id, h + 0xb0, 36);
	memcpy(ldm->group_name, h + 0xf0, 31);
	if (exh_mul_overflows(exh_be64(h + 0x12b), sector_size, &ldm->database) ||
	    exh_mul_overflows(exh_be64(h + 0x133), sector_size, &ldm->database_length))
		ldm->database = ldm->database_length = 0;
	return true;
}

int exh_ldm_read(const struct exh_reader *r, const struct exh_mbr *mbr, const struct exh_gpt *gpt,
		 uint32_t sector_size, struct exh_ldm *ldm)
{
	struct exh_gpt_entry entry;
	char guid[37];

	memset(ldm, 0, sizeof(*ldm));
	for (size_t i = 0; i < mbr->nr_entries; i++)
		if (mbr->entries[i].type == EXH_MBR_LDM &&
		    read_header(r, 6ULL * sector_size, sector_size, ldm))
			return 0;
	for (unsigned i = 0; gpt->used && i < gpt->used->nr_entries; i++) {
		if (exh_gpt_entry(gpt, i, &entry) || entry.length < sector_size)
			continue;
		exh_guid_text(entry.type, guid);
		if (!strcmp(guid, EXH_GPT_LDM_METADATA) &&
		    read_header(r, entry.start + entry.length - sector_size, sector_size, ldm))
			return 0;
	}
	return 1;
}
