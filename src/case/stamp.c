// SPDX-License-Identifier: Apache-2.0
/* What a time stamp is, by OpenSSL. */
#include <openssl/err.h>
#include <openssl/ts.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "timestamp.h"

static void cleanup_response(TS_RESP **response)
{
	TS_RESP_free(*response);
}

static void cleanup_bio(BIO **bio)
{
	BIO_free(*bio);
}

static json_t *text_of_bio(BIO *bio)
{
	char *text = NULL;
	long n = BIO_get_mem_data(bio, &text);

	return json_stringn(text, (size_t)n);
}

static void set_time(json_t *facts, const ASN1_GENERALIZEDTIME *when)
{
	struct tm utc;
	char text[32];

	if (ASN1_TIME_to_tm(when, &utc) != 1)
		return;
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	json_object_set_new(facts, "generated", json_string(text));
}

static void set_serial(json_t *facts, const ASN1_INTEGER *serial)
{
	_cleanup_(cleanup_bio) BIO *bio = BIO_new(BIO_s_mem());

	if (bio && i2a_ASN1_INTEGER(bio, serial) > 0)
		json_object_set_new(facts, "serial", text_of_bio(bio));
}

static void set_authority(json_t *facts, GENERAL_NAME *name)
{
	_cleanup_(cleanup_bio) BIO *bio = BIO_new(BIO_s_mem());

	if (bio && name && name->type == GEN_DIRNAME &&
	    X509_NAME_print_ex(bio, name->d.directoryName, 0,
			       XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB) > 0)
		json_object_set_new(facts, "authority", text_of_bio(bio));
}

static json_t *describe(TS_TST_INFO *info)
{
	json_t *facts = json_object();
	char policy[128];

	set_time(facts, TS_TST_INFO_get_time(info));
	set_serial(facts, TS_TST_INFO_get_serial(info));
	set_authority(facts, TS_TST_INFO_get_tsa(info));
	if (OBJ_obj2txt(policy, sizeof(policy), TS_TST_INFO_get_policy_id(info), 1) > 0)
		json_object_set_new(facts, "policy", json_string(policy));
	return facts;
}

static bool set_imprint(TS_VERIFY_CTX *checks, const void *stamped, size_t n)
{
	unsigned char *digest = OPENSSL_malloc(32);

	if (!digest)
		return false;
	/* owned by the context from here on */
	TS_VERIFY_CTX_set_imprint(checks, digest, 32);
	return EVP_Digest(stamped, n, digest, NULL, EVP_sha256(), NULL) == 1;
}

/* Certificates are judged at the time stamped. */
static void set_trust(TS_VERIFY_CTX *checks, X509_STORE *trusted, TS_TST_INFO *info)
{
	struct tm utc;

	if (ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &utc) == 1)
		X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(trusted), timegm(&utc));
	X509_STORE_up_ref(trusted);
	TS_VERIFY_CTX_set_store(checks, trusted);
	TS_VERIFY_CTX_add_flags(checks, TS_VFY_SIGNATURE);
}

static int check(struct exh_ctx *ctx, TS_RESP *response, const void *stamped, size_t n,
		 X509_STORE *trusted)
{
	TS_VERIFY_CTX *checks = TS_VERIFY_CTX_new();
	char why[256];
	int good;

	if (!checks || !set_imprint(checks, stamped, n)) {
		TS_VERIFY_CTX_free(checks);
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	}
	TS_VERIFY_CTX_set_flags(checks, TS_VFY_VERSION | TS_VFY_IMPRINT);
	if (trusted)
		set_trust(checks, trusted, TS_RESP_get_tst_info(response));
	ERR_clear_error();
	good = TS_RESP_verify_response(checks, response);
	TS_VERIFY_CTX_free(checks);
	if (good == 1)
		return 0;
	ERR_error_string_n(ERR_peek_last_error(), why, sizeof(why));
	exh_fail(ctx, EXH_E_FORMAT, "is not a time stamp on this head%s: %s",
		 trusted ? " by an authority that was given" : "", why);
	return 1;
}

int exh_stamp_check(struct exh_ctx *ctx, const void *stamped, size_t stamped_n, const void *answer,
		    size_t n, X509_STORE *trusted, json_t **facts_ret)
{
	const unsigned char *at = answer;
	_cleanup_(cleanup_response) TS_RESP *response = d2i_TS_RESP(NULL, &at, (long)n);
	int r;

	if (!response || at != (const unsigned char *)answer + n) {
		exh_fail(ctx, EXH_E_FORMAT, "is no answer of a time stamping authority");
		return 1;
	}
	if (!TS_RESP_get_tst_info(response)) {
		exh_fail(ctx, EXH_E_FORMAT, "the authority refused: there is no time stamp in it");
		return 1;
	}
	r = check(ctx, response, stamped, stamped_n, trusted);
	if (r == 0)
		*facts_ret = describe(TS_RESP_get_tst_info(response));
	return r;
}

int exh_stamp_trust(struct exh_ctx *ctx, const char *file, X509_STORE **ret)
{
	X509_STORE *store = X509_STORE_new();

	if (store && X509_STORE_load_file(store, file) == 1) {
		*ret = store;
		return 0;
	}
	X509_STORE_free(store);
	return exh_fail(ctx, EXH_E_FORMAT, "%s: holds no certificates in PEM form", file);
}
