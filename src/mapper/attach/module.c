// SPDX-License-Identifier: Apache-2.0
#include "module.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "process.h"
#include "wploop_device.h"

#define SECURE_BOOT "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define LOCKDOWN    "/sys/kernel/security/lockdown"
#define SIG_ENFORCE "/sys/module/module/parameters/sig_enforce"

static bool exists(const char *pattern)
{
	glob_t found;
	bool is_there = glob(pattern, GLOB_NOSORT, NULL, &found) == 0;

	globfree(&found);
	return is_there;
}

/* depmod's places for modules that are not the kernel's own, and a package's */
static bool is_built_for(const char *release)
{
	static const char *const places[] = {"updates/dkms", "updates", "extra", "misc", "."};
	char pattern[512];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(pattern, sizeof(pattern), "/lib/modules/%s/%s/wploop.ko*", release,
			 places[i]);
		if (exists(pattern))
			return true;
	}
	return false;
}

static void say_not_loaded(char *text, size_t size)
{
	static const char meanwhile[] = "the stock loop driver serves instead";
	struct utsname u;
	char headers[512];

	if (uname(&u) < 0)
		snprintf(u.release, sizeof(u.release), "?");
	snprintf(headers, sizeof(headers), "/lib/modules/%s/build/Makefile", u.release);
	if (is_built_for(u.release))
		snprintf(text, size, "wploop is installed and not loaded (modprobe wploop); %s",
			 meanwhile);
	else if (access("/proc/modules", F_OK))
		snprintf(text, size, "this kernel (%s) cannot load modules; %s", u.release,
			 meanwhile);
	else if (exists("/usr/src/wploop-*/dkms.conf"))
		snprintf(text, size,
			 "wploop is not built for this kernel (%sdkms autoinstall -k %s); %s",
			 access(headers, F_OK) ? "install its linux-headers, then " : "", u.release,
			 meanwhile);
	else
		snprintf(text, size,
			 "wploop is not installed (Debian: apt-get install wploop-dkms "
			 "linux-headers-%s, then modprobe wploop); %s",
			 u.release, meanwhile);
}

bool exh_module_ready(char *text, size_t size)
{
	_cleanup_fd_ int control = exh_wploop_control();
	struct wploop_version version;

	if (control < 0 && errno == EACCES)
		snprintf(text, size, "wploop is loaded, for root only");
	else if (control < 0)
		say_not_loaded(text, size);
	else if (exh_wploop_version(control, &version) < 0)
		snprintf(text, size, WPLOOP_CONTROL ": %s", strerror(errno));
	else if (version.api != WPLOOP_API)
		snprintf(text, size,
			 "wploop is loaded with interface %u, this program speaks %u: install both "
			 "from one release",
			 version.api, (unsigned)WPLOOP_API);
	else {
		snprintf(text, size, "wploop %.*s is loaded", WPLOOP_NAME_SIZE, version.module);
		return true;
	}
	return false;
}

/* efivarfs: four bytes of attributes, then the value. */
static bool is_secure_boot(void)
{
	_cleanup_fd_ int fd = open(SECURE_BOOT, O_RDONLY | O_CLOEXEC);
	char bytes[5] = "";

	return fd >= 0 && exh_pread_all(fd, bytes, sizeof(bytes), 0) == sizeof(bytes) &&
	       bytes[4] == 1;
}

/* "[none] integrity confidentiality": the one in brackets is in force. */
static void lockdown_state(char *out, size_t size)
{
	char line[128] = "";
	const char *from, *to;

	snprintf(out, size, "unknown");
	if (exh_read_line(LOCKDOWN, line, sizeof(line)) < 0)
		return;
	from = strchr(line, '[');
	to = from ? strchr(from, ']') : NULL;
	if (to)
		snprintf(out, size, "%.*s", (int)(to - from - 1), from + 1);
}

bool exh_module_signing(char *text, size_t size)
{
	char lockdown[32], enforce[8] = "";
	bool secure = is_secure_boot(), needs;

	lockdown_state(lockdown, sizeof(lockdown));
	exh_read_line(SIG_ENFORCE, enforce, sizeof(enforce));
	needs = !strcmp(enforce, "Y") || !strcmp(lockdown, "integrity") ||
		!strcmp(lockdown, "confidentiality");
	snprintf(text, size, "Secure Boot %s, lockdown %s: modules %s",
		 secure ? "on" : "off or unknown", lockdown,
		 needs ? "load only with a signature that this machine trusts (DKMS signs with "
			 "/var/lib/dkms/mok.pub; enrol it once: mokutil --import "
			 "/var/lib/dkms/mok.pub)"
		       : "need no signature");
	return !needs;
}
