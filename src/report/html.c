// SPDX-License-Identifier: Apache-2.0
#include "html.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

void exh_html_bytes(struct exh_html *h, const char *markup, size_t n)
{
	if (h->failed)
		return;
	if (h->used + n + 1 > h->size) {
		size_t size = (h->used + n + 1) * 2;
		char *grown = realloc(h->data, size);

		if (!grown) {
			h->failed = true;
			return;
		}
		h->data = grown;
		h->size = size;
	}
	memcpy(h->data + h->used, markup, n);
	h->used += n;
	h->data[h->used] = 0;
}

static void put(struct exh_html *h, const char *markup)
{
	exh_html_bytes(h, markup, strlen(markup));
}

static const char *entity_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void exh_html_escaped(struct exh_html *h, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *entity = entity_of(text[i]);

		if (entity)
			put(h, entity);
		else
			exh_html_bytes(h, text + i, 1);
	}
}

void exh_html_text(struct exh_html *h, const char *text)
{
	_cleanup_free_ char *visible = exh_text_visible(text ? text : "");

	if (!visible) {
		h->failed = true;
		return;
	}
	exh_html_escaped(h, visible, strlen(visible));
}

/* Bytes of the first characters of valid UTF-8. */
static size_t bytes_of(const char *text, size_t characters)
{
	size_t n = 0;

	while (text[n] && characters--) {
		n++;
		while (((unsigned char)text[n] & 0xc0) == 0x80)
			n++;
	}
	return n;
}

void exh_html_short(struct exh_html *h, const char *text, size_t limit)
{
	_cleanup_free_ char *visible = exh_text_visible(text ? text : "");
	size_t n;

	if (!visible) {
		h->failed = true;
		return;
	}
	n = bytes_of(visible, limit);
	exh_html_escaped(h, visible, n);
	put(h, visible[n] ? "\xe2\x80\xa6" : "");
}

static void put_number(struct exh_html *h, uint64_t n, bool negative)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%s%" PRIu64, negative ? "-" : "", n);
	put(h, digits);
}

static void put_int(struct exh_html *h, int n)
{
	put_number(h, n < 0 ? 0 - (uint64_t)n : (uint64_t)n, n < 0);
}

/* Prints one conversion; p stands behind the '%'. Returns where the format goes on. */
static const char *convert(struct exh_html *h, const char *p, va_list *ap)
{
	bool is_long = *p == 'l' || *p == 'z';

	p += is_long;
	switch (*p) {
	case 's':
		exh_html_text(h, va_arg(*ap, const char *));
		break;
	case 'd':
		put_int(h, va_arg(*ap, int));
		break;
	case 'u':
		put_number(h, is_long ? va_arg(*ap, unsigned long) : va_arg(*ap, unsigned int),
			   false);
		break;
	case '%':
		put(h, "%");
		break;
	default:
		h->failed = true; /* a format of this program that it does not know itself */
		return p + strlen(p);
	}
	return p + 1;
}

void exh_html(struct exh_html *h, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	while (*fmt) {
		size_t plain = strcspn(fmt, "%");

		exh_html_bytes(h, fmt, plain);
		fmt += plain;
		if (*fmt)
			fmt = convert(h, fmt + 1, &ap);
	}
	va_end(ap);
}

static size_t count(const char *const *values)
{
	size_t n = 0;

	while (values[n])
		n++;
	return n;
}

void exh_html_fill(struct exh_html *h, enum exh_text id, const char *const *values)
{
	const char *p = exh_say(h->language, id);
	size_t n = count(values);

	while (*p) {
		size_t plain = strcspn(p, "{");
		size_t which;

		exh_html_escaped(h, p, plain);
		p += plain;
		if (!*p)
			break;
		which = (size_t)(p[1] - '1');
		if (p[1] < '1' || p[1] > '9' || p[2] != '}' || which >= n) {
			exh_html_bytes(h, p++, 1);
			continue;
		}
		exh_html(h, "<bdi>%s</bdi>", values[which]);
		p += 3;
	}
}

