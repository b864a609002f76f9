// SPDX-License-Identifier: Apache-2.0
#include "ewf_writer.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

static void put(struct ewf_set *set, unsigned file, const void *bytes, size_t n)
{
	if (set->files[file].size + n > set->files[file].room) {
		set->files[file].room = (set->files[file].size + n) * 2;
		set->files[file].bytes = realloc(set->files[file].bytes, set->files[file].room);
		if (!set->files[file].bytes)
			abort();
	}
	memcpy(set->files[file].bytes + set->files[file].size, bytes, n);
	set->files[file].size += n;
}

static void le32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static void le64(uint8_t *p, uint64_t v)
{
	le32(p, (uint32_t)v);
	le32(p + 4, (uint32_t)(v >> 32));
}

static void put_checksum(struct ewf_set *set, unsigned file, const void *bytes, size_t n)
{
	uint8_t sum[4];

	le32(sum, libdeflate_adler32(1, bytes, n));
	put(set, file, sum, 4);
}

/* A descriptor for a section of n payload bytes; the last ones of a file point to themselves. */
static void put_section(struct ewf_set *set, unsigned file, const char *type, uint64_t n, bool last)
{
	uint8_t raw[72] = {0};
	uint64_t at = set->files[file].size;

	memcpy(raw, type, strlen(type));
	le64(raw + 16, last ? at : at + 76 + n);
	le64(raw + 24, 76 + n);
	put(set, file, raw, sizeof(raw));
	put_checksum(set, file, raw, sizeof(raw));
}

static void put_volume(struct ewf_set *set, unsigned file, const char *type,
		       const struct ewf_recipe *r, size_t media, uint32_t chunks)
{
	size_t n = r->smart ? 94 : 1052;
	uint8_t raw[1052] = {0};

	le32(raw + 4, chunks);
	le32(raw + 8, r->sectors_per_chunk);
	le32(raw + 12, r->bytes_per_sector);
	le32(raw + 16, (uint32_t)(media / r->bytes_per_sector));
	if (r->smart)
		memcpy(raw + 85, "SMART", 5);
	else
		memset(raw + 64, 0x5a, 16);
	put_section(set, file, type, n, false);
	put(set, file, raw, n - 4);
	put_checksum(set, file, raw, n - 4);
}

/* One chunk, deflated or plain, behind what is there. Returns its table entry. */
static uint32_t put_chunk(struct ewf_set *set, unsigned file, const uint8_t *media, size_t n,
			  bool plain)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
	size_t bound = libdeflate_zlib_compress_bound(c, n);
	uint8_t *packed = malloc(bound);
	uint32_t at = (uint32_t)set->files[file].size;

	if (plain) {
		put(set, file, media, n);
		put_checksum(set, file, media, n);
	} else {
		put(set, file, packed, libdeflate_zlib_compress(c, media, n, packed, bound));
	}
	free(packed);
	libdeflate_free_compressor(c);
	return plain ? at : at | 0x80000000U;
}

static void put_table_header(struct ewf_set *set, unsigned file, uint32_t nr)
{
	uint8_t raw[20] = {0};

	le32(raw, nr);
	put(set, file, raw, sizeof(raw));
	put_checksum(set, file, raw, sizeof(raw));
}

static void put_table(struct ewf_set *set, unsigned file, const char *type, const uint8_t *entries,
		      uint32_t nr)
{
	put_section(set, file, type, 24 + (uint64_t)nr * 4 + 4, false);
	put_table_header(set, file, nr);
	put(set, file, entries, (size_t)nr * 4);
	put_checksum(set, file, entries, (size_t)nr * 4);
}

struct run {
	const uint8_t *media;
	size_t n; /* bytes of media */
	uint32_t first, nr;
};

static size_t chunk_length(const struct ewf_recipe *r, const struct run *run, uint32_t i)
{
	size_t size = (size_t)r->sectors_per_chunk * r->bytes_per_sector, at = (size_t)i * size;

	return run->n - at < size ? run->n - at : size;
}

