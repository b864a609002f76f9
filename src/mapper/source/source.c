// SPDX-License-Identifier: Apache-2.0
/* The checking layer: every read of evidence goes through here. */
#include "source.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "formats.h"
#include "losses.h"
#include "lost.h"

/* Containers are known by their content, so they come before the formats that take anything. */
static const struct exh_source_ops *const formats[] = {
	&exh_source_ewf,       &exh_source_ewf2, &exh_source_foreign,
	&exh_source_split_raw, &exh_source_raw,
};

void exh_source_problem(struct exh_source *s, json_t *problem)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&lock);
	json_array_append_new(s->problems, problem);
	pthread_mutex_unlock(&lock);
}

void exh_source_refuse(struct exh_source *s, const char *fmt, ...)
{
	va_list ap;

	if (s->refusal)
		return;
	va_start(ap, fmt);
	if (vasprintf(&s->refusal, fmt, ap) < 0)
		s->refusal = NULL;
	va_end(ap);
}

const char *exh_source_basename(const struct exh_source *s, size_t file)
{
	const char *path = s->files[file].path, *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void exh_source_close(struct exh_source *s)
{
	if (!s)
		return;
	if (s->ops && s->ops->close)
		s->ops->close(s);
	for (size_t i = 0; !s->parent && i < s->nr_files; i++)
		free(s->files[i].path);
	if (!s->parent)
		free(s->files);
	exh_losses_free(s->losses);
	json_decref(s->missing);
	json_decref(s->problems);
	free(s->refusal);
	free(s);
}

static int take_file(struct exh_worker *w, struct exh_source *s, size_t i, const json_t *file,
		     bool direct)
{
	const char *path = exh_json_str(file, "path");
	size_t last = direct ? s->nr_descriptors + i : i;
	off_t end;

	if (!path || (int)last >= w->nr_fds)
		return exh_fail(w->ctx, EXH_E_USAGE, "a source needs a descriptor for each file");
	s->files[i].fd = w->fds[i];
	s->files[i].direct_fd = direct ? w->fds[last] : -1;
	s->files[i].path = strdup(path);
	end = lseek(w->fds[i], 0, SEEK_END);
	if (end < 0)
		return exh_fail_errno(w->ctx, "%s: its size cannot be told", path);
	s->files[i].size = (uint64_t)end;
	return s->files[i].path ? 0 : exh_fail(w->ctx, EXH_E_NOMEM, "out of memory");
}

static int source_new(struct exh_worker *w, const json_t *args, struct exh_source **ret)
{
	const json_t *spec = json_object_get(args, "source"),
		     *files = json_object_get(spec, "files");
	_cleanup_source_ struct exh_source *s = calloc(1, sizeof(*s));

	if (!s || !json_array_size(files))
		return exh_fail(w->ctx, EXH_E_USAGE, "a source needs at least one file");
	s->nr_files = json_array_size(files);
	s->nr_descriptors = s->nr_files + (json_object_get(spec, "lost") ? 1 : 0);
	s->files = calloc(s->nr_files, sizeof(*s->files));
	s->losses = exh_losses_new();
	s->problems = json_array();
	if (!s->files || !s->losses || !s->problems)
		return exh_fail(w->ctx, EXH_E_NOMEM, "out of memory");
	s->missing = json_incref(json_object_get(spec, "missing"));
	s->naming = (int)exh_json_u64(spec, "naming", 0);
	s->sector_size = (uint32_t)exh_json_u64(spec, "sector_size", 0);
	for (size_t i = 0; i < s->nr_files; i++) {
		int r = take_file(w, s, i, json_array_get(files, i),
				  json_is_true(json_object_get(args, "direct")));

		if (r < 0)
			return r;
	}
	*ret = steal(&s);
	return 0;
}

static int choose_format(struct exh_ctx *ctx, struct exh_source *s)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		int r = formats[i]->probe(ctx, s);

		if (r < 0)
			return r;
		if (!r) {
			s->ops = formats[i];
			s->format = formats[i]->format;
			return 0;
		}
	}
	return exh_fail(ctx, EXH_E_UNSUPPORTED, "%s: no known format", s->files[0].path);
}

/* Steals s. */
static int lay_over(struct exh_worker *w, const json_t *args, struct exh_source *s,
		    struct exh_source **ret)
{
	const json_t *lost = json_object_get(json_object_get(args, "source"), "lost");

	if (!lost) {
		*ret = s;
		return 0;
	}
	if (w->nr_fds <= (int)s->nr_files) {
		exh_source_close(s);
		return exh_fail(w->ctx, EXH_E_USAGE, "the list of lost ranges is missing");
	}
	return exh_source_overlay(w->ctx, s, w->fds[s->nr_files], lost, ret);
}

