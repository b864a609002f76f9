// SPDX-License-Identifier: Apache-2.0
/* The small sections: volume (EWF 3.4 to 3.7), digest and hash (3.15, 3.16), error2 (3.13). */
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/facts.h"
#include "base/text.h"
#include "ewf.h"
#include "formats.h"

#define VOLUME_SIZE	  1052
#define VOLUME_SIZE_SMART 94
#define MAX_SECTOR	  65536
#define ERROR2_HEADER	  520
#define MAX_ERRORS	  1000000

static bool read_payload(const struct exh_source *s, const struct ewf_segment *segment,
			 uint64_t offset, void *buf, size_t n)
{
	return exh_pread_all(s->files[segment->file].fd, buf, n, offset) == (int64_t)n;
}

static void checksum_problem(struct exh_source *s, const struct ewf_segment *segment,
			     uint64_t offset, const char *what)
{
	exh_source_problem(
		s, exh_problem(EXH_P_SECTION_CHECKSUM,
			       "%s: the %s at %llu does not match its checksum and is not used",
			       exh_source_basename(s, segment->file), what,
			       (unsigned long long)offset));
}

static void take_volume(struct ewf *e, const uint8_t *raw, size_t n)
{
	e->smart = n == VOLUME_SIZE_SMART;
	e->nr_chunks = exh_le32(raw + 4);
	e->sectors_per_chunk = exh_le32(raw + 8);
	e->bytes_per_sector = exh_le32(raw + 12);
	e->nr_sectors = e->smart ? exh_le32(raw + 16) : exh_le64(raw + 16);
	if (e->smart)
		return;
	e->media_type = raw[0];
	e->media_flags = raw[36];
	e->compression = raw[52];
}

static bool volume_is_sane(const struct ewf *e)
{
	uint64_t chunk, media;

	return e->bytes_per_sector && e->bytes_per_sector <= MAX_SECTOR && e->sectors_per_chunk &&
	       !exh_mul_overflows(e->bytes_per_sector, e->sectors_per_chunk, &chunk) &&
	       chunk <= EWF_MAX_CHUNK &&
	       !exh_mul_overflows(e->nr_sectors, e->bytes_per_sector, &media);
}

/* The length of the section, or 0 where it is not whole. */
static size_t read_volume(const struct exh_source *s, const struct ewf_segment *segment,
			  uint64_t offset, uint64_t size, uint8_t raw[VOLUME_SIZE])
{
	size_t n = size >= VOLUME_SIZE ? VOLUME_SIZE : VOLUME_SIZE_SMART;

	if (size < n || !read_payload(s, segment, offset, raw, n) ||
	    libdeflate_adler32(1, raw, n - 4) != exh_le32(raw + n - 4))
		return 0;
	return n;
}

bool exh_ewf_read_set_id(const struct exh_source *s, struct ewf_segment *segment, uint64_t offset,
			 uint64_t size)
{
	static const uint8_t none[16];
	uint8_t raw[VOLUME_SIZE];

	if (read_volume(s, segment, offset, size, raw) < VOLUME_SIZE ||
	    !memcmp(raw + 64, none, sizeof(none)))
		return false;
	memcpy(segment->set_id, raw + 64, sizeof(none));
	segment->has_set_id = true;
	return true;
}

void exh_ewf_check_volume(struct exh_source *s, struct ewf *e, const struct ewf_segment *segment)
{
	e->has_volume = volume_is_sane(e);
	if (e->has_volume || !(e->bytes_per_sector || e->sectors_per_chunk))
		return;
	exh_source_problem(s, exh_problem(EXH_P_SEGMENT_DAMAGED,
					  "%s: the sizes that it states are impossible",
					  exh_source_basename(s, segment->file)));
	exh_source_refuse(s, "%s: states impossible sizes (%u sectors of %u bytes in a chunk)",
			  s->files[segment->file].path, e->sectors_per_chunk, e->bytes_per_sector);
}

int exh_ewf_read_volume(struct exh_ctx *ctx, struct exh_source *s, struct ewf *e,
			struct ewf_segment *segment, uint64_t offset, uint64_t size)
{
	uint8_t raw[VOLUME_SIZE];
	size_t n = read_volume(s, segment, offset, size, raw);

