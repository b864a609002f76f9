// SPDX-License-Identifier: Apache-2.0
/* The analysis command: placeholders, environment, confinement, and what it leaves behind. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"
#include "confine.h"
#include "examine.h"
#include "key.h"
#include "key.h"
#include "mapper/attach/state.h"
#include "mapper/source/image.h"

/* A list of strings that ends with NULL. */
struct strings {
	char **list;
	size_t used, size;
};

static void cleanup_strings(struct strings *s)
{
	for (size_t i = 0; i < s->used; i++)
		free(s->list[i]);
	free(s->list);
}

/* Takes the string, which may be NULL (out of memory). */
static int push(struct strings *s, char *string)
{
	if (s->used + 2 > s->size) {
		size_t size = s->size ? s->size * 2 : 16;
		char **grown = realloc(s->list, size * sizeof(*grown));

		if (!grown) {
			free(string);
			return -1;
		}
		s->list = grown;
		s->size = size;
	}
	s->list[s->used] = string;
	if (string)
		s->used++;
	s->list[s->used] = NULL;
	return string ? 0 : -1;
}

static int push_format(struct strings *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int push_format(struct strings *s, const char *fmt, ...)
{
	char *string = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&string, fmt, ap) < 0)
		string = NULL;
	va_end(ap);
	return push(s, string);
}

struct placeholder {
	size_t length; /* in the text, braces included; 0: none here */
	bool disk, mount;
	uint64_t partition;
};

/* {disk}, {pN}, {pN.mount} */
static struct placeholder placeholder_at(const char *text)
{
	struct placeholder none = {0}, p = {0};
	char *end;

	if (!strncmp(text, "{disk}", 6))
		return (struct placeholder){.length = 6, .disk = true};
	if (strncmp(text, "{p", 2) || !isdigit((unsigned char)text[2]))
		return none;
	p.partition = strtoull(text + 2, &end, 10);
	if (!strncmp(end, ".mount", 6)) {
		p.mount = true;
		end += 6;
	}
	if (*end != '}')
		return none;
	p.length = (size_t)(end - text) + 1;
	return p;
}

static bool scan_has(const json_t *scan, uint64_t number)
{
	const json_t *partition;
	size_t i;

	json_array_foreach (json_object_get(scan, "partitions"), i, partition) {
		if (exh_json_u64(partition, "number", UINT64_MAX) == number)
			return true;
	}
	return false;
}

static int check_placeholder(struct exh_examination *x, const struct placeholder *p,
			     const char *text, const json_t *scan)
{
	if (p->mount && !x->options->mount)
		return exh_fail(x->ctx, EXH_E_USAGE, "%.*s: needs --mount", (int)p->length, text);
	if (p->disk || !scan)
		return p->disk ? 0 : 1;
	if (scan_has(scan, p->partition))
		return 0;
	return exh_fail(x->ctx, EXH_E_USAGE,
			"%.*s: the image has no partition %llu; see: exhibit scan %s",
			(int)p->length, text, (unsigned long long)p->partition, x->image->path);
}

/* Without a scan: 1 where one is needed to decide. */
int exh_examine_check_command(struct exh_examination *x, const json_t *scan)
{
	int undecided = 0;

	for (char *const *arg = x->options->command; *arg; arg++) {
		for (const char *c = *arg; *c;) {
			struct placeholder p = placeholder_at(c);
			int r = p.length ? check_placeholder(x, &p, c, scan) : 0;

			if (r < 0)
				return r;
			undecided |= r;
			c += p.length ? p.length : 1;
		}
	}
	return undecided;
}

/* The device or file of a partition, or of the disk. */
static const char *device_of(const struct exh_examination *x, bool disk, uint64_t partition)
{
	const json_t *device;
	size_t i;

	json_array_foreach (json_object_get(x->attachment, "devices"), i, device) {
		const char *scope = exh_json_str(device, "scope");
		const char *path = exh_json_str(device, "device");

		if (!scope || disk != !strcmp(scope, "disk"))
			continue;
		if (disk || exh_json_u64(device, "partition", UINT64_MAX) == partition)
			return path ? path : exh_json_str(device, "file");
	}
	return NULL;
}

