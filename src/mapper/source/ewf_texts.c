// SPDX-License-Identifier: Apache-2.0
/* What people wrote into a segment, without its media. EWF 3.1, 3.4. */
#include <libdeflate.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/facts.h"
#include "ewf.h"

#define MOST (16U << 20) /* bytes; texts of people are a few hundred */

struct copy {
	uint8_t *bytes;
	size_t used;
};

static bool is_text(const char *type)
{
	static const char *const types[] = {"header", "header2", "xheader"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(type, types[i]))
			return true;
	return false;
}

/* A descriptor that fits where the copy ends; the last one points to itself. */
static void put_descriptor(struct copy *copy, const char *type, uint64_t payload_size, bool last)
{
	uint8_t *raw = copy->bytes + copy->used;
	uint64_t size = EWF_DESCRIPTOR + payload_size;
	uint64_t next = htole64(copy->used + (last ? 0 : size)), size_le = htole64(size);
	uint32_t sum;

	memset(raw, 0, EWF_DESCRIPTOR);
	memcpy(raw, type, strlen(type));
	memcpy(raw + 16, &next, sizeof(next));
	memcpy(raw + 24, &size_le, sizeof(size_le));
	sum = htole32(libdeflate_adler32(1, raw, 72));
	memcpy(raw + 72, &sum, sizeof(sum));
	copy->used += EWF_DESCRIPTOR;
}

static int reserve(struct copy *copy, uint64_t n)
{
	uint8_t *grown = realloc(copy->bytes, copy->used + n);

	if (!grown)
		return -1;
	copy->bytes = grown;
	return 0;
}

/* One that is cut or too large is left out. */
static int put_section(const struct exh_source_file *f, const struct ewf_section *section,
		       struct copy *copy)
{
	size_t before = copy->used, n = (size_t)section->payload_size;

	if (section->payload_size > MOST - copy->used)
		return 0;
	if (reserve(copy, 2 * EWF_DESCRIPTOR + n))
		return -1;
	put_descriptor(copy, section->type, n, false);
	if (exh_pread_all(f->fd, copy->bytes + copy->used, n, section->payload) == (int64_t)n)
		copy->used += n;
	else
		copy->used = before;
	return 0;
}

uint8_t *exh_ewf_texts(const struct exh_source *s, const struct ewf_segment *segment, size_t *size)
{
	const struct exh_source_file *f = &s->files[segment->file];
	struct copy copy = {.bytes = malloc(EWF_FILE_HEADER + EWF_DESCRIPTOR)};
	struct ewf_section section = {.next = EWF_FILE_HEADER};
	int r = 0;

	if (!copy.bytes || exh_pread_all(f->fd, copy.bytes, EWF_FILE_HEADER, 0) != EWF_FILE_HEADER)
		r = -1;
	copy.used = EWF_FILE_HEADER;
	while (!r && section.next != section.offset &&
	       !exh_ewf_read_section(s, segment, section.next, &section))
		if (is_text(section.type) && section.next != section.offset)
			r = put_section(f, &section, &copy);
	if (r) {
		free(copy.bytes);
		return NULL;
	}
	put_descriptor(&copy, "done", 0, true);
	*size = copy.used;
	return copy.bytes;
}
