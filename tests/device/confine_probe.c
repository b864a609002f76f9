// SPDX-License-Identifier: Apache-2.0
/*
 * Run as the command of an examination, tries everything that a confined command must not be able
 * to do.
 *
 *   confine_probe [-e EVIDENCE-FILE]... [-d BLOCK-DEVICE]... [-l FILE]
 *
 * One numbered line for each attempt: what, what must come of it, what came of it. With -l a daemon
 * is left behind that creates FILE two seconds later. Exit status 0 when everything came as it
 * must. Only for evidence and devices that are made for this test.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

static int number, failures;

static void line(const char *what, const char *object, const char *expected, const char *got,
		 bool ok)
{
	printf("%3d %-4s %-34s %-28s expected %-22s got %s\n", ++number, ok ? "ok" : "FAIL", what,
	       object, expected, got);
	failures += !ok;
}

/* expected: names of errno values that are a refusal. result: what a system call returned just now.
 */
static void refused(const char *what, const char *object, long result, const char *expected)
{
	const char *got = result >= 0 ? "allowed" : strerrorname_np(errno);

	line(what, object, expected, got, result < 0 && strstr(expected, got));
}

/* ---- evidence files ---- */

static void try_open(const char *what, const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	refused(what, path, fd, "EROFS ETXTBSY");
	if (fd >= 0)
		close(fd);
}

static void try_metadata(const char *path)
{
	struct timespec times[2] = {{1, 0}, {1, 0}};
	char other[4096];

	refused("truncate", path, truncate(path, 1), "EROFS");
	refused("chmod", path, chmod(path, 0777), "EROFS");
	refused("chown", path, chown(path, 1, 1), "EROFS");
	refused("utimensat", path, utimensat(AT_FDCWD, path, times, 0), "EROFS");
	refused("setxattr", path, setxattr(path, "user.probe", "x", 1, 0), "EROFS");
	snprintf(other, sizeof(other), "%s.probe", path);
	refused("rename", path, rename(path, other), "EBUSY EXDEV EROFS EPERM");
	refused("link", path, link(path, other), "EXDEV EROFS");
	refused("unlink", path, unlink(path), "EBUSY EROFS EPERM");
}

static void try_descriptor(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), again, flags = FS_IMMUTABLE_FL;
	char link[64];

	if (fd < 0) {
		line("open to read", path, "allowed", strerrorname_np(errno), false);
		return;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	again = open(link, O_RDWR | O_CLOEXEC);
	refused("reopen through /proc/self/fd", path, again, "EROFS ETXTBSY");
	refused("fchmod", path, fchmod(fd, 0777), "EROFS");
	refused("set the immutable flag", path, ioctl(fd, FS_IOC_SETFLAGS, &flags),
		"EROFS EPERM ENOTTY");
	refused("shared writable mapping", path,
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0,
		"EACCES");
	close(fd);
}

static void try_access_time(const char *path)
{
	struct stat before, after;
	int fd;
	char byte;

	if (stat(path, &before) < 0)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, &byte, 1) < 0 || fstat(fd, &after) < 0)
		return;
	close(fd);
	line("read moves the access time", path, "no",
	     before.st_atim.tv_sec == after.st_atim.tv_sec &&
			     before.st_atim.tv_nsec == after.st_atim.tv_nsec
		     ? "no"
		     : "yes",
	     before.st_atim.tv_sec == after.st_atim.tv_sec &&
		     before.st_atim.tv_nsec == after.st_atim.tv_nsec);
}

static void try_handle(const char *path)
{
	struct {
		struct file_handle handle;
		unsigned char room[MAX_HANDLE_SZ];
	} h = {.handle.handle_bytes = MAX_HANDLE_SZ};
	int id, dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (name_to_handle_at(AT_FDCWD, path, &h.handle, &id, 0) < 0)
		return;
	refused("open_by_handle_at", path, open_by_handle_at(dir, &h.handle, O_RDWR), "EPERM");
	close(dir);
}

static void try_mounts_of(const char *path)
{
	struct mount_attr writable = {.attr_clr = MOUNT_ATTR_RDONLY};

	refused("remount,rw", path, mount(NULL, path, NULL, MS_REMOUNT, NULL), "EPERM");
	refused("remount,bind,rw", path, mount(NULL, path, NULL, MS_REMOUNT | MS_BIND, NULL),
		"EPERM");
	refused("mount_setattr writable", path,
		mount_setattr(AT_FDCWD, path, 0, &writable, sizeof(writable)), "EPERM");
	refused("umount", path, umount2(path, 0), "EPERM");
	refused("umount lazily", path, umount2(path, MNT_DETACH), "EPERM");
	refused("open_tree clone", path, open_tree(AT_FDCWD, path, OPEN_TREE_CLONE), "EPERM");
	refused("bind over it", path, mount("/dev/null", path, NULL, MS_BIND, NULL), "EPERM");
}

