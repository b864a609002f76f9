// SPDX-License-Identifier: Apache-2.0
#include "source.h"
#include "tasks.h"

#include "base/cleanup.h"

int exh_task_info(struct exh_worker *w, const json_t *args)
{
	_cleanup_source_ struct exh_source *s = NULL;
	json_t *image, *p;
	size_t i;
	int r = exh_source_inspect(w, args, &s);

	if (r < 0)
		return r;
	image = exh_source_facts(w->ctx, s);
	if (!image)
		return exh_fail(w->ctx, EXH_E_NOMEM, "%s: out of memory", s->files[0].path);
	exh_emit_as(w, "image", image);
	json_array_foreach (s->problems, i, p)
		exh_emit_problem(w, json_incref(p));
	if (s->refusal)
		exh_emit_as(w, "refusal",
			    json_pack("{s:s, s:b}", "text", s->refusal, "readable", s->size > 0));
	return exh_emit_as(w, "has_losses", json_boolean(s->has_losses));
}
