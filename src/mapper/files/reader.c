// SPDX-License-Identifier: Apache-2.0
#include "reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/text.h"

#define BUFFER	   (1U << 20)	/* as much as libmagic looks at of a file */
#define SLICE	   (32U << 10)	/* each digest takes this much in turn, while it is in the cache */
#define MAX_RANGES 1000		/* lost ranges that a row names */
#define MAX_HOLES  (1ULL << 38) /* bytes of zeros that are read for one file */
#define MAX_EMPTY  (1ULL << 30) /* the same, where a file has nothing else */

struct exh_reader {
	struct exh_ctx ctx;
	const struct exh_reading *reading;
	struct exh_source *partition;
	magic_t magic;
	EVP_MD_CTX *md[EXH_MAX_DIGESTS];
	uint8_t *buffer;
	/* the content at hand */
	const struct exh_content *content;
	uint64_t done;
	size_t piece;
	uint64_t in_piece;
	uint64_t lost;
	json_t *ranges;
	uint64_t last_end;
	char why[512];
	uint64_t shift; /* position in the content minus position in the partition */
};

/* ---- before the sandbox closes ---- */

static int load_magic(struct exh_ctx *ctx, struct exh_reading *reading)
{
	for (unsigned i = 0; reading->type && i < reading->readers; i++) {
		reading->magic[i] = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS);
		if (!reading->magic[i] || magic_load(reading->magic[i], NULL))
			return exh_fail(ctx, EXH_E_MISSING,
					"libmagic's database cannot be loaded: %s",
					reading->magic[i] ? magic_error(reading->magic[i])
							  : "out of memory");
	}
	return 0;
}

int exh_reading_prepare(struct exh_ctx *ctx, struct exh_reading *reading, const char *names)
{
	int r = names ? exh_digests_add_list(ctx, &reading->digests, names) : 0;

	for (size_t i = 0; r >= 0 && i < reading->digests.nr; i++)
		r = exh_digest_self_test(ctx, &reading->digests.list[i]);
	return r < 0 ? r : load_magic(ctx, reading);
}

bool exh_reading_wants_bytes(const struct exh_reading *reading)
{
	return reading->digests.nr || reading->type || reading->only_hit;
}

/* ---- a reader ---- */

void exh_reader_free(struct exh_reader *reader)
{
	if (!reader)
		return;
	for (size_t i = 0; i < EXH_MAX_DIGESTS; i++)
		EVP_MD_CTX_free(reader->md[i]);
	json_decref(reader->ranges);
	free(reader->buffer);
	free(reader);
}

int exh_reader_new(struct exh_ctx *ctx, const struct exh_reading *reading,
		   struct exh_source *partition, unsigned number, struct exh_reader **ret)
{
	struct exh_reader *reader = calloc(1, sizeof(*reader));
	bool complete = reader && (reader->buffer = malloc(BUFFER));

	for (size_t i = 0; complete && i < reading->digests.nr; i++)
		complete = (reader->md[i] = EVP_MD_CTX_new());
	if (!complete) {
		exh_reader_free(reader);
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	}
	reader->ctx.helper = -1;
	reader->reading = reading;
	reader->partition = partition;
	reader->magic = reading->magic[number];
	*ret = reader;
	return 0;
}

const char *exh_reader_error(const struct exh_reader *reader)
{
	return reader->ctx.text;
}

/* ---- losses ---- */

static void note_loss(struct exh_reader *reader, uint64_t start, uint64_t length, const char *why)
{
	size_t nr = json_array_size(reader->ranges);

	if (!reader->ranges)
		reader->ranges = json_array();
	if (!reader->lost)
		snprintf(reader->why, sizeof(reader->why), "%s", why);
	reader->lost += length;
	if (nr && reader->last_end == start) {
		json_t *last = json_array_get(reader->ranges, nr - 1), *n;

		n = json_object_get(last, "length");
		json_integer_set(n, json_integer_value(n) + (json_int_t)length);
	} else if (nr < MAX_RANGES) {
		json_array_append_new(reader->ranges,
				      json_pack("{s:I, s:I}", "start", (json_int_t)start, "length",
						(json_int_t)length));
	} else {
		return;
	}
	reader->last_end = start + length;
}