static void try_device_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return;
	refused("make a node of its disk", path, mknod("probe-node", S_IFBLK | 0600, st.st_dev),
		"EPERM EROFS");
	unlink("probe-node");
}

static void try_evidence(const char *path)
{
	try_open("open to read and write", path, O_RDWR);
	try_open("open to write", path, O_WRONLY);
	try_open("open to append", path, O_WRONLY | O_APPEND);
	try_open("open and truncate", path, O_RDONLY | O_TRUNC);
	try_metadata(path);
	try_descriptor(path);
	try_access_time(path);
	try_handle(path);
	try_mounts_of(path);
	try_device_of(path);
}

/* ---- devices ---- */

struct request {
	const char *name;
	unsigned long request;
	void *arg;
};

static int zero;
static uint64_t range[2] = {0, 4096};
static struct loop_info64 info;
static struct loop_config config;
static struct blkpg_ioctl_arg partition = {.op = BLKPG_ADD_PARTITION};
static char sg_header[256];

static const struct request requests[] = {
	{"BLKROSET 0", BLKROSET, &zero},
	{"BLKDISCARD", BLKDISCARD, range},
	{"BLKSECDISCARD", BLKSECDISCARD, range},
	{"BLKZEROOUT", BLKZEROOUT, range},
	{"BLKRRPART", BLKRRPART, NULL},
	{"BLKPG", BLKPG, &partition},
	{"SG_IO", 0x2285, sg_header},
	{"LOOP_CHANGE_FD", LOOP_CHANGE_FD, NULL},
	{"LOOP_SET_STATUS", LOOP_SET_STATUS, &info},
	{"LOOP_SET_STATUS64", LOOP_SET_STATUS64, &info},
	{"LOOP_SET_CAPACITY", LOOP_SET_CAPACITY, NULL},
	{"LOOP_SET_BLOCK_SIZE", LOOP_SET_BLOCK_SIZE, (void *)4096},
	{"LOOP_SET_DIRECT_IO", LOOP_SET_DIRECT_IO, NULL},
	{"LOOP_SET_FD", LOOP_SET_FD, NULL},
	{"LOOP_CONFIGURE", LOOP_CONFIGURE, &config},
	{"LOOP_CTL_ADD", LOOP_CTL_ADD, NULL},
	{"LOOP_CTL_REMOVE", LOOP_CTL_REMOVE, NULL},
	{"LOOP_CLR_FD", LOOP_CLR_FD, NULL},
};

static void try_requests(const char *path, int fd)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		refused(requests[i].name, path, ioctl(fd, requests[i].request, requests[i].arg),
			"EPERM");
	refused("BLKROSET 0, bits above 32", path,
		syscall(SYS_ioctl, fd, BLKROSET | 1UL << 40, &zero), "EPERM");
	refused("LOOP_CLR_FD, bits above 32", path,
		syscall(SYS_ioctl, fd, LOOP_CLR_FD | 1UL << 63, NULL), "EPERM");
}

static void try_write_device(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char sector[512];

	if (fd < 0) {
		refused("open to write", path, -1, "EROFS EACCES EPERM");
		return;
	}
	memset(sector, 'x', sizeof(sector));
	refused("write", path, pwrite(fd, sector, sizeof(sector), 0), "EPERM EROFS");
	refused("punch a hole", path,
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096),
		"EPERM EROFS EOPNOTSUPP EBADF");
	close(fd);
}

static void try_device(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), read_only = 0;

	if (fd < 0) {
		line("open to read", path, "allowed", strerrorname_np(errno), false);
		return;
	}
	try_requests(path, fd);
	try_write_device(path);
	refused("mount it writable", path, mount(path, "/tmp", "ext4", 0, NULL), "EPERM");
	ioctl(fd, BLKROGET, &read_only);
	line("still read-only", path, "yes", read_only ? "yes" : "no", read_only);
	close(fd);
}

/* ---- the machine ---- */

static bool is_given(const char *path, char **given)
{
	for (; *given; given++)
		if (!strcmp(path, *given))
			return true;
	return false;
}

