// SPDX-License-Identifier: Apache-2.0
/* What each partition and each gap holds: libblkid, then a few signs it does not know, then
 * libmagic. */
#include <magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"
#include "contents.h"
#include "fs_size.h"
#include "fs_state.h"
#include "search.h"
#include "shadow.h"
#include "tasks.h"
#include "volume_group.h"

#define HEAD                                                                                       \
	(1152ULL << 10) /* UDF looks at block 256 of 4 KiB; the rest of libblkid's places at the   \
			   head are nearer */
#define TAIL	   (1600ULL << 10) /* Promise's fake RAID stands 3087 sectors before the end */
#define FAR	   (64ULL << 10)   /* a root directory or the first records of an MFT */
#define MAGIC_HEAD (64U << 10)
#define NR_WINDOWS 5
#define BLOCK	   (1U << 20)
/* What is read of partitions that begin and end with zeros, to say whether they are empty: of one,
 * and of all. */
#define SURVEY_ONE (64ULL << 20)
#define SURVEY_ALL (256ULL << 20)

/* A part of a place that is looked at. */
struct window {
	uint64_t start, length;
};

struct place {
	uint64_t start, length; /* on the media, cut at its end */
	uint64_t cut_off;
	blkid_probe probe;
	struct window windows[NR_WINDOWS];
	size_t nr_windows;
	uint64_t unread, copied;
	uint64_t first_byte; /* that is not zero, behind zeros; 0: none was found */
	bool never_acquired; /* some of what was looked at */
	bool all;	     /* every byte was looked at */
};

struct prepared {
	struct exh_shadow shadow;
	magic_t magic;
	struct place *places;
	size_t nr_places, first, nr_surveyed;
	uint64_t survey_left;
	const json_t *without; /* the steps that the first place goes without; borrowed */
};

static const char read_step[] = "the reader of the evidence", blkid_step[] = "libblkid",
		  magic_step[] = "libmagic", own_step[] = "the reader of superblocks";

bool exh_scan_may_leave_out(const char *step)
{
	return !strcmp(step, blkid_step) || !strcmp(step, magic_step) || !strcmp(step, own_step);
}

/* Announces a step at place i, so that the owner knows what killed this worker; false where it is
 * to be left out. */
static bool begin_step(struct exh_worker *w, const struct prepared *p, size_t i, const char *step)
{
	const json_t *s;
	size_t k;

	if (i == p->first)
		json_array_foreach (p->without, k, s) {
			if (!strcmp(json_string_value(s), step))
				return false;
		}
	exh_emit(w, json_pack("{s:i, s:s}", "at", (int)i, "by", step));
	return true;
}

static int prepare_magic(struct exh_worker *w, struct prepared *p)
{
	size_t bytes = MAGIC_HEAD;

	p->magic = magic_open(MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR | MAGIC_NO_CHECK_TOKENS |
			      MAGIC_NO_CHECK_ELF | MAGIC_NO_CHECK_CDF | MAGIC_RAW);
	if (!p->magic || magic_load(p->magic, NULL))
		return exh_fail(w->ctx, EXH_E_MISSING, "libmagic's database cannot be loaded");
	magic_setparam(p->magic, MAGIC_PARAM_BYTES_MAX, &bytes);
	return 0;
}

/* The probes are bound to their places here, because that asks for the state of the descriptor,
 * which the sandbox does not allow. */
int exh_prepare_scan_contents(struct exh_worker *w, const json_t *args)
{
	const json_t *ranges = json_object_get(args, "places"), *range;
	uint64_t size = exh_json_u64(args, "media_size", 0);
	struct prepared *p = calloc(1, sizeof(*p));
	size_t i;
	int ret;

	if (!p)
		return exh_fail(w->ctx, EXH_E_NOMEM, "out of memory");
	w->prepared = p;
	p->nr_places = json_array_size(ranges);
	p->first = exh_json_u64(args, "first", 0);
	p->nr_surveyed = exh_json_u64(args, "surveyed", 0);
	p->survey_left = SURVEY_ALL;
	p->places = calloc(p->nr_places + 1, sizeof(*p->places));
	ret = exh_shadow_open(w->ctx, size, &p->shadow);
	if (ret < 0 || !p->places)
		return ret < 0 ? ret : exh_fail(w->ctx, EXH_E_NOMEM, "out of memory");
	json_array_foreach (ranges, i, range) {
		struct place *place = &p->places[i];

		if (i < p->first)
			continue;
		place->start = exh_min(exh_json_u64(range, "start", 0), size);
		place->length = exh_min(exh_json_u64(range, "length", 0), size - place->start);
		place->cut_off = exh_json_u64(range, "length", 0) - place->length;
		place->probe = place->length ? blkid_new_probe() : NULL;
		if (place->probe &&
		    blkid_probe_set_device(place->probe, p->shadow.fd, (blkid_loff_t)place->start,
					   (blkid_loff_t)place->length))
			return exh_fail(w->ctx, EXH_E_NOMEM, "libblkid cannot be prepared");
	}
	return prepare_magic(w, p);
}

