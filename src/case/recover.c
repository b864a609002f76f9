// SPDX-License-Identifier: Apache-2.0
/*
 * Which cases are open for writing stands in the runtime directory, so that a crash is recorded in
 * them without anybody naming them: .cases/CASEID.PID.START is a symbolic link to the case.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "case_private.h"
#include "mapper/attach/attach.h"
#include "mapper/attach/process.h"
#include "mapper/attach/state.h"

#define MARKS "/.cases"

static int open_marks(struct exh_ctx *ctx)
{
	_cleanup_free_ char *runtime = NULL, *path = NULL;
	int r = exh_runtime_path(ctx, &runtime);

	if (r < 0)
		return -1;
	if (asprintf(&path, "%s" MARKS, runtime) < 0) {
		path = NULL;
		return -1;
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Without a place for it the crash is recorded when the case is opened next. */
void exh_case_mark(struct exh_case *c)
{
	struct exh_ctx ctx = {.helper = -1};
	_cleanup_fd_ int marks = open_marks(&ctx);
	_cleanup_json_ json_t *self = exh_process_json(getpid());

	if (marks < 0 || !self ||
	    asprintf(&c->mark, "%s.%d.%" PRIu64, c->identity.case_id, (int)getpid(),
		     exh_json_u64(self, "start", 0)) < 0) {
		c->mark = NULL;
		return;
	}
	if (symlinkat(c->dir, marks, c->mark) < 0)
		free(steal(&c->mark));
}

void exh_case_unmark(struct exh_case *c)
{
	struct exh_ctx ctx = {.helper = -1};
	_cleanup_fd_ int marks = c->mark ? open_marks(&ctx) : -1;

	if (marks >= 0)
		unlinkat(marks, c->mark, 0);
	free(steal(&c->mark));
}

static bool is_in_work(const char *mark)
{
	_cleanup_json_ json_t *process = NULL;
	const char *dot = strchr(mark, '.');
	uint64_t start;
	int pid;

	if (!dot || sscanf(dot, ".%d.%" SCNu64, &pid, &start) != 2)
		return false;
	process = json_pack("{s:i, s:I}", "pid", pid, "start", (json_int_t)start);
	return exh_process_alive(process);
}

static void recover_case(const char *dir, json_t *facts)
{
	struct exh_ctx ctx = {.helper = -1};
	int r;

	if (access(dir, F_OK) < 0 && errno == ENOENT) {
		exh_problems_add(facts, exh_problem(EXH_P_FILE_MISSING,
						    "%s: this case was open when a command was "
						    "ended, and is not there any more",
						    dir));
		return;
	}
	r = exh_case_recover(&ctx, dir);
	if (r < 0)
		exh_problems_add(facts, exh_problem(r == -EXH_E_MISSING ? EXH_P_KEY_MISSING
									: EXH_P_LEDGER_BROKEN,
						    "%s", ctx.text));
	else
		json_array_append_new(json_object_get(facts, "cases"), json_string(dir));
}

static void recover_cases(struct exh_ctx *ctx, json_t *facts)
{
	int marks = open_marks(ctx);
	_cleanup_dir_ DIR *d = marks < 0 ? NULL : fdopendir(marks);
	const struct dirent *e;

	while (d && (e = readdir(d))) {
		char dir[PATH_MAX];
		ssize_t n = readlinkat(marks, e->d_name, dir, sizeof(dir) - 1);

		if (n <= 0 || is_in_work(e->d_name))
			continue;
		dir[n] = 0;
		unlinkat(marks, e->d_name, 0);
		recover_case(dir, facts);
	}
}

int exh_recover(struct exh_ctx *ctx, json_t **facts)
{
	struct exh_ctx other = {.helper = -1};
	int r = exh_attach_recover(ctx, facts);

	json_object_set_new(*facts, "cases", json_array());
	recover_cases(&other, *facts);
	return r;
}
