// SPDX-License-Identifier: Apache-2.0
/* Chunks: found, inflated, checked, and kept for the next reader. */
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "ewf2.h"

#define CACHE_BYTES   (32U << 20)
#define MIN_SLOTS     4
#define MAX_INFLATERS 64
#define MAX_ROOMS     4
#define SMALL_CHUNK   (64U << 10)

/* Inflaters are large and cannot be shared; idle ones wait here. */
struct ewf_inflaters {
	pthread_mutex_t lock;
	struct libdeflate_decompressor *idle[MAX_INFLATERS];
	size_t nr_idle;
};

struct ewf_inflaters *exh_ewf_inflaters_new(void)
{
	struct ewf_inflaters *pool = calloc(1, sizeof(*pool));

	if (pool)
		pthread_mutex_init(&pool->lock, NULL);
	return pool;
}

void exh_ewf_inflaters_free(struct ewf_inflaters *pool)
{
	if (!pool)
		return;
	for (size_t i = 0; i < pool->nr_idle; i++)
		libdeflate_free_decompressor(pool->idle[i]);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

static struct libdeflate_decompressor *inflater_get(struct ewf_inflaters *pool)
{
	struct libdeflate_decompressor *d = NULL;

	pthread_mutex_lock(&pool->lock);
	if (pool->nr_idle)
		d = pool->idle[--pool->nr_idle];
	pthread_mutex_unlock(&pool->lock);
	return d ? d : libdeflate_alloc_decompressor();
}

static void inflater_put(struct ewf_inflaters *pool, struct libdeflate_decompressor *d)
{
	pthread_mutex_lock(&pool->lock);
	if (pool->nr_idle < MAX_INFLATERS) {
		pool->idle[pool->nr_idle++] = d;
		d = NULL;
	}
	pthread_mutex_unlock(&pool->lock);
	libdeflate_free_decompressor(d);
}

size_t exh_ewf_chunk_length(const struct ewf *e, uint64_t chunk)
{
	return exh_min(e->chunk_size, e->media_size - chunk * e->chunk_size);
}

static int inflate(struct ewf *e, const uint8_t *stored, size_t n, uint8_t *out, size_t room,
		   size_t *length)
{
	struct libdeflate_decompressor *d = inflater_get(e->inflaters);
	enum libdeflate_result result;
	size_t used;

	if (!d)
		return -1;
	/* the format checks the Adler-32 behind the data (RFC 1950, 2.2) */
	result = libdeflate_zlib_decompress_ex(d, stored, n, out, room, &used, length);
	inflater_put(e->inflaters, d);
	return result == LIBDEFLATE_SUCCESS ? 0 : -1;
}

int exh_ewf_unpack(struct ewf *e, enum ewf_coding coding, const uint8_t *stored, size_t n,
		   uint8_t *out, size_t room, size_t *length)
{
	if (coding == EWF_DEFLATE)
		return inflate(e, stored, n, out, room, length);
	if (coding == EWF_BZIP2)
		return exh_ewf2_unbzip2(stored, n, out, room, length);
	if (n > room)
		return -1;
	memcpy(out, stored, n);
	*length = n;
	return 0;
}

static void fill(const struct ewf_place *place, uint8_t *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(place->pattern >> (8 * (i % 8)));
}

/* A chunk as it is, with its Adler-32 behind it: EWF 3.8.2. */
static int copy_plain(const uint8_t *stored, size_t n, uint8_t *out, size_t expected,
		      size_t *length, enum exh_loss_reason *reason)
{
	*reason = EXH_LOST_CHECKSUM;
	if (n < 4)
		return -1;
	*length = n - 4;
	if (libdeflate_adler32(1, stored, *length) != exh_le32(stored + *length)) {
		/* the last chunk of a section may be followed by padding */
		if (*length <= expected ||
		    libdeflate_adler32(1, stored, expected) != exh_le32(stored + expected))
			return -1;
		*length = expected;
	}
	memcpy(out, stored, *length);
	return 0;
}

int exh_ewf_decode(struct ewf *e, const uint8_t *stored, const struct ewf_place *place,
		   uint8_t *out, size_t expected, size_t *length, enum exh_loss_reason *reason)
{
	size_t n = place->size;
	int r;

	if (place->coding == EWF_FILL) {
		fill(place, out, expected);
		*length = e->chunk_size;
		return 0;
	}
	if (place->coding == EWF_PLAIN) {
		n = exh_min(n, (uint64_t)e->chunk_size + 4);
		r = copy_plain(stored, n, out, expected, length, reason);
	} else {
		*reason = EXH_LOST_DECOMPRESS;
		r = exh_ewf_unpack(e, place->coding, stored, n, out, e->chunk_size, length);
	}
	if (!r && *length < expected) {
		*reason = EXH_LOST_DECOMPRESS;
		return -1;
	}
	return r;
}

/* Deflate never needs more than this for a chunk; larger stored sizes are padding or a lie. */
static size_t stored_limit(const struct ewf *e)
{
	return (size_t)e->chunk_size + e->chunk_size / 8 + 4096;
}

const struct ewf_hole *exh_ewf_hole_of(const struct ewf *e, uint64_t chunk)
{
	for (size_t i = 0; i < e->nr_holes; i++)
		if (chunk >= e->holes[i].first_chunk &&
		    chunk - e->holes[i].first_chunk < e->holes[i].nr_chunks)
			return &e->holes[i];
	return NULL;
}

/* A chunk that is stored as it is goes straight to its place, and its checksum beside it. 0; 1
 * where it must be looked at more closely. */
static int load_plain(int fd, const struct ewf_place *place, uint8_t *out, size_t expected)
{
	uint8_t sum[4];
	struct iovec parts[] = {{out, expected}, {sum, sizeof(sum)}};

	if (place->size != expected + sizeof(sum) ||
	    preadv(fd, parts, 2, (off_t)place->offset) != (ssize_t)place->size)
		return 1;
	return libdeflate_adler32(1, out, expected) == exh_le32(sum) ? 0 : 1;
}

static int load_from(struct exh_source *s, struct ewf *e, size_t table, struct ewf_place place,
		     uint8_t *out, size_t expected, size_t *length, enum exh_loss_reason *reason)
{
	int fd = s->files[e->tables[table].file].fd;
	_cleanup_free_ uint8_t *stored = NULL;
	int64_t got;

	*length = expected;
	if (place.coding == EWF_PLAIN && !load_plain(fd, &place, out, expected))
		return 0;
	if (!place.size)
		return exh_ewf_decode(e, NULL, &place, out, expected, length, reason);
	place.size = exh_min(place.size, stored_limit(e));
	stored = malloc(place.size);
	*reason = EXH_LOST_IO_ERROR;
	if (!stored)
		return -1;
	got = exh_pread_all(fd, stored, place.size, place.offset);
	if (got < 0)
		return -1;
	if ((uint64_t)got < place.size) {
		*reason = EXH_LOST_TRUNCATED;
		return -1;
	}
	return exh_ewf_decode(e, stored, &place, out, expected, length, reason);
}

/* Where a chunk is that a table has. */
static bool place_of(struct exh_source *s, struct ewf *e, size_t table, uint64_t chunk,
		     struct ewf_place *place)
{
	struct ewf_offsets *offsets = exh_ewf_offsets_get(s, e, table);
	bool found = offsets &&
		     e->version->locate(s, e, offsets,
					(uint32_t)(chunk - e->tables[table].first_chunk), place);

	exh_ewf_offsets_put(e, offsets);
	return found;
}

int exh_ewf_load(struct exh_source *s, struct ewf *e, uint64_t chunk, uint8_t *out, size_t *length,
		 enum exh_loss_reason *reason)
{
	size_t table = exh_ewf_find_table(e, chunk), expected = exh_ewf_chunk_length(e, chunk);
	const struct ewf_hole *hole;
	struct ewf_place place;

	if (table == e->nr_tables) {
		hole = exh_ewf_hole_of(e, chunk);
		*reason = hole ? hole->reason : EXH_LOST_TRUNCATED;
		return -1;
	}
	if (!place_of(s, e, table, chunk, &place)) {
		*reason = EXH_LOST_CHECKSUM;
		return -1;
	}
	return load_from(s, e, table, place, out, expected, length, reason);
}

/* Each chunk has one place in the cache; its lock also makes a second reader wait for the first
 * one's work. */
struct cached {
	pthread_mutex_t lock;
	uint64_t chunk; /* plus 1; 0: empty */
	bool lost;
	enum exh_loss_reason reason;
	uint8_t *data;
};

struct ewf_chunk_cache {
	pthread_mutex_t lock; /* of the rooms */
	uint8_t *rooms[MAX_ROOMS];
	size_t nr_rooms;
	size_t nr_slots;
	struct cached slots[];
};

struct ewf_chunk_cache *exh_ewf_chunk_cache_new(size_t chunk_size)
{
	size_t nr = exh_max(CACHE_BYTES / chunk_size, MIN_SLOTS);
	struct ewf_chunk_cache *cache = calloc(1, sizeof(*cache) + nr * sizeof(struct cached));

	if (!cache)
		return NULL;
	cache->nr_slots = nr;
	pthread_mutex_init(&cache->lock, NULL);
	for (size_t i = 0; i < nr; i++)
		pthread_mutex_init(&cache->slots[i].lock, NULL);
	return cache;
}

void exh_ewf_chunk_cache_free(struct ewf_chunk_cache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < cache->nr_slots; i++) {
		pthread_mutex_destroy(&cache->slots[i].lock);
		free(cache->slots[i].data);
	}
	while (cache->nr_rooms)
		free(cache->rooms[--cache->nr_rooms]);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

static void fill_slot(struct exh_source *s, struct ewf *e, struct cached *slot, uint64_t chunk)
{
	size_t length;

	slot->chunk = 0;
	if (!slot->data)
		slot->data = malloc(e->chunk_size);
	slot->reason = EXH_LOST_IO_ERROR;
	slot->lost =
		!slot->data || exh_ewf_load(s, e, chunk, slot->data, &length, &slot->reason) < 0;
	slot->chunk = slot->data ? chunk + 1 : 0;
}

/* What is stored as it is comes as fast from its file as from a cache that is larger than the
 * processor's. */
static bool is_packed(struct exh_source *s, struct ewf *e, uint64_t chunk)
{
	size_t table = exh_ewf_find_table(e, chunk);
	struct ewf_place place;

	return table < e->nr_tables && place_of(s, e, table, chunk, &place) && place.size &&
	       place.coding != EWF_PLAIN;
}

/* Room for one chunk; the one that came back last is still near the processor. */
static uint8_t *room_get(struct ewf_chunk_cache *cache, size_t chunk_size)
{
	uint8_t *room = NULL;

	pthread_mutex_lock(&cache->lock);
	if (cache->nr_rooms)
		room = cache->rooms[--cache->nr_rooms];
	pthread_mutex_unlock(&cache->lock);
	return room ? room : malloc(chunk_size);
}

static void room_put(struct ewf_chunk_cache *cache, uint8_t *room)
{
	pthread_mutex_lock(&cache->lock);
	if (cache->nr_rooms < MAX_ROOMS) {
		cache->rooms[cache->nr_rooms++] = room;
		room = NULL;
	}
	pthread_mutex_unlock(&cache->lock);
	free(room);
}

/* Part of a chunk that is not kept. */
static bool copy_once(struct exh_source *s, struct ewf *e, uint64_t chunk, size_t from, size_t n,
		      void *buf, struct exh_loss *loss)
{
	uint8_t *room = room_get(e->chunk_cache, e->chunk_size);
	size_t length;
	bool good;

	loss->reason = EXH_LOST_IO_ERROR;
	if (!room)
		return false;
	good = !exh_ewf_load(s, e, chunk, room, &length, &loss->reason);
	if (good)
		memcpy(buf, room + from, n);
	room_put(e->chunk_cache, room);
	return good;
}

/* Copies part of a chunk; false where the chunk is lost. One that is wanted whole goes straight to
 * its reader, who will not want it again; what is small and not packed is not kept. */
static bool copy_from_chunk(struct exh_source *s, struct ewf *e, uint64_t chunk, size_t from,
			    size_t n, void *buf, struct exh_loss *loss)
{
	struct cached *slot = &e->chunk_cache->slots[chunk % e->chunk_cache->nr_slots];
	bool lost;
	size_t length;

	pthread_mutex_lock(&slot->lock);
	if (slot->chunk != chunk + 1 && n == e->chunk_size) {
		pthread_mutex_unlock(&slot->lock);
		return !exh_ewf_load(s, e, chunk, buf, &length, &loss->reason);
	}
	if (slot->chunk != chunk + 1 && e->chunk_size <= SMALL_CHUNK && !is_packed(s, e, chunk)) {
		pthread_mutex_unlock(&slot->lock);
		return copy_once(s, e, chunk, from, n, buf, loss);
	}
	if (slot->chunk != chunk + 1)
		fill_slot(s, e, slot, chunk);
	lost = slot->lost;
	if (!lost)
		memcpy(buf, slot->data + from, n);
	loss->reason = slot->reason;
	pthread_mutex_unlock(&slot->lock);
	return !lost;
}

size_t exh_ewf_read(struct exh_source *s, void *buf, uint64_t offset, size_t n,
		    struct exh_loss *loss)
{
	struct ewf *e = s->priv;
	size_t done = 0;

	while (done < n) {
		uint64_t chunk = (offset + done) / e->chunk_size;
		size_t from = (offset + done) % e->chunk_size;
		size_t take = exh_min(n - done, exh_ewf_chunk_length(e, chunk) - from);

		if (!copy_from_chunk(s, e, chunk, from, take, (uint8_t *)buf + done, loss)) {
			loss->start = chunk * e->chunk_size;
			loss->length = exh_ewf_chunk_length(e, chunk);
			break;
		}
		done += take;
	}
	return done;
}

void exh_ewf_prepare(struct exh_source *s, uint64_t offset, size_t n)
{
	struct ewf *e = s->priv;
	uint64_t last = (offset + n - 1) / e->chunk_size;

	for (uint64_t chunk = offset / e->chunk_size; chunk <= last; chunk++) {
		struct cached *slot = &e->chunk_cache->slots[chunk % e->chunk_cache->nr_slots];

		if (!is_packed(s, e, chunk))
			continue;
		pthread_mutex_lock(&slot->lock);
		if (slot->chunk != chunk + 1)
			fill_slot(s, e, slot, chunk);
		pthread_mutex_unlock(&slot->lock);
	}
}