static int look(const struct exh_reader *r, struct prepared *p, struct place *place, uint64_t start,
		uint64_t length)
{
	uint64_t unread = p->shadow.unread, copied = p->shadow.copied;
	int ret;

	if (start >= place->length || place->nr_windows == NR_WINDOWS)
		return 0;
	length = exh_min(length, place->length - start);
	ret = exh_shadow_fill(r, &p->shadow, place->start + start, length);
	place->unread += p->shadow.unread - unread;
	place->copied += p->shadow.copied - copied;
	place->never_acquired |= exh_reader_never_acquired(r, place->start + start, length);
	place->windows[place->nr_windows++] = (struct window){place->start + start, length};
	return ret;
}

static int look_at_place(const struct exh_reader *r, struct prepared *p, struct place *place)
{
	uint8_t boot[512];
	uint64_t far = 0;
	int ret = look(r, p, place, 0, HEAD);

	place->all = place->length <= HEAD + TAIL;
	if (!ret && place->length > HEAD)
		ret = look(r, p, place, exh_max(HEAD, place->length - exh_min(place->length, TAIL)),
			   TAIL);
	/* LUKS2's farthest second headers and VMware's metadata */
	if (!ret && !place->all)
		ret = look(r, p, place, 2ULL << 20, 4096);
	if (!ret && !place->all)
		ret = look(r, p, place, 4ULL << 20, 4096);
	if (place->length >= sizeof(boot) &&
	    !exh_source_read(r->ctx, r->source, boot, sizeof(boot), place->start))
		far = exh_fs_far_place(boot);
	if (!ret && far)
		ret = look(r, p, place, far, FAR);
	return ret;
}

static bool is_zero(const struct place *place)
{
	return !place->unread && !place->copied && !place->never_acquired;
}

/* Is a place that begins and ends with zeros empty? Reads it up to the first byte that says no, as
 * far as the budget goes. */
static int survey(const struct exh_reader *r, struct prepared *p, struct place *place)
{
	_cleanup_free_ uint8_t *block = malloc(BLOCK);
	uint64_t at = place->start, end = at + place->length, next, n;
	uint64_t budget = exh_min(SURVEY_ONE, p->survey_left);
	int64_t lost = 0;

	for (; block && at < end && !place->first_byte && !lost; at = next) {
		next = exh_source_zeros(r->source, at, end);
		if (next > at)
			continue;
		n = exh_min(exh_min(BLOCK, end - at), budget);
		if (!n)
			break;
		lost = exh_source_read_around(r->ctx, r->source, block, n, at, NULL, NULL);
		for (size_t i = 0; !lost && i < n && !place->first_byte; i++)
			place->first_byte = block[i] ? at + i : 0;
		budget -= n;
		p->survey_left -= n;
		next = at + n;
	}
	place->never_acquired |= exh_reader_never_acquired(r, place->start, at - place->start);
	place->unread += lost > 0 ? (uint64_t)lost : 0;
	place->all = at >= end && !lost && !place->first_byte;
	if (place->all) {
		place->nr_windows = 1;
		place->windows[0] = (struct window){place->start, place->length};
	}
	return lost < 0 ? (int)lost : 0;
}

static json_t *windows_json(const struct place *place)
{
	json_t *list = json_array();

	for (size_t i = 0; i < place->nr_windows; i++)
		json_array_append_new(list, json_pack("{s:I, s:I}", "start",
						      (json_int_t)place->windows[i].start, "length",
						      (json_int_t)place->windows[i].length));
	return list;
}

static json_t *guess(struct exh_worker *w, const struct exh_reader *r, struct prepared *p,
		     const struct place *place)
{
	size_t n = exh_min(MAGIC_HEAD, place->length);
	_cleanup_free_ uint8_t *head = malloc(n ? n : 1);
	json_t *contents;
	const char *text;

	if (!head || exh_source_read(r->ctx, r->source, head, n, place->start) < 0)
		return json_pack("{s:s}", "kind", "unknown");
	contents = exh_contents_sign(head, n);
	if (contents)
		return contents;
	contents = json_pack("{s:s}", "kind", "unknown");
	if (!begin_step(w, p, (size_t)(place - p->places), magic_step))
		return contents;
	text = magic_buffer(p->magic, head, n);
	if (text && strcmp(text, "data"))
		json_object_set_new(contents, "description", exh_json_text(text, strlen(text)));
	else if (exh_looks_random(head, n))
		json_object_set_new(contents, "description",
				    json_string("looks random: encrypted, compressed, or wiped "
						"with random bytes"));
	return contents;
}

