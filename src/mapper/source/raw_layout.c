// SPDX-License-Identifier: Apache-2.0
#include "raw_layout.h"

#include <stdlib.h>

#include "base/checked.h"
#include "base/facts.h"

/* The commonest of all but the last, the larger one of equals. */
static uint64_t usual_size(const uint64_t *sizes, size_t n)
{
	uint64_t best = sizes[0];
	size_t best_count = 0;

	for (size_t i = 0; i + 1 < n; i++) {
		size_t count = 0;

		for (size_t j = 0; j + 1 < n; j++)
			count += sizes[j] == sizes[i];
		if (count > best_count || (count == best_count && sizes[i] > best)) {
			best = sizes[i];
			best_count = count;
		}
	}
	return best;
}

static const json_t *missing_at(const json_t *missing, uint64_t place)
{
	const json_t *m;
	size_t i;

	json_array_foreach (missing, i, m)
		if (exh_json_u64(m, "place", UINT64_MAX) == place)
			return m;
	return NULL;
}

static bool is_last_file(const struct exh_raw_layout *l, size_t i)
{
	return l->pieces[i].file + 1 == (int)l->nr_files;
}

bool exh_raw_is_odd(const struct exh_raw_layout *l, size_t i)
{
	const struct exh_piece *p = &l->pieces[i];

	if (p->file < 0)
		return false;
	if (is_last_file(l, i))
		return p->available > l->usual && l->nr_files > 1;
	return p->available != l->usual;
}

static void set_lengths(struct exh_raw_layout *l)
{
	for (size_t i = 0; i < l->nr; i++) {
		struct exh_piece *p = &l->pieces[i];

		p->length = p->file < 0 ? l->usual : p->available;
		if (p->file >= 0 && !is_last_file(l, i))
			p->length = exh_max(p->available, l->usual);
	}
}

int exh_raw_layout(struct exh_ctx *ctx, const uint64_t *sizes, size_t nr_files,
		   const json_t *missing, struct exh_raw_layout **ret)
{
	size_t nr = nr_files + json_array_size(missing), file = 0;
	struct exh_raw_layout *l = calloc(1, sizeof(*l) + nr * sizeof(l->pieces[0]));

	if (!l)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	l->nr = nr;
	l->nr_files = nr_files;
	l->usual = usual_size(sizes, nr_files);
	for (size_t i = 0; i < nr; i++) {
		const json_t *lacks = missing_at(missing, i);
		bool is_there = !lacks && file < nr_files;

		l->pieces[i].name = exh_json_str(lacks, "name");
		l->pieces[i].file = is_there ? (int)file : -1;
		l->pieces[i].available = is_there ? sizes[file++] : 0;
	}
	set_lengths(l);
	for (size_t i = 0; i < nr; i++) {
		l->pieces[i].start = l->size;
		if (exh_add_overflows(l->size, l->pieces[i].length, &l->size)) {
			free(l);
			return exh_fail(ctx, EXH_E_FORMAT, "the set is too large");
		}
	}
	*ret = l;
	return 0;
}
