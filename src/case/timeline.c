// SPDX-License-Identifier: Apache-2.0
#include "timeline.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"

bool exh_timeline_init(struct exh_timeline *t)
{
	t->rows = json_array();
	t->exhibits = json_array();
	t->by_label = json_object();
	t->witnesses = json_array();
	return t->rows && t->exhibits && t->by_label && t->witnesses;
}

void exh_timeline_clear(struct exh_timeline *t)
{
	json_decref(t->rows);
	json_decref(t->exhibits);
	json_decref(t->by_label);
	json_decref(t->witnesses);
	memset(t, 0, sizeof(*t));
}

static void copy_member(json_t *to, const char *as, const json_t *entry, const char *member)
{
	json_t *value = json_object_get(entry, member);

	if (value && !json_object_get(to, as))
		json_object_set(to, as, value);
}

/* What a row takes over, under which name; where two members give one, the first that is there. */
static json_t *row_of(const struct exh_entry *entry)
{
	static const struct {
		const char *as, *member;
	} taken[] = {
		{"time", "time"},
		{"occurred", "occurred"},
		{"event", "event"},
		{"subject", "exhibit"},
		{"subject", "step"},
		{"subject", "outside"},
		{"who", "by"},
		{"who", "name"},
		{"who", "authority"},
		{"from", "released_by"},
		{"from", "received_from"},
		{"to", "received_by"},
		{"place", "place"},
		{"purpose", "purpose"},
		{"purpose", "reason"},
		{"seal_state", "seal_state"},
		{"verdict", "verdict"},
		{"generated", "generated"},
	};
	json_t *row = json_pack("{s:I}", "entry", (json_int_t)entry->number);
	const json_t *step =
		json_object_get(json_object_get(exh_entry_json(entry), "clock"), "step_us");

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		copy_member(row, taken[i].as, exh_entry_json(entry), taken[i].member);
	copy_member(row, "verdict", json_object_get(exh_entry_json(entry), "verification"),
		    "verdict");
	if (step)
		json_object_set(row, "clock_step_us", (json_t *)step);
	return row;
}

static void add_exhibit(struct exh_timeline *t, const json_t *entry)
{
	const char *label = exh_json_str(entry, "exhibit");
	json_t *exhibit;

	if (!label || json_object_get(t->by_label, label))
		return;
	exhibit = json_copy((json_t *)entry);
	json_object_del(exhibit, "prev");
	json_object_del(exhibit, "clock");
	json_object_set_new(exhibit, "transfers", json_array());
	json_object_set(t->by_label, label, exhibit);
	json_array_append_new(t->exhibits, exhibit);
}

static void add_transfer(struct exh_timeline *t, const json_t *entry)
{
	const char *label = exh_json_str(entry, "exhibit");
	json_t *exhibit = label ? json_object_get(t->by_label, label) : NULL, *transfer;
	const char *holder = exh_json_str(exhibit, "holder"),
		   *from = exh_json_str(entry, "released_by");

	if (!exhibit)
		return;
	transfer = json_copy((json_t *)entry);
	json_object_del(transfer, "prev");
	json_object_del(transfer, "clock");
	if (holder && from && strcmp(holder, from) != 0)
		json_object_set_new(transfer, "gap", json_string(holder));
	json_array_append_new(json_object_get(exhibit, "transfers"), transfer);
	json_object_set(exhibit, "holder", json_object_get(entry, "received_by"));
}

void exh_timeline_add(struct exh_timeline *t, const struct exh_entry *entry)
{
	const char *event = entry->event;

	json_array_append_new(t->rows, row_of(entry));
	if (!strcmp(event, "exhibit"))
		add_exhibit(t, exh_entry_json(entry));
	else if (!strcmp(event, "transfer"))
		add_transfer(t, exh_entry_json(entry));
	else if (!strcmp(event, "countersignature") || !strcmp(event, "timestamp"))
		json_array_append(t->witnesses, (json_t *)exh_entry_json(entry));
}
