// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "view.h"

enum kind {
	KIND_FLAG,    /* bool */
	KIND_WORD,    /* const char * */
	KIND_WORDS,   /* struct cli_words */
	KIND_COUNT,   /* unsigned, above 0 */
	KIND_NUMBERS, /* struct cli_numbers */
	KIND_SIZE,    /* uint64_t, above 0 */
};

struct option_row {
	enum kind kind;
	size_t offset;
	const char *name;
	int letter;
	const char *argument;
	uint32_t commands;
	const char *words;
	const char *help;
};

static const struct option_row rows[] = {
#define CLI_OPTION(kind, member, name, letter, argument, commands, words, help)                    \
	{KIND_##kind, offsetof(struct cli_args, member), name, letter, argument, commands, words,  \
	 help},
#include "options.def"
#undef CLI_OPTION
};

#define NR_ROWS	      (sizeof(rows) / sizeof(rows[0]))
#define FIRST_OF_LONG 256
#define HELP_COLUMN   29

static bool goes_with(const struct option_row *row, const struct cli_command *command)
{
	return row->commands >> command->id & 1;
}

static const struct option_row *find_row(const struct cli_command *command,
					 const struct option_row *like)
{
	for (size_t i = 0; i < NR_ROWS; i++)
		if (!strcmp(rows[i].name, like->name) && goes_with(&rows[i], command))
			return &rows[i];
	return NULL;
}

static const struct option_row *row_of_value(const struct cli_command *command, int value)
{
	if (value >= FIRST_OF_LONG)
		return &rows[value - FIRST_OF_LONG];
	for (size_t i = 0; i < NR_ROWS; i++)
		if (value && rows[i].letter == value && goes_with(&rows[i], command))
			return &rows[i];
	for (size_t i = 0; i < NR_ROWS; i++)
		if (value && rows[i].letter == value)
			return &rows[i];
	return NULL;
}

static bool is_among(const char *word, const char *words)
{
	size_t n = strlen(word);

	for (const char *p = words; n && (p = strstr(p, word)); p += n)
		if ((p == words || p[-1] == ' ') && (!p[n] || p[n] == ' '))
			return true;
	return false;
}

/* Decimal digits only: strtoull alone would take signs, blanks and a rest. */
static bool parse_number(const char *text, uint64_t most, uint64_t *ret)
{
	char *end;

	if (!*text || strspn(text, "0123456789") != strlen(text))
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return !errno && *ret <= most;
}

/* A number of bytes; K, M and G are powers of 1024. */
static bool parse_size(const char *text, uint64_t *ret)
{
	static const char units[] = "KMG";
	size_t n = strspn(text, "0123456789");
	const char *unit = text[n] ? strchr(units, text[n]) : NULL;
	unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
	char digits[20];

	if (n >= sizeof(digits) || (text[n] && (!unit || text[n + 1])))
		return false;
	memcpy(digits, text, n);
	digits[n] = 0;
	if (!parse_number(digits, INT64_MAX >> shift, ret))
		return false;
	*ret <<= shift;
	return *ret > 0;
}

static void append_word(struct cli_words *words, const char *word)
{
	words->list = view_must(realloc(words->list, (words->n + 2) * sizeof(*words->list)));
	words->list[words->n++] = word;
	words->list[words->n] = NULL;
}

static void append_number(struct cli_numbers *numbers, uint64_t number)
{
	numbers->list =
		view_must(realloc(numbers->list, (numbers->n + 1) * sizeof(*numbers->list)));
	numbers->list[numbers->n++] = number;
}

static int store(const struct cli_command *command, const struct option_row *row, const char *value,
		 struct cli_args *args)
{
	void *member = (char *)args + row->offset;
	uint64_t number;

	if (row->kind == KIND_FLAG) {
		*(bool *)member = true;
		return 0;
	}
	if (!*value)
		return cli_misuse(command, "--%s needs a value that is not empty", row->name);
	if (row->words && !is_among(value, row->words))
		return cli_misuse(command, "--%s %s: must be one of: %s", row->name, value,
				  row->words);
	switch (row->kind) {
	case KIND_FLAG:
	case KIND_WORD:
		*(const char **)member = value;
		return 0;
	case KIND_WORDS:
		append_word(member, value);
		return 0;
	case KIND_COUNT:
		if (!parse_number(value, 65536, &number) || !number)
			return cli_misuse(command, "--%s %s: must be a number above 0", row->name,
					  value);
		*(unsigned *)member = (unsigned)number;
		return 0;
	case KIND_SIZE:
		if (!parse_size(value, (uint64_t *)member))
			return cli_misuse(command,
					  "--%s %s: must be a number of bytes above 0, or one with "
					  "K, M or G behind it",
					  row->name, value);
		return 0;
	case KIND_NUMBERS:
		if (!parse_number(value, INT64_MAX, &number))
			return cli_misuse(command, "--%s %s: must be a number", row->name, value);
		append_number(member, number);
		return 0;
	}
	return 0;
}

/* "-:" lets getopt hand over operands in order and tell a missing argument from an unknown option.
 */
static void getopt_tables(struct option long_options[NR_ROWS + 1], char letters[2 * NR_ROWS + 3])
{
	char *p = letters;

	*p++ = '-';
	*p++ = ':';
	for (size_t i = 0; i < NR_ROWS; i++) {
		const struct option_row *row = &rows[i];

		long_options[i] =
			(struct option){row->name, row->argument ? required_argument : no_argument,
					NULL, FIRST_OF_LONG + (int)i};
		if (!row->letter)
			continue;
		*p++ = (char)row->letter;
		if (row->argument)
			*p++ = ':';
	}
	long_options[NR_ROWS] = (struct option){0};
	*p = 0;
}

