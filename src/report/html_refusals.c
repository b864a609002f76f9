// SPDX-License-Identifier: Apache-2.0
/* What the devices refused, and who tried. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/facts.h"
#include "chapters.h"
#include "model.h"

#define MAX_REFUSALS 200

static bool is_refusal(const json_t *event)
{
	const char *what = exh_json_str(event, "event");

	return what && !strcmp(what, "write-refused");
}

static size_t count_refusals(const json_t *events)
{
	const json_t *event;
	size_t i, n = 0;

	json_array_foreach (events, i, event)
		n += is_refusal(event);
	return n;
}

/* "dd (1234)": a process as the kernel named it; "kworker/0:1 (a thread of the kernel)" */
static void process_cell(struct exh_html *h, const json_t *refusal)
{
	const json_t *process = json_object_get(refusal, "process");
	const char *name = exh_json_str(process, "name"), *thread = exh_json_str(refusal, "thread");
	char text[160];

	if (json_is_true(json_object_get(refusal, "by_kernel")))
		snprintf(text, sizeof(text), "%s (%s)", thread ? thread : "?",
			 exh_say(h->language, EXH_T_BY_KERNEL));
	else
		snprintf(text, sizeof(text), "%s (%" PRIu64 ")", name ? name : "?",
			 exh_json_u64(process, "pid", 0));
	exh_cell(h, "name", text);
}

static void row(struct exh_html *h, const json_t *refusal)
{
	exh_html(h, "<tr>");
	exh_cell(h, "", exh_json_str(refusal, "time"));
	exh_cell(h, "name", exh_json_str(refusal, "device"));
	exh_cell(h, "", exh_json_str(refusal, "operation"));
	exh_cell_number(h, refusal, "start");
	exh_cell_number(h, refusal, "length");
	process_cell(h, refusal);
	exh_html(h, "</tr>\n");
}

void exh_refusals(struct exh_html *h, const json_t *attachment)
{
	static const struct exh_column columns[] = {
		{EXH_T_TIME, ""},   {EXH_T_DEVICE, "name"}, {EXH_T_OPERATION, ""},
		{EXH_T_START, "n"}, {EXH_T_LENGTH, "n"},    {EXH_T_PROCESS, "name"},
		{EXH_T_NONE, NULL},
	};
	const json_t *events = exh_list(attachment, "events"), *event;
	size_t i, n = count_refusals(events), shown = 0;

	if (!n)
		return;
	exh_table(h, EXH_T_CAP_REFUSALS, "media", columns);
	json_array_foreach (events, i, event)
		if (is_refusal(event) && shown++ < MAX_REFUSALS)
			row(h, event);
	if (n > MAX_REFUSALS)
		exh_table_rest(h, 6, EXH_T_REST,
			       (const char *const[]){exh_grouped(h, n - MAX_REFUSALS).text,
						     exh_grouped(h, n).text, exh_full_list_path(h),
						     NULL});
	exh_table_end(h);
}
