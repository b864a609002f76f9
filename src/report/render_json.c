// SPDX-License-Identifier: Apache-2.0
/* The model itself: every number of the other documents can be looked up here. */
#include <string.h>

#include "report.h"

int exh_render_json(struct exh_ctx *ctx, const json_t *model, const json_t *annexes,
		    char **text_ret, size_t *n_ret)
{
	char *text = json_dumps(model, JSON_INDENT(1) | JSON_SORT_KEYS | JSON_ENSURE_ASCII);

	(void)annexes;
	if (!text)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	*n_ret = strlen(text);
	text[(*n_ret)++] = '\n'; /* the final newline of a text file takes the place of the 0 */
	*text_ret = text;
	return 0;
}
