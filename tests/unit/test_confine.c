// SPDX-License-Identifier: Apache-2.0
/* A confined command: what comes back from it, what it cannot change, and that nothing of it stays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "case/confine.h"

static volatile sig_atomic_t interrupted;

struct place {
	struct exh_ctx ctx;
	char dir[64], evidence[96];
	const char *evidence_list[2], *none[1];
	char output[65536];
};

static int set_up(void **state)
{
	static const char content[] = "evidence";
	struct place *p = calloc(1, sizeof(*p));
	int fd;

	interrupted = 0;
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	p->ctx = (struct exh_ctx){.helper = -1, .interrupted = &interrupted};
	snprintf(p->dir, sizeof(p->dir), "/tmp/test_confine.XXXXXX");
	if (!mkdtemp(p->dir) || chdir(p->dir) < 0)
		return -1;
	snprintf(p->evidence, sizeof(p->evidence), "%s/image.raw", p->dir);
	p->evidence_list[0] = p->evidence;
	fd = open(p->evidence, O_WRONLY | O_CREAT, 0644);
	if (fd < 0 || exh_write_all(fd, content, strlen(content)) < 0)
		return -1;
	close(fd);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", p->dir);
	free(p);
	return chdir("/") < 0 || system(command) ? -1 : 0;
}

/* What a command prints goes to our standard error, where it would tear the lines of the test's own protocol. */
static int run_quietly(struct place *p, const struct exh_confine_spec *spec, json_t **result)
{
	int kept = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY), r;

	dup2(null, STDERR_FILENO);
	r = exh_confine_run(&p->ctx, spec, result);
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(null);
	return r;
}

/* Runs a line of shell; what it printed to standard output is in p->output. */
static json_t *run(struct place *p, const char *shell, struct exh_confine_spec spec)
{
	char *argv[] = {"sh", "-c", (char *)shell, NULL};
	FILE *out = tmpfile();
	json_t *result = NULL;
	size_t n;
	int r;

	if (!spec.argv)
		spec.argv = argv;
	spec.evidence = spec.evidence ? spec.evidence : p->evidence_list;
	spec.devices = p->none;
	spec.stdout_fd = fileno(out);
	spec.stderr_fd = -1;
	r = run_quietly(p, &spec, &result);
	if (r < 0 && r != -EXH_E_INTERRUPTED)
		fail_msg("%s", p->ctx.text);
	rewind(out);
	n = fread(p->output, 1, sizeof(p->output) - 1, out);
	p->output[n] = 0;
	fclose(out);
	return result;
}

static int status_of(struct place *p, const char *shell)
{
	_cleanup_json_ json_t *result = run(p, shell, (struct exh_confine_spec){0});

	return (int)exh_json_u64(result, "exit_status", 1000);
}

static void require_confinement(struct place *p)
{
	if (exh_confine_available(&p->ctx) < 0) {
		print_message("%s\n", p->ctx.text);
		skip();
	}
}

static void says_how_it_ended(void **state)
{
	struct place *p = *state;
	_cleanup_json_ json_t *killed = NULL;

	require_confinement(p);
	assert_int_equal(status_of(p, "exit 0"), 0);
	assert_int_equal(status_of(p, "exit 42"), 42);
	killed = run(p, "kill -KILL $$", (struct exh_confine_spec){0});
	assert_int_equal(exh_json_u64(killed, "signal", 0), SIGKILL);
	assert_null(json_object_get(killed, "exit_status"));
	assert_true(json_is_true(json_object_get(killed, "confined")));
	assert_int_equal(json_array_size(json_object_get(killed, "argv")), 3);
}

static void names_a_command_that_is_not_there(void **state)
{
	struct place *p = *state;
	char *argv[] = {"no-such-command-anywhere", NULL};

	for (int unconfined = 0; unconfined < 2; unconfined++) {
		_cleanup_json_ json_t *result = NULL;

		if (!unconfined && exh_confine_available(&p->ctx) < 0)
			continue;
		result = run(p, NULL,
			     (struct exh_confine_spec){.argv = argv, .unconfined = unconfined});
		assert_int_equal(exh_json_u64(result, "exit_status", 0), 127);
		assert_string_equal(exh_json_str(result, "error"),
				    "no-such-command-anywhere: command not found");
	}
}

