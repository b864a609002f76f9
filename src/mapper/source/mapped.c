// SPDX-License-Identifier: Apache-2.0
#include "mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"
#include "base/worker.h"
#include "image.h"

#define ANSWER_LIMIT (256U << 20)
#define SHA256_SIZE  32

void exh_mapped_free(struct exh_mapped *mapped)
{
	if (!mapped)
		return;
	json_decref(mapped->facts);
	json_decref(mapped->totals);
	json_decref(mapped->history);
	free(mapped->areas);
	exh_lost_free(mapped->lost);
	free(mapped);
}

static void cleanup_mapped(struct exh_mapped **mapped)
{
	exh_mapped_free(*mapped);
}

/* ---- the file ---- */

static int open_mapfile(struct exh_ctx *ctx, const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOATIME | O_NONBLOCK);
	struct stat st;

	if (fd < 0 && errno == EPERM)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return exh_fail_errno(ctx, "%s: cannot be opened", path);
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size <= EXH_MAPFILE_LIMIT) {
		*size = (size_t)st.st_size;
		return fd;
	}
	close(fd);
	return exh_fail(ctx, EXH_E_FORMAT, "%s: is no file of at most %d bytes, so no mapfile",
			path, EXH_MAPFILE_LIMIT);
}

static int digest(struct exh_ctx *ctx, const char *bytes, size_t n, char hex[])
{
	unsigned char value[SHA256_SIZE];
	size_t size = sizeof(value);

	if (!EVP_Q_digest(NULL, "SHA256", NULL, bytes, n, value, &size))
		return exh_fail(ctx, EXH_E_SYSTEM, "libcrypto has no SHA-256");
	exh_hex(value, sizeof(value), hex);
	return 0;
}

/* A copy in memory: ddrescue may still be at work on the file. */
static int take_copy(struct exh_ctx *ctx, const char *path, json_t *facts)
{
	_cleanup_fd_ int from = -1, to = -1;
	_cleanup_free_ char *bytes = NULL;
	char hex[2 * SHA256_SIZE + 1];
	size_t size = 0;
	int64_t got;

	from = open_mapfile(ctx, path, &size);
	if (from < 0)
		return from;
	bytes = malloc(size + 1);
	if (!bytes)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	got = exh_pread_all(from, bytes, size, 0);
	to = memfd_create("exhibit-mapfile", MFD_CLOEXEC);
	if (got < 0 || to < 0 || exh_write_all(to, bytes, (size_t)got))
		return exh_fail_errno(ctx, "%s: cannot be read", path);
	if (digest(ctx, bytes, (size_t)got, hex) < 0)
		return -EXH_E_SYSTEM;
	json_object_set_new(facts, "path", exh_json_text(path, strlen(path)));
	json_object_set_new(facts, "bytes", json_integer(got));
	json_object_set_new(facts, "sha256", json_string(hex));
	return steal_fd(&to);
}

/* ---- what the worker said ---- */

static int fail_answer(struct exh_ctx *ctx)
{
	return exh_fail(ctx, EXH_E_WORKER,
			"the reader of mapfiles gave an answer that is not whole");
}

static const char *take_area(const char *p, struct exh_area *area)
{
	char *end;

	if (!strchr("?*/-", p[0]) || !p[0] || p[1] != ' ')
		return NULL;
	area->status = p[0];
	area->start = strtoull(p + 2, &end, 16);
	if (end == p + 2 || *end != ' ')
		return NULL;
	p = end + 1;
	area->length = strtoull(p, &end, 16);
	return end != p && *end == ';' ? end + 1 : NULL;
}

static size_t count_areas(const json_t *rows)
{
	const json_t *row;
	size_t i, n = 0;

	json_array_foreach (rows, i, row)
		for (const char *p = json_string_value(row); p && *p; p++)
			n += *p == ';';
	return n;
}

static int take_areas(struct exh_ctx *ctx, struct exh_mapped *m, const json_t *rows)
{
	uint64_t end = 0;
	const json_t *row;
	size_t i;

	m->areas = malloc((count_areas(rows) + 1) * sizeof(*m->areas));
	if (!m->areas)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	json_array_foreach (rows, i, row) {
		const char *p = json_string_value(row);

		while (p && *p) {
			struct exh_area area;

			p = take_area(p, &area);
			if (!p || area.start < end || !area.length ||
			    exh_add_overflows(area.start, area.length, &end))
				return fail_answer(ctx);
			m->areas[m->nr_areas++] = area;
		}
	}
	return 0;
}