static void try_other_devices(char **given)
{
	DIR *dir = opendir("/dev");
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		char path[300];
		struct stat st;

		snprintf(path, sizeof(path), "/dev/%s", e->d_name);
		if (!stat(path, &st) && S_ISBLK(st.st_mode) && !is_given(path, given))
			line("a device that was not given", path, "absent", "present", false);
	}
	if (dir)
		closedir(dir);
	refused("open to write", "/dev/loop-control", open("/dev/loop-control", O_RDWR), "ENOENT");
	refused("open to read", "/dev/mem", open("/dev/mem", O_RDONLY), "ENOENT");
	refused("open to read", "/dev/kmsg", open("/dev/kmsg", O_RDONLY), "ENOENT");
	refused("open to write", "/dev/fuse", open("/dev/fuse", O_RDWR), "ENOENT");
	refused("make a file in /dev", "/dev/probe", mknod("/dev/probe", S_IFREG | 0600, 0),
		"EROFS");
}

static void try_namespaces(void)
{
	static const struct {
		const char *name;
		int flag;
	} kinds[] = {{"CLONE_NEWUSER", CLONE_NEWUSER}, {"CLONE_NEWNS", CLONE_NEWNS},
		     {"CLONE_NEWPID", CLONE_NEWPID},   {"CLONE_NEWNET", CLONE_NEWNET},
		     {"CLONE_NEWIPC", CLONE_NEWIPC},   {"CLONE_NEWUTS", CLONE_NEWUTS}};
	char clone_args[64] = {0};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		long pid;

		refused("unshare", kinds[i].name, unshare(kinds[i].flag), "EPERM");
		pid = syscall(SYS_clone, kinds[i].flag | SIGCHLD, NULL, NULL, NULL, 0);
		if (!pid)
			_exit(0);
		refused("clone", kinds[i].name, pid, "EPERM");
	}
	refused("clone3", "", syscall(SYS_clone3, clone_args, sizeof(clone_args)), "ENOSYS");
	refused("setns", "mount namespace of pid 1",
		setns(open("/proc/1/ns/mnt", O_RDONLY), CLONE_NEWNS), "EPERM");
}

static void try_mounts(void)
{
	int dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	refused("mount", "tmpfs", mount("none", "/tmp", "tmpfs", 0, NULL), "EPERM");
	refused("mount", "proc", mount("none", "/tmp", "proc", 0, NULL), "EPERM");
	refused("fsopen", "tmpfs", fsopen("tmpfs", 0), "EPERM");
	refused("move_mount", "/", move_mount(dir, "", AT_FDCWD, "/tmp", MOVE_MOUNT_F_EMPTY_PATH),
		"EPERM");
	refused("umount", "/dev", umount2("/dev", MNT_DETACH), "EPERM");
	refused("umount", "/run", umount2("/run", MNT_DETACH), "EPERM");
	refused("pivot_root", "/tmp", syscall(SYS_pivot_root, "/tmp", "/tmp"), "EPERM");
	refused("chroot", "/tmp", chroot("/tmp"), "EPERM");
	refused("swapon", "/dev/null", syscall(SYS_swapon, "/dev/null", 0), "EPERM");
	close(dir);
}

static void try_kernel(void)
{
	static const char *const switches[] = {
		"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sysrq-trigger",
		"/sys/kernel/uevent_helper",	 "/proc/1/oom_score_adj",
	};
	struct timespec odd = {0, -1};
	char union_attr[128] = {0};

	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		refused("open to write", switches[i], open(switches[i], O_WRONLY),
			"EROFS EACCES ENOENT EPERM");
	refused("open to read", "/proc/kcore", open("/proc/kcore", O_RDONLY),
		"EPERM EACCES ENOENT");
	refused("bpf", "", syscall(SYS_bpf, 0, union_attr, sizeof(union_attr)), "EPERM");
	refused("perf_event_open", "", syscall(SYS_perf_event_open, union_attr, 0, -1, -1, 0),
		"EPERM");
	refused("init_module", "", syscall(SYS_init_module, "", 0, ""), "EPERM");
	refused("finit_module", "", syscall(SYS_finit_module, -1, "", 0), "EPERM");
	refused("kexec_load", "", syscall(SYS_kexec_load, 0, 0, NULL, 0), "EPERM");
	refused("io_uring_setup", "", syscall(SYS_io_uring_setup, 1, union_attr), "EPERM");
	refused("keyctl", "", syscall(SYS_keyctl, 0, 0, 0, 0, 0), "EPERM");
	refused("iopl", "", syscall(SYS_iopl, 3), "EPERM");
	refused("clock_settime", "", syscall(SYS_clock_settime, CLOCK_REALTIME, &odd), "EPERM");
	refused("reboot without its magic", "", syscall(SYS_reboot, 0, 0, 0, NULL), "EPERM");
}

