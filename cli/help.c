// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "view.h"

static const char *const group_names[CLI_NR_GROUPS] = {
	[CLI_GROUP_EVIDENCE] = "Look at evidence",
	[CLI_GROUP_DEVICES] = "Give it to other programs",
	[CLI_GROUP_RECORD] = "Examine, record, report",
	[CLI_GROUP_MACHINE] = "This machine",
};

static const char hints[] =
	"IMAGE is any one segment of a set (the rest is found beside it), a raw image, or a block "
	"device that is read-only. Every command prints text, or one JSON object with --json. "
	"'exhibit COMMAND --help' lists the options of a command, 'exhibit help problems' the "
	"codes "
	"of problems.";

static const char exit_codes[] =
	"Exit codes\n"
	"  0   done, and every check held\n"
	"  1   done, and a check said no: a hash differs, evidence changed, a record was\n"
	"      altered\n"
	"  2   the command line is wrong\n"
	"  3   could not decide or could not do it: unreadable or incomplete evidence,\n"
	"      nothing to compare with, missing privilege, missing component\n";

static void print_group(enum cli_group group)
{
	view_title(group_names[group]);
	for (size_t i = 0; i < CLI_NR_COMMANDS; i++)
		if (cli_commands[i].group == group)
			printf("  %-14s  %s\n", cli_commands[i].name, cli_commands[i].summary);
}

void cli_help_overview(void)
{
	printf("exhibit %s - evidence images, opened without being changed\n\n"
	       "Usage: exhibit COMMAND [OPTIONS] ...\n",
	       exh_version());
	for (enum cli_group group = 0; group < CLI_NR_GROUPS; group++)
		print_group(group);
	putchar('\n');
	view_paragraph(hints, 0, 0);
	printf("\n%s", exit_codes);
}

void cli_help_command(const struct cli_command *command)
{
	printf("exhibit %s - %s\n\nUsage: exhibit %s [OPTIONS]%s%s\n\n", command->name,
	       command->summary, command->name, *command->operands ? " " : "", command->operands);
	view_paragraph(command->details, 0, 0);
	view_title("Options");
	cli_print_options(command);
}

static void print_problem_code(const char *code, const char *severity, const char *meaning,
			       void *table)
{
	view_row(table, code, severity, meaning);
}

static int help_problems(void)
{
	static const struct view_column columns[] = {
		{"CODE", 0}, {"SEVERITY", 0}, {"MEANING", SCOLS_FL_WRAP}};
	struct libscols_table *table = view_table(columns, 3);

	exh_each_problem_code(print_problem_code, table);
	view_print(table, NULL);
	return 0;
}

/* "case" alone names no command but the beginning of several. */
static bool help_family(const char *word)
{
	size_t n = strlen(word);
	bool found = false;

	for (size_t i = 0; i < CLI_NR_COMMANDS; i++) {
		const struct cli_command *c = &cli_commands[i];

		if (strncmp(c->name, word, n) != 0 || c->name[n] != ' ')
			continue;
		if (!found)
			printf("Usage: exhibit %s COMMAND [OPTIONS] ...\n\n", word);
		printf("  %-14s  %s\n", c->name, c->summary);
		found = true;
	}
	return found;
}

int cli_help(int argc, char **argv)
{
	const struct cli_command *command;
	int used;

	if (!argc) {
		cli_help_overview();
		return 0;
	}
	if (!strcmp(argv[0], "problems"))
		return help_problems();
	command = cli_find_command(argc, argv, &used);
	if (command) {
		cli_help_command(command);
		return 0;
	}
	if (argc == 1 && help_family(argv[0]))
		return 0;
	return cli_misuse(NULL, "help: there is no command '%s'", argv[0]);
}
