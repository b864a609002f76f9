// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "cli.h"
#include "view.h"

int cmd_recover(struct cli *cli)
{
	return exh_recover(cli->ctx, &cli->facts);
}

void show_recover(const json_t *facts)
{
	view_plain(facts);
	view_problems(facts);
}
