// SPDX-License-Identifier: Apache-2.0
/*
 * What a confined command may do: the capabilities that analysis as root needs, and every system
 * call but those that could undo the confinement, change a block device by its driver, or reach
 * into other processes and the kernel.
 */
#include <errno.h>
#include <linux/blkpg.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/landlock.h>
#include <linux/loop.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sandbox.h"
#include "confine_parts.h"

/* Not CAP_DAC_READ_SEARCH: with it open_by_handle_at(2) finds a file by its number, past every
 * mount. */
static const int kept_capabilities[] = {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID,
					CAP_KILL,  CAP_SETGID,	     CAP_SETUID};

static uint64_t kept_mask(void)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < sizeof(kept_capabilities) / sizeof(kept_capabilities[0]); i++)
		mask |= 1ULL << kept_capabilities[i];
	return mask;
}

/* The bounding set first: to change it takes a capability that goes next. */
static int drop_capabilities(struct exh_ctx *ctx)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {{0}};
	uint64_t kept = kept_mask();

	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!(kept >> cap & 1) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return exh_fail_errno(ctx, "capability %d cannot be given up", cap);
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 ||
	    syscall(SYS_capget, &header, data) < 0)
		return exh_fail_errno(ctx, "capabilities cannot be given up");
	for (int i = 0; i < 2; i++) {
		data[i].permitted &= (uint32_t)(kept >> (32 * i));
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &header, data) < 0)
		return exh_fail_errno(ctx, "capabilities cannot be given up");
	return 0;
}

/* Abstract sockets have no path that could be covered (Landlock ABI 6,
 * Documentation/userspace-api/landlock.rst). */
static int scope_abstract_sockets(struct exh_ctx *ctx)
{
	struct {
		uint64_t fs, net, scoped;
	} rights = {0, 0, 1};
	_cleanup_fd_ int ruleset = -1;

	if (exh_sandbox_landlock_abi() < 6)
		return 0;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &rights, sizeof(rights), 0);
	if (ruleset < 0 || syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return exh_fail_errno(ctx, "Landlock cannot be entered");
	return 0;
}

static const int refused_calls[] = {
	/* the view of the files */
	SCMP_SYS(mount), SCMP_SYS(umount), SCMP_SYS(umount2), SCMP_SYS(move_mount),
	SCMP_SYS(open_tree), SCMP_SYS(fsopen), SCMP_SYS(fsconfig), SCMP_SYS(fsmount),
	SCMP_SYS(fspick), SCMP_SYS(mount_setattr), SCMP_SYS(pivot_root), SCMP_SYS(chroot),
	SCMP_SYS(setns), SCMP_SYS(open_by_handle_at), SCMP_SYS(swapon), SCMP_SYS(swapoff),
	SCMP_SYS(quotactl), SCMP_SYS(quotactl_fd), SCMP_SYS(fanotify_init),
	/* requests that this filter would not see */
	SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register),
	/* other processes */
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
	SCMP_SYS(pidfd_getfd), SCMP_SYS(kcmp), SCMP_SYS(process_madvise),
	/* the kernel */
	SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(init_module), SCMP_SYS(finit_module),
	SCMP_SYS(delete_module), SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(reboot),
	SCMP_SYS(iopl), SCMP_SYS(ioperm), SCMP_SYS(userfaultfd), SCMP_SYS(add_key),
	SCMP_SYS(request_key), SCMP_SYS(keyctl), SCMP_SYS(acct), SCMP_SYS(syslog),
	SCMP_SYS(vhangup),
	/* the clock of the record */
	SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(clock_settime64),
	SCMP_SYS(clock_adjtime), SCMP_SYS(adjtimex), SCMP_SYS(stime), SCMP_SYS(sethostname),
	SCMP_SYS(setdomainname)};

