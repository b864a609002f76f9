// SPDX-License-Identifier: Apache-2.0
#include "text.h"

#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "cleanup.h"

struct builder {
	char *data;
	size_t used, size;
};

static int put(struct builder *b, const void *bytes, size_t n)
{
	if (b->used + n + 1 > b->size) {
		size_t size = (b->used + n + 1) * 2;
		char *grown = realloc(b->data, size);

		if (!grown)
			return -1;
		b->data = grown;
		b->size = size;
	}
	memcpy(b->data + b->used, bytes, n);
	b->used += n;
	b->data[b->used] = 0;
	return 0;
}

size_t exh_utf8_next(const unsigned char *p, size_t n, uint32_t *cp)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len;

	if (!n)
		return 0;
	if (p[0] < 0x80) {
		*cp = p[0];
		return 1;
	}
	len = p[0] >= 0xf0 && p[0] < 0xf8   ? 4
	      : p[0] >= 0xe0 && p[0] < 0xf0 ? 3
	      : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
					    : 0;
	if (!len || len > n)
		return 0;
	*cp = p[0] & (0xff >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (p[i] & 0x3f);
	}
	if (*cp < least[len] || *cp > 0x10ffff || (*cp >= 0xd800 && *cp <= 0xdfff))
		return 0;
	return len;
}

int exh_codepoint_is_hostile(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xad || cp == 0x61c ||
	       cp == 0x180e || (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff || (cp >= 0xfff9 && cp <= 0xfffb) ||
	       (cp >= 0xe0000 && cp <= 0xe0fff);
}

json_t *exh_json_text(const char *bytes, size_t n)
{
	struct builder b = {0};
	const unsigned char *p = (const unsigned char *)bytes;
	json_t *text;

	if (put(&b, "", 0))
		return NULL;
	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t used = exh_utf8_next(p + i, n - i, &cp);
		char escaped[8];
		int failed;

		if (used && cp) {
			failed = put(&b, p + i, used);
		} else {
			snprintf(escaped, sizeof(escaped), "\\x%02x", p[i]);
			failed = put(&b, escaped, 4);
			used = 1;
		}
		if (failed) {
			free(b.data);
			return NULL;
		}
		i += used;
	}
	text = json_stringn(b.data, b.used);
	free(b.data);
	return text;
}

static size_t encode_utf8(uint32_t cp, char out[4])
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xc0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xe0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

json_t *exh_json_utf16le(const void *units, size_t n)
{
	const unsigned char *p = units;
	struct builder b = {0};
	json_t *text;

	if (put(&b, "", 0))
		return NULL;
	for (size_t i = 0; i < n; i++) {
		uint32_t unit = exh_le16(p + 2 * i), low;
		char out[8];
		size_t len;

		if (!unit)
			break;
		low = i + 1 < n ? exh_le16(p + 2 * i + 2) : 0;
		if (unit >= 0xd800 && unit < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
			len = encode_utf8(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00), out);
			i++;
		} else if (unit >= 0xd800 && unit < 0xe000) {
			len = (size_t)snprintf(out, sizeof(out), "\\u%04x", unit);
		} else {
			len = encode_utf8(unit, out);
		}
		if (put(&b, out, len)) {
			free(b.data);
			return NULL;
		}
	}
	text = json_stringn(b.data, b.used);
	free(b.data);
	return text;
}

char *exh_text_visible(const char *utf8)
{
	const unsigned char *p = (const unsigned char *)utf8;
	size_t n = strlen(utf8);
	struct builder b = {0};

	if (put(&b, "", 0))
		return NULL;
	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t used = exh_utf8_next(p + i, n - i, &cp);
		char out[16] = "";
		int failed;

		if (used && !exh_codepoint_is_hostile(cp))
			failed = put(&b, p + i, used);
		else if (used && (cp == '\n' || cp == '\t' || cp == '\r'))
			failed = put(&b, cp == '\n' ? "\\n" : cp == '\t' ? "\\t" : "\\r", 2);
		else if (used)
			failed = put(&b, out, (size_t)snprintf(out, sizeof(out), "\\u{%x}", cp));
		else
			failed = put(&b, out, (size_t)snprintf(out, sizeof(out), "\\x%02x", p[i]));
		if (failed) {
			free(b.data);
			return NULL;
		}
		i += used ? used : 1;
	}
	return b.data;
}

void exh_hex(const void *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * n] = 0;
}
