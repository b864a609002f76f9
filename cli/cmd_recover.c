// SPDX-License-Identifier: Apache-2.0
#include "cli.h"
#include "view.h"

int cmd_recover(struct cli *cli)
{
	return exh_recover(cli->ctx, &cli->facts);
}

void show_recover(const json_t *facts)
{
	view_undone(facts, "Nothing was left behind.");
	view_problems(facts);
}
