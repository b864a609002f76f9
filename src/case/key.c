// SPDX-License-Identifier: Apache-2.0
#include "key.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

static const char *home_dir(void)
{
	const char *home = getenv("HOME");
	const struct passwd *pw;

	if (home && *home == '/')
		return home;
	pw = getpwuid(geteuid());
	return pw ? pw->pw_dir : NULL;
}

int exh_key_dir(struct exh_ctx *ctx, char **ret)
{
	const char *own = getenv("EXHIBIT_KEY_DIR"), *data = getenv("XDG_DATA_HOME"),
		   *home = home_dir();
	int n;

	if (own && *own)
		n = asprintf(ret, "%s", own);
	else if (data && *data == '/')
		n = asprintf(ret, "%s/exhibit/keys", data);
	else if (home)
		n = asprintf(ret, "%s/.local/share/exhibit/keys", home);
	else
		return exh_fail(ctx, EXH_E_MISSING,
				"there is no home directory to keep keys in; set EXHIBIT_KEY_DIR");
	return n < 0 ? exh_fail(ctx, EXH_E_NOMEM, "out of memory") : 0;
}

static int key_path(struct exh_ctx *ctx, const char *case_id, char **ret)
{
	_cleanup_free_ char *dir = NULL;
	int r = exh_key_dir(ctx, &dir);

	if (r < 0)
		return r;
	return asprintf(ret, "%s/%s.pem", dir, case_id) < 0
		       ? exh_fail(ctx, EXH_E_NOMEM, "out of memory")
		       : 0;
}

/* Makes every directory of path that is not there. */
static int make_dirs(struct exh_ctx *ctx, char *path)
{
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = 0;
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return exh_fail_errno(ctx, "%s: cannot be made", path);
		*p = '/';
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return exh_fail_errno(ctx, "%s: cannot be made", path);
	return 0;
}

static bool is_inside(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && (path[n] == '/' || !path[n]);
}

static int open_key_dir(struct exh_ctx *ctx, const char *case_dir, int *ret)
{
	_cleanup_free_ char *dir = NULL, *real = NULL;
	int r = exh_key_dir(ctx, &dir);

	if (r >= 0)
		r = make_dirs(ctx, dir);
	if (r < 0)
		return exh_prefix(ctx, r, "the private key cannot be stored");
	real = realpath(dir, NULL);
	if (!real)
		return exh_fail_errno(ctx, "%s", dir);
	if (is_inside(real, case_dir))
		return exh_fail(ctx, EXH_E_USAGE,
				"%s: the private key must not lie in the case directory; set "
				"EXHIBIT_KEY_DIR to "
				"another place",
				real);
	*ret = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret < 0 ? exh_fail_errno(ctx, "%s: cannot be opened", real) : 0;
}

static int fingerprint_of(struct exh_ctx *ctx, EVP_PKEY *key, char out[EXH_SHA256_HEX])
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key, &der), r;

	if (n <= 0)
		return exh_fail(ctx, EXH_E_FORMAT, "libcrypto cannot encode the public key");
	r = exh_case_sha256(ctx, der, (size_t)n, out);
	OPENSSL_free(der);
	return r;
}

static int public_pem(struct exh_ctx *ctx, EVP_PKEY *key, char **ret)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL;
	long n = 0;

	if (bio && PEM_write_bio_PUBKEY(bio, key))
		n = BIO_get_mem_data(bio, &data);
	*ret = n > 0 ? strndup(data, (size_t)n) : NULL;
	BIO_free(bio);
	return *ret ? 0 : exh_fail(ctx, EXH_E_NOMEM, "the public key cannot be encoded");
}

static int store(struct exh_ctx *ctx, int dirfd, const char *name, EVP_PKEY *key)
{
	_cleanup_fd_ int fd =
		openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	BIO *bio = fd < 0 ? NULL : BIO_new_fd(fd, BIO_NOCLOSE);
	int good = bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);

	BIO_free(bio);
	if (good && fsync(fd) == 0)
		return exh_fsync_dir(ctx, dirfd, "the directory of keys");
	return exh_fail_errno(ctx, "the private key %s cannot be stored", name);
}

int exh_key_make(struct exh_ctx *ctx, const char *case_id, const char *case_dir, char **pem_ret,
		 char fingerprint[EXH_SHA256_HEX])
{
	_cleanup_pkey_ EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	_cleanup_fd_ int dirfd = -1;
	char name[64];
	int r;

	if (!key)
		return exh_fail(ctx, EXH_E_MISSING, "libcrypto has no Ed25519");
	r = open_key_dir(ctx, case_dir, &dirfd);
	if (r >= 0)
		r = fingerprint_of(ctx, key, fingerprint);
	if (r >= 0)
		r = public_pem(ctx, key, pem_ret);
	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "%.36s.pem", case_id);
	r = store(ctx, dirfd, name, key);
	if (r < 0)
		free(steal(pem_ret));
	return r;
}

void exh_key_remove(struct exh_ctx *ctx, const char *case_id)
{
	_cleanup_free_ char *path = NULL;

	if (key_path(ctx, case_id, &path) == 0)
		unlink(path);
}

int exh_key_load(struct exh_ctx *ctx, const char *case_id, const char *fingerprint, EVP_PKEY **ret)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_file_ FILE *f = NULL;
	_cleanup_pkey_ EVP_PKEY *key = NULL;
	char found[EXH_SHA256_HEX];
	int r = key_path(ctx, case_id, &path);

	if (r < 0)
		return r;
	f = fopen(path, "re");
	if (!f && errno == ENOENT)
		return exh_fail(ctx, EXH_E_MISSING,
				"%s: the private key of the case is not there; what happens is "
				"recorded, but "
				"nothing can be sealed until the key is back (or EXHIBIT_KEY_DIR "
				"names its place)",
				path);
	if (!f)
		return exh_fail_errno(ctx, "%s: the private key of the case cannot be opened",
				      path);
	key = PEM_read_PrivateKey(f, NULL, NULL, (void *)"");
	if (!key || !EVP_PKEY_is_a(key, "ED25519"))
		return exh_fail(ctx, EXH_E_FORMAT, "%s: is no readable Ed25519 key", path);
	r = fingerprint_of(ctx, key, found);
	if (r < 0)
		return r;
	if (strcmp(found, fingerprint))
		return exh_fail(ctx, EXH_E_STATE, "%s: is not the key of this case", path);
	*ret = steal(&key);
	return 0;
}

int exh_key_public(struct exh_ctx *ctx, const char *name, const char *pem, EVP_PKEY **ret,
		   char fingerprint[EXH_SHA256_HEX])
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	_cleanup_pkey_ EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
	int r;

	BIO_free(bio);
	if (!key || !EVP_PKEY_is_a(key, "ED25519"))
		return exh_fail(ctx, EXH_E_FORMAT, "%s: is no Ed25519 public key in PEM form",
				name);
	r = fingerprint_of(ctx, key, fingerprint);
	if (r >= 0)
		*ret = steal(&key);
	return r;
}
