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
	view_plain(facts);
	view_problems(facts);
}
