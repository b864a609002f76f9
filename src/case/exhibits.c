// SPDX-License-Identifier: Apache-2.0
/* Adding exhibits, and what all entries about custody share. */
#include "exhibits.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"
#include "operator.h"
#include "search.h"

void exh_text_set(json_t *entry, const char *member, const char *text)
{
	if (text && *text)
		json_object_set_new(entry, member, exh_json_text(text, strlen(text)));
}

void exh_texts_set(json_t *entry, const char *member, const char *const *texts)
{
	json_t *list;

	if (!texts || !*texts)
		return;
	list = json_array();
	for (; *texts; texts++)
		json_array_append_new(list, exh_json_text(*texts, strlen(*texts)));
	json_object_set_new(entry, member, list);
}

/* d is a digit, everything else itself. */
static const char *match(const char *text, const char *shape)
{
	for (; *shape; shape++, text++)
		if (*shape == 'd' ? *text < '0' || *text > '9' : *text != *shape)
			return NULL;
	return text;
}

static bool is_zone(const char *text)
{
	const char *end = NULL;

	if (*text == '+' || *text == '-')
		end = match(text + 1, "dd:dd");
	return !strcmp(text, "Z") || (end && !*end);
}

int exh_check_occurred(struct exh_ctx *ctx, const char *text)
{
	const char *rest = text ? match(text, "dddd-dd-ddTdd:dd") : NULL, *seconds;

	if (!text)
		return 0;
	seconds = rest ? match(rest, ":dd") : NULL;
	if (rest && is_zone(seconds ? seconds : rest))
		return 0;
	return exh_fail(ctx, EXH_E_USAGE,
			"'%s' is no time with its zone, such as 2026-11-24T13:05+01:00 or "
			"2026-11-24T12:05:00Z",
			text);
}

int exh_by_set(struct exh_ctx *ctx, json_t *entry, const struct exh_operator *who)
{
	_cleanup_json_ json_t *operator= NULL;
	int r = exh_operator_json(ctx, who, &operator);

	if (r >= 0)
		exh_text_set(entry, "by", exh_json_str(operator, "examiner"));
	return r;
}

int exh_case_open_there(struct exh_ctx *ctx, const char *dir, struct exh_case **ret)
{
	_cleanup_free_ char *path = NULL;
	enum exh_case_place place;
	int r = exh_case_locate(ctx, dir, &path);

	if (r == 0)
		r = exh_case_place(ctx, path, &place);
	if (r == 0 && place == EXH_PLACE_FREE)
		return exh_fail(ctx, EXH_E_STATE,
				"%s: there is no case; 'exhibit case init' makes one", path);
	return r < 0 ? r : exh_case_open(ctx, path, NULL, ret);
}

json_t *exh_custody_facts(const struct exh_case *c, const char *command)
{
	json_t *facts = exh_facts_new(command);

	json_object_set_new(facts, "path", exh_json_text(c->dir, strlen(c->dir)));
	json_object_set_new(facts, "entry", json_integer((json_int_t)c->chain.entries - 1));
	return facts;
}

/* ---- finding ---- */

struct wanted {
	const json_t *label;
	json_t *exhibit;
	char *holder;
};

static bool is_of(const json_t *entry, const struct wanted *w)
{
	return json_equal(json_object_get(entry, "exhibit"), w->label);
}

static int on_exhibit(struct exh_ctx *ctx, const json_t *entry, void *opaque)
{
	struct wanted *w = opaque;

	(void)ctx;
	if (is_of(entry, w) && !w->exhibit)
		w->exhibit = json_deep_copy(entry);
	return 0;
}

static int on_transfer(struct exh_ctx *ctx, const json_t *entry, void *opaque)
{
	struct wanted *w = opaque;
	const char *holder = exh_json_str(entry, "received_by");

	if (!is_of(entry, w) || !holder)
		return 0;
	free(w->holder);
	w->holder = strdup(holder);
	return w->holder ? 0 : exh_fail(ctx, EXH_E_NOMEM, "out of memory");
}

int exh_exhibit_find(struct exh_ctx *ctx, struct exh_case *c, const char *label, json_t **ret,
		     char **holder_ret)
{
	_cleanup_json_ json_t *text = exh_json_text(label, strlen(label));
	struct wanted w = {.label = text};
	int r = exh_ledger_search(ctx, c->ledger_fd, c->chain.end, "exhibit", on_exhibit, &w);

	if (r >= 0 && holder_ret)
		r = exh_ledger_search(ctx, c->ledger_fd, c->chain.end, "transfer", on_transfer, &w);
	if (r < 0 || !w.exhibit) {
		json_decref(w.exhibit);
		free(w.holder);
		return r < 0 ? r : 1;
	}
	*ret = w.exhibit;
	if (holder_ret)
		*holder_ret = w.holder;
	return 0;
}

/* ---- adding ---- */

static json_t *source_of(const struct exh_exhibit *exhibit)
{
	json_t *source = json_object();

	exh_text_set(source, "make", exhibit->make);
	exh_text_set(source, "model", exhibit->model);
	exh_text_set(source, "serial", exhibit->serial);
	return source;
}

static int make_entry(struct exh_ctx *ctx, const struct exh_exhibit *exhibit, json_t **ret)
{
	_cleanup_json_ json_t *entry = json_object(), *source = source_of(exhibit);
	int r = exh_check_occurred(ctx, exhibit->occurred);

	if (r == 0)
		r = exh_by_set(ctx, entry, exhibit->who);
	if (r < 0)
		return r;
	exh_text_set(entry, "exhibit", exhibit->label);
	exh_text_set(entry, "description", exhibit->description);
	if (json_object_size(source))
		json_object_set(entry, "source", source);
	exh_texts_set(entry, "seals", exhibit->seals);
	exh_text_set(entry, "condition", exhibit->condition);
	exh_text_set(entry, "received_from", exhibit->received_from);
	exh_text_set(entry, "place", exhibit->place);
	exh_text_set(entry, "occurred", exhibit->occurred);
	*ret = steal(&entry);
	return 0;
}

int exh_case_add(struct exh_ctx *ctx, const char *dir, const struct exh_exhibit *exhibit,
		 json_t **facts)
{
	_cleanup_json_ json_t *entry = NULL, *there = NULL;
	_cleanup_case_ struct exh_case *c = NULL;
	int r = make_entry(ctx, exhibit, &entry);

	if (r == 0)
		r = exh_case_open_there(ctx, dir, &c);
	if (r < 0)
		return r;
	r = exh_exhibit_find(ctx, c, exhibit->label, &there, NULL);
	if (r == 0)
		return exh_fail(ctx, EXH_E_STATE,
				"%s: there is an exhibit '%s' already, of entry %llu", c->dir,
				exhibit->label, (unsigned long long)exh_json_u64(there, "seq", 0));
	if (r == 1)
		r = exh_case_event(ctx, c, "exhibit", entry);
	if (r < 0)
		return r;
	*facts = exh_custody_facts(c, "case add");
	json_object_set(*facts, "exhibit", entry);
	return exh_case_seal(ctx, c);
}