static int unknown_option(const struct cli_command *command, char **argv)
{
	const struct option_row *row = row_of_value(command, optopt);

	if (row && optopt >= FIRST_OF_LONG)
		return cli_misuse(command, "--%s takes no value", row->name);
	if (optopt)
		return cli_misuse(command, "unknown option -%c", optopt);
	return cli_misuse(command, "unknown option %s", argv[optind - 1]);
}

static int take_option(const struct cli_command *command, int value, char **argv,
		       struct cli_args *args)
{
	const struct option_row *named = row_of_value(command, value), *row;

	if (value == '?')
		return unknown_option(command, argv);
	if (value == ':') {
		named = row_of_value(command, optopt);
		return cli_misuse(command, "--%s needs a value: %s", named->name, named->argument);
	}
	row = find_row(command, named);
	if (!row)
		return cli_misuse(command, "--%s is not an option of this command", named->name);
	return store(command, row, optarg, args);
}

/* What stands behind "--" is COMMAND for examine, further operands for all others. */
static void take_rest(const struct cli_command *command, char **rest, struct cli_args *args)
{
	if (command->id == CLI_EXAMINE && *rest)
		args->command = rest;
	else
		while (*rest)
			append_word(&args->operands, *rest++);
}

static int check_operands(const struct cli_command *command, const struct cli_args *args)
{
	if (args->help)
		return 0;
	if (args->operands.n < command->fewest)
		return cli_misuse(command, "%s is missing",
				  command->fewest == 1 || !args->operands.n
					  ? command->operands
					  : strrchr(command->operands, ' ') + 1);
	if (args->operands.n > command->most && command->id == CLI_EXAMINE)
		return cli_misuse(command, "put -- before COMMAND: IMAGE -- %s ...",
				  args->operands.list[1]);
	if (args->operands.n > command->most)
		return cli_misuse(command, "%s is one operand too many",
				  args->operands.list[command->most]);
	return 0;
}

static int check_combination(const struct cli_command *command, const struct cli_args *args)
{
	if (args->help)
		return 0;
	if (command->id == CLI_MOUNT && args->partitions.n != 1)
		return cli_misuse(command, "one -p N must say which partition");
	if (command->id == CLI_CASE_TRANSFER && (!args->released_by || !args->received_by))
		return cli_misuse(command, "--released-by and --received-by must say who");
	if (command->id == CLI_CASE_TRANSFER && args->image_after && !args->image)
		return cli_misuse(command, "--verify-received needs --verify");
	if (command->id == CLI_CASE_SIGN && (!args->signing_key || !args->name))
		return cli_misuse(command, "--signing-key and --name must say who signs");
	if (command->id == CLI_CASE_INIT && args->signing_key && args->passphrase)
		return cli_misuse(command,
				  "--passphrase is for a new key, --signing-key gives one");
	if (command->id == CLI_DETACH && args->all == (args->operands.n > 0))
		return cli_misuse(command, "either ID or --all must say what to detach");
	if (command->id == CLI_VERIFY && args->against && args->case_dir)
		return cli_misuse(command, "--against and --case exclude each other");
	if (command->id == CLI_VERIFY && args->ranges && !args->against)
		return cli_misuse(command, "--ranges needs --against CASE");
	if (command->id == CLI_FILES && args->json && args->format &&
	    strcmp(args->format, "json") != 0)
		return cli_misuse(command, "--json and --format %s exclude each other",
				  args->format);
	return 0;
}

int cli_parse(const struct cli_command *command, int argc, char **argv, struct cli_args *args)
{
	struct option long_options[NR_ROWS + 1];
	char letters[2 * NR_ROWS + 3];
	int value, r = 0;

	args->who.size = sizeof(args->who);
	getopt_tables(long_options, letters);
	opterr = 0;
	optind = 1;
	while (!r && (value = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
		if (value == 1)
			append_word(&args->operands, optarg);
		else
			r = take_option(command, value, argv, args);
	}
	if (r)
		return r;
	take_rest(command, argv + optind, args);
	r = check_operands(command, args);
	return r ? r : check_combination(command, args);
}

void cli_args_release(struct cli_args *args)
{
	free(args->expect.list);
	free(args->seals.list);
	free(args->operands.list);
	free(args->known.list);
	free(args->partitions.list);
}

static void print_option(const char *left, const char *help)
{
	printf("  %-*s", HELP_COLUMN - 2, left);
	if (strlen(left) + 4 > HELP_COLUMN)
		printf("\n%*s", HELP_COLUMN, "");
	view_paragraph(help, HELP_COLUMN, HELP_COLUMN);
}

void cli_print_options(const struct cli_command *command)
{
	for (size_t i = 0; i < NR_ROWS; i++) {
		const struct option_row *row = &rows[i];
		char left[64];

		if (!goes_with(row, command))
			continue;
		snprintf(left, sizeof(left), row->letter ? "-%c, --%s%s%s" : "%c   --%s%s%s",
			 row->letter ? row->letter : ' ', row->name, row->argument ? " " : "",
			 row->argument ? row->argument : "");
		print_option(left, row->help);
	}
}
