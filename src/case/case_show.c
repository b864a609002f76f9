// SPDX-License-Identifier: Apache-2.0
/* Making a case by command, and showing what is in one. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "case_private.h"
#include "timeline.h"

struct listing {
	json_t *steps; /* of facts */
	json_t *by_begin;
	struct exh_steps open;
	struct exh_timeline timeline;
};

static void note_end(struct listing *l, const json_t *entry, const char *state)
{
	static const char *const copied[] = {"verdict", "facts", "files"};
	char key[24];
	json_t *row;

	snprintf(key, sizeof(key), "%llu",
		 (unsigned long long)exh_json_u64(entry, "begin", UINT64_MAX));
	row = json_object_get(l->by_begin, key);
	if (!row)
		return;
	json_object_set_new(row, "state", json_string(state));
	if (!strcmp(state, "done"))
		json_object_set(row, "end", json_object_get(entry, "time"));
	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		if (json_object_get(entry, copied[i]))
			json_object_set(row, copied[i], json_object_get(entry, copied[i]));
}

static void note_begin(struct listing *l, const struct exh_entry *entry)
{
	json_t *row = json_pack("{s:O*, s:O*, s:O*, s:I}", "number",
				json_object_get(exh_entry_json(entry), "number"), "step",
				json_object_get(exh_entry_json(entry), "step"), "begin",
				json_object_get(exh_entry_json(entry), "time"), "entry",
				(json_int_t)entry->number);
	char key[24];

	snprintf(key, sizeof(key), "%llu", (unsigned long long)entry->number);
	json_object_set(l->by_begin, key, row);
	json_array_append_new(l->steps, row);
}

static int on_entry(struct exh_ctx *ctx, const struct exh_entry *entry, void *opaque)
{
	const char *event = entry->event;
	struct listing *l = opaque;

	if (!strcmp(event, "begin"))
		note_begin(l, entry);
	else if (!strcmp(event, "end"))
		note_end(l, exh_entry_json(entry), "done");
	else if (!strcmp(event, "interrupted"))
		note_end(l, exh_entry_json(entry), "interrupted");
	exh_timeline_add(&l->timeline, entry);
	return exh_steps_note(ctx, &l->open, entry);
}

static void name_open_steps(const struct listing *l, int dirfd)
{
	_cleanup_fd_ int fd =
		openat(dirfd, "steps.lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	const char *key;
	json_t *begin;

	json_object_foreach (l->open.open, key, begin) {
		bool is_live = exh_step_is_live(fd, exh_json_u64(begin, "seq", 0));

		json_object_set_new(json_object_get(l->by_begin, key), "state",
				    json_string(is_live ? "running" : "interrupted"));
	}
}

static int read_ledger(struct exh_ctx *ctx, int dirfd, const struct exh_identity *identity,
		       struct listing *l, struct exh_chain *chain)
{
	_cleanup_fd_ int fd =
		openat(dirfd, EXH_LEDGER_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int r;

	if (fd < 0)
		return exh_fail_errno(ctx, EXH_LEDGER_NAME ": cannot be opened");
	r = exh_chain_init(ctx, chain, fd, identity->case_id, identity->fingerprint);
	chain->on_entry = on_entry;
	chain->opaque = l;
	if (r == 0)
		r = exh_ledger_lock(ctx, fd, LOCK_SH);
	return r < 0 ? r : exh_chain_catch_up(ctx, chain);
}

static int show(struct exh_ctx *ctx, int dirfd, const struct exh_identity *identity, json_t *facts)
{
	struct listing l = {.steps = json_array(), .by_begin = json_object()};
	struct exh_chain chain = {0};
	struct exh_head head;
	int r;

	json_object_set_new(facts, "steps", l.steps);
	if (!exh_timeline_init(&l.timeline))
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	r = read_ledger(ctx, dirfd, identity, &l, &chain);
	/* What can be shown is shown; whether it can be relied on is for case verify. */
	if (r < 0)
		exh_problems_add(facts, exh_problem(EXH_P_LEDGER_BROKEN, "%s", ctx->text));
	name_open_steps(&l, dirfd);
	json_object_set_new(facts, "entries", json_integer((json_int_t)chain.entries));
	if (exh_head_read(ctx, dirfd, EXH_HEAD_NAME, &head) == 0)
		json_object_set_new(facts, "head", exh_head_json(&head));
	json_object_set(facts, "exhibits", l.timeline.exhibits);
	json_object_set(facts, "timeline", l.timeline.rows);
	if (json_array_size(l.timeline.witnesses))
		json_object_set(facts, "witnesses", l.timeline.witnesses);
	if (chain.is_closed)
		json_object_set_new(facts, "closed_by", json_integer((json_int_t)chain.closed_by));
	exh_timeline_clear(&l.timeline);
	exh_chain_clear(&chain);
	exh_steps_clear(&l.open);
	json_decref(l.by_begin);
	return 0;
}

int exh_case_show(struct exh_ctx *ctx, const char *dir, json_t **facts)
{
	_cleanup_fd_ int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_identity_ struct exh_identity identity = {0};
	_cleanup_free_ char *path = NULL;
	int r;

	if (dirfd < 0)
		return exh_fail_errno(ctx, "%s: cannot be opened", dir);
	r = exh_case_locate(ctx, dir, &path);
	if (r == 0)
		r = exh_identity_read(ctx, dirfd, &identity);
	if (r == 1)
		r = exh_fail(ctx, EXH_E_STATE, EXH_CASE_FILE " is not there; this is no case");
	if (r < 0)
		return exh_prefix(ctx, r, "%s", dir);
	*facts = exh_facts_new("case show");
	json_object_set_new(*facts, "path", json_string(path));
	json_object_set(*facts, "case", identity.json);
	return show(ctx, dirfd, &identity, *facts);
}

int exh_case_init(struct exh_ctx *ctx, const char *dir, const struct exh_case_init_options *options,
		  json_t **facts)
{
	const struct exh_case_making making = {
		.who = options->who,
		.key = {.given = options->signing_key, .with_passphrase = options->with_passphrase},
		.evidence = options->evidence,
	};
	_cleanup_free_ char *path = NULL;
	enum exh_case_place place;
	int r = exh_case_locate(ctx, dir, &path);

	if (r == 0)
		r = exh_case_place(ctx, path, &place);
	if (r == 0 && place == EXH_PLACE_CASE)
		return exh_fail(ctx, EXH_E_STATE, "%s: is a case already", path);
	if (r == 0)
		r = exh_case_make(ctx, path, &making);
	if (r == 1)
		return exh_fail(ctx, EXH_E_STATE, "%s: somebody else made it in the meantime",
				path);
	if (r == 0 && options->evidence)
		r = exh_case_record(ctx, path, "verify", options->evidence);
	if (r == 0)
		r = exh_case_show(ctx, path, facts);
	if (r == 0)
		json_object_set_new(*facts, "command", json_string("case init"));
	return r;
}
