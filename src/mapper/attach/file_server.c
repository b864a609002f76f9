// SPDX-License-Identifier: Apache-2.0
/*
 * The worker "fuse": serves the media and each partition as read-only files. It runs in the sandbox
 * with the evidence files and the descriptor of a mount that the owner made. A read gives all its
 * bytes or EIO; never fewer, never zeros: the loop driver of older kernels turns a short read into
 * zeros.
 */
#define FUSE_USE_VERSION 312

#include <errno.h>
#include <fuse_lowlevel.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "mapper/source/source.h"
#include "read_ahead.h"
#include "tasks.h"

#define FIRST_FILE  (FUSE_ROOT_ID + 1)
#define MAX_THREADS 64
#define READ_AHEAD  (1U << 20)
#define FOR_EVER    86400.0

struct served {
	const char *name;
	uint64_t start, length; /* may reach past the media: there is EIO */
};

struct server {
	struct exh_source *source;
	struct served *files;
	size_t nr_files;
	bool is_uncached; /* media with losses: past every cache, so that an error stays at its
			   * sector
			   */
	struct exh_read_ahead *ahead; /* NULL: none */
	pthread_key_t buffer;
	struct fuse_session *session;
	struct timespec time;
};

struct buffer {
	size_t size;
	char bytes[];
};

/* Each thread keeps one buffer, as large as the largest request it has seen. */
static char *thread_buffer(struct server *s, size_t n)
{
	struct buffer *b = pthread_getspecific(s->buffer);

	if (b && b->size >= n)
		return b->bytes;
	free(b);
	pthread_setspecific(s->buffer, NULL);
	b = malloc(sizeof(*b) + n);
	if (!b)
		return NULL;
	b->size = n;
	pthread_setspecific(s->buffer, b);
	return b->bytes;
}

static const struct served *file_of(const struct server *s, fuse_ino_t ino)
{
	return ino >= FIRST_FILE && ino - FIRST_FILE < s->nr_files ? &s->files[ino - FIRST_FILE]
								   : NULL;
}

static int fill_stat(const struct server *s, fuse_ino_t ino, struct stat *st)
{
	const struct served *f = file_of(s, ino);

	*st = (struct stat){
		.st_ino = ino, .st_mode = S_IFDIR | 0555, .st_nlink = 2, .st_blksize = 4096};
	st->st_uid = geteuid();
	st->st_gid = getegid();
	st->st_atim = st->st_mtim = st->st_ctim = s->time;
	if (ino == FUSE_ROOT_ID)
		return 0;
	if (!f)
		return ENOENT;
	st->st_mode = S_IFREG | 0444;
	st->st_nlink = 1;
	st->st_size = (off_t)f->length;
	st->st_blocks = (blkcnt_t)(f->length / 512 + (f->length % 512 != 0));
	return 0;
}

static void serve_init(void *opaque, struct fuse_conn_info *conn)
{
	const struct server *s = opaque;

	conn->want &=
		~(unsigned)(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE |
			    FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_ATOMIC_O_TRUNC);
	conn->max_readahead = s->is_uncached ? 0 : READ_AHEAD;
	conn->max_background = MAX_THREADS;
	conn->congestion_threshold = MAX_THREADS * 3 / 4;
}

static void serve_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	const struct server *s = fuse_req_userdata(req);
	struct fuse_entry_param e = {
		.generation = 1, .attr_timeout = FOR_EVER, .entry_timeout = FOR_EVER};

	for (size_t i = 0; parent == FUSE_ROOT_ID && i < s->nr_files; i++) {
		if (strcmp(s->files[i].name, name))
			continue;
		e.ino = FIRST_FILE + i;
		fill_stat(s, e.ino, &e.attr);
		fuse_reply_entry(req, &e);
		return;
	}
	fuse_reply_err(req, ENOENT);
}

static void serve_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct stat st;
	int err = fill_stat(fuse_req_userdata(req), ino, &st);

	(void)fi;
	if (err)
		fuse_reply_err(req, err);
	else
		fuse_reply_attr(req, &st, FOR_EVER);
}