	(void)ctx;
	if (!n) {
		checksum_problem(s, segment, offset, "volume section");
		return 0;
	}
	if (e->has_volume)
		return 0;
	take_volume(e, raw, n);
	exh_ewf_check_volume(s, e, segment);
	return 0;
}

void exh_ewf_take_hash(struct exh_source *s, struct ewf *e, const char *algorithm,
		       const uint8_t *bytes, size_t n)
{
	static const uint8_t none[64];
	const char *before = exh_json_str(e->stored_hashes, algorithm);
	char hex[129];

	if (!memcmp(bytes, none, n))
		return;
	exh_hex(bytes, n, hex);
	if (before && strcmp(before, hex))
		exh_source_problem(s,
				   exh_problem(EXH_P_PROBES_DISAGREE,
					       "the container stores two different %s: %s and %s",
					       algorithm, before, hex));
	else
		json_object_set_new(e->stored_hashes, algorithm, json_string(hex));
}

int exh_ewf_read_digest(struct exh_ctx *ctx, struct exh_source *s, struct ewf *e,
			struct ewf_segment *segment, uint64_t offset, uint64_t size)
{
	uint8_t raw[80];

	(void)ctx;
	if (size < sizeof(raw) || !read_payload(s, segment, offset, raw, sizeof(raw)) ||
	    libdeflate_adler32(1, raw, 76) != exh_le32(raw + 76)) {
		checksum_problem(s, segment, offset, "digest section");
		return 0;
	}
	exh_ewf_take_hash(s, e, "md5", raw, 16);
	exh_ewf_take_hash(s, e, "sha1", raw + 16, 20);
	return 0;
}

int exh_ewf_read_hash(struct exh_ctx *ctx, struct exh_source *s, struct ewf *e,
		      struct ewf_segment *segment, uint64_t offset, uint64_t size)
{
	uint8_t raw[36];

	(void)ctx;
	if (size < sizeof(raw) || !read_payload(s, segment, offset, raw, sizeof(raw)) ||
	    libdeflate_adler32(1, raw, 32) != exh_le32(raw + 32)) {
		checksum_problem(s, segment, offset, "hash section");
		return 0;
	}
	exh_ewf_take_hash(s, e, "md5", raw, 16);
	return 0;
}

void exh_ewf_take_error(struct ewf *e, uint64_t first_sector, uint32_t nr_sectors)
{
	uint64_t start, length = (uint64_t)nr_sectors * e->bytes_per_sector;

	if (exh_mul_overflows(first_sector, e->bytes_per_sector, &start))
		return;
	json_array_append_new(
		e->acquisition_errors,
		json_pack("{s:I, s:I}", "start", (json_int_t)start, "length", (json_int_t)length));
}

int exh_ewf_read_error2(struct exh_ctx *ctx, struct exh_source *s, struct ewf *e,
			struct ewf_segment *segment, uint64_t offset, uint64_t size)
{
	uint8_t header[ERROR2_HEADER], *entries;
	uint32_t nr;
	size_t n;

	if (size < sizeof(header) || !read_payload(s, segment, offset, header, sizeof(header)) ||
	    libdeflate_adler32(1, header, 516) != exh_le32(header + 516)) {
		checksum_problem(s, segment, offset, "list of acquisition errors");
		return 0;
	}
	nr = exh_le32(header);
	n = (size_t)nr * 8;
	if (nr > MAX_ERRORS || n + 4 > size - sizeof(header)) {
		checksum_problem(s, segment, offset, "list of acquisition errors");
		return 0;
	}
	entries = malloc(n + 4);
	if (!entries)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	if (!read_payload(s, segment, offset + sizeof(header), entries, n + 4) ||
	    libdeflate_adler32(1, entries, n) != exh_le32(entries + n))
		checksum_problem(s, segment, offset, "list of acquisition errors");
	else
		for (uint32_t i = 0; i < nr; i++)
			exh_ewf_take_error(e, exh_le32(entries + (size_t)i * 8),
					   exh_le32(entries + (size_t)i * 8 + 4));
	free(entries);
	return 0;
}
