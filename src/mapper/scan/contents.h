/* SPDX-License-Identifier: Apache-2.0 */
/* From what libblkid finds in one place to the "contents" of the contract. */
#ifndef EXH_SCAN_CONTENTS_H
#define EXH_SCAN_CONTENTS_H

#include <blkid/blkid.h>
#include <jansson.h>
#include <stdbool.h>

/**
 * exh_contents_probe - ask libblkid for everything that it finds where probe looks
 *
 * Returns the "contents" object of what leads, with everything else in "also"; NULL where nothing
 * was found. The caller owns it.
 */
json_t *exh_contents_probe(blkid_probe probe);

/** exh_contents_sign - the same from signs that libblkid does not know, in the first n bytes of the
 * place. */
json_t *exh_contents_sign(const uint8_t *head, size_t n);

/** exh_looks_random - are all values of a byte about as frequent, as in what is encrypted? No
 * proof. */
bool exh_looks_random(const uint8_t *bytes, size_t n);

#endif