static bool is_plain(const struct ewf_recipe *r, uint32_t chunk)
{
	return !r->smart && r->plain_every && chunk % r->plain_every == 0;
}

/* The length of a section is in front of it, so the chunks are written and the descriptor set
 * afterwards. */
static void fix_length(struct ewf_set *set, unsigned file, size_t section)
{
	uint8_t *raw = set->files[file].bytes + section;

	le64(raw + 16, set->files[file].size);
	le64(raw + 24, set->files[file].size - section);
	le32(raw + 72, libdeflate_adler32(1, raw, 72));
}

static void put_run(struct ewf_set *set, unsigned file, const struct ewf_recipe *r,
		    const struct run *run)
{
	size_t chunk_size = (size_t)r->sectors_per_chunk * r->bytes_per_sector;
	size_t section = set->files[file].size;
	uint8_t *entries = calloc(run->nr + 1, 4);

	put_section(set, file, r->smart ? "table" : "sectors", 0, false);
	if (r->smart) {
		put_table_header(set, file, run->nr);
		put(set, file, entries, (size_t)run->nr * 4);
	}
	for (uint32_t i = run->first; i < run->first + run->nr; i++)
		le32(entries + (size_t)(i - run->first) * 4,
		     put_chunk(set, file, run->media + (size_t)i * chunk_size,
			       chunk_length(r, run, i), is_plain(r, i)));
	fix_length(set, file, section);
	if (r->smart) {
		memcpy(set->files[file].bytes + section + 76 + 24, entries, (size_t)run->nr * 4);
	} else {
		put_table(set, file, "table", entries, run->nr);
		if (!r->without_table2)
			put_table(set, file, "table2", entries, run->nr);
	}
	free(entries);
}

static void put_segment(struct ewf_set *set, unsigned file, const struct ewf_recipe *r,
			const uint8_t *media, size_t n, uint32_t first, uint32_t nr, uint32_t total)
{
	uint8_t header[13] = {'E', 'V', 'F', 9, 13, 10, 255, 0, 1, (uint8_t)(file + 1), 0, 0, 0};
	uint32_t per_table = r->chunks_per_table ? r->chunks_per_table : nr;

	put(set, file, header, sizeof(header));
	put_volume(set, file, file ? "data" : "volume", r, n, total);
	for (uint32_t at = first; at < first + nr; at += per_table) {
		uint32_t left = first + nr - at;
		struct run run = {media, n, at, left < per_table ? left : per_table};

		put_run(set, file, r, &run);
	}
	put_section(set, file, file + 1 == set->nr_files ? "done" : "next", 0, true);
}

void ewf_write(const struct ewf_recipe *recipe, const uint8_t *media, size_t n, struct ewf_set *set)
{
	struct ewf_recipe r = *recipe;
	uint32_t total, per_segment;
	size_t chunk;

	r.sectors_per_chunk = r.sectors_per_chunk ? r.sectors_per_chunk : 4;
	r.bytes_per_sector = r.bytes_per_sector ? r.bytes_per_sector : 512;
	memset(set, 0, sizeof(*set));
	set->nr_files = r.segments ? r.segments : 1;
	chunk = (size_t)r.sectors_per_chunk * r.bytes_per_sector;
	total = (uint32_t)((n + chunk - 1) / chunk);
	per_segment = (total + set->nr_files - 1) / set->nr_files;
	for (unsigned file = 0; file < set->nr_files; file++) {
		uint32_t first = file * per_segment, left = total - first;

		put_segment(set, file, &r, media, n, first, left < per_segment ? left : per_segment,
			    total);
	}
}

void ewf_set_free(struct ewf_set *set)
{
	for (unsigned i = 0; i < set->nr_files; i++)
		free(set->files[i].bytes);
	memset(set, 0, sizeof(*set));
}
