// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "view.h"

/* What a case knows from before; nothing where there is no case yet, which --against does not take.
 */
static int baseline(struct cli *cli, json_t **facts)
{
	const char *dir = cli->args.against ? cli->args.against : cli->args.case_dir;
	int r = dir ? exh_case_baseline(cli->ctx, dir, cli->image, facts) : 0;

	if (r == 1 && cli->args.against)
		*facts = json_object();
	return r;
}

static int verify_one(struct cli *cli, const char *path)
{
	struct exh_verify_options options = {.size = sizeof(options),
					     .algorithms = cli->args.algorithms,
					     .expect = cli->args.expect.list,
					     .threads = cli->args.threads,
					     .from_medium = cli->args.from_medium,
					     .window = cli->args.window,
					     .ranges = cli->args.ranges};
	json_t *earlier = NULL;
	int r = cli_open_image(cli, path);

	if (r >= 0)
		r = baseline(cli, &earlier);
	options.baseline = earlier;
	if (cli->args.case_dir && !options.window && !json_object_get(earlier, "windows"))
		options.window = EXH_DEFAULT_WINDOW;
	if (r >= 0)
		r = exh_verify(cli->ctx, cli->image, &options, &cli->facts);
	json_decref(earlier);
	return r;
}

int cmd_verify(struct cli *cli)
{
	if (cli->args.operands.n == 1)
		return verify_one(cli, cli->args.operands.list[0]);
	return cli_several(cli, verify_one);
}

static void show_segments(const json_t *facts)
{
	const json_t *list = json_object_get(facts, "segments_digests"), *segment;
	size_t i;

	if (json_array_size(list))
		view_title("The files themselves (sha256)");
	json_array_foreach (list, i, segment) {
		const char *path = view_str(segment, "path"), *digest = view_str(segment, "sha256");

		view_paragraph(path ? path : "", 0, 2);
		printf("  ");
		view_paragraph(digest ? digest : "not known", 2, 2);
	}
}

static void show_windows(const json_t *facts)
{
	const json_t *windows = json_object_get(facts, "windows");
	struct libscols_table *fields;
	char size[VIEW_SIZE_TEXT];

	if (!windows)
		return;
	fields = view_fields();
	view_field(fields, "Bytes of each", view_decimal(windows, "size", size));
	view_field(fields, "Root", view_str(windows, "root"));
	view_print(fields, "Windows");
}

static void show_one(const json_t *facts)
{
	view_image(facts);
	view_digests(facts);
	show_segments(facts);
	view_references(facts);
	show_windows(facts);
	view_damage(facts);
	view_problems(facts);
	view_verdict(facts);
}

void show_verify(const json_t *facts)
{
	const json_t *images = json_object_get(facts, "images"), *image;
	size_t i;

	if (!images)
		show_one(facts);
	json_array_foreach (images, i, image) {
		if (i)
			putchar('\n');
		if (view_str(image, "path"))
			view_paragraph(view_str(image, "path"), 0, 2);
		show_one(image);
	}
	if (images)
		view_problems(facts);
}
