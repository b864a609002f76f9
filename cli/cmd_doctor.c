// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "view.h"

#define TEXT_COLUMN 22

int cmd_doctor(struct cli *cli)
{
	return exh_doctor(cli->ctx, &cli->facts);
}

static enum view_colour colour_of(const char *state)
{
	return !strcmp(state, "ok")	   ? VIEW_GOOD
	       : !strcmp(state, "missing") ? VIEW_BAD
					   : VIEW_CAREFUL;
}

static void show_check(const json_t *check)
{
	const char *name = view_str(check, "name"), *state = view_str(check, "state");
	const char *text = view_str(check, "text"), *protects = view_str(check, "protects");
	char *padded = view_format("%-7s", state ? state : ""),
	     *label = view_format("%-11s", name ? name : "");

	view_coloured(colour_of(state ? state : ""), padded);
	printf("  %s  ", label);
	view_paragraph(text ? text : "", TEXT_COLUMN, TEXT_COLUMN);
	free(label);
	free(padded);
	if (!protects)
		return;
	label = view_format("(it serves: %s)", protects);
	printf("%*s", TEXT_COLUMN, "");
	view_paragraph(label, TEXT_COLUMN, TEXT_COLUMN);
	free(label);
}

/* The problems repeat what the checks say. */
void show_doctor(const json_t *facts)
{
	const json_t *machine = json_object_get(facts, "machine"), *check;
	struct libscols_table *fields = view_fields();
	size_t i;

	view_field(fields, "exhibit", view_str(facts, "version"));
	view_field(fields, "sha256", view_str(json_object_get(machine, "binary"), "sha256"));
	view_field(fields, "Kernel", view_str(machine, "kernel"));
	view_print(fields, NULL);
	putchar('\n');
	json_array_foreach (json_object_get(facts, "checks"), i, check)
		show_check(check);
}
