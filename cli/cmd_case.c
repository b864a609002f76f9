// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "cli.h"
#include "view.h"

int cmd_case_init(struct cli *cli)
{
	return exh_case_init(cli->ctx, cli->args.operands.list[0], &cli->args.who, &cli->facts);
}

int cmd_case_show(struct cli *cli)
{
	return exh_case_show(cli->ctx, cli->args.operands.list[0], &cli->facts);
}

int cmd_case_verify(struct cli *cli)
{
	struct exh_case_verify_options options = {
		.size = sizeof(options), .key = cli->args.key, .head = cli->args.head};

	return exh_case_verify(cli->ctx, cli->args.operands.list[0], &options, &cli->facts);
}

void show_case_init(const json_t *facts)
{
	view_plain(facts);
	view_problems(facts);
}

void show_case_show(const json_t *facts)
{
	view_plain(facts);
	view_problems(facts);
}

void show_case_verify(const json_t *facts)
{
	view_plain(facts);
	view_problems(facts);
	view_verdict(facts);
}
