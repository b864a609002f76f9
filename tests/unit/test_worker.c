// SPDX-License-Identifier: Apache-2.0
/* Workers from their owner's side: what they may not do, how they die, and answers that are lies.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/worker.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAVE_SANITIZER 1
#else
#define HAVE_SANITIZER 0
#endif

static int task_answer(struct exh_worker *w, const json_t *args)
{
	char text[16] = "";

	if (w->nr_fds && exh_pread_all(w->fds[0], text, sizeof(text) - 1, 0) < 0)
		return exh_fail_errno(w->ctx, "the descriptor cannot be read");
	exh_emit_problem(w, exh_problem(EXH_P_TAIL_BYTES, "for the list"));
	exh_emit_row(w, "rows", json_integer(1));
	exh_emit_row(w, "rows", json_integer(2));
	return exh_emit(w,
			json_pack("{s:s, s:O}", "read", text, "args", json_object_get(args, "x")));
}

static int task_fail(struct exh_worker *w, const json_t *args)
{
	(void)args;
	return exh_fail(w->ctx, EXH_E_FORMAT, "sector 7: nonsense");
}

static int task_crash(struct exh_worker *w, const json_t *args)
{
	(void)w;
	(void)args;
	kill(getpid(), SIGSEGV); /* not on the list: refused */
	signal(SIGABRT, SIG_DFL);
	abort();
}

static int task_leave(struct exh_worker *w, const json_t *args)
{
	(void)w;
	(void)args;
	_exit(7);
}

static int task_babble(struct exh_worker *w, const json_t *args)
{
	const char *text = exh_json_str(args, "text");

	exh_write_all(w->out, text, strlen(text));
	exh_write_all(w->out, "\n", 1);
	return 0;
}

static int task_endless_line(struct exh_worker *w, const json_t *args)
{
	char block[65536];

	(void)args;
	memset(block, 'x', sizeof(block));
	for (int i = 0; i < 1024; i++)
		if (exh_write_all(w->out, block, sizeof(block)) < 0)
			return 0;
	return 0;
}

static int task_flood(struct exh_worker *w, const json_t *args)
{
	(void)args;
	for (int i = 0; i < 1000000; i++)
		if (exh_emit_row(w, "rows", json_integer(i)) < 0)
			return 0;
	return 0;
}

static int task_eat(struct exh_worker *w, const json_t *args)
{
	size_t eaten = 0;

	(void)args;
	for (; eaten < 4096; eaten++) {
		void *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			       -1, 0);

		if (p == MAP_FAILED)
			break;
	}
	return exh_emit_as(w, "mib", json_integer((json_int_t)eaten));
}

/* Each row: a thing that a worker must not be able to do; true where it could. */
static bool can_open(void)
{
	return open("/etc/passwd", O_RDONLY) >= 0;
}

static bool can_write_file(void)
{
	return open("/tmp/exhibit-worker-test", O_WRONLY | O_CREAT, 0600) >= 0;
}

