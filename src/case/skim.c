// SPDX-License-Identifier: Apache-2.0
#include "skim.h"

#include <stdio.h>
#include <string.h>

#define DEPTH_MAX  16
#define DIGITS_MAX 18

struct slice {
	const char *at;
	size_t n;
};

struct cursor {
	const char *p, *end;
	/* members of the entry itself and of its clock, as they come by */
	void (*on_member)(struct cursor *c, struct slice key, struct slice value);
	struct exh_entry *entry;
	bool is_odd; /* a text that is wanted has an escape, or is too long */
};

static bool skip_value(struct cursor *c, int depth);

static bool take(struct cursor *c, char wanted)
{
	if (c->p == c->end || *c->p != wanted)
		return false;
	c->p++;
	return true;
}

static bool skip_string(struct cursor *c)
{
	if (!take(c, '"'))
		return false;
	while (c->p < c->end && *c->p != '"') {
		if (*c->p < ' ' || *c->p > '~')
			return false;
		if (*c->p == '\\' && (++c->p == c->end || !*c->p || !strchr("\"\\/bfnrt", *c->p)))
			return false;
		c->p++;
	}
	return take(c, '"');
}

static bool skip_number(struct cursor *c)
{
	const char *digits;
	size_t n;

	take(c, '-');
	digits = c->p;
	while (c->p < c->end && *c->p >= '0' && *c->p <= '9')
		c->p++;
	n = (size_t)(c->p - digits);
	return n && n <= DIGITS_MAX && (n == 1 || *digits != '0') && c->p < c->end && *c->p &&
	       strchr(",]}", *c->p);
}

static bool skip_word(struct cursor *c, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n) != 0)
		return false;
	c->p += n;
	return true;
}

static bool skip_array(struct cursor *c, int depth)
{
	c->p++;
	if (take(c, ']'))
		return true;
	do {
		if (!skip_value(c, depth + 1))
			return false;
	} while (take(c, ','));
	return take(c, ']');
}

static bool is_after(struct slice key, struct slice before)
{
	size_t shorter = key.n < before.n ? key.n : before.n;
	int order = before.at ? memcmp(key.at, before.at, shorter) : 1;

	return order > 0 || (!order && key.n > before.n);
}

/* Keys in order: none stands twice. */
static bool skip_member(struct cursor *c, int depth, struct slice *before)
{
	struct slice key = {.at = c->p}, value;

	if (!skip_string(c))
		return false;
	key.n = (size_t)(c->p - key.at);
	if (memchr(key.at, '\\', key.n) || !is_after(key, *before) || !take(c, ':'))
		return false;
	*before = key;
	value.at = c->p;
	if (!skip_value(c, depth + 1))
		return false;
	value.n = (size_t)(c->p - value.at);
	if (!depth)
		c->on_member(c, key, value);
	return true;
}

static bool skip_object(struct cursor *c, int depth)
{
	struct slice before = {0};

	c->p++;
	if (take(c, '}'))
		return true;
	do {
		if (!skip_member(c, depth, &before))
			return false;
	} while (take(c, ','));
	return take(c, '}');
}

static bool skip_value(struct cursor *c, int depth)
{
	if (c->p == c->end || depth > DEPTH_MAX)
		return false;
	switch (*c->p) {
	case '"':
		return skip_string(c);
	case '{':
		return skip_object(c, depth);
	case '[':
		return skip_array(c, depth);
	case 't':
		return skip_word(c, "true");
	case 'f':
		return skip_word(c, "false");
	case 'n':
		return skip_word(c, "null");
	default:
		return skip_number(c);
	}
}

/* ---- what is taken ---- */

static bool is_key(struct slice key, const char *name)
{
	return key.n == strlen(name) + 2 && !memcmp(key.at + 1, name, key.n - 2);
}

static void copy_text(struct cursor *c, struct slice value, char *out, size_t room)
{
	if (value.n < 2 || *value.at != '"' || value.n - 2 >= room ||
	    memchr(value.at, '\\', value.n)) {
		c->is_odd = true;
		return;
	}
	memcpy(out, value.at + 1, value.n - 2);
	out[value.n - 2] = 0;
}

static int64_t number_of(struct slice value, int64_t fallback)
{
	bool is_negative = *value.at == '-';
	int64_t number = 0;

	for (size_t i = is_negative; i < value.n; i++) {
		if (value.at[i] < '0' || value.at[i] > '9')
			return fallback;
		number = number * 10 + (value.at[i] - '0');
	}
	return is_negative ? -number : number;
}

static void on_clock(struct cursor *c, struct slice key, struct slice value)
{
	struct exh_entry *entry = c->entry;

	if (is_key(key, "boot_id"))
		copy_text(c, value, entry->moment.boot_id, sizeof(entry->moment.boot_id));
	else if (is_key(key, "boottime_us"))
		entry->moment.boottime_us = *value.at == '-' ? -1 : number_of(value, -1);
	else if (is_key(key, "step_us"))
		entry->clock_step = number_of(value, 0);
}

static void on_entry_member(struct cursor *c, struct slice key, struct slice value)
{
	struct exh_entry *entry = c->entry;
	struct cursor clock = {
		.p = value.at, .end = value.at + value.n, .on_member = on_clock, .entry = entry};

	if (is_key(key, "seq"))
		entry->seq = (uint64_t)number_of(value, -1);
	else if (is_key(key, "prev"))
		copy_text(c, value, entry->prev, sizeof(entry->prev));
	else if (is_key(key, "event"))
		copy_text(c, value, entry->event, sizeof(entry->event));
	else if (is_key(key, "time"))
		copy_text(c, value, entry->time, sizeof(entry->time));
	else if (is_key(key, "torn"))
		entry->has_torn = true;
	else if (is_key(key, "clock") && *value.at == '{')
		skip_object(&clock, 0);
	c->is_odd = c->is_odd || clock.is_odd;
}

bool exh_skim(struct exh_entry *entry)
{
	struct cursor c = {.p = entry->text,
			   .end = entry->text + entry->length - 1,
			   .on_member = on_entry_member,
			   .entry = entry};

	entry->seq = UINT64_MAX;
	entry->moment.boottime_us = -1;
	if (c.p == c.end || *c.p != '{' || !skip_object(&c, 0) || c.p != c.end || c.is_odd)
		return false;
	exh_moment_at(&entry->moment, entry->time);
	return entry->seq < INT64_MAX && *entry->prev && *entry->event && *entry->time;
}
