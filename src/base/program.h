/* SPDX-License-Identifier: Apache-2.0 */
/* Other people's programs that turn bytes into bytes: confined, and without a connection. */
#ifndef EXH_BASE_PROGRAM_H
#define EXH_BASE_PROGRAM_H

#include <stddef.h>

#include "ctx.h"

struct exh_program {
	const char *const *argv; /* argv[0] is looked for in PATH; ends with NULL */
	const char *to_install;	 /* "Debian: apt-get install NAME", for where it is not there */
	const void *input;	 /* what it reads from its standard input */
	size_t input_size;
	unsigned seconds; /* after which it is ended */
};

/** exh_program_find - the path of a program in PATH; 1 where there is none. The caller frees it. */
int exh_program_find(struct exh_ctx *ctx, const char *name, char **path_ret);

/**
 * exh_program_run - run a program and hand out what it wrote to its standard output
 *
 * It gets no descriptors but its three, an environment of its own, no new privileges, limits of
 * memory, time and size, no sockets, and with Landlock no way to write a file, but in a directory
 * of its own that is removed, and to read others than those of the installation. Not there:
 * -EXH_E_MISSING, saying what to install. Ended badly: -EXH_E_SYSTEM with the last line of its
 * standard error. The caller frees *output_ret.
 */
int exh_program_run(struct exh_ctx *ctx, const struct exh_program *program, char **output_ret,
		    size_t *size_ret);

#endif