static void serve_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	const struct server *s = fuse_req_userdata(req);

	if (!file_of(s, ino)) {
		fuse_reply_err(req, EISDIR);
		return;
	}
	if ((fi->flags & O_ACCMODE) != O_RDONLY) {
		fuse_reply_err(req, EROFS);
		return;
	}
	fi->direct_io = s->is_uncached;
	fi->keep_cache = !s->is_uncached;
	fuse_reply_open(req, fi);
}

/* Answers with all n bytes of the media, or with an error. */
static void answer(fuse_req_t req, struct server *s, uint64_t at, size_t n)
{
	struct exh_ctx ctx = {.helper = -1};
	char *bytes = thread_buffer(s, n);

	if (!bytes)
		fuse_reply_err(req, ENOMEM);
	else if (exh_source_read(&ctx, s->source, bytes, n, at) < 0)
		fuse_reply_err(req, EIO);
	else
		fuse_reply_buf(req, bytes, n);
}

static void serve_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		       struct fuse_file_info *fi)
{
	struct server *s = fuse_req_userdata(req);
	const struct served *f = file_of(s, ino);
	uint64_t at;
	size_t n;
	int reader;

	(void)fi;
	if (!f || offset < 0) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	if ((uint64_t)offset >= f->length) {
		fuse_reply_buf(req, NULL, 0);
		return;
	}
	n = (size_t)exh_min(size, f->length - (uint64_t)offset);
	if (exh_add_overflows(f->start, (uint64_t)offset, &at)) {
		fuse_reply_err(req, EIO);
		return;
	}
	reader = s->ahead ? exh_read_ahead_note(s->ahead, at, n, f->start + f->length) : -1;
	answer(req, s, at, n);
	if (reader >= 0)
		exh_read_ahead_work(s->ahead, reader, s->source);
}

static void serve_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
			  struct fuse_file_info *fi)
{
	const struct server *s = fuse_req_userdata(req);
	char bytes[4096];
	size_t used = 0;

	(void)fi;
	if (ino != FUSE_ROOT_ID) {
		fuse_reply_err(req, ENOTDIR);
		return;
	}
	size = exh_min(size, sizeof(bytes));
	for (size_t i = (size_t)offset; i < s->nr_files + 2; i++) {
		const char *name = i == 0 ? "." : i == 1 ? ".." : s->files[i - 2].name;
		struct stat st = {.st_ino = i < 2 ? FUSE_ROOT_ID : FIRST_FILE + i - 2,
				  .st_mode = i < 2 ? S_IFDIR : S_IFREG};
		size_t n = fuse_add_direntry(req, bytes + used, size - used, name, &st,
					     (off_t)(i + 1));

		if (n > size - used)
			break;
		used += n;
	}
	fuse_reply_buf(req, bytes, used);
}

/* The kernel refuses these itself on a mount that is read-only; nobody shall depend on that. */
static void refuse(fuse_req_t req)
{
	fuse_reply_err(req, EROFS);
}

static void refuse_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *st, int to_set,
			   struct fuse_file_info *fi)
{
	(void)ino, (void)st, (void)to_set, (void)fi;
	refuse(req);
}

static void refuse_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
			 dev_t rdev)
{
	(void)parent, (void)name, (void)mode, (void)rdev;
	refuse(req);
}

static void refuse_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	(void)parent, (void)name, (void)mode;
	refuse(req);
}

static void refuse_name(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	(void)parent, (void)name;
	refuse(req);
}

static void refuse_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	(void)target, (void)parent, (void)name;
	refuse(req);
}

static void refuse_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t to_parent,
			  const char *to_name, unsigned flags)
{
	(void)parent, (void)name, (void)to_parent, (void)to_name, (void)flags;
	refuse(req);
}

static void refuse_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name)
{
	(void)ino, (void)parent, (void)name;
	refuse(req);
}

static void refuse_write(fuse_req_t req, fuse_ino_t ino, const char *bytes, size_t n, off_t offset,
			 struct fuse_file_info *fi)
{
	(void)ino, (void)bytes, (void)n, (void)offset, (void)fi;
	refuse(req);
}

static void refuse_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
			  struct fuse_file_info *fi)
{
	(void)parent, (void)name, (void)mode, (void)fi;
	refuse(req);
}

static void refuse_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset, off_t length,
			     struct fuse_file_info *fi)
{
	(void)ino, (void)mode, (void)offset, (void)length, (void)fi;
	refuse(req);
}

