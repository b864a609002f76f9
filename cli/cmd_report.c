// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "cli.h"
#include "view.h"

int cmd_report(struct cli *cli)
{
	return exh_report(cli->ctx, cli->args.operands.list[0], cli->args.format, cli->args.output,
			  &cli->facts);
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
