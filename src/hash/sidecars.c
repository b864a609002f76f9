// SPDX-License-Identifier: Apache-2.0
#include "sidecars.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "base/text.h"
#include "base/worker.h"

#define ANSWER_LIMIT (4U << 20)

static const struct {
	const char *suffix, *hint;
} suffixes[] = {
	{".md5", "md5"},       {".sha1", "sha1"},     {".sha224", "sha224"}, {".sha256", "sha256"},
	{".sha384", "sha384"}, {".sha512", "sha512"}, {".txt", NULL},	     {".info", NULL},
};

#define NR_SUFFIXES (sizeof(suffixes) / sizeof(suffixes[0]))
#define MAX_BASES   4
#define MAX_FOUND   (MAX_BASES * NR_SUFFIXES)

struct sidecar {
	char *path;
	int fd;
	const char *hint;
	size_t file;
};

struct search {
	const struct exh_image *image;
	json_t *facts;
	struct sidecar found[MAX_FOUND];
	size_t nr;
};

static void search_clear(struct search *search)
{
	for (size_t i = 0; i < search->nr; i++) {
		free(search->found[i].path);
		close(search->found[i].fd);
	}
}

static void unusable(struct search *search, const char *path, const char *why)
{
	exh_problems_add(search->facts, exh_problem(EXH_P_SIDECAR_UNREADABLE, "%s: %s", path, why));
}

static bool is_of_image(const struct exh_image *image, const struct stat *st)
{
	for (size_t i = 0; i < image->nr_files; i++)
		if (image->files[i].st.st_ino == st->st_ino &&
		    image->files[i].st.st_dev == st->st_dev)
			return true;
	return false;
}

static int open_sidecar(const char *path)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	int fd = open(path, flags | O_NOATIME);

	return fd < 0 && errno == EPERM ? open(path, flags) : fd;
}

/* Why an opened file cannot serve, or NULL. */
static const char *objection(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "is not a regular file";
	if (st->st_size > EXH_SIDECAR_LIMIT)
		return "has more than 1 MiB and was not read";
	return st->st_size ? NULL : "is empty";
}

static void try_one(struct search *search, const char *path, const char *hint, size_t file)
{
	_cleanup_fd_ int fd = open_sidecar(path);
	const char *why;
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0 || fstat(fd, &st) < 0) {
		unusable(search, path, errno == ELOOP ? "is a symbolic link" : strerror(errno));
		return;
	}
	if (is_of_image(search->image, &st))
		return;
	why = objection(&st);
	/* a text beside an image need not be about it */
	if (why && (hint || S_ISREG(st.st_mode)))
		unusable(search, path, why);
	if (why || search->nr == MAX_FOUND)
		return;
	search->found[search->nr] = (struct sidecar){strdup(path), -1, hint, file};
	if (search->found[search->nr].path)
		search->found[search->nr++].fd = steal_fd(&fd);
}

static void try_base(struct search *search, const char *base, size_t length, size_t file)
{
	for (size_t i = 0; i < NR_SUFFIXES; i++) {
		_cleanup_free_ char *path = NULL;

		if (asprintf(&path, "%.*s%s", (int)length, base, suffixes[i].suffix) < 0)
			path = NULL;
		else
			try_one(search, path, suffixes[i].hint, file);
	}
}

/* The length of a path without its extension; the whole length where there is none. */
static size_t stem_length(const char *path)
{
	const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');

	return dot && dot > slash + 1 ? (size_t)(dot - path) : strlen(path);
}

static void try_file(struct search *search, const char *path, size_t file)
{
	try_base(search, path, strlen(path), file);
}

static void look(struct search *search)
{
	const struct exh_image *image = search->image;
	const char *first = image->files[0].path;

	if (S_ISBLK(image->files[0].st.st_mode))
		return;
	try_file(search, first, 0);
	if (stem_length(first) < strlen(first))
		try_base(search, first, stem_length(first), 0);
	for (size_t i = 1; i < image->nr_files; i++)
		if (!strcmp(image->files[i].path, image->path))
			try_file(search, image->path, i);
}

