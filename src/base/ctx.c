// SPDX-License-Identifier: Apache-2.0
#include "ctx.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#undef exh_fail
#undef exh_fail_errno
#undef exh_prefix

static const struct {
	int exit_status;
	const char *text;
} errors[] = {
	[EXH_OK] = {0, "no error"},
#define EXH_ERROR(id, exit_status, text) [EXH_E_##id] = {exit_status, text},
#include "errors.def"
#undef EXH_ERROR
};

#define NR_ERRORS ((int)(sizeof(errors) / sizeof(errors[0])))

static int error_index(int code)
{
	code = code < 0 ? -code : code;
	return code < NR_ERRORS ? code : EXH_E_STATE;
}

const char *exh_error_name(int code)
{
	return errors[error_index(code)].text;
}

int exh_error_exit_status(int code)
{
	return errors[error_index(code)].exit_status;
}

int exh_fail(struct exh_ctx *ctx, enum exh_error code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(ctx->text, sizeof(ctx->text), fmt, ap);
	va_end(ap);
	ctx->code = code;
	ctx->err = 0;
	return -(int)code;
}

static enum exh_error code_of_errno(int err)
{
	switch (err) {
	case ENOMEM:
		return EXH_E_NOMEM;
	case EIO:
		return EXH_E_IO;
	case EACCES:
	case EPERM:
		return EXH_E_PERMISSION;
	case EBUSY:
	case ETXTBSY:
		return EXH_E_BUSY;
	default:
		return EXH_E_SYSTEM;
	}
}

int exh_fail_errno(struct exh_ctx *ctx, const char *fmt, ...)
{
	int err = errno;
	va_list ap;
	size_t used;

	va_start(ap, fmt);
	vsnprintf(ctx->text, sizeof(ctx->text), fmt, ap);
	va_end(ap);
	used = strlen(ctx->text);
	snprintf(ctx->text + used, sizeof(ctx->text) - used, ": %s", strerror(err));
	ctx->code = code_of_errno(err);
	ctx->err = err;
	errno = err;
	return -ctx->code;
}

int exh_prefix(struct exh_ctx *ctx, int ret, const char *fmt, ...)
{
	char inner[sizeof(ctx->text)];
	va_list ap;
	size_t used;

	if (ret >= 0)
		return ret;
	memcpy(inner, ctx->text, sizeof(inner));
	va_start(ap, fmt);
	vsnprintf(ctx->text, sizeof(ctx->text), fmt, ap);
	va_end(ap);
	used = strlen(ctx->text);
	snprintf(ctx->text + used, sizeof(ctx->text) - used, ": %s", inner);
	return ret;
}

void exh_note(struct exh_ctx *ctx, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	if (!ctx->on_note)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	ctx->on_note(line, ctx->opaque);
}
