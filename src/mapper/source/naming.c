// SPDX-License-Identifier: Apache-2.0
#include "naming.h"

#include <ctype.h>
#include <fcntl.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

#define NO_PLACE UINT64_MAX

/* How a scheme numbers its extensions. A row each; asked in this order. */
struct scheme {
	enum exh_naming naming;
	/* Place of an extension in the set, from 0, or NO_PLACE. like is the extension the user
	 * named. */
	uint64_t (*place)(const char *ext, const char *like);
	/* The extension of a place, written as like is. */
	void (*write)(uint64_t place, const char *like, char *out, size_t size);
	/* Names that could be anything need the first member, or a neighbour, beside them. */
	bool (*needs_first)(const char *ext);
};

static bool all_digits(const char *s)
{
	if (!*s)
		return false;
	for (; *s; s++)
		if (!isdigit((unsigned char)*s))
			return false;
	return true;
}

/*
 * EWF: E01 ... E99, EAA ... EZZ, FAA ... ZZZ, and so for S01 and L01 (libewf documentation, "Expert
 * Witness Compression Format", 2.1 Segment file); version 2 puts an x behind the first letter.
 */
static bool has_x(const char *ext)
{
	return strlen(ext) == 4 && tolower((unsigned char)ext[1]) == 'x';
}

static int letter(char c)
{
	return isalpha((unsigned char)c) ? toupper((unsigned char)c) - 'A' : -1;
}

static uint64_t ewf_place(const char *ext, const char *like)
{
	bool x = has_x(ext);
	const char *tail = ext + 1 + x;
	int base = letter(like[0]), first = letter(ext[0]);

	if (first < 0 || strlen(tail) != 2 || x != has_x(like))
		return NO_PLACE;
	/* the family letter: what a numbered member begins with */
	base = strchr("ELS", 'A' + base) ? base : 'E' - 'A';
	if (all_digits(tail)) {
		int n = (tail[0] - '0') * 10 + tail[1] - '0';

		return first == base && n ? (uint64_t)n - 1 : NO_PLACE;
	}
	if (letter(tail[0]) < 0 || letter(tail[1]) < 0 || first < base)
		return NO_PLACE;
	return 99 + (uint64_t)(first - base) * 676 + (uint64_t)letter(tail[0]) * 26 +
	       (uint64_t)letter(tail[1]);
}

static void ewf_write(uint64_t place, const char *like, char *out, size_t size)
{
	bool lower = islower((unsigned char)like[0]);
	char base = lower ? 'a' : 'A', family = like[0];

	if (!strchr("ELSels", family))
		family = lower ? 'e' : 'E';
	if (place < 99) {
		snprintf(out, size, "%c%s%02d", family, has_x(like) ? "x" : "", (int)place + 1);
		return;
	}
	place -= 99;
	snprintf(out, size, "%c%s%c%c", (char)(family + place / 676), has_x(like) ? "x" : "",
		 (char)(base + place / 26 % 26), (char)(base + place % 26));
}

static bool ewf_needs_first(const char *ext)
{
	return !all_digits(ext + strlen(ext) - 2);
}

/* 001 ... 999, 1000 ...: leading zeros only up to the width that the set began with. */
static uint64_t number_place(const char *ext, const char *like)
{
	size_t n = strlen(ext), width = strlen(like);

	if (!all_digits(ext) || n < 3 || n > 9 || (n > width && ext[0] == '0') ||
	    (n < width && like[0] == '0'))
		return NO_PLACE;
	return strtoull(ext, NULL, 10);
}

static void number_write(uint64_t place, const char *like, char *out, size_t size)
{
	snprintf(out, size, "%0*llu", (int)strlen(like), (unsigned long long)place);
}

static bool never(const char *ext)
{
	(void)ext;
	return false;
}

/* split(1) and FTK Imager: aa, ab, ... or aaa, aab, ... */
static uint64_t letters_place(const char *ext, const char *like)
{
	size_t n = strlen(ext);
	uint64_t place = 0;

	if (n != strlen(like) || n < 2 || n > 4)
		return NO_PLACE;
	for (; *ext; ext++) {
		if (!islower((unsigned char)*ext))
			return NO_PLACE;
		place = place * 26 + (uint64_t)(*ext - 'a');
	}
	return place;
}

