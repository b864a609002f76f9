// SPDX-License-Identifier: Apache-2.0
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/landlock.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "facts.h"
#include "sandbox.h"
#include "text.h"

#define MEMORY_LIMIT (6ULL << 30)
#define OUTPUT_LIMIT (1ULL << 30)
#define STEP_MS	     200

struct child {
	char scratch[32]; /* a directory of its own, the only place it can write to */
	pid_t pid;
	int pidfd, in, out, err;
};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

static void cleanup_child(struct child *c)
{
	if (c->pid > 0) {
		kill(c->pid, SIGKILL);
		waitpid(c->pid, NULL, 0);
	}
	if (*c->scratch)
		nftw(c->scratch, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	exh_cleanup_fd(&c->pidfd);
	exh_cleanup_fd(&c->in);
	exh_cleanup_fd(&c->out);
	exh_cleanup_fd(&c->err);
}

int exh_program_find(struct exh_ctx *ctx, const char *name, char **path_ret)
{
	const char *list = getenv("PATH");
	_cleanup_free_ char *copy = strdup(list ? list : "/usr/local/bin:/usr/bin:/bin");
	char *rest = NULL;

	if (!copy)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	for (char *dir = strtok_r(copy, ":", &rest); dir; dir = strtok_r(NULL, ":", &rest)) {
		_cleanup_free_ char *path = NULL;

		if (*dir != '/')
			continue;
		if (asprintf(&path, "%s/%s", dir, name) < 0) {
			path = NULL;
			return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
		}
		if (!access(path, X_OK)) {
			*path_ret = steal(&path);
			return 0;
		}
	}
	return 1;
}

/* ---- in the child: no context, no memory of the heap that matters ---- */

static void limit(__rlimit_resource_t what, uint64_t value)
{
	struct rlimit l = {value, value};

	setrlimit(what, &l);
}

/* Nothing that could open a connection or undo the rest. */
static int refuse_calls(void)
{
	static const int calls[] = {
		SCMP_SYS(socket), SCMP_SYS(socketpair),	    SCMP_SYS(connect),
		SCMP_SYS(bind),	  SCMP_SYS(io_uring_setup), SCMP_SYS(ptrace),
		SCMP_SYS(mount),  SCMP_SYS(unshare),	    SCMP_SYS(setns),
		SCMP_SYS(bpf),	  SCMP_SYS(kexec_load),	    SCMP_SYS(process_vm_writev)};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r = filter ? 0 : -1;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]) && r == 0; i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), calls[i], 0);
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r;
}

#define READING                                                                                    \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

static void permit(int ruleset, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = rights,
		.parent_fd = open(path, O_PATH | O_CLOEXEC),
	};

	if (rule.parent_fd < 0)
		return;
	syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
}

/* Reads the installation, and the prefix that the program lies in; writes to its scratch directory.
 */
static int restrict_files(const char *prefix, const char *scratch)
{
	static const char *const installation[] = {
		"/usr", "/lib", "/lib64", "/bin", "/etc", "/opt", "/var/cache/fontconfig"};
	struct {
		uint64_t fs;
	} rights = {(1ULL << 13) - 1};
	int ruleset, r;

	if (!exh_sandbox_landlock_abi())
		return 0;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &rights, sizeof(rights), 0);
	if (ruleset < 0)
		return -1;
	for (size_t i = 0; i < sizeof(installation) / sizeof(installation[0]); i++)
		permit(ruleset, installation[i], READING);
	permit(ruleset, prefix, READING);
	permit(ruleset, scratch, rights.fs);
	permit(ruleset, "/proc/self", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR);
	permit(ruleset, "/dev/urandom", LANDLOCK_ACCESS_FS_READ_FILE);
	permit(ruleset, "/dev/null", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE);
	r = (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
	close(ruleset);
	return r;
}

static _Noreturn void become(const struct child *c, const char *path, const char *prefix,
			     char *const *argv, unsigned seconds)
{
	char temporary[64];
	char *environment[] = {temporary,
			       "PATH=/usr/local/bin:/usr/bin:/bin",
			       "LC_ALL=C.UTF-8",
			       "HOME=/nonexistent",
			       "PYTHONDONTWRITEBYTECODE=1",
			       "PYTHONNOUSERSITE=1",
			       NULL};

	snprintf(temporary, sizeof(temporary), "TMPDIR=%s", c->scratch);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, OUTPUT_LIMIT);
	limit(RLIMIT_CPU, seconds);
	if (dup2(c->in, 0) < 0 || dup2(c->out, 1) < 0 || dup2(c->err, 2) < 0 ||
	    close_range(3, ~0U, 0) < 0 || chdir("/") < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || restrict_files(prefix, c->scratch) < 0 ||
	    refuse_calls() < 0)
		_exit(126);
	limit(RLIMIT_AS, MEMORY_LIMIT);
	execve(path, argv, environment);
	_exit(127);
}

/* ---- the parent ---- */