/* Nothing but zeros where it was looked at: empty only where it was looked at everywhere. */
static json_t *zeros_json(const struct prepared *p, const struct place *place)
{
	bool surveyed = (size_t)(place - p->places) < p->nr_surveyed;
	json_t *contents =
		json_pack("{s:s, s:o}", "kind", place->all || !surveyed ? "empty" : "unknown",
			  "looked_at", windows_json(place));
	char text[128];

	if (place->all || !surveyed)
		return contents;
	if (place->first_byte)
		snprintf(text, sizeof(text),
			 "zeros at its beginning and its end, the first other byte at %llu",
			 (unsigned long long)place->first_byte);
	else
		snprintf(text, sizeof(text),
			 "zeros where it was looked at, the rest was not read (--deep reads it)");
	json_object_set_new(contents, "description", json_string(text));
	return contents;
}

/* What its superblock says, of the type that was found. */
static void read_superblock(const struct exh_reader *r, const struct place *place, json_t *contents)
{
	const char *type = exh_json_str(contents, "type");
	enum exh_fs_state state = exh_fs_state(r, type, place->start, place->length);
	uint64_t size = exh_fs_size(r, type, place->start, place->length);
	json_t *group;

	if (state != EXH_FS_UNKNOWN)
		json_object_set_new(contents, "dirty", json_boolean(state == EXH_FS_DIRTY));
	if (size)
		json_object_set_new(contents, "size", json_integer((json_int_t)size));
	if (type && !strcmp(type, "LVM2_member")) {
		group = exh_volume_group(r, place->start, place->length);
		if (group)
			json_object_set_new(contents, "volume_group", group);
	}
}

static json_t *contents_of(struct exh_worker *w, const struct exh_reader *r, struct prepared *p,
			   struct place *place)
{
	size_t i = (size_t)(place - p->places);
	json_t *contents = NULL;

	if (is_zero(place))
		return zeros_json(p, place);
	if (place->copied && begin_step(w, p, i, blkid_step))
		contents = exh_contents_probe(place->probe);
	if (!contents)
		contents = guess(w, r, p, place);
	if (exh_json_str(contents, "type") && begin_step(w, p, i, own_step))
		read_superblock(r, place, contents);
	return contents;
}

static int examine(struct exh_worker *w, const struct exh_reader *r, struct prepared *p, size_t i)
{
	struct place *place = &p->places[i];
	json_t *row;
	int ret;

	begin_step(w, p, i, read_step);
	ret = look_at_place(r, p, place);
	if (!ret && i && i < p->nr_surveyed && is_zero(place) && !place->all)
		ret = survey(r, p, place);
	if (ret < 0)
		return ret;
	row = json_pack("{s:i, s:o, s:b, s:b, s:b}", "index", (int)i, "contents",
			contents_of(w, r, p, place), "zero", is_zero(place), "all",
			place->all && !place->unread && !place->never_acquired, "never_acquired",
			place->never_acquired);
	if (place->unread)
		json_object_set_new(row, "unread", json_integer((json_int_t)place->unread));
	if (place->cut_off)
		json_object_set_new(row, "cut_off", json_integer((json_int_t)place->cut_off));
	exh_emit_row(w, "contents", row);
	for (size_t k = 0; place->copied && k < place->nr_windows; k++)
		exh_shadow_drop(&p->shadow, place->windows[k].start, place->windows[k].length);
	blkid_free_probe(place->probe);
	return 0;
}

int exh_task_scan_contents(struct exh_worker *w, const json_t *args)
{
	_cleanup_source_ struct exh_source *source = NULL;
	struct exh_reader r = {.ctx = w->ctx,
			       .never_acquired = json_object_get(args, "never_acquired")};
	struct prepared *p = w->prepared;
	int ret = exh_source_open(w, args, &source);

	r.source = source;
	p->without = json_object_get(args, "without");
	for (size_t i = 0; !ret && i < p->nr_places; i++)
		if (p->places[i].probe)
			ret = examine(w, &r, p, i);
	magic_close(p->magic);
	return ret;
}