static bool can_connect(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static bool can_fork(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return pid > 0;
}

static bool can_exec(void)
{
	char *argv[] = {(char *)"/bin/true", NULL};

	execv(argv[0], argv);
	return errno != EPERM && errno != EACCES;
}

static bool can_kill(void)
{
	return !kill(getppid(), 0);
}

static bool can_trace(void)
{
	return !ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static bool can_rename(void)
{
	return !rename("/tmp", "/tmp2") || errno != EPERM;
}

static const struct {
	const char *what;
	bool (*can)(void);
} forbidden[] = {
	{"open a file", can_open},	 {"write a file", can_write_file},
	{"make a socket", can_connect},	 {"fork", can_fork},
	{"execute a program", can_exec}, {"signal its guardian", can_kill},
	{"trace a process", can_trace},	 {"rename", can_rename},
};

static int task_escape(struct exh_worker *w, const json_t *args)
{
	(void)args;
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		if (forbidden[i].can())
			exh_emit_row(w, "escaped", json_string(forbidden[i].what));
	return exh_emit_as(w, "tried", json_integer(sizeof(forbidden) / sizeof(forbidden[0])));
}

/* What it inherited: standard streams, the answer, and what it was given. */
static int task_descriptors(struct exh_worker *w, const json_t *args)
{
	json_int_t open_fds = 0;

	(void)args;
	for (int fd = 0; fd < 1024; fd++)
		open_fds += fcntl(fd, F_GETFD) >= 0;
	return exh_emit_as(w, "open", json_integer(open_fds));
}

static const struct exh_task tasks[] = {
	{"answer", EXH_PROBER, NULL, task_answer},
	{"fail", EXH_PROBER, NULL, task_fail},
	{"crash", EXH_PROBER, NULL, task_crash},
	{"leave", EXH_PROBER, NULL, task_leave},
	{"babble", EXH_PROBER, NULL, task_babble},
	{"endless-line", EXH_STREAM, NULL, task_endless_line},
	{"flood", EXH_STREAM, NULL, task_flood},
	{"eat", EXH_PROBER, NULL, task_eat},
	{"escape", EXH_PROBER, NULL, task_escape},
	{"descriptors", EXH_PROBER, NULL, task_descriptors},
	{NULL, EXH_PROBER, NULL, NULL},
};

static struct exh_ctx ctx = {.helper = -1};

static int start(void **state)
{
	(void)state;
	return exh_workers_start(&ctx, tasks);
}

static int stop(void **state)
{
	(void)state;
	exh_workers_stop(&ctx);
	return 0;
}

static int collect(const char *task, json_t *args, json_t *facts)
{
	_cleanup_json_ json_t *owned = args ? args : json_object();
	struct exh_job_spec spec = {.task = task, .args = owned};

	return exh_job_collect(&ctx, &spec, facts, 1 << 20);
}

static void test_answer_is_merged(void **state)
{
	_cleanup_json_ json_t *facts = json_object(), *args = json_pack("{s:i}", "x", 5);
	int fd = memfd_create("given", MFD_CLOEXEC);
	struct exh_job_spec spec = {.task = "answer", .args = args, .fds = &fd, .nr_fds = 1};

	(void)state;
	assert_int_equal(exh_write_all(fd, "evidence", 8), 0);
	assert_int_equal(exh_job_collect(&ctx, &spec, facts, 1 << 20), 0);
	assert_string_equal(exh_json_str(facts, "read"), "evidence");
	assert_int_equal(exh_json_u64(facts, "args", 0), 5);
	assert_int_equal(json_array_size(json_object_get(facts, "rows")), 2);
	assert_true(exh_problems_has(facts, EXH_P_TAIL_BYTES));
	close(fd);
}

static void test_error_keeps_its_text_and_code(void **state)
{
	_cleanup_json_ json_t *facts = json_object();

	(void)state;
	assert_int_equal(collect("fail", NULL, facts), -EXH_E_FORMAT);
	assert_string_equal(ctx.text, "sector 7: nonsense");
}

static void expect_worker_error(const char *task, json_t *args, const char *text)
{
	_cleanup_json_ json_t *facts = json_object();

	assert_int_equal(collect(task, args, facts), -EXH_E_WORKER);
	assert_non_null(strstr(ctx.text, text));
}

static void test_death_is_named(void **state)
{
	(void)state;
	expect_worker_error("crash", NULL, "was ended by signal 6");
	expect_worker_error("leave", NULL, "stopped with status 7");
}

static void test_lies_are_no_answers(void **state)
{
	static const char *const lies[] = {"no json", "[1]", "7", "{\"a\":1,\"a\":2}", "{\"a\":"};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		expect_worker_error("babble", json_pack("{s:s}", "text", lies[i]),
				    "sent what is no answer");
	expect_worker_error("endless-line", NULL, "line without end");
	expect_worker_error("flood", NULL, "said more than");
}

static void test_an_unknown_task_is_an_error(void **state)
{
	expect_worker_error("no-such-task", NULL, "could not be started");
	(void)state;
}

static void test_nothing_forbidden_can_be_done(void **state)
{
	_cleanup_json_ json_t *facts = json_object();
	const json_t *what;
	size_t i;

	(void)state;
	assert_int_equal(collect("escape", NULL, facts), 0);
	assert_int_equal(exh_json_u64(facts, "tried", 0), sizeof(forbidden) / sizeof(forbidden[0]));
	json_array_foreach (json_object_get(facts, "escaped"), i, what)
		fail_msg("a worker could %s", json_string_value(what));
}

static void test_memory_is_bounded(void **state)
{
	_cleanup_json_ json_t *facts = json_object();

	(void)state;
	if (HAVE_SANITIZER) {
		print_message("# skip: shadow memory needs the address space; the normal build "
			      "tests this\n");
		skip();
	}
	assert_int_equal(collect("eat", NULL, facts), 0);
	assert_in_range(exh_json_u64(facts, "mib", 0), 100, 512);
}

static void test_only_given_descriptors_are_open(void **state)
{
	_cleanup_json_ json_t *facts = json_object();
	int leaked = open("/dev/null", O_RDONLY); /* without O_CLOEXEC on purpose */

	(void)state;
	assert_int_equal(collect("descriptors", NULL, facts), 0);
	assert_in_range(exh_json_u64(facts, "open", 0), 3, 4);
	close(leaked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer_is_merged),
		cmocka_unit_test(test_error_keeps_its_text_and_code),
		cmocka_unit_test(test_death_is_named),
		cmocka_unit_test(test_lies_are_no_answers),
		cmocka_unit_test(test_an_unknown_task_is_an_error),
		cmocka_unit_test(test_nothing_forbidden_can_be_done),
		cmocka_unit_test(test_memory_is_bounded),
		cmocka_unit_test(test_only_given_descriptors_are_open),
	};

	return cmocka_run_group_tests_name("worker", tests, start, stop);
}
