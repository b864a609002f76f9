// SPDX-License-Identifier: Apache-2.0
/* Asking for time stamps and attaching them. */
#include "timestamp.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/ts.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "countersign.h"
#include "exhibits.h"

#define ANSWER_LIMIT ((size_t)1 << 20)
#define NONCE_BITS   64

static void cleanup_request(TS_REQ **request)
{
	TS_REQ_free(*request);
}

/* ---- the request ---- */

static bool set_digest(TS_REQ *request, const struct exh_note *note)
{
	TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	X509_ALGOR *algorithm = X509_ALGOR_new();
	unsigned char digest[32];
	bool good = imprint && algorithm &&
		    EVP_Digest(note->bytes, note->n, digest, NULL, EVP_sha256(), NULL) == 1 &&
		    X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) &&
		    TS_MSG_IMPRINT_set_algo(imprint, algorithm) &&
		    TS_MSG_IMPRINT_set_msg(imprint, digest, sizeof(digest)) &&
		    TS_REQ_set_msg_imprint(request, imprint);

	X509_ALGOR_free(algorithm);
	TS_MSG_IMPRINT_free(imprint);
	return good;
}

static bool set_nonce(TS_REQ *request)
{
	BIGNUM *number = BN_new();
	ASN1_INTEGER *nonce = NULL;
	bool good = number && BN_rand(number, NONCE_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
		    (nonce = BN_to_ASN1_INTEGER(number, NULL)) && TS_REQ_set_nonce(request, nonce);

	ASN1_INTEGER_free(nonce);
	BN_free(number);
	return good;
}

static int make_request(struct exh_ctx *ctx, const struct exh_note *note, unsigned char **der,
			size_t *n_ret)
{
	_cleanup_(cleanup_request) TS_REQ *request = TS_REQ_new();
	int n = -1;

	if (request && TS_REQ_set_version(request, 1) && set_digest(request, note) &&
	    set_nonce(request) && TS_REQ_set_cert_req(request, 1))
		n = i2d_TS_REQ(request, der);
	if (n <= 0)
		return exh_fail(ctx, EXH_E_MISSING, "libcrypto cannot make the request");
	*n_ret = (size_t)n;
	return 0;
}

static int write_request(struct exh_ctx *ctx, struct exh_case *c, const struct exh_head *head,
			 json_t *files)
{
	unsigned char *der = NULL;
	json_t *note = NULL, *request = NULL;
	char name[48];
	size_t n = 0;
	int r = make_request(ctx, &head->note, &der, &n);

	snprintf(name, sizeof(name), "%" PRIu64 ".note", head->entries);
	if (r == 0)
		r = exh_case_write_below(ctx, c, EXH_TIMESTAMPS, name, head->note.bytes,
					 head->note.n, &note);
	snprintf(name, sizeof(name), "%" PRIu64 ".tsq", head->entries);
	if (r == 0)
		r = exh_case_write_below(ctx, c, EXH_TIMESTAMPS, name, der, n, &request);
	OPENSSL_free(der);
	if (note)
		json_array_append_new(files, note);
	if (request)
		json_array_append_new(files, request);
	return r;
}

static int ask(struct exh_ctx *ctx, struct exh_case *c, json_t **entry_ret)
{
	json_t *files = json_array();
	struct exh_head head;
	int r = exh_head_current(ctx, c, &head);

	if (r == 0)
		r = write_request(ctx, c, &head, files);
	if (r < 0) {
		json_decref(files);
		return r;
	}
	*entry_ret = json_pack("{s:I, s:o}", "entries", (json_int_t)head.entries, "files", files);
	return exh_case_event_unless_closed(ctx, c, "timestamp-request", *entry_ret);
}

/* ---- the answer ---- */

static bool has_same_nonce(int dirfd, const char *stem, const unsigned char *answer, size_t n)
{
	struct exh_ctx own = {.helper = -1};
	_cleanup_free_ char *der = NULL;
	char name[NAME_MAX];
	size_t length;
	const unsigned char *at, *from = answer;
	_cleanup_(cleanup_request) TS_REQ *request = NULL;
	TS_RESP *response = d2i_TS_RESP(NULL, &from, (long)n);
	const ASN1_INTEGER *asked, *answered;
	bool same;

	snprintf(name, sizeof(name), "%.200s.tsq", stem);
	if (exh_file_read(&own, dirfd, name, ANSWER_LIMIT, &der, &length) == 0) {
		at = (const unsigned char *)der;
		request = d2i_TS_REQ(NULL, &at, (long)length);
	}
	asked = request ? TS_REQ_get_nonce(request) : NULL;
	answered = response && TS_RESP_get_tst_info(response)
			   ? TS_TST_INFO_get_nonce(TS_RESP_get_tst_info(response))
			   : NULL;
	same = asked && answered && !ASN1_INTEGER_cmp(asked, answered);
	TS_RESP_free(response);
	return same;
}

/* The head of this case that the answer is about: 0, 1 where this one is not, or a negative error.
 */
static int try_head(struct exh_ctx *ctx, int dirfd, const char *name, const char *answer, size_t n,
		    X509_STORE *trusted, json_t **entry_ret)
{
	_cleanup_free_ char *note = NULL;
	struct exh_head head;
	char stem[NAME_MAX];
	size_t length;
	int r = exh_file_read(ctx, dirfd, name, EXH_HEAD_LIMIT, &note, &length);

	if (r < 0 || exh_head_parse(ctx, note, length, &head) < 0)
		return 1;
	r = exh_stamp_check(ctx, note, length, answer, n, trusted, entry_ret);
	if (r != 0)
		return r;
	snprintf(stem, sizeof(stem), "%.*s", (int)(strlen(name) - strlen(".note")), name);
	if (!has_same_nonce(dirfd, stem, (const unsigned char *)answer, n)) {
		json_decref(*entry_ret);
		*entry_ret = NULL;
		exh_fail(ctx, EXH_E_FORMAT, "is no answer to the request %s.tsq: its nonce differs",
			 stem);
		return 1;
	}
	json_object_set_new(*entry_ret, "entries", json_integer((json_int_t)head.entries));
	return 0;
}

static bool is_note(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && !strcmp(name + n - 5, ".note");
}

static int find_head(struct exh_ctx *ctx, struct exh_case *c, const char *answer, size_t n,
		     X509_STORE *trusted, json_t **entry_ret)
{
	_cleanup_dir_ DIR *d = NULL;
	const struct dirent *e;
	int fd = openat(c->dirfd, EXH_TIMESTAMPS, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		return exh_fail(ctx, EXH_E_STATE, "%s: no time stamp was asked for", c->dir);
	exh_fail(ctx, EXH_E_STATE, "no time stamp was asked for");
	while ((e = readdir(d))) {
		int r = is_note(e->d_name)
				? try_head(ctx, fd, e->d_name, answer, n, trusted, entry_ret)
				: 1;

		if (r != 1)
			return r;
	}
	return -ctx->code;
}

static int attach(struct exh_ctx *ctx, struct exh_case *c,
		  const struct exh_case_timestamp_options *options, json_t **entry_ret)
{
	_cleanup_free_ char *answer = NULL;
	X509_STORE *trusted = NULL;
	json_t *file = NULL;
	char name[48];
	size_t n;
	int r = exh_file_read(ctx, AT_FDCWD, options->answer, ANSWER_LIMIT, &answer, &n);

	if (r == 0 && options->tsa)
		r = exh_stamp_trust(ctx, options->tsa, &trusted);
	if (r == 0)
		r = exh_prefix(ctx, find_head(ctx, c, answer, n, trusted, entry_ret), "%s",
			       options->answer);
	X509_STORE_free(trusted);
	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "%" PRIu64 ".tsr", exh_json_u64(*entry_ret, "entries", 0));
	r = exh_case_write_below(ctx, c, EXH_TIMESTAMPS, name, answer, n, &file);
	if (r < 0)
		return r;
	json_object_set_new(*entry_ret, "files", json_pack("[o]", file));
	return exh_case_event_unless_closed(ctx, c, "timestamp", *entry_ret);
}

int exh_case_timestamp(struct exh_ctx *ctx, const char *dir,
		       const struct exh_case_timestamp_options *options, json_t **facts)
{
	_cleanup_json_ json_t *entry = NULL;
	_cleanup_case_ struct exh_case *c = NULL;
	int r = exh_case_open_there(ctx, dir, &c);

	if (r == 0)
		r = options->answer ? attach(ctx, c, options, &entry) : ask(ctx, c, &entry);
	if (r < 0)
		return r;
	*facts = exh_custody_facts(c, "case timestamp");
	if (r == 1)
		json_object_del(*facts, "entry");
	json_object_set(*facts, options->answer ? "timestamp" : "request", entry);
	return r == 1 ? 0 : exh_case_seal(ctx, c);
}
