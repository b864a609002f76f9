// SPDX-License-Identifier: Apache-2.0
#include "ewf2_writer.h"

#include <bzlib.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR 512U

struct writer {
	const struct ewf2_recipe *recipe;
	struct ewf_set *set;
	unsigned file;
	uint64_t last_section;
};

static void put(struct writer *w, const void *bytes, size_t n)
{
	uint8_t *grown = realloc(w->set->files[w->file].bytes, w->set->files[w->file].size + n + 1);

	if (!grown)
		abort();
	w->set->files[w->file].bytes = grown;
	memcpy(grown + w->set->files[w->file].size, bytes, n);
	w->set->files[w->file].size += n;
}

static uint64_t here(const struct writer *w)
{
	return w->set->files[w->file].size;
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

static void pad(struct writer *w)
{
	static const uint8_t zeros[16];

	put(w, zeros, (16 - here(w) % 16) % 16);
}

static void put_checked(struct writer *w, const uint8_t *bytes, size_t n)
{
	uint8_t sum[4];

	le32(sum, libdeflate_adler32(1, bytes, n));
	put(w, bytes, n);
	put(w, sum, 4);
	pad(w);
}

/* The descriptor stands behind the data, which began at start. */
static void end_section(struct writer *w, uint32_t type, uint64_t start)
{
	uint8_t raw[64] = {0};
	uint64_t at = here(w);

	pad(w);
	le32(raw + 28, (uint32_t)(here(w) - at));
	at = here(w);
	le32(raw, type);
	le32(raw + 4, w->recipe->flags);
	le64(raw + 8, w->last_section);
	le64(raw + 16, at - start);
	le32(raw + 24, sizeof(raw));
	le32(raw + 60, libdeflate_adler32(1, raw, 60));
	put(w, raw, sizeof(raw));
	w->last_section = at;
}

static size_t pack_bzip2(const uint8_t *bytes, size_t n, bool bare, uint8_t **packed)
{
	unsigned size = (unsigned)(n + n / 50 + 700);

	*packed = malloc(size);
	BZ2_bzBuffToBuffCompress((char *)*packed, &size, (char *)bytes, (unsigned)n, 9, 0, 0);
	if (!bare)
		return size;
	/* without the head of the stream and of the block; the tail of the stream is 10 bytes, less
	 * at most the bits that fill up the last one */
	memmove(*packed, *packed + 10, size - 10);
	return size - 20;
}

static size_t pack(const struct writer *w, const uint8_t *bytes, size_t n, uint8_t **packed)
{
	struct libdeflate_compressor *c;
	size_t bound;

	if (w->recipe->storing == EWF2_STORE_BZIP2 || w->recipe->storing == EWF2_STORE_BARE_BLOCK)
		return pack_bzip2(bytes, n, w->recipe->storing == EWF2_STORE_BARE_BLOCK, packed);
	c = libdeflate_alloc_compressor(6);
	bound = libdeflate_zlib_compress_bound(c, n);
	*packed = malloc(bound);
	bound = libdeflate_zlib_compress(c, bytes, n, *packed, bound);
	libdeflate_free_compressor(c);
	return bound;
}

static void put_object(struct writer *w, uint32_t type, const char *text)
{
	size_t n = 2 * strlen(text) + 2;
	uint8_t *units = calloc(n, 1), *packed;
	uint64_t start = here(w);

	units[0] = 0xff;
	units[1] = 0xfe;
	for (size_t i = 0; text[i]; i++)
		units[2 * i + 2] = (uint8_t)text[i];
	n = pack(w, units, n, &packed);
	put(w, packed, n);
	end_section(w, type, start);
	free(packed);
	free(units);
}

static void put_descriptions(struct writer *w, size_t media, uint32_t sectors_per_chunk,
			     size_t chunks)
{
	char text[200];

	snprintf(text, sizeof(text), "1\nmain\nsn\tmd\tts\tbp\nS1\tModel\t%zu\t512\n\n",
		 media / SECTOR);
	put_object(w, 1, text);
	snprintf(text, sizeof(text),
		 "1\nmain\nnm\tcn\tnt\ttt\ttb\tsb\n\t2026-7\ta\001b\t1000000000\t%zu\t%u\n\n",
		 chunks, sectors_per_chunk);
	put_object(w, 2, text);
}

static bool is_pattern(const uint8_t *bytes, size_t n)
{
	for (size_t i = 8; i < n; i++)
		if (bytes[i] != bytes[i % 8])
			return false;
	return true;
}

static void put_chunk(struct writer *w, const uint8_t *bytes, size_t n, bool plain, uint8_t *entry)
{
	uint64_t start = here(w);
	uint8_t *packed;

	if (w->recipe->fill && is_pattern(bytes, n)) {
		memcpy(entry, bytes, 8);
		le32(entry + 12, 5);
		return;
	}
	if (plain) {
		put_checked(w, bytes, n);
		le64(entry, start);
		le32(entry + 8, (uint32_t)n + 4);
		le32(entry + 12, 2);
		return;
	}
	n = pack(w, bytes, n, &packed);
	put(w, packed, n);
	pad(w);
	free(packed);
	le64(entry, start);
	le32(entry + 8, (uint32_t)n);
	le32(entry + 12, 1);
}

static void put_table(struct writer *w, const uint8_t *entries, size_t first, size_t nr)
{
	uint8_t header[16] = {0};
	uint64_t start = here(w);

	le64(header, first);
	le32(header + 8, (uint32_t)nr);
	put_checked(w, header, sizeof(header));
	put_checked(w, entries, nr * 16);
	end_section(w, 4, start);
}

static void put_chunks(struct writer *w, const uint8_t *media, size_t n, size_t first, size_t nr)
{
	size_t size = (w->recipe->sectors_per_chunk ? w->recipe->sectors_per_chunk : 4) * SECTOR;
	uint8_t *entries = calloc(nr + 1, 16);
	uint64_t start = here(w);

	for (size_t i = first; i < first + nr; i++) {
		bool plain = w->recipe->storing == EWF2_STORE_PLAIN ||
			     (w->recipe->plain_every && i % w->recipe->plain_every == 0);

		put_chunk(w, media + i * size, n - i * size < size ? n - i * size : size, plain,
			  entries + (i - first) * 16);
	}
	end_section(w, 3, start);
	put_table(w, entries, first, nr);
	free(entries);
}

static void put_file_header(struct writer *w)
{
	static const uint16_t methods[] = {1, 2, 2, 1};
	uint8_t raw[32] = {'E', 'V', 'F', '2', 13, 10, 0x81, 0, 2, 1};

	raw[10] = (uint8_t)methods[w->recipe->storing];
	le32(raw + 12, w->file + 1);
	memset(raw + 16, 0x5a, 16);
	put(w, raw, sizeof(raw));
}

void ewf2_write(const struct ewf2_recipe *recipe, const uint8_t *media, size_t n,
		struct ewf_set *set)
{
	uint32_t sectors = recipe->sectors_per_chunk ? recipe->sectors_per_chunk : 4;
	size_t chunks = (n + sectors * SECTOR - 1) / (sectors * SECTOR), next = 0;
	struct writer w = {.recipe = recipe, .set = set};

	memset(set, 0, sizeof(*set));
	set->nr_files = recipe->segments ? recipe->segments : 1;
	for (w.file = 0; w.file < set->nr_files; w.file++) {
		size_t end = chunks * (w.file + 1) / set->nr_files;

		w.last_section = 0;
		put_file_header(&w);
		put_descriptions(&w, n, sectors, chunks);
		while (next < end) {
			size_t nr =
				recipe->chunks_per_table && recipe->chunks_per_table < end - next
					? recipe->chunks_per_table
					: end - next;

			put_chunks(&w, media, n, next, nr);
			next += nr;
		}
		end_section(&w, w.file + 1 < set->nr_files ? 13 : 15, here(&w));
	}
}
