// SPDX-License-Identifier: Apache-2.0
/* Heads of either version, and their file. */
#include "head.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"

bool exh_is_case_id(const char *text)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (!text || strlen(text) != EXH_CASE_ID_LENGTH)
		return false;
	for (size_t i = 0; i < EXH_CASE_ID_LENGTH; i++)
		if (shape[i] == '-' ? text[i] != '-' : !strchr("0123456789abcdef", text[i]))
			return false;
	return true;
}

bool exh_is_time_text(const char *text)
{
	size_t n = text ? strlen(text) : 0;

	return n >= 20 && n < 32 && strspn(text, "0123456789-:.TZ") == n;
}

void exh_head_origin(const char *case_id, char out[EXH_ORIGIN_MAX])
{
	snprintf(out, EXH_ORIGIN_MAX, "exhibit/%s", case_id);
}

json_t *exh_head_json(const struct exh_head *head)
{
	return head->version == 1 ? exh_head_v1_json(head) : exh_head_v2_json(head);
}

int exh_head_parse(struct exh_ctx *ctx, const char *text, size_t n, struct exh_head *head)
{
	const char *why = NULL;
	int r;

	memset(head, 0, sizeof(*head));
	if (!n)
		return exh_fail(ctx, EXH_E_FORMAT, "is empty");
	if (*text == '{')
		return exh_head_v1_parse(text, n, head, &why)
			       ? 0
			       : exh_fail(ctx, EXH_E_FORMAT, "%s", why);
	r = exh_note_parse(ctx, text, n, &head->note);
	if (r < 0)
		return r;
	return exh_head_v2_parse(&head->note, head)
		       ? 0
		       : exh_fail(ctx, EXH_E_FORMAT, "is no head of a ledger");
}

int exh_head_read(struct exh_ctx *ctx, int dirfd, const char *name, struct exh_head *head)
{
	_cleanup_free_ char *text = NULL;
	size_t n;
	int r = exh_file_read(ctx, dirfd, name, EXH_HEAD_LIMIT, &text, &n);

	if (r < 0)
		return ctx->err == ENOENT ? 1 : r;
	return exh_prefix(ctx, exh_head_parse(ctx, text, n, head), "%s", name);
}

bool exh_head_is_signed_by(const struct exh_head *head, EVP_PKEY *key)
{
	char origin[EXH_ORIGIN_MAX];

	if (head->version == 1)
		return exh_head_v1_is_signed_by(head, key);
	exh_head_origin(head->case_id, origin);
	return exh_note_is_signed_by(&head->note, origin, key);
}

bool exh_head_is_as_written(const struct exh_head *head)
{
	return head->version == 1 || exh_note_signatures(&head->note) == 1;
}

int exh_head_write(struct exh_ctx *ctx, int dirfd, struct exh_head *head, EVP_PKEY *key)
{
	_cleanup_free_ char *line = NULL;
	size_t n = 0;
	int r;

	exh_time_now(head->time);
	r = head->version == 1 ? exh_head_v1_sign(ctx, head, key, &line, &n)
			       : exh_head_v2_sign(ctx, head, key);
	if (r < 0)
		return r;
	r = exh_file_write(ctx, dirfd, EXH_HEAD_NAME, line ? line : head->note.bytes,
			   line ? n : head->note.n, 0600);
	return r < 0 ? r : exh_fsync_dir(ctx, dirfd, "the case directory");
}
