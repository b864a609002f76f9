// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "hits.h"

#define RANGE_TEXT 36

int exh_tally_add(struct exh_ctx *ctx, struct exh_tally *t, uint64_t start, uint64_t length)
{
	struct exh_range *last = t->nr ? &t->list[t->nr - 1] : NULL, *grown;

	if (!length)
		return 0;
	t->bytes += length;
	if (last && last->start + last->length == start) {
		last->length += length;
		return 0;
	}
	if (!t->list || t->nr == t->room) {
		t->room = t->room ? t->room * 2 : 16;
		grown = realloc(t->list, t->room * sizeof(*grown));
		if (!grown)
			return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
		t->list = grown;
	}
	t->list[t->nr++] = (struct exh_range){start, length};
	return 0;
}

/* "START LENGTH;" in hexadecimal: a fraction of what objects would take. */
json_t *exh_tally_text(const struct exh_tally *t)
{
	_cleanup_free_ char *text = malloc(t->nr * RANGE_TEXT + 1);
	size_t used = 0;

	if (!text)
		return NULL;
	for (size_t i = 0; t->list && i < t->nr; i++)
		used += (size_t)snprintf(text + used, RANGE_TEXT, "%" PRIx64 " %" PRIx64 ";",
					 t->list[i].start, t->list[i].length);
	return json_stringn(text, used);
}

void exh_tally_clear(struct exh_tally *t)
{
	free(t->list);
	*t = (struct exh_tally){0};
}
