/* SPDX-License-Identifier: GPL-2.0-only */
/* The language of the tracing machinery is none that a formatter knows. */
/* clang-format off */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM wploop

#if !defined(WPL_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define WPL_TRACE_H

#include <linux/tracepoint.h>
#include "logic.h"

DECLARE_EVENT_CLASS(wploop_event,
	TP_PROTO(const char *name, const struct wploop_event *event),
	TP_ARGS(name, event),
	TP_STRUCT__entry(
		__array(char, name, WPLOOP_NAME_SIZE)
		__array(char, comm, WPLOOP_COMM_SIZE)
		__field(__u64, sequence)
		__field(__u64, start)
		__field(__u64, length)
		__field(__u32, kind)
		__field(__u32, op)
		__field(__s32, error)
		__field(__u32, flags)
		__field(__u32, pid)
		__field(__u32, extent)
		__field(__u32, changes)
	),
	TP_fast_assign(
		strscpy(__entry->name, name, WPLOOP_NAME_SIZE);
		memcpy(__entry->comm, event->comm, WPLOOP_COMM_SIZE);
		__entry->sequence = event->sequence;
		__entry->start = event->start;
		__entry->length = event->length;
		__entry->kind = event->kind;
		__entry->op = event->op;
		__entry->error = event->error;
		__entry->flags = event->flags;
		__entry->pid = event->pid;
		__entry->extent = event->extent;
		__entry->changes = event->changes;
	),
	TP_printk("%s #%llu start=%llu length=%llu kind=%s op=%u error=%d extent=%d changes=0x%x kernel=%d pid=%u comm=%s",
		  __entry->name, __entry->sequence, __entry->start, __entry->length,
		  __print_symbolic(__entry->kind,
				   {WPLOOP_KIND_WRITE, "write"},
				   {WPLOOP_KIND_WRITE_ZEROES, "write_zeroes"},
				   {WPLOOP_KIND_DISCARD, "discard"},
				   {WPLOOP_KIND_SECURE_ERASE, "secure_erase"},
				   {WPLOOP_KIND_ZONE, "zone"},
				   {WPLOOP_KIND_PASSTHROUGH, "passthrough"},
				   {WPLOOP_KIND_UNKNOWN, "unknown"},
				   {WPLOOP_KIND_OPEN, "open"},
				   {WPLOOP_KIND_SETRW, "setrw"},
				   {WPLOOP_KIND_IOCTL, "ioctl"}),
		  __entry->op, __entry->error, (int)__entry->extent, __entry->changes,
		  !!(__entry->flags & WPLOOP_BY_KERNEL), __entry->pid, __entry->comm)
);

DEFINE_EVENT(wploop_event, wploop_refused,
	TP_PROTO(const char *name, const struct wploop_event *event), TP_ARGS(name, event));
DEFINE_EVENT(wploop_event, wploop_read_error,
	TP_PROTO(const char *name, const struct wploop_event *event), TP_ARGS(name, event));
DEFINE_EVENT(wploop_event, wploop_backing_changed,
	TP_PROTO(const char *name, const struct wploop_event *event), TP_ARGS(name, event));
DEFINE_EVENT(wploop_event, wploop_attached,
	TP_PROTO(const char *name, const struct wploop_event *event), TP_ARGS(name, event));
DEFINE_EVENT(wploop_event, wploop_detached,
	TP_PROTO(const char *name, const struct wploop_event *event), TP_ARGS(name, event));

#endif

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
