// SPDX-License-Identifier: Apache-2.0
#include "tasks.h"

const struct exh_task exh_tasks[] = {
	{"info", EXH_PROBER, NULL, exh_task_info},
	{"sidecar", EXH_PROBER, NULL, exh_task_sidecar},
	{"verify", EXH_STREAM, exh_task_verify_prepare, exh_task_verify},
	{NULL, EXH_PROBER, NULL, NULL},
};