static const char *mount_of(const struct exh_examination *x, uint64_t partition)
{
	char number[24];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)partition);
	return exh_json_str(x->mounts, number);
}

static const char *value_of(const struct exh_examination *x, const struct placeholder *p)
{
	return p->mount ? mount_of(x, p->partition) : device_of(x, p->disk, p->partition);
}

/* One argument with its placeholders filled; NULL with the error on the context. */
static char *fill_in(struct exh_examination *x, const char *arg)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_file_ FILE *out = NULL;
	size_t n;

	out = open_memstream(&text, &n);
	if (!out)
		return NULL;
	while (*arg) {
		struct placeholder p = placeholder_at(arg);
		const char *value = p.length ? value_of(x, &p) : NULL;

		if (p.length && !value) {
			exh_fail(x->ctx, EXH_E_STATE, "%.*s: was not %s", (int)p.length, arg,
				 p.mount ? "mounted" : "attached");
			return NULL;
		}
		if (value)
			fputs(value, out);
		else
			fputc(*arg, out);
		arg += p.length ? p.length : 1;
	}
	fclose(steal(&out));
	return steal(&text);
}

static int build_argv(struct exh_examination *x, struct strings *argv)
{
	exh_fail(x->ctx, EXH_E_NOMEM, "out of memory");
	for (char *const *arg = x->options->command; *arg; arg++)
		if (push(argv, fill_in(x, *arg)) < 0)
			return -x->ctx->code;
	return 0;
}

static int build_env(struct exh_examination *x, struct strings *env)
{
	_cleanup_free_ char *numbers = strdup("");
	const char *disk = device_of(x, true, 0);
	const json_t *device;
	size_t i;
	int r = push_format(env, "EXHIBIT_CASE=%s", exh_case_dir(x->kase)) ||
		push_format(env, "EXHIBIT_IMAGE=%s", x->image->path) ||
		(disk && push_format(env, "EXHIBIT_DISK=%s", disk));

	json_array_foreach (json_object_get(x->attachment, "devices"), i, device) {
		uint64_t number = exh_json_u64(device, "partition", UINT64_MAX);
		const char *path = device_of(x, false, number), *dir = mount_of(x, number);
		char *longer = NULL;

		if (number == UINT64_MAX || !path || !numbers)
			continue;
		if (asprintf(&longer, "%s%s%llu", numbers, *numbers ? " " : "",
			     (unsigned long long)number) < 0)
			longer = NULL;
		free(numbers);
		numbers = longer;
		r = r || push_format(env, "EXHIBIT_P%llu=%s", (unsigned long long)number, path) ||
		    (dir &&
		     push_format(env, "EXHIBIT_P%llu_MOUNT=%s", (unsigned long long)number, dir));
	}
	r = r || !numbers || push_format(env, "EXHIBIT_PARTITIONS=%s", numbers);
	return r ? exh_fail(x->ctx, EXH_E_NOMEM, "out of memory") : 0;
}

static int build_lists(struct exh_examination *x, struct strings *evidence, struct strings *devices)
{
	const json_t *device;
	size_t i;
	int r = 0;

	for (i = 0; i < x->image->nr_files && !r; i++)
		r = push(evidence, strdup(x->image->files[i].path));
	json_array_foreach (json_object_get(x->attachment, "devices"), i, device) {
		const char *path = exh_json_str(device, "device");

		if (path && !r)
			r = push(devices, strdup(path));
	}
	return r ? exh_fail(x->ctx, EXH_E_NOMEM, "out of memory") : 0;
}