static int memory_file(struct exh_ctx *ctx, const char *name, const void *bytes, size_t n)
{
	_cleanup_fd_ int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0 || exh_write_all(fd, bytes, n) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return exh_fail_errno(ctx, "%s: no file in memory", name);
	return steal_fd(&fd);
}

static int last_words(struct exh_ctx *ctx, const char *name, int fd)
{
	char tail[400] = "";
	off_t end = lseek(fd, 0, SEEK_END);
	off_t from = end > (off_t)sizeof(tail) - 1 ? end - (off_t)sizeof(tail) + 1 : 0;
	int64_t n = exh_pread_all(fd, tail, sizeof(tail) - 1, (uint64_t)from);
	_cleanup_free_ char *visible = NULL;
	char *line;

	tail[n > 0 ? n : 0] = 0;
	while (n > 0 && tail[n - 1] == '\n')
		tail[--n] = 0;
	line = strrchr(tail, '\n');
	visible = exh_text_visible(line ? line + 1 : tail);
	return exh_fail(ctx, EXH_E_SYSTEM, "%s failed: %s", name,
			visible && *visible ? visible : "it gave no reason");
}

static int wait_for_end(struct exh_ctx *ctx, struct child *c, const struct exh_program *program)
{
	struct pollfd p = {.fd = c->pidfd, .events = POLLIN};
	uint64_t waited = 0;
	int status;

	while (poll(&p, 1, STEP_MS) <= 0) {
		waited += STEP_MS;
		if (exh_interrupted(ctx))
			return exh_fail(ctx, EXH_E_INTERRUPTED, "%s: interrupted",
					program->argv[0]);
		if (waited > program->seconds * 1000ULL)
			return exh_fail(ctx, EXH_E_SYSTEM, "%s was ended: not ready after %u s",
					program->argv[0], program->seconds);
	}
	if (waitpid(c->pid, &status, 0) < 0)
		return exh_fail_errno(ctx, "%s", program->argv[0]);
	c->pid = -1;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	if (WIFSIGNALED(status))
		return exh_fail(ctx, EXH_E_SYSTEM, "%s was ended by signal %d (%s)",
				program->argv[0], WTERMSIG(status), strsignal(WTERMSIG(status)));
	return last_words(ctx, program->argv[0], c->err);
}

static int take_output(struct exh_ctx *ctx, int fd, char **output_ret, size_t *size_ret)
{
	_cleanup_free_ char *bytes = NULL;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return exh_fail_errno(ctx, "its output");
	bytes = malloc((size_t)st.st_size + 1);
	if (!bytes)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	if (exh_pread_all(fd, bytes, (size_t)st.st_size, 0) != st.st_size)
		return exh_fail_errno(ctx, "its output cannot be read");
	bytes[st.st_size] = 0;
	*size_ret = (size_t)st.st_size;
	*output_ret = steal(&bytes);
	return 0;
}

static int start(struct exh_ctx *ctx, struct child *c, const char *path,
		 const struct exh_program *program)
{
	_cleanup_free_ char *real = realpath(path, NULL);
	char *slash = real ? strrchr(real, '/') : NULL;

	if (slash) /* PREFIX/bin/NAME */
		*slash = 0;
	slash = real ? strrchr(real, '/') : NULL;
	if (slash && slash != real)
		*slash = 0;
	if (!mkdtemp(strcpy(c->scratch, "/tmp/exhibit-XXXXXX"))) {
		*c->scratch = 0;
		return exh_fail_errno(ctx, "%s: no directory below /tmp", program->argv[0]);
	}
	c->in = memory_file(ctx, "input", program->input, program->input_size);
	c->out = c->in < 0 ? -1 : memory_file(ctx, "output", "", 0);
	c->err = c->out < 0 ? -1 : memory_file(ctx, "messages", "", 0);
	if (c->err < 0)
		return -ctx->code;
	c->pid = fork();
	if (c->pid == 0)
		become(c, path, real ? real : "/usr", (char *const *)program->argv,
		       program->seconds);
	c->pidfd = c->pid < 0 ? -1 : (int)syscall(SYS_pidfd_open, c->pid, 0);
	return c->pidfd < 0 ? exh_fail_errno(ctx, "%s cannot be started", program->argv[0]) : 0;
}

int exh_program_run(struct exh_ctx *ctx, const struct exh_program *program, char **output_ret,
		    size_t *size_ret)
{
	_cleanup_(cleanup_child) struct child c = {"", -1, -1, -1, -1, -1};
	_cleanup_free_ char *path = NULL;
	int r = exh_program_find(ctx, program->argv[0], &path);

	if (r > 0)
		return exh_fail(ctx, EXH_E_MISSING, "%s is not installed (%s)", program->argv[0],
				program->to_install);
	if (r == 0)
		r = start(ctx, &c, path, program);
	if (r == 0)
		r = wait_for_end(ctx, &c, program);
	return r < 0 ? r : take_output(ctx, c.out, output_ret, size_ret);
}
