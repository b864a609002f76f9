// SPDX-License-Identifier: Apache-2.0
/* Segments and sections: EWF 2.1 and 3.1. */
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/facts.h"
#include "ewf.h"
#include "formats.h"

static bool is_segment(const struct exh_source_file *f, uint32_t *number)
{
	static const uint8_t signature[] = {'E', 'V', 'F', 9, 13, 10, 255, 0};
	uint8_t header[EWF_FILE_HEADER];

	if (exh_pread_all(f->fd, header, sizeof(header), 0) != sizeof(header) ||
	    memcmp(header, signature, sizeof(signature)))
		return false;
	*number = exh_le16(header + 9);
	return true;
}

static void broken(struct exh_source *s, const struct ewf_segment *segment, uint64_t offset,
		   const char *what)
{
	bool cut = offset + EWF_DESCRIPTOR > s->files[segment->file].size;
	const char *name = exh_source_basename(s, segment->file);

	exh_source_problem(s, exh_problem(cut ? EXH_P_SEGMENT_TRUNCATED : EXH_P_SEGMENT_DAMAGED,
					  "%s: %s at %llu; the file has %llu bytes", name, what,
					  (unsigned long long)offset,
					  (unsigned long long)s->files[segment->file].size));
	exh_source_refuse(s, "%s: %s: %s at byte %llu of %llu", s->files[segment->file].path,
			  cut ? "is truncated" : "is damaged", what, (unsigned long long)offset,
			  (unsigned long long)s->files[segment->file].size);
	s->complete = false;
	s->has_losses = true;
}

const char *exh_ewf_read_section(const struct exh_source *s, const struct ewf_segment *segment,
				 uint64_t offset, struct ewf_section *section)
{
	const struct exh_source_file *f = &s->files[segment->file];
	uint8_t raw[EWF_DESCRIPTOR];
	uint64_t end;

	if (exh_pread_all(f->fd, raw, sizeof(raw), offset) != sizeof(raw))
		return "no section descriptor";
	if (libdeflate_adler32(1, raw, 72) != exh_le32(raw + 72))
		return "a section descriptor does not match its checksum";
	memcpy(section->type, raw, 16);
	section->type[16] = 0;
	section->offset = offset;
	section->next = exh_le64(raw + 16);
	section->size = exh_le64(raw + 24);
	section->payload = offset + EWF_DESCRIPTOR;
	/* "next" and "done" point to themselves, and some writers give them no size */
	if (section->next == offset)
		return NULL;
	if (section->next < offset + EWF_DESCRIPTOR)
		return "a section descriptor points backwards";
	if (section->size < EWF_DESCRIPTOR)
		section->size = section->next - offset;
	if (exh_add_overflows(offset, section->size, &end))
		return "a section has an impossible size";
	section->payload_size = section->size - EWF_DESCRIPTOR;
	return NULL;
}

