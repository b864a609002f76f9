// SPDX-License-Identifier: Apache-2.0
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"

int exh_read_line(const char *path, char *out, size_t size)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);

	if (n < 0)
		return -1;
	out[n] = 0;
	out[strcspn(out, "\n")] = 0;
	return 0;
}

/* proc(5): field 3 is the state, field 22 the start time; the name in field 2 may hold anything, also parentheses. */
static int start_time(pid_t pid, unsigned long long *start)
{
	char path[64], line[1024], state;
	const char *behind;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (exh_read_line(path, line, sizeof(line)) < 0)
		return -1;
	behind = strrchr(line, ')');
	if (!behind || sscanf(behind + 1,
			      " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			      "%*s %*s %llu",
			      &state, start) != 2)
		return -1;
	return state == 'Z' || state == 'X' ? -1 : 0;
}

json_t *exh_process_json(pid_t pid)
{
	unsigned long long start;

	if (start_time(pid, &start) < 0)
		return NULL;
	return json_pack("{s:i, s:I}", "pid", (int)pid, "start", (json_int_t)start);
}

bool exh_process_alive(const json_t *process)
{
	pid_t pid = (pid_t)exh_json_u64(process, "pid", 0);
	unsigned long long start;

	return pid > 0 && start_time(pid, &start) == 0 &&
	       start == exh_json_u64(process, "start", 0);
}

static bool is_gone_within(int pidfd, int ms)
{
	struct pollfd polled = {pidfd, POLLIN, 0};
	int n;

	do {
		n = poll(&polled, 1, ms);
	} while (n < 0 && errno == EINTR);
	return n > 0;
}

int exh_process_end(const json_t *process, int grace_ms)
{
	pid_t pid = (pid_t)exh_json_u64(process, "pid", 0);
	_cleanup_fd_ int pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

	/* asked after the opening: from here on pidfd means the process that was checked */
	if (pidfd < 0 || !exh_process_alive(process))
		return 0;
	syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0);
	if (is_gone_within(pidfd, grace_ms))
		return 0;
	syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	return is_gone_within(pidfd, grace_ms) ? 0 : -1;
}

void exh_process_name(pid_t pid, char out[32])
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	if (exh_read_line(path, out, 32) < 0)
		snprintf(out, 32, "?");
}

void exh_boot_id(char out[64])
{
	if (exh_read_line("/proc/sys/kernel/random/boot_id", out, 64) < 0)
		out[0] = 0;
}
