// SPDX-License-Identifier: Apache-2.0
#include "digest.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define LONG_TEXT 1000000

/*
 * Known answers for "abc" and for a million times "a". "abc" stands in RFC 1321 A.5 (MD5), FIPS
 * 180-4 (SHA-1, SHA-2), the examples to FIPS 202 (SHA-3), RFC 7693 appendices A and B (BLAKE2),
 * GB/T 32905-2016 A.1 (SM3) and the RIPEMD-160 paper, appendix B. The long text drives the code for
 * many blocks, which is another code than that for one; its answers are those of two unrelated
 * implementations.
 */
static const struct known_answer {
	const char *name, *abc, *million_a;
} known_answers[] = {
	{"md5", "900150983cd24fb0d6963f7d28e17f72", "7707d6ae4e027c70eea2a935c2296f21"},
	{"sha1", "a9993e364706816aba3e25717850c26c9cd0d89d",
	 "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
	{"sha224", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
	 "20794655980c91d8bbb4c1ea97618a4bf03f42581948b2ee4ee7ad67"},
	{"sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	 "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
	{"sha384",
	 "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
	 "8086072ba1e7cc2358baeca134c825a7",
	 "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b"
	 "07b8b3dc38ecc4ebae97ddd87f3d8985"},
	{"sha512",
	 "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	 "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
	 "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
	 "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"},
	{"sha512-224", "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa",
	 "37ab331d76f0d36de422bd0edeb22a28accd487b7a8453ae965dd287"},
	{"sha512-256", "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",
	 "9a59a052930187a97038cae692f30708aa6491923ef5194394dc68d56c74fb21"},
	{"sha3-224", "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf",
	 "d69335b93325192e516a912e6d19a15cb51c6ed5c15243e7a7fd653c"},
	{"sha3-256", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
	 "5c8875ae474a3634ba4fd55ec85bffd661f32aca75c6d699d0cdcb6c115891c1"},
	{"sha3-384",
	 "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b2"
	 "98d88cea927ac7f539f1edf228376d25",
	 "eee9e24d78c1855337983451df97c8ad9eedf256c6334f8e948d252d5e0e7684"
	 "7aa0774ddb90a842190d2c558b4b8340"},
	{"sha3-512",
	 "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
	 "10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
	 "3c3a876da14034ab60627c077bb98f7e120a2a5370212dffb3385a18d4f38859"
	 "ed311d0a9d5141ce9cc5c66ee689b266a8aa18ace8282a0e0db596c90b0a7b87"},
	{"blake2b512",
	 "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
	 "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
	 "98fb3efb7206fd19ebf69b6f312cf7b64e3b94dbe1a17107913975a793f177e1"
	 "d077609d7fba363cbba00d05f7aa4e4fa8715d6428104c0a75643b0ff3fd3eaf"},
	{"blake2s256", "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982",
	 "bec0c0e6cde5b67acb73b81f79a67a4079ae1c60dac9d2661af18e9f8b50dfa5"},
	{"sm3", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
	 "c8aaf89429554029e231941a2acc0ad61ff2a5acd8fadd25847a3a732b3b02c3"},
	{"ripemd160", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc",
	 "52783243c1697bdbe16d37f97f68f08325dc1528"},
};

#define NR_KNOWN_ANSWERS (sizeof(known_answers) / sizeof(known_answers[0]))

/* An extendable output, and what is no digest at all, has no value to compare with. */
static EVP_MD *fetch(const char *given)
{
	EVP_MD *md = strlen(given) < EXH_DIGEST_NAME ? EVP_MD_fetch(NULL, given, NULL) : NULL;

	if (md && (EVP_MD_get_size(md) < 16 || (EVP_MD_get_flags(md) & EVP_MD_FLAG_XOF))) {
		EVP_MD_free(md);
		return NULL;
	}
	return md;
}

static void name_of(const EVP_MD *md, const char *given, char out[EXH_DIGEST_NAME])
{
	size_t i = 0;

	for (; i < NR_KNOWN_ANSWERS; i++)
		if (EVP_MD_is_a(md, known_answers[i].name))
			given = known_answers[i].name;
	for (i = 0; i < EXH_DIGEST_NAME - 1 && given[i]; i++)
		out[i] = (char)tolower((unsigned char)given[i]);
	out[i] = 0;
}

int exh_digest_name(const char *given, char out[EXH_DIGEST_NAME], size_t *size)
{
	EVP_MD *md = fetch(given);

	if (!md)
		return 1;
	name_of(md, given, out);
	if (size)
		*size = (size_t)EVP_MD_get_size(md);
	EVP_MD_free(md);
	return 0;
}

int exh_digests_add(struct exh_ctx *ctx, struct exh_digests *set, const char *name)
{
	struct exh_digest *d = &set->list[set->nr];
	EVP_MD *md = fetch(name);

	if (!md)
		return exh_fail(
			ctx, EXH_E_USAGE,
			"%s: is no digest of this libcrypto; see: openssl list -digest-algorithms",
			name);
	for (size_t i = 0; i < set->nr; i++) {
		if (EVP_MD_is_a(md, EVP_MD_get0_name(set->list[i].md))) {
			EVP_MD_free(md);
			return 0;
		}
	}
	if (set->nr == EXH_MAX_DIGESTS) {
		EVP_MD_free(md);
		return exh_fail(ctx, EXH_E_USAGE, "%s: more than %d digests at once", name,
				EXH_MAX_DIGESTS);
	}
	name_of(md, name, d->name);
	d->md = md;
	d->size = (size_t)EVP_MD_get_size(md);
	set->nr++;
	return 0;
}

int exh_digests_add_list(struct exh_ctx *ctx, struct exh_digests *set, const char *names)
{
	_cleanup_free_ char *copy = strdup(names);
	char *state = NULL;
	int r = 0;

	if (!copy)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	for (char *name = strtok_r(copy, ", ", &state); name && !r;
	     name = strtok_r(NULL, ", ", &state))
		r = exh_digests_add(ctx, set, name);
	if (!r && !set->nr)
		return exh_fail(ctx, EXH_E_USAGE,
				"\"%s\": names no digest; for example: md5,sha1,sha256", names);
	return r;
}

const struct exh_digest *exh_digests_find(const struct exh_digests *set, const char *name)
{
	for (size_t i = 0; i < set->nr; i++)
		if (!strcmp(set->list[i].name, name))
			return &set->list[i];
	return NULL;
}

void exh_digests_clear(struct exh_digests *set)
{
	for (size_t i = 0; i < set->nr; i++)
		EVP_MD_free(set->list[i].md);
	memset(set, 0, sizeof(*set));
}

int exh_digest_hex(const char *text, size_t n, size_t size, char out[EXH_DIGEST_HEX])
{
	if (n != 2 * size || n >= EXH_DIGEST_HEX)
		return 1;
	for (size_t i = 0; i < n; i++) {
		if (!isxdigit((unsigned char)text[i]))
			return 1;
		out[i] = (char)tolower((unsigned char)text[i]);
	}
	out[n] = 0;
	return 0;
}

static int hash_text(const struct exh_digest *d, const char *text, size_t n,
		     char out[EXH_DIGEST_HEX])
{
	unsigned char value[EVP_MAX_MD_SIZE];
	unsigned int size = 0;

	if (!EVP_Digest(text, n, value, &size, d->md, NULL) || size != d->size)
		return -1;
	exh_hex(value, size, out);
	return 0;
}

int exh_digest_self_test(struct exh_ctx *ctx, const struct exh_digest *digest)
{
	_cleanup_free_ char *long_text = malloc(LONG_TEXT);
	char abc[EXH_DIGEST_HEX], million_a[EXH_DIGEST_HEX];
	const struct known_answer *known = NULL;

	for (size_t i = 0; i < NR_KNOWN_ANSWERS; i++)
		if (!strcmp(known_answers[i].name, digest->name))
			known = &known_answers[i];
	if (!known)
		return 1;
	if (!long_text)
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	memset(long_text, 'a', LONG_TEXT);
	if (hash_text(digest, "abc", 3, abc) < 0 ||
	    hash_text(digest, long_text, LONG_TEXT, million_a) < 0 || strcmp(abc, known->abc) ||
	    strcmp(million_a, known->million_a))
		return exh_fail(
			ctx, EXH_E_MISSING,
			"%s: libcrypto gives a wrong digest for a known text; nothing was hashed. "
			"Check the installation of libcrypto and the memory of this machine",
			digest->name);
	return 0;
}
