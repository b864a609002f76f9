// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "cli.h"
#include "view.h"

int cmd_report(struct cli *cli)
{
	struct exh_report_options options = {.size = sizeof(options),
					     .formats = cli->args.format,
					     .out_dir = cli->args.output,
					     .language = cli->args.language};

	return exh_report_as(cli->ctx, cli->args.operands.list[0], &options, &cli->facts);
}

void show_report(const json_t *facts)
{
	const json_t *file;
	size_t i;

	json_array_foreach (json_object_get(facts, "files"), i, file) {
		const char *path = view_str(file, "path"), *digest = view_str(file, "sha256");

		view_paragraph(path ? path : "", 0, 2);
		printf("  sha256 ");
		view_paragraph(digest ? digest : "not known", 9, 2);
	}
	view_problems(facts);
}
