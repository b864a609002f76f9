// SPDX-License-Identifier: Apache-2.0
#include "search.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "ledger.h"

struct search {
	char wanted[64]; /* as it stands in a line; a quote inside a string has a backslash before
			    it */
	const char *event;
	int (*on_entry)(struct exh_ctx *ctx, const json_t *entry, void *opaque);
	void *opaque;
};

static int take(struct exh_ctx *ctx, const struct search *s, const char *line, size_t n)
{
	_cleanup_json_ json_t *entry = NULL;
	const char *event;

	if (!memmem(line, n, s->wanted, strlen(s->wanted)))
		return 0;
	entry = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
	event = exh_json_str(entry, "event");
	return event && !strcmp(event, s->event) ? s->on_entry(ctx, entry, s->opaque) : 0;
}

/* Whole lines of n bytes; *used gets how many bytes those are. */
static int take_lines(struct exh_ctx *ctx, const struct search *s, const char *bytes, size_t n,
		      size_t *used)
{
	const char *p = bytes, *end = bytes + n, *newline;
	int r = 0;

	while (r >= 0 && (newline = memchr(p, '\n', (size_t)(end - p)))) {
		r = take(ctx, s, p, (size_t)(newline - p));
		p = newline + 1;
	}
	*used = (size_t)(p - bytes);
	return r;
}

int exh_ledger_search(struct exh_ctx *ctx, int fd, uint64_t size, const char *event,
		      int (*on_entry)(struct exh_ctx *ctx, const json_t *entry, void *opaque),
		      void *opaque)
{
	_cleanup_free_ char *buffer = malloc(EXH_LEDGER_LINE_MAX);
	struct search s = {.event = event, .on_entry = on_entry, .opaque = opaque};
	uint64_t at = 0;

	if (!buffer)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	snprintf(s.wanted, sizeof(s.wanted), "\"event\":\"%s\"", event);
	while (at < size) {
		size_t want =
			size - at < EXH_LEDGER_LINE_MAX ? (size_t)(size - at) : EXH_LEDGER_LINE_MAX;
		size_t used = 0;
		int r;

		if (exh_pread_all(fd, buffer, want, at) != (int64_t)want)
			return exh_fail_errno(ctx, EXH_LEDGER_NAME ": cannot be read");
		r = take_lines(ctx, &s, buffer, want, &used);
		if (r < 0)
			return r;
		at += used ? used : want;
	}
	return 0;
}
