// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "view.h"

const struct cli_command cli_commands[CLI_NR_COMMANDS] = {
#define CLI_COMMAND(id, name, function, operands, fewest, most, recorded, group, summary, details) \
	[CLI_##id] = {CLI_##id, name,	  cmd_##function,    show_##function, operands, fewest,    \
		      most,	recorded, CLI_GROUP_##group, summary,	      details},
#include "commands.def"
#undef CLI_COMMAND
};

static void complain(const char *command, const char *fmt, va_list ap)
{
	char *text = NULL, *visible;

	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	visible = view_visible(view_must(text));
	cli_progress_clear();
	fflush(stdout);
	fprintf(stderr, "exhibit: %s%s%s\n", command ? command : "", command ? ": " : "", visible);
	free(visible);
	free(text);
}

void cli_complain(const struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(cli->command->name, fmt, ap);
	va_end(ap);
}

int cli_misuse(const struct cli_command *command, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(command ? command->name : NULL, fmt, ap);
	va_end(ap);
	fprintf(stderr, "Try 'exhibit%s%s --help'.\n", command ? " " : "",
		command ? command->name : "");
	return CLI_EXIT_USAGE;
}

static int words_used(const char *name, int argc, char **argv)
{
	const char *second = strchr(name, ' ');
	size_t n = second ? (size_t)(second - name) : strlen(name);

	if (argc < 1 || strlen(argv[0]) != n || strncmp(argv[0], name, n) != 0)
		return 0;
	if (!second)
		return 1;
	return argc > 1 && !strcmp(argv[1], second + 1) ? 2 : 0;
}

const struct cli_command *cli_find_command(int argc, char **argv, int *used)
{
	for (size_t i = 0; i < CLI_NR_COMMANDS; i++) {
		*used = words_used(cli_commands[i].name, argc, argv);
		if (*used)
			return &cli_commands[i];
	}
	return NULL;
}

int cli_open_image(struct cli *cli, const char *path)
{
	struct exh_image_options options = {.size = sizeof(options),
					    .allow_incomplete = cli->args.allow_incomplete,
					    .sector_size = cli->args.sector_size,
					    .mapfile = cli->args.mapfile,
					    .holes = cli->args.holes};

	return exh_image_open(cli->ctx, path, &options, &cli->image);
}

/* Cleaning up is never cut short by a second signal: this handler is all that one does. */
static void on_signal(int number)
{
	static const char text[] = "\nexhibit: stopping, and cleaning up\n";
	int saved = errno;

	(void)number;
	if (!exh_is_interrupted() && isatty(STDERR_FILENO) &&
	    write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		errno = saved;
	exh_interrupt();
	errno = saved;
}

static void catch_signals(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal};

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &action, NULL);
}

void cli_fail(struct cli *cli)
{
	cli_complain(cli, "%s", exh_error_text(cli->ctx));
	if (exh_is_interrupted() && cli->facts)
		exh_add_interrupted(cli->facts);
	else
		exh_add_failure(cli->ctx, cli->command->name, &cli->facts);
	cli->failed = true;
}

/* Recorded before it is printed, so that what is printed also says when recording failed. */
static int record(struct cli *cli, bool has_result)
{
	int r;

	/* those of several images are recorded already, each by itself */
	if (!cli->command->recorded || !cli->args.case_dir || !has_result ||
	    json_object_get(cli->facts, "images"))
		return 0;
	r = exh_case_record(cli->ctx, cli->args.case_dir, cli->command->name, cli->facts);
	if (r < 0)
		cli_fail(cli);
	return r;
}

/* Is all that was printed where it belongs? Not asked before the end: what is printed may wait in
 * memory. */
static int close_output(int status)
{
	bool failed = ferror(stdout) != 0;

	if (!fflush(stdout) && !failed)
		return status;
	/* who closes a pipe early has seen enough */
	if (errno != EPIPE)
		fprintf(stderr, "exhibit: standard output: %s\n", strerror(errno));
	return status ? status : CLI_EXIT_FAILED;
}