static json_t *numbers_of(const json_t *said, const char *const *keys, size_t n)
{
	json_t *taken = json_object();

	for (size_t i = 0; i < n; i++) {
		uint64_t value = exh_json_u64(said, keys[i], UINT64_MAX);

		if (value <= INT64_MAX)
			json_object_set_new(taken, keys[i], json_integer((json_int_t)value));
	}
	return taken;
}

static void copy_strings(json_t *to, const json_t *from, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (json_is_string(json_object_get(from, keys[i])))
			json_object_set(to, keys[i], json_object_get(from, keys[i]));
}

static void take_summary(struct exh_mapped *m, const json_t *said)
{
	static const char *const statuses[] = {"rescued", "non_tried", "non_trimmed", "non_scraped",
					       "bad"};
	static const char *const words[] = {"program", "command_line", "started", "updated",
					    "state"};
	static const char *const numbers[] = {"position", "pass"};
	static const char *const status[] = {"status"};
	const json_t *current = json_object_get(said, "current"),
		     *history = json_object_get(said, "history"), *comment;
	json_t *comments = json_array(), *now = numbers_of(current, numbers, 2);
	size_t i;

	m->totals = numbers_of(json_object_get(said, "totals"), statuses, 5);
	m->history = json_object();
	copy_strings(m->history, history, words, 5);
	json_array_foreach (json_object_get(history, "comments"), i, comment)
		if (json_is_string(comment))
			json_array_append(comments, (json_t *)comment);
	json_object_set_new(m->history, "comments", comments);
	copy_strings(now, current, status, 1);
	if (json_object_size(now) == 3)
		json_object_set(m->history, "current", now);
	json_decref(now);
}

/* ---- does it fit? ---- */

static void problem(struct exh_image *image, json_t *p)
{
	json_array_append_new(image->problems, p);
}

static void misfit(struct exh_image *image, uint64_t start, uint64_t end, const char *what)
{
	problem(image,
		exh_problem_at(EXH_P_MAPFILE_MISMATCH, start, end - start,
			       "the mapfile does not fit the image: %s (%llu bytes from "
			       "%llu); nothing there counts as rescued",
			       what, (unsigned long long)(end - start), (unsigned long long)start));
}

struct extent {
	uint64_t start, end, rescued_end;
};

/* The size of the medium: an end that is not known is written as INT64_MAX. */
static uint64_t medium_size(const struct exh_mapped *m, const struct extent *map)
{
	uint64_t end = map->end;

	if (end == INT64_MAX && map->rescued_end < end)
		end = exh_max(map->rescued_end, m->file_media_size);
	return exh_max(end, m->file_media_size);
}

static void check_fit(struct exh_image *image, const struct exh_mapped *m, const struct extent *map,
		      uint64_t size)
{
	uint64_t file = m->file_media_size;

	if (map->start)
		misfit(image, 0, exh_min(map->start, size), "it does not begin at the first byte");
	if (map->end < file)
		misfit(image, map->end, file, "it ends before the image does");
	if (map->rescued_end > file)
		misfit(image, file, map->rescued_end,
		       "it calls bytes rescued that are behind the end of the image");
	else if (size > file)
		problem(image,
			exh_problem_at(EXH_P_IMAGE_SHORTER_THAN_MAP, file, size - file,
				       "the image ends at %llu, the medium by its mapfile at %llu: "
				       "the tail was never read",
				       (unsigned long long)file, (unsigned long long)size));
}

static void cut_areas(struct exh_mapped *m, uint64_t size)
{
	while (m->nr_areas && m->areas[m->nr_areas - 1].start >= size)
		m->nr_areas--;
	if (m->nr_areas) {
		struct exh_area *last = &m->areas[m->nr_areas - 1];

		last->length = exh_min(last->length, size - last->start);
	}
}

