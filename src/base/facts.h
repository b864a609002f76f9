/* SPDX-License-Identifier: Apache-2.0 */
/* Facts: the JSON objects that are printed, recorded and reported. Also the files they are kept in.
 */
#ifndef EXH_BASE_FACTS_H
#define EXH_BASE_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "ctx.h"

#define EXH_SCHEMA "exhibit/1"

/** exh_facts_new - {"schema","command","version","problems":[]}; the caller owns it. */
json_t *exh_facts_new(const char *command);

/** exh_facts_exit_status - the exit code that the contract derives from facts: 0, 1 or 3. */
int exh_facts_exit_status(const json_t *facts);

/** exh_json_u64 - object[key] as an unsigned number, or fallback where it is absent, negative or no
 * integer. */
uint64_t exh_json_u64(const json_t *object, const char *key, uint64_t fallback);

/** exh_json_str - object[key] as a borrowed string, or NULL. */
const char *exh_json_str(const json_t *object, const char *key);

/** exh_json_dump_line - one compact ASCII line with sorted keys and no newline; the caller frees
 * it. NULL when memory is out. */
char *exh_json_dump_line(const json_t *value);

/** exh_json_read_file - parse a JSON file of at most limit bytes below dirfd. */
int exh_json_read_file(struct exh_ctx *ctx, int dirfd, const char *name, size_t limit,
		       json_t **ret);

/** exh_json_write_file - write value (indented) to name below dirfd, by a temporary name, fsync and
 * rename: whole or not at all. */
int exh_json_write_file(struct exh_ctx *ctx, int dirfd, const char *name, const json_t *value);

/** exh_file_write - the same for bytes. mode is that of the new file. */
int exh_file_write(struct exh_ctx *ctx, int dirfd, const char *name, const void *bytes, size_t n,
		   unsigned mode);

/** exh_file_read - the whole file of at most limit bytes, with a 0 behind it; the caller frees it.
 */
int exh_file_read(struct exh_ctx *ctx, int dirfd, const char *name, size_t limit, char **bytes_ret,
		  size_t *n_ret);

/** exh_write_all - write n bytes, whatever it takes; 0 or -1 with errno. */
int exh_write_all(int fd, const void *bytes, size_t n);

/** exh_file_write_new - make a file of mode 600 of n bytes; one that is there, or a link, is an
 * error. */
int exh_file_write_new(struct exh_ctx *ctx, const char *path, const void *bytes, size_t n);

/** exh_pread_all - read n bytes at offset; the count really read (short only at the end of the
 * file), or -1 with errno. */
int64_t exh_pread_all(int fd, void *bytes, size_t n, uint64_t offset);

/** exh_time_now - UTC as RFC 3339 with microseconds and Z; out has room for 32. */
void exh_time_now(char out[32]);

/** exh_time_at - the same for a given moment. */
void exh_time_at(const struct timespec *time, char out[32]);

#endif
