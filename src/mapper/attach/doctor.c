// SPDX-License-Identifier: Apache-2.0
#include "doctor.h"

#include <errno.h>
#include <exhibit.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "base/sandbox.h"
#include "module.h"
#include "file_mount.h"
#include "process.h"

#define UDEV_RULE    "60-exhibit.rules"
#define UDEV_SOCKET  "/run/udev/control"
#define LEASE_ENABLE "/proc/sys/fs/leases-enable"

enum state { OK, PARTIAL, MISSING };

/* What a check found; text is a format-free sentence. */
struct finding {
	enum state state;
	char text[512];
};

struct check {
	const char *name;
	const char *protects; /* what is not there without it; NULL where nothing is lost */
	void (*look)(struct finding *f);
};

static void say(struct finding *f, enum state state, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void say(struct finding *f, enum state state, const char *fmt, ...)
{
	va_list ap;

	f->state = state;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
}

static void look_root(struct finding *f)
{
	if (geteuid())
		say(f, PARTIAL,
		    "not root: partitions become files, not devices, and nothing can be mounted");
	else
		say(f, OK, "running as root");
}

static void look_loop(struct finding *f)
{
	_cleanup_fd_ int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), device = -1;
	struct loop_config nothing = {.fd = UINT32_MAX};
	char node[32];
	int number;

	if (control < 0 && errno == EACCES) {
		say(f, PARTIAL, "the loop driver is there, for root only");
		return;
	}
	if (control < 0) {
		say(f, MISSING, "/dev/loop-control: %s (try: modprobe loop)", strerror(errno));
		return;
	}
	number = ioctl(control, LOOP_CTL_GET_FREE);
	snprintf(node, sizeof(node), "/dev/loop%d", number);
	device = number < 0 ? -1 : open(node, O_RDONLY | O_CLOEXEC);
	/* a descriptor that is none: a kernel with this call says so, one without it does not know
	 * the call */
	if (device < 0 || ioctl(device, LOOP_CONFIGURE, &nothing) == 0 || errno != EBADF)
		say(f, MISSING, "LOOP_CONFIGURE: %s (Linux 5.8 has it)", strerror(errno));
	else
		say(f, OK, "the stock loop driver with LOOP_CONFIGURE");
}

static void look_fuse(struct finding *f)
{
	_cleanup_fd_ int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		say(f, MISSING, "/dev/fuse: %s (%s)", strerror(errno),
		    exh_file_mount_advice(errno));
	else
		say(f, OK, "/dev/fuse can be used");
}

static bool is_in_path(const char *program)
{
	const char *list = getenv("PATH");
	_cleanup_free_ char *path = strdup(list ? list : "/usr/bin:/bin");
	char *save = NULL, file[512];

	for (char *dir = path ? strtok_r(path, ":", &save) : NULL; dir;
	     dir = strtok_r(NULL, ":", &save)) {
		snprintf(file, sizeof(file), "%s/%s", dir, program);
		if (!access(file, X_OK))
			return true;
	}
	return false;
}

static void look_fusermount(struct finding *f)
{
	if (is_in_path("fusermount3"))
		say(f, OK, "fusermount3 is installed");
	else
		say(f, MISSING, "fusermount3 is not installed (Debian: apt-get install fuse3)");
}

static void look_leases(struct finding *f)
{
	char enabled[16] = "", seconds[16] = "?";

	if (exh_read_line(LEASE_ENABLE, enabled, sizeof(enabled)) < 0 || strcmp(enabled, "1")) {
		say(f, MISSING, "leases are switched off (sysctl fs.leases-enable=1)");
		return;
	}
	exh_read_line("/proc/sys/fs/lease-break-time", seconds, sizeof(seconds));
	say(f, OK,
	    "whoever opens an evidence file for writing is seen and waits up to %s s; not on FUSE "
	    "or NFS",
	    seconds);
}

static void look_landlock(struct finding *f)
{
	int abi = exh_sandbox_landlock_abi();

	if (abi)
		say(f, OK, "Landlock ABI %d", abi);
	else
		say(f, PARTIAL, "this kernel has no Landlock, or it is not in the list lsm=");
}

static void look_seccomp(struct finding *f)
{
	/* seccomp(2): asking whether an action exists needs the filter mode */
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0 && errno == EINVAL)
		say(f, MISSING, "this kernel has no system call filters");
	else
		say(f, OK, "system call filters");
}

