/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs an analysis command where it cannot change the evidence: mount and PID namespaces of its
 * own, the evidence files bind-mounted read-only over every path by which they can be reached, a
 * /dev of its own with the evidence devices in it, no capability that could undo that, and a system
 * call filter.
 */
#ifndef EXH_CASE_CONFINE_H
#define EXH_CASE_CONFINE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/ctx.h"

struct exh_confine_spec {
	char *const *argv;
	/* Lists end with NULL. */
	char *const *env;	     /* NAME=VALUE, added to the caller's environment */
	const char *const *evidence; /* absolute paths of files, directories or block devices */
	const char *const *devices;  /* absolute paths of the block devices, or files, to show */
	/* Absolute and resolved paths of directories; all others are read-only. NULL: as they were.
	 * Never "/" nor a place of the kernel's. */
	const char *const *writable;
	const char *const *hidden; /* absolute paths not to be seen: keys. May be NULL */
	int stdout_fd, stderr_fd;  /* copies of what it prints go there; -1: nowhere */
	bool unconfined;
};

/**
 * exh_confine_run - run the command to its end
 *
 * What it prints goes to the caller's standard error (never standard output, which belongs to the
 * result) and to the given descriptors. result gets {"argv", "exit_status" or "signal", "seconds",
 * "confined", "protections": [...]}. On an interrupted ctx the command and everything it started is
 * ended and -EXH_E_INTERRUPTED is returned, with the result set. Nothing it started survives, also
 * where it runs unconfined (as far as a process group and a subreaper reach).
 */
int exh_confine_run(struct exh_ctx *ctx, const struct exh_confine_spec *spec, json_t **result);

/** exh_confine_available - can commands be confined here? If not, why is on ctx. */
int exh_confine_available(struct exh_ctx *ctx);

#endif
