/* SPDX-License-Identifier: Apache-2.0 */
/* Which process: a number alone may mean another one later, so the time of its start goes with it. */
#ifndef EXH_ATTACH_PROCESS_H
#define EXH_ATTACH_PROCESS_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

/** exh_process_json - {"pid","start"} of a living process; NULL where there is none. The caller owns it. */
json_t *exh_process_json(pid_t pid);

/** exh_process_alive - does this very process still run? A process that has ended and was not waited for does not. */
bool exh_process_alive(const json_t *process);

/** exh_process_end - SIGTERM, after grace_ms SIGKILL, and wait until it is gone; 0, or -1 where it would not go. */
int exh_process_end(const json_t *process, int grace_ms);

/** exh_process_name - the command name of a process ("?" where it cannot be told) into out. */
void exh_process_name(pid_t pid, char out[32]);

/** exh_boot_id - the kernel's name of this boot into out; empty where it cannot be told. */
void exh_boot_id(char out[64]);

/** exh_read_line - the first line of a small file of the kernel's, without its newline; -1 with errno. */
int exh_read_line(const char *path, char *out, size_t size);

#endif
