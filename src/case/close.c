// SPDX-License-Identifier: Apache-2.0
/* The closing entry: nothing is added behind it. */
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "exhibits.h"

static int check_live(struct exh_ctx *ctx, const struct exh_case *c)
{
	const char *key;
	json_t *begin;

	json_object_foreach (c->steps.open, key, begin) {
		const char *step = exh_json_str(begin, "step");

		if (exh_step_is_live(c->steps_fd, exh_json_u64(begin, "seq", 0)))
			return exh_fail(
				ctx, EXH_E_BUSY,
				"%s: the step %s goes on in another process; close the case "
				"when it has ended",
				c->dir, step ? step : "");
	}
	return 0;
}

int exh_case_finish(struct exh_ctx *ctx, const char *dir, const struct exh_operator *who,
		    const char *reason, json_t **facts)
{
	_cleanup_json_ json_t *entry = json_object();
	_cleanup_case_ struct exh_case *c = NULL;
	int r = exh_by_set(ctx, entry, who);

	if (r == 0)
		r = exh_case_open_there(ctx, dir, &c);
	if (r == 0)
		r = check_live(ctx, c);
	if (r < 0)
		return r;
	exh_text_set(entry, "reason", reason);
	r = exh_case_event(ctx, c, "close", entry);
	if (r < 0)
		return r;
	*facts = exh_custody_facts(c, "case close");
	json_object_set(*facts, "close", entry);
	r = exh_case_seal(ctx, c);
	if (r == 0 && exh_head_read(ctx, c->dirfd, EXH_HEAD_NAME, &c->head) == 0)
		json_object_set_new(*facts, "head", exh_head_json(&c->head));
	return r;
}
