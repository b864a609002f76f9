// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "cli.h"
#include "view.h"

int cmd_umount(struct cli *cli)
{
	return exh_umount(cli->ctx, cli->args.operands.list[0], &cli->facts);
}

void show_umount(const json_t *facts)
{
	view_plain(facts);
	view_problems(facts);
}
