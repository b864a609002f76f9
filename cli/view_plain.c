// SPDX-License-Identifier: Apache-2.0
/* Facts without a view of their own: values as fields, lists as tables, in the order in which they
 * stand. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view.h"

/* "last_entry" as "Last entry". */
static char *label_of(const char *key)
{
	char *label = view_format("%s", key);

	for (char *p = label; *p; p++)
		if (*p == '_')
			*p = ' ';
	*label = (char)toupper((unsigned char)*label);
	return label;
}

static bool is_empty(const json_t *value)
{
	return (json_is_array(value) && !json_array_size(value)) ||
	       (json_is_object(value) && !json_object_size(value));
}

/* The caller frees it; NULL for a value that says nothing. */
static char *text_of(const json_t *value)
{
	if (!value || is_empty(value))
		return NULL;
	if (json_is_string(value))
		return view_format("%s", json_string_value(value));
	if (json_is_boolean(value))
		return view_format("%s", json_is_true(value) ? "yes" : "no");
	return view_must(
		json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(6)));
}

static void field(struct libscols_table *fields, const char *key, const json_t *value)
{
	char *label = label_of(key), *text = text_of(value);

	view_field(fields, label, text);
	free(text);
	free(label);
}

static void show_object(const json_t *object, const char *title)
{
	struct libscols_table *fields = view_fields();
	const char *key;
	const json_t *value;

	json_object_foreach ((json_t *)object, key, value)
		field(fields, key, value);
	view_print(fields, title);
}

/* The union of the members of all rows, in the order of their first appearance. */
static size_t columns_of(const json_t *rows, const char *keys[VIEW_MOST_COLUMNS])
{
	json_t *seen = view_must(json_object());
	const json_t *row, *value;
	const char *key;
	size_t i, n = 0;

	json_array_foreach (rows, i, row) {
		json_object_foreach ((json_t *)row, key, value) {
			if (n == VIEW_MOST_COLUMNS || is_empty(value) || json_object_get(seen, key))
				continue;
			json_object_set_new(seen, key, json_true());
			keys[n++] = key;
		}
	}
	json_decref(seen);
	return n;
}

static void add_row(struct libscols_table *table, const json_t *row, const char *const *keys,
		    size_t n)
{
	struct libscols_line *line = view_must(scols_table_new_line(table, NULL));

	for (size_t i = 0; i < n; i++) {
		char *text = text_of(json_object_get(row, keys[i]));

		view_cell(line, i, text);
		free(text);
	}
}

static void show_rows(const json_t *rows, const char *title)
{
	struct view_column columns[VIEW_MOST_COLUMNS];
	const char *keys[VIEW_MOST_COLUMNS];
	char *labels[VIEW_MOST_COLUMNS];
	struct libscols_table *table;
	size_t i, n = columns_of(rows, keys);
	const json_t *row;

	for (size_t c = 0; c < n; c++) {
		labels[c] = label_of(keys[c]);
		for (char *p = labels[c]; *p; p++)
			*p = (char)toupper((unsigned char)*p);
		columns[c] = (struct view_column){labels[c], SCOLS_FL_WRAP};
	}
	table = view_table(columns, n);
	json_array_foreach (rows, i, row)
		add_row(table, row, keys, n);
	view_print(table, title);
	for (size_t c = 0; c < n; c++)
		free(labels[c]);
}

static void show_list(const json_t *list, const char *title)
{
	const json_t *value;
	size_t i;

	if (json_is_object(json_array_get(list, 0))) {
		show_rows(list, title);
		return;
	}
	if (json_array_size(list))
		view_title(title);
	json_array_foreach (list, i, value) {
		char *text = text_of(value);

		view_paragraph(text ? text : "", 0, 2);
		free(text);
	}
}

static bool is_envelope(const char *key)
{
	static const char *const keys[] = {"schema",   "command", "version",
					   "problems", "image",	  "verdict"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(key, keys[i]))
			return true;
	return false;
}

static void show_members(const json_t *facts)
{
	const char *key;
	const json_t *value;

	json_object_foreach ((json_t *)facts, key, value) {
		char *title = label_of(key);

		if (is_envelope(key))
			;
		else if (json_is_array(value))
			show_list(value, title);
		else if (json_is_object(value))
			show_object(value, title);
		free(title);
	}
}

void view_plain(const json_t *facts)
{
	struct libscols_table *fields = view_fields();
	const char *key;
	const json_t *value;

	json_object_foreach ((json_t *)facts, key, value)
		if (!is_envelope(key) && !json_is_array(value) && !json_is_object(value))
			field(fields, key, value);
	view_print(fields, NULL);
	show_members(facts);
}
