/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the program share. */
#ifndef EXH_CLI_H
#define EXH_CLI_H

#include <exhibit.h>

#define CLI_EXIT_USAGE	2
#define CLI_EXIT_FAILED 3

enum cli_command_id {
#define CLI_COMMAND(id, ...) CLI_##id,
#include "commands.def"
#undef CLI_COMMAND
	CLI_NR_COMMANDS
};

enum cli_group {
	CLI_GROUP_EVIDENCE,
	CLI_GROUP_DEVICES,
	CLI_GROUP_RECORD,
	CLI_GROUP_MACHINE,
	CLI_NR_GROUPS
};

/* The options as parsed. Lists end with NULL; all strings are borrowed from argv. */
struct cli_args {
	bool passphrase;
	bool json, quiet, no_progress, help, all, unconfined, mount, from_medium, ranges, deep,
		commands, no_hash, no_type, only_hit, export_map, export_domain;
	const char *case_dir, *algorithms, *method, *allow_incomplete, *format, *output, *report,
		*language, *key, *head, *against, *svg, *mapfile, *holes;
	const char *countersigner, *tsa, *signing_key, *passphrase_file, *name, *role, *answer;
	const char *description, *make, *model, *serial, *condition, *received_from, *place,
		*occurred, *released_by, *received_by, *seal_state, *image, *image_after, *reason;
	uint64_t window;
	unsigned threads, sector_size;
	struct cli_words {
		const char **list;
		size_t n;
	} expect, operands, seals, known;
	struct cli_numbers {
		uint64_t *list;
		size_t n;
	} partitions;
	struct exh_operator who;
	char **command; /* what stands behind "--", or NULL */
};

struct cli {
	struct exh_ctx *ctx;
	const struct cli_command *command;
	struct cli_args args;
	struct exh_image *image; /* closed by main() */
	json_t *facts;		 /* the result; released by main() */
	char *text;		 /* printed instead of the result, or NULL; released by main() */
	int misused;		 /* the exit status for a wrong command line that was said, or 0 */
	bool failed;		 /* the failure has been said already */
	struct cli_rows {
		const struct cli_row_format *format; /* NULL: the result is no list of rows */
		bool begun, written;		     /* the head, the first row */
	} rows;
};

struct cli_command {
	enum cli_command_id id;
	const char *name;
	/* Does the work and sets cli->facts; returns what the library returned. */
	int (*run)(struct cli *cli);
	/* Prints facts for people. */
	void (*show)(const json_t *facts);
	const char *operands;
	size_t fewest, most;
	bool recorded;
	enum cli_group group;
	const char *summary, *details;
};

extern const struct cli_command cli_commands[CLI_NR_COMMANDS];

#define CLI_COMMAND(id, name, function, ...)                                                       \
	int cmd_##function(struct cli *cli);                                                       \
	void show_##function(const json_t *facts);
#include "commands.def"
#undef CLI_COMMAND

/* ---- main.c ---- */

/** cli_find_command - the command that argv begins with; *used gets the number of words of its
 * name. NULL where there is none. */
const struct cli_command *cli_find_command(int argc, char **argv, int *used);

/** cli_open_image - open path as the options say, for the rest of the command. */
int cli_open_image(struct cli *cli, const char *path);

/** cli_complain - one line on standard error: "exhibit: COMMAND: TEXT". Text from evidence becomes
 * visible. */
void cli_complain(const struct cli *cli, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** cli_fail - say the error of the library's last failure, and put it into the facts; for where
 * something else could fail behind it. */
void cli_fail(struct cli *cli);

/** cli_settle - what a failure or an interruption puts into the facts; the exit status. */
int cli_settle(struct cli *cli, int r);

/** cli_misuse - the same and where to look for help; returns the exit status for a wrong command
 * line. command may be NULL. */
int cli_misuse(const struct cli_command *command, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- options.c ---- */

/** cli_parse - argv behind the name of the command into args; 0, or the exit status after
 * complaining. */
int cli_parse(const struct cli_command *command, int argc, char **argv, struct cli_args *args);

/** cli_args_release - free the lists. */
void cli_args_release(struct cli_args *args);

/** cli_print_options - the options of a command, for its help text. */
void cli_print_options(const struct cli_command *command);

/* ---- rows.c ---- */

/** cli_rows_begin - the result is a list of rows, in the format of --format or --json. */
void cli_rows_begin(struct cli *cli);

/** cli_rows_want_runs - does the format say where the bytes of files are? */
bool cli_rows_want_runs(const struct cli *cli);

/** cli_row_volume - the rows of this file system follow; opaque is the struct cli. */
void cli_row_volume(const json_t *volume, void *opaque);

/** cli_row - write one row; opaque is the struct cli. Not 0: there is no use in further rows. */
int cli_row(const json_t *row, void *opaque);

/** cli_rows_end - write the rows that were collected in the facts, and whatever belongs behind the
 * rows. */
void cli_rows_end(struct cli *cli);

/* ---- several.c ---- */

/**
 * cli_several - run a command on each of its operands, as many at once as there are processors
 *
 * run() works in a process of its own, on a cli of its own. facts["images"] gets the facts of each,
 * in the order of the operands, and each is recorded where the command records.
 */
int cli_several(struct cli *cli, int (*run)(struct cli *cli, const char *image));

/* ---- help.c ---- */

/** cli_help - "exhibit help [WORD...]"; returns the exit status. */
int cli_help(int argc, char **argv);

/** cli_help_overview - what exhibit is and the list of commands. */
void cli_help_overview(void);

/** cli_help_command - usage, summary, details and options of one command. */
void cli_help_command(const struct cli_command *command);

/* ---- progress.c ---- */

/** cli_progress_start - draw progress on standard error from now on, if it is a terminal and the
 * options want it; show notes. */
void cli_progress_start(struct exh_ctx *ctx, const struct cli_args *args);

/** cli_progress_draw - where a caller that has no context of its own for it stands. */
void cli_progress_draw(const char *what, uint64_t done, uint64_t total);

/** cli_progress_clear - remove the line, before anything else is written on the terminal. */
void cli_progress_clear(void);

/* ---- scan_commands.c ---- */

/** cli_scan_commands - put "commands" into the facts of a scan: [{"partition"?, "lines"}]. */
void cli_scan_commands(json_t *facts);
void show_scan_commands(const json_t *facts);

#endif
