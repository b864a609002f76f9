// SPDX-License-Identifier: Apache-2.0
/* Segments, sections and sector tables of version 2. */
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "ewf2.h"
#include "formats.h"

#define FLAG_ENCRYPTED	 2U
#define MAX_SECTIONS	 (4U << 20)
#define ALIGNMENT	 16
#define BLOCK		 (1U << 20)
#define CHUNK_COMPRESSED 1U
#define CHUNK_CHECKSUM	 2U
#define CHUNK_FILL	 4U
#define MAX_ERRORS	 1000000

struct sections {
	struct ewf2_section *list;
	size_t used, room;
};

struct walk {
	struct exh_ctx *ctx;
	struct exh_source *s;
	struct ewf *e;
	struct ewf_segment *segment;
};

static void sections_clear(struct sections *sections)
{
	free(sections->list);
}

static int add_section(struct sections *sections, const struct ewf2_section *section)
{
	if (sections->used == MAX_SECTIONS)
		return -1;
	if (sections->used == sections->room) {
		size_t room = sections->room ? sections->room * 2 : 64;
		struct ewf2_section *grown = realloc(sections->list, room * sizeof(*grown));

		if (!grown)
			return -1;
		sections->list = grown;
		sections->room = room;
	}
	sections->list[sections->used++] = *section;
	return 0;
}

/* EWF2 3.1.1: the file header. */
static bool is_segment(const struct exh_source_file *f, uint32_t *number)
{
	static const uint8_t signature[] = {'E', 'V', 'F', '2', 13, 10, 0x81, 0};
	uint8_t header[EWF2_FILE_HEADER];

	if (exh_pread_all(f->fd, header, sizeof(header), 0) != sizeof(header) ||
	    memcmp(header, signature, sizeof(signature)))
		return false;
	*number = exh_le32(header + 12);
	return true;
}

static void identify(const struct exh_source *s, struct ewf_segment *segment)
{
	uint8_t header[EWF2_FILE_HEADER];

	if (exh_pread_all(s->files[segment->file].fd, header, sizeof(header), 0) != sizeof(header))
		return;
	memcpy(segment->set_id, header + 16, sizeof(segment->set_id));
	segment->has_set_id = true;
}

static int read_file_header(const struct walk *w)
{
	static const enum ewf_coding codings[] = {EWF_PLAIN, EWF_DEFLATE, EWF_BZIP2};
	uint8_t header[EWF2_FILE_HEADER];
	unsigned method;

	if (exh_pread_all(w->s->files[w->segment->file].fd, header, sizeof(header), 0) !=
	    sizeof(header))
		return -1;
	method = exh_le16(header + 10);
	if (method >= sizeof(codings) / sizeof(codings[0]))
		return -1;
	w->e->coding = w->segment->coding = codings[method];
	return 0;
}

/* Is this a descriptor (EWF2 4.1) that stands at offset? Its data lie before it. */
static bool parse_section(const uint8_t *raw, uint64_t offset, struct ewf2_section *section)
{
	section->type = exh_le32(raw);
	section->encrypted = exh_le32(raw + 4) & FLAG_ENCRYPTED;
	section->offset = offset;
	section->previous = exh_le64(raw + 8);
	section->size = exh_le64(raw + 16);
	section->padding = exh_le32(raw + 28);
	if (!section->type || section->type > EWF2_LAST_TYPE ||
	    exh_le32(raw + 24) != EWF2_DESCRIPTOR || offset < EWF2_FILE_HEADER ||
	    section->size > offset - EWF2_FILE_HEADER)
		return false;
	section->data = offset - section->size;
	if (section->previous && (section->previous < EWF2_FILE_HEADER ||
				  section->previous + EWF2_DESCRIPTOR > section->data))
		return false;
	return libdeflate_adler32(1, raw, 60) == exh_le32(raw + 60);
}

