// SPDX-License-Identifier: Apache-2.0
/* What did the work: our own binary, the libraries as they are loaded, the kernel, the clock. */
#define FUSE_USE_VERSION 312

#include <blkid/blkid.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <libdeflate.h>
#include <libewf.h>
#include <magic.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <tsk/libtsk.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"
#include "doctor.h"

#define BUFFER (256U << 10)

static int sha256_of(int fd, char out[EVP_MAX_MD_SIZE * 2 + 1])
{
	_cleanup_free_ unsigned char *buffer = malloc(BUFFER);
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	unsigned char value[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	uint64_t at = 0;
	int64_t got = -1;
	bool is_good = buffer && digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL);

	while (is_good && (got = exh_pread_all(fd, buffer, BUFFER, at)) > 0) {
		is_good = EVP_DigestUpdate(digest, buffer, (size_t)got);
		at += (uint64_t)got;
	}
	is_good = is_good && got == 0 && EVP_DigestFinal_ex(digest, value, &n);
	EVP_MD_CTX_free(digest);
	exh_hex(value, is_good ? n : 0, out);
	return is_good ? 0 : -1;
}

static json_t *binary_facts(void)
{
	_cleanup_fd_ int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	json_t *binary = json_object();
	char path[4096], hex[EVP_MAX_MD_SIZE * 2 + 1];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));

	if (n > 0)
		json_object_set_new(binary, "path", exh_json_text(path, (size_t)n));
	if (fd >= 0 && !sha256_of(fd, hex))
		json_object_set_new(binary, "sha256", json_string(hex));
	return binary;
}

static json_t *library_facts(void)
{
	const struct scmp_version *seccomp = seccomp_version();
	const char *blkid = NULL, *tsk = tsk_version_get_str();
	char magic[16], filter[32];

	blkid_get_library_version(&blkid, NULL);
	snprintf(magic, sizeof(magic), "%d.%02d", magic_version() / 100, magic_version() % 100);
	snprintf(filter, sizeof(filter), "%u.%u.%u", seccomp->major, seccomp->minor, seccomp->micro);
	return json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s, s:s, s:s, s:s}", "libtsk", tsk, "libewf",
			 libewf_get_version(), "libcrypto", OpenSSL_version(OPENSSL_VERSION_STRING),
			 "libmagic", magic, "libblkid", blkid, "libfuse3", fuse_pkgversion(), "libdeflate",
			 LIBDEFLATE_VERSION_STRING, "libjansson", JANSSON_VERSION, "libseccomp", filter);
}

/* adjtimex(2): TIME_ERROR or STA_UNSYNC where nothing disciplines the clock; the error is the kernel's own upper bound. */
static json_t *clock_facts(void)
{
	struct timex t = {0};
	int state = adjtimex(&t);
	bool is_synchronised = state >= 0 && state != TIME_ERROR && !(t.status & STA_UNSYNC);
	json_t *clock = state < 0 ? json_object() : json_pack("{s:b}", "synchronised", is_synchronised);

	if (is_synchronised)
		json_object_set_new(clock, "max_error_us", json_integer(t.maxerror));
	return clock;
}

json_t *exh_machine_facts(struct exh_ctx *ctx)
{
	struct utsname u;

	(void)ctx;
	return json_pack("{s:o, s:o, s:o, s:s*}", "binary", binary_facts(), "libraries", library_facts(),
			 "clock", clock_facts(), "kernel", uname(&u) < 0 ? NULL : u.release);
}
