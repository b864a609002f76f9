// SPDX-License-Identifier: Apache-2.0
#include "wploop_device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "base/facts.h"
#include "base/text.h"

#define OWNER	    "exhibit:"
#define FIRST_ROOM  64
#define MAX_DEVICES (1U << 16)
#define NANOSECONDS 1000000000ULL
#define NR(array)   (sizeof(array) / sizeof((array)[0]))

static const char *const kinds[] = {
	[WPLOOP_KIND_WRITE] = "write",	      [WPLOOP_KIND_WRITE_ZEROES] = "write-zeroes",
	[WPLOOP_KIND_DISCARD] = "discard",    [WPLOOP_KIND_SECURE_ERASE] = "secure-erase",
	[WPLOOP_KIND_ZONE] = "zone",	      [WPLOOP_KIND_PASSTHROUGH] = "passthrough",
	[WPLOOP_KIND_UNKNOWN] = "unknown",    [WPLOOP_KIND_OPEN] = "open-for-writing",
	[WPLOOP_KIND_SETRW] = "set-writable", [WPLOOP_KIND_IOCTL] = "ioctl",
};

static const char *const changes[] = {"size", "mtime", "ctime", "inode", "writable", "unreached"};

int exh_wploop_control(void)
{
	return open(WPLOOP_CONTROL, O_RDWR | O_CLOEXEC);
}

int exh_wploop_version(int control, struct wploop_version *version)
{
	*version = (struct wploop_version){.size = sizeof(*version)};
	return ioctl(control, WPLOOP_VERSION, version);
}

void exh_wploop_label(const char *id, const char *name, char out[WPLOOP_LABEL_SIZE])
{
	memset(out, 0, WPLOOP_LABEL_SIZE);
	snprintf(out, WPLOOP_LABEL_SIZE, OWNER "%s:%s", id, name ? name : "");
}

int exh_wploop_info(int control, uint32_t number, struct wploop_info *info,
		    struct wploop_extent_info *extents, uint32_t room)
{
	*info = (struct wploop_info){.size = sizeof(*info),
				     .number = number,
				     .extents = (uintptr_t)extents,
				     .extent_room = extents ? room : 0};
	return ioctl(control, WPLOOP_INFO, info);
}

/* How many there are may change while we ask. */
static uint32_t *list_devices(int control, uint32_t *n)
{
	uint32_t room = FIRST_ROOM;

	for (;;) {
		uint32_t *numbers = calloc(room, sizeof(*numbers));
		struct wploop_list list = {
			.size = sizeof(list), .room = room, .numbers = (uintptr_t)numbers};

		if (!numbers || ioctl(control, WPLOOP_LIST, &list) < 0) {
			free(numbers);
			return NULL;
		}
		if (list.count <= room || room >= MAX_DEVICES) {
			*n = list.count < room ? list.count : room;
			return numbers;
		}
		free(numbers);
		room = list.count + FIRST_ROOM;
	}
}

void exh_wploop_each(int control, const char *id,
		     void (*each)(const struct wploop_info *info, void *opaque), void *opaque)
{
	uint32_t n = 0;
	_cleanup_free_ uint32_t *numbers = list_devices(control, &n);
	char ours[WPLOOP_LABEL_SIZE];
	struct wploop_info info;

	exh_wploop_label(id, NULL, ours);
	for (uint32_t i = 0; numbers && i < n; i++)
		if (exh_wploop_info(control, numbers[i], &info, NULL, 0) == 0 &&
		    !strncmp(info.label, ours, strlen(ours)))
			each(&info, opaque);
}

static void set_time(json_t *out, uint64_t time_ns)
{
	struct timespec time = {.tv_sec = (time_t)(time_ns / NANOSECONDS),
				.tv_nsec = (long)(time_ns % NANOSECONDS)};
	char text[32];

	exh_time_at(&time, text);
	json_object_set_new(out, "time", json_string(text));
}

/* A thread of the kernel has a number and a user as well, but it is no process of anybody. */
static void set_who(json_t *out, const struct wploop_event *e)
{
	json_t *name = exh_json_text(e->comm, strnlen(e->comm, sizeof(e->comm)));

	if (e->flags & WPLOOP_BY_KERNEL) {
		json_object_set_new(out, "by_kernel", json_true());
		json_object_set_new(out, "thread", name);
		return;
	}
	json_object_set_new(out, "process",
			    json_pack("{s:I, s:o, s:I}", "pid", (json_int_t)e->pid, "name", name,
				      "uid", (json_int_t)e->uid));
}

static void set_range(json_t *out, const struct wploop_event *e)
{
	if (!e->length)
		return;
	json_object_set_new(out, "start", json_integer((json_int_t)e->start));
	json_object_set_new(out, "length", json_integer((json_int_t)e->length));
}

static json_t *refusal(const struct wploop_event *e)
{
	json_t *out =
		json_pack("{s:s}", "operation", e->kind < NR(kinds) ? kinds[e->kind] : "unknown");

	set_time(out, e->time_ns);
	set_range(out, e);
	set_who(out, e);
	return out;
}

void exh_wploop_count(const struct wploop_info *info, json_t *facts)
{
	json_t *refused = json_object();
	uint64_t sum = 0;

	for (size_t i = 0; i < WPLOOP_KINDS_ROOM; i++) {
		const char *name = i < NR(kinds) ? kinds[i] : "unknown";

		sum += info->refused[i];
		if (info->refused[i])
			json_object_set_new(
				refused, name,
				json_integer((json_int_t)(info->refused[i] +
							  exh_json_u64(refused, name, 0))));
	}
	json_object_set_new(facts, "refused_writes", json_integer((json_int_t)sum));
	if (sum)
		json_object_set(facts, "refused", refused);
	json_decref(refused);
	if (info->first_refusal.sequence) {
		json_object_set_new(facts, "first_refusal", refusal(&info->first_refusal));
		json_object_set_new(facts, "last_refusal", refusal(&info->last_refusal));
	}
	if (info->read_errors)
		json_object_set_new(facts, "read_errors",
				    json_integer((json_int_t)info->read_errors));
}

static json_t *change_names(uint32_t bits)
{
	json_t *list = json_array();

	for (size_t i = 0; i < NR(changes); i++)
		if (bits & (1U << i))
			json_array_append_new(list, json_string(changes[i]));
	return list;
}

static json_t *describe(const struct wploop_event *e)
{
	json_t *out;

	switch (e->type) {
	case WPLOOP_EVENT_REFUSED:
		out = refusal(e);
		json_object_set_new(out, "event", json_string("write-refused"));
		return out;
	case WPLOOP_EVENT_READ_ERROR:
		out = json_pack("{s:s, s:s}", "event", "read-error", "cause", strerror(e->error));
		set_range(out, e);
		return out;
	case WPLOOP_EVENT_BACKING_CHANGED:
		return json_pack("{s:s, s:o}", "event", "backing-changed", "changes",
				 change_names(e->changes));
	default:
		return NULL;
	}
}

json_t *exh_wploop_event(const char *device, const struct wploop_event *e)
{
	json_t *out = describe(e);

	if (!out)
		return NULL;
	set_time(out, e->time_ns);
	json_object_set_new(out, "device", json_string(device));
	json_object_set_new(out, "sequence", json_integer((json_int_t)e->sequence));
	if (e->lost)
		json_object_set_new(out, "lost", json_integer((json_int_t)e->lost));
	return out;
}