int exh_source_inspect(struct exh_worker *w, const json_t *args, struct exh_source **ret)
{
	_cleanup_source_ struct exh_source *s = NULL;
	uint32_t asked;
	int r = source_new(w, args, &s);

	if (!r)
		r = choose_format(w->ctx, s);
	if (r < 0)
		return r;
	asked = s->sector_size;
	s->complete = true;
	r = s->ops->open(w->ctx, s);
	if (r < 0)
		return r;
	if (asked)
		s->sector_size = asked;
	return lay_over(w, args, steal(&s), ret);
}

int exh_source_open(struct exh_worker *w, const json_t *args, struct exh_source **ret)
{
	bool allowed =
		json_is_true(json_object_get(json_object_get(args, "source"), "allow_incomplete"));
	_cleanup_source_ struct exh_source *s = NULL;
	int r = exh_source_inspect(w, args, &s);

	if (r < 0)
		return r;
	if (s->refusal && (!allowed || !s->size))
		return exh_fail(w->ctx, EXH_E_INCOMPLETE, "%s", s->refusal);
	*ret = steal(&s);
	return 0;
}

void exh_source_add_loss(struct exh_source *s, const struct exh_loss *loss)
{
	exh_losses_add(s->losses, loss);
}

json_t *exh_source_losses(struct exh_source *s)
{
	return exh_losses_json(s->losses);
}

int exh_source_read(struct exh_ctx *ctx, struct exh_source *s, void *buf, size_t n, uint64_t offset)
{
	struct exh_loss loss = {0};

	if (!exh_range_inside(offset, n, s->size))
		return exh_fail(ctx, EXH_E_RANGE,
				"%zu bytes at %llu: outside the media, which has %llu bytes", n,
				(unsigned long long)offset, (unsigned long long)s->size);
	if (!n || s->ops->read(s, buf, offset, n, &loss) == n)
		return 0;
	exh_source_add_loss(s, &loss);
	return exh_fail(ctx, EXH_E_IO, "%zu bytes at %llu: %llu bytes from %llu are lost (%s)", n,
			(unsigned long long)offset, (unsigned long long)loss.length,
			(unsigned long long)loss.start, exh_loss_reason_name(loss.reason));
}

void exh_source_prepare(struct exh_source *s, uint64_t offset, size_t n)
{
	if (s->ops->prepare && n && exh_range_inside(offset, n, s->size))
		s->ops->prepare(s, offset, n);
}

uint64_t exh_source_zeros(struct exh_source *s, uint64_t offset, uint64_t limit)
{
	limit = exh_min(limit, s->size);
	if (!s->ops->zeros || offset >= limit)
		return offset;
	return exh_min(exh_max(s->ops->zeros(s, offset, limit), offset), limit);
}

int64_t exh_source_read_around(struct exh_ctx *ctx, struct exh_source *s, void *buf, size_t n,
			       uint64_t offset, void (*lost)(const struct exh_loss *, void *opaque),
			       void *opaque)
{
	int64_t total = 0;

	if (!exh_range_inside(offset, n, s->size))
		return exh_fail(ctx, EXH_E_RANGE, "%zu bytes at %llu: outside the media", n,
				(unsigned long long)offset);
	for (size_t done = 0; done < n;) {
		struct exh_loss loss = {0}, here;
		size_t good = s->ops->read(s, (char *)buf + done, offset + done, n - done, &loss);

		done += good;
		if (done >= n)
			break;
		exh_source_add_loss(s, &loss);
		here = loss;
		here.start = offset + done;
		here.length = exh_min(loss.start + loss.length - here.start, n - done);
		memset((char *)buf + done, 0, here.length);
		if (lost)
			lost(&here, opaque);
		done += here.length;
		total += (int64_t)here.length;
	}
	return total;
}

static json_t *segments_json(const struct exh_source *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->nr_files; i++)
		json_array_append_new(list, json_pack("{s:s, s:I}", "path", s->files[i].path,
						      "size", (json_int_t)s->files[i].size));
	return list;
}

json_t *exh_source_facts(struct exh_ctx *ctx, struct exh_source *s)
{
	_cleanup_json_ json_t *image =
		json_pack("{s:s, s:s, s:o, s:b}", "path", s->files[0].path, "format", s->format,
			  "segments", segments_json(s), "complete", s->complete && !s->refusal);

	if (!image)
		return NULL;
	if (s->size || !s->refusal) {
		json_object_set_new(image, "media_size", json_integer((json_int_t)s->size));
		json_object_set_new(image, "sector_size", json_integer(s->sector_size));
	}
	json_object_set_new(image, "stored_hashes", json_object());
	json_object_set_new(image, "acquisition_errors", json_array());
	if (s->ops->facts && s->ops->facts(ctx, s, image) < 0)
		return NULL;
	return steal(&image);
}
