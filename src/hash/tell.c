// SPDX-License-Identifier: Apache-2.0
#include "tell.h"

#include "base/cleanup.h"

#define MAX_DAMAGE 1000000

int exh_tell_rows(struct exh_worker *w, const char *key, const json_t *rows)
{
	json_t *row;
	size_t i;
	int r = 0;

	json_array_foreach (rows, i, row) {
		if (r < 0)
			break;
		r = exh_emit_row(w, key, json_incref(row));
	}
	return r;
}

int exh_tell_source(struct exh_worker *w, struct exh_source *s, size_t problems_before)
{
	_cleanup_json_ json_t *losses = exh_source_losses(s);
	int r;

	if (json_array_size(losses) > MAX_DAMAGE)
		return exh_fail(w->ctx, EXH_E_RANGE, "more than %d lost ranges", MAX_DAMAGE);
	r = exh_tell_rows(w, "damage", losses);
	for (size_t i = problems_before; i < json_array_size(s->problems) && !r; i++)
		r = exh_emit_problem(w, json_incref(json_array_get(s->problems, i)));
	if (!r)
		r = exh_emit_as(w, "losses", json_integer((json_int_t)json_array_size(losses)));
	return r ? r : exh_emit_as(w, "bytes", json_integer((json_int_t)s->size));
}
