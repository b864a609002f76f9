// SPDX-License-Identifier: Apache-2.0
/* Chunk tables: loaded when somebody needs them, kept while memory allows. EWF 3.9. */
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/facts.h"
#include "ewf.h"
#include "formats.h"

#define CACHE_BYTES  (16U << 20)
#define CACHE_TABLES 64
#define COMPRESSED   0x80000000U

struct ewf_table_cache {
	pthread_mutex_t lock;
	struct ewf_offsets *slots[CACHE_TABLES];
	uint64_t used_at[CACHE_TABLES], clock;
	size_t bytes;
};

struct ewf_table_cache *exh_ewf_table_cache_new(void)
{
	struct ewf_table_cache *cache = calloc(1, sizeof(*cache));

	if (cache)
		pthread_mutex_init(&cache->lock, NULL);
	return cache;
}

void exh_ewf_table_cache_free(struct ewf_table_cache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < CACHE_TABLES; i++)
		free(cache->slots[i]);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

static size_t entries_size(const struct ewf *e, const struct ewf_table *t)
{
	return t->nr_entries * e->version->words * sizeof(uint32_t);
}

static bool read_copy(const struct exh_source *s, const struct ewf_table *t, uint64_t at,
		      uint32_t *entries, size_t n)
{
	int fd = s->files[t->file].fd;
	uint8_t footer[4];

	if (exh_pread_all(fd, entries, n, at) != (int64_t)n)
		return false;
	if (!t->has_footer)
		return true;
	return exh_pread_all(fd, footer, 4, at + n) == 4 &&
	       libdeflate_adler32(1, entries, n) == exh_le32(footer);
}

static void tell(struct exh_source *s, const struct ewf_table *t, enum exh_problem code,
		 const char *what)
{
	exh_source_problem(s, exh_problem(code, "%s: the chunk table at %llu %s",
					  exh_source_basename(s, t->file),
					  (unsigned long long)t->offset, what));
}

/* The first copy is good; is the second one too, and does it say the same? */
static void compare_copies(struct exh_source *s, const struct ewf_table *t, const uint32_t *entries,
			   size_t n)
{
	uint32_t *second = malloc(n + 1);

	if (second && !read_copy(s, t, t->entries2, second, n))
		tell(s, t, EXH_P_SECTION_CHECKSUM,
		     "has a copy that is damaged; the table itself is used");
	else if (second && memcmp(entries, second, n))
		tell(s, t, EXH_P_PROBES_DISAGREE,
		     "has a copy that says something else; the table itself is used");
	free(second);
}

static bool read_entries(struct exh_source *s, struct ewf_table *t, uint32_t *entries, size_t n)
{
	bool first = !t->bad && read_copy(s, t, t->entries, entries, n), told = t->compared;

	t->compared = true;
	if (first && t->entries2 && !t->bad2 && !told)
		compare_copies(s, t, entries, n);
	if (first)
		return true;
	if (!t->entries2 || t->bad2 || !read_copy(s, t, t->entries2, entries, n))
		return false;
	if (!t->bad && !told)
		tell(s, t, EXH_P_TABLE_COPY_USED, "is damaged; its copy is used");
	return true;
}

/*
 * Tables of EnCase 6.7 in segments over 2 GiB: once a chunk reaches past 2^31 the top bit belongs
 * to the offset, and the chunks are not compressed (EWF 3.9.3).
 */
static uint32_t find_overflow(const struct ewf_offsets *o, uint32_t nr)
{
	for (uint32_t i = 0; i + 1 < nr; i++) {
		uint32_t at = o->entries[i] & ~COMPRESSED, next = o->entries[i + 1] & ~COMPRESSED;
		uint32_t size = next < at ? o->entries[i + 1] - at : next - at;

		if ((uint64_t)at + size > INT32_MAX)
			return i + 1;
	}
	return nr;
}

static struct ewf_offsets *load(struct exh_source *s, struct ewf *e, size_t table)
{
	struct ewf_table *t = &e->tables[table];
	size_t n = entries_size(e, t);
	struct ewf_offsets *o = malloc(sizeof(*o) + n);

	if (!o)
		return NULL;
	o->refs = 1; /* the cache's own */
	o->table = table;
	o->readable = read_entries(s, t, o->entries, n);
	for (size_t i = 0; o->readable && i < n / 4; i++)
		o->entries[i] = le32toh(o->entries[i]);
	o->overflow = o->readable && e->version == &exh_ewf1 ? find_overflow(o, t->nr_entries) : 0;
	return o;
}

