// SPDX-License-Identifier: Apache-2.0
#include "foreign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/facts.h"
#include "rows.h"

/* Entries that describe the disk and hold no data of their own. */
static const struct {
	const char *scheme, *type, *role;
} roles[] = {
	{"sun", "0x05", "whole disk"},	  {"sgi", "0x06", "whole disk"},
	{"sgi", "0x00", "volume header"}, {"apm", "Apple_partition_map", "table"},
	{"apm", "Apple_Free", "free"},
};

int exh_foreign_is_known(const char *scheme)
{
	static const char *const known[] = {"gpt", "mbr", "bsd",   "bsd64", "apm",
					    "sun", "sgi", "atari", "dasd"};

	for (size_t i = 0; scheme && i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i], scheme))
			return 1;
	return 0;
}

static void set_role(json_t *row, const char *scheme)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (!strcmp(roles[i].scheme, scheme) &&
		    (exh_row_has(row, "type_id", roles[i].type) ||
		     exh_row_has(row, "type", roles[i].type)))
			json_object_set_new(row, "role", json_string(roles[i].role));
}

/* libtsk ends its descriptions with the type byte: "4.2BSD (0x07)". */
static void set_tsk_type(json_t *row, const char *scheme, const char *text)
{
	const char *hex = text ? strrchr(text, '(') : NULL;
	char id[8];

	if (hex && !strncmp(hex, "(0x", 3)) {
		snprintf(id, sizeof(id), "0x%02lx", strtoul(hex + 1, NULL, 16) & 0xff);
		json_object_set_new(row, "type_id", json_string(id));
	} else if (text && !strcmp(scheme, "apm")) {
		json_object_set_new(row, "type", json_string(text));
	}
}

static json_t *tsk_row(const json_t *entry, const char *scheme)
{
	json_t *row = exh_row_take(entry);
	uint64_t slot = exh_json_u64(entry, "slot", 0);

	if (!row)
		return NULL;
	json_object_set_new(row, "scheme", json_string(scheme));
	json_object_set_new(row, "number", json_integer((json_int_t)slot + 1));
	set_tsk_type(row, scheme, exh_json_str(entry, "text"));
	set_role(row, scheme);
	/* partition c of a BSD label is the whole disk or slice, by convention and with no type */
	if (!strcmp(scheme, "bsd") && slot == 2 && exh_row_has(row, "type_id", "0x00"))
		json_object_set_new(row, "role", json_string("whole disk"));
	return row;
}

json_t *exh_foreign_tsk(const json_t *tsk, const char *scheme)
{
	const json_t *opinion, *entry;
	json_t *rows, *row;
	size_t i, k;

	json_array_foreach (json_object_get(tsk, "opinions"), i, opinion) {
		if (!exh_row_has(opinion, "scheme", scheme))
			continue;
		rows = json_array();
		json_array_foreach (json_object_get(opinion, "entries"), k, entry) {
			row = tsk_row(entry, scheme);
			if (row)
				json_array_append_new(rows, row);
		}
		return rows;
	}
	return NULL;
}

static json_t *blkid_row(const json_t *entry)
{
	json_t *row = exh_row_take(entry);
	const char *scheme = exh_json_str(entry, "scheme"), *text = exh_json_str(entry, "text");
	uint64_t type = exh_json_u64(entry, "type_byte", 0);
	char id[8];

	if (!row || !scheme) {
		json_decref(row);
		return NULL;
	}
	if (text) {
		json_object_set_new(row, "type", json_string(text));
	} else {
		snprintf(id, sizeof(id), "0x%02x", (unsigned)type & 0xff);
		json_object_set_new(row, "type_id", json_string(id));
	}
	if (json_is_true(json_object_get(entry, "extended")))
		json_object_set_new(row, "role", json_string("extended"));
	set_role(row, scheme);
	return row;
}

static json_t *blkid_rows(const json_t *blkid, bool nested)
{
	json_t *rows = json_array(), *row;
	const json_t *entry;
	size_t i;

	json_array_foreach (json_object_get(blkid, "entries"), i, entry) {
		const json_t *parent = json_object_get(entry, "parent_start");

		/* logical partitions of an MBR have the extended one as their parent */
		if ((parent && !exh_row_has(entry, "scheme", "mbr")) != nested)
			continue;
		row = blkid_row(entry);
		if (!row)
			continue;
		if (nested && json_is_integer(parent))
			json_object_set(row, "parent_start", (json_t *)parent);
		json_array_append_new(rows, row);
	}
	return rows;
}

json_t *exh_foreign_blkid(const json_t *blkid)
{
	return blkid_rows(blkid, false);
}

json_t *exh_foreign_nested(const json_t *blkid)
{
	return blkid_rows(blkid, true);
}
