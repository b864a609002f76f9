// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "cli.h"
#include "view.h"

/* An IMAGE is read first: its digests stand in the first entry. */
static int read_evidence(struct cli *cli, const char *path, json_t **evidence)
{
	struct exh_verify_options options = {.size = sizeof(options),
					     .algorithms = cli->args.algorithms,
					     .threads = cli->args.threads,
					     .window = EXH_DEFAULT_WINDOW};
	int r = cli_open_image(cli, path);

	return r < 0 ? r : exh_verify(cli->ctx, cli->image, &options, evidence);
}

int cmd_case_init(struct cli *cli)
{
	struct exh_case_init_options options = {.size = sizeof(options),
						.who = &cli->args.who,
						.signing_key = cli->args.signing_key,
						.with_passphrase = cli->args.passphrase};
	json_t *evidence = NULL;
	int r = 0;

	if (cli->args.operands.n > 1)
		r = read_evidence(cli, cli->args.operands.list[1], &evidence);
	options.evidence = evidence;
	if (r >= 0)
		r = exh_case_init(cli->ctx, cli->args.operands.list[0], &options, &cli->facts);
	if (r >= 0 && evidence)
		json_object_set(cli->facts, "verification", evidence);
	json_decref(evidence);
	return r;
}

int cmd_case_show(struct cli *cli)
{
	return exh_case_show(cli->ctx, cli->args.operands.list[0], &cli->facts);
}

int cmd_case_verify(struct cli *cli)
{
	struct exh_case_verify_options options = {.size = sizeof(options),
						  .key = cli->args.key,
						  .head = cli->args.head,
						  .countersigner = cli->args.countersigner,
						  .tsa = cli->args.tsa};

	return exh_case_verify(cli->ctx, cli->args.operands.list[0], &options, &cli->facts);
}

/* Every field, so that what was not supplied is seen; the order is that of the list in the manual.
 */
static void show_operator(const json_t *operator)
{
	static const struct {
		const char *key, *label;
	} rows[] = {{"case_number", "Case number"},
		    {"exhibit_number", "Exhibit number"},
		    {"examiner", "Examiner"},
		    {"role", "Role"},
		    {"qualifications", "Qualifications"},
		    {"organisation", "Organisation"},
		    {"address", "Address"},
		    {"place", "Place"},
		    {"requester", "Requester"},
		    {"requested", "Requested"},
		    {"authority", "Authority"},
		    {"authority_reference", "Reference"},
		    {"authority_date", "Of"},
		    {"purpose", "Purpose"},
		    {"scope", "Scope"},
		    {"questions", "Questions"},
		    {"reviewer", "Reviewer"},
		    {"authorizer", "Authorizer"},
		    {"classification", "Classification"},
		    {"time_zone", "Time zone"},
		    {"disposition", "Disposition"},
		    {"notes", "Notes"}};
	struct libscols_table *fields = view_fields();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		view_field(fields, rows[i].label, view_supplied(operator, rows[i].key));
	view_print(fields, "Supplied by the operator");
}

static void show_steps(const json_t *facts)
{
	static const struct view_column columns[] = {
		{"NR", SCOLS_FL_RIGHT}, {"STEP", 0}, {"BEGUN", 0}, {"STATE", 0}, {"VERDICT", 0}};
	struct libscols_table *table = view_table(columns, 5);
	const json_t *step;
	char number[VIEW_SIZE_TEXT];
	size_t i;

	json_array_foreach (json_object_get(facts, "steps"), i, step)
		view_row(table, view_decimal(step, "number", number), view_str(step, "step"),
			 view_str(step, "begin"), view_str(step, "state"),
			 view_str(step, "verdict"));
	view_print(table, "Steps");
}

void show_case_show(const json_t *facts)
{
	const json_t *identity = json_object_get(facts, "case");
	struct libscols_table *fields = view_fields();
	char entries[VIEW_SIZE_TEXT];

	view_field(fields, "Directory", view_str(facts, "path"));
	view_field(fields, "Case", view_str(identity, "case"));
	view_field(fields, "Created", view_str(identity, "created"));
	view_field(fields, "Key", view_str(json_object_get(identity, "key"), "fingerprint"));
	view_field(fields, "Entries", view_decimal(facts, "entries", entries));
	view_print(fields, NULL);
	show_operator(json_object_get(identity, "operator"));
	show_exhibits(facts);
	show_steps(facts);
	show_timeline(facts);
	view_problems(facts);
}

void show_case_init(const json_t *facts)
{
	show_case_show(facts);
}

void show_case_verify(const json_t *facts)
{
	struct libscols_table *fields = view_fields();
	char number[VIEW_SIZE_TEXT];

	view_field(fields, "Directory", view_str(facts, "path"));
	view_field(fields, "Case", view_str(facts, "case"));
	view_field(fields, "Key", view_str(facts, "key"));
	view_field(fields, "Entries", view_decimal(facts, "entries", number));
	view_field(fields, "Sealed", view_decimal(facts, "sealed_entries", number));
	view_print(fields, NULL);
	view_problems(facts);
	view_verdict(facts);
}