static size_t bytes_of(const struct ewf *e, const struct ewf_offsets *o)
{
	return sizeof(*o) + entries_size(e, &e->tables[o->table]);
}

static void drop_ref(struct ewf_offsets *o)
{
	if (!--o->refs)
		free(o);
}

static void evict(struct ewf *e, size_t slot)
{
	struct ewf_table_cache *cache = e->table_cache;

	cache->bytes -= bytes_of(e, cache->slots[slot]);
	drop_ref(cache->slots[slot]);
	cache->slots[slot] = NULL;
}

static size_t oldest(const struct ewf_table_cache *cache)
{
	size_t best = CACHE_TABLES;

	for (size_t i = 0; i < CACHE_TABLES; i++)
		if (cache->slots[i] &&
		    (best == CACHE_TABLES || cache->used_at[i] < cache->used_at[best]))
			best = i;
	return best;
}

static size_t free_slot(struct ewf *e, size_t bytes)
{
	struct ewf_table_cache *cache = e->table_cache;

	while (cache->bytes && cache->bytes + bytes > CACHE_BYTES)
		evict(e, oldest(cache));
	for (size_t i = 0; i < CACHE_TABLES; i++)
		if (!cache->slots[i])
			return i;
	evict(e, oldest(cache));
	return free_slot(e, bytes);
}

static size_t cached_slot(const struct ewf_table_cache *cache, size_t table)
{
	for (size_t i = 0; i < CACHE_TABLES; i++)
		if (cache->slots[i] && cache->slots[i]->table == table)
			return i;
	return CACHE_TABLES;
}

struct ewf_offsets *exh_ewf_offsets_get(struct exh_source *s, struct ewf *e, size_t table)
{
	struct ewf_table_cache *cache = e->table_cache;
	struct ewf_offsets *o;
	size_t slot;

	pthread_mutex_lock(&cache->lock);
	slot = cached_slot(cache, table);
	if (slot == CACHE_TABLES) {
		o = load(s, e, table);
		if (!o) {
			pthread_mutex_unlock(&cache->lock);
			return NULL;
		}
		slot = free_slot(e, bytes_of(e, o));
		cache->slots[slot] = o;
		cache->bytes += bytes_of(e, o);
	}
	o = cache->slots[slot];
	o->refs++;
	cache->used_at[slot] = ++cache->clock;
	pthread_mutex_unlock(&cache->lock);
	return o;
}

void exh_ewf_offsets_put(struct ewf *e, struct ewf_offsets *offsets)
{
	if (!offsets)
		return;
	pthread_mutex_lock(&e->table_cache->lock);
	drop_ref(offsets);
	pthread_mutex_unlock(&e->table_cache->lock);
}

static uint64_t entry_offset(const struct ewf_offsets *o, uint32_t i)
{
	return i < o->overflow ? o->entries[i] & ~COMPRESSED : o->entries[i];
}

bool exh_ewf1_locate(const struct exh_source *s, const struct ewf *e,
		     const struct ewf_offsets *offsets, uint32_t i, struct ewf_place *place)
{
	const struct ewf_table *t = &e->tables[offsets->table];
	uint64_t end, at;

	if (!offsets->readable || i >= t->nr_entries ||
	    exh_add_overflows(t->base, entry_offset(offsets, i), &at))
		return false;
	if (i + 1 < t->nr_entries) {
		uint64_t next = entry_offset(offsets, i + 1);

		/* the entry where the overflow begins may still carry the top bit as part of its
		 * offset */
		if (next < entry_offset(offsets, i))
			next = offsets->entries[i + 1];
		if (exh_add_overflows(t->base, next, &end))
			return false;
	} else {
		end = t->data_end;
	}
	place->offset = at;
	place->size = end - at;
	place->coding = e->smart || (i < offsets->overflow && (offsets->entries[i] & COMPRESSED))
				? EWF_DEFLATE
				: EWF_PLAIN;
	return end > at && end <= s->files[t->file].size && at >= EWF_FILE_HEADER;
}

size_t exh_ewf_find_table(const struct ewf *e, uint64_t chunk)
{
	size_t low = 0, high = e->nr_tables;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (e->tables[mid].first_chunk + e->tables[mid].nr_entries <= chunk)
			low = mid + 1;
		else
			high = mid;
	}
	return low < e->nr_tables && e->tables[low].first_chunk <= chunk ? low : e->nr_tables;
}
