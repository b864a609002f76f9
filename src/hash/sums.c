// SPDX-License-Identifier: Apache-2.0
#include "sums.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"

/* Without libcrypto, so that hostile text never reaches its name tables. alias has letters and
 * digits only. */
static const struct alias {
	const char *alias, *name;
	size_t size;
	bool usual; /* what a value of this length means when nothing names its algorithm */
} aliases[] = {
	{"md5", "md5", 16, true},
	{"sha1", "sha1", 20, true},
	{"sha224", "sha224", 28, true},
	{"sha2224", "sha224", 28, false},
	{"sha256", "sha256", 32, true},
	{"sha2256", "sha256", 32, false},
	{"sha384", "sha384", 48, true},
	{"sha2384", "sha384", 48, false},
	{"sha512", "sha512", 64, true},
	{"sha2512", "sha512", 64, false},
	{"sha512224", "sha512-224", 28, false},
	{"sha512256", "sha512-256", 32, false},
	{"sha3224", "sha3-224", 28, false},
	{"sha3256", "sha3-256", 32, false},
	{"sha3384", "sha3-384", 48, false},
	{"sha3512", "sha3-512", 64, false},
	{"blake2b", "blake2b512", 64, false},
	{"blake2b512", "blake2b512", 64, false},
	{"blake2s256", "blake2s256", 32, false},
	{"ripemd160", "ripemd160", 20, false},
	{"rmd160", "ripemd160", 20, false},
	{"sm3", "sm3", 32, false},
};

#define NR_ALIASES (sizeof(aliases) / sizeof(aliases[0]))
#define SHORTEST   32 /* hex digits; less is never taken for a digest */

struct parser {
	const char *hint;
	const struct exh_sums_visitor *visitor;
	unsigned line;
};

struct text {
	const char *p;
	size_t n;
};

static const struct alias *by_name(struct text word)
{
	char plain[16];
	size_t used = 0;

	for (size_t i = 0; i < word.n; i++) {
		if (!isalnum((unsigned char)word.p[i]))
			continue;
		if (used == sizeof(plain) - 1)
			return NULL;
		plain[used++] = (char)tolower((unsigned char)word.p[i]);
	}
	plain[used] = 0;
	for (size_t i = 0; i < NR_ALIASES; i++)
		if (!strcmp(plain, aliases[i].alias))
			return &aliases[i];
	return NULL;
}

static const struct alias *by_length(size_t digits)
{
	for (size_t i = 0; i < NR_ALIASES; i++)
		if (aliases[i].usual && 2 * aliases[i].size == digits)
			return &aliases[i];
	return NULL;
}

static struct text skip(struct text t, size_t n)
{
	return (struct text){t.p + n, t.n - n};
}

static struct text trim(struct text t)
{
	while (t.n && isspace((unsigned char)*t.p))
		t = skip(t, 1);
	while (t.n && isspace((unsigned char)t.p[t.n - 1]))
		t.n--;
	return t;
}

static size_t count_hex(struct text t)
{
	size_t n = 0;

	while (n < t.n && isxdigit((unsigned char)t.p[n]))
		n++;
	return n;
}

static bool starts_with_word(struct text t, const char *word)
{
	size_t n = strlen(word);

	return t.n >= n && !strncasecmp(t.p, word, n);
}

static void malformed(const struct parser *p, const char *why)
{
	p->visitor->malformed(p->line, why, p->visitor->opaque);
}

/* escaped: GNU writes \\ and \n for a backslash and a newline in a name, and a backslash before
 * such a line. */
static void set_name(struct exh_sum *sum, struct text name, bool escaped)
{
	char plain[sizeof(sum->name)];
	size_t used = 0, from = 0;

	for (size_t i = 0; i < name.n && used < sizeof(plain) - 1; i++) {
		char c = name.p[i];

		if (escaped && c == '\\' && i + 1 < name.n) {
			c = name.p[++i] == 'n' ? '\n' : name.p[i];
			from = c == '/' ? used + 1 : from;
		} else if (c == '/' || c == '\\') {
			from = used + 1;
		}
		plain[used++] = c;
	}
	plain[used] = 0;
	memcpy(sum->name, plain + from, used - from + 1);
}

/* A digest that came from a device or a pipe is that of the media. */
static bool names_media(struct text name)
{
	return (name.n == 1 && *name.p == '-') || starts_with_word(name, "/dev/") ||
	       starts_with_word(name, "\\\\.\\PhysicalDrive");
}

static void found(const struct parser *p, const struct alias *alias, struct text hex,
		  struct text name, bool escaped, bool of_media)
{
	struct exh_sum sum = {.line = p->line, .of_media = of_media || names_media(name)};

