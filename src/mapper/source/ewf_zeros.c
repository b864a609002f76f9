// SPDX-License-Identifier: Apache-2.0
/*
 * Chunks of zeros, known without unpacking each of them: in version 2 they are a pattern, in
 * version 1 they are so short as nothing else is, and all of one image are the same few bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "ewf2.h"

#define AT_ONCE	 4096 /* chunks */
#define SHORTEST 512  /* stored bytes of a chunk of zeros are fewer: deflate packs 1 to 1000 */

struct zeros {
	struct exh_source *s;
	struct ewf *e;
	uint8_t *media;
	uint8_t seen[SHORTEST]; /* a packed chunk of zeros */
	size_t nr_seen;
};

static bool is_zero(const uint8_t *p, size_t n)
{
	return !n || (!p[0] && !memcmp(p, p + 1, n - 1));
}

static bool find(const struct zeros *z, uint64_t chunk, struct ewf_place *place, int *fd)
{
	size_t table = exh_ewf_find_table(z->e, chunk);
	struct ewf_offsets *offsets;
	bool found;

	if (table == z->e->nr_tables)
		return false;
	offsets = exh_ewf_offsets_get(z->s, z->e, table);
	found = offsets &&
		z->e->version->locate(z->s, z->e, offsets,
				      (uint32_t)(chunk - z->e->tables[table].first_chunk), place);
	exh_ewf_offsets_put(z->e, offsets);
	*fd = z->s->files[z->e->tables[table].file].fd;
	return found;
}

static bool unpacks_to_zeros(struct zeros *z, const uint8_t *stored, const struct ewf_place *place,
			     size_t expected)
{
	enum exh_loss_reason reason;
	size_t length;

	if (expected == z->e->chunk_size && z->nr_seen == place->size &&
	    !memcmp(z->seen, stored, place->size))
		return true;
	if (exh_ewf_decode(z->e, stored, place, z->media, expected, &length, &reason) < 0 ||
	    !is_zero(z->media, expected))
		return false;
	if (expected == z->e->chunk_size) {
		memcpy(z->seen, stored, place->size);
		z->nr_seen = place->size;
	}
	return true;
}

static bool is_zero_chunk(struct zeros *z, uint64_t chunk)
{
	uint8_t stored[SHORTEST];
	struct ewf_place place;
	int fd;

	if (!find(z, chunk, &place, &fd))
		return false;
	if (place.coding == EWF_FILL)
		return !place.pattern;
	return place.coding != EWF_PLAIN && place.size && place.size <= SHORTEST &&
	       exh_pread_all(fd, stored, place.size, place.offset) == (int64_t)place.size &&
	       unpacks_to_zeros(z, stored, &place, exh_ewf_chunk_length(z->e, chunk));
}

uint64_t exh_ewf_zeros(struct exh_source *s, uint64_t offset, uint64_t limit)
{
	struct ewf *e = s->priv;
	_cleanup_free_ uint8_t *media = malloc(e->chunk_size);
	struct zeros z = {.s = s, .e = e, .media = media};
	uint64_t chunk = offset / e->chunk_size;

	for (unsigned i = 0; media && i < AT_ONCE && chunk * e->chunk_size < limit; i++, chunk++) {
		if (!is_zero_chunk(&z, chunk))
			break;
		offset = chunk * e->chunk_size + exh_ewf_chunk_length(e, chunk);
	}
	return exh_min(offset, limit);
}
