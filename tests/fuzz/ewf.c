// SPDX-License-Identifier: Apache-2.0
/*
 * Both versions of the Expert Witness format: sections, tables, texts, chunks. Changed bytes seldom
 * pass a checksum, so every second input, told by its length, first gets right ones.
 */
#include <libdeflate.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "mapper/source/image.h"

#include "fuzz.h"

#define DESCRIPTOR  76
#define DESCRIPTOR2 64
#define MOST_SPANS  64
#define SPAN	    65536U
#define LARGEST	    (4U << 20) /* of what is read at once; media may claim to be anything */

static void seal(uint8_t *bytes, size_t n, uint64_t at, size_t length)
{
	uint32_t sum;

	if (!exh_range_inside(at, length + 4, n))
		return;
	sum = htole32(libdeflate_adler32(1, bytes + at, length));
	memcpy(bytes + at + length, &sum, 4);
}

static void seal_table(uint8_t *bytes, size_t n, uint64_t at)
{
	seal(bytes, n, at, 20);
	if (exh_range_inside(at, 24, n))
		seal(bytes, n, at + 24, (size_t)exh_le32(bytes + at) * 4);
}

static void seal_sections(uint8_t *bytes, size_t n)
{
	uint64_t at = 13, next;

	for (int i = 0; i < 64 && exh_range_inside(at, DESCRIPTOR, n); i++, at = next) {
		const char *type = (const char *)bytes + at;
		uint64_t payload = at + DESCRIPTOR;

		next = exh_le64(bytes + at + 16);
		seal(bytes, n, at, 72);
		if (!strncmp(type, "table", 5))
			seal_table(bytes, n, payload);
		else if (!strncmp(type, "volume", 16) || !strncmp(type, "data", 16))
			seal(bytes, n, payload, next - payload == 94 ? 90 : 1048);
		if (next <= at)
			return;
	}
}

/* From the end: each descriptor of version 2 says where the one before it is. */
static void seal_objects(uint8_t *bytes, size_t n)
{
	uint64_t at = n - DESCRIPTOR2, before;

	for (int i = 0; i < 64 && exh_range_inside(at, DESCRIPTOR2, n); i++, at = before) {
		before = exh_le64(bytes + at + 8);
		seal(bytes, n, at, 60);
		if (before >= at)
			return;
	}
}

static int file_of(const uint8_t *bytes, size_t n)
{
	_cleanup_free_ uint8_t *sealed = malloc(n + 1);
	int fd = memfd_create("t.E01", MFD_CLOEXEC);

	if (!sealed || fd < 0)
		abort();
	memcpy(sealed, bytes, n);
	if (n % 2 && n > DESCRIPTOR2 && bytes[0] == 'E' && bytes[1] == 'V' && bytes[2] == 'F')
		bytes[3] == '2' ? seal_objects(sealed, n) : seal_sections(sealed, n);
	if (exh_write_all(fd, sealed, n) < 0)
		abort();
	return fd;
}

static void read_somewhere(struct exh_ctx *ctx, struct exh_source *s, uint64_t at)
{
	size_t n = at < s->size ? exh_min(s->size - at, LARGEST) : 0;
	_cleanup_free_ uint8_t *media = malloc(n + 1);

	if (media)
		exh_source_read_around(ctx, s, media, n, at, NULL, NULL);
}

static void read_spans(struct exh_source *s)
{
	struct exh_cursor at = {0};
	struct exh_span span = {0};

	for (int i = 0; i < MOST_SPANS && !s->ops->next_span(s, &at, SPAN, &span); i++) {
		size_t room = exh_max(SPAN, s->ops->unit ? s->ops->unit(s) : 0);
		_cleanup_free_ uint8_t *stored = NULL, *media = NULL;
		struct exh_layout layout;

		if (s->ops->decode && !span.separate && span.media_length && room < LARGEST) {
			stored = calloc(1, span.file_length + 1);
			media = malloc(room);
			if (stored && media &&
			    exh_pread_all(s->files[span.file].fd, stored, span.file_length,
					  span.file_start) == (int64_t)span.file_length &&
			    !s->ops->in_place(s, &span, stored, &layout))
				s->ops->decode(s, &span, stored, media);
		}
		memset(&span, 0, sizeof(span));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct exh_ctx ctx = {.helper = -1};
	int fd = file_of(bytes, n);
	struct exh_worker worker = {.ctx = &ctx, .fds = &fd, .nr_fds = 1};
	json_t *args =
		json_pack("{s:{s:[{s:s}], s:[], s:i, s:b}}", "source", "files", "path", "t.E01",
			  "missing", "naming", (int)EXH_NAMED_EWF, "allow_incomplete", 1);
	struct exh_source *s = NULL;

	if (!exh_source_inspect(&worker, args, &s)) {
		json_decref(exh_source_facts(&ctx, s));
		if (s->size && s->ops->next_span) {
			read_somewhere(&ctx, s, 0);
			read_somewhere(&ctx, s, s->size / 2);
			read_somewhere(&ctx, s, s->size - exh_min(s->size, 1000));
			read_spans(s);
		}
	}
	exh_source_close(s);
	json_decref(args);
	close(fd);
	return 0;
}
