/* SPDX-License-Identifier: Apache-2.0 */
/* What the wploop module says, and the facts made of it. See include/wploop.h. */
#ifndef EXH_ATTACH_WPLOOP_DEVICE_H
#define EXH_ATTACH_WPLOOP_DEVICE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <wploop.h>

/** exh_wploop_control - a descriptor of the control device, or -1 with errno. */
int exh_wploop_control(void);

/** exh_wploop_version - who answers: 0, or -1 with errno. */
int exh_wploop_version(int control, struct wploop_version *version);

/** exh_wploop_label - the label of a device of an attachment; name NULL: what all of them begin
 * with. */
void exh_wploop_label(const char *id, const char *name, char out[WPLOOP_LABEL_SIZE]);

/** exh_wploop_info - everything about one device, with the first room extents where extents is not
 * NULL: 0, or -1 with errno. */
int exh_wploop_info(int control, uint32_t number, struct wploop_info *info,
		    struct wploop_extent_info *extents, uint32_t room);

/** exh_wploop_each - call back for each device of an attachment, found by its label. */
void exh_wploop_each(int control, const char *id,
		     void (*each)(const struct wploop_info *info, void *opaque), void *opaque);

/**
 * exh_wploop_count - put what was refused and could not be read into the facts of a device
 *
 * "refused_writes" (the sum), "refused" {operation: count}, "first_refusal" and "last_refusal"
 * where there was one, "read_errors" where there was one.
 */
void exh_wploop_count(const struct wploop_info *info, json_t *facts);

/** exh_wploop_event - an event of a device as a line of events.jsonl (see events.h), or NULL where
 * it is none that anybody must know. The caller owns it. */
json_t *exh_wploop_event(const char *device, const struct wploop_event *event);

#endif