static const struct fuse_lowlevel_ops operations = {
	.init = serve_init,
	.lookup = serve_lookup,
	.getattr = serve_getattr,
	.open = serve_open,
	.read = serve_read,
	.readdir = serve_readdir,
	.setattr = refuse_setattr,
	.mknod = refuse_mknod,
	.mkdir = refuse_mkdir,
	.unlink = refuse_name,
	.rmdir = refuse_name,
	.symlink = refuse_symlink,
	.rename = refuse_rename,
	.link = refuse_link,
	.write = refuse_write,
	.create = refuse_create,
	.fallocate = refuse_fallocate,
};

/*
 * Not fuse_session_loop_mt(): it ends its threads by cancelling them, for which libc loads a
 * library, and in the sandbox there are no files. Here every thread ends by itself when the kernel
 * closes the session.
 */
static void *serve(void *opaque)
{
	struct server *s = opaque;
	struct fuse_buf buf = {0};

	while (!fuse_session_exited(s->session)) {
		int n = fuse_session_receive_buf(s->session, &buf);

		if (n == -EINTR || n == -EAGAIN)
			continue;
		if (n <= 0)
			break;
		fuse_session_process_buf(s->session, &buf);
	}
	fuse_session_exit(s->session);
	free(buf.mem);
	return NULL;
}

static int take_files(struct exh_ctx *ctx, struct server *s, const json_t *list)
{
	const json_t *file;
	size_t i;

	s->files = calloc(json_array_size(list) + 1, sizeof(*s->files));
	if (!s->files)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	json_array_foreach (list, i, file) {
		struct served *f = &s->files[i];

		f->name = exh_json_str(file, "name");
		f->start = exh_json_u64(file, "start", 0);
		f->length = exh_json_u64(file, "length", 0);
		if (!f->name)
			return exh_fail(ctx, EXH_E_USAGE, "a served file needs a name");
	}
	s->nr_files = i;
	return 0;
}

static int open_session(struct exh_ctx *ctx, struct server *s, int fd)
{
	char *argv[] = {(char *)"exhibit", NULL};
	struct fuse_args args = FUSE_ARGS_INIT(1, argv);
	char path[32];

	if (pthread_key_create(&s->buffer, free))
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	s->session = fuse_session_new(&args, &operations, sizeof(operations), s);
	fuse_opt_free_args(&args);
	/* fuse_session_mount(3): a name of this form means a descriptor of a mount that is already
	 * there */
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	if (!s->session || fuse_session_mount(s->session, path) < 0)
		return exh_fail(ctx, EXH_E_SYSTEM, "the FUSE session cannot be opened");
	return 0;
}

static unsigned run_threads(struct server *s, unsigned wanted)
{
	pthread_t threads[MAX_THREADS];
	unsigned n = 0;

	while (n < wanted && n < MAX_THREADS && !pthread_create(&threads[n], NULL, serve, s))
		n++;
	for (unsigned i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	return n;
}

int exh_task_fuse(struct exh_worker *w, const json_t *args)
{
	_cleanup_source_ struct exh_source *source = NULL;
	struct server s = {.is_uncached = json_is_true(json_object_get(args, "uncached"))};
	unsigned threads = (unsigned)exh_json_u64(args, "threads", 4);
	int r = exh_source_open(w, args, &source);

	if (r < 0)
		return r;
	if (w->nr_fds <= (int)source->nr_descriptors)
		return exh_fail(w->ctx, EXH_E_USAGE, "the descriptor of the mount is missing");
	s.source = source;
	if (!s.is_uncached && source->ops->prepare)
		s.ahead = exh_read_ahead_new(threads);
	clock_gettime(CLOCK_REALTIME, &s.time);
	r = take_files(w->ctx, &s, json_object_get(args, "files"));
	if (!r)
		r = open_session(w->ctx, &s, w->fds[source->nr_descriptors]);
	if (!r)
		r = exh_emit_as(w, "serving", json_true());
	if (!r && !run_threads(&s, threads))
		r = exh_fail(w->ctx, EXH_E_SYSTEM, "no thread can be started");
	/* the process ends here: the session is not destroyed, which would look for a mount point
	 * of its own */
	if (!r)
		r = exh_emit_as(w, "damage", exh_source_losses(source));
	exh_read_ahead_free(s.ahead);
	free(s.files);
	return r;
}
