// SPDX-License-Identifier: Apache-2.0
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

#define READ_SIZE (1U << 20)

static void cleanup_md_ctx(EVP_MD_CTX **md)
{
	EVP_MD_CTX_free(*md);
}

int exh_case_sha256(struct exh_ctx *ctx, const void *bytes, size_t n, char out[EXH_SHA256_HEX])
{
	unsigned char digest[32];

	if (!EVP_Digest(bytes, n, digest, NULL, EVP_sha256(), NULL))
		return exh_fail(ctx, EXH_E_MISSING, "SHA-256 is not available from libcrypto");
	exh_hex(digest, sizeof(digest), out);
	return 0;
}

bool exh_is_sha256_hex(const char *text)
{
	return text && strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

int exh_case_open_below(int casefd, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	int fd = (int)syscall(SYS_openat2, casefd, path, &how, sizeof(how));
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

int exh_case_digest_fd(struct exh_ctx *ctx, int fd, const char *path, char sha256[EXH_SHA256_HEX],
		       uint64_t *bytes_ret)
{
	_cleanup_(cleanup_md_ctx) EVP_MD_CTX *md = EVP_MD_CTX_new();
	_cleanup_free_ unsigned char *buffer = malloc(READ_SIZE);
	unsigned char digest[32];
	uint64_t bytes = 0;
	ssize_t n;

	if (!md || !buffer || !EVP_DigestInit_ex(md, EVP_sha256(), NULL))
		return exh_fail(ctx, EXH_E_NOMEM, "%s: out of memory", path);
	while ((n = read(fd, buffer, READ_SIZE)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return exh_fail_errno(ctx, "%s: cannot be read", path);
		if (!EVP_DigestUpdate(md, buffer, (size_t)n))
			return exh_fail(ctx, EXH_E_MISSING, "%s: libcrypto cannot digest it", path);
		bytes += (uint64_t)n;
	}
	if (!EVP_DigestFinal_ex(md, digest, NULL))
		return exh_fail(ctx, EXH_E_MISSING, "%s: libcrypto cannot digest it", path);
	exh_hex(digest, sizeof(digest), sha256);
	*bytes_ret = bytes;
	return 0;
}

int exh_case_digest_file(struct exh_ctx *ctx, int casefd, const char *path,
			 char sha256[EXH_SHA256_HEX], uint64_t *bytes_ret)
{
	_cleanup_fd_ int fd = exh_case_open_below(casefd, path);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 1;
	if (fd < 0)
		return exh_fail_errno(ctx, "%s: cannot be opened", path);
	return exh_case_digest_fd(ctx, fd, path, sha256, bytes_ret);
}

json_t *exh_case_file_json(const char *path, const char *sha256, uint64_t bytes)
{
	return json_pack("{s:s, s:s, s:I}", "path", path, "sha256", sha256, "bytes",
			 (json_int_t)bytes);
}

int exh_fsync_dir(struct exh_ctx *ctx, int dirfd, const char *name)
{
	return fsync(dirfd) < 0 ? exh_fail_errno(ctx, "%s: cannot be made durable", name) : 0;
}
