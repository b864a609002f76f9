// SPDX-License-Identifier: Apache-2.0
#include "cli.h"
#include "view.h"

/* What one attachment saw and refused, as facts of their own; the caller owns them. */
static json_t *facts_of(const json_t *facts, json_t *attachment)
{
	json_t *own = json_copy((json_t *)facts);

	json_object_set_new(own, "attachments", json_pack("[O]", attachment));
	return own;
}

/* The case that an attachment was made for hears how it ended, and who was refused. One that is
 * gone since must not keep the others from being told. */
static int record_in_cases(struct cli *cli)
{
	json_t *attachment;
	size_t i;
	int result = 0;

	json_array_foreach (json_object_get(cli->facts, "attachments"), i, attachment) {
		const char *dir = json_string_value(json_object_get(attachment, "case"));
		json_t *facts;
		int r;

		if (!dir)
			continue;
		facts = facts_of(cli->facts, attachment);
		r = exh_case_record(cli->ctx, dir, "detach", facts);
		json_decref(facts);
		result = r < 0 ? r : result;
	}
	return result;
}

int cmd_detach(struct cli *cli)
{
	int r = exh_detach(cli->ctx, cli->args.all ? NULL : cli->args.operands.list, &cli->facts);
	int recorded = record_in_cases(cli);

	return r < 0 ? r : recorded;
}

void show_detach(const json_t *facts)
{
	view_undone(facts, "Nothing was attached.");
	view_problems(facts);
}
