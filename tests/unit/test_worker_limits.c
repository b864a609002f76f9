// SPDX-License-Identifier: Apache-2.0
/* Workers that die, lie, eat or break out: each is an error of its own job, and the next job runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/facts.h"
#include "base/text.h"
#include "base/worker.h"

#define MIB (1UL << 20)

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAVE_SANITIZER 1
#else
#define HAVE_SANITIZER 0
#endif

static int well(struct exh_worker *w, const json_t *args)
{
	(void)args;
	return exh_emit_as(w, "answer", json_integer(42));
}

/* Takes memory as a parser that believes a length in evidence would. */
static int hungry(struct exh_worker *w, const json_t *args)
{
	uint64_t wanted = exh_json_u64(args, "mib", 0);

	signal(SIGSEGV, SIG_DFL); /* cmocka has a handler of its own */
	exh_emit_as(w, "before", json_true());
	for (uint64_t i = 0; i < wanted; i++)
		memset(malloc(MIB), 1, MIB);
	return exh_emit_as(w, "fed", json_true());
}

static int crash(struct exh_worker *w, const json_t *args)
{
	(void)args;
	exh_emit_as(w, "before", json_true());
	raise(SIGKILL);
	return 0;
}

static int leave(struct exh_worker *w, const json_t *args)
{
	(void)w;
	(void)args;
	_exit(0);
}

static int say(struct exh_worker *w, const json_t *args)
{
	const char *text = exh_json_str(args, "text");

	(void)!exh_write_all(w->out, text, strlen(text));
	_exit(0);
}

static int flood(struct exh_worker *w, const json_t *args)
{
	(void)args;
	for (int i = 0; i < 100000; i++)
		if (exh_emit_row(w, "rows", json_string("a row as long as any other row of this list")) < 0)
			return -1;
	return 0;
}

static void note(struct exh_worker *w, const char *what, long r)
{
	exh_emit_as(w, what, json_string(r >= 0 ? "done" : strerrorname_np(errno)));
}

