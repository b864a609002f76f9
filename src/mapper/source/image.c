// SPDX-License-Identifier: Apache-2.0
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "base/text.h"
#include "base/worker.h"
#include "naming.h"

#define INFO_LIMIT  (64U << 20)
#define SPARE_FILES 256

void exh_image_close(struct exh_image *image)
{
	if (!image)
		return;
	for (size_t i = 0; i < image->nr_files; i++) {
		free(image->files[i].path);
		if (image->files[i].fd >= 0)
			close(image->files[i].fd);
	}
	free(image->files);
	free(image->path);
	free(image->allow_incomplete);
	free(image->refusal);
	exh_mapped_free(image->mapped);
	json_decref(image->missing);
	json_decref(image->facts);
	json_decref(image->problems);
	free(image);
}

static void cleanup_image(struct exh_image **image)
{
	exh_image_close(*image);
}

static void add_problem(struct exh_image *image, json_t *problem)
{
	json_array_append_new(image->problems, problem);
}

static int check_block_device(struct exh_ctx *ctx, const struct exh_image_file *f)
{
	int read_only = 0;

	if (ioctl(f->fd, BLKROGET, &read_only) < 0)
		return exh_fail_errno(ctx, "%s: its read-only state cannot be read", f->path);
	if (!read_only)
		return exh_fail(
			ctx, EXH_E_STATE,
			"%s: is a block device that can be written; put a write blocker before it "
			"or set it read-only with: blockdev --setro %s",
			f->path, f->path);
	return 0;
}

static int open_without_atime(int dirfd, const char *name, bool *noatime)
{
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOATIME | O_NONBLOCK);

	*noatime = fd >= 0;
	if (fd < 0 && errno == EPERM)
		fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd;
}

static int open_file(struct exh_ctx *ctx, struct exh_image *image, int dirfd, const char *dir,
		     const char *name)
{
	struct exh_image_file *f = &image->files[image->nr_files];

	f->fd = -1;
	if (asprintf(&f->path, "%s/%s", strcmp(dir, "/") ? dir : "", name) < 0) {
		f->path = NULL;
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	}
	image->nr_files++;
	f->fd = open_without_atime(dirfd, name, &f->noatime);
	if (f->fd < 0)
		return exh_fail_errno(ctx, "%s: cannot be opened%s", f->path,
				      errno == EMFILE ? " (the set has more segments than this "
							"process may have files open: ulimit -Hn)"
						      : "");
	if (fstat(f->fd, &f->st) < 0)
		return exh_fail_errno(ctx, "%s", f->path);
	if (S_ISBLK(f->st.st_mode))
		return check_block_device(ctx, f);
	if (!S_ISREG(f->st.st_mode))
		return exh_fail(ctx, EXH_E_UNSUPPORTED, "%s: is neither a file nor a block device",
				f->path);
	if (!f->noatime)
		add_problem(
			image,
			exh_problem(
				EXH_P_ATIME_MAY_CHANGE,
				"%s: O_NOATIME is not permitted; reading may move its access time",
				f->path));
	if (f->st.st_nlink > 1)
		add_problem(image,
			    exh_problem(EXH_P_SEVERAL_LINKS, "%s: has %ju names (hard links)",
					f->path, (uintmax_t)f->st.st_nlink));
	return 0;
}

/* A large set has more segments than a process may have files open by default; what reads past the
 * page cache opens each twice. */
static void allow_files(size_t nr)
{
	struct rlimit files;
	rlim_t wanted = 2 * nr + SPARE_FILES;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur >= wanted)
		return;
	files.rlim_cur = exh_min(wanted, files.rlim_max);
	setrlimit(RLIMIT_NOFILE, &files);
}

static int open_set(struct exh_ctx *ctx, struct exh_image *image)
{
	_cleanup_free_ char *for_dir = strdup(image->path), *for_name = strdup(image->path);
	const char *dir = for_dir ? dirname(for_dir) : "/",
		   *name = for_name ? basename(for_name) : "";
	_cleanup_fd_ int dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(exh_naming_clear) struct exh_name_set set = {0};
	int r;

	if (dirfd < 0)
		return exh_fail_errno(ctx, "%s: cannot be opened", dir);
	r = exh_naming_find(ctx, dirfd, name, &set);
	if (r < 0)
		return r;
	image->files = calloc(set.nr_names, sizeof(*image->files));
	if (!image->files)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	image->naming = set.naming;
	image->missing = json_incref(set.missing);
	allow_files(set.nr_names);
	for (size_t i = 0; i < set.nr_names && r >= 0; i++)
		r = open_file(ctx, image, dirfd, dir, set.names[i]);
	return r;
}

