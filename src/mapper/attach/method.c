// SPDX-License-Identifier: Apache-2.0
#include "method.h"

#include <string.h>

#include "base/problem.h"

/* Best first. */
static const struct exh_attach_method *const methods[] = {
	&exh_method_wploop,
	&exh_method_loop,
	&exh_method_fuse,
};

#define NR_METHODS (sizeof(methods) / sizeof(methods[0]))

const struct exh_attach_method *exh_method_named(const char *name)
{
	for (size_t i = 0; name && i < NR_METHODS; i++)
		if (!strcmp(methods[i]->name, name))
			return methods[i];
	return NULL;
}

static int is_usable(struct exh_ctx *ctx, const struct exh_attach_method *m)
{
	if (m->needs_root && geteuid())
		return exh_fail(ctx, EXH_E_PERMISSION,
				"method %s needs root; without root use --method fuse", m->name);
	return m->available(ctx);
}

int exh_method_choose(struct exh_ctx *ctx, const char *name, json_t *facts,
		      const struct exh_attach_method **ret)
{
	bool automatic = !name || !strcmp(name, "auto");

	*ret = automatic ? NULL : exh_method_named(name);
	if (*ret)
		return is_usable(ctx, *ret);
	if (!automatic)
		return exh_fail(ctx, EXH_E_USAGE, "%s: is no method to attach with", name);
	for (size_t i = 0; i < NR_METHODS; i++) {
		int r = is_usable(ctx, methods[i]);

		if (r < 0) {
			/* a module that nobody installed is no fault; exhibit doctor names it */
			if (!geteuid() && r != -EXH_E_MISSING)
				exh_problems_add(facts, exh_problem(EXH_P_COMPONENT_MISSING, "%s",
								    ctx->text));
			continue;
		}
		*ret = methods[i];
		if (geteuid() && methods[i]->needs_files)
			exh_problems_add(facts,
					 exh_problem(EXH_P_ROOT_MISSING,
						     "not root: files instead of block devices"));
		return 0;
	}
	return exh_prefix(ctx, -ctx->code, "no method to attach with is usable");
}
