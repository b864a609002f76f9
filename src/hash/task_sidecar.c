// SPDX-License-Identifier: Apache-2.0
/*
 * The worker that reads files with reference digests. Descriptors: the sidecars. args: "sidecars":
 * [{"hint"?, "file"}], where file is the container file whose name the sidecar extends, and
 * "names": the container files.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "sidecars.h"
#include "sums.h"
#include "tasks.h"

#define MAX_SUMS 64 /* of one sidecar, about this image */

struct statement {
	struct exh_sum sum;
	enum exh_reference_scope scope;
	size_t file;
	bool contradicted;
};

struct reading {
	struct exh_worker *w;
	const json_t *names;
	size_t sidecar, file;
	struct statement list[MAX_SUMS];
	size_t nr;
	size_t nr_others; /* statements about other files */
	bool trouble;
};

static void trouble(struct reading *reading, unsigned line, const char *text)
{
	json_t *row =
		json_pack("{s:I, s:s}", "sidecar", (json_int_t)reading->sidecar, "text", text);

	if (line)
		json_object_set_new(row, "line", json_integer(line));
	exh_emit_row(reading->w, "troubles", row);
	reading->trouble = true;
}

static void on_malformed(unsigned line, const char *why, void *opaque)
{
	struct reading *reading = opaque;

	if (!reading->trouble)
		trouble(reading, line, why);
}

/* Which bytes a statement is about; false where it is about another file. */
static bool find_scope(const struct reading *reading, struct statement *s)
{
	const json_t *name;
	size_t i;

	s->file = reading->file;
	s->scope = s->sum.of_media ? EXH_SCOPE_MEDIA : EXH_SCOPE_EITHER;
	if (!s->sum.name[0])
		return true;
	s->scope = EXH_SCOPE_CONTAINER;
	json_array_foreach (reading->names, i, name) {
		if (strcasecmp(json_string_value(name), s->sum.name))
			continue;
		s->file = i;
		return true;
	}
	return false;
}

static void on_found(const struct exh_sum *sum, void *opaque)
{
	struct reading *reading = opaque;
	struct statement s = {.sum = *sum};

	if (!find_scope(reading, &s)) {
		reading->nr_others++;
		return;
	}
	for (size_t i = 0; i < reading->nr; i++) {
		struct statement *before = &reading->list[i];

		if (before->scope != s.scope || before->file != s.file ||
		    strcmp(before->sum.algorithm, sum->algorithm))
			continue;
		if (strcmp(before->sum.value, sum->value) && !before->contradicted) {
			before->contradicted = true;
			trouble(reading, sum->line,
				"states another value than an earlier line; neither is used");
		}
		return;
	}
	if (reading->nr == MAX_SUMS)
		on_malformed(sum->line, "more statements than are looked at", reading);
	else
		reading->list[reading->nr++] = s;
}

static int emit_statements(const struct reading *reading)
{
	int r = 0;

	for (size_t i = 0; i < reading->nr && r >= 0; i++) {
		const struct statement *s = &reading->list[i];

		if (s->contradicted)
			continue;
		r = exh_emit_row(reading->w, "sums",
				 json_pack("{s:I, s:s, s:s, s:i, s:I, s:i}", "sidecar",
					   (json_int_t)reading->sidecar, "algorithm",
					   s->sum.algorithm, "value", s->sum.value, "scope",
					   (int)s->scope, "file", (json_int_t)s->file, "line",
					   (int)s->sum.line));
	}
	return r;
}

static int read_sidecar(struct reading *reading, int fd, const char *hint)
{
	const struct exh_sums_visitor visitor = {on_found, on_malformed, reading};
	_cleanup_free_ char *text = malloc(EXH_SIDECAR_LIMIT);
	int64_t n = text ? exh_pread_all(fd, text, EXH_SIDECAR_LIMIT, 0) : -1;

	if (n < 0) {
		trouble(reading, 0, "cannot be read");
		return 0;
	}
	exh_sums_parse(text, (size_t)n, hint, &visitor);
	if (hint && !reading->nr && !reading->trouble)
		trouble(reading, 0,
			reading->nr_others ? "names other files, none of this image"
					   : "holds no digest");
	return emit_statements(reading);
}

int exh_task_sidecar(struct exh_worker *w, const json_t *args)
{
	const json_t *sidecars = json_object_get(args, "sidecars"), *sidecar;
	_cleanup_free_ struct reading *reading = malloc(sizeof(*reading));
	size_t i;
	int r = 0;

	if (!reading)
		return exh_fail(w->ctx, EXH_E_NOMEM, "out of memory");
	json_array_foreach (sidecars, i, sidecar) {
		if ((int)i >= w->nr_fds || r < 0)
			break;
		memset(reading, 0, sizeof(*reading));
		reading->w = w;
		reading->names = json_object_get(args, "names");
		reading->sidecar = i;
		reading->file = exh_json_u64(sidecar, "file", 0);
		r = read_sidecar(reading, w->fds[i], exh_json_str(sidecar, "hint"));
	}
	return r;
}