/* Names are bytes; what is not UTF-8 in them is shown as such. */
static json_t *path_text(const char *path)
{
	return exh_json_text(path, strlen(path));
}

const struct exh_lost *exh_image_lost(const struct exh_image *image)
{
	return image->mapped ? image->mapped->lost : NULL;
}

int exh_image_spec(struct exh_ctx *ctx, const struct exh_image *image, json_t *args, int **fds,
		   int *nr_fds)
{
	return exh_image_spec_lost(ctx, image, exh_image_lost(image), args, fds, nr_fds);
}

int exh_image_spec_lost(struct exh_ctx *ctx, const struct exh_image *image,
			const struct exh_lost *lost, json_t *args, int **fds, int *nr_fds)
{
	json_t *files = json_array();
	int *list = calloc(image->nr_files + 1, sizeof(*list));

	if (!list || !files) {
		free(list);
		json_decref(files);
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	}
	for (size_t i = 0; i < image->nr_files; i++) {
		list[i] = image->files[i].fd;
		json_array_append_new(files,
				      json_pack("{s:o}", "path", path_text(image->files[i].path)));
	}
	json_object_set_new(args, "source",
			    json_pack("{s:o, s:O, s:i, s:i, s:b}", "files", files, "missing",
				      image->missing, "naming", (int)image->naming, "sector_size",
				      (int)image->sector_size, "allow_incomplete",
				      image->allow_incomplete != NULL));
	*fds = list;
	*nr_fds = (int)image->nr_files;
	if (lost) {
		json_object_set_new(json_object_get(args, "source"), "lost", exh_lost_spec(lost));
		list[(*nr_fds)++] = lost->fd;
	}
	return 0;
}

int exh_image_collect(struct exh_ctx *ctx, const struct exh_image *image, const char *task,
		      const json_t *args, json_t *facts, size_t limit)
{
	_cleanup_json_ json_t *all = args ? json_copy((json_t *)args) : json_object();
	_cleanup_free_ int *fds = NULL;
	struct exh_job_spec spec = {.task = task, .args = all};
	int r = exh_image_spec(ctx, image, all, &fds, &spec.nr_fds);

	spec.fds = fds;
	return r < 0 ? r : exh_job_collect(ctx, &spec, facts, limit);
}

static char *refusal_of(const json_t *answer)
{
	const char *text = exh_json_str(json_object_get(answer, "refusal"), "text");

	return text ? strdup(text) : NULL;
}

/* The image object when nobody could say more than what the directory says. */
static json_t *bare_facts(const struct exh_image *image)
{
	json_t *segments = json_array();

	for (size_t i = 0; i < image->nr_files; i++)
		json_array_append_new(segments, json_pack("{s:o, s:I}", "path",
							  path_text(image->files[i].path), "size",
							  (json_int_t)image->files[i].st.st_size));
	return json_pack("{s:s, s:o, s:b}", "path", image->path, "segments", segments, "complete",
			 0);
}

/* Lets a worker look into the files. What it cannot open is a refusal, not a failure of the
 * opening. */
static int look_inside(struct exh_ctx *ctx, struct exh_image *image)
{
	_cleanup_json_ json_t *answer = json_object();
	int r = exh_image_collect(ctx, image, "info", NULL, answer, INFO_LIMIT);
	json_t *facts = json_object_get(answer, "image"),
	       *found = json_object_get(answer, "problems");

	if (r == -EXH_E_INTERRUPTED || r == -EXH_E_STATE)
		return r;
	if (found)
		json_array_extend(image->problems, found);
	if (r < 0 || !json_is_object(facts)) {
		image->refusal = strdup(r < 0 ? ctx->text : "the worker told nothing");
		add_problem(image, exh_problem(r == -EXH_E_WORKER ? EXH_P_PROBER_FAILED
								  : EXH_P_SEGMENT_DAMAGED,
					       "%s", image->refusal ? image->refusal : ""));
		image->facts = bare_facts(image);
		return 0;
	}
	image->facts = json_incref(facts);
	json_object_set_new(image->facts, "path", path_text(image->path));
	image->refusal = refusal_of(answer);
	if (image->refusal && image->allow_incomplete &&
	    json_is_true(json_object_get(json_object_get(answer, "refusal"), "readable"))) {
		add_problem(image,
			    exh_problem(EXH_P_INCOMPLETE_ALLOWED, "%s; opened all the same: %s",
					image->refusal, image->allow_incomplete));
		free(steal(&image->refusal));
	}
	json_object_set(image->facts, "has_losses", json_object_get(answer, "has_losses"));
	return 0;
}

