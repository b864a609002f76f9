// SPDX-License-Identifier: Apache-2.0
/* Exhibits and their handling, countersignatures, time stamps, closing, exports. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "view.h"

int cmd_case_add(struct cli *cli)
{
	const struct cli_args *a = &cli->args;
	struct exh_exhibit exhibit = {.size = sizeof(exhibit),
				      .label = a->operands.list[1],
				      .description = a->description,
				      .make = a->make,
				      .model = a->model,
				      .serial = a->serial,
				      .seals = a->seals.list,
				      .condition = a->condition,
				      .received_from = a->received_from,
				      .place = a->place,
				      .occurred = a->occurred,
				      .who = &a->who};

	return exh_case_add(cli->ctx, a->operands.list[0], &exhibit, &cli->facts);
}

static int open_received(struct cli *cli, struct exh_image **ret)
{
	struct exh_image_options options = {.size = sizeof(options),
					    .allow_incomplete = cli->args.allow_incomplete,
					    .sector_size = cli->args.sector_size};

	return exh_image_open(cli->ctx, cli->args.image_after, &options, ret);
}

int cmd_case_transfer(struct cli *cli)
{
	const struct cli_args *a = &cli->args;
	struct exh_transfer transfer = {.size = sizeof(transfer),
					.exhibit = a->operands.list[1],
					.released_by = a->released_by,
					.received_by = a->received_by,
					.purpose = a->who.purpose,
					.place = a->place,
					.occurred = a->occurred,
					.seal_state = a->seal_state,
					.seals = a->seals.list,
					.who = &a->who,
					.algorithms = a->algorithms,
					.threads = a->threads};
	int r = a->image ? cli_open_image(cli, a->image) : 0;

	if (r >= 0 && a->image_after)
		r = open_received(cli, &transfer.image_after);
	transfer.image = cli->image;
	if (r >= 0)
		r = exh_case_transfer(cli->ctx, a->operands.list[0], &transfer, &cli->facts);
	exh_image_close(transfer.image_after);
	return r;
}

int cmd_case_sign(struct cli *cli)
{
	struct exh_case_sign_options options = {.size = sizeof(options),
						.signing_key = cli->args.signing_key,
						.name = cli->args.name,
						.role = cli->args.role};

	return exh_case_sign(cli->ctx, cli->args.operands.list[0], &options, &cli->facts);
}

int cmd_case_timestamp(struct cli *cli)
{
	struct exh_case_timestamp_options options = {
		.size = sizeof(options), .answer = cli->args.answer, .tsa = cli->args.tsa};

	return exh_case_timestamp(cli->ctx, cli->args.operands.list[0], &options, &cli->facts);
}

int cmd_case_close(struct cli *cli)
{
	return exh_case_finish(cli->ctx, cli->args.operands.list[0], &cli->args.who,
			       cli->args.reason, &cli->facts);
}

int cmd_case_export(struct cli *cli)
{
	return exh_case_export(cli->ctx, cli->args.operands.list[0], cli->args.operands.list[1],
			       &cli->facts);
}

/* ---- for people ---- */

const char *view_supplied(const json_t *object, const char *key)
{
	const char *value = view_str(object, key);

	return value ? value : "(not supplied)";
}

static char *joined(const json_t *list)
{
	char *all = NULL;
	const json_t *one;
	size_t i;

	json_array_foreach (list, i, one) {
		char *longer = view_format("%s%s%s", all ? all : "", all ? ", " : "",
					   json_string_value(one));

		free(all);
		all = longer;
	}
	return all ? all : view_format("(not supplied)");
}

static void field_list(struct libscols_table *fields, const char *label, const json_t *list)
{
	char *text = joined(list);

	view_field(fields, label, text);
	free(text);
}

