/* SPDX-License-Identifier: Apache-2.0 */
/* Time stamps (RFC 3161) on heads. Nothing is sent anywhere: requests and answers are files. */
#ifndef EXH_CASE_TIMESTAMP_H
#define EXH_CASE_TIMESTAMP_H

#include <openssl/x509.h>

#include "case_private.h"

#define EXH_TIMESTAMPS "timestamps"

/**
 * exh_stamp_check - is this answer a time stamp on these bytes?
 *
 * trusted (may be NULL: the signature is not looked at) are the authority's certificates; they are
 * judged at the time that the stamp states, since a certificate may end and the stamp stays.
 * facts_ret gets {"generated", "serial", "policy", "authority"?}, owned by the caller. Returns 0, 1
 * where it is none, with the reason on the context, or a negative error.
 */
int exh_stamp_check(struct exh_ctx *ctx, const void *stamped, size_t stamped_n, const void *answer,
		    size_t n, X509_STORE *trusted, json_t **facts_ret);

/** exh_stamp_trust - certificates of authorities from a PEM file; free with X509_STORE_free(). */
int exh_stamp_trust(struct exh_ctx *ctx, const char *file, X509_STORE **ret);

#endif