int exh_image_open(struct exh_ctx *ctx, const char *path, const struct exh_image_options *options,
		   struct exh_image **ret)
{
	_cleanup_(cleanup_image) struct exh_image *image = calloc(1, sizeof(*image));
	int r;

	if (!image)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	image->problems = json_array();
	image->path = realpath(path, NULL);
	if (!image->path)
		return exh_fail_errno(ctx, "%s: cannot be opened", path);
	if (options && options->allow_incomplete)
		image->allow_incomplete = strdup(options->allow_incomplete);
	image->sector_size = options ? options->sector_size : 0;
	r = open_set(ctx, image);
	if (r >= 0)
		r = look_inside(ctx, image);
	if (r >= 0 && options && options->mapfile && !image->refusal)
		r = exh_mapped_open(ctx, image, options);
	if (r < 0)
		return r;
	*ret = steal(&image);
	return 0;
}

int exh_image_require(struct exh_ctx *ctx, const struct exh_image *image)
{
	return image->refusal ? exh_fail(ctx, EXH_E_INCOMPLETE, "%s", image->refusal) : 0;
}

json_t *exh_image_begin(const struct exh_image *image, const char *command)
{
	json_t *facts = exh_facts_new(command);

	json_object_set_new(facts, "image", json_copy(image->facts));
	json_object_del(json_object_get(facts, "image"), "has_losses");
	json_object_set_new(facts, "problems", json_copy(image->problems));
	return facts;
}

int exh_info(struct exh_ctx *ctx, struct exh_image *image, json_t **facts)
{
	*facts = exh_image_begin(image, "info");
	return *facts ? 0 : exh_fail(ctx, EXH_E_NOMEM, "out of memory");
}

uint64_t exh_image_media_size(const struct exh_image *image)
{
	return exh_json_u64(image->facts, "media_size", 0);
}

uint32_t exh_image_sector_size(const struct exh_image *image)
{
	return image->sector_size ? image->sector_size
				  : (uint32_t)exh_json_u64(image->facts, "sector_size", 512);
}

bool exh_image_has_losses(const struct exh_image *image)
{
	return json_is_true(json_object_get(image->facts, "has_losses"));
}

int exh_image_reopen(const struct exh_image *image, size_t i, int flags)
{
	const struct exh_image_file *f = &image->files[i];
	char link[64];
	struct stat st;
	int fd;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", f->fd);
	fd = open(link, O_RDONLY | O_CLOEXEC | (f->noatime ? O_NOATIME : 0) | flags);
	if (fd >= 0 &&
	    (fstat(fd, &st) < 0 || st.st_ino != f->st.st_ino || st.st_dev != f->st.st_dev)) {
		close(fd);
		errno = ESTALE;
		return -1;
	}
	return fd;
}

static const char *what_changed(const struct exh_image_file *f, const struct stat *now)
{
	if (now->st_ino != f->st.st_ino || now->st_dev != f->st.st_dev)
		return "its name now means another file";
	if (now->st_size != f->st.st_size)
		return "its size changed";
	if (now->st_mtim.tv_sec != f->st.st_mtim.tv_sec ||
	    now->st_mtim.tv_nsec != f->st.st_mtim.tv_nsec)
		return "its modification time changed";
	if (now->st_ctim.tv_sec != f->st.st_ctim.tv_sec ||
	    now->st_ctim.tv_nsec != f->st.st_ctim.tv_nsec)
		return "its status change time changed";
	return NULL;
}

int exh_image_check_unchanged(struct exh_ctx *ctx, const struct exh_image *image, json_t *facts)
{
	int changed = 0;

	(void)ctx;
	for (size_t i = 0; i < image->nr_files; i++) {
		const struct exh_image_file *f = &image->files[i];
		const char *what;
		struct stat now;

		if (stat(f->path, &now) < 0)
			what = "its name is gone";
		else
			what = what_changed(f, &now);
		if (!what || S_ISBLK(f->st.st_mode))
			continue;
		exh_problems_add(facts,
				 exh_problem(EXH_P_EVIDENCE_CHANGED, "%s: %s", f->path, what));
		changed = 1;
	}
	return changed;
}
