// SPDX-License-Identifier: Apache-2.0
/* Adding to the ledger. */
#include "ledger.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "clock.h"

static int is_broken(struct exh_ctx *ctx, const char *how)
{
	return exh_fail(ctx, EXH_E_STATE,
			EXH_LEDGER_NAME
			": %s; nothing is added to a record that does not hold: look at it with "
			"'exhibit case verify' and go on in a new case",
			how);
}

static int size_of(struct exh_ctx *ctx, int fd, uint64_t *size)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return exh_fail_errno(ctx, EXH_LEDGER_NAME);
	*size = (uint64_t)st.st_size;
	return 0;
}

/* The last known entry must still be what it was: somebody may have put another file's bytes in
 * place. */
static int check_known(struct exh_ctx *ctx, const struct exh_chain *chain, uint64_t size)
{
	uint64_t n = chain->end - chain->start;
	_cleanup_free_ char *line = malloc(n + 1);
	char found[EXH_SHA256_HEX];
	int r;

	if (size < chain->read)
		return is_broken(ctx, "has become shorter while it was in use");
	if (!chain->entries)
		return 0;
	if (!line)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	if (exh_pread_all(chain->fd, line, n, chain->start) != (int64_t)n)
		return exh_fail_errno(ctx, EXH_LEDGER_NAME ": cannot be read at offset %" PRIu64,
				      chain->start);
	r = exh_case_sha256(ctx, line, n, found);
	if (r < 0)
		return r;
	return strcmp(found, chain->last) ? is_broken(ctx, "was changed while it was in use") : 0;
}

int exh_chain_catch_up(struct exh_ctx *ctx, struct exh_chain *chain)
{
	uint64_t size = 0;
	int r = size_of(ctx, chain->fd, &size);

	if (r >= 0)
		r = check_known(ctx, chain, size);
	if (r >= 0)
		r = exh_chain_read(ctx, chain, size);
	if (r >= 0 && chain->breaks)
		return is_broken(ctx, "does not hold");
	return r;
}

/* Ends an unfinished last line, so that what stands there becomes a line of its own. */
static int end_line(struct exh_ctx *ctx, struct exh_chain *chain)
{
	if (exh_write_all(chain->fd, "\n", 1) < 0)
		return exh_fail_errno(ctx, EXH_LEDGER_NAME ": cannot be written");
	return exh_chain_catch_up(ctx, chain);
}

static json_t *torn_json(struct exh_ctx *ctx, const struct exh_chain *chain)
{
	uint64_t n = chain->read - chain->torn_start;
	_cleanup_free_ char *bytes = n <= EXH_LEDGER_TORN_MAX ? malloc(n + 1) : NULL;
	char sha256[EXH_SHA256_HEX];

	if (!bytes || exh_pread_all(chain->fd, bytes, n, chain->torn_start) != (int64_t)n ||
	    exh_case_sha256(ctx, bytes, n, sha256) < 0)
		return NULL;
	return json_pack("{s:I, s:I, s:s}", "start", (json_int_t)chain->torn_start, "bytes",
			 (json_int_t)n, "sha256", sha256);
}

static bool has_reserved(const json_t *data)
{
	static const char *const reserved[] = {"seq", "prev", "time", "clock", "event", "torn"};

	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (json_object_get(data, reserved[i]))
			return true;
	return false;
}

/* That the clock was set since the entry before is said in this one. */
static void note_step(const struct exh_chain *chain, json_t *entry)
{
	struct exh_moment now;
	int64_t step;

	exh_moment_of(entry, &now);
	step = chain->entries ? exh_clock_step(&chain->moment, &now) : 0;
	if (step)
		json_object_set_new(json_object_get(entry, "clock"), "step_us", json_integer(step));
}

static int check_open(struct exh_ctx *ctx, const struct exh_chain *chain, const char *event)
{
	if (!chain->is_closed || !strcmp(event, "found-unsealed"))
		return 0;
	return exh_fail(ctx, EXH_E_STATE,
			"the record was closed by entry %" PRIu64
			"; nothing is added behind it: go on in a new case",
			chain->closed_by);
}

static int make_entry(struct exh_ctx *ctx, const struct exh_chain *chain, const char *event,
		      const json_t *data, char **line_ret, size_t *n_ret)
{
	_cleanup_json_ json_t *entry = data ? json_copy((json_t *)data) : json_object();
	char now[32], *line;

	if (has_reserved(data))
		return exh_fail(ctx, EXH_E_USAGE,
				"an event must not bring members that every entry has");
	exh_time_now(now);
	json_object_set_new(entry, "seq", json_integer((json_int_t)chain->entries));
	json_object_set_new(entry, "prev", json_string(chain->last));
	json_object_set_new(entry, "time", json_string(now));
	json_object_set_new(entry, "clock", exh_clock_json());
	note_step(chain, entry);
	json_object_set_new(entry, "event", json_string(event));
	if (chain->has_torn && json_object_set_new(entry, "torn", torn_json(ctx, chain)) < 0)
		return exh_fail(ctx, EXH_E_SYSTEM,
				EXH_LEDGER_NAME ": its unfinished end cannot be read");
	line = exh_json_dump_line(entry);
	if (!line)
		return exh_fail(ctx, EXH_E_FORMAT, "the event cannot be written as JSON");
	*n_ret = strlen(line) + 1;
	*line_ret = line;
	line[*n_ret - 1] = '\n';
	if (*n_ret > EXH_LEDGER_LINE_MAX)
		return exh_fail(ctx, EXH_E_RANGE,
				"an entry of %zu bytes is too long for the ledger", *n_ret);
	return 0;
}

/* One write: after a crash there is all of it, nothing, or an unfinished line that the next entry
 * will declare. */
static int write_line(struct exh_ctx *ctx, int fd, const char *line, size_t n)
{
	ssize_t written;

	do {
		written = write(fd, line, n);
	} while (written < 0 && errno == EINTR);
	if (written < 0)
		return exh_fail_errno(ctx, EXH_LEDGER_NAME ": cannot be written");
	if ((size_t)written < n) {
		errno = ENOSPC;
		return exh_fail_errno(ctx,
				      EXH_LEDGER_NAME ": only %zd of %zu bytes could be written",
				      written, n);
	}
	return fdatasync(fd) < 0 ? exh_fail_errno(ctx, EXH_LEDGER_NAME ": cannot be made durable")
				 : 0;
}

int exh_chain_append(struct exh_ctx *ctx, struct exh_chain *chain, const char *event,
		     const json_t *data)
{
	_cleanup_free_ char *line = NULL;
	uint64_t size = 0;
	size_t n = 0;
	int r = check_open(ctx, chain, event);

	if (r >= 0)
		r = size_of(ctx, chain->fd, &size);
	if (r >= 0 && size > chain->read)
		r = end_line(ctx, chain);
	if (r >= 0)
		r = make_entry(ctx, chain, event, data, &line, &n);
	if (r >= 0)
		r = write_line(ctx, chain->fd, line, n);
	return r < 0 ? r : exh_chain_catch_up(ctx, chain);
}