static void on_loss(const struct exh_loss *loss, void *opaque)
{
	struct exh_reader *reader = opaque;

	note_loss(reader, loss->start + reader->shift, loss->length,
		  exh_loss_reason_name(loss->reason));
}

/* ---- bytes ---- */

static bool at_end(const struct exh_reader *reader)
{
	return reader->done >= reader->content->size;
}

static void advance(struct exh_reader *reader, uint64_t n)
{
	reader->done += n;
	if (reader->content->special)
		return;
	reader->in_piece += n;
	if (reader->piece < reader->content->nr &&
	    reader->in_piece >= reader->content->pieces[reader->piece].length) {
		reader->piece++;
		reader->in_piece = 0;
	}
}

/* Bytes that are nowhere, or behind the end of the partition: all of them at once. */
static uint64_t skip_lost(struct exh_reader *reader, uint64_t n, const char *why)
{
	note_loss(reader, reader->done, n, why);
	advance(reader, n);
	return 0;
}

/* At most room bytes of the piece at hand into to; how many there are there now. 0 after a loss
 * that is longer than anything worth reading around. */
static int64_t take_piece(struct exh_reader *reader, uint8_t *to, uint64_t room)
{
	const struct exh_piece *piece = &reader->content->pieces[reader->piece];
	uint64_t left = piece->length - reader->in_piece, at = piece->start + reader->in_piece;
	uint64_t n = exh_min(left, room), size = reader->partition->size;

	if (piece->kind == EXH_PIECE_UNKNOWN)
		return (int64_t)skip_lost(reader, left,
					  "the file system does not say where they are");
	if (piece->kind == EXH_PIECE_DATA && at >= size)
		return (int64_t)skip_lost(reader, left, "behind the end of the partition");
	if (piece->kind == EXH_PIECE_HOLE && reader->lost) {
		advance(reader, left);
		return 0;
	}
	if (piece->kind == EXH_PIECE_HOLE) {
		memset(to, 0, n);
	} else {
		n = exh_min(n, size - at);
		reader->shift = reader->done - at;
		if (exh_source_read_around(&reader->ctx, reader->partition, to, n, at, on_loss,
					   reader) < 0)
			return -1;
	}
	advance(reader, n);
	return (int64_t)n;
}

/* Resident bytes come in one piece; libtsk decompresses the rest. */
static int64_t take_special(struct exh_reader *reader, uint8_t *to, uint64_t room)
{
	const struct exh_content *content = reader->content;
	uint64_t n = exh_min(content->size - reader->done, room);
	const char *error;
	ssize_t got;

	if (content->resident) {
		memcpy(to, content->resident + reader->done, n);
		advance(reader, n);
		return (int64_t)n;
	}
	got = tsk_fs_attr_read(content->special, (TSK_OFF_T)reader->done, (char *)to, n,
			       TSK_FS_FILE_READ_FLAG_NONE);
	if (got <= 0) {
		error = tsk_error_get();
		skip_lost(reader, content->size - reader->done,
			  error ? error : "libtsk cannot decompress them");
		tsk_error_reset();
		return 0;
	}
	advance(reader, (uint64_t)got);
	return got;
}

/* As much as the buffer holds, unless the content ends; how much, or a negative error. */
static int64_t fill(struct exh_reader *reader)
{
	uint64_t n = 0;

	while (n < BUFFER && !at_end(reader)) {
		int64_t got = reader->content->resident || reader->content->special
				      ? take_special(reader, reader->buffer + n, BUFFER - n)
				      : take_piece(reader, reader->buffer + n, BUFFER - n);

		if (got < 0)
			return got;
		n += (uint64_t)got;
	}
	return (int64_t)n;
}

static int update_digests(struct exh_reader *reader, uint64_t n)
{
	for (uint64_t at = 0; at < n; at += SLICE)
		for (size_t i = 0; i < reader->reading->digests.nr; i++)
			if (!EVP_DigestUpdate(reader->md[i], reader->buffer + at,
					      exh_min(SLICE, n - at)))
				return exh_fail(&reader->ctx, EXH_E_MISSING,
						"libcrypto cannot digest with %s",
						reader->reading->digests.list[i].name);
	return 0;
}

/* ---- what comes out ---- */

