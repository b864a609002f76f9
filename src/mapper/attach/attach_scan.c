// SPDX-License-Identifier: Apache-2.0
/* The public way to attach: look first. */
#include <exhibit.h>

#include "attach.h"
#include "base/cleanup.h"
#include "base/problem.h"

int exh_attach(struct exh_ctx *ctx, struct exh_image *image, const struct exh_attach_options *options,
	       json_t **facts)
{
	const struct exh_scan_options how = {.size = sizeof(how)};
	_cleanup_json_ json_t *scan = NULL;
	int r = exh_scan(ctx, image, &how, &scan);

	*facts = NULL;
	if (!r)
		r = exh_attach_with(ctx, image, scan, options, facts);
	/* the scan repeats what opening the image found, and knows more */
	if (*facts && scan && json_object_get(scan, "problems")) {
		_cleanup_json_ json_t *own = json_incref(json_object_get(*facts, "problems"));
		json_t *all = json_copy(json_object_get(scan, "problems"));
		json_t *p;
		size_t i;

		json_array_foreach(own, i, p) {
			bool known = false;
			const json_t *q;
			size_t k;

			json_array_foreach(all, k, q)
				known |= json_equal(p, q);
			if (!known)
				json_array_append(all, p);
		}
		json_object_set_new(*facts, "problems", all);
	}
	return r;
}