static json_t *args_of(const struct search *search)
{
	json_t *sidecars = json_array(), *names = json_array();

	for (size_t i = 0; i < search->nr; i++)
		json_array_append_new(sidecars,
				      json_pack("{s:s*, s:I}", "hint", search->found[i].hint,
						"file", (json_int_t)search->found[i].file));
	for (size_t i = 0; i < search->image->nr_files; i++) {
		const char *name = strrchr(search->image->files[i].path, '/') + 1;

		json_array_append_new(names, exh_json_text(name, strlen(name)));
	}
	return json_pack("{s:o, s:o}", "sidecars", sidecars, "names", names);
}

/* One row of the worker, if it has the shape that it must have; otherwise it is passed over. */
static int take_sum(struct exh_ctx *ctx, const struct search *search, const json_t *row,
		    struct exh_references *refs)
{
	const char *name = exh_json_str(row, "algorithm"), *value = exh_json_str(row, "value");
	struct exh_reference ref = {.source = EXH_FROM_SIDECAR};
	uint64_t sidecar = exh_json_u64(row, "sidecar", UINT64_MAX);
	uint64_t scope = exh_json_u64(row, "scope", UINT64_MAX);
	size_t size;

	ref.file = exh_json_u64(row, "file", SIZE_MAX);
	ref.line = (unsigned)exh_json_u64(row, "line", 0);
	if (sidecar >= search->nr || scope > EXH_SCOPE_EITHER ||
	    ref.file >= search->image->nr_files || !name || !value ||
	    exh_digest_name(name, ref.algorithm, &size) ||
	    exh_digest_hex(value, strlen(value), size, ref.value))
		return 0;
	ref.scope = (enum exh_reference_scope)scope;
	ref.path = search->found[sidecar].path;
	return exh_references_add(ctx, refs, &ref);
}

static void take_trouble(struct search *search, const json_t *row)
{
	uint64_t sidecar = exh_json_u64(row, "sidecar", UINT64_MAX),
		 line = exh_json_u64(row, "line", 0);
	const char *text = exh_json_str(row, "text");

	if (sidecar >= search->nr || !text)
		return;
	if (line)
		exh_problems_add(search->facts,
				 exh_problem(EXH_P_SIDECAR_UNREADABLE, "%s: line %llu: %s",
					     search->found[sidecar].path, (unsigned long long)line,
					     text));
	else
		unusable(search, search->found[sidecar].path, text);
}

static int take_answer(struct exh_ctx *ctx, struct search *search, const json_t *answer,
		       struct exh_references *refs)
{
	const json_t *row;
	size_t i;
	int r = 0;

	json_array_foreach (json_object_get(answer, "troubles"), i, row)
		take_trouble(search, row);
	json_array_foreach (json_object_get(answer, "sums"), i, row) {
		r = take_sum(ctx, search, row, refs);
		if (r < 0)
			break;
	}
	return r;
}

static int read_found(struct exh_ctx *ctx, struct search *search, struct exh_references *refs)
{
	_cleanup_json_ json_t *args = args_of(search), *answer = json_object();
	struct exh_job_spec spec = {.task = "sidecar", .args = args, .nr_fds = (int)search->nr};
	int fds[MAX_FOUND];
	int r;

	for (size_t i = 0; i < search->nr; i++)
		fds[i] = search->found[i].fd;
	spec.fds = fds;
	r = exh_job_collect(ctx, &spec, answer, ANSWER_LIMIT);
	if (r == -EXH_E_WORKER) {
		exh_problems_add(search->facts,
				 exh_problem(EXH_P_PROBER_FAILED, "sidecars: %s", ctx->text));
		return 0;
	}
	return r < 0 ? r : take_answer(ctx, search, answer, refs);
}

int exh_sidecars_read(struct exh_ctx *ctx, const struct exh_image *image,
		      struct exh_references *refs, json_t *facts)
{
	_cleanup_(search_clear) struct search search = {.image = image, .facts = facts};

	look(&search);
	return search.nr ? read_found(ctx, &search, refs) : 0;
}