/* By number where the header is not for user space or would clash. */
static const unsigned refused_requests[] = {BLKROSET,
					    BLKRRPART,
					    BLKPG,
					    BLKDISCARD,
					    BLKSECDISCARD,
					    BLKZEROOUT,
					    BLKFLSBUF,
					    BLKBSZSET,
					    BLKRASET,
					    BLKFRASET,
					    LOOP_SET_FD,
					    LOOP_CLR_FD,
					    LOOP_SET_STATUS,
					    LOOP_SET_STATUS64,
					    LOOP_CHANGE_FD,
					    LOOP_SET_CAPACITY,
					    LOOP_SET_DIRECT_IO,
					    LOOP_SET_BLOCK_SIZE,
					    LOOP_CONFIGURE,
					    LOOP_CTL_ADD,
					    LOOP_CTL_REMOVE,
					    LOOP_CTL_GET_FREE,
					    0x2285 /* SG_IO */,
					    0x5393 /* CDROM_SEND_PACKET */,
					    0x5309 /* CDROMEJECT */,
					    0x031d /* HDIO_DRIVE_TASKFILE */,
					    0x031e /* HDIO_DRIVE_TASK */,
					    0x031f /* HDIO_DRIVE_CMD */,
					    0xc0484e41 /* NVME_IOCTL_ADMIN_CMD */,
					    0x40304e42 /* NVME_IOCTL_SUBMIT_IO */,
					    0xc0484e43 /* NVME_IOCTL_IO_CMD */,
					    0xc0504e47 /* NVME_IOCTL_ADMIN64_CMD */,
					    0xc0504e48 /* NVME_IOCTL_IO64_CMD */,
					    0x5412 /* TIOCSTI */,
					    0x541c /* TIOCLINUX */};

static const unsigned new_namespaces[] = {CLONE_NEWUSER,   CLONE_NEWNS,	 CLONE_NEWPID,
					  CLONE_NEWIPC,	   CLONE_NEWNET, CLONE_NEWUTS,
					  CLONE_NEWCGROUP, 0x80 /* CLONE_NEWTIME */};

static int refuse_requests(scmp_filter_ctx filter)
{
	int r = 0;

	/* The kernel looks at 32 bits of the request, so the filter must not look at more. */
	for (size_t i = 0; !r && i < sizeof(refused_requests) / sizeof(refused_requests[0]); i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
				     SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, refused_requests[i]));
	return r;
}

/* In clone(2) the bit of CLONE_NEWTIME belongs to the signal number; clone3 hides its flags from
 * filters, so libc is sent back to clone. */
static int refuse_namespaces(scmp_filter_ctx filter)
{
	int r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);

	for (size_t i = 0; !r && i < sizeof(new_namespaces) / sizeof(new_namespaces[0]); i++) {
		scmp_datum_t flag = new_namespaces[i];

		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(unshare), 1,
				     SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag));
		if (!r && flag != 0x80)
			r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
					     SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag));
	}
	return r;
}

/* Calls that an architecture does not have are none to refuse there. */
static int refuse_calls(scmp_filter_ctx filter)
{
	int r = 0;

	for (size_t i = 0; !r && i < sizeof(refused_calls) / sizeof(refused_calls[0]); i++) {
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), refused_calls[i], 0);
		if (r == -EDOM || r == -EFAULT)
			r = 0;
	}
	return r;
}

/* The other calling conventions of the processor have other numbers: who uses one is ended. */
static int enter_filter(struct exh_ctx *ctx)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r = filter ? seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS)
		       : -ENOMEM;

	if (!r)
		r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!r)
		r = refuse_calls(filter);
	if (!r)
		r = refuse_namespaces(filter);
	if (!r)
		r = refuse_requests(filter);
	if (!r)
		r = seccomp_load(filter);
	seccomp_release(filter);
	if (r < 0) {
		errno = -r;
		return exh_fail_errno(ctx, "the system call filter cannot be entered");
	}
	return 0;
}

int exh_confine_drop_privileges(struct exh_ctx *ctx)
{
	struct rlimit none = {0, 0};
	int r;

	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return exh_fail_errno(ctx, "core dumps cannot be forbidden");
	r = drop_capabilities(ctx);
	if (!r && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		r = exh_fail_errno(ctx, "privileges cannot be given up");
	if (!r)
		r = scope_abstract_sockets(ctx);
	if (!r)
		r = enter_filter(ctx);
	return r;
}