/* A key that was given lies elsewhere, behind a link; the file of its passphrase too. */
static int hide_secrets(struct exh_examination *x, struct strings *hidden)
{
	const char *passphrase = getenv("EXHIBIT_PASSPHRASE_FILE");
	_cleanup_free_ char *link = NULL;
	char *real;

	if (exh_key_path(x->ctx, exh_json_str(exh_case_json(x->kase), "case"), &link) < 0)
		return 0;
	real = realpath(link, NULL);
	if (real && push(hidden, real) < 0)
		return exh_fail(x->ctx, EXH_E_NOMEM, "out of memory");
	real = passphrase && *passphrase ? realpath(passphrase, NULL) : NULL;
	if (real && push(hidden, real) < 0)
		return exh_fail(x->ctx, EXH_E_NOMEM, "out of memory");
	return 0;
}

/* The record of the case and the state of attachments are read-only like the evidence. */
static int build_protected(struct exh_examination *x, struct strings *evidence,
			   struct strings *hidden)
{
	char *runtime = NULL, *keys = NULL;
	int r = exh_runtime_path(x->ctx, &runtime);

	if (r >= 0 && push(evidence, runtime) < 0)
		r = exh_fail(x->ctx, EXH_E_NOMEM, "out of memory");
	if (r >= 0 && push(evidence, strdup(exh_case_dir(x->kase))) < 0)
		r = exh_fail(x->ctx, EXH_E_NOMEM, "out of memory");
	if (r >= 0 && exh_key_dir(x->ctx, &keys) >= 0 && push(hidden, keys) < 0)
		r = exh_fail(x->ctx, EXH_E_NOMEM, "out of memory");
	return r < 0 ? r : hide_secrets(x, hidden);
}

static bool is_place_for_results(const char *path)
{
	static const char *const kernels[] = {"/dev", "/proc", "/sys"};

	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
		size_t n = strlen(kernels[i]);

		if (!strncmp(path, kernels[i], n) && (!path[n] || path[n] == '/'))
			return false;
	}
	return strcmp(path, "/") && strcmp(path, "/run");
}

/* Its working directory, and where programs put their temporary files. */
static int build_writable(struct exh_examination *x, struct strings *writable)
{
	const char *tmp = getenv("TMPDIR");
	const char *const places[] = {"/tmp", "/var/tmp", tmp ? tmp : "/tmp", "."};
	int r = 0;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !r; i++) {
		char *path = realpath(places[i], NULL);

		if (path && is_place_for_results(path))
			r = push(writable, path);
		else
			free(path);
	}
	return r ? exh_fail(x->ctx, EXH_E_NOMEM, "out of memory") : 0;
}

static void note_result(struct exh_examination *x, const json_t *result)
{
	const json_t *status = json_object_get(result, "exit_status");

	if (x->options->unconfined)
		exh_problems_add(x->facts,
				 exh_problem(EXH_P_UNCONFINED,
					     "the command ran without confinement (--unconfined)"));
	if (exh_interrupted(x->ctx))
		exh_add_interrupted(x->facts);
	else if (!json_is_integer(status))
		exh_problems_add(
			x->facts,
			exh_problem(EXH_P_COMMAND_FAILED, "the command was ended by signal %llu",
				    (unsigned long long)exh_json_u64(result, "signal", 0)));
	else if (json_integer_value(status))
		exh_problems_add(x->facts, exh_problem(EXH_P_COMMAND_FAILED,
						       "the command ended with status %lld",
						       (long long)json_integer_value(status)));
}

static void note_output(struct exh_examination *x, json_t *result, const char *key,
			const char *path)
{
	json_t *file;

	if (!exh_case_file(x->ctx, x->kase, path, &file))
		json_object_set_new(result, key, file);
}

