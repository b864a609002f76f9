// SPDX-License-Identifier: Apache-2.0
#include "tasks.h"

const struct exh_task exh_tasks[] = {
	{"info", EXH_PROBER, NULL, exh_task_info},
	{"files", EXH_STREAM, exh_prepare_files, exh_task_files},
	{NULL, EXH_PROBER, NULL, NULL},
};