static void keeps_what_it_prints(void **state)
{
	struct place *p = *state;

	require_confinement(p);
	assert_int_equal(status_of(p, "echo printed; echo complaint >&2; cat"), 0);
	assert_string_equal(p->output, "printed\n");
	assert_int_equal(status_of(p, "head -c 1000000 /dev/zero | tr '\\0' x | tail -c 3000"), 0);
	assert_int_equal(strlen(p->output), 3000);
}

static void gives_its_environment_and_no_older_one(void **state)
{
	struct place *p = *state;
	char *env[] = {"EXHIBIT_P1=/dev/loop9", NULL};
	_cleanup_json_ json_t *result = NULL;

	require_confinement(p);
	setenv("EXHIBIT_P1", "older", 1);
	setenv("EXHIBIT_P2", "older", 1);
	result = run(p, "echo $EXHIBIT_P1 $EXHIBIT_P2", (struct exh_confine_spec){.env = env});
	assert_string_equal(p->output, "/dev/loop9\n");
}

static void cannot_change_evidence(void **state)
{
	struct place *p = *state;
	struct stat before, after;

	require_confinement(p);
	stat(p->evidence, &before);
	assert_int_equal(
		status_of(p, "cat image.raw; echo x >> image.raw && echo WRITTEN; cp /dev/null "
			     "image.raw && "
			     "echo CUT;"
			     "rm -f image.raw && echo GONE; mv image.raw other && echo MOVED;"
			     "chmod 777 image.raw && echo MODE; touch image.raw && echo TOUCHED;"
			     "ln image.raw link && echo LINKED; exit 0"),
		0);
	assert_string_equal(p->output, "evidence");
	stat(p->evidence, &after);
	assert_int_equal(after.st_size, 8);
	assert_int_equal(after.st_mode, before.st_mode);
	assert_int_equal(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
	assert_int_equal(after.st_atim.tv_nsec, before.st_atim.tv_nsec);
	assert_int_equal(after.st_ctim.tv_nsec, before.st_ctim.tv_nsec);
}

static void withstands_the_probe(void **state)
{
	struct place *p = *state;
	const char *build = getenv("EXHIBIT_BUILD");
	char probe[4096], *argv[] = {probe, "-e", p->evidence, NULL};
	_cleanup_json_ json_t *result = NULL;

	snprintf(probe, sizeof(probe), "%s/tests/confine_probe", build ? build : "");
	require_confinement(p);
	if (access(probe, X_OK))
		skip();
	result = run(p, NULL, (struct exh_confine_spec){.argv = argv});
	assert_int_equal(exh_json_u64(result, "exit_status", 1000), 0);
}

static void cannot_change_evidence_by_another_mount(void **state)
{
	struct place *p = *state;

	require_confinement(p);
	if (geteuid() || mkdir("other", 0755) < 0 ||
	    mount(p->dir, "other", NULL, MS_BIND, NULL) < 0)
		skip();
	status_of(p, "echo x >> other/image.raw && echo WRITTEN; rm other/image.raw && echo GONE; "
		     "echo y > other/mine");
	umount("other");
	assert_string_equal(p->output, "");
	assert_int_equal(access("mine", F_OK), 0);
}

static void cannot_change_evidence_by_another_name(void **state)
{
	struct place *p = *state;

	require_confinement(p);
	assert_int_equal(link("image.raw", "second"), 0);
	status_of(p, "echo x >> second && echo WRITTEN");
	assert_string_equal(p->output, "");
}

static void cannot_see_what_is_hidden(void **state)
{
	struct place *p = *state;
	const char *hidden[] = {"/tmp/not-there/at-all", NULL, NULL};
	_cleanup_json_ json_t *result = NULL;
	char key[96];

	require_confinement(p);
	snprintf(key, sizeof(key), "%s/key", p->dir);
	fclose(fopen(key, "we"));
	hidden[1] = key;
	result = run(p, "echo forged > key && echo WRITTEN",
		     (struct exh_confine_spec){.hidden = hidden});
	assert_string_equal(p->output, "");
}

static void writes_only_where_it_may(void **state)
{
	struct place *p = *state;
	const char *writable[] = {NULL, NULL};
	_cleanup_json_ json_t *result = NULL;
	char out[96];

	require_confinement(p);
	snprintf(out, sizeof(out), "%s/out", p->dir);
	mkdir(out, 0755);
	writable[0] = out;
	result = run(p, "echo x > out/file && echo HERE; echo x > file && echo THERE",
		     (struct exh_confine_spec){.writable = writable});
	assert_string_equal(p->output, "HERE\n");
	assert_int_equal(access("out/file", F_OK), 0);
	assert_int_equal(access("file", F_OK), -1);
}

static void sleep_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

/* Daemons that would leave a file behind a while after the command itself has ended. */
static const char daemons[] =
	"(setsid sh -c 'sleep 0.5; : > first' &) & setsid sh -c 'trap \"\" TERM HUP;"
	"exec >/dev/null 2>&1; sleep 0.5; : > second' & exit 7";

static void nothing_outlives_it(void **state)
{
	struct place *p = *state;

	for (int unconfined = 0; unconfined < 2; unconfined++) {
		_cleanup_json_ json_t *result = NULL;

		if (!unconfined && exh_confine_available(&p->ctx) < 0)
			continue;
		result = run(p, daemons, (struct exh_confine_spec){.unconfined = unconfined});
		assert_int_equal(exh_json_u64(result, "exit_status", 0), 7);
		sleep_ms(900);
		assert_int_equal(access("first", F_OK), -1);
		assert_int_equal(access("second", F_OK), -1);
	}
}

static void on_alarm(int sig)
{
	(void)sig;
	interrupted = 1;
}

static void is_ended_by_an_interruption(void **state)
{
	struct place *p = *state;
	_cleanup_json_ json_t *result = NULL;

	signal(SIGALRM, on_alarm);
	alarm(1);
	result = run(p, "sleep 60",
		     (struct exh_confine_spec){.unconfined = exh_confine_available(&p->ctx) < 0});
	assert_int_equal(p->ctx.code, EXH_E_INTERRUPTED);
	assert_int_equal(exh_json_u64(result, "signal", 0), SIGTERM);
	assert_true(json_real_value(json_object_get(result, "seconds")) < 5);
}

static bool is_writable_device(const char *path)
{
	int fd = open(path, O_RDONLY), read_only = 1;

	if (fd < 0 || ioctl(fd, BLKROGET, &read_only) < 0)
		read_only = 1;
	if (fd >= 0)
		close(fd);
	return !read_only;
}

static void refuses_a_device_that_can_be_written(void **state)
{
	struct place *p = *state;
	const char *evidence[] = {"/dev/loop7", NULL};
	char *argv[] = {"true", NULL};
	struct exh_confine_spec spec = {.argv = argv,
					.evidence = evidence,
					.devices = p->none,
					.stdout_fd = -1,
					.stderr_fd = -1};
	json_t *result = NULL;

	require_confinement(p);
	if (geteuid() || !is_writable_device("/dev/loop7")) {
		print_message("# skip: there is no /dev/loop7 that could be written\n");
		skip();
	}
	assert_true(exh_confine_run(&p->ctx, &spec, &result) < 0);
	assert_null(result);
	assert_non_null(strstr(p->ctx.text, "/dev/loop7: can be written"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(says_how_it_ended),
		TEST(names_a_command_that_is_not_there),
		TEST(keeps_what_it_prints),
		TEST(gives_its_environment_and_no_older_one),
		TEST(cannot_change_evidence),
		TEST(withstands_the_probe),
		TEST(cannot_change_evidence_by_another_mount),
		TEST(cannot_change_evidence_by_another_name),
		TEST(cannot_see_what_is_hidden),
		TEST(writes_only_where_it_may),
		TEST(nothing_outlives_it),
		TEST(is_ended_by_an_interruption),
		TEST(refuses_a_device_that_can_be_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