static void fields_exhibit(struct libscols_table *fields, const json_t *exhibit)
{
	const json_t *source = json_object_get(exhibit, "source");

	view_field(fields, "Description", view_supplied(exhibit, "description"));
	view_field(fields, "Make", view_supplied(source, "make"));
	view_field(fields, "Model", view_supplied(source, "model"));
	view_field(fields, "Serial number", view_supplied(source, "serial"));
	field_list(fields, "Seals", json_object_get(exhibit, "seals"));
	view_field(fields, "Condition", view_supplied(exhibit, "condition"));
	view_field(fields, "Received from", view_supplied(exhibit, "received_from"));
	view_field(fields, "Place", view_supplied(exhibit, "place"));
	view_field(fields, "When", view_supplied(exhibit, "occurred"));
	view_field(fields, "Entry made by", view_supplied(exhibit, "by"));
}

static void fields_transfer(struct libscols_table *fields, const json_t *transfer)
{
	view_field(fields, "Released by", view_supplied(transfer, "released_by"));
	view_field(fields, "Received by", view_supplied(transfer, "received_by"));
	view_field(fields, "Purpose", view_supplied(transfer, "purpose"));
	view_field(fields, "Place", view_supplied(transfer, "place"));
	view_field(fields, "Seal", view_supplied(transfer, "seal_state"));
	field_list(fields, "Seals", json_object_get(transfer, "seals"));
	view_field(fields, "When", view_supplied(transfer, "occurred"));
	view_field(fields, "Entry made by", view_supplied(transfer, "by"));
}

/* A heading with a label in it, which people typed. */
static void print_titled(struct libscols_table *fields, const char *title)
{
	char *visible = view_visible(title);

	view_print(fields, visible);
	free(visible);
}

static void show_transfer(const json_t *transfer, const char *title)
{
	const json_t *verification = json_object_get(transfer, "verification");
	struct libscols_table *fields = view_fields();
	const char *gap = view_str(transfer, "gap");

	fields_transfer(fields, transfer);
	view_field(fields, "Recorded", view_str(transfer, "time"));
	view_field(fields, "Read before and after",
		   verification ? view_str(verification, "verdict") : "(not read)");
	if (gap)
		view_field(fields, "Received last by", gap);
	print_titled(fields, title);
}

static void show_exhibit(const json_t *exhibit)
{
	struct libscols_table *fields = view_fields();
	char *title = view_format("Exhibit %s", view_supplied(exhibit, "exhibit"));
	const json_t *transfer;
	size_t i;

	fields_exhibit(fields, exhibit);
	view_field(fields, "Recorded", view_str(exhibit, "time"));
	print_titled(fields, title);
	free(title);
	json_array_foreach (json_object_get(exhibit, "transfers"), i, transfer) {
		title = view_format(
			"Transfer of %s, entry %llu", view_supplied(exhibit, "exhibit"),
			(unsigned long long)json_integer_value(json_object_get(transfer, "seq")));
		show_transfer(transfer, title);
		free(title);
	}
}

void show_exhibits(const json_t *facts)
{
	const json_t *exhibit;
	size_t i;

	json_array_foreach (json_object_get(facts, "exhibits"), i, exhibit)
		show_exhibit(exhibit);
}

static void show_row(struct libscols_table *table, const json_t *row)
{
	const char *from = view_str(row, "from"), *to = view_str(row, "to"),
		   *who = view_str(row, "who"), *place = view_str(row, "place"),
		   *purpose = view_str(row, "purpose"), *verdict = view_str(row, "verdict");
	const char *parts[] = {from, to, who, place, purpose, verdict};
	static const char *const words[] = {"from", "to", "by", "at", "for", "verdict"};
	char number[VIEW_SIZE_TEXT], *detail = view_format("%s", "");

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		char *longer;

		if (!parts[i])
			continue;
		longer = view_format("%s%s%s %s", detail, *detail ? "; " : "", words[i], parts[i]);
		free(detail);
		detail = longer;
	}
	view_row(table, view_decimal(row, "entry", number), view_str(row, "time"),
		 view_str(row, "event"), view_str(row, "subject"), detail);
	free(detail);
}