/* What is meant for a stream that the caller closed must neither go to whatever is opened next nor
 * vanish: writing to what is opened here is an error. */
static int fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return -1;
	return 0;
}

/* Where the library had nothing to say there is only the failure, which standard error has already;
 * a script gets it as JSON. */
static void print(struct cli *cli, bool has_result)
{
	if (cli->text) {
		fputs(cli->text, stdout);
	} else if (cli->rows.format && has_result) {
		cli_rows_end(cli);
	} else if (cli->args.json && cli->facts) {
		json_dumpf(cli->facts, stdout, VIEW_JSON);
		putchar('\n');
	} else if (has_result) {
		cli->command->show(cli->facts);
	}
}

/* A check that said no outweighs whatever else went wrong. */
static int exit_status(const json_t *facts, int r)
{
	int status = facts ? exh_exit_status(facts) : 0;

	if (status == 1 || r >= 0)
		return status;
	return exh_error_exit_status(r);
}

int cli_settle(struct cli *cli, int r)
{
	cli_progress_clear();
	if (r < 0 && !cli->failed)
		cli_fail(cli);
	if (exh_is_interrupted() && cli->facts)
		exh_add_interrupted(cli->facts);
	return exit_status(cli->facts, r);
}

static int finish(struct cli *cli, int r)
{
	bool has_result = cli->facts != NULL;
	int recorded, status;

	if (cli->misused)
		return cli->misused;
	cli_settle(cli, r);
	recorded = record(cli, has_result);
	status = exit_status(cli->facts, r < 0 ? r : recorded);
	print(cli, has_result || cli->rows.written);
	return status;
}

static int run(const struct cli_command *command, int argc, char **argv)
{
	struct cli cli = {.command = command};
	int status = cli_parse(command, argc, argv, &cli.args);

	if (!status && cli.args.help) {
		cli_help_command(command);
	} else if (!status && exh_start(&cli.ctx) < 0) {
		cli_complain(&cli, "%s", cli.ctx ? exh_error_text(cli.ctx) : "out of memory");
		status = CLI_EXIT_FAILED;
	} else if (!status) {
		catch_signals();
		if (cli.args.passphrase_file)
			setenv("EXHIBIT_PASSPHRASE_FILE", cli.args.passphrase_file, 1);
		cli_progress_start(cli.ctx, &cli.args);
		status = finish(&cli, command->run(&cli));
	}
	free(cli.text);
	json_decref(cli.facts);
	exh_image_close(cli.image);
	exh_end(cli.ctx);
	cli_args_release(&cli.args);
	return status;
}

static int unknown_command(int argc, char **argv)
{
	if (argv[0][0] == '-')
		return cli_misuse(NULL, "%s: COMMAND comes first, options follow it", argv[0]);
	if (!strcmp(argv[0], "case") && argc > 1 &&
	    (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
		return cli_help(1, argv);
	if (!strcmp(argv[0], "case"))
		return cli_misuse(NULL,
				  "case: one of init, add, transfer, show, sign, timestamp, close, "
				  "export and verify must follow");
	return cli_misuse(NULL, "there is no command '%s'", argv[0]);
}

static int choose(int argc, char **argv)
{
	const struct cli_command *command;
	int used;

	if (argc < 2) {
		cli_misuse(NULL, "COMMAND is missing");
		return CLI_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("exhibit %s\n", exh_version());
		return 0;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return cli_help(argc - 2, argv + 2);
	if (!strcmp(argv[1], "help"))
		return cli_help(argc - 2, argv + 2);
	command = cli_find_command(argc - 1, argv + 1, &used);
	if (!command)
		return unknown_command(argc - 1, argv + 1);
	return run(command, argc - used, argv + used);
}

int main(int argc, char **argv)
{
	if (fill_standard_descriptors() < 0)
		return CLI_EXIT_FAILED;
	signal(SIGPIPE, SIG_IGN);
	setlocale(LC_CTYPE, "");
	return close_output(choose(argc, argv));
}
