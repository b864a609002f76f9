// SPDX-License-Identifier: Apache-2.0
#include "label.h"

#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "base/problem.h"
#include "base/text.h"

/* The first one that is found and holds leads, where there is neither GPT nor MBR. */
const struct exh_label_reader exh_label_readers[] = {
	{"apm", false, exh_label_read_apm},	{"sun", false, exh_label_read_sun},
	{"sgi", false, exh_label_read_sgi},	{"dasd", false, exh_label_read_dasd},
	{"atari", false, exh_label_read_atari}, {"bsd", true, exh_label_read_bsd},
	{"bsd64", true, exh_label_read_bsd64},	{NULL, false, NULL},
};

int exh_label_read(const struct exh_reader *r, const struct exh_label_reader *reader, uint64_t base,
		   uint64_t room, struct exh_label *label)
{
	*label = (struct exh_label){
		.scheme = reader->scheme,
		.base = base,
		.room = room,
		.start = base,
		.sector_size = 512,
		.valid = true,
		.entries = json_array(),
		.problems = json_array(),
	};
	return reader->read(r, label);
}

void exh_label_clear(struct exh_label *label)
{
	json_decref(label->entries);
	json_decref(label->problems);
}

json_t *exh_label_add(struct exh_label *label, unsigned number, uint64_t start, uint64_t length)
{
	uint64_t end;
	bool broken = start > INT64_MAX || exh_add_overflows(start, length, &end);
	json_t *row = json_pack("{s:s, s:i, s:I, s:I}", "scheme", label->scheme, "number",
				(int)number, "start", broken ? (json_int_t)0 : (json_int_t)start,
				"length", broken ? (json_int_t)0 : (json_int_t)length);

	if (broken)
		json_object_set_new(row, "broken", json_true());
	json_array_append_new(label->entries, row);
	return row;
}

void exh_label_set_type(json_t *row, unsigned type, const char *name)
{
	char id[16];

	snprintf(id, sizeof(id), "0x%02x", type);
	json_object_set_new(row, "type_id", json_string(id));
	if (name)
		json_object_set_new(row, "type", json_string(name));
}

void exh_label_set_text(json_t *row, const char *key, const uint8_t *field, size_t n)
{
	size_t used = strnlen((const char *)field, n);

	if (used)
		json_object_set_new(row, key, exh_json_text((const char *)field, used));
}

void exh_label_damaged(struct exh_label *label, const char *what)
{
	label->valid = false;
	json_array_append_new(label->problems,
			      exh_problem_at(EXH_P_LABEL_DAMAGED, label->start, label->length,
					     "the %s label at %llu: %s", label->scheme,
					     (unsigned long long)label->start, what));
}