static bool read_section(const struct walk *w, uint64_t offset, struct ewf2_section *section)
{
	uint8_t raw[EWF2_DESCRIPTOR];

	return exh_pread_all(w->s->files[w->segment->file].fd, raw, sizeof(raw), offset) ==
		       sizeof(raw) &&
	       parse_section(raw, offset, section);
}

/* From the last descriptor to the first. False where the chain breaks. */
static bool follow_chain(const struct walk *w, struct sections *sections)
{
	uint64_t offset = w->s->files[w->segment->file].size;
	struct ewf2_section section;

	if (offset < EWF2_FILE_HEADER + EWF2_DESCRIPTOR)
		return false;
	for (offset -= EWF2_DESCRIPTOR; offset; offset = section.previous)
		if (!read_section(w, offset, &section) || add_section(sections, &section))
			return false;
	for (size_t i = 0; i < sections->used / 2; i++) {
		struct ewf2_section swapped = sections->list[i];

		sections->list[i] = sections->list[sections->used - 1 - i];
		sections->list[sections->used - 1 - i] = swapped;
	}
	section = sections->list[sections->used - 1];
	return section.type == EWF2_NEXT || section.type == EWF2_DONE;
}

/* Descriptors stand where multiples of 16 do, and name the one before them. */
static int search_block(struct sections *sections, const uint8_t *block, size_t n, uint64_t at)
{
	for (size_t i = 0; i + EWF2_DESCRIPTOR <= n; i += ALIGNMENT) {
		struct ewf2_section section;
		uint64_t last = sections->used ? sections->list[sections->used - 1].offset : 0;

		if (!parse_section(block + i, at + i, &section))
			continue;
		if (section.previous == last && add_section(sections, &section))
			return -1;
	}
	return 0;
}

/* A file without its end has lost the chain to what is left of it: that is looked for. */
static int search_sections(const struct walk *w, struct sections *sections)
{
	const struct exh_source_file *f = &w->s->files[w->segment->file];
	_cleanup_free_ uint8_t *block = malloc(BLOCK + EWF2_DESCRIPTOR);
	int r = 0;

	sections->used = 0;
	for (uint64_t at = EWF2_FILE_HEADER; block && at < f->size && !r; at += BLOCK) {
		int64_t n = exh_pread_all(f->fd, block, BLOCK + EWF2_DESCRIPTOR - ALIGNMENT, at);

		if (n > 0)
			r = search_block(sections, block, (size_t)n, at);
	}
	return block && !r ? 0 : exh_fail(w->ctx, EXH_E_NOMEM, "out of memory");
}

static void broken(const struct walk *w)
{
	const struct exh_source_file *f = &w->s->files[w->segment->file];

	exh_source_problem(w->s,
			   exh_problem(EXH_P_SEGMENT_TRUNCATED,
				       "%s: does not end with the chain of its sections; the file "
				       "has %llu bytes",
				       exh_source_basename(w->s, w->segment->file),
				       (unsigned long long)f->size));
	exh_source_refuse(w->s, "%s: is truncated or damaged: the chain of its sections is broken",
			  f->path);
	w->s->complete = false;
	w->s->has_losses = true;
}

static void refuse_encrypted(const struct walk *w)
{
	if (!w->e->encrypted)
		exh_source_problem(w->s, exh_problem(EXH_P_FORMAT_NOT_SUPPORTED,
						     "%s: this is an encrypted Ex01, which is not "
						     "read; decrypt it with the tool that made it",
						     exh_source_basename(w->s, w->segment->file)));
	exh_source_refuse(w->s,
			  "%s: this is an encrypted Ex01, which is not read; decrypt it with the "
			  "tool that made it",
			  w->s->files[w->segment->file].path);
	w->e->encrypted = true;
	w->s->complete = false;
}

/* ---- the sections ---- */

static int on_device(struct walk *w, const struct ewf2_section *section)
{
	return exh_ewf2_read_device(w->ctx, w->s, w->e, w->segment, section);
}

