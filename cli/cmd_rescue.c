// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "view.h"

static int export_map(struct cli *cli)
{
	if (cli->args.partitions.n != 1) {
		cli_misuse(cli->command, "--export-map needs one partition (-p N)");
		cli->failed = true;
		return -1;
	}
	return exh_rescue_map(cli->ctx, cli->image, cli->args.partitions.list[0], &cli->text);
}

int cmd_rescue(struct cli *cli)
{
	struct exh_rescue_options options = {.size = sizeof(options)};
	int r;

	if (cli->args.operands.n > 1)
		cli->args.mapfile = cli->args.operands.list[1];
	r = cli_open_image(cli, cli->args.operands.list[0]);
	if (r < 0)
		return r;
	if (cli->args.export_map)
		return export_map(cli);
	if (cli->args.export_domain)
		options.domain = &cli->text;
	r = exh_rescue(cli->ctx, cli->image, &options, &cli->facts);
	return r;
}

void show_rescue(const json_t *facts)
{
	view_image(facts);
	view_problems(facts);
}
