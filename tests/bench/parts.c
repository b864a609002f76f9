// SPDX-License-Identifier: Apache-2.0
/*
 * The parts of a verify and of a mapped file by themselves, on one thread: what this machine
 * allows.
 *
 * parts inflate SEGMENT...: seconds that all chunks take, their bytes in memory
 * parts digest ALGORITHM FILE...: seconds of the digest alone, in pieces of 1 MiB
 * parts serve BYTES DIRECTORY: a FUSE server with one file "media" of zeros that answers at once
 * parts random FILE READERS READS: seconds of as many threads for as many reads of 4 KiB each
 * parts text BYTES: lines as a log has them, to standard output
 * parts generate GIB FILE: an E01 of mostly empty chunks
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/facts.h"
#include "mapper/source/image.h"
#include "mapper/source/source.h"
#include "parts.h"

#define PIECE	  (1U << 20)
#define MAX_FILES 64
#define LARGEST	  (64U << 20)

static double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int parts_die(const char *what)
{
	fprintf(stderr, "parts: %s\n", what);
	return 1;
}

/* ---- inflate ---- */

static double decode_all(struct exh_source *s, uint8_t *stored, uint8_t *media)
{
	struct exh_cursor at = {0};
	struct exh_span span = {0};
	struct exh_layout layout;
	double seconds = 0;

	while (!s->ops->next_span(s, &at, PIECE, &span)) {
		double before;

		if (span.media_length && s->ops->decode) {
			if (span.file_length > LARGEST ||
			    exh_pread_all(s->files[span.file].fd, stored, span.file_length,
					  span.file_start) != (int64_t)span.file_length)
				return -1;
			before = seconds_now();
			if (!s->ops->in_place || !s->ops->in_place(s, &span, stored, &layout))
				s->ops->decode(s, &span, stored, media);
			seconds += seconds_now() - before;
		}
		memset(&span, 0, sizeof(span));
	}
	return seconds;
}

static int inflate(int nr, char **paths)
{
	struct exh_ctx ctx = {.helper = -1};
	json_t *files = json_array(), *args;
	int fds[MAX_FILES];
	struct exh_worker worker = {.ctx = &ctx, .fds = fds, .nr_fds = nr};
	uint8_t *stored = malloc(LARGEST), *media = malloc(LARGEST);
	struct exh_source *s;
	double seconds;

	for (int i = 0; i < nr && i < MAX_FILES; i++) {
		fds[i] = open(paths[i], O_RDONLY | O_CLOEXEC);
		json_array_append_new(files, json_pack("{s:s}", "path", paths[i]));
	}
	args = json_pack("{s:{s:o, s:[], s:i}}", "source", "files", files, "missing", "naming",
			 (int)EXH_NAMED_EWF);
	if (!stored || !media || exh_source_open(&worker, args, &s) < 0)
		return parts_die(ctx.text);
	seconds = decode_all(s, stored, media);
	exh_source_close(s);
	json_decref(args);
	free(stored);
	free(media);
	if (seconds < 0)
		return parts_die("a container file cannot be read");
	printf("%.4f\n", seconds);
	return 0;
}

/* ---- digest ---- */

static double digest_file(EVP_MD_CTX *md, const char *path, uint8_t *piece)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	double seconds = 0;
	ssize_t n;

	while ((n = read(fd, piece, PIECE)) > 0) {
		double before = seconds_now();

		EVP_DigestUpdate(md, piece, (size_t)n);
		seconds += seconds_now() - before;
	}
	close(fd);
	return n < 0 ? -1 : seconds;
}

static int digest(const char *algorithm, int nr, char **paths)
{
	EVP_MD *type = EVP_MD_fetch(NULL, algorithm, NULL);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t *piece = malloc(PIECE);
	double seconds = 0;

	if (!type || !piece || !EVP_DigestInit_ex(md, type, NULL))
		return parts_die("no such digest");
	for (int i = 0; i < nr; i++) {
		double one = digest_file(md, paths[i], piece);

		if (one < 0)
			return parts_die(paths[i]);
		seconds += one;
	}
	printf("%.4f\n", seconds);
	EVP_MD_CTX_free(md);
	EVP_MD_free(type);
	free(piece);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 2 && argc <= MAX_FILES + 2 && !strcmp(argv[1], "inflate"))
		return inflate(argc - 2, argv + 2);
	if (argc > 3 && !strcmp(argv[1], "digest"))
		return digest(argv[2], argc - 3, argv + 3);
	if (argc == 4 && !strcmp(argv[1], "serve"))
		return parts_serve((off_t)strtoull(argv[2], NULL, 10), argv[3]);
	if (argc == 5 && !strcmp(argv[1], "random"))
		return parts_random(argv[2], (unsigned)atoi(argv[3]), (unsigned)atoi(argv[4]));
	if (argc == 3 && !strcmp(argv[1], "text"))
		return parts_text(strtoull(argv[2], NULL, 10));
	if (argc == 4 && !strcmp(argv[1], "generate"))
		return parts_generate(strtoull(argv[2], NULL, 10), argv[3]);
	return parts_die("see the head of parts.c");
}
