/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the keeper of an attachment saw: events.jsonl in its directory, one line for each. Every
 * event has "event" and "time": "lease-unavailable" {"path","cause"}, "lease-broken"
 * {"path","waiting","writers"}, "lease-retaken" {"path","changed"}, "damage-met" {"ranges"},
 * "file-server-ended" {"failed","text"}. With the wploop module: "write-refused"
 * {"device","operation","start"?,"length"?,"process" or "by_kernel" and "thread","sequence","lost"?}, "read-error"
 * {"device","start","length","cause",...}, "backing-changed" {"device","changes",...},
 * "held-file-changed" {"path","files"}, "events-suppressed" {"device"}.
 */
#ifndef EXH_ATTACH_EVENTS_H
#define EXH_ATTACH_EVENTS_H

#include "state.h"

#define EXH_EVENTS_FILE "events.jsonl"

/** exh_event_write - append one event with the time, durably; steals it. fd is open for appending.
 */
void exh_event_write(int fd, json_t *event);

/** exh_events_read - all events as a list; the caller owns it. A line that a crash cut is left out.
 */
json_t *exh_events_read(struct exh_ctx *ctx, const struct exh_attachment *a);

/** exh_events_problems - add the events that a reader of the result must know to facts as problems.
 */
void exh_events_problems(const json_t *events, json_t *facts);

#endif
