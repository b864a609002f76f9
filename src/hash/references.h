/* SPDX-License-Identifier: Apache-2.0 */
/* Values to compare with, where they come from, and what the comparison says. The owner's side. */
#ifndef EXH_HASH_REFERENCES_H
#define EXH_HASH_REFERENCES_H

#include "digest.h"
#include "mapper/source/image.h"

enum exh_reference_source {
	EXH_FROM_STORED,  /* inside the container */
	EXH_FROM_SIDECAR, /* a file beside the image */
	EXH_FROM_CASE,	  /* an earlier verify */
	EXH_FROM_OPTION,  /* the person at the keyboard */
};

enum exh_reference_scope {
	EXH_SCOPE_MEDIA,
	EXH_SCOPE_CONTAINER, /* one container file */
	EXH_SCOPE_EITHER,    /* nothing says which of the two */
};

struct exh_reference {
	enum exh_reference_source source;
	enum exh_reference_scope scope;
	size_t file; /* the container file; unless scope is media */
	char algorithm[EXH_DIGEST_NAME];
	char value[EXH_DIGEST_HEX];
	char *path; /* of a sidecar, or NULL */
	unsigned line;
};

struct exh_references {
	struct exh_reference *list;
	size_t nr;
};

/* What was computed. Nothing is ever compared with a digest over bytes that were not read. */
struct exh_results {
	const json_t *media;	     /* {ALG: hex}, or NULL where bytes are lost */
	const json_t *whole_sectors; /* {ALG: hex} over the first whole_size bytes, or NULL */
	uint64_t media_size, whole_size;
	const json_t *files; /* [{ALG: hex}, ...], one for each container file */
};

/** exh_references_add - append a copy; *path, if any, is copied too. */
int exh_references_add(struct exh_ctx *ctx, struct exh_references *refs,
		       const struct exh_reference *ref);

/** exh_references_add_stored - image facts["stored_hashes"]; what is no digest in there is passed
 * over. */
int exh_references_add_stored(struct exh_ctx *ctx, struct exh_references *refs,
			      const json_t *image);

/** exh_references_add_baseline - {ALG: hex} of an earlier verify. -EXH_E_FORMAT where it is not
 * that. */
int exh_references_add_baseline(struct exh_ctx *ctx, struct exh_references *refs,
				const json_t *baseline);

/** exh_references_add_expected - "ALG:HEX" as somebody typed it. -EXH_E_USAGE says what is wrong
 * with it. */
int exh_references_add_expected(struct exh_ctx *ctx, struct exh_references *refs,
				const char *expected);

void exh_references_clear(struct exh_references *refs);

/**
 * exh_references_want - add the algorithms that the references need to the sets over the media and
 * over the container files
 *
 * Every reference is worth a comparison, except that one algorithm of an earlier verify is enough.
 */
int exh_references_want(struct exh_ctx *ctx, const struct exh_references *refs,
			struct exh_digests *media, struct exh_digests *files);

/**
 * exh_references_judge - compare; sets facts["references"] and adds problems
 *
 * image names the container files. Returns how many differ; *compared is how many could be
 * compared.
 */
size_t exh_references_judge(const struct exh_references *refs, const struct exh_results *results,
			    const struct exh_image *image, json_t *facts, size_t *compared);

/** exh_verdict - the word for a whole verify. unsure: bytes were lost, or the files changed
 * meanwhile. */
const char *exh_verdict(size_t compared, size_t differing, bool unsure);

#define _cleanup_references_ _cleanup_(exh_references_clear)

#endif
