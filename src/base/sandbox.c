// SPDX-License-Identifier: Apache-2.0
#include "sandbox.h"

#include <errno.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"

#define MIB (1024ULL * 1024)

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAVE_SHADOW_MEMORY 1
#else
#define HAVE_SHADOW_MEMORY 0
#endif

static const struct {
	uint64_t address_space, cpu_seconds;
} limits[] = {
	[EXH_PROBER] = {512 * MIB, 60},
	[EXH_STREAM] = {2048 * MIB, 0},
	[EXH_SERVER] = {2048 * MIB, 0},
};

/* Landlock access rights by ABI version (Documentation/userspace-api/landlock.rst): version 1 has
 * 13, then one bit more each. */
static uint64_t landlock_rights(int abi)
{
	int bits = abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14 : 13;

	return (1ULL << bits) - 1;
}

int exh_sandbox_landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi < 0 ? 0 : (int)abi;
}

static int enter_landlock(struct exh_ctx *ctx)
{
	struct {
		uint64_t fs, net, scoped;
	} rights = {0};
	_cleanup_fd_ int ruleset = -1;
	int abi = exh_sandbox_landlock_abi();
	size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;

	if (!abi)
		return 0;
	rights.fs = landlock_rights(abi);
	rights.net = abi >= 4 ? 3 : 0;
	rights.scoped = abi >= 6 ? 3 : 0;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &rights, size, 0);
	if (ruleset < 0 || syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return exh_fail_errno(ctx, "Landlock cannot be entered");
	return 0;
}

static int set_limit(struct exh_ctx *ctx, __rlimit_resource_t what, uint64_t value)
{
	struct rlimit limit = {value, value};

	if (setrlimit(what, &limit) < 0)
		return exh_fail_errno(ctx, "resource limit %d cannot be set", (int)what);
	return 0;
}

static int enter_limits(struct exh_ctx *ctx, enum exh_worker_kind kind)
{
	int r = set_limit(ctx, RLIMIT_CORE, 0);

	if (!r)
		r = set_limit(ctx, RLIMIT_FSIZE, 0);
	if (!r && !HAVE_SHADOW_MEMORY)
		r = set_limit(ctx, RLIMIT_AS, limits[kind].address_space);
	if (!r && limits[kind].cpu_seconds)
		r = set_limit(ctx, RLIMIT_CPU, limits[kind].cpu_seconds);
	return r;
}

static const int allowed[] = {
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(pread64),
	SCMP_SYS(preadv),
	SCMP_SYS(preadv2),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(lseek),
	SCMP_SYS(close),
	SCMP_SYS(fstat),
	SCMP_SYS(fstatfs),
	SCMP_SYS(fcntl),
	SCMP_SYS(fadvise64),
	SCMP_SYS(readahead),
	SCMP_SYS(mmap),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(mprotect),
	SCMP_SYS(madvise),
	SCMP_SYS(mincore),
	SCMP_SYS(brk),
	SCMP_SYS(futex),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(get_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(getcpu),
	SCMP_SYS(gettid),
	SCMP_SYS(getpid),
	SCMP_SYS(getppid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(getrusage),
	SCMP_SYS(times),
	SCMP_SYS(sysinfo),
	SCMP_SYS(uname),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(getrandom),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(tgkill),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(pipe2),
	SCMP_SYS(splice),
	SCMP_SYS(vmsplice),
	SCMP_SYS(tee),
	SCMP_SYS(dup),
	SCMP_SYS(eventfd2),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(getrlimit),
};

/* Threads, and nothing that is not a thread; clone3 hides its flags from filters, so libc is sent
 * back to clone. */
static int allow_threads(scmp_filter_ctx filter)
{
	int r = seccomp_rule_add(
		filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM));

	if (!r)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (!r)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
				     SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
	/* sysconf() asks for limits with prlimit64; setting one passes a pointer in the third
	 * argument */
	if (!r)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
				     SCMP_A2(SCMP_CMP_EQ, 0));
	return r;
}

static int enter_seccomp(struct exh_ctx *ctx)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r = filter ? allow_threads(filter) : -ENOMEM;

	for (size_t i = 0; !r && i < sizeof(allowed) / sizeof(allowed[0]); i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	if (!r)
		r = seccomp_load(filter);
	seccomp_release(filter);
	if (r < 0) {
		errno = -r;
		return exh_fail_errno(ctx, "the system call filter cannot be entered");
	}
	return 0;
}

int exh_sandbox_enter(struct exh_ctx *ctx, enum exh_worker_kind kind)
{
	int r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return exh_fail_errno(ctx, "privileges cannot be given up");
	r = enter_limits(ctx, kind);
	if (!r)
		r = enter_landlock(ctx);
	if (!r)
		r = enter_seccomp(ctx);
	return r;
}
