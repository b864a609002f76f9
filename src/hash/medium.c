// SPDX-License-Identifier: Apache-2.0
#include "medium.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/worker_wire.h"

/* A device node lives in memory, what it stands for does not. */
static bool is_in_memory(const struct exh_image_file *f)
{
	struct statfs fs;

	return !S_ISBLK(f->st.st_mode) && !fstatfs(f->fd, &fs) &&
	       (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC ||
		fs.f_type == (__typeof__(fs.f_type))HUGETLBFS_MAGIC);
}

static void close_first(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
}

void exh_medium_close(const struct exh_image *image, const int *fds)
{
	close_first(fds, image->nr_files);
}

/* open(2): EINVAL and EOPNOTSUPP are a file system's way to say that it has no direct reading. */
static const char *refusal(bool in_memory, int err)
{
	if (in_memory)
		return "the evidence files are kept in memory";
	if (err == EMFILE || err == ENFILE)
		return "the set has more segments than this process may open twice";
	if (err == ESTALE)
		return "an evidence file is not the one that was opened";
	return "the file system does not allow direct reading";
}

int exh_medium_open(const struct exh_image *image, int *fds, const char **why)
{
	*why = refusal(false, EMFILE);
	if (2 * image->nr_files + 2 > EXH_WIRE_MAX_FDS)
		return 1;
	for (size_t i = 0; i < image->nr_files; i++) {
		bool in_memory = is_in_memory(&image->files[i]);

		fds[i] = in_memory ? -1 : exh_image_reopen(image, i, O_DIRECT);
		if (fds[i] >= 0)
			continue;
		*why = refusal(in_memory, errno);
		close_first(fds, i);
		return 1;
	}
	return 0;
}
