// SPDX-License-Identifier: Apache-2.0
#include "tasks.h"

const struct exh_task exh_tasks[] = {
	{"fuse", EXH_SERVER, NULL, exh_task_fuse},
	{"info", EXH_PROBER, NULL, exh_task_info},
	{"files", EXH_STREAM, exh_prepare_files, exh_task_files},
	{"mapfile", EXH_PROBER, NULL, exh_task_mapfile},
	{"losses", EXH_STREAM, NULL, exh_task_losses},
	{"rescue", EXH_STREAM, exh_prepare_files, exh_task_rescue},
	{"known", EXH_STREAM, exh_prepare_known, exh_task_known},
	{"sidecar", EXH_PROBER, NULL, exh_task_sidecar},
	{"verify", EXH_STREAM, exh_task_verify_prepare, exh_task_verify},
	{"windows", EXH_STREAM, exh_task_windows_prepare, exh_task_windows},
	{"scan-tables", EXH_PROBER, NULL, exh_task_scan_tables},
	{"scan-tsk", EXH_PROBER, NULL, exh_task_scan_tsk},
	{"scan-blkid", EXH_PROBER, exh_prepare_scan_blkid, exh_task_scan_blkid},
	{"scan-contents", EXH_PROBER, exh_prepare_scan_contents, exh_task_scan_contents},
	{"scan-apfs", EXH_PROBER, NULL, exh_task_scan_apfs},
	{"scan-lost", EXH_STREAM, NULL, exh_task_scan_lost},
	{NULL, EXH_PROBER, NULL, NULL},
};
