// SPDX-License-Identifier: Apache-2.0
/* DragonFly's 64-bit disklabel (sys/disklabel64.h): byte offsets from the beginning of its slice,
 * magic at 512 whatever the sector. */
#include <libdeflate.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "gpt.h"
#include "label.h"

#define MAGIC	    0xc4464c59U
#define MAGIC_AT    512
#define ENTRIES_AT  712
#define ENTRY	    64
#define MAX_ENTRIES 32 /* RESPARTITIONS64: the label has room for as many */
#define LABEL_BYTES (ENTRIES_AT + MAX_ENTRIES * ENTRY)

static bool checksum_holds(uint8_t *bytes, unsigned entries)
{
	uint32_t stated = exh_le32(bytes + 516);

	memset(bytes + 516, 0, 4);
	return libdeflate_crc32(0, bytes + MAGIC_AT,
				ENTRIES_AT - MAGIC_AT + (size_t)entries * ENTRY) == stated;
}

static void add_entry(struct exh_label *label, const uint8_t *p, unsigned number)
{
	uint64_t offset = exh_le64(p), length = exh_le64(p + 8), start;
	char guid[37];
	json_t *row;

	if (!length)
		return;
	if (exh_add_overflows(offset, label->base, &start))
		start = UINT64_MAX;
	row = exh_label_add(label, number, start, length);
	exh_label_set_type(row, p[16], NULL);
	exh_guid_text(p + 32, guid);
	if (exh_gpt_type_name(guid))
		json_object_set_new(row, "type", json_string(exh_gpt_type_name(guid)));
	exh_guid_text(p + 48, guid);
	if (strspn(guid, "0-") != strlen(guid))
		json_object_set_new(row, "guid", json_string(guid));
}

int exh_label_read_bsd64(const struct exh_reader *r, struct exh_label *label)
{
	uint8_t bytes[LABEL_BYTES];
	unsigned entries;

	if (label->room < LABEL_BYTES || exh_reader_read(r, bytes, LABEL_BYTES, label->base) < 0 ||
	    exh_le32(bytes + MAGIC_AT) != MAGIC)
		return 1;
	entries = exh_le32(bytes + 524);
	label->start = label->base + MAGIC_AT;
	label->length = LABEL_BYTES - MAGIC_AT;
	if (!entries || entries > MAX_ENTRIES)
		exh_label_damaged(label, "it states an impossible number of partitions");
	else if (!checksum_holds(bytes, entries))
		exh_label_damaged(label, "its checksum does not hold");
	for (unsigned i = 0; i < entries && i < MAX_ENTRIES; i++)
		add_entry(label, bytes + ENTRIES_AT + (size_t)i * ENTRY, i + 1);
	return 0;
}
