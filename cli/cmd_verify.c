// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "view.h"

/* The digests that the case knows from before; none where there is no case yet. */
static int baseline(struct cli *cli, json_t **digests)
{
	if (!cli->args.case_dir)
		return 0;
	return exh_case_baseline(cli->ctx, cli->args.case_dir, cli->image, digests);
}

int cmd_verify(struct cli *cli)
{
	struct exh_verify_options options = {.size = sizeof(options),
					     .algorithms = cli->args.algorithms,
					     .expect = cli->args.expect.list,
					     .threads = cli->args.threads,
					     .from_medium = cli->args.from_medium};
	json_t *digests = NULL;
	int r = cli_open_image(cli, cli->args.operands.list[0]);

	if (r >= 0)
		r = baseline(cli, &digests);
	options.baseline = digests;
	if (r >= 0)
		r = exh_verify(cli->ctx, cli->image, &options, &cli->facts);
	json_decref(digests);
	return r;
}

static void show_segments(const json_t *facts)
{
	const json_t *list = json_object_get(facts, "segments_digests"), *segment;
	size_t i;

	if (json_array_size(list))
		view_title("The files themselves (sha256)");
	json_array_foreach (list, i, segment) {
		const char *path = view_str(segment, "path"), *digest = view_str(segment, "sha256");

		view_paragraph(path ? path : "", 0, 2);
		printf("  ");
		view_paragraph(digest ? digest : "not known", 2, 2);
	}
}

void show_verify(const json_t *facts)
{
	view_image(facts);
	view_digests(facts);
	show_segments(facts);
	view_references(facts);
	view_damage(facts);
	view_problems(facts);
	view_verdict(facts);
}
