// SPDX-License-Identifier: Apache-2.0
#include "operator.h"

#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"
#include "files.h"

#define FILE_LIMIT ((size_t)256 << 10)
#define BLANKS	   " \t"

static const struct {
	const char *name, *member;
} fields[] = {
#define EXH_OPERATOR(name, member, what) {name, member},
#include "operator.def"
#undef EXH_OPERATOR
};

static const char *member_named(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strlen(fields[i].name) == n && !strncmp(fields[i].name, name, n))
			return fields[i].member;
	return NULL;
}

/* The line without blanks around it. */
static const char *trim(const char *text, size_t *n)
{
	size_t skip = strspn(text, BLANKS);

	if (skip > *n)
		skip = *n;
	text += skip;
	*n -= skip;
	while (*n && strchr(BLANKS "\r", text[*n - 1]))
		(*n)--;
	return text;
}

static int go_on(struct exh_ctx *ctx, json_t *into, const char *member, const char *text, size_t n,
		 unsigned line)
{
	_cleanup_free_ char *all = NULL;
	const char *before = member ? exh_json_str(into, member) : NULL;
	_cleanup_json_ json_t *more = exh_json_text(text, n);

	if (!before)
		return exh_fail(ctx, EXH_E_FORMAT,
				"line %u goes on with a value, but there is none before it", line);
	if (asprintf(&all, "%s\n%s", before, json_string_value(more)) < 0) {
		all = NULL;
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	}
	json_object_set_new(into, member, json_string(all));
	return 0;
}

static int take_field(struct exh_ctx *ctx, json_t *into, const char *text, size_t n, unsigned line,
		      const char **member)
{
	const char *colon = memchr(text, ':', n), *value;
	size_t length = colon ? (size_t)(colon - text) : n, rest;

	while (length && strchr(BLANKS, text[length - 1]))
		length--;
	*member = member_named(text, length);
	if (!colon || !*member) {
		_cleanup_json_ json_t *name = exh_json_text(text, length < 60 ? length : 60);
		_cleanup_free_ char *shown = exh_text_visible(json_string_value(name));

		return exh_fail(ctx, EXH_E_FORMAT,
				colon ? "line %u: there is no field '%s'"
				      : "line %u: '%s' is no line 'name: value'",
				line, shown ? shown : "");
	}
	if (json_object_get(into, *member))
		return exh_fail(ctx, EXH_E_FORMAT, "line %u: %.*s stands there twice", line,
				(int)length, text);
	rest = n - (size_t)(colon + 1 - text);
	value = trim(colon + 1, &rest);
	if (rest)
		json_object_set_new(into, *member, exh_json_text(value, rest));
	return 0;
}

static int parse(struct exh_ctx *ctx, const char *text, size_t n, json_t *into)
{
	const char *end = text + n, *member = NULL;
	unsigned line = 0;
	int r = 0;

	while (r >= 0 && text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((newline ? newline : end) - text), rest = length;
		const char *content = trim(text, &rest);

		line++;
		if (rest && *content != '#')
			r = content > text ? go_on(ctx, into, member, content, rest, line)
					   : take_field(ctx, into, content, rest, line, &member);
		text += length + (newline ? 1 : 0);
	}
	return r;
}

static int take_file(struct exh_ctx *ctx, const char *path, json_t *into)
{
	_cleanup_free_ char *text = NULL, *real = NULL;
	char sha256[EXH_SHA256_HEX];
	size_t n;
	int r = exh_file_read(ctx, AT_FDCWD, path, FILE_LIMIT, &text, &n);

	if (r >= 0)
		r = exh_prefix(ctx, parse(ctx, text, n, into), "%s", path);
	if (r >= 0)
		r = exh_case_sha256(ctx, text, n, sha256);
	if (r < 0)
		return r;
	real = realpath(path, NULL);
	if (!real)
		return exh_fail_errno(ctx, "%s", path);
	json_object_set_new(into, "file",
			    json_pack("{s:o, s:s}", "path", exh_json_text(real, strlen(real)),
				      "sha256", sha256));
	return 0;
}

static void take_options(const struct exh_operator *who, json_t *into)
{
	const struct {
		const char *member, *value;
	} options[] = {
		{"case_number", who->case_number}, {"exhibit_number", who->exhibit_number},
		{"examiner", who->examiner},	   {"organisation", who->organisation},
		{"authority", who->authority},	   {"purpose", who->purpose},
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (options[i].value && *options[i].value)
			json_object_set_new(
				into, options[i].member,
				exh_json_text(options[i].value, strlen(options[i].value)));
}

int exh_operator_json(struct exh_ctx *ctx, const struct exh_operator *who, json_t **ret)
{
	_cleanup_json_ json_t *json = json_object();
	int r = 0;

	if (who && who->file)
		r = take_file(ctx, who->file, json);
	if (r < 0)
		return r;
	if (who)
		take_options(who, json);
	*ret = steal(&json);
	return 0;
}