static void tell_type(struct exh_reader *reader, uint64_t n, json_t *row)
{
	const char *type = n ? magic_buffer(reader->magic, reader->buffer, n) : "inode/x-empty";

	if (type)
		json_object_set_new(row, "mime", exh_json_text(type, strlen(type)));
}

static int tell_digests(struct exh_reader *reader, json_t *row)
{
	const struct exh_digests *set = &reader->reading->digests;
	unsigned char value[EVP_MAX_MD_SIZE];
	char hex[EXH_DIGEST_HEX];
	json_t *digests = json_object();

	json_object_set_new(row, "digests", digests);
	for (size_t i = 0; i < set->nr; i++) {
		if (!EVP_DigestFinal_ex(reader->md[i], value, NULL))
			return exh_fail(&reader->ctx, EXH_E_MISSING,
					"libcrypto cannot digest with %s", set->list[i].name);
		exh_hex(value, set->list[i].size, hex);
		json_object_set_new(digests, set->list[i].name, json_string(hex));
	}
	return 0;
}

static int tell_losses(struct exh_reader *reader, json_t *row)
{
	const json_t *first = json_array_get(reader->ranges, 0);
	uint64_t start = (uint64_t)json_integer_value(json_object_get(first, "start"));
	uint64_t length = (uint64_t)json_integer_value(json_object_get(first, "length"));
	_cleanup_free_ char *text = NULL;

	if (asprintf(&text, "%llu of %llu bytes are lost, first %llu to %llu: %s",
		     (unsigned long long)reader->lost, (unsigned long long)reader->content->size,
		     (unsigned long long)start, (unsigned long long)(start + length - 1),
		     reader->why) < 0) {
		text = NULL;
		return exh_fail(&reader->ctx, EXH_E_NOMEM, "out of memory");
	}
	json_object_set_new(row, "error", exh_json_text(text, strlen(text)));
	json_object_set_new(row, "lost", json_integer((json_int_t)reader->lost));
	json_object_set_new(row, "ranges", steal(&reader->ranges));
	return 1;
}

static int begin(struct exh_reader *reader, const struct exh_content *content)
{
	reader->content = content;
	reader->done = reader->in_piece = reader->lost = reader->last_end = 0;
	reader->piece = 0;
	json_decref(steal(&reader->ranges));
	for (size_t i = 0; i < reader->reading->digests.nr; i++)
		if (!EVP_DigestInit_ex2(reader->md[i], reader->reading->digests.list[i].md, NULL))
			return exh_fail(&reader->ctx, EXH_E_MISSING,
					"libcrypto cannot digest with %s",
					reader->reading->digests.list[i].name);
	return 0;
}

/* The bad clusters of NTFS are a hole as large as the volume, and anybody can write down a hole of
 * exabytes. */
static bool is_too_hollow(const struct exh_content *content)
{
	uint64_t holes = 0;

	if (content->special)
		return false;
	for (size_t i = 0; i < content->nr; i++)
		if (content->pieces[i].kind == EXH_PIECE_HOLE)
			holes += content->pieces[i].length;
	return holes > MAX_HOLES || (holes == content->size && holes > MAX_EMPTY);
}

static int read_all(struct exh_reader *reader, json_t *row,
		    void (*on_bytes)(uint64_t bytes, void *opaque), void *opaque)
{
	const struct exh_reading *reading = reader->reading;
	bool more = reading->digests.nr || reading->only_hit, head = reading->type;
	int64_t n;
	int r;

	do {
		n = fill(reader);
		if (n < 0)
			return (int)n;
		if (head && !reader->lost)
			tell_type(reader, (uint64_t)n, row);
		head = false;
		r = reader->lost ? 0 : update_digests(reader, (uint64_t)n);
		if (r < 0)
			return r;
		on_bytes((uint64_t)n, opaque);
	} while (more && !at_end(reader));
	if (reader->lost)
		return tell_losses(reader, row);
	return reading->digests.nr ? tell_digests(reader, row) : 0;
}

int exh_reader_take(struct exh_reader *reader, const struct exh_content *content, json_t *row,
		    void (*on_bytes)(uint64_t bytes, void *opaque), void *opaque)
{
	int r;

	if (is_too_hollow(content)) {
		json_object_set_new(row, "unread", json_string("holes"));
		return 0;
	}
	r = begin(reader, content);
	return r < 0 ? r : read_all(reader, row, on_bytes, opaque);
}
