/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of confinement, each in a file of its own: confine.c is the owner's side,
 * confine_supervise.c the process that the command is a child of, confine_mounts.c and
 * confine_privileges.c what the command may reach and may do, confine_relay.c what it prints.
 */
#ifndef EXH_CASE_CONFINE_PARTS_H
#define EXH_CASE_CONFINE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "confine.h"

/* ---- the supervisor: pid 1 of the command's namespaces, or a subreaper where it is unconfined
 * ---- */

enum exh_confine_event {
	EXH_CONFINE_REFUSED = 1, /* it could not be set up; value is an enum exh_error */
	EXH_CONFINE_NOT_RUN,	 /* exec failed; value is the errno */
	EXH_CONFINE_ENDED,	 /* value is the wait status */
};

/* supervisor -> owner. The other way goes one byte: end the command politely. A closed socket ends
 * everything at once. */
struct exh_confine_message {
	int32_t event, value;
	char text[1024];
};

struct exh_confine_plan {
	const struct exh_confine_spec *spec; /* an argv of NULL: set everything up, run nothing */
	char **environment;
	bool user_namespace; /* in which uid and gid, those of the owner, are the only ones */
	uid_t uid;
	gid_t gid;
	int control, out, err;
};

/** exh_confine_supervise - run the command as a child and end when it ends; never returns. */
_Noreturn void exh_confine_supervise(const struct exh_confine_plan *plan);

/* ---- what it can reach ---- */

/**
 * exh_confine_mounts - build the command's view of the files and devices
 *
 * The caller is in a new mount and a new PID namespace, as pid 1. After an error the namespace is
 * of no use.
 */
int exh_confine_mounts(struct exh_ctx *ctx, const struct exh_confine_spec *spec);

struct exh_mount_entry {
	uint64_t id;
	unsigned major, minor; /* the file system */
	char *root;	       /* the directory of that file system that is mounted */
	char *point;	       /* where */
	char *type;
};

struct exh_mount_table {
	struct exh_mount_entry *entries;
	size_t nr;
};

/** exh_mount_table_read - every mount of the calling process (proc(5), mountinfo); clear it with
 * exh_mount_table_clear(). */
int exh_mount_table_read(struct exh_ctx *ctx, struct exh_mount_table *table);
void exh_mount_table_clear(struct exh_mount_table *table);

/** exh_mount_table_of - the mount that the file of an O_PATH descriptor was reached through, or
 * NULL. */
const struct exh_mount_entry *exh_mount_table_of(const struct exh_mount_table *table, int fd);

/**
 * exh_mount_alias - the path by which a file is reached through another mount of its file system
 *
 * home is the mount of path. NULL where the other mount does not show that file. The caller frees
 * it.
 */
char *exh_mount_alias(const struct exh_mount_entry *home, const char *path,
		      const struct exh_mount_entry *other);

/* ---- what it may do ---- */

/** exh_confine_drop_privileges - capabilities, Landlock scopes and the system call filter; for
 * good. */
int exh_confine_drop_privileges(struct exh_ctx *ctx);

/* ---- what it prints ---- */

struct exh_relay {
	int from;     /* the pipe, non-blocking; -1 when it is closed */
	int copy;     /* gets the bytes as they are; -1: nowhere */
	bool visible; /* to our standard error hostile characters go as text: it is a terminal */
	int error;    /* errno of the first write to copy that failed */
	unsigned char carry[4]; /* the beginning of a character that the last read cut */
	size_t nr_carry;
};

/** exh_relay_some - pass on what is there now; false when there was nothing, or the pipe is closed.
 */
bool exh_relay_some(struct exh_relay *relay);

/** exh_relay_finish - pass on everything that is left, and close the pipe. */
void exh_relay_finish(struct exh_relay *relay);

#endif
