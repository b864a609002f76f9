// SPDX-License-Identifier: Apache-2.0
#include "cli.h"
#include "view.h"

int cmd_files(struct cli *cli)
{
	const struct cli_args *args = &cli->args;
	struct exh_files_options options = {.size = sizeof(options),
					    .partitions = args->partitions.list,
					    .nr_partitions = args->partitions.n,
					    .on_row = cli_row,
					    .on_volume = cli_row_volume,
					    .opaque = cli,
					    .algorithms = args->algorithms,
					    .no_hash = args->no_hash,
					    .no_type = args->no_type,
					    .known = args->known.n ? args->known.list : NULL,
					    .only_hit = args->only_hit,
					    .threads = args->threads};
	int r = cli_open_image(cli, args->operands.list[0]);

	cli_rows_begin(cli);
	options.runs = cli_rows_want_runs(cli);
	if (r < 0)
		return r;
	if (args->case_dir)
		return exh_case_files(cli->ctx, cli->image, args->case_dir, &options, &cli->facts);
	return exh_files(cli->ctx, cli->image, &options, &cli->facts);
}

void show_files(const json_t *facts)
{
	view_problems(facts);
}
