// SPDX-License-Identifier: Apache-2.0
/*
 * Which steps go on. Whoever begins a step locks the byte of steps.lock whose offset is the number
 * of the begin entry. The lock ends with its process, however it ends, so that a step without "end"
 * whose byte is free was interrupted.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "case_private.h"

static void begin_key(uint64_t begin, char out[24])
{
	snprintf(out, 24, "%" PRIu64, begin);
}

int exh_steps_note(struct exh_ctx *ctx, struct exh_steps *steps, const struct exh_entry *entry)
{
	const char *event = entry->event;
	char key[24];

	if (!steps->open)
		steps->open = json_object();
	if (!strcmp(event, "begin")) {
		steps->count++;
		begin_key(entry->number, key);
		if (json_object_set(steps->open, key, (json_t *)exh_entry_json(entry)) < 0)
			return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	} else if (!strcmp(event, "end") || !strcmp(event, "interrupted")) {
		begin_key(exh_json_u64(exh_entry_json(entry), "begin", UINT64_MAX), key);
		json_object_del(steps->open, key);
	}
	return 0;
}

void exh_steps_clear(struct exh_steps *steps)
{
	json_decref(steps->open);
	memset(steps, 0, sizeof(*steps));
}

int exh_steps_open_lock(struct exh_ctx *ctx, int dirfd, int flags)
{
	int fd = openat(dirfd, "steps.lock", O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);

	return fd < 0 ? exh_fail_errno(ctx, "steps.lock: cannot be opened") : fd;
}

static int control(int fd, int command, short type, uint64_t begin, struct flock *lock)
{
	*lock = (struct flock){
		.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)begin, .l_len = 1};
	return fcntl(fd, command, lock);
}

int exh_step_lock(struct exh_ctx *ctx, int steps_fd, uint64_t begin)
{
	struct flock lock;

	return control(steps_fd, F_OFD_SETLK, F_WRLCK, begin, &lock) < 0
		       ? exh_fail_errno(ctx, "steps.lock: cannot be locked")
		       : 0;
}

void exh_step_unlock(int steps_fd, uint64_t begin)
{
	struct flock lock;

	control(steps_fd, F_OFD_SETLK, F_UNLCK, begin, &lock);
}

bool exh_step_is_live(int steps_fd, uint64_t begin)
{
	struct flock lock;

	return steps_fd >= 0 && control(steps_fd, F_OFD_GETLK, F_WRLCK, begin, &lock) == 0 &&
	       lock.l_type != F_UNLCK;
}

int exh_ledger_lock(struct exh_ctx *ctx, int fd, int operation)
{
	while (flock(fd, operation) < 0)
		if (errno != EINTR || exh_interrupted(ctx))
			return exh_fail_errno(ctx, EXH_LEDGER_NAME ": cannot be locked");
	return 0;
}

static int declare_unsealed(struct exh_ctx *ctx, struct exh_case *c)
{
	_cleanup_json_ json_t *data = NULL;

	if (c->head.entries >= c->chain.entries)
		return 0;
	data = json_pack("{s:I, s:I}", "first", (json_int_t)c->head.entries, "last",
			 (json_int_t)c->chain.entries - 1);
	return exh_chain_append(ctx, &c->chain, "found-unsealed", data);
}

static int declare_interrupted(struct exh_ctx *ctx, struct exh_case *c, const json_t *begin)
{
	_cleanup_json_ json_t *data =
		json_pack("{s:O, s:O, s:O}", "step", json_object_get(begin, "step"), "number",
			  json_object_get(begin, "number"), "begin", json_object_get(begin, "seq"));

	if (!data)
		return exh_fail(ctx, EXH_E_FORMAT,
				EXH_LEDGER_NAME ": a begin entry lacks its step");
	return exh_chain_append(ctx, &c->chain, "interrupted", data);
}

int exh_case_recover_locked(struct exh_ctx *ctx, struct exh_case *c, bool can_seal)
{
	_cleanup_json_ json_t *open = json_copy(c->steps.open);
	const char *key;
	json_t *begin;
	int r = can_seal ? declare_unsealed(ctx, c) : 0;

	json_object_foreach (open, key, begin) {
		if (r < 0)
			return r;
		if (!exh_step_is_live(c->steps_fd, exh_json_u64(begin, "seq", 0)))
			r = declare_interrupted(ctx, c, begin);
	}
	return r;
}