	if (!sum.of_media)
		set_name(&sum, name, escaped);
	memcpy(sum.algorithm, alias->name, strlen(alias->name) + 1);
	if (exh_digest_hex(hex.p, hex.n, alias->size, sum.value)) {
		malformed(p, "the number of hexadecimal digits does not fit the algorithm");
		return;
	}
	p->visitor->found(&sum, p->visitor->opaque);
}

/* "MD5 checksum:    HEX : verified" (FTK Imager), "SHA256 hash      : HEX" (guymager). */
static bool take_labelled(const struct parser *p, struct text line)
{
	const char *colon = memchr(line.p, ':', line.n);
	struct text label = {line.p, colon ? (size_t)(colon - line.p) : 0}, value, word;
	const struct alias *alias;

	if (!colon)
		return false;
	label = trim(label);
	word = label;
	for (word.n = 0; word.n < label.n && !isspace((unsigned char)label.p[word.n]); word.n++)
		;
	alias = by_name(word);
	label = trim(skip(label, word.n));
	if (!alias || (label.n && !(label.n == 8 && starts_with_word(label, "checksum")) &&
		       !(label.n == 4 && starts_with_word(label, "hash"))))
		return false;
	value = trim(skip(line, (size_t)(colon - line.p) + 1));
	word = (struct text){value.p, count_hex(value)};
	value = skip(value, word.n);
	if (word.n < SHORTEST || (value.n && !isspace((unsigned char)*value.p) && *value.p != ':'))
		return true;
	found(p, alias, word, (struct text){"", 0}, false, true);
	return true;
}

/* "ALG (NAME) = HEX" and openssl's "ALG(NAME)= HEX". The name may hold brackets, so the last one
 * counts. */
static bool take_bsd(const struct parser *p, struct text line)
{
	const char *open = memchr(line.p, '(', line.n), *close = memrchr(line.p, ')', line.n);
	const struct alias *alias;
	struct text hex;

	if (!open || !close || close < open)
		return false;
	alias = by_name((struct text){line.p, (size_t)(open - line.p)});
	hex = trim(skip(line, (size_t)(close - line.p) + 1));
	if (!alias || !hex.n || *hex.p != '=')
		return false;
	found(p, alias, trim(skip(hex, 1)), (struct text){open + 1, (size_t)(close - open) - 1},
	      false, false);
	return true;
}

/* "HEX  NAME", "HEX *NAME" and HEX alone. */
static bool take_gnu(const struct parser *p, struct text line)
{
	bool escaped = line.n && *line.p == '\\';
	struct text hex = escaped ? skip(line, 1) : line, name;
	const struct alias *alias;

	name = hex;
	hex.n = count_hex(hex);
	name = skip(name, hex.n);
	if (hex.n < SHORTEST || (name.n && !isspace((unsigned char)*name.p)))
		return false;
	name = trim(name);
	if (name.n && *name.p == '*')
		name = skip(name, 1);
	if (!name.n && !p->hint)
		return true;
	alias = p->hint ? by_name((struct text){p->hint, strlen(p->hint)}) : by_length(hex.n);
	if (!alias)
		malformed(p, "no algorithm has this number of hexadecimal digits");
	else
		found(p, alias, hex, name, escaped, false);
	return true;
}

static void take_line(const struct parser *p, struct text line)
{
	line = trim(line);
	if (!line.n || strchr("#;%", *line.p))
		return;
	if (!take_labelled(p, line) && !take_bsd(p, line))
		take_gnu(p, line);
}

/* UTF-16 in place, what is not ASCII as '?': digests are ASCII, and a name with '?' is no name of
 * ours. */
static size_t narrow(char *text, size_t n, bool big_endian)
{
	for (size_t i = 0; i < n / 2; i++) {
		uint16_t unit = big_endian ? exh_be16(text + 2 * i) : exh_le16(text + 2 * i);

		text[i] = unit < 0x80 ? (char)unit : '?';
	}
	return n / 2;
}

void exh_sums_parse(char *text, size_t n, const char *hint, const struct exh_sums_visitor *visitor)
{
	struct parser p = {.hint = hint, .visitor = visitor};
	struct text rest = {text, n};

	if (n >= 2 && (!memcmp(text, "\xff\xfe", 2) || !memcmp(text, "\xfe\xff", 2)))
		rest = (struct text){text + 2, narrow(text + 2, n - 2, (uint8_t)text[0] == 0xfe)};
	else if (n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		rest = skip(rest, 3);
	while (rest.n) {
		const char *newline = memchr(rest.p, '\n', rest.n);
		size_t length = newline ? (size_t)(newline - rest.p) : rest.n;

		p.line++;
		take_line(&p, (struct text){rest.p, length});
		rest = skip(rest, length + (newline != NULL));
	}
}
