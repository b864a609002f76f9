// SPDX-License-Identifier: Apache-2.0
#include "key.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "passphrase.h"

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

int exh_key_path(struct exh_ctx *ctx, const char *case_id, char **ret)
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

int exh_key_fingerprint(struct exh_ctx *ctx, EVP_PKEY *key, char out[EXH_SHA256_HEX])
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key, &der), r;

	if (n <= 0)
		return exh_fail(ctx, EXH_E_FORMAT, "libcrypto cannot encode the public key");
	r = exh_case_sha256(ctx, der, (size_t)n, out);
	OPENSSL_free(der);
	return r;
}

int exh_key_public_pem(struct exh_ctx *ctx, EVP_PKEY *key, char **ret)
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

/* PKCS #8 under a passphrase: AES-256, the key from scrypt with the cost that openssl takes. */
static int write_locked(BIO *bio, EVP_PKEY *key, const char *passphrase)
{
	PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(key);
	X509_ALGOR *scheme = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, 16384, 8, 1);
	X509_SIG *locked =
		plain && scheme ? PKCS8_set0_pbe(passphrase, (int)strlen(passphrase), plain, scheme)
				: NULL;
	int good = locked && PEM_write_bio_PKCS8(bio, locked);

	if (!locked)
		X509_ALGOR_free(scheme);
	X509_SIG_free(locked);
	PKCS8_PRIV_KEY_INFO_free(plain);
	return good;
}

static int store(struct exh_ctx *ctx, int dirfd, const char *name, EVP_PKEY *key,
		 const char *passphrase)
{
	_cleanup_fd_ int fd =
		openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	BIO *bio = fd < 0 ? NULL : BIO_new_fd(fd, BIO_NOCLOSE);
	int good =
		bio && (passphrase ? write_locked(bio, key, passphrase)
				   : PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));

	BIO_free(bio);
	if (good && fsync(fd) == 0)
		return exh_fsync_dir(ctx, dirfd, "the directory of keys");
	return exh_fail_errno(ctx, "the private key %s cannot be stored", name);
}

static int make_new(struct exh_ctx *ctx, int dirfd, const char *name, bool with_passphrase,
		    EVP_PKEY **ret)
{
	_cleanup_pkey_ EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	char passphrase[EXH_PASSPHRASE_MAX];
	int r = 0;

	if (!key)
		return exh_fail(ctx, EXH_E_MISSING, "libcrypto has no Ed25519");
	if (with_passphrase)
		r = exh_passphrase_get(ctx, "the new key of the case", true, passphrase);
	if (r == 0)
		r = store(ctx, dirfd, name, key, with_passphrase ? passphrase : NULL);
	OPENSSL_cleanse(passphrase, sizeof(passphrase));
	if (r == 0)
		*ret = steal(&key);
	return r;
}

/* A key that was given stays where it is; a link leads to it. */
static int take_given(struct exh_ctx *ctx, int dirfd, const char *name, const char *case_dir,
		      const char *given, EVP_PKEY **ret)
{
	_cleanup_free_ char *real = realpath(given, NULL);
	bool is_locked;

	if (!real)
		return exh_fail_errno(ctx, "%s", given);
	if (is_inside(real, case_dir))
		return exh_fail(ctx, EXH_E_USAGE,
				"%s: the private key must not lie in the case directory", real);
	if (symlinkat(real, dirfd, name) < 0)
		return exh_fail_errno(ctx, "the link to the private key, %s, cannot be made", name);
	return exh_key_read(ctx, real, ret, &is_locked);
}

int exh_key_make(struct exh_ctx *ctx, const char *case_id, const char *case_dir,
		 const struct exh_key_source *source, EVP_PKEY **key_ret, char **pem_ret,
		 char fingerprint[EXH_SHA256_HEX])
{
	_cleanup_pkey_ EVP_PKEY *key = NULL;
	_cleanup_fd_ int dirfd = -1;
	char name[64];
	int r = open_key_dir(ctx, case_dir, &dirfd);

	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "%.36s.pem", case_id);
	r = source && source->given
		    ? take_given(ctx, dirfd, name, case_dir, source->given, &key)
		    : make_new(ctx, dirfd, name, source && source->with_passphrase, &key);
	if (r >= 0)
		r = exh_key_fingerprint(ctx, key, fingerprint);
	if (r >= 0)
		r = exh_key_public_pem(ctx, key, pem_ret);
	if (r >= 0)
		*key_ret = steal(&key);
	return r;
}

void exh_key_remove(struct exh_ctx *ctx, const char *case_id)
{
	_cleanup_free_ char *path = NULL;

	if (exh_key_path(ctx, case_id, &path) == 0)
		unlink(path);
}

/* What PEM_read_PrivateKey() calls where the key has a passphrase. */
struct asking {
	struct exh_ctx *ctx;
	const char *path;
	bool was_asked, failed;
};

static int on_passphrase(char *out, int size, int is_writing, void *opaque)
{
	struct asking *a = opaque;
	char passphrase[EXH_PASSPHRASE_MAX];
	int n;

	(void)is_writing;
	a->was_asked = true;
	a->failed = exh_passphrase_get(a->ctx, a->path, false, passphrase) < 0;
	n = a->failed ? -1 : (int)strlen(passphrase);
	if (n >= size)
		n = -1;
	if (n > 0)
		memcpy(out, passphrase, (size_t)n);
	OPENSSL_cleanse(passphrase, sizeof(passphrase));
	return n;
}

static int read_key(struct exh_ctx *ctx, FILE *f, const char *path, EVP_PKEY **ret, bool *is_locked)
{
	struct asking a = {.ctx = ctx, .path = path};
	_cleanup_pkey_ EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, on_passphrase, &a);

	*is_locked = a.was_asked;
	if (a.failed)
		return -EXH_E_PERMISSION;
	if (!key && a.was_asked)
		return exh_fail(ctx, EXH_E_PERMISSION,
				"%s: the passphrase does not open the private key", path);
	if (!key || !EVP_PKEY_is_a(key, "ED25519"))
		return exh_fail(ctx, EXH_E_FORMAT,
				"%s: is no readable private Ed25519 key in PEM form", path);
	*ret = steal(&key);
	return 0;
}

int exh_key_read(struct exh_ctx *ctx, const char *path, EVP_PKEY **ret, bool *is_locked)
{
	_cleanup_file_ FILE *f = fopen(path, "re");

	*is_locked = false;
	return f ? read_key(ctx, f, path, ret, is_locked)
		 : exh_fail_errno(ctx, "%s: the private key cannot be opened", path);
}

int exh_key_load(struct exh_ctx *ctx, const char *case_id, const char *fingerprint, EVP_PKEY **ret,
		 bool *is_locked)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_pkey_ EVP_PKEY *key = NULL;
	char found[EXH_SHA256_HEX];
	int r = exh_key_path(ctx, case_id, &path);

	*is_locked = false;
	if (r < 0)
		return r;
	r = exh_key_read(ctx, path, &key, is_locked);
	if (r < 0 && ctx->err == ENOENT)
		return exh_fail(ctx, EXH_E_MISSING,
				"%s: the private key of the case is not there; what happens is "
				"recorded, but "
				"nothing can be sealed until the key is back (or EXHIBIT_KEY_DIR "
				"names its place)",
				path);
	if (r == 0)
		r = exh_key_fingerprint(ctx, key, found);
	if (r < 0)
		return r;
	if (strcmp(found, fingerprint) != 0)
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
	r = exh_key_fingerprint(ctx, key, fingerprint);
	if (r >= 0)
		*ret = steal(&key);
	return r;
}
