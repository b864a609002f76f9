// SPDX-License-Identifier: Apache-2.0
#include "cli.h"
#include "view.h"

int cmd_detach(struct cli *cli)
{
	return exh_detach(cli->ctx, cli->args.all ? NULL : cli->args.operands.list, &cli->facts);
}

void show_detach(const json_t *facts)
{
	view_undone(facts, "Nothing was attached.");
	view_problems(facts);
}
