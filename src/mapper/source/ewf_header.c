// SPDX-License-Identifier: Apache-2.0
/* What people wrote into the container: read by libewf, which gets the sections that say it from
 * memory and opens nothing by name. */
#include <libbfio.h>
#define LIBEWF_HAVE_BFIO 1
#include <libewf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "base/text.h"
#include "ewf.h"
#include "formats.h"

#define VALUE_SIZE 65536

struct memory_io {
	const uint8_t *bytes;
	off64_t at;
	size_t size;
	bool open;
};

static int io_free(intptr_t **io, libbfio_error_t **error)
{
	(void)error;
	*io = NULL;
	return 1;
}

static int io_clone(intptr_t **to, intptr_t *from, libbfio_error_t **error)
{
	(void)error;
	*to = from;
	return 1;
}

static int io_open(intptr_t *io, int flags, libbfio_error_t **error)
{
	struct memory_io *f = (struct memory_io *)io;

	(void)error;
	f->open = !(flags & LIBBFIO_ACCESS_FLAG_WRITE);
	return f->open ? 1 : -1;
}

static int io_close(intptr_t *io, libbfio_error_t **error)
{
	(void)error;
	((struct memory_io *)io)->open = false;
	return 0;
}

static ssize_t io_read(intptr_t *io, uint8_t *buf, size_t n, libbfio_error_t **error)
{
	struct memory_io *f = (struct memory_io *)io;
	size_t at = exh_min((uint64_t)f->at, f->size), got = exh_min(n, f->size - at);

	(void)error;
	memcpy(buf, f->bytes + at, got);
	f->at += (off64_t)got;
	return (ssize_t)got;
}

static ssize_t io_refuse(intptr_t *io, const uint8_t *buf, size_t n, libbfio_error_t **error)
{
	(void)io;
	(void)buf;
	(void)n;
	(void)error;
	return -1;
}

static off64_t io_seek(intptr_t *io, off64_t offset, int whence, libbfio_error_t **error)
{
	struct memory_io *f = (struct memory_io *)io;
	off64_t base = whence == SEEK_CUR ? f->at : whence == SEEK_END ? (off64_t)f->size : 0;

	(void)error;
	if (offset < -base)
		return -1;
	f->at = base + offset;
	return f->at;
}

static int io_exists(intptr_t *io, libbfio_error_t **error)
{
	(void)io;
	(void)error;
	return 1;
}

static int io_is_open(intptr_t *io, libbfio_error_t **error)
{
	(void)error;
	return ((struct memory_io *)io)->open;
}

static int io_size(intptr_t *io, size64_t *size, libbfio_error_t **error)
{
	(void)error;
	*size = ((struct memory_io *)io)->size;
	return 1;
}

/* libewf's word, the contract's word. */
static const struct {
	const char *identifier, *key;
} values[] = {
	{"case_number", "case_number"},
	{"evidence_number", "evidence_number"},
	{"examiner_name", "examiner"},
	{"description", "description"},
	{"notes", "notes"},
	{"acquiry_date", "acquired"},
	{"system_date", "system_date"},
	{"acquiry_operating_system", "operating_system"},
	{"acquiry_software_version", "software"},
	{"model", "model"},
	{"serial_number", "serial_number"},
	{"device_label", "device_label"},
};

static json_t *read_values(libewf_handle_t *handle)
{
	json_t *header = json_object();
	static uint8_t value[VALUE_SIZE];

	libewf_handle_set_header_values_date_format(handle, LIBEWF_DATE_FORMAT_ISO8601, NULL);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const char *text = (const char *)value;
		size_t n;

		memset(value, 0, sizeof(value));
		if (libewf_handle_get_utf8_header_value(
			    handle, (const uint8_t *)values[i].identifier,
			    strlen(values[i].identifier), value, sizeof(value) - 1, NULL) != 1)
			continue;
		n = strlen(text);
		while (n && (text[n - 1] == ' ' || text[n - 1] == '\r' || text[n - 1] == '\n'))
			n--;
		if (n)
			json_object_set_new(header, values[i].key, exh_json_text(text, n));
	}
	return header;
}

static int open_pool(struct memory_io *io, libbfio_pool_t **pool)
{
	libbfio_handle_t *file = NULL;
	int entry;

	if (libbfio_handle_initialize(&file, (intptr_t *)io, io_free, io_clone, io_open, io_close,
				      io_read, io_refuse, io_seek, io_exists, io_is_open, io_size,
				      LIBBFIO_FLAG_IO_HANDLE_NON_MANAGED, NULL) != 1)
		return -1;
	if (libbfio_pool_initialize(pool, 0, LIBBFIO_POOL_UNLIMITED_NUMBER_OF_OPEN_HANDLES, NULL) !=
		    1 ||
	    libbfio_pool_append_handle(*pool, &entry, file, LIBBFIO_OPEN_READ, NULL) != 1) {
		libbfio_handle_free(&file, NULL);
		return -1;
	}
	return 0;
}

static const struct ewf_segment *first_segment(const struct ewf *e)
{
	return e->nr_segments && e->segments[0].number == 1 ? &e->segments[0] : NULL;
}

int exh_ewf1_header(struct exh_ctx *ctx, struct exh_source *s, json_t *image)
{
	const struct ewf_segment *first = first_segment(s->priv);
	_cleanup_free_ uint8_t *texts = NULL;
	struct memory_io io = {0};
	libewf_handle_t *handle = NULL;
	libbfio_pool_t *pool = NULL;
	json_t *header = NULL;

	(void)ctx;
	if (!first)
		return 0;
	texts = exh_ewf_texts(s, first, &io.size);
	io.bytes = texts;
	if (texts && !open_pool(&io, &pool) && libewf_handle_initialize(&handle, NULL) == 1 &&
	    libewf_handle_open_file_io_pool(handle, pool, LIBEWF_OPEN_READ, NULL) == 1) {
		header = read_values(handle);
		libewf_handle_close(handle, NULL);
	}
	libewf_handle_free(&handle, NULL);
	libbfio_pool_free(&pool, NULL);
	if (header)
		json_object_set_new(image, "header", header);
	else
		exh_source_problem(
			s,
			exh_problem(EXH_P_HEADER_UNREADABLE,
				    "%s: libewf cannot read what the container says about itself",
				    exh_source_basename(s, first->file)));
	return 0;
}
