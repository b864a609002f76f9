/* SPDX-License-Identifier: Apache-2.0 */
/* A source over bytes in memory, for tests that look at what a worker would see. */
#ifndef TESTS_MEMORY_SOURCE_H
#define TESTS_MEMORY_SOURCE_H

#include <sys/mman.h>
#include <unistd.h>

#include "base/facts.h"
#include "mapper/source/image.h"
#include "mapper/source/source.h"

struct memory_source {
	struct exh_ctx ctx;
	struct exh_worker worker;
	int fds[16];
	json_t *files, *args;
	struct exh_source *source;
};

static inline void memory_source_add(struct memory_source *m, const char *name, const void *bytes,
				     size_t n)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (!m->files)
		m->files = json_array();
	if (fd < 0 || exh_write_all(fd, bytes, n) < 0)
		abort();
	m->fds[m->worker.nr_fds++] = fd;
	json_array_append_new(m->files, json_pack("{s:s}", "path", name));
}

/* missing: [{"place","name"}] or NULL. Returns what exh_source_open() returns. */
static inline int memory_source_open(struct memory_source *m, enum exh_naming naming,
				     json_t *missing, bool allow_incomplete)
{
	m->ctx.helper = -1;
	m->worker.ctx = &m->ctx;
	m->worker.fds = m->fds;
	m->args = json_pack("{s:{s:O, s:o, s:i, s:b}}", "source", "files", m->files, "missing",
			    missing ? missing : json_array(), "naming", (int)naming,
			    "allow_incomplete", allow_incomplete);
	return exh_source_open(&m->worker, m->args, &m->source);
}

static inline void memory_source_close(struct memory_source *m)
{
	exh_source_close(m->source);
	for (int i = 0; i < m->worker.nr_fds; i++)
		close(m->fds[i]);
	json_decref(m->files);
	json_decref(m->args);
}

#endif
