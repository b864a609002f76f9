// SPDX-License-Identifier: Apache-2.0
#include "events.h"

#include <string.h>

#include "base/facts.h"
#include "base/problem.h"
#include "users.h"

#define EVENTS_LIMIT (16U << 20)

void exh_event_write(int fd, json_t *event)
{
	_cleanup_json_ json_t *owned = event;
	_cleanup_free_ char *line = NULL;
	char now[32];
	size_t n;

	exh_time_now(now);
	/* the kernel knows better when it was */
	if (event && !json_object_get(event, "time"))
		json_object_set_new(event, "time", json_string(now));
	line = event ? exh_json_dump_line(event) : NULL;
	if (!line)
		return;
	n = strlen(line);
	line[n] = '\n';
	if (!exh_write_all(fd, line, n + 1))
		fdatasync(fd);
}

json_t *exh_events_read(struct exh_ctx *ctx, const struct exh_attachment *a)
{
	_cleanup_free_ char *bytes = NULL;
	json_t *list = json_array();
	char *save = NULL;
	size_t n;

	if (exh_file_read(ctx, a->dirfd, EXH_EVENTS_FILE, EVENTS_LIMIT, &bytes, &n) < 0)
		return list;
	for (char *line = strtok_r(bytes, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		json_t *event = json_loads(line, 0, NULL);

		if (json_is_object(event))
			json_array_append_new(list, event);
		else
			json_decref(event);
	}
	return list;
}

static json_t *broken_problem(const json_t *event, const char *path)
{
	const json_t *writers = json_object_get(event, "writers");
	const json_t *who = json_array_size(writers) ? writers : json_object_get(event, "waiting");
	_cleanup_free_ char *names = exh_users_text(who);
	const char *time = exh_json_str(event, "time");

	return exh_problem(EXH_P_LEASE_BROKEN, "%s: was opened for writing at %s by %s", path,
			   time ? time : "an unknown time",
			   names && *names ? names
					   : "a process that was gone before it could be named");
}

static json_t *changed_problem(const json_t *event)
{
	const char *device = exh_json_str(event, "device"), *time = exh_json_str(event, "time");
	_cleanup_free_ char *changes = json_dumps(json_object_get(event, "changes"), 0);

	return exh_problem(EXH_P_EVIDENCE_CHANGED, "a file below %s changed (%s) at %s",
			   device ? device : "a device", changes ? changes : "?",
			   time ? time : "an unknown time");
}

void exh_events_problems(const json_t *events, json_t *facts)
{
	const json_t *event;
	size_t i;

	json_array_foreach (events, i, event) {
		const char *what = exh_json_str(event, "event"),
			   *path = exh_json_str(event, "path");
		const char *cause = exh_json_str(event, "cause"),
			   *text = exh_json_str(event, "text");

		if (what && text && json_is_true(json_object_get(event, "failed")))
			exh_problems_add(facts,
					 exh_problem(EXH_P_PROBER_FAILED,
						     "the file server failed, the devices cannot "
						     "be read: %s",
						     text));
		if (what && !strcmp(what, "backing-changed"))
			exh_problems_add(facts, changed_problem(event));
		if (!what || !path)
			continue;
		if (!strcmp(what, "lease-broken"))
			exh_problems_add(facts, broken_problem(event, path));
		else if (!strcmp(what, "held-file-changed"))
			exh_problems_add(facts, exh_problem(EXH_P_EVIDENCE_CHANGED,
							    "%s: is not as it was when it was "
							    "attached",
							    path));
		else if (!strcmp(what, "lease-unavailable"))
			exh_problems_add(facts, exh_problem(EXH_P_LEASE_UNAVAILABLE,
							    "%s: no lease can be had (%s)", path,
							    cause ? cause : "unknown cause"));
	}
}