struct ewf_table *exh_ewf_add_table(struct ewf *e)
{
	struct ewf_table *grown = realloc(e->tables, (e->nr_tables + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	e->tables = grown;
	memset(&grown[e->nr_tables], 0, sizeof(*grown));
	return &grown[e->nr_tables++];
}

struct walk {
	struct exh_ctx *ctx;
	struct exh_source *s;
	struct ewf *e;
	struct ewf_segment *segment;
	uint64_t data_end; /* of the last "sectors" section */
	bool has_sectors;
};

/* The 24 bytes before the offsets: EWF 3.9.1. */
static int read_table_header(const struct walk *w, const struct ewf_section *section, uint32_t *nr,
			     uint64_t *base)
{
	uint8_t raw[EWF_TABLE_HEADER];

	if (section->payload_size < sizeof(raw) ||
	    exh_pread_all(w->s->files[w->segment->file].fd, raw, sizeof(raw), section->payload) !=
		    sizeof(raw))
		return -1;
	*nr = exh_le32(raw);
	*base = exh_le64(raw + 8);
	if (*nr > EWF_MAX_ENTRIES || (uint64_t)*nr * 4 > section->payload_size - sizeof(raw))
		return -1;
	return libdeflate_adler32(1, raw, 20) == exh_le32(raw + 20) ? 0 : -1;
}

static int on_table(struct walk *w, const struct ewf_section *section)
{
	struct ewf_table *t = exh_ewf_add_table(w->e);
	uint32_t nr = 0;
	uint64_t base = 0;

	if (!t)
		return exh_fail(w->ctx, EXH_E_NOMEM, "out of memory");
	t->file = w->segment->file;
	t->bad = read_table_header(w, section, &nr, &base) < 0;
	t->nr_entries = t->bad ? 0 : nr;
	t->base = t->bad ? 0 : base;
	t->offset = section->payload;
	t->entries = section->payload + EWF_TABLE_HEADER;
	t->has_footer =
		!w->e->smart && section->payload_size >= EWF_TABLE_HEADER + (uint64_t)nr * 4 + 4;
	t->data_end = w->has_sectors ? w->data_end : section->offset + section->size;
	w->segment->nr_tables++;
	return 0;
}

static int on_table2(struct walk *w, const struct ewf_section *section)
{
	struct ewf_table *t = w->segment->nr_tables ? &w->e->tables[w->e->nr_tables - 1] : NULL;
	uint32_t nr = 0;
	uint64_t base = 0;

	if (!t || t->entries2)
		return 0;
	t->entries2 = section->payload + EWF_TABLE_HEADER;
	t->bad2 = read_table_header(w, section, &nr, &base) < 0;
	if (t->bad && !t->bad2) {
		t->nr_entries = nr;
		t->base = base;
	} else if (!t->bad2 && (nr != t->nr_entries || base != t->base)) {
		t->bad2 = true;
	}
	if (!t->bad && t->bad2)
		exh_source_problem(
			w->s, exh_problem(EXH_P_SECTION_CHECKSUM,
					  "%s: the copy of the chunk table at %llu is damaged; the "
					  "table itself is used",
					  exh_source_basename(w->s, t->file),
					  (unsigned long long)(t->entries - EWF_TABLE_HEADER)));
	if (t->bad)
		exh_source_problem(
			w->s, exh_problem(t->bad2 ? EXH_P_SECTION_CHECKSUM : EXH_P_TABLE_COPY_USED,
					  "%s: the header of the chunk table at %llu is damaged%s",
					  exh_source_basename(w->s, t->file),
					  (unsigned long long)t->offset,
					  t->bad2 ? ", and its copy too" : "; its copy is used"));
	return 0;
}

static int on_sectors(struct walk *w, const struct ewf_section *section)
{
	w->data_end = section->offset + section->size;
	w->has_sectors = true;
	return 0;
}

static int on_volume(struct walk *w, const struct ewf_section *section)
{
	return exh_ewf_read_volume(w->ctx, w->s, w->e, w->segment, section->payload,
				   section->payload_size);
}

static int on_digest(struct walk *w, const struct ewf_section *section)
{
	return exh_ewf_read_digest(w->ctx, w->s, w->e, w->segment, section->payload,
				   section->payload_size);
}

static int on_hash(struct walk *w, const struct ewf_section *section)
{
	return exh_ewf_read_hash(w->ctx, w->s, w->e, w->segment, section->payload,
				 section->payload_size);
}

static int on_error2(struct walk *w, const struct ewf_section *section)
{
	return exh_ewf_read_error2(w->ctx, w->s, w->e, w->segment, section->payload,
				   section->payload_size);
}

static int on_next(struct walk *w, const struct ewf_section *section)
{
	(void)section;
	w->segment->end = EWF_END_NEXT;
	return 0;
}

static int on_done(struct walk *w, const struct ewf_section *section)
{
	(void)section;
	w->segment->end = EWF_END_DONE;
	return 0;
}

/* EWF 3. What has no row (header, session, xheader, ...) holds no media and is libewf's to read. */
static const struct {
	const char *type;
	int (*read)(struct walk *w, const struct ewf_section *section);
} section_types[] = {
	{"volume", on_volume},	 {"disk", on_volume}, {"data", on_volume},
	{"sectors", on_sectors}, {"table", on_table}, {"table2", on_table2},
	{"digest", on_digest},	 {"hash", on_hash},   {"error2", on_error2},
	{"next", on_next},	 {"done", on_done},
};

static int read_by_type(struct walk *w, const struct ewf_section *section)
{
	for (size_t i = 0; i < sizeof(section_types) / sizeof(section_types[0]); i++)
		if (!strcmp(section_types[i].type, section->type))
			return section_types[i].read(w, section);
	return 0;
}

static void identify(const struct exh_source *s, struct ewf_segment *segment)
{
	struct ewf_section section;

	for (uint64_t offset = EWF_FILE_HEADER; !exh_ewf_read_section(s, segment, offset, &section);
	     offset = section.next) {
		bool is_volume = !strcmp(section.type, "volume") || !strcmp(section.type, "disk") ||
				 !strcmp(section.type, "data");

		if (section.next == offset)
			return;
		if (is_volume &&
		    exh_ewf_read_set_id(s, segment, section.payload, section.payload_size))
			return;
	}
}

static int walk(struct exh_ctx *ctx, struct exh_source *s, struct ewf *e,
		struct ewf_segment *segment)
{
	struct walk w = {.ctx = ctx, .s = s, .e = e, .segment = segment};
	uint64_t offset = EWF_FILE_HEADER, size = s->files[segment->file].size;

	segment->first_table = e->nr_tables;
	segment->end = EWF_END_BROKEN;
	for (;;) {
		struct ewf_section section;
		const char *why = exh_ewf_read_section(s, segment, offset, &section);
		int r;

		if (why) {
			broken(s, segment, offset, why);
			return 0;
		}
		if (section.next != offset && section.offset + section.size > size) {
			broken(s, segment, size, "the file ends inside a section");
			return 0;
		}
		r = read_by_type(&w, &section);
		if (r < 0 || segment->end != EWF_END_BROKEN)
			return r;
		if (section.next == offset) {
			broken(s, segment, offset, "the sections end without saying so");
			return 0;
		}
		offset = section.next;
	}
}

const struct ewf_version exh_ewf1 = {
	.variant = "E01",
	.is_segment = is_segment,
	.identify = identify,
	.walk = walk,
	.words = 1,
	.locate = exh_ewf1_locate,
	.header = exh_ewf1_header,
};
