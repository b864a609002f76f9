// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "view.h"

static bool is_attached(const json_t *status, const char *id)
{
	const json_t *attachment;
	size_t i;

	json_array_foreach (json_object_get(status, "attachments"), i, attachment) {
		const char *known = view_str(attachment, "id");

		if (known && !strcmp(known, id))
			return true;
	}
	return false;
}

/* 1 where no attachment has this id, so that it must be an image. */
static int find_attachment(struct cli *cli, const char *id)
{
	json_t *status = NULL;
	int r = exh_status(cli->ctx, &status);
	bool found = r >= 0 && is_attached(status, id);

	json_decref(status);
	return r < 0 ? r : !found;
}

static int attach(struct cli *cli, const char *path, json_t **facts)
{
	struct exh_attach_options options = {.size = sizeof(options),
					     .method = cli->args.method,
					     .partitions = cli->args.partitions.list,
					     .nr_partitions = 1};
	int r = cli_open_image(cli, path);

	return r < 0 ? r : exh_attach(cli->ctx, cli->image, &options, facts);
}

static void detach(struct cli *cli, const char *id)
{
	const char *ids[] = {id, NULL};
	json_t *facts = NULL;

	if (exh_detach(cli->ctx, ids, &facts) < 0)
		cli_complain(cli, "%s stays attached: %s", id, exh_error_text(cli->ctx));
	json_decref(facts);
}

static int attach_and_mount(struct cli *cli, const char *path, const char *dir)
{
	json_t *attached = NULL;
	const char *id;
	int r = attach(cli, path, &attached);

	if (r < 0) {
		cli->facts = attached;
		return r;
	}
	id = view_str(json_array_get(json_object_get(attached, "attachments"), 0), "id");
	r = exh_mount(cli->ctx, id, cli->args.partitions.list[0], dir, &cli->facts);
	if (r < 0) {
		cli_fail(cli);
		detach(cli, id);
	}
	json_decref(attached);
	return r;
}

int cmd_mount(struct cli *cli)
{
	const char *what = cli->args.operands.list[0], *dir = cli->args.operands.list[1];
	int r = find_attachment(cli, what);

	if (r < 0)
		return r;
	if (r)
		return attach_and_mount(cli, what, dir);
	return exh_mount(cli->ctx, what, cli->args.partitions.list[0], dir, &cli->facts);
}

void show_mount(const json_t *facts)
{
	const json_t *mount = json_object_get(facts, "mount");
	struct libscols_table *fields = view_fields();
	char number[VIEW_SIZE_TEXT];

	view_field(fields, "Mounted on", view_str(mount, "dir"));
	view_field(fields, "Attachment", view_str(facts, "id"));
	view_field(fields, "Partition", view_decimal(mount, "partition", number));
	view_field(fields, "Device", view_str(mount, "device"));
	view_field(fields, "File system", view_str(mount, "type"));
	view_field(fields, "Options", view_str(mount, "options"));
	view_print(fields, NULL);
	view_problems(facts);
}
