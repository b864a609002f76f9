// SPDX-License-Identifier: Apache-2.0
#include "facts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

#include "cleanup.h"
#include "version.h"

json_t *exh_facts_new(const char *command)
{
	return json_pack("{s:s, s:s, s:s, s:[]}", "schema", EXH_SCHEMA, "command", command,
			 "version", EXH_VERSION, "problems");
}

uint64_t exh_json_u64(const json_t *object, const char *key, uint64_t fallback)
{
	const json_t *v = json_object_get(object, key);

	return json_is_integer(v) && json_integer_value(v) >= 0 ? (uint64_t)json_integer_value(v)
								: fallback;
}

const char *exh_json_str(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static bool one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(word, *list))
			return true;
	return false;
}

static bool has_error(const json_t *facts)
{
	const json_t *p;
	size_t i;

	json_array_foreach (json_object_get(facts, "problems"), i, p) {
		const char *severity = exh_json_str(p, "severity");

		if (severity && !strcmp(severity, "error"))
			return true;
	}
	return false;
}

enum { SAID_YES = 0, SAID_NO = 1, CANNOT_SAY = 3 };

static int status_of_verdict(const json_t *facts)
{
	static const char *const said_no[] = {"mismatch", "changed", "altered", "truncated", NULL};
	static const char *const cannot_say[] = {"undecided", "unsealed", "unreadable", NULL};
	const char *verdict = exh_json_str(facts, "verdict");
	const char *command = exh_json_str(facts, "command");

	if (!verdict)
		return SAID_YES;
	if (one_of(verdict, said_no))
		return SAID_NO;
	if (one_of(verdict, cannot_say))
		return CANNOT_SAY;
	return command && !strcmp(command, "verify") && !strcmp(verdict, "no-reference")
		       ? CANNOT_SAY
		       : SAID_YES;
}

static int status_of_images(const json_t *images)
{
	int worst = SAID_YES;
	const json_t *image;
	size_t i;

	json_array_foreach (images, i, image) {
		int status = exh_facts_exit_status(image);

		if (status == SAID_NO)
			return SAID_NO;
		worst = status ? status : worst;
	}
	return worst;
}

int exh_facts_exit_status(const json_t *facts)
{
	const json_t *parts[] = {facts, json_object_get(facts, "before"),
				 json_object_get(facts, "after")};
	int worst = status_of_images(json_object_get(facts, "images"));

	if (worst == SAID_NO)
		return SAID_NO;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const char *verdict = exh_json_str(parts[i], "verdict");
		int status = status_of_verdict(parts[i]);

		/* inside an examination a missing reference leaves the comparison of before and
		 * after whole */
		if (i && verdict && !strcmp(verdict, "no-reference"))
			continue;
		if (status == SAID_NO)
			return SAID_NO;
		worst = status ? status : worst;
	}
	return worst ? worst : has_error(facts) ? CANNOT_SAY : SAID_YES;
}

char *exh_json_dump_line(const json_t *value)
{
	return json_dumps(value,
			  JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
}

int exh_write_all(int fd, const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n) {
		ssize_t got = write(fd, p, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		p += got;
		n -= (size_t)got;
	}
	return 0;
}

int exh_file_write_new(struct exh_ctx *ctx, const char *path, const void *bytes, size_t n)
{
	_cleanup_fd_ int fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return exh_fail_errno(ctx, "%s: a new file", path);
	return exh_write_all(fd, bytes, n) < 0 ? exh_fail_errno(ctx, "%s", path) : 0;
}

int64_t exh_pread_all(int fd, void *bytes, size_t n, uint64_t offset)
{
	size_t done = 0;

	while (done < n) {
		ssize_t got = pread(fd, (char *)bytes + done, n - done, (off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (!got)
			break;
		done += (size_t)got;
	}
	return (int64_t)done;
}

int exh_file_read(struct exh_ctx *ctx, int dirfd, const char *name, size_t limit, char **bytes_ret,
		  size_t *n_ret)
{
	_cleanup_fd_ int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	_cleanup_free_ char *bytes = NULL;
	struct stat st;
	int64_t got;

	if (fd < 0)
		return exh_fail_errno(ctx, "%s: cannot be opened", name);
	if (fstat(fd, &st) < 0)
		return exh_fail_errno(ctx, "%s", name);
	if (!S_ISREG(st.st_mode))
		return exh_fail(ctx, EXH_E_FORMAT, "%s: is not a regular file", name);
	if ((uint64_t)st.st_size > limit)
		return exh_fail(ctx, EXH_E_FORMAT, "%s: has %lld bytes, more than %zu", name,
				(long long)st.st_size, limit);
	bytes = malloc((size_t)st.st_size + 1);
	if (!bytes)
		return exh_fail(ctx, EXH_E_NOMEM, "%s: out of memory", name);
	got = exh_pread_all(fd, bytes, (size_t)st.st_size, 0);
	if (got < 0)
		return exh_fail_errno(ctx, "%s: cannot be read", name);
	bytes[got] = 0;
	*n_ret = (size_t)got;
	*bytes_ret = steal(&bytes);
	return 0;
}

int exh_json_read_file(struct exh_ctx *ctx, int dirfd, const char *name, size_t limit, json_t **ret)
{
	_cleanup_free_ char *bytes = NULL;
	json_error_t error;
	size_t n;
	int r = exh_file_read(ctx, dirfd, name, limit, &bytes, &n);

	if (r < 0)
		return r;
	*ret = json_loadb(bytes, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (!*ret)
		return exh_fail(ctx, EXH_E_FORMAT, "%s: line %d: %s", name, error.line, error.text);
	return 0;
}

int exh_file_write(struct exh_ctx *ctx, int dirfd, const char *name, const void *bytes, size_t n,
		   unsigned mode)
{
	_cleanup_free_ char *temporary = NULL;
	_cleanup_fd_ int fd = -1;
	uint64_t tag = 0;

	/* Not the process id: what a crash left behind must not be in a later one's way. */
	if (getrandom(&tag, sizeof(tag), 0) < 0 ||
	    asprintf(&temporary, "%s.%016" PRIx64 ".tmp", name, tag) < 0) {
		temporary = NULL;
		return exh_fail(ctx, EXH_E_NOMEM, "%s: out of memory", name);
	}
	fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return exh_fail_errno(ctx, "%s: cannot be written", name);
	if (exh_write_all(fd, bytes, n) < 0 || fsync(fd) < 0 ||
	    renameat(dirfd, temporary, dirfd, name) < 0) {
		int r = exh_fail_errno(ctx, "%s: cannot be written", name);

		unlinkat(dirfd, temporary, 0);
		return r;
	}
	return 0;
}

int exh_json_write_file(struct exh_ctx *ctx, int dirfd, const char *name, const json_t *value)
{
	_cleanup_free_ char *text =
		json_dumps(value, JSON_INDENT(1) | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
	size_t n = text ? strlen(text) : 0;

	if (!text)
		return exh_fail(ctx, EXH_E_NOMEM, "%s: out of memory", name);
	text[n] = '\n';
	return exh_file_write(ctx, dirfd, name, text, n + 1, 0600);
}

void exh_time_at(const struct timespec *time, char out[32])
{
	struct tm utc;
	size_t used;

	gmtime_r(&time->tv_sec, &utc);
	used = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(out + used, 32 - used, ".%06ldZ", time->tv_nsec / 1000);
}

void exh_time_now(char out[32])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	exh_time_at(&now, out);
}
