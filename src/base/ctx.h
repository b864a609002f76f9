/* SPDX-License-Identifier: Apache-2.0 */
/* The context: error text, callbacks, the way to workers. One per thread of control; workers have
 * one of their own. */
#ifndef EXH_BASE_CTX_H
#define EXH_BASE_CTX_H

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum exh_error {
	EXH_OK = 0,
#define EXH_ERROR(id, exit_status, text) EXH_E_##id,
#include "errors.def"
#undef EXH_ERROR
};

struct exh_progress {
	const char *what; /* "verify", "files"; borrowed for the call */
	uint64_t done;	  /* bytes, or rows where total is 0 */
	uint64_t total;	  /* bytes; 0 where nobody knows */
};

struct exh_ctx {
	int code; /* enum exh_error of the last failure */
	int err;  /* errno of the last failure, or 0 */
	char text[2048];
	int helper;	/* socket to the process that forks workers, or -1 */
	int helper_pid; /* to wait for at the end, or 0 where a keeper goes on using the helper */
	bool quiet;
	void (*on_progress)(const struct exh_progress *, void *opaque);
	void (*on_note)(const char *text, void *opaque);
	void *opaque;
	volatile sig_atomic_t *interrupted; /* may be NULL */
};

/**
 * exh_fail - record an error where it happens
 *
 * Returns -code, so that "return exh_fail(...)" is the whole error path. The text is one line
 * without a final stop, and names file, offset and cause where they are known.
 */
int exh_fail(struct exh_ctx *ctx, enum exh_error code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** exh_fail_errno - the same for a failed system call; ": " and the text of errno are added. Keeps
 * errno. */
int exh_fail_errno(struct exh_ctx *ctx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** exh_prefix - put context before the error text of a call that failed; returns ret unchanged,
 * does nothing if ret >= 0. */
int exh_prefix(struct exh_ctx *ctx, int ret, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** exh_note - one line for the person at the terminal; not part of any result. */
void exh_note(struct exh_ctx *ctx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** exh_error_name - the short text of an error code, with or without its minus sign. */
const char *exh_error_name(int code);

/** exh_error_exit_status - the exit status that the contract gives this error. */
int exh_error_exit_status(int code);

/* The analyzer sees one file at a time, and would go on with the case that a failure returns 0. */
#ifdef __clang_analyzer__
#define exh_fail(...)		  (exh_fail(__VA_ARGS__), -1)
#define exh_fail_errno(...)	  (exh_fail_errno(__VA_ARGS__), -1)
#define exh_prefix(ctx, ret, ...) (exh_prefix(ctx, ret, __VA_ARGS__), (ret))
#endif

/* Of two results, the one that failed; the first of two failures. */
static inline int exh_first_error(int first, int second)
{
	return first < 0 ? first : second;
}

static inline bool exh_interrupted(const struct exh_ctx *ctx)
{
	return ctx->interrupted && *ctx->interrupted;
}

#endif
