// SPDX-License-Identifier: Apache-2.0
/* The files that a record names. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "verify.h"

static void note_file(struct exh_verification *v, const json_t *file, uint64_t entry,
		      bool is_report)
{
	const char *path = exh_json_str(file, "path");

	if (path)
		json_object_set_new(v->files, path,
				    json_pack("{s:O*, s:O*, s:I, s:b}", "sha256",
					      json_object_get(file, "sha256"), "bytes",
					      json_object_get(file, "bytes"), "entry",
					      (json_int_t)entry, "is_report", is_report));
}

/* In the form that we write, a line that names a file says so in these bytes. */
static bool names_files(const struct exh_entry *entry)
{
	static const char member[] = "\"path\":\"";

	return *entry->parsed || memmem(entry->text, entry->length, member, sizeof(member) - 1);
}

void exh_verify_note_files(struct exh_verification *v, const struct exh_entry *entry)
{
	const json_t *json = names_files(entry) ? exh_entry_json(entry) : NULL;
	const json_t *list = json_object_get(json, "files"), *file;
	size_t i;

	note_file(v, json_object_get(json, "facts"), entry->number, false);
	json_array_foreach (list, i, file)
		note_file(v, file, entry->number, !strcmp(entry->event, "report"));
}

static bool check_file(struct exh_ctx *ctx, struct exh_verification *v, const char *path,
		       const json_t *record)
{
	struct exh_place_found where = {exh_json_u64(record, "entry", 0), EXH_NOWHERE, EXH_NOWHERE,
					path};
	const char *stated = exh_json_str(record, "sha256");
	char found[EXH_SHA256_HEX];
	uint64_t bytes;
	int r = exh_case_digest_file(ctx, v->dirfd, path, found, &bytes);

	if (r == 0 && stated && !strcmp(found, stated))
		return true;
	if (r == 1 && json_is_true(json_object_get(record, "is_report")))
		exh_check_warns(v, "file", EXH_P_FILE_MISSING, &where,
				"%s: the report that entry %" PRIu64 " names is not there", path,
				where.entry);
	else if (r == 1)
		exh_check_fails(v, "file", EXH_ALTERED, &where,
				"%s: is not there, though entry %" PRIu64 " names it", path,
				where.entry);
	else if (r < 0 && (ctx->err == ELOOP || ctx->err == EXDEV || ctx->err == EINVAL))
		exh_check_fails(v, "file", EXH_ALTERED, &where,
				"%s: is not a file of this case any more, but leads elsewhere",
				path);
	else if (r < 0)
		exh_check_fails(v, "file", EXH_UNREADABLE, &where, "%s", ctx->text);
	else
		exh_check_fails(v, "file", EXH_ALTERED, &where,
				"%s: was changed: entry %" PRIu64 " names SHA-256 %s, found %s",
				path, where.entry, stated ? stated : "nothing", found);
	return false;
}

static void name_unrecorded(struct exh_verification *v, const char *folder)
{
	int fd = openat(v->dirfd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_dir_ DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	while (d && (e = readdir(d))) {
		char path[NAME_MAX + 16];
		struct exh_place_found where = {EXH_NOWHERE, EXH_NOWHERE, EXH_NOWHERE, path};

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (!json_object_get(v->files, path))
			exh_check_warns(v, "file", EXH_P_FILE_UNRECORDED, &where,
					"%s: is not named by the record; an interrupted step may "
					"have left it",
					path);
	}
}

static bool has_live_step(const struct exh_verification *v)
{
	const char *key;
	json_t *begin;

	json_object_foreach (v->steps.open, key, begin)
		if (exh_step_is_live(v->steps_fd, exh_json_u64(begin, "seq", 0)))
			return true;
	return false;
}

void exh_verify_files(struct exh_ctx *ctx, struct exh_verification *v)
{
	static const char *const folders[] = {"facts", "output", "report", "countersigned",
					      "timestamps"};
	const char *path;
	size_t held = 0;
	json_t *record;

	json_object_foreach (v->files, path, record)
		if (*path != '/')
			held += check_file(ctx, v, path, record);
		else
			exh_check_holds(v, "file",
					"%s: lies outside the case and was not looked at", path);
	if (held)
		exh_check_holds(v, "files", "the files are as the record names them: %zu in all",
				held);
	/* A step that goes on writes its files first and names them at its end; of a closed record
	 * no entry can say what is signed and stamped later. */
	if (has_live_step(v) || v->chain.is_closed)
		return;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		name_unrecorded(v, folders[i]);
}
