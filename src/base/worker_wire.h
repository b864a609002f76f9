/* SPDX-License-Identifier: Apache-2.0 */
/* What owner, helper and guardian say to each other; never seen by a worker. */
#ifndef EXH_BASE_WORKER_WIRE_H
#define EXH_BASE_WORKER_WIRE_H

#include <stdint.h>

#define EXH_WIRE_FDS		200   /* below the kernel's SCM_MAX_FD (253) */
#define EXH_WIRE_MAX_FDS	20000 /* no set has more: from .E01 to .ZZZ there are 14,971 names */
#define EXH_WIRE_PROBER_SECONDS 60
#define EXH_WIRE_STALL_SECONDS	300

/* owner -> helper, with the guardian's end of the job's socket */
struct exh_wire_start {
	char task[32];
	int32_t nr_fds;
};

/* guardian -> owner, when the worker is gone */
struct exh_wire_end {
	int32_t finished, timed_out, wait_status;
	uint64_t max_rss_kib;
};

#endif
