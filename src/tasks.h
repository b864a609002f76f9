/* SPDX-License-Identifier: Apache-2.0 */
/* Every job that a worker can be asked to do. To add one: a prototype here and a row in tasks.c. */
#ifndef EXH_TASKS_H
#define EXH_TASKS_H

#include "base/worker.h"

int exh_task_fuse(struct exh_worker *w, const json_t *args);
int exh_task_info(struct exh_worker *w, const json_t *args);
int exh_prepare_files(struct exh_worker *w, const json_t *args);
int exh_task_files(struct exh_worker *w, const json_t *args);
int exh_task_mapfile(struct exh_worker *w, const json_t *args);
int exh_task_losses(struct exh_worker *w, const json_t *args);
int exh_task_rescue(struct exh_worker *w, const json_t *args);
int exh_prepare_known(struct exh_worker *w, const json_t *args);
int exh_task_known(struct exh_worker *w, const json_t *args);
int exh_task_sidecar(struct exh_worker *w, const json_t *args);
int exh_task_verify(struct exh_worker *w, const json_t *args);
int exh_task_verify_prepare(struct exh_worker *w, const json_t *args);
int exh_task_windows(struct exh_worker *w, const json_t *args);
int exh_task_windows_prepare(struct exh_worker *w, const json_t *args);
int exh_task_scan_tables(struct exh_worker *w, const json_t *args);
int exh_task_scan_tsk(struct exh_worker *w, const json_t *args);
int exh_prepare_scan_blkid(struct exh_worker *w, const json_t *args);
int exh_task_scan_blkid(struct exh_worker *w, const json_t *args);
int exh_prepare_scan_contents(struct exh_worker *w, const json_t *args);
int exh_task_scan_apfs(struct exh_worker *w, const json_t *args);
int exh_task_scan_contents(struct exh_worker *w, const json_t *args);
int exh_task_scan_lost(struct exh_worker *w, const json_t *args);

extern const struct exh_task exh_tasks[];

#endif