static void letters_write(uint64_t place, const char *like, char *out, size_t size)
{
	size_t n = strlen(like);

	if (n >= size)
		return;
	out[n] = 0;
	for (size_t i = n; i--; place /= 26)
		out[i] = (char)('a' + place % 26);
}

static bool always(const char *ext)
{
	(void)ext;
	return true;
}

static const struct scheme schemes[] = {
	{EXH_NAMED_NUMBERS, number_place, number_write, never},
	{EXH_NAMED_EWF, ewf_place, ewf_write, ewf_needs_first},
	{EXH_NAMED_LETTERS, letters_place, letters_write, always},
};

/* A set under collection: names by place. */
struct found {
	uint64_t place;
	char *name;
};

struct collection {
	struct found *list;
	size_t used, size;
};

static void collection_clear(struct collection *c)
{
	for (size_t i = 0; i < c->used; i++)
		free(c->list[i].name);
	free(c->list);
}

static int collect(struct collection *c, uint64_t place, const char *name)
{
	if (c->used == c->size) {
		size_t size = c->size ? c->size * 2 : 64;
		struct found *grown = realloc(c->list, size * sizeof(*grown));

		if (!grown)
			return -1;
		c->list = grown;
		c->size = size;
	}
	c->list[c->used].place = place;
	c->list[c->used].name = strdup(name);
	return c->list[c->used++].name ? 0 : -1;
}

static int by_place(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return x->place < y->place ? -1 : x->place > y->place ? 1 : strcmp(x->name, y->name);
}

/* Where the extension begins: behind the last dot, or behind the x of split(1)'s default names. */
static size_t stem_length(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (dot)
		return (size_t)(dot - name) + 1;
	return name[0] == 'x' ? 1 : 0;
}

static int collect_siblings(int dirfd, const char *name, const struct scheme *scheme,
			    struct collection *c)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_dir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	size_t stem = stem_length(name);
	struct dirent *entry;

	if (!dir)
		return -1;
	while ((entry = readdir(dir))) {
		uint64_t place;

		if (strncmp(entry->d_name, name, stem) || strlen(entry->d_name) <= stem)
			continue;
		place = scheme->place(entry->d_name + stem, name + stem);
		if (place != NO_PLACE && collect(c, place, entry->d_name))
			return -1;
	}
	if (c->used)
		qsort(c->list, c->used, sizeof(*c->list), by_place);
	return 0;
}

/* Two names for one place (E01 and e01): the one that is spelled as the user's stays. */
static void drop_doubles(struct collection *c, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->used; i++) {
		bool twice = kept && c->list[kept - 1].place == c->list[i].place;
		bool better =
			twice && (!strcmp(c->list[i].name, name) ||
				  (islower((unsigned char)c->list[i].name[stem_length(name)]) ==
				   islower((unsigned char)name[stem_length(name)])));

		if (!twice) {
			c->list[kept++] = c->list[i];
			continue;
		}
		if (better) {
			free(c->list[kept - 1].name);
			c->list[kept - 1] = c->list[i];
		} else {
			free(c->list[i].name);
		}
	}
	c->used = kept;
}

/* A larger gap is no gap: what follows (x.raw beside x.E01, x.20260101 beside x.001) belongs to
 * something else. */
#define GAP_LIMIT 100

/* Ends the set at the first gap that is none; false when name itself is behind it. */
static bool cut_strangers(struct collection *c, uint64_t place_of_name)
{
	size_t kept = 1;

	while (kept < c->used && c->list[kept].place - c->list[kept - 1].place <= GAP_LIMIT)
		kept++;
	for (size_t i = kept; i < c->used; i++)
		free(c->list[i].name);
	c->used = kept;
	return place_of_name <= c->list[kept - 1].place;
}

