// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "view.h"

int cmd_attach(struct cli *cli)
{
	struct exh_attach_options options = {.size = sizeof(options),
					     .method = cli->args.method,
					     .partitions = cli->args.partitions.list,
					     .nr_partitions = cli->args.partitions.n,
					     .case_dir = cli->args.case_dir};
	int r = cli_open_image(cli, cli->args.operands.list[0]);

	return r < 0 ? r : exh_attach(cli->ctx, cli->image, &options, &cli->facts);
}

void show_attach(const json_t *facts)
{
	const json_t *attachment = json_array_get(json_object_get(facts, "attachments"), 0);
	const char *id = view_str(attachment, "id");
	char *text;

	view_attachments(facts);
	view_problems(facts);
	if (!id)
		return;
	text = view_format("'exhibit detach %s' undoes this.", id);
	putchar('\n');
	view_paragraph(text, 0, 0);
	free(text);
}
