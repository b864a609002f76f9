// SPDX-License-Identifier: Apache-2.0
#include "medium.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/worker_wire.h"

static bool is_in_memory(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC ||
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

int exh_medium_open(const struct exh_image *image, int *fds, const char **why)
{
	*why = "the set has too many segments to open each one twice";
	if (2 * image->nr_files + 2 > EXH_WIRE_MAX_FDS)
		return 1;
	for (size_t i = 0; i < image->nr_files; i++) {
		bool in_memory = is_in_memory(image->files[i].fd);

		fds[i] = in_memory ? -1 : exh_image_reopen(image, i, O_DIRECT);
		if (fds[i] >= 0)
			continue;
		*why = in_memory ? "the evidence files are kept in memory"
				 : "the file system does not allow direct reading";
		close_first(fds, i);
		return 1;
	}
	return 0;
}
