// SPDX-License-Identifier: Apache-2.0
/* Readers of 4 KiB at places all over a file. */
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "parts.h"

#define BLOCK	    4096
#define MAX_READERS 64

struct reader {
	pthread_t thread;
	int fd;
	uint64_t blocks, state;
	unsigned reads;
	bool failed;
};

static void *read_at_random(void *opaque)
{
	struct reader *r = opaque;
	char block[BLOCK];

	for (unsigned i = 0; i < r->reads && !r->failed; i++)
		r->failed = pread(r->fd, block, BLOCK,
				  (off_t)(parts_next(&r->state) % r->blocks * BLOCK)) != BLOCK;
	return NULL;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int parts_random(const char *path, unsigned readers, unsigned reads)
{
	struct reader list[MAX_READERS];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	double before = now();
	bool failed = false;

	if (size < BLOCK || readers > MAX_READERS)
		return parts_die(path);
	for (unsigned i = 0; i < readers; i++) {
		list[i] = (struct reader){.fd = fd,
					  .blocks = (uint64_t)size / BLOCK,
					  .state = 0x9e3779b97f4a7c15 * (i + 1),
					  .reads = reads};
		if (pthread_create(&list[i].thread, NULL, read_at_random, &list[i]))
			return parts_die("no thread");
	}
	for (unsigned i = 0; i < readers; i++) {
		pthread_join(list[i].thread, NULL);
		failed |= list[i].failed;
	}
	printf("%.4f\n", now() - before);
	return failed ? parts_die("a read failed") : 0;
}
