// SPDX-License-Identifier: Apache-2.0
#include "cli.h"
#include "view.h"

/* A record needs all rows at once; without one they are written as they come. */
int cmd_files(struct cli *cli)
{
	struct exh_files_options options = {.size = sizeof(options),
					    .partitions = cli->args.partitions.list,
					    .nr_partitions = cli->args.partitions.n,
					    .on_row = cli->args.case_dir ? NULL : cli_row,
					    .opaque = cli};
	int r = cli_open_image(cli, cli->args.operands.list[0]);

	cli_rows_begin(cli);
	return r < 0 ? r : exh_files(cli->ctx, cli->image, &options, &cli->facts);
}

void show_files(const json_t *facts)
{
	view_problems(facts);
}
