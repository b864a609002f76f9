/* SPDX-License-Identifier: Apache-2.0 */
/* Scope-bound cleanup. Every cleaner accepts the empty value and keeps errno. */
#ifndef EXH_BASE_CLEANUP_H
#define EXH_BASE_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(fn) __attribute__((cleanup(fn)))

static inline void exh_cleanup_free(void *p)
{
	int saved = errno;

	free(*(void **)p);
	errno = saved;
}

static inline void exh_cleanup_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline void exh_cleanup_file(FILE **f)
{
	int saved = errno;

	if (*f)
		fclose(*f);
	errno = saved;
}

static inline void exh_cleanup_dir(DIR **d)
{
	int saved = errno;

	if (*d)
		closedir(*d);
	errno = saved;
}

static inline void exh_cleanup_json(json_t **j)
{
	json_decref(*j);
}

#define _cleanup_free_ _cleanup_(exh_cleanup_free)
#define _cleanup_fd_   _cleanup_(exh_cleanup_fd)
#define _cleanup_file_ _cleanup_(exh_cleanup_file)
#define _cleanup_dir_  _cleanup_(exh_cleanup_dir)
#define _cleanup_json_ _cleanup_(exh_cleanup_json)

/* Hands ownership out of a cleaned-up variable. */
#define steal(p)                                                                                   \
	({                                                                                         \
		__typeof__(*(p)) steal_tmp = *(p);                                                 \
		*(p) = NULL;                                                                       \
		steal_tmp;                                                                         \
	})

static inline int steal_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#endif
