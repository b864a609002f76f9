/* SPDX-License-Identifier: Apache-2.0 */
/* Dynamic disks of Windows: their volumes are in a database, and the partitions only cover them. */
#ifndef EXH_SCAN_LDM_H
#define EXH_SCAN_LDM_H

#include "gpt.h"
#include "mbr.h"

#define EXH_GPT_LDM_METADATA "5808C8AA-7E8F-42E0-85D2-E1E90434CFB3"
#define EXH_GPT_LDM_DATA     "AF9B60A0-1431-4F62-BC68-3311714A69AD"

struct exh_ldm {
	uint64_t offset;		    /* of the private header */
	uint64_t database, database_length; /* bytes; 0: impossible numbers */
	char disk_id[37], group_id[37], group_name[32];
};

/** exh_ldm_read - the private header of the disk: 0, or 1 where there is none. Text comes from
 * evidence. */
int exh_ldm_read(const struct exh_reader *r, const struct exh_mbr *mbr, const struct exh_gpt *gpt,
		 uint32_t sector_size, struct exh_ldm *ldm);

#endif
