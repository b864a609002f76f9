// SPDX-License-Identifier: Apache-2.0
#include <exhibit.h>
#include <stdio.h>
int main(int argc, char **argv)
{
	struct exh_ctx *ctx; struct exh_image *im; json_t *f;
	struct exh_image_options o = {.size = sizeof(o), .allow_incomplete = argc > 2 ? argv[2] : NULL};
	if (exh_start(&ctx) < 0) return 3;
	if (exh_image_open(ctx, argv[1], &o, &im) < 0) { fprintf(stderr, "%s\n", exh_error_text(ctx)); return 3; }
	if (exh_info(ctx, im, &f) < 0) return 3;
	json_dumpf(f, stdout, JSON_INDENT(2)); puts("");
	int r = exh_exit_status(f); json_decref(f); exh_image_close(im); exh_end(ctx);
	return r;
}