void show_timeline(const json_t *facts)
{
	static const struct view_column columns[] = {
		{"ENTRY", SCOLS_FL_RIGHT}, {"RECORDED", 0}, {"EVENT", 0}, {"OF", 0}, {"DETAIL", 0}};
	struct libscols_table *table = view_table(columns, 5);
	const json_t *row;
	size_t i;

	json_array_foreach (json_object_get(facts, "timeline"), i, row)
		show_row(table, row);
	view_print(table, "Timeline");
}

static void show_place(const json_t *facts)
{
	struct libscols_table *fields = view_fields();
	char number[VIEW_SIZE_TEXT];

	view_field(fields, "Directory", view_str(facts, "path"));
	view_field(fields, "Entry", view_decimal(facts, "entry", number));
	view_print(fields, NULL);
}

void show_case_add(const json_t *facts)
{
	const json_t *exhibit = json_object_get(facts, "exhibit");

	show_place(facts);
	if (exhibit)
		show_exhibit(exhibit);
	view_problems(facts);
}

void show_case_transfer(const json_t *facts)
{
	const json_t *transfer = json_object_get(facts, "transfer");

	show_place(facts);
	if (transfer)
		show_transfer(transfer, view_supplied(transfer, "exhibit"));
	view_problems(facts);
	view_verdict(facts);
}

static void show_written(const json_t *files)
{
	const json_t *file;
	size_t i;

	json_array_foreach (files, i, file) {
		const char *path = view_str(file, "path"), *digest = view_str(file, "sha256");

		view_paragraph(path ? path : "", 0, 2);
		printf("  sha256 ");
		view_paragraph(digest ? digest : "not known", 9, 2);
	}
}

void show_case_sign(const json_t *facts)
{
	const json_t *signature = json_object_get(facts, "countersignature");
	struct libscols_table *fields = view_fields();
	char number[VIEW_SIZE_TEXT];

	show_place(facts);
	view_field(fields, "Countersigned by", view_supplied(signature, "name"));
	view_field(fields, "Role", view_supplied(signature, "role"));
	view_field(fields, "Key", view_str(signature, "key"));
	view_field(fields, "Entries", view_decimal(signature, "entries", number));
	view_print(fields, NULL);
	show_written(json_object_get(signature, "files"));
	view_problems(facts);
}

void show_case_timestamp(const json_t *facts)
{
	const json_t *stamp = json_object_get(facts, "timestamp"),
		     *request = json_object_get(facts, "request");
	struct libscols_table *fields = view_fields();
	char number[VIEW_SIZE_TEXT];

	show_place(facts);
	view_field(fields, "Entries", view_decimal(stamp ? stamp : request, "entries", number));
	view_field(fields, "Stamped", view_str(stamp, "generated"));
	view_field(fields, "Serial number", view_str(stamp, "serial"));
	view_field(fields, "Authority", view_str(stamp, "authority"));
	view_print(fields, NULL);
	show_written(json_object_get(stamp ? stamp : request, "files"));
	if (request)
		view_paragraph("Send the .tsq file to a time stamping authority (as "
			       "application/timestamp-query), and attach its answer with --attach.",
			       0, 0);
	view_problems(facts);
}

void show_case_close(const json_t *facts)
{
	const json_t *entry = json_object_get(facts, "close");
	struct libscols_table *fields = view_fields();

	show_place(facts);
	view_field(fields, "Closed by", view_supplied(entry, "by"));
	view_field(fields, "Reason", view_supplied(entry, "reason"));
	view_print(fields, NULL);
	view_problems(facts);
}

void show_case_export(const json_t *facts)
{
	const json_t *totals = json_object_get(facts, "totals");
	struct libscols_table *fields = view_fields();
	char number[VIEW_SIZE_TEXT];

	view_field(fields, "Case", view_str(facts, "path"));
	view_field(fields, "Export", view_str(facts, "export"));
	view_field(fields, "Files", view_decimal(totals, "files", number));
	view_field_size(fields, "Bytes", totals, "bytes");
	view_print(fields, NULL);
	view_paragraph("Whoever gets it checks it with: sh verify.sh", 0, 0);
	view_problems(facts);
}
