// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "cli.h"
#include "view.h"

int cmd_umount(struct cli *cli)
{
	return exh_umount(cli->ctx, cli->args.operands.list[0], &cli->facts);
}

void show_umount(const json_t *facts)
{
	const char *id = view_str(facts, "id");
	char *text = view_format("Unmounted. %s is still attached: 'exhibit detach %s' ends that.",
				 id ? id : "", id ? id : "");

	if (id)
		view_paragraph(text, 0, 0);
	free(text);
	view_problems(facts);
}