/* What a program that took over a parser would try. */
static int escape(struct exh_worker *w, const json_t *args)
{
	struct rlimit more = {RLIM_INFINITY, RLIM_INFINITY};
	char *const argv[] = {"true", NULL};

	(void)args;
	note(w, "open", open("/etc/passwd", O_RDONLY));
	note(w, "create", open("/tmp/exhibit-worker-was-here", O_CREAT | O_WRONLY, 0600));
	note(w, "reopen", open("/proc/self/fd/0", O_RDWR));
	note(w, "unlink", unlink("/tmp/exhibit-worker-was-here"));
	note(w, "socket", socket(AF_INET, SOCK_STREAM, 0));
	note(w, "unix", socket(AF_UNIX, SOCK_STREAM, 0));
	note(w, "fork", fork());
	note(w, "exec", execv("/bin/true", argv));
	note(w, "kill", kill(getppid(), 0));
	note(w, "ptrace", ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
	note(w, "limit", setrlimit(RLIMIT_AS, &more));
	note(w, "setuid", setuid(0));
	note(w, "write", w->nr_fds ? write(w->fds[0], "x", 1) : 0);
	note(w, "truncate", w->nr_fds ? ftruncate(w->fds[0], 0) : 0);
	return 0;
}

static const struct exh_task tasks[] = {
	{"well", EXH_PROBER, NULL, well},     {"hungry", EXH_PROBER, NULL, hungry},
	{"stream", EXH_STREAM, NULL, hungry}, {"crash", EXH_PROBER, NULL, crash},
	{"leave", EXH_PROBER, NULL, leave},   {"say", EXH_PROBER, NULL, say},
	{"flood", EXH_PROBER, NULL, flood},   {"escape", EXH_PROBER, NULL, escape},
	{NULL, EXH_PROBER, NULL, NULL},
};

static int start(void **state)
{
	struct exh_ctx *ctx = calloc(1, sizeof(*ctx));

	ctx->helper = -1;
	*state = ctx;
	return exh_workers_start(ctx, tasks);
}

static int stop(void **state)
{
	exh_workers_stop(*state);
	free(*state);
	return 0;
}

static int run(struct exh_ctx *ctx, const char *task, json_t *args, json_t **facts)
{
	struct exh_job_spec spec = {.task = task, .args = args};
	json_t *own = json_object();
	int r = exh_job_collect(ctx, &spec, own, MIB);

	json_decref(args);
	if (facts)
		*facts = own;
	else
		json_decref(own);
	return r;
}

static void expect_well(struct exh_ctx *ctx)
{
	json_t *facts;

	assert_int_equal(run(ctx, "well", json_object(), &facts), 0);
	assert_int_equal(exh_json_u64(facts, "answer", 0), 42);
	json_decref(facts);
}

static void test_memory_is_limited(void **state)
{
	struct exh_ctx *ctx = *state;
	json_t *facts;

	if (HAVE_SANITIZER) {
		print_message("# skip: sanitizers need the address space\n");
		skip();
	}
	assert_int_equal(run(ctx, "hungry", json_pack("{s:i}", "mib", 256), NULL), 0);
	assert_int_equal(run(ctx, "hungry", json_pack("{s:i}", "mib", 520), &facts), -EXH_E_WORKER);
	if (!strstr(ctx->text, "signal"))
		fail_msg("%s", ctx->text);
	assert_true(json_is_true(json_object_get(facts, "before")));
	assert_null(json_object_get(facts, "fed"));
	json_decref(facts);
	expect_well(ctx);
	assert_int_equal(run(ctx, "stream", json_pack("{s:i}", "mib", 2050), NULL), -EXH_E_WORKER);
	expect_well(ctx);
}

static void test_an_end_before_the_end_is_an_error(void **state)
{
	struct exh_ctx *ctx = *state;

	assert_int_equal(run(ctx, "crash", json_object(), NULL), -EXH_E_WORKER);
	assert_non_null(strstr(ctx->text, "signal 9"));
	expect_well(ctx);
	assert_int_equal(run(ctx, "leave", json_object(), NULL), -EXH_E_WORKER);
	expect_well(ctx);
	assert_int_equal(run(ctx, "no such task", json_object(), NULL), -EXH_E_WORKER);
	expect_well(ctx);
}

static void test_what_is_no_answer_is_an_error(void **state)
{
	static const char *const texts[] = {
		"no JSON\n",
		"[]\n",
		"{\"a\":1,\"a\":2}\n",
		"{\"end\":{\"code\":0}}\n{\"more\":1}\n",
		"{\"end\":{\"code\":4294967291}}\n",
		"{\"end\":{\"code\":2147483648}}\n",
		"{\"end\":{\"code\":999}}\n",
		"{\"end\":7}\n",
		"\xff\xfe\n",
	};
	struct exh_ctx *ctx = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *args = json_pack("{s:o}", "text", exh_json_text(texts[i], strlen(texts[i])));

		assert_int_equal(run(ctx, "say", args, NULL), -EXH_E_WORKER);
		expect_well(ctx);
	}
}

static void test_a_flood_is_cut_off(void **state)
{
	struct exh_ctx *ctx = *state;

	assert_int_equal(run(ctx, "flood", json_object(), NULL), -EXH_E_WORKER);
	assert_non_null(strstr(ctx->text, "more than"));
	expect_well(ctx);
}

static void test_nothing_outside_can_be_reached(void **state)
{
	static const char *const tried[] = {"open", "create", "reopen", "unlink", "socket", "unix", "fork", "exec",
					    "kill", "ptrace", "limit",	"setuid", "write",  "truncate"};
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct exh_ctx *ctx = *state;
	struct exh_job_spec spec = {.task = "escape", .args = json_object(), .fds = &fd, .nr_fds = 1};
	json_t *facts = json_object();

	assert_int_equal(exh_job_collect(ctx, &spec, facts, MIB), 0);
	for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		const char *answer = exh_json_str(facts, tried[i]);

		assert_non_null(answer);
		if (!strcmp(answer, "done"))
			fail_msg("a worker could: %s", tried[i]);
	}
	json_decref((json_t *)spec.args);
	json_decref(facts);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_is_limited),
		cmocka_unit_test(test_an_end_before_the_end_is_an_error),
		cmocka_unit_test(test_what_is_no_answer_is_an_error),
		cmocka_unit_test(test_a_flood_is_cut_off),
		cmocka_unit_test(test_nothing_outside_can_be_reached),
	};

	return cmocka_run_group_tests_name("worker", tests, start, stop);
}