static void look_namespaces(struct finding *f)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(unshare(CLONE_NEWNS | CLONE_NEWPID) < 0);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid > 0 && WIFEXITED(status) && !WEXITSTATUS(status))
		say(f, OK, "mount and process namespaces");
	else
		say(f, MISSING,
		    geteuid() ? "analysis commands are confined only when run as root"
			      : "no mount and process namespaces can be made here");
}

static void look_wploop(struct finding *f)
{
	f->state = exh_module_ready(f->text, sizeof(f->text)) ? OK : PARTIAL;
}

/* Without the module nothing is lost by it. */
static void look_signing(struct finding *f)
{
	f->state = exh_module_signing(f->text, sizeof(f->text)) ? OK : PARTIAL;
}

bool exh_udev_rule_missing(const char **why)
{
	static const char *const places[] = {"/etc/udev/rules.d/", "/run/udev/rules.d/",
					     "/usr/local/lib/udev/rules.d/",
					     "/usr/lib/udev/rules.d/", "/lib/udev/rules.d/"};
	char path[128];

	if (access(UDEV_SOCKET, F_OK))
		return false;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s" UDEV_RULE, places[i]);
		if (!access(path, R_OK))
			return false;
	}
	*why = "udev runs and the rule " UDEV_RULE
	       " is not installed: desktop, LVM, md and btrfs may look "
	       "into the devices";
	return true;
}

static void look_udev(struct finding *f)
{
	const char *why;

	if (exh_udev_rule_missing(&why))
		say(f, MISSING, "%s", why);
	else if (access(UDEV_SOCKET, F_OK))
		say(f, OK, "udev does not run here; the rule is not needed");
	else
		say(f, OK, UDEV_RULE " is installed");
}

static void look_direct(struct finding *f)
{
	/* asked of the directory at hand: whether the evidence's own file system can is seen when
	 * it is read */
	_cleanup_fd_ int fd = open("/proc/self/exe", O_RDONLY | O_DIRECT | O_CLOEXEC);

	if (fd >= 0)
		say(f, OK,
		    "files can be read past the page cache (here; it depends on the file system)");
	else
		say(f, PARTIAL, "O_DIRECT: %s on the file system of this program", strerror(errno));
}

static const struct check checks[] = {
	{"root", "bounded block devices, mounting", look_root},
	{"loop", "block devices of exactly one partition", look_loop},
	{"fuse", "E01 and split images as devices or files", look_fuse},
	{"fusermount3", "files without root", look_fusermount},
	{"leases", "seeing who opens evidence for writing", look_leases},
	{"landlock", "a second wall around whatever parses evidence", look_landlock},
	{"seccomp", "the wall around whatever parses evidence", look_seccomp},
	{"namespaces", "confinement of analysis commands", look_namespaces},
	{"wploop",
	 "writes refused and counted in the driver, evidence files locked against writers",
	 look_wploop},
	{"signing", "loading wploop without enrolling a key", look_signing},
	{"udev-rule", "keeping the desktop, LVM, md and btrfs off the devices", look_udev},
	{"direct-io", "a second reading from the medium, not from memory", look_direct},
};

static json_t *row_of(const struct check *c, const struct finding *f)
{
	static const char *const states[] = {
		[OK] = "ok", [PARTIAL] = "partial", [MISSING] = "missing"};
	json_t *row = json_pack("{s:s, s:s, s:s}", "name", c->name, "state", states[f->state],
				"text", f->text);

	if (f->state != OK && c->protects)
		json_object_set_new(row, "protects", json_string(c->protects));
	return row;
}

int exh_doctor(struct exh_ctx *ctx, json_t **facts)
{
	json_t *rows = json_array();

	*facts = exh_facts_new("doctor");
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		struct finding f = {0};

		checks[i].look(&f);
		json_array_append_new(rows, row_of(&checks[i], &f));
		if (f.state == MISSING)
			exh_problems_add(*facts, exh_problem(EXH_P_COMPONENT_MISSING, "%s: %s",
							     checks[i].name, f.text));
	}
	json_object_set_new(*facts, "checks", rows);
	json_object_set_new(*facts, "machine", exh_machine_facts(ctx));
	return 0;
}