static void add_missing(struct exh_name_set *set, const struct scheme *scheme, const char *name,
			uint64_t first, uint64_t from, uint64_t to)
{
	size_t stem = stem_length(name);

	for (uint64_t place = from; place < to; place++) {
		char ext[16] = "", full[512];

		scheme->write(place, name + stem, ext, sizeof(ext));
		snprintf(full, sizeof(full), "%.*s%s", (int)stem, name, ext);
		json_array_append_new(set->missing,
				      json_pack("{s:I, s:s}", "place", (json_int_t)(place - first),
						"name", full));
	}
}

static int take_collection(struct exh_name_set *set, const struct scheme *scheme,
			   struct collection *c)
{
	/* numbered sets begin with 000 or 001, all others with their first name */
	uint64_t first = scheme->naming == EXH_NAMED_NUMBERS && c->list[0].place ? 1 : 0,
		 next = first;
	const char *like = c->list[0].name;

	set->naming = scheme->naming;
	set->names = calloc(c->used, sizeof(*set->names));
	if (!set->names)
		return -1;
	for (size_t i = 0; i < c->used; i++) {
		add_missing(set, scheme, like, first, next, c->list[i].place);
		set->names[set->nr_names++] = steal(&c->list[i].name);
		next = c->list[i].place + 1;
	}
	return 0;
}

static int single(struct exh_name_set *set, const char *name)
{
	exh_naming_clear(set);
	set->naming = EXH_NAMED_SINGLE;
	set->missing = json_array();
	set->names = calloc(1, sizeof(*set->names));
	if (!set->names || !set->missing)
		return -1;
	set->names[0] = strdup(name);
	set->nr_names = 1;
	return set->names[0] ? 0 : -1;
}

/* The first name, or one directly beside the user's: else the extension may well mean something
 * else. */
static bool is_in_company(const struct collection *c, uint64_t place_of_name)
{
	for (size_t i = 0; i < c->used; i++)
		if (!c->list[i].place || c->list[i].place + 1 == place_of_name ||
		    c->list[i].place == place_of_name + 1)
			return true;
	return false;
}

/* 0: the name is of this scheme and set is filled; 1: it is not; -1: out of memory or the directory
 * cannot be read. */
static int try_scheme(int dirfd, const char *name, const struct scheme *scheme,
		      struct exh_name_set *set)
{
	const char *ext = name + stem_length(name);
	struct collection c = {0};
	int r;

	if (ext == name || scheme->place(ext, ext) == NO_PLACE)
		return 1;
	r = collect_siblings(dirfd, name, scheme, &c);
	if (!r && !c.used)
		r = 1;
	if (!r) {
		uint64_t place = scheme->place(ext, ext);

		drop_doubles(&c, name);
		if ((scheme->needs_first(ext) && !is_in_company(&c, place)) ||
		    c.list[0].place > GAP_LIMIT || !cut_strangers(&c, place))
			r = 1;
	}
	if (!r)
		r = take_collection(set, scheme, &c);
	collection_clear(&c);
	return r;
}

int exh_naming_find(struct exh_ctx *ctx, int dirfd, const char *name, struct exh_name_set *set)
{
	memset(set, 0, sizeof(*set));
	set->missing = json_array();
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		int r = try_scheme(dirfd, name, &schemes[i], set);

		if (!r)
			return 0;
		if (r < 0)
			return exh_fail_errno(ctx, "%s: its siblings cannot be listed", name);
	}
	return single(set, name) ? exh_fail(ctx, EXH_E_NOMEM, "out of memory") : 0;
}

bool exh_naming_ewf_sibling(const char *name, uint64_t place, char *out, size_t size)
{
	size_t stem = stem_length(name);
	char ext[16] = "";

	if (!stem || ewf_place(name + stem, name + stem) == NO_PLACE)
		return false;
	ewf_write(place, name + stem, ext, sizeof(ext));
	snprintf(out, size, "%.*s%s", (int)stem, name, ext);
	return true;
}

void exh_naming_clear(struct exh_name_set *set)
{
	for (size_t i = 0; i < set->nr_names; i++)
		free(set->names[i]);
	free(set->names);
	json_decref(set->missing);
	memset(set, 0, sizeof(*set));
}