void exh_html_hex(struct exh_html *h, const char *hex)
{
	size_t n = strlen(hex);

	if (strspn(hex, "0123456789abcdefABCDEF") != n) {
		exh_html_text(h, hex);
		return;
	}
	put(h, "<span class=\"hex\">");
	for (size_t i = 0; i < n; i += 8) {
		exh_html_bytes(h, hex + i, n - i < 8 ? n - i : 8);
		put(h, i + 8 < n ? "<wbr>" : "");
	}
	put(h, "</span>");
}

int exh_html_finish(struct exh_ctx *ctx, struct exh_html *h, char **text_ret, size_t *n_ret)
{
	if (h->failed || !h->data) {
		free(h->data);
		*h = (struct exh_html){0};
		return exh_fail(ctx, EXH_E_NOMEM, "out of memory");
	}
	*n_ret = h->used;
	*text_ret = steal(&h->data);
	return 0;
}

struct exh_shown exh_plain(uint64_t n)
{
	struct exh_shown s;

	snprintf(s.text, sizeof(s.text), "%" PRIu64, n);
	return s;
}

struct exh_shown exh_grouped(const struct exh_html *h, uint64_t n)
{
	const char *separator = exh_say(h->language, EXH_T_THOUSANDS);
	struct exh_shown plain = exh_plain(n), s = {""};
	size_t digits = strlen(plain.text), room = sizeof(s.text);

	for (size_t i = 0; i < digits; i++) {
		size_t used = strlen(s.text);

		snprintf(s.text + used, room - used, "%s%c",
			 i && (digits - i) % 3 == 0 ? separator : "", plain.text[i]);
	}
	return s;
}

struct exh_shown exh_decimal(const struct exh_html *h, double value, int digits)
{
	struct exh_shown plain, s;
	char *point;

	snprintf(plain.text, sizeof(plain.text), "%.*f", digits, value);
	point = strchr(plain.text, '.');
	if (!point)
		return plain;
	*point = 0;
	snprintf(s.text, sizeof(s.text), "%.40s%s%.40s", plain.text,
		 exh_say(h->language, EXH_T_DECIMAL_POINT), point + 1);
	return s;
}

struct exh_shown exh_size(const struct exh_html *h, uint64_t n)
{
	static const char *const units[] = {"", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	struct exh_shown s;
	double value = (double)n;
	unsigned unit = 0;

	while (value >= 1024 && unit < 6) {
		value /= 1024;
		unit++;
	}
	if (unit)
		snprintf(s.text, sizeof(s.text), "%.40s %s",
			 exh_decimal(h, value, value < 10 ? 2 : 1).text, units[unit]);
	else
		snprintf(s.text, sizeof(s.text), "%" PRIu64 " %.40s", n,
			 exh_say(h->language, n == 1 ? EXH_T_BYTE : EXH_T_BYTES));
	return s;
}

struct exh_shown exh_bytes(const struct exh_html *h, uint64_t n)
{
	struct exh_shown s = exh_size(h, n);

	if (n >= 1024)
		snprintf(s.text, sizeof(s.text), "%.32s %.20s (%.32s)", exh_grouped(h, n).text,
			 exh_say(h->language, EXH_T_BYTES), exh_size(h, n).text);
	return s;
}

bool exh_is_time(const char *text)
{
	size_t n = strlen(text);

	return n >= 20 && n < 32 && text[10] == 'T' && text[n - 1] == 'Z' &&
	       strspn(text, "0123456789-:.TZ") == n;
}

struct exh_shown exh_to_the_second(const char *rfc3339)
{
	struct exh_shown s;

	snprintf(s.text, sizeof(s.text), "%.19sZ", rfc3339);
	return s;
}

struct exh_shown exh_utc(const char *rfc3339)
{
	struct exh_shown s;

	if (exh_is_time(rfc3339))
		snprintf(s.text, sizeof(s.text), "%.10s %.8s UTC", rfc3339, rfc3339 + 11);
	else
		snprintf(s.text, sizeof(s.text), "%.79s", rfc3339);
	return s;
}