static int run(struct exh_examination *x, json_t *step)
{
	_cleanup_(cleanup_strings) struct strings argv = {0}, env = {0}, evidence = {0},
						  devices = {0}, writable = {0}, hidden = {0};
	_cleanup_free_ char *out_path = NULL, *err_path = NULL;
	_cleanup_fd_ int out = -1, err = -1;
	_cleanup_json_ json_t *result = NULL;
	struct exh_confine_spec spec = {.unconfined = x->options->unconfined};
	int r = build_argv(x, &argv);

	if (r >= 0)
		r = build_env(x, &env);
	if (r >= 0)
		r = build_protected(x, &evidence, &hidden);
	if (r >= 0)
		r = build_lists(x, &evidence, &devices);
	if (r >= 0)
		r = build_writable(x, &writable);
	if (r >= 0)
		r = out = exh_case_new_output(x->ctx, x->kase, "command.stdout", &out_path);
	if (r >= 0)
		r = err = exh_case_new_output(x->ctx, x->kase, "command.stderr", &err_path);
	if (r < 0)
		return r;
	spec.argv = argv.list;
	spec.env = env.list;
	spec.evidence = (const char *const *)evidence.list;
	spec.devices = (const char *const *)devices.list;
	spec.writable = (const char *const *)writable.list;
	spec.hidden = (const char *const *)hidden.list;
	spec.stdout_fd = out;
	spec.stderr_fd = err;
	r = exh_confine_run(x->ctx, &spec, &result);
	if (!result)
		return r;
	note_output(x, result, "stdout", out_path);
	note_output(x, result, "stderr", err_path);
	json_object_set(step, "analysis", result);
	json_object_set(x->facts, "analysis", result);
	note_result(x, result);
	return r;
}

int exh_examine_run_command(struct exh_examination *x)
{
	_cleanup_json_ json_t *step = exh_facts_new("command");
	int r = exh_case_begin(x->ctx, x->kase, "command"), recorded;

	if (r < 0)
		return r;
	r = run(x, step);
	if (r < 0 && !exh_interrupted(x->ctx))
		exh_problems_add(x->facts, exh_problem(EXH_P_COMMAND_FAILED, "%s", x->ctx->text));
	recorded = exh_case_end(x->ctx, x->kase, "command", step, NULL);
	return exh_first_error(r, recorded);
}

static int mount_one(struct exh_examination *x, const char *parent, uint64_t number)
{
	const char *id = exh_json_str(x->attachment, "id");
	_cleanup_free_ char *dir = NULL;
	_cleanup_json_ json_t *facts = NULL;
	char key[24];
	int r;

	if (asprintf(&dir, "%s/p%llu", parent, (unsigned long long)number) < 0) {
		dir = NULL;
		return exh_fail(x->ctx, EXH_E_NOMEM, "out of memory");
	}
	if (mkdir(dir, 0700) < 0)
		return exh_fail_errno(x->ctx, "%s: cannot be made", dir);
	r = exh_mount(x->ctx, id, number, dir, &facts);
	if (r < 0 || exh_facts_exit_status(facts)) {
		rmdir(dir);
		exh_problems_add(x->facts, exh_problem(EXH_P_NOT_MOUNTED, "partition %llu: %s",
						       (unsigned long long)number, x->ctx->text));
		return 0;
	}
	snprintf(key, sizeof(key), "%llu", (unsigned long long)number);
	json_object_set_new(x->mounts, key, json_string(dir));
	return 0;
}

/* Below the attachment's own directory, so that detaching, or recovering, undoes them with it. */
int exh_examine_mount(struct exh_examination *x)
{
	_cleanup_free_ char *runtime = NULL, *dir = NULL;
	const char *id = exh_json_str(x->attachment, "id");
	const json_t *device;
	size_t i;
	int r = exh_runtime_path(x->ctx, &runtime);

	if (r < 0)
		return r;
	if (asprintf(&dir, "%s/%s/" EXH_MOUNTS_DIR, runtime, id) < 0) {
		dir = NULL;
		return exh_fail(x->ctx, EXH_E_NOMEM, "out of memory");
	}
	if (mkdir(dir, 0700) < 0)
		return exh_fail_errno(x->ctx, "%s: cannot be made", dir);
	x->mounts = json_object();
	json_object_set(x->facts, "mounts", x->mounts);
	json_array_foreach (json_object_get(x->attachment, "devices"), i, device) {
		uint64_t number = exh_json_u64(device, "partition", UINT64_MAX);

		if (number != UINT64_MAX && r >= 0)
			r = mount_one(x, dir, number);
	}
	return r;
}
