/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WPTOOL_H
#define WPTOOL_H

#include <stdint.h>
#include "wploop.h"

const char *name_of(int error);
void die(const char *what);
int open_or_die(const char *path, int flags);
int control(void);
uint64_t number_in(const char *text);
uint32_t device_in(const char *text);

/* attach.c */
int cmd_attach(char **args);
int cmd_abi(char **args);

/* attempts.c: what must not work, and what must */
int cmd_write_all(char **args);
int cmd_open(char **args);
int cmd_file(char **args);
int cmd_read(char **args);
int cmd_bio(char **args);
int cmd_request(char **args);
int cmd_shrink(char **args);
int cmd_wrong(char **args);
int cmd_stat(char **args);
int cmd_setrw(char **args);
int cmd_audit(char **args);
int cmd_fill(char **args);
int cmd_sync_file(char **args);

/* corners.c: entrances that few programs use */
int cmd_compat(char **args);
int cmd_short_list(char **args);
int cmd_mapped(char **args);
int cmd_hold_copies(char **args);
int cmd_through_path(char **args);
int cmd_blkpg(char **args);
int cmd_uring(char **args);
int cmd_nowait(char **args);
int cmd_fail_reads(char **args);

/* storm.c: everything at once */
int cmd_storm(char **args);

/* fail.c: memory that cannot be had */
int cmd_fail_nth(char **args);

#endif
