// SPDX-License-Identifier: Apache-2.0
#include "case_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/facts.h"

static char root[256];
struct exh_ctx ctx;

/* ---- files ---- */

void path_of(char out[512], const char *dir, const char *name)
{
	snprintf(out, 512, "%s/%s/%s", root, dir, name);
}

char *load(const char *dir, const char *name, size_t *n)
{
	char path[512], *bytes = NULL;

	path_of(path, dir, name);
	assert_int_equal(exh_file_read(&ctx, AT_FDCWD, path, 1U << 30, &bytes, n), 0);
	return bytes;
}

void store(const char *dir, const char *name, const void *bytes, size_t n)
{
	char path[512];
	int fd;

	path_of(path, dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(exh_write_all(fd, bytes, n), 0);
	close(fd);
}

void copy(const char *from_dir, const char *from, const char *to_dir, const char *to)
{
	size_t n;
	char *bytes = load(from_dir, from, &n);

	store(to_dir, to, bytes, n);
	free(bytes);
}

void drop(const char *dir, const char *name)
{
	char path[512];

	path_of(path, dir, name);
	assert_int_equal(unlink(path), 0);
}

size_t line_start(const char *bytes, size_t n, size_t number)
{
	size_t at = 0;

	while (number-- && at < n)
		at = (size_t)((const char *)memchr(bytes + at, '\n', n - at) - bytes) + 1;
	return at;
}

void edit(const char *dir, const char *name, const char *old, const char *new)
{
	size_t n;
	char *bytes = load(dir, name, &n), *at = memmem(bytes, n, old, strlen(old));
	_cleanup_free_ char *edited = NULL;

	assert_non_null(at);
	edited = malloc(n + strlen(new));
	memcpy(edited, bytes, (size_t)(at - bytes));
	strcpy(edited + (at - bytes), new);
	memcpy(edited + (at - bytes) + strlen(new), at + strlen(old),
	       n - (size_t)(at - bytes) - strlen(old));
	store(dir, name, edited, n - strlen(old) + strlen(new));
	free(bytes);
}

/* ---- cases ---- */

struct exh_case *open_case(const char *dir)
{
	static const struct exh_operator who = {
		.size = sizeof(who), .case_number = "2026-0815", .examiner = "A. Examiner"};
	static const struct exh_case_making making = {.who = &who};
	struct exh_case *c = NULL;
	char path[512];
	int r;

	snprintf(path, sizeof(path), "%s/%s", root, dir);
	r = exh_case_open(&ctx, path, &making, &c);
	if (r < 0)
		print_error("%s\n", ctx.text);
	assert_int_equal(r, 0);
	return c;
}

void add_step(struct exh_case *c, const char *step)
{
	_cleanup_json_ json_t *facts = json_pack("{s:s, s:s, s:[i,i,i]}", "command", step,
						 "verdict", "match", "rows", 1, 2, 3);

	assert_int_equal(exh_case_begin(&ctx, c, step), 0);
	assert_int_equal(exh_case_end(&ctx, c, step, facts, NULL), 0);
}

void make_case(const char *dir)
{
	struct exh_case *c = open_case(dir);
	int fd;

	add_step(c, "verify");
	add_step(c, "scan");
	assert_int_equal(exh_case_begin(&ctx, c, "files"), 0);
	fd = exh_case_new_output(&ctx, c, "stdout.txt", NULL);
	assert_true(fd >= 0);
	assert_int_equal(exh_write_all(fd, "hello\n", 6), 0);
	close(fd);
	{
		_cleanup_json_ json_t *facts = json_pack("{s:s}", "command", "files");

		assert_int_equal(exh_case_end(&ctx, c, "files", facts, NULL), 0);
	}
	assert_int_equal(exh_case_seal(&ctx, c), 0);
	exh_case_close(c);
}

json_t *verify_with(const char *dir, const char *key, const char *head)
{
	struct exh_case_verify_options options = {
		.size = sizeof(options), .key = key, .head = head};
	char path[512];
	json_t *facts = NULL;

	snprintf(path, sizeof(path), "%s/%s", root, dir);
	if (exh_case_verify(&ctx, path, &options, &facts) < 0)
		print_error("%s\n", ctx.text);
	assert_non_null(facts);
	return facts;
}

static bool has_text(const json_t *facts, const char *text)
{
	_cleanup_free_ char *all = json_dumps(facts, JSON_SORT_KEYS);

	return strstr(all, text) != NULL;
}

bool has_problem(const json_t *facts, const char *code)
{
	const json_t *p;
	size_t i;

	json_array_foreach (json_object_get(facts, "problems"), i, p)
		if (!strcmp(exh_json_str(p, "code"), code))
			return true;
	return false;
}

void check(const json_t *facts, const char *verdict, const char *text)
{
	if (strcmp(exh_json_str(facts, "verdict"), verdict) || (text && !has_text(facts, text))) {
		_cleanup_free_ char *all = json_dumps(facts, JSON_INDENT(1));

		print_error("expected %s, '%s':\n%s\n", verdict, text ? text : "", all);
		fail();
	}
}

void expect(const char *dir, const char *verdict, const char *text)
{
	_cleanup_json_ json_t *facts = verify_with(dir, NULL, NULL);

	check(facts, verdict, text);
}

void append_chained(const char *dir)
{
	struct exh_chain chain = {0};
	char path[512];
	struct exh_case *c = open_case(dir);
	int fd;

	path_of(path, dir, EXH_LEDGER_NAME);
	fd = open(path, O_RDWR | O_APPEND);
	assert_int_equal(
		exh_chain_init(&ctx, &chain, fd, c->identity.case_id, c->identity.fingerprint), 0);
	assert_int_equal(exh_chain_catch_up(&ctx, &chain), 0);
	assert_int_equal(exh_chain_append(&ctx, &chain, "note", NULL), 0);
	exh_chain_clear(&chain);
	close(fd);
	exh_case_close(c);
}

char *source_root(void)
{
	const char *source = getenv("EXHIBIT_SOURCE");
	char *path = NULL, *tests;

	if (source) {
		assert_true(asprintf(&path, "%s/", source) > 0);
		return path;
	}
	path = strdup(__FILE__);
	tests = strstr(path, "tests/unit/");
	assert_non_null(tests);
	*tests = 0;
	return path;
}

const char *fixture_root(void)
{
	return root;
}

int fixture_set_up(void **state)
{
	char keys[512];

	(void)state;
	umask(077);
	snprintf(root, sizeof(root), "%s/exhibit-test-XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(root))
		return -1;
	snprintf(keys, sizeof(keys), "%s/keys", root);
	ctx.helper = -1;
	return setenv("EXHIBIT_KEY_DIR", keys, 1);
}

int fixture_tear_down(void **state)
{
	char command[300];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}
