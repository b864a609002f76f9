// SPDX-License-Identifier: Apache-2.0
/* Inputs: text that packs well, and E01 files of any size whose chunks are mostly empty. */
#include <libdeflate.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"

#define CHUNK	   32768U
#define PER_TABLE  65534U
#define FULL_EVERY 4096U /* one chunk of so many holds something */
#define DESCRIPTOR 76

int parts_text(uint64_t size)
{
	static const char *const words[] = {"connection", "from",  "accepted", "session", "closed",
					    "user",	  "error", "timeout",  "GET",	  "index"};
	uint64_t state = 1, done = 0;

	while (done < size) {
		uint64_t r = parts_next(&state);
		int n = printf("2025-03-%02u %02u:%02u:%02u host%u %s %s %s 10.%u.%u.%u %llx\n",
			       (unsigned)(done >> 26) % 28 + 1, (unsigned)(done >> 21) % 24,
			       (unsigned)(done >> 15) % 60, (unsigned)(done >> 9) % 60,
			       (unsigned)(r % 7), words[r / 7 % 10], words[r / 70 % 10],
			       words[r / 700 % 10], (unsigned)(r >> 20) % 16,
			       (unsigned)(r >> 28) % 256, (unsigned)(r >> 36) % 256,
			       (unsigned long long)(r >> 40) % 65536);

		if (n < 0)
			return 1;
		done += (uint64_t)n;
	}
	return 0;
}

struct writer {
	FILE *f;
	uint64_t at;
};

static void put(struct writer *w, const void *bytes, size_t n)
{
	if (fwrite(bytes, 1, n, w->f) != n)
		exit(parts_die("cannot write"));
	w->at += n;
}

static void le(uint8_t *p, uint64_t v, int n)
{
	for (int i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static void put_checksum(struct writer *w, const void *bytes, size_t n)
{
	uint8_t sum[4];

	le(sum, libdeflate_adler32(1, bytes, n), 4);
	put(w, sum, 4);
}

static void put_section(struct writer *w, const char *type, uint64_t n, bool last)
{
	uint8_t raw[72] = {0};

	memcpy(raw, type, strlen(type));
	le(raw + 16, last ? w->at : w->at + DESCRIPTOR + n, 8);
	le(raw + 24, DESCRIPTOR + n, 8);
	put(w, raw, sizeof(raw));
	put_checksum(w, raw, sizeof(raw));
}

static void put_volume(struct writer *w, uint64_t chunks)
{
	uint8_t raw[1048] = {1};

	le(raw + 4, chunks, 4);
	le(raw + 8, CHUNK / 512, 4);
	le(raw + 12, 512, 4);
	le(raw + 16, chunks * (CHUNK / 512), 8);
	memset(raw + 64, 0x5a, 16);
	put_section(w, "volume", sizeof(raw) + 4, false);
	put(w, raw, sizeof(raw));
	put_checksum(w, raw, sizeof(raw));
}

static void put_table(struct writer *w, const char *type, uint64_t base, const uint8_t *entries,
		      uint32_t nr)
{
	uint8_t raw[20] = {0};

	le(raw, nr, 4);
	le(raw + 8, base, 8);
	put_section(w, type, 24 + (uint64_t)nr * 4 + 4, false);
	put(w, raw, sizeof(raw));
	put_checksum(w, raw, sizeof(raw));
	put(w, entries, (size_t)nr * 4);
	put_checksum(w, entries, (size_t)nr * 4);
}

struct chunks {
	uint8_t empty[CHUNK + 64], full[CHUNK + 4];
	size_t empty_size;
	uint64_t state;
};

static void make_chunks(struct chunks *c)
{
	struct libdeflate_compressor *d = libdeflate_alloc_compressor(1);

	c->empty_size = libdeflate_zlib_compress(d, c->full, CHUNK, c->empty, sizeof(c->empty));
	libdeflate_free_compressor(d);
	c->state = 1;
}

static void put_chunk(struct writer *w, struct chunks *c, bool is_full)
{
	if (!is_full) {
		put(w, c->empty, c->empty_size);
		return;
	}
	for (size_t i = 0; i < CHUNK; i += 8)
		le(c->full + i, parts_next(&c->state), 8);
	put(w, c->full, CHUNK);
	put_checksum(w, c->full, CHUNK);
}

/* The sizes of a run are known before it is written. */
static void put_run(struct writer *w, struct chunks *c, uint64_t first, uint32_t nr,
		    uint8_t *entries)
{
	uint64_t base = w->at, offset = DESCRIPTOR;

	for (uint32_t i = 0; i < nr; i++) {
		bool is_full = (first + i) % FULL_EVERY == 0;

		le(entries + (size_t)i * 4, offset | (is_full ? 0 : 0x80000000U), 4);
		offset += is_full ? CHUNK + 4 : c->empty_size;
	}
	put_section(w, "sectors", offset - DESCRIPTOR, false);
	for (uint32_t i = 0; i < nr; i++)
		put_chunk(w, c, (first + i) % FULL_EVERY == 0);
	put_table(w, "table", base, entries, nr);
	put_table(w, "table2", base, entries, nr);
}

int parts_generate(uint64_t gib, const char *path)
{
	static const uint8_t header[13] = {'E', 'V', 'F', 9, 13, 10, 255, 0, 1, 1};
	uint64_t total = (gib << 30) / CHUNK;
	struct writer w = {.f = fopen(path, "we")};
	struct chunks *c = calloc(1, sizeof(*c));
	uint8_t *entries = malloc((size_t)PER_TABLE * 4);

	if (!w.f || !c || !entries)
		return parts_die(path);
	make_chunks(c);
	put(&w, header, sizeof(header));
	put_volume(&w, total);
	for (uint64_t at = 0; at < total; at += PER_TABLE)
		put_run(&w, c, at, (uint32_t)(total - at < PER_TABLE ? total - at : PER_TABLE),
			entries);
	put_section(&w, "done", 0, true);
	free(c);
	free(entries);
	return fclose(w.f) ? parts_die(path) : 0;
}
