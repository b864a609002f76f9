// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "cli.h"
#include "view.h"

int cmd_recover(struct cli *cli)
{
	return exh_recover(cli->ctx, &cli->facts);
}

void show_recover(const json_t *facts)
{
	const json_t *cases = json_object_get(facts, "cases"), *dir;
	size_t i;

	view_undone(facts, json_array_size(cases) ? NULL : "Nothing was left behind.");
	json_array_foreach (cases, i, dir) {
		char *text = view_format("Sealed the record of %s.", json_string_value(dir));

		view_paragraph(text, 0, 2);
		free(text);
	}
	view_problems(facts);
}