static void try_processes(void)
{
	char byte;
	struct iovec local = {&byte, 1}, remote = {&number, 1};
	DIR *proc = opendir("/proc");
	struct dirent *e;
	int strangers = 0;

	refused("ptrace", "itself", ptrace(PTRACE_TRACEME, 0, NULL, NULL), "EPERM");
	refused("process_vm_readv", "pid 1", process_vm_readv(1, &local, 1, &remote, 1, 0),
		"EPERM");
	refused("read the memory", "pid 1", open("/proc/1/mem", O_RDONLY), "EACCES EPERM");
	refused("walk through the root", "pid 1", open("/proc/1/root/etc", O_RDONLY),
		"EACCES EPERM");
	refused("list the descriptors", "pid 1", open("/proc/1/fd/3", O_RDONLY), "EACCES EPERM");
	while (proc && (e = readdir(proc)))
		strangers += atoi(e->d_name) > 1 && atoi(e->d_name) != getpid();
	if (proc)
		closedir(proc);
	line("processes outside are seen", "/proc", "no", strangers ? "yes" : "no", !strangers);
	line("has a controlling terminal", "/dev/tty", "no",
	     open("/dev/tty", O_RDWR) < 0 ? "no" : "yes", open("/dev/tty", O_RDWR) < 0);
	kill(1, SIGKILL);
	line("ends its supervisor", "pid 1", "no", kill(1, 0) < 0 && errno == ESRCH ? "yes" : "no",
	     !kill(1, 0) || errno == EPERM);
}

static void try_capabilities(void)
{
	static const int gone[] = {CAP_SYS_ADMIN,  CAP_MKNOD,	   CAP_SYS_RAWIO,
				   CAP_SYS_MODULE, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH,
				   CAP_NET_ADMIN,  CAP_SYS_BOOT,   CAP_LINUX_IMMUTABLE,
				   CAP_SYS_CHROOT, CAP_SETPCAP,	   CAP_SETFCAP};
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];

	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
		char name[32];
		int bound = prctl(PR_CAPBSET_READ, gone[i], 0, 0, 0);

		snprintf(name, sizeof(name), "%d", gone[i]);
		line("capability in the bounding set", name, "no", bound ? "yes" : "no", !bound);
	}
	memset(data, 0xff, sizeof(data));
	refused("capset everything", "", syscall(SYS_capset, &header, data), "EPERM");
	line("no_new_privs", "", "set",
	     prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? "set" : "not set",
	     prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
}

/* A child, because it does not live on where this is refused. */
static void try_other_convention(void)
{
#if defined(__x86_64__)
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		long r;

		__asm__ volatile("int $0x80" : "=a"(r) : "a"(20 /* getpid */) : "memory");
		_exit(r > 0 ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	line("32-bit system call", "", "SIGSYS",
	     WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "allowed",
	     WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
#endif
}

static void try_sockets(void)
{
	static const char *const paths[] = {"/run/systemd/private", "/run/dbus/system_bus_socket",
					    "/run/docker.sock", "/run/udev/control"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct sockaddr_un name = {.sun_family = AF_UNIX};
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

		snprintf(name.sun_path, sizeof(name.sun_path), "%s", paths[i]);
		refused("connect", paths[i], connect(fd, (struct sockaddr *)&name, sizeof(name)),
			"ENOENT ECONNREFUSED EPROTOTYPE EACCES");
		close(fd);
	}
}

/* Twice forked, in a session of its own, without the streams: as a daemon leaves. */
static void leave_daemon(const char *path)
{
	if (fork())
		return;
	setsid();
	if (fork())
		_exit(0);
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sleep(2);
	close(open(path, O_WRONLY | O_CREAT, 0600));
	_exit(0);
}

int main(int argc, char **argv)
{
	char *evidence[64] = {0}, *devices[64] = {0}, *leave = NULL;
	int nr_evidence = 0, nr_devices = 0, c;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((c = getopt(argc, argv, "e:d:l:")) != -1) {
		if (c == 'e' && nr_evidence < 63)
			evidence[nr_evidence++] = optarg;
		else if (c == 'd' && nr_devices < 63)
			devices[nr_devices++] = optarg;
		else if (c == 'l')
			leave = optarg;
		else
			return 2;
	}
	for (int i = 0; i < nr_evidence; i++)
		try_evidence(evidence[i]);
	for (int i = 0; i < nr_devices; i++)
		try_device(devices[i]);
	try_other_devices(devices);
	try_capabilities();
	try_mounts();
	try_namespaces();
	try_processes();
	try_kernel();
	try_sockets();
	try_other_convention();
	if (leave)
		leave_daemon(leave);
	printf("%d attempts, %d not as expected\n", number, failures);
	return failures ? 1 : 0;
}
