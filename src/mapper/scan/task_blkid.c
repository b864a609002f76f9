// SPDX-License-Identifier: Apache-2.0
/* libblkid's opinion on the partition table. It reads a stand-in for the media, filled where it
 * looks. */
#include <blkid/blkid.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"
#include "shadow.h"
#include "tasks.h"

#define HEAD	    (1ULL << 20)
#define TAIL	    (1ULL << 20)
#define NESTED	    (16ULL << 10) /* a label inside a partition */
#define MAX_ENTRIES 8192

struct prepared {
	struct exh_shadow shadow;
	blkid_probe probe;
};

/* libblkid's words for the schemes of the contract. Nested labels go by the name of their system.
 */
static const struct {
	const char *theirs, *ours;
} scheme_names[] = {
	{"dos", "mbr"},	    {"gpt", "gpt"},	{"mac", "apm"},	    {"bsd", "bsd"},
	{"freebsd", "bsd"}, {"netbsd", "bsd"},	{"openbsd", "bsd"}, {"sun", "sun"},
	{"sgi", "sgi"},	    {"atari", "atari"}, {"dasd", "dasd"},
};

static const char *scheme_of(blkid_parttable table)
{
	const char *type = blkid_parttable_get_type(table);

	for (size_t i = 0; type && i < sizeof(scheme_names) / sizeof(scheme_names[0]); i++)
		if (!strcmp(type, scheme_names[i].theirs))
			return scheme_names[i].ours;
	return type;
}

int exh_prepare_scan_blkid(struct exh_worker *w, const json_t *args)
{
	struct prepared *p = calloc(1, sizeof(*p));
	uint64_t size = exh_json_u64(args, "media_size", 0);
	int ret;

	if (!p)
		return exh_fail(w->ctx, EXH_E_NOMEM, "out of memory");
	w->prepared = p;
	ret = exh_shadow_open(w->ctx, size, &p->shadow);
	if (ret < 0)
		return ret;
	p->probe = blkid_new_probe();
	if (!p->probe || blkid_probe_set_device(p->probe, p->shadow.fd, 0, (blkid_loff_t)size))
		return exh_fail(w->ctx, EXH_E_NOMEM, "libblkid cannot be prepared");
	blkid_probe_set_sectorsize(p->probe, (unsigned)exh_json_u64(args, "sector_size", 512));
	return 0;
}

static int fill(const struct exh_reader *r, struct exh_shadow *shadow, const json_t *places)
{
	uint64_t size = r->source->size;
	const json_t *place;
	int ret = exh_shadow_fill(r, shadow, 0, HEAD);
	size_t i;

	if (!ret && size > HEAD)
		ret = exh_shadow_fill(r, shadow, exh_max(HEAD, size - exh_min(size, TAIL)), TAIL);
	json_array_foreach (places, i, place) {
		if (!ret)
			ret = exh_shadow_fill(r, shadow, (uint64_t)json_integer_value(place),
					      NESTED);
	}
	return ret;
}

/* libblkid counts in sectors of 512 bytes, whatever the table does. */
static json_t *entry_json(blkid_partition part)
{
	blkid_parttable table = blkid_partition_get_table(part);
	blkid_partition parent = blkid_parttable_get_parent(table);
	const char *text = blkid_partition_get_type_string(part),
		   *name = blkid_partition_get_name(part);
	json_t *row = json_pack("{s:s?, s:I, s:I, s:i, s:i}", "scheme", scheme_of(table), "start",
				(json_int_t)blkid_partition_get_start(part) * 512, "length",
				(json_int_t)blkid_partition_get_size(part) * 512, "number",
				blkid_partition_get_partno(part), "type_byte",
				blkid_partition_get_type(part));

	if (text)
		json_object_set_new(row, "text", exh_json_text(text, strlen(text)));
	if (name)
		json_object_set_new(row, "name", exh_json_text(name, strlen(name)));
	if (blkid_partition_is_extended(part))
		json_object_set_new(row, "extended", json_true());
	if (parent) {
		json_object_set_new(row, "table_start",
				    json_integer(blkid_parttable_get_offset(table)));
		json_object_set_new(
			row, "parent_start",
			json_integer((json_int_t)blkid_partition_get_start(parent) * 512));
		json_object_set_new(
			row, "parent_length",
			json_integer((json_int_t)blkid_partition_get_size(parent) * 512));
	}
	return row;
}

static int emit_partitions(struct exh_worker *w, blkid_partlist list)
{
	blkid_parttable table = blkid_partlist_get_table(list);
	int n = blkid_partlist_numof_partitions(list);

	if (!table)
		return 0;
	exh_emit(w, json_pack("{s:s?, s:I}", "scheme", scheme_of(table), "table_start",
			      (json_int_t)blkid_parttable_get_offset(table)));
	for (int i = 0; i < n && i < MAX_ENTRIES; i++)
		exh_emit_row(w, "entries", entry_json(blkid_partlist_get_partition(list, i)));
	return 0;
}

int exh_task_scan_blkid(struct exh_worker *w, const json_t *args)
{
	_cleanup_source_ struct exh_source *source = NULL;
	struct prepared *p = w->prepared;
	struct exh_reader r = {.ctx = w->ctx};
	blkid_partlist list;
	int ret = exh_source_open(w, args, &source);

	if (ret < 0)
		return ret;
	r.source = source;
	ret = fill(&r, &p->shadow, json_object_get(args, "places"));
	if (ret < 0)
		return ret;
	exh_emit_as(w, "unread", json_integer((json_int_t)p->shadow.unread));
	list = blkid_probe_get_partitions(p->probe);
	if (list)
		emit_partitions(w, list);
	blkid_free_probe(p->probe);
	return 0;
}