static int by_start(const void *a, const void *b)
{
	const struct exh_range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Lost is what the map does not call rescued, what it says nothing about, and what the files do not
 * have. */
static int make_lost(struct exh_ctx *ctx, struct exh_mapped *m, const struct extent *map,
		     uint64_t size, enum exh_holes holes)
{
	_cleanup_free_ struct exh_range *ranges = malloc((m->nr_areas + 3) * sizeof(*ranges));
	uint64_t known_end = exh_min(map->end, m->file_media_size);
	size_t n = 0;

	if (!ranges)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	ranges[n++] = (struct exh_range){0, exh_min(map->start, size)};
	for (size_t i = 0; i < m->nr_areas; i++)
		ranges[n++] = (struct exh_range){m->areas[i].start, m->areas[i].length};
	ranges[n++] = (struct exh_range){known_end, size - known_end};
	qsort(ranges, n, sizeof(*ranges), by_start);
	return exh_lost_new(ctx, ranges, n, size, holes, &m->lost);
}

static void tell_holes(struct exh_image *image, const struct exh_mapped *m)
{
	const struct exh_lost *lost = m->lost;

	if (!lost->nr)
		return;
	problem(image, exh_problem(EXH_P_NOT_RESCUED,
				   "%llu bytes of the media in %zu ranges were not rescued%s",
				   (unsigned long long)lost->bytes, lost->nr,
				   lost->holes == EXH_HOLES_EIO ? "; they read as errors" : ""));
	if (lost->holes != EXH_HOLES_EIO)
		problem(image,
			exh_problem(EXH_P_HOLES_FILLED,
				    "what was not rescued reads as %s (--holes %s): it is no "
				    "evidence",
				    lost->holes == EXH_HOLES_ZERO ? "zeros" : "a pattern",
				    exh_holes_name(lost->holes)));
}

static void set_facts(struct exh_image *image, const struct exh_mapped *m, uint64_t blocks)
{
	json_t *f = m->facts;

	json_object_set_new(f, "blocks", json_integer((json_int_t)blocks));
	json_object_set(f, "totals", m->totals);
	json_object_set_new(f, "holes", json_string(exh_holes_name(m->lost->holes)));
	json_object_set_new(f, "not_rescued", json_integer((json_int_t)m->lost->bytes));
	json_object_set_new(f, "ranges", json_integer((json_int_t)m->lost->nr));
	if (m->lost->media_size != m->file_media_size)
		json_object_set_new(f, "image_size", json_integer((json_int_t)m->file_media_size));
	json_object_set(image->facts, "mapfile", f);
	json_object_set_new(image->facts, "media_size",
			    json_integer((json_int_t)m->lost->media_size));
	if (m->lost->nr && m->lost->holes == EXH_HOLES_EIO)
		json_object_set_new(image->facts, "has_losses", json_true());
}

static int lay_over(struct exh_ctx *ctx, struct exh_image *image, struct exh_mapped *m,
		    const json_t *answer, enum exh_holes holes)
{
	const json_t *said = json_object_get(answer, "mapfile");
	struct extent map = {exh_json_u64(said, "start", 0), exh_json_u64(said, "end", 0),
			     exh_json_u64(said, "rescued_end", 0)};
	uint64_t size;
	int r;

	if (!said || map.start > map.end || map.end > INT64_MAX || map.rescued_end > map.end)
		return fail_answer(ctx);
	take_summary(m, said);
	size = medium_size(m, &map);
	cut_areas(m, size);
	r = make_lost(ctx, m, &map, size, holes);
	if (r < 0)
		return r;
	check_fit(image, m, &map, size);
	set_facts(image, m, exh_json_u64(said, "blocks", 0));
	tell_holes(image, m);
	return 0;
}

int exh_mapped_open(struct exh_ctx *ctx, struct exh_image *image,
		    const struct exh_image_options *options)
{
	_cleanup_(cleanup_mapped) struct exh_mapped *m = calloc(1, sizeof(*m));
	_cleanup_json_ json_t *answer = json_object(), *args = NULL;
	int holes = exh_holes_named(options->holes), r;
	_cleanup_fd_ int fd = -1;

	if (holes < 0)
		return exh_fail(ctx, EXH_E_USAGE, "%s: holes are eio, zero or pattern",
				options->holes);
	if (!m || !answer || !(m->facts = json_object()))
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	m->file_media_size = exh_image_media_size(image);
	fd = take_copy(ctx, options->mapfile, m->facts);
	if (fd < 0)
		return fd;
	args = json_pack("{s:O}", "name", json_object_get(m->facts, "path"));
	r = exh_job_collect(
		ctx,
		&(struct exh_job_spec){.task = "mapfile", .args = args, .fds = &fd, .nr_fds = 1},
		answer, ANSWER_LIMIT);
	if (!r)
		r = take_areas(ctx, m, json_object_get(answer, "areas"));
	if (!r)
		r = lay_over(ctx, image, m, answer, (enum exh_holes)holes);
	if (r < 0)
		return r;
	image->mapped = steal(&m);
	return 0;
}
