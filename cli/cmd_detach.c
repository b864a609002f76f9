// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "cli.h"
#include "view.h"

int cmd_detach(struct cli *cli)
{
	return exh_detach(cli->ctx, cli->args.all ? NULL : cli->args.operands.list, &cli->facts);
}

void show_detach(const json_t *facts)
{
	const json_t *attachment;
	size_t i;

	json_array_foreach (json_object_get(facts, "attachments"), i, attachment) {
		printf("detached ");
		view_paragraph(view_str(attachment, "id"), 9, 2);
	}
	view_problems(facts);
}
