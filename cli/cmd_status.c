// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "cli.h"
#include "view.h"

int cmd_status(struct cli *cli)
{
	return exh_status(cli->ctx, &cli->facts);
}

void show_status(const json_t *facts)
{
	if (!json_array_size(json_object_get(facts, "attachments")))
		puts("Nothing is attached.");
	view_attachments(facts);
	view_problems(facts);
}
