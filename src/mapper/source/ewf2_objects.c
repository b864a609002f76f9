// SPDX-License-Identifier: Apache-2.0
/* Serialized objects: lines of UTF-16 with tabs between the values, packed. EWF2 6. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"
#include "ewf2.h"
#include "formats.h"

#define MAX_STORED (1U << 20)
#define MAX_TEXT   (4U << 20)
#define TAB	   9
#define LINE_FEED  10

/* A part of the text, in units of UTF-16. */
struct text {
	const uint8_t *units;
	size_t n;
};

static unsigned unit(const struct text *t, size_t i)
{
	return exh_le16(t->units + 2 * i);
}

/* Takes what stands before the next separator off the front; false where nothing is left. */
static bool next_part(struct text *rest, unsigned separator, struct text *part)
{
	size_t n = 0;

	if (!rest->units)
		return false;
	while (n < rest->n && unit(rest, n) != separator)
		n++;
	*part = (struct text){rest->units, n};
	if (n == rest->n)
		rest->units = NULL;
	else
		*rest = (struct text){rest->units + 2 * (n + 1), rest->n - n - 1};
	return true;
}

static bool equals(const struct text *t, const char *ascii)
{
	size_t n = strlen(ascii);

	for (size_t i = 0; i < n && t->n == n; i++)
		if (unit(t, i) != (unsigned char)ascii[i])
			return false;
	return t->n == n;
}

/* The value below a tag: tags are the third line, values the fourth. */
static bool find_value(struct text object, const char *tag, struct text *value)
{
	struct text lines[4], name;

	for (size_t i = 0; i < 4; i++)
		if (!next_part(&object, LINE_FEED, &lines[i]))
			return false;
	while (next_part(&lines[2], TAB, &name) && next_part(&lines[3], TAB, value))
		if (equals(&name, tag))
			return value->n > 0;
	return false;
}

static uint64_t find_number(const struct text *object, const char *tag)
{
	struct text value;
	uint64_t number = 0;

	if (!find_value(*object, tag, &value))
		return 0;
	for (size_t i = 0; i < value.n; i++) {
		unsigned digit = unit(&value, i) - '0';

		if (digit > 9 || exh_mul_overflows(number, 10, &number) ||
		    exh_add_overflows(number, digit, &number))
			return 0;
	}
	return number;
}

/* Control characters of a text that would end the value stand as 1, 2 and 3. */
static void unescape(uint8_t *units, size_t n)
{
	static const uint8_t meant[] = {0, '\n', '\r', '\t'};

	for (size_t i = 0; i < n; i++)
		if (!units[2 * i + 1] && units[2 * i] < sizeof(meant))
			units[2 * i] = meant[units[2 * i]];
}

static void take_text(struct ewf *e, const struct text *object, const char *tag, const char *key)
{
	_cleanup_free_ uint8_t *copy = NULL;
	struct text value;

	if (!find_value(*object, tag, &value))
		return;
	copy = malloc(2 * value.n);
	if (!copy)
		return;
	memcpy(copy, value.units, 2 * value.n);
	unescape(copy, value.n);
	json_object_set_new(e->header, key, exh_json_utf16le(copy, value.n));
}

static void take_time(struct ewf *e, const struct text *object, const char *tag, const char *key)
{
	time_t seconds = (time_t)find_number(object, tag);
	char text[64];
	struct tm utc;

	if (seconds > 0 && gmtime_r(&seconds, &utc) &&
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc))
		json_object_set_new(e->header, key, json_string(text));
}

static void swap_units(uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i + 1 < n; i += 2) {
		uint8_t first = bytes[i];

		bytes[i] = bytes[i + 1];
		bytes[i + 1] = first;
	}
}

/* Unpacks a section into a new buffer behind *text; false where that cannot be done. */
static bool unpack(struct exh_source *s, struct ewf *e, const struct ewf_segment *segment,
		   const struct ewf2_section *section, uint8_t **buffer, struct text *text)
{
	_cleanup_free_ uint8_t *stored = malloc(exh_min(section->size, MAX_STORED) + 1);
	uint8_t *out = *buffer = malloc(MAX_TEXT);
	size_t used = section->size - exh_min(section->padding, section->size), n;

	if (!stored || !out || section->size > MAX_STORED ||
	    exh_pread_all(s->files[segment->file].fd, stored, section->size, section->data) !=
		    (int64_t)section->size ||
	    exh_ewf_unpack(e, segment->coding, stored, used, out, MAX_TEXT, &n) < 0 || n < 2)
		return false;
	if (out[0] == 0xfe && out[1] == 0xff)
		swap_units(out, n);
	*text = (struct text){out + 2, (n - 2) / 2};
	return out[0] == 0xff && out[1] == 0xfe;
}

static int unreadable(struct exh_source *s, const struct ewf_segment *segment,
		      const struct ewf2_section *section, const char *what)
{
	exh_source_problem(s, exh_problem(EXH_P_SECTION_CHECKSUM,
					  "%s: the %s at %llu cannot be unpacked and is not used",
					  exh_source_basename(s, segment->file), what,
					  (unsigned long long)section->data));
	return 0;
}

int exh_ewf2_read_device(struct exh_ctx *ctx, struct exh_source *s, struct ewf *e,
			 const struct ewf_segment *segment, const struct ewf2_section *section)
{
	_cleanup_free_ uint8_t *buffer = NULL;
	struct text object;

	(void)ctx;
	if (!unpack(s, e, segment, section, &buffer, &object))
		return unreadable(s, segment, section, "device information");
	if (e->nr_sectors)
		return 0;
	e->nr_sectors = find_number(&object, "ts");
	e->bytes_per_sector = (uint32_t)exh_min(find_number(&object, "bp"), UINT32_MAX);
	take_text(e, &object, "md", "model");
	take_text(e, &object, "sn", "serial_number");
	take_text(e, &object, "lb", "device_label");
	return 0;
}

int exh_ewf2_read_case(struct exh_ctx *ctx, struct exh_source *s, struct ewf *e,
		       const struct ewf_segment *segment, const struct ewf2_section *section)
{
	static const char *const texts[][2] = {
		{"nm", "description"},	    {"cn", "case_number"}, {"en", "evidence_number"},
		{"ex", "examiner"},	    {"nt", "notes"},	   {"av", "software"},
		{"os", "operating_system"},
	};
	_cleanup_free_ uint8_t *buffer = NULL;
	struct text object;

	(void)ctx;
	if (!unpack(s, e, segment, section, &buffer, &object))
		return unreadable(s, segment, section, "case data");
	if (e->sectors_per_chunk)
		return 0;
	e->nr_chunks = (uint32_t)exh_min(find_number(&object, "tb"), UINT32_MAX);
	e->sectors_per_chunk = (uint32_t)exh_min(find_number(&object, "sb"), UINT32_MAX);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		take_text(e, &object, texts[i][0], texts[i][1]);
	take_time(e, &object, "tt", "acquired");
	take_time(e, &object, "at", "system_date");
	return 0;
}
