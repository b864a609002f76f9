// SPDX-License-Identifier: Apache-2.0
#include "passphrase.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"

static int check_length(struct exh_ctx *ctx, const char *where, size_t n)
{
	if (!n)
		return exh_fail(ctx, EXH_E_PERMISSION, "%s: the passphrase is empty", where);
	if (n >= EXH_PASSPHRASE_MAX)
		return exh_fail(ctx, EXH_E_PERMISSION, "%s: the passphrase is longer than %d bytes",
				where, EXH_PASSPHRASE_MAX - 1);
	return 0;
}

static int from_file(struct exh_ctx *ctx, const char *path, char out[EXH_PASSPHRASE_MAX])
{
	_cleanup_free_ char *text = NULL;
	size_t n, line;
	int r = exh_file_read(ctx, AT_FDCWD, path, 64U << 10, &text, &n);

	if (r < 0)
		return exh_prefix(ctx, r, "the file with the passphrase");
	line = strcspn(text, "\r\n");
	r = check_length(ctx, path, line);
	if (r == 0) {
		memcpy(out, text, line);
		out[line] = 0;
	}
	OPENSSL_cleanse(text, n);
	return r;
}

static int from_terminal(struct exh_ctx *ctx, const char *name, bool is_new,
			 char out[EXH_PASSPHRASE_MAX])
{
	_cleanup_fd_ int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	char prompt[256];

	if (tty < 0)
		return exh_fail(ctx, EXH_E_PERMISSION,
				"%s: a passphrase is needed and there is no terminal to ask on; "
				"name a file that holds it (--passphrase-file, "
				"EXHIBIT_PASSPHRASE_FILE)",
				name);
	snprintf(prompt, sizeof(prompt), "Passphrase of %.200s: ", name);
	if (EVP_read_pw_string_min(out, 1, EXH_PASSPHRASE_MAX - 1, prompt, is_new) != 0)
		return exh_fail(ctx, EXH_E_PERMISSION, "%s: no passphrase was given%s", name,
				is_new ? ", or not the same twice" : "");
	return check_length(ctx, name, strlen(out));
}

int exh_passphrase_get(struct exh_ctx *ctx, const char *name, bool is_new,
		       char out[EXH_PASSPHRASE_MAX])
{
	const char *file = getenv("EXHIBIT_PASSPHRASE_FILE"), *text = getenv("EXHIBIT_PASSPHRASE");
	int r;

	if (file && *file)
		return from_file(ctx, file, out);
	if (!text || !*text)
		return from_terminal(ctx, name, is_new, out);
	r = check_length(ctx, "EXHIBIT_PASSPHRASE", strlen(text));
	if (r == 0)
		strcpy(out, text);
	return r;
}