static int on_case(struct walk *w, const struct ewf2_section *section)
{
	return exh_ewf2_read_case(w->ctx, w->s, w->e, w->segment, section);
}

/* EWF2 5.5.1. A table whose header is not whole has no entries. */
static int on_table(struct walk *w, const struct ewf2_section *section)
{
	struct ewf_table *t = exh_ewf_add_table(w->e);
	uint8_t raw[20];
	uint64_t nr = 0;

	if (!t)
		return exh_fail(w->ctx, EXH_E_NOMEM, "out of memory");
	t->file = w->segment->file;
	t->offset = section->data;
	t->entries = section->data + EWF2_TABLE_HEADER;
	t->has_footer = true;
	t->bad = section->size < EWF2_TABLE_HEADER ||
		 exh_pread_all(w->s->files[t->file].fd, raw, sizeof(raw), section->data) !=
			 sizeof(raw) ||
		 libdeflate_adler32(1, raw, 16) != exh_le32(raw + 16);
	if (!t->bad) {
		nr = exh_le32(raw + 8);
		t->first_chunk = exh_le64(raw);
		t->bad = nr > EWF_MAX_ENTRIES || t->first_chunk > INT64_MAX / 2 ||
			 nr * 16 + 4 > section->size - EWF2_TABLE_HEADER;
	}
	t->nr_entries = t->bad ? 0 : (uint32_t)nr;
	w->segment->nr_tables++;
	return 0;
}

static void not_used(const struct walk *w, const struct ewf2_section *section, const char *what)
{
	exh_source_problem(w->s, exh_problem(EXH_P_SECTION_CHECKSUM,
					     "%s: the %s at %llu does not match its checksum and "
					     "is not used",
					     exh_source_basename(w->s, w->segment->file), what,
					     (unsigned long long)section->data));
}

static int read_stored_hash(struct walk *w, const struct ewf2_section *section,
			    const char *algorithm, size_t n)
{
	uint8_t raw[24];

	if (section->size < n + 4 ||
	    exh_pread_all(w->s->files[w->segment->file].fd, raw, n + 4, section->data) !=
		    (int64_t)n + 4 ||
	    libdeflate_adler32(1, raw, n) != exh_le32(raw + n))
		not_used(w, section, "stored hash");
	else
		exh_ewf_take_hash(w->s, w->e, algorithm, raw, n);
	return 0;
}

static int on_md5(struct walk *w, const struct ewf2_section *section)
{
	return read_stored_hash(w, section, "md5", 16);
}

static int on_sha1(struct walk *w, const struct ewf2_section *section)
{
	return read_stored_hash(w, section, "sha1", 20);
}

/* EWF2 5.6: a header as that of a table, entries of 16 bytes, and their checksum. */
static int on_errors(struct walk *w, const struct ewf2_section *section)
{
	_cleanup_free_ uint8_t *raw = NULL;
	uint32_t nr;

	if (section->size < EWF2_TABLE_HEADER + 4 || section->size > MAX_ERRORS * 16ULL) {
		not_used(w, section, "list of acquisition errors");
		return 0;
	}
	raw = malloc(section->size);
	if (!raw)
		return exh_fail(w->ctx, EXH_E_NOMEM, "out of memory");
	if (exh_pread_all(w->s->files[w->segment->file].fd, raw, section->size, section->data) !=
		    (int64_t)section->size ||
	    libdeflate_adler32(1, raw, 16) != exh_le32(raw + 16) ||
	    (nr = exh_le32(raw)) > (section->size - EWF2_TABLE_HEADER - 4) / 16 ||
	    libdeflate_adler32(1, raw + EWF2_TABLE_HEADER, (size_t)nr * 16) !=
		    exh_le32(raw + EWF2_TABLE_HEADER + (size_t)nr * 16)) {
		not_used(w, section, "list of acquisition errors");
		return 0;
	}
	for (uint32_t i = 0; i < nr; i++) {
		const uint8_t *entry = raw + EWF2_TABLE_HEADER + (size_t)i * 16;

		exh_ewf_take_error(w->e, exh_le64(entry), exh_le32(entry + 8));
	}
	return 0;
}

