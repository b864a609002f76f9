/* SPDX-License-Identifier: Apache-2.0 */
/* Text files with digests, as md5sum, BSD, openssl, FTK Imager and guymager write them. */
#ifndef EXH_HASH_SUMS_H
#define EXH_HASH_SUMS_H

#include <stdbool.h>
#include <stddef.h>

#include "digest.h"

/* One statement of such a file. */
struct exh_sum {
	char algorithm[EXH_DIGEST_NAME];
	char value[EXH_DIGEST_HEX];
	char name[256]; /* last part of the name it speaks of; "" where it names nothing */
	bool of_media;	/* an acquisition log that speaks of the media, not of a file */
	unsigned line;
};

struct exh_sums_visitor {
	void (*found)(const struct exh_sum *sum, void *opaque);
	void (*malformed)(unsigned line, const char *why,
			  void *opaque); /* why is a constant text */
	void *opaque;
};

/**
 * exh_sums_parse - visit every statement in a text
 *
 * Understands "HEX  NAME", "HEX *NAME", "ALG (NAME) = HEX", "ALG(NAME)= HEX", HEX alone, and "ALG
 * checksum: HEX" or "ALG hash : HEX" as acquisition logs have it; CRLF, a byte order mark and
 * UTF-16 are no obstacle. hint is the algorithm that the name of the file promises, or NULL: then
 * HEX alone says nothing. Lines that it does not understand are passed over; malformed is told of
 * those that pretend to be a digest. text is overwritten.
 */
void exh_sums_parse(char *text, size_t n, const char *hint, const struct exh_sums_visitor *visitor);

#endif
