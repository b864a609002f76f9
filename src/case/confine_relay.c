// SPDX-License-Identifier: Apache-2.0
/* What a command prints: copied as it is, and shown on our standard error, where a terminal must
 * not be made to obey it. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/facts.h"
#include "base/text.h"
#include "confine_parts.h"

struct shown {
	char bytes[8192];
	size_t n;
};

static void flush(struct shown *out)
{
	/* nobody is left to tell where standard error itself is gone */
	(void)!exh_write_all(STDERR_FILENO, out->bytes, out->n);
	out->n = 0;
}

static void show(struct shown *out, const void *bytes, size_t n)
{
	if (out->n + n > sizeof(out->bytes))
		flush(out);
	memcpy(out->bytes + out->n, bytes, n);
	out->n += n;
}

static void show_codepoint(struct shown *out, const unsigned char *p, size_t n, uint32_t cp)
{
	char text[16];

	if (cp == '\r')
		cp = '\n'; /* a line that writes over the one before would hide it */
	if (cp == '\n' || cp == '\t' || !exh_codepoint_is_hostile(cp)) {
		text[0] = (char)cp;
		show(out, cp < 0x80 ? (void *)text : (void *)p, n);
		return;
	}
	show(out, text,
	     (size_t)snprintf(text, sizeof(text), cp < 0x80 ? "\\x%02x" : "\\u{%x}", cp));
}

/* Could these bytes be the beginning of a longer character? (RFC 3629, section 4) */
static bool is_cut(const unsigned char *p, size_t n)
{
	size_t wanted = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc2 ? 2 : 1;

	return n < wanted;
}

static void show_visible(struct exh_relay *relay, const unsigned char *p, size_t n)
{
	struct shown out = {.n = 0};

	while (n) {
		uint32_t cp;
		size_t used = exh_utf8_next(p, n, &cp);
		char text[8];

		if (!used && is_cut(p, n)) {
			memcpy(relay->carry, p, n);
			relay->nr_carry = n;
			break;
		}
		if (used)
			show_codepoint(&out, p, used, cp);
		else
			show(&out, text, (size_t)snprintf(text, sizeof(text), "\\x%02x", *p));
		p += used ? used : 1;
		n -= used ? used : 1;
	}
	flush(&out);
}

bool exh_relay_some(struct exh_relay *relay)
{
	unsigned char buf[sizeof(relay->carry) + 65536];
	size_t carried = relay->nr_carry;
	ssize_t n;

	if (relay->from < 0)
		return false;
	memcpy(buf, relay->carry, carried);
	do {
		n = read(relay->from, buf + carried, sizeof(buf) - carried);
	} while (n < 0 && errno == EINTR);
	if (n <= 0) {
		if (!n || errno != EAGAIN) {
			close(relay->from);
			relay->from = -1;
		}
		return false;
	}
	if (relay->copy >= 0 && !relay->error &&
	    exh_write_all(relay->copy, buf + carried, (size_t)n) < 0)
		relay->error = errno;
	relay->nr_carry = 0;
	if (relay->visible)
		show_visible(relay, buf, carried + (size_t)n);
	else
		(void)!exh_write_all(STDERR_FILENO, buf, (size_t)n);
	return true;
}

void exh_relay_finish(struct exh_relay *relay)
{
	while (exh_relay_some(relay))
		;
	if (relay->from >= 0)
		close(relay->from);
	relay->from = -1;
}
