// SPDX-License-Identifier: Apache-2.0
#include "refusals.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/problem.h"

/* Times are RFC 3339 in one time zone: their order is that of their letters. */
static bool is_earlier(const json_t *a, const json_t *b)
{
	const char *x = exh_json_str(a, "time"), *y = exh_json_str(b, "time");

	return x && y && strcmp(x, y) < 0;
}

/* "dd (process 12, user 0)", "a thread of the kernel (kworker/0:1)" */
static char *who(const json_t *refusal)
{
	const json_t *process = json_object_get(refusal, "process");
	const char *thread = exh_json_str(refusal, "thread"), *name = exh_json_str(process, "name");
	char *text = NULL;
	int n;

	if (json_is_true(json_object_get(refusal, "by_kernel")))
		n = asprintf(&text, "a thread of the kernel (%s)", thread ? thread : "?");
	else
		n = asprintf(&text, "%s (process %" PRIu64 ", user %" PRIu64 ")", name ? name : "?",
			     exh_json_u64(process, "pid", 0), exh_json_u64(process, "uid", 0));
	return n < 0 ? NULL : text;
}

/* "write of 4096 bytes at 0 on /dev/wploop0 by dd (process 12, user 0) at ..." */
static char *describe(const json_t *refusal, const char *device)
{
	const char *operation = exh_json_str(refusal, "operation"),
		   *time = exh_json_str(refusal, "time");
	_cleanup_free_ char *doer = who(refusal);
	uint64_t length = exh_json_u64(refusal, "length", 0);
	char range[80] = "", *text = NULL;

	if (length)
		snprintf(range, sizeof(range), " of %" PRIu64 " bytes at %" PRIu64, length,
			 exh_json_u64(refusal, "start", 0));
	if (asprintf(&text, "%s%s on %s by %s at %s", operation ? operation : "?", range,
		     device ? device : "?", doer ? doer : "?", time ? time : "?") < 0)
		return NULL;
	return text;
}

static json_t *refused_problem(const json_t *attachment, uint64_t sum, const json_t *first,
			       const json_t *last)
{
	_cleanup_free_ char *one =
		describe(json_object_get(first, "first_refusal"), exh_json_str(first, "device"));
	_cleanup_free_ char *other =
		describe(json_object_get(last, "last_refusal"), exh_json_str(last, "device"));
	const char *id = exh_json_str(attachment, "id");

	return exh_problem(EXH_P_WRITES_REFUSED, "%s: %" PRIu64 " refused; first: %s; last: %s",
			   id ? id : "?", sum, one ? one : "?", other ? other : "?");
}

void exh_refusals_add_up(json_t *attachment, json_t *facts)
{
	const json_t *device, *first = NULL, *last = NULL;
	uint64_t sum = 0;
	bool is_counted = false;
	size_t i;

	json_array_foreach (json_object_get(attachment, "devices"), i, device) {
		uint64_t n = exh_json_u64(device, "refused_writes", UINT64_MAX);

		if (n == UINT64_MAX)
			continue;
		is_counted = true;
		sum += n;
		if (n && (!first || is_earlier(json_object_get(device, "first_refusal"),
					       json_object_get(first, "first_refusal"))))
			first = device;
		if (n && (!last || is_earlier(json_object_get(last, "last_refusal"),
					      json_object_get(device, "last_refusal"))))
			last = device;
	}
	if (!is_counted)
		return;
	json_object_set_new(attachment, "refused_writes", json_integer((json_int_t)sum));
	if (sum)
		exh_problems_add(facts, refused_problem(attachment, sum, first, last));
}