static int on_next(struct walk *w, const struct ewf2_section *section)
{
	(void)section;
	w->segment->end = EWF_END_NEXT;
	return 0;
}

static int on_done(struct walk *w, const struct ewf2_section *section)
{
	(void)section;
	w->segment->end = EWF_END_DONE;
	return 0;
}

/* What has no row holds no media, and nothing that a reader of the media needs. */
static int (*const readers[EWF2_LAST_TYPE + 1])(struct walk *w, const struct ewf2_section *s) = {
	[EWF2_DEVICE] = on_device, [EWF2_CASE] = on_case, [EWF2_TABLE] = on_table,
	[EWF2_ERRORS] = on_errors, [EWF2_MD5] = on_md5,	  [EWF2_SHA1] = on_sha1,
	[EWF2_NEXT] = on_next,	   [EWF2_DONE] = on_done,
};

static int walk_segment(struct exh_ctx *ctx, struct exh_source *s, struct ewf *e,
			struct ewf_segment *segment)
{
	struct walk w = {.ctx = ctx, .s = s, .e = e, .segment = segment};
	_cleanup_(sections_clear) struct sections sections = {0};
	bool whole;
	int r = 0;

	segment->first_table = e->nr_tables;
	segment->end = EWF_END_BROKEN;
	whole = !read_file_header(&w) && follow_chain(&w, &sections);
	if (!whole) {
		broken(&w);
		r = search_sections(&w, &sections);
	}
	for (size_t i = 0; i < sections.used && !r; i++) {
		const struct ewf2_section *section = &sections.list[i];

		if (section->encrypted || section->type == EWF2_KEYS)
			refuse_encrypted(&w);
		else if (readers[section->type])
			r = readers[section->type](&w, section);
	}
	if (!whole)
		segment->end = EWF_END_BROKEN;
	if (!r)
		exh_ewf_check_volume(s, e, segment);
	return r;
}

/* EWF2 5.5.2. */
static bool locate(const struct exh_source *s, const struct ewf *e,
		   const struct ewf_offsets *offsets, uint32_t i, struct ewf_place *place)
{
	const struct ewf_table *t = &e->tables[offsets->table];
	const uint32_t *entry;
	uint32_t flags;
	uint64_t end;

	if (!offsets->readable || i >= t->nr_entries)
		return false;
	entry = offsets->entries + (size_t)i * 4;
	flags = entry[3];
	*place =
		(struct ewf_place){.offset = (uint64_t)entry[1] << 32 | entry[0], .size = entry[2]};
	if (flags & CHUNK_COMPRESSED && flags & CHUNK_FILL) {
		place->coding = EWF_FILL;
		place->pattern = place->offset;
		place->offset = place->size = 0;
		return true;
	}
	place->coding = flags & CHUNK_COMPRESSED ? e->coding : EWF_PLAIN;
	if (place->coding == EWF_PLAIN && !(flags & CHUNK_CHECKSUM))
		return false;
	return place->size && !exh_add_overflows(place->offset, place->size, &end) &&
	       place->offset >= EWF2_FILE_HEADER && end <= s->files[t->file].size;
}

static int header_facts(struct exh_ctx *ctx, struct exh_source *s, json_t *image)
{
	const struct ewf *e = s->priv;

	(void)ctx;
	return json_object_set(image, "header", e->header);
}

const struct ewf_version exh_ewf2 = {
	.variant = "Ex01",
	.is_segment = is_segment,
	.identify = identify,
	.walk = walk_segment,
	.words = 4,
	.states_chunks = true,
	.locate = locate,
	.header = header_facts,
};
