// SPDX-License-Identifier: Apache-2.0
#include "file_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "mountinfo.h"

#define FUSERMOUNT    "fusermount3"
#define MAX_READ      "1048576"
#define READ_AHEAD_KB "1024"

const char *exh_file_mount_advice(int error)
{
	if (error == EACCES || error == EPERM)
		return "be root, or have the administrator allow it: chmod 666 /dev/fuse";
	return "try: modprobe fuse";
}

static int mount_as_root(struct exh_ctx *ctx, const char *dir)
{
	_cleanup_fd_ int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[160];

	if (fd < 0)
		return exh_fail_errno(ctx, "/dev/fuse cannot be opened (%s)",
				      exh_file_mount_advice(errno));
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40000,user_id=0,group_id=0,default_permissions,allow_other,max_"
		 "read=" MAX_READ,
		 fd);
	if (mount("exhibit", dir, EXH_FILE_MOUNT_TYPE,
		  MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME, options) < 0)
		return exh_fail_errno(ctx, "%s: cannot be mounted", dir);
	return steal_fd(&fd);
}

static int receive_fd(int sock)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec iov = {&byte, 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.buf,
			     .msg_controllen = sizeof(control.buf)};
	struct cmsghdr *c;
	ssize_t n;
	int fd = -1;

	do {
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	c = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

/* Runs fusermount3; its end of the socket (or -1) becomes the descriptor that _FUSE_COMMFD names.
 */
static pid_t start_fusermount(char *const *argv, int sock)
{
	pid_t pid = fork();
	char number[16];

	if (pid)
		return pid;
	if (sock >= 0) {
		fcntl(sock, F_SETFD, 0);
		snprintf(number, sizeof(number), "%d", sock);
		setenv("_FUSE_COMMFD", number, 1);
	}
	dup2(STDERR_FILENO, STDOUT_FILENO);
	execvp(argv[0], argv);
	_exit(127);
}

static int wait_for(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int fail_of_fusermount(struct exh_ctx *ctx, const char *dir, int status)
{
	if (status == 127)
		return exh_fail(ctx, EXH_E_MISSING,
				FUSERMOUNT " is not installed (Debian: apt-get install fuse3)");
	return exh_fail(ctx, EXH_E_SYSTEM, "%s: " FUSERMOUNT " ended with status %d", dir, status);
}

static int mount_as_user(struct exh_ctx *ctx, const char *dir)
{
	char *argv[] = {FUSERMOUNT,
			"-o",
			"ro,nosuid,nodev,noexec,noatime,default_permissions,subtype=exhibit,"
			"fsname=exhibit,max_read=" MAX_READ,
			"--",
			(char *)dir,
			NULL};
	_cleanup_fd_ int ours = -1, theirs = -1, fd = -1;
	int pair[2], status;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return exh_fail_errno(ctx, "no socket for " FUSERMOUNT);
	ours = pair[0];
	theirs = pair[1];
	pid = start_fusermount(argv, theirs);
	if (pid < 0)
		return exh_fail_errno(ctx, FUSERMOUNT " cannot be started");
	close(steal_fd(&theirs));
	fd = receive_fd(ours);
	status = wait_for(pid);
	if (status || fd < 0)
		return fail_of_fusermount(ctx, dir, status);
	return steal_fd(&fd);
}

int exh_file_mount(struct exh_ctx *ctx, const char *dir)
{
	return geteuid() ? mount_as_user(ctx, dir) : mount_as_root(ctx, dir);
}

bool exh_file_mounted(const char *dir)
{
	struct exh_mount m = {0};
	bool is_ours = !exh_mountinfo_at(dir, &m) && !strcmp(m.type, EXH_FILE_MOUNT_TYPE);

	exh_mount_clear(&m);
	return is_ours;
}

static int unmount_as_user(struct exh_ctx *ctx, const char *dir)
{
	char *argv[] = {FUSERMOUNT, "-u", "-q", "--", (char *)dir, NULL};
	pid_t pid = start_fusermount(argv, -1);
	int status;

	if (pid < 0)
		return exh_fail_errno(ctx, FUSERMOUNT " cannot be started");
	status = wait_for(pid);
	if (!status)
		return 0;
	return status == 127 ? fail_of_fusermount(ctx, dir, status)
			     : exh_fail(ctx, EXH_E_BUSY, "%s: is in use", dir);
}

void exh_file_mount_read_far(int fd)
{
	_cleanup_fd_ int control = -1;
	char path[64];
	struct stat st;

	if (fstat(fd, &st) < 0)
		return;
	snprintf(path, sizeof(path), "/sys/class/bdi/%u:%u/read_ahead_kb", major(st.st_dev),
		 minor(st.st_dev));
	control = open(path, O_WRONLY | O_CLOEXEC);
	if (control >= 0)
		exh_write_all(control, READ_AHEAD_KB, strlen(READ_AHEAD_KB));
}

int exh_file_unmount(struct exh_ctx *ctx, const char *dir)
{
	while (exh_file_mounted(dir)) {
		if (geteuid()) {
			int r = unmount_as_user(ctx, dir);

			if (r < 0)
				return r;
		} else if (umount2(dir, UMOUNT_NOFOLLOW) < 0) {
			return exh_fail_errno(ctx, "%s: cannot be unmounted", dir);
		}
	}
	return 0;
}
