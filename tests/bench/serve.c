// SPDX-License-Identifier: Apache-2.0
/* A FUSE server that does nothing but answer: what the way through the kernel costs by itself. */
#define FUSE_USE_VERSION 312

#include <errno.h>
#include <fuse_lowlevel.h>
#include <string.h>

#include "parts.h"

#define PIECE	   (1U << 20)
#define MEDIA_INO  2
#define FOR_EVER   86400.0
#define NR_THREADS 4

static struct stat media_stat(fuse_req_t req)
{
	return (struct stat){.st_ino = MEDIA_INO,
			     .st_mode = S_IFREG | 0444,
			     .st_nlink = 1,
			     .st_size = *(off_t *)fuse_req_userdata(req)};
}

static void on_init(void *opaque, struct fuse_conn_info *conn)
{
	(void)opaque;
	conn->max_readahead = PIECE;
	conn->max_read = PIECE;
}

static void on_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param e = {.ino = MEDIA_INO,
				     .attr = media_stat(req),
				     .attr_timeout = FOR_EVER,
				     .entry_timeout = FOR_EVER};

	if (parent != FUSE_ROOT_ID || strcmp(name, "media"))
		fuse_reply_err(req, ENOENT);
	else
		fuse_reply_entry(req, &e);
}

static void on_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct stat st = media_stat(req);

	(void)fi;
	if (ino == FUSE_ROOT_ID)
		st = (struct stat){.st_ino = ino, .st_mode = S_IFDIR | 0555, .st_nlink = 2};
	fuse_reply_attr(req, &st, FOR_EVER);
}

static void on_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	fi->keep_cache = 1;
	fuse_reply_open(req, fi);
}

static void on_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		    struct fuse_file_info *fi)
{
	static const char zeros[2 * PIECE];
	off_t left = *(off_t *)fuse_req_userdata(req) - offset;

	(void)ino, (void)fi;
	fuse_reply_buf(req, zeros, left < (off_t)size ? (size_t)left : size);
}

int parts_serve(off_t size, char *directory)
{
	static const struct fuse_lowlevel_ops operations = {
		.init = on_init,
		.lookup = on_lookup,
		.getattr = on_getattr,
		.open = on_open,
		.read = on_read,
	};
	char *argv[] = {(char *)"parts", (char *)"-oro,max_read=1048576", NULL};
	struct fuse_args args = FUSE_ARGS_INIT(2, argv);
	struct fuse_session *session =
		fuse_session_new(&args, &operations, sizeof(operations), &size);
	struct fuse_loop_config *config = fuse_loop_cfg_create();
	int r;

	if (!session || fuse_set_signal_handlers(session) || fuse_session_mount(session, directory))
		return parts_die("cannot mount");
	fuse_loop_cfg_set_max_threads(config, NR_THREADS);
	r = fuse_session_loop_mt(session, config);
	fuse_session_unmount(session);
	fuse_session_destroy(session);
	fuse_loop_cfg_destroy(config);
	return r < 0 ? 1 : 0;
}
