/* SPDX-License-Identifier: Apache-2.0 */
/* Text from evidence is data: made valid for JSON here, and visible (never obeyed) on a terminal.
 */
#ifndef EXH_BASE_TEXT_H
#define EXH_BASE_TEXT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/**
 * exh_utf8_next - decode one code point
 *
 * Returns the bytes used (1 to 4) and sets *cp, or returns 0 where p is not valid UTF-8 (overlong,
 * surrogate, above U+10FFFF, cut off).
 */
size_t exh_utf8_next(const unsigned char *p, size_t n, uint32_t *cp);

/** exh_codepoint_is_hostile - control, bidirectional and other format characters that would act on
 * a reader's screen. */
int exh_codepoint_is_hostile(uint32_t cp);

/** exh_json_text - a JSON string of n bytes; bytes that are not UTF-8 stand as \xHH. The caller
 * owns it. */
json_t *exh_json_text(const char *bytes, size_t n);

/** exh_json_utf16le - a JSON string of n UTF-16LE units, up to the first 0; lone surrogates stand
 * as \uXXXX. */
json_t *exh_json_utf16le(const void *units, size_t n);

/** exh_text_visible - a copy in which every hostile character stands as \n, \t, \xHH or \u{H}; the
 * caller frees it. */
char *exh_text_visible(const char *utf8);

/** exh_hex - lower-case hex of n bytes into out, which has room for 2 n + 1. */
void exh_hex(const void *bytes, size_t n, char *out);

#endif
